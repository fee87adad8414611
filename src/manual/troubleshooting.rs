//! Messages, their causes, and what to do. Each table is in the order of the alphabet.
//!
//! `…` stands for text that is different each time: a name, a path, a number. Search this page for a few words of your message.
//!
//! If your message is not here:
//!
//! * `zonemint doctor` checks the machine, the settings, the data and the certificate, and says what to do. Run it as the user of the
//!   server, with the same `--config`.
//! * `zonemint config check --config FILE` lists everything that is wrong with the settings.
//! * The server writes a line for each request to standard error (with systemd: `journalctl -u zonemint`). Each answer has the header
//!   `X-Request-Id`; the log line of the request has the same id as `request.id`.
//! * `zonemint COMMAND --help` explains a command.
//!
//! # The server and its commands
//!
//! The shell says `zonemint: command not found`: the program is in `~/.cargo/bin`, which is not on the PATH. Run
//! `export PATH=$PATH:~/.cargo/bin`.
//!
//! | message | cause | what to do |
//! |---|---|---|
//! | `another zonemint process works on the data folder …` | a server is starting, or a command is writing the store | wait until it has ended |
//! | `another zonemint server is running on the data folder …` | a data folder has one server, and it runs already | use that one, or stop it with the `kill` command in the message. For a second server: `zonemint serve --data OTHER --listen :9443` |
//! | `cannot listen on …` | "Address already in use": another program has this port. "Permission denied": ports below 1024 need a privilege | `ss -ltnp` shows who has the port. `zonemint serve --listen :9443` takes another one |
//! | `certificate and key cannot be used together` | `cert.pem` and `key.pem` are not from the same pair | put both files of one pair into `tls.folder` |
//! | `… exists, and nothing is overwritten` | the file for a backup or an export exists | choose another file name |
//! | `… is missing, but … is there; put both in place, or remove both to have a self-signed pair made` | only one of `cert.pem` and `key.pem` exists | put the other one in place, or delete both |
//! | `… is not known; did you mean …` | the settings file has a setting that does not exist | correct the name. `zonemint config default` lists all settings |
//! | `… is not used: it is for the first start alone, and admin has another password` | `ZONEMINT_ADMIN_PASSWORD` was changed after the first start | `zonemint user password admin` sets a new password. Remove the variable |
//! | `its tables were made by a newer version of this program; run that version` | a newer version has used this data folder | use the newer version, or go back to the backup from before the upgrade: [Backup, restore, tidying](super::keeping) |
//! | `must be an IP address and a port, as in …` | `server.listen` or `--listen` has another form | write `127.0.0.1:8443`, or `:8443` for all addresses |
//! | `no administrator can sign in: …` | the last administrator is blocked, removed, or has no privileges | `zonemint user unblock NAME`, or `zonemint user grant NAME --all`, and `zonemint user password NAME` |
//! | `no settings file is named, so these are defaults and environment: …` | the command was run without `--config` | give the server's file: `--config FILE`, or set `ZONEMINT_CONFIG` |
//! | `permission denied: … cannot be used by the user …` | the data folder belongs to another operating system user | run the command as that user: `sudo -u OWNER zonemint …` |
//! | `… sets nothing; did you mean …?` | the name of a variable has one underscore where it needs two | use the name in the message, for example `ZONEMINT_SERVER__LISTEN` |
//! | `the database … cannot be opened` | the next words say why: the disk is full, the file is damaged, or the version is older than the data | `zonemint doctor`; then `zonemint store check` |
//! | `the root keys are sealed under the key-encryption key …, but the one given is …` | `zonemint.kek` is from another data folder | restore the file that belongs to this data folder |
//! | `there is no store at …` | the command looked in another folder than the server uses; often `--config` is forgotten | run it in the folder of the server, or with the same `--config` or `--data` |
//! | `there is no such file, but the root keys in the store are sealed under the key …` | `zonemint.kek` was deleted or not copied | restore it from your copy. Without it no token can be verified: only a new data folder helps then |
//! | `there is no terminal to ask for a password: give --password-stdin or --generate` | a script runs the command | `zonemint user add NAME --generate`, or `--password-stdin < FILE` |
//! | `this password is one of the most common ones and would be guessed at once; choose another` | many programs that guess passwords try it first | choose a longer one, or use `--generate` |
//!
//! # The command line of a user
//!
//! | message | cause | what to do |
//! |---|---|---|
//! | `… can be read or changed by others (mode …), so the secrets in it are not used: …` | other users of this machine can read your profiles, and maybe have | run the `chmod` in the message. Then `zonemint logout` and `zonemint login` |
//! | `… did not answer within …; --timeout gives it longer` | the server is overloaded, or a firewall drops the connection | try again with `--timeout 2m`; ask the administrator whether `zonemint health` is good |
//! | `… does not accept the token in …` | the token is revoked, expired, or from another server. The text after the colon says which | `zonemint login HOST`, or set the variable to a new token |
//! | `… is not ready: …` | the server runs, and cannot store new tokens now | `zonemint doctor` on the machine of the server |
//! | `… is not served over TLS; write https:// or nothing before the name` | the address begins with `http://` | write `https://` |
//! | `it ends sooner than you asked: …` | the server limits how long tokens live (`token.max_ttl`, `token.max_named_ttl`) | ask for a shorter time, or ask the administrator |
//! | `it ends with the token that it was made by; a password makes one that does not` | a token cannot make a token that lives longer than itself | log in with the password, and make it again |
//! | `no address is known for …; is the name spelled right?` | the name of the server does not exist in DNS | correct the name |
//! | `no server is named: …` | no option, variable or profile says which server | `zonemint login HOST`, once |
//! | `not a valid token: …` | the text is not a token, or only a part of it | copy the whole token. Keep it in a file, and give `@FILE` |
//! | `not good: Provided token has been revoked.` | its owner or an administrator has revoked it | make a new one, or `zonemint tokens restore NAME` |
//! | `not good: Provided token is not valid - …` | one of the token's limits is not met. The text names it | use the token as the limit says, or make another token |
//! | `nothing answers at …: the connection was refused; is the server running?` | the server is stopped, or listens on another port or address | start it, or correct the port. On its machine: `zonemint health` |
//! | `the certificate of … is not the one that is trusted: its SHA-256 is …` | the profile, or `--fingerprint`, has the SHA-256 of another certificate. The server has a new certificate, or somebody else answers | ask the administrator whether this SHA-256 is right. If it is: `zonemint login HOST --fingerprint SHA256` |
//! | `the certificate of … is not trusted` | the certificate is self-signed, and this machine does not trust it | give the SHA-256 that the server's first start printed: `zonemint login HOST --fingerprint SHA256`. Or give the certificate: `zonemint login HOST --cacert cert.pem` |
//! | `the certificate of … is not trusted: it was made for another name` | the certificate does not have the name that you used | use a name of the certificate, or add the name: [First steps](super::first_steps#trust-the-certificate) |
//! | `the file is empty` | the command that was to write the token into the file failed | run that command again, and look at its error |
//! | `the token is empty: is the variable set that it comes from?` | the variable has no value in this shell | set it, or give `@FILE` |
//! | `this is the whole JSON answer; …` | the file or variable has `{"token":"…"}` | take the token out: `jq -r .token` |
//! | `… wants another password first` | an administrator wants you to choose another password. Tokens go on working | run the command in the message: `zonemint password` |
//! | `what answers at … does not speak TLS; is the port right?` | another program listens on this port | correct the port: zonemint has 8443, Onezone has 443 |
//! | `what answers at … is not a Onezone API: …` | another web server answers, perhaps a proxy | correct the host and the port |
//! | `wrong user name or password (…)` | one of them is wrong, or the account is blocked. The server does not say which | type it again. `zonemint user password NAME` on the server sets a new one |
//! | `you are not logged in at …` | there is no token for this server | `zonemint login HOST` |
//! | `you have no token with the name or id …` | the name is misspelt, or the token belongs to another account | `zonemint tokens list` |
//!
//! # Answers of the API
//!
//! The older path `/user/client_tokens` has shorter texts than the other paths; the cause is the same.
//!
//! | message | cause | what to do |
//! |---|---|---|
//! | `A request body must be JSON, sent with content-type: application/json` (415) | the header is missing; curl sends another one by itself | add `-H 'content-type: application/json'` |
//! | `Bad value: provided identifier … is already occupied` (400) | another token or account has this name | choose another name |
//! | `Bad value: provided identifier … is already occupied by a revoked token; …` (400) | a revoked token keeps its name, because it can be restored | `zonemint tokens revoke --delete NAME` frees the name |
//! | `Basic auth is disabled for this user` (401) | the account has no password, or may not use it | sign in with a token, or ask the administrator |
//! | `Invalid username or password.` (401) | one of them is wrong, or the account is blocked | `zonemint user password NAME` on the server sets a new one |
//! | `Provided authorization token could not be understood by the server` (401) | the header has something that is not a token | look for a line end, a quote, or `Bearer` inside the token |
//! | `Provided basic authorization credentials are not valid` (401) | user name or password is wrong, or the account is blocked | as above |
//! | `Provided data could not be understood by the server` (400) | the body is not valid JSON | keys need double quotes: `{"ttl": 60}` |
//! | `Provided token could not be understood by the server: …` (401) | the text is not a token, or was changed on its way. The reason follows | copy the whole token. `zonemint token inspect` shows what it says |
//! | `Provided token exceeds the allowed size (… characters).` (401) | the token is longer than `token.max_length` | use fewer limits, or raise the setting |
//! | `Provided token has been revoked.` (401) | its owner or an administrator has revoked it | make a new one |
//! | `Provided token is not valid.` (401) | another server made it, it was deleted, or its text was changed | make a new one at this server |
//! | `Service required for this operation is offline.` (503) | the server cannot reach its database | wait for the seconds in `Retry-After`. The administrator looks at `/readyz` and `zonemint doctor` |
//! | `Temporary failure - please try again later.` (503) | the server has too many requests | wait for the seconds in `Retry-After`, and try again |
//! | `the link is wrong, was used, or is over; ask an administrator for a new one` (403) | a reset link works once, for one hour. A newer link, a new password, a block or other privileges end it sooner | ask the administrator for a new link |
//! | `the password must be changed, and this is the old one` (400) | the new password is the same as the old one | choose another one |
//! | `The password must be changed first: …` (403) | an administrator wants you to choose another password. The id is `passwordChangeRequired`. Tokens go on working | `PATCH /user/password`, the console, or `zonemint password` |
//! | `The request body is larger than … bytes` (413) | the body is larger than `http.max_body` | send less, or raise the setting |
//! | `The resource could not be found` (404) | the path or the id does not exist | compare the path with [The API](super::api) |
//! | `The server has encountered an error while processing this request` (500) | a fault of the server | the log has the reason, in a line with the `request.id` of the answer |
//! | `This operation is not supported` (400) | Onezone has this operation for spaces and groups, and zonemint has none of them | [Differences from Onezone](super::differences) |
//! | `This path does not support the method; the Allow header lists those it does` (405) | for example GET where the path needs POST | `curl -X POST -d ''` |
//! | `This port speaks HTTPS; plain HTTP is not served here` (400) | the address begins with `http://` | write `https://` |
//! | `This user account has been blocked by the administrator …` (401) | the account is blocked | `zonemint user unblock NAME` on the server |
//! | `Too many attempts to sign in; try again in … s` (429) | wrong passwords for this account or from this address; perhaps a script has an old password | stop the script, and wait for that time. Tokens go on working |
//! | `Unknown caveat - …` (401) | the token has a limit that this server does not know | make a token without it. [Caveats](super::caveats) lists all |
//! | `unverified API caveat: …` | the token is limited to some operations, and this is not one of them | use a token without this limit |
//! | `unverified ASN caveat: …` | the token is limited to some networks, and the request comes from another one | as above |
//! | `unverified consumer caveat: …` | the token is for another user or service, who must also send an identity token | send it in `X-Onedata-Consumer-Token` |
//! | `unverified data access caveat: …` | the token is limited to reading data; such a token cannot use this API | use a token without this limit |
//! | `unverified data path caveat: …` | the token is limited to some data; such a token cannot use this API | use a token without this limit |
//! | `unverified HTTP method caveat: …` | the token is limited to some methods, such as GET | use a token without this limit |
//! | `unverified HTTP path caveat: …` | the token is limited to some paths of a service | use a token without this limit |
//! | `unverified interface caveat: …` | the token is limited to another interface than `rest` | use a token without this limit |
//! | `unverified IP caveat: …` | the request comes from an address that the token does not allow. Behind a proxy this is the proxy's address | set `http.trusted_proxies`, or use another token |
//! | `unverified service caveat: …` | the token is for another service | use a token for this one |
//! | `unverified time caveat: this token has expired at …` | the token has ended | make a new one. If the time is wrong, check the clocks |
//! | `You are not authorized to perform this operation` (403) | the account does not have the privilege, or the token is limited. If a text follows after a colon, it says why: look for it here | `zonemint user grant NAME PRIVILEGE` on the server, or use another token |
//! | `you may give and take only privileges that you have yourself` (403) | the request names a privilege that the caller does not have | leave it out, or `zonemint user grant NAME PRIVILEGE` on the server |
//! | `You must authenticate yourself to perform this operation` (401) | no credential came with the request, or the one that came is refused; the text after the colon says why | send a token in `X-Auth-Token`, or a password |
//! | `You must specify a time caveat with maximum TTL of … seconds` (400) | the server limits how long tokens with names live | ask for a shorter time |
//! | `your own token is narrower than this one` (403) | a limited token cannot read, change or rotate a token that allows more | use the password |
//!
//! An answer has the header `X-Ignored-Options`: the request has options that do not exist, such as `tll` for `ttl`. They had no effect.
//!
//! # Messages of other programs
//!
//! Most of them are about the certificate: [First steps](super::first_steps#trust-the-certificate) has the way for each program.
//!
//! | message | cause | what to do |
//! |---|---|---|
//! | `certificate verify failed: IP address mismatch, certificate is not valid for …` | Python: the certificate does not have the name that you used | use `localhost`, or add the name to the certificate |
//! | `certificate verify failed: self-signed certificate` | Python does not trust the certificate | `export SSL_CERT_FILE=certs/cert.pem`; for `requests`, `REQUESTS_CA_BUNDLE` |
//! | `code: 'DEPTH_ZERO_SELF_SIGNED_CERT'` | Node does not trust the certificate; the first line is `TypeError: fetch failed` | `export NODE_EXTRA_CA_CERTS=certs/cert.pem`, and start Node again |
//! | `code: 'ERR_TLS_CERT_ALTNAME_INVALID'` | Node: the certificate does not have the name that you used | use `localhost`, or add the name to the certificate |
//! | `curl: (22) The requested URL returned error: 401` | curl with `--fail` hides the answer | leave `--fail` out to see the text, or use `--fail-with-body` |
//! | `curl: (60) SSL certificate problem: self-signed certificate` | curl does not trust the certificate | `--cacert certs/cert.pem` |
//! | `curl: (60) SSL: no alternative certificate subject name matches target host name …` | the certificate does not have the name that you used | use `localhost`, or add the name to the certificate |
//! | `No subject alternative names matching IP address …` | Java: the certificate does not have the name that you used | use `localhost`, or add the name to the certificate |
//! | `PKIX path building failed` | Java does not trust the certificate | [Examples](super::examples#java) has the two commands |
//! | `x509: certificate is valid for …` | Go: the certificate does not have the name that you used | use `localhost`, or add the name to the certificate |
//! | `x509: certificate signed by unknown authority` | Go does not trust the certificate | `export SSL_CERT_FILE=certs/cert.pem` |
//!
//! A browser says that the connection is not private, or that the certificate is not trusted: compare the fingerprints, as
//! [First steps](super::first_steps#trust-the-certificate) says.
