//! For people who have an account, and want a token that does what they need and no more.
//!
//! Commands are for bash. Replace `zone.example.org` with your server, and `alice` with your name. Where a command reads a file
//! `password`, you can leave `--password-stdin < password` out: then it asks. If you do not have the `zonemint` command, use curl, or
//! the page that the server shows at `https://zone.example.org:8443/`.
//!
//! If a program says that it does not trust the certificate, ask your administrator for the file `cert.pem`:
//! [First steps](super::first_steps#trust-the-certificate) has the way for each program.
//!
//! # The first token
//!
//! With curl. It asks for your password, if you write only `-u alice`:
//!
//! ```sh
//! curl -u "alice:$(cat password)" -X POST -d '' -H 'content-type: application/json' \
//!   https://zone.example.org:8443/api/v3/onezone/user/client_tokens
//! ```
//!
//! The answer is `{"token":"MDAx…"}`. Whoever has this token can do everything that you can, for a year. So keep it like your
//! password, and make tokens with limits for single purposes. `jq` takes the token out of the answer:
//!
//! ```sh
//! TOKEN=$(curl -s -u "alice:$(cat password)" -X POST -d '' -H 'content-type: application/json' \
//!   https://zone.example.org:8443/api/v3/onezone/user/client_tokens | jq -r .token)
//! ```
//!
//! To use a token, send it in a header:
//!
//! ```sh
//! curl -H "X-Auth-Token: $TOKEN" https://zone.example.org:8443/api/v3/onezone/user
//! ```
//!
//! # With the command
//!
//! Log in once. The command does not keep the password. It keeps a token in a file that only you can read, for 30 days or for the
//! time that `--ttl` says:
//!
//! ```sh
//! zonemint login zone.example.org:8443 --user alice --password-stdin < password
//! zonemint whoami
//! ```
//!
//! A server can make its own certificate. Your machine does not trust such a certificate by itself. The server's first start prints
//! the SHA-256 of the certificate: ask your administrator for it. Give it to `login`, or compare it when you are asked. The profile
//! keeps it. From then on no other certificate of that server is trusted, whoever has issued it:
//!
//! ```text
//! zonemint login zone.example.org:8443 --user alice --fingerprint 3A:90:…
//! ```
//!
//! Without a terminal nothing is asked, and nothing is trusted. `--cacert FILE` and the variable `ZONEMINT_CACERT` name the
//! certificate of an authority instead. When the server has a new certificate, log in again with its fingerprint.
//!
//! If you use several servers, you need a profile for each of them. `zonemint login HOST --profile NAME` makes a profile. A command
//! without `--profile` uses the profile that you have chosen:
//!
//! ```sh
//! zonemint profiles list
//! zonemint profiles choose default
//! ```
//!
//! `zonemint profiles remove NAME` removes one, and revokes the token that `login` made for it. Your password is changed by
//! `zonemint password`, which asks for the present one; tokens stay as they are.
//!
//! A token for a purpose has a name and limits. Only the token goes to standard output:
//!
//! ```sh
//! zonemint tokens create nightly --ttl 12h --ip 127.0.0.0/8,192.0.2.0/24 > nightly.token
//! zonemint tokens create backup --read-only --path /space/backup > backup.token
//! zonemint tokens list
//! ```
//!
//! The list warns 30 days, 7 days and 1 day before a token ends, unless it was made to live no longer than that; and it says which
//! tokens never end or live longer than a year. `zonemint tokens rename` gives a token another name.
//!
//! `inspect` shows what a token says, without a server. `verify` asks the server whether the token is good:
//!
//! ```sh
//! zonemint tokens inspect @nightly.token
//! zonemint tokens verify @nightly.token
//! ```
//!
//! `@FILE` reads a token from a file, and `-` reads it from standard input. So other users do not see it in the list of processes.
//!
//! # Narrowing
//!
//! Everybody who has a token can add limits to it, without a server and without a password. A limit cannot be removed. So give
//! others a token that can do what they need, and no more:
//!
//! ```sh
//! zonemint tokens confine @nightly.token --ttl 10m > short.token
//! zonemint tokens verify @short.token
//! ```
//!
//! [Caveats](super::caveats) lists all limits and how to write them. The web page can add limits, too. It does so in the browser, and
//! does not send the token anywhere.
//!
//! # Revoking
//!
//! A revoked token is refused from the next second on. So are all tokens that were made from it by adding limits:
//!
//! ```sh
//! zonemint tokens revoke nightly --yes
//! zonemint tokens verify @short.token || echo refused
//! ```
//!
//! To restore a token that was revoked by mistake, you need the password. A token is not enough, because a thief may have it:
//!
//! ```sh
//! zonemint tokens restore nightly --password-stdin < password
//! ```
//!
//! To replace a token, rotate it: the new token has the same limits. With `--overlap 1h` the old one stays good for an hour.
//!
//! ```sh
//! zonemint tokens rotate backup > backup.token
//! ```
//!
//! Somebody who has seen a token may have made other tokens with it. A new password, a revocation or a rotation does not end these.
//! With `--with-descendants` they end, too, and so do the tokens that these have made. If there are temporary tokens among them, all
//! temporary tokens of the account end. (Tokens that an older version of the server made are not found.) A token without limits can
//! also read the texts of your other tokens: in that case end all of them.
//!
//! ```sh
//! zonemint tokens rotate backup --with-descendants > backup.token
//! zonemint tokens revoke nightly --with-descendants --yes
//! ```
//!
//! A token that is deleted is refused for ever, and leaves the list. Its name is free for another token:
//!
//! ```sh
//! zonemint tokens delete nightly --yes
//! ```
//!
//! If you do not know which token was lost, end all of them, and log in again:
//!
//! ```sh
//! zonemint tokens revoke --all --with-descendants --yes
//! zonemint login zone.example.org:8443 --user alice --password-stdin < password
//! ```
//!
//! # Where a token was last used
//!
//! The web page and `GET …/tokens` say of each stored token when it was last used, to the minute: `lastUse` with `minute`, `network`
//! and `service`. So you see whether a token is still needed, and whether somebody else has it.
//!
//! | how the token was used | `network` | `service` |
//! |---|---|---|
//! | at the API of this server | of the client | `ozw-onezone`, or the service that proves its identity with `X-Onedata-Service-Token` |
//! | `POST …/tokens/verify_access_token` | of `peerIp` in the body, or else of the caller | the service of `serviceToken`, as in `opw-1234`, or else `ozw-onezone` |
//! | behind a proxy that asks `/auth/verify` | of the client, if the proxy says it | the host that the proxy says, as in `git.example.org` |
//! | as an identity token | likewise | none |
//!
//! A network is the /24 of an IPv4 address, or the /56 of an IPv6 address. Of several uses in one minute the first one counts. A
//! use is there after a few seconds (`token.write_uses`). Only the last use is kept, until the next one; it leaves with the token.
//! You see it, and so does who manages all tokens (`oz_tokens_manage`). The network is shown only to you, by the password or a token
//! with no limit but time, and to who may read the audit trail (`zm_audit_view`). Temporary tokens are not stored and have no last use. An
//! administrator can switch it off (`token.keep_last_use = false`): then only the day is kept (`lastUsed`), and the rest is neither
//! written nor shown.
//!
//! Two things to know when you read a last use:
//!
//! * It is noted when the token's signature is good and its limits are met; limits on `api` are not looked at for it. The request may
//!   be refused after that, because the account is blocked or lacks a privilege. The use is noted all the same.
//! * Whoever has the token's text can choose what is noted: the host, by a request to `/auth/verify`; the network, by `peerIp` of
//!   `verify_access_token`.
//!
//! `GET /tokens/named/{id}/history` says what else happened to a token: who minted, changed, revoked or restored it, and when.
//!
//! # In scripts
//!
//! Scripts need no login. They can use the environment variables that other clients of Onezone have, too:
//!
//! ```sh
//! export ONEZONE_API_KEY=$(zonemint tokens create script --ttl 1h --quiet)
//! export ONEZONE_HOST=zone.example.org:8443
//! zonemint whoami
//! zonemint tokens list --json | jq -r .name
//! zonemint tokens list --format plain | cut -f 1,4
//! ```
//!
//! Commands that print a result take `--format`: `table` is for people, `json` (or `--json`) for programs, and `plain` for shells,
//! without a heading and with a tab between the fields. `zonemint user import` has `--json` alone: its `--format` is an older name
//! of `--from`. Exit codes are the same everywhere: 0 for success; 1 for a failure, or where the answer is no; 2 for wrong usage;
//! 3 for wrong settings or profiles; 4 when another server runs on the data folder.
//!
//! When the work is done:
//!
//! ```sh
//! unset ONEZONE_HOST ONEZONE_API_KEY
//! zonemint logout
//! ```
//!
//! # Programs that ask for a password
//!
//! git, docker, twine and other programs have a field for a user name and one for a password, and none for a token. If your
//! administrator has enabled it, give the token as the password, and `__token__` or your name as the user name. Make a token with
//! limits for it:
//!
//! ```text
//! zonemint tokens create git --ttl 30d --quiet | docker login registry.example.org --username __token__ --password-stdin
//! ```
//!
//! A token there is not your password: it cannot change the password, and cannot restore a token. A password of more than 100
//! characters must not begin with `MD` or `Ag`, because the server would read it as a token.
//!
//! # When something is refused
//!
//! [When something goes wrong](super::troubleshooting) lists the messages, their causes, and what to do. In short:
//!
//! | it says | it means |
//! |---|---|
//! | wrong name or password | one of the two is wrong. The server does not say which one. After some wrong attempts each answer takes longer |
//! | too many attempts (429) | somebody tries passwords; perhaps a script of yours with an old one. Wait for the time in the answer |
//! | the token is not valid | it was changed, or it is from another server. Was it copied completely? |
//! | revoked, expired | make a new one |
//! | a caveat is not met | the token is good, but not for this. The answer names the limit, for example an address or a time |
//! | forbidden | your account may not do this, or the token has limits |
