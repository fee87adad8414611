//! For people who run a server.
//!
//! Commands are for bash. Run them in the folder in which the server was started, or with the same `--data` and `--config`. They
//! work while the server runs, and the server notices each change within a second. The audit trail records the changes, without a
//! user: they are the operator's. Start, certificate, a lost password and the first settings are in
//! [First steps](super::first_steps).
//!
//! # Accounts
//!
//! ```sh
//! zonemint user add alice --full-name "Alice Adams" --password-stdin < password
//! zonemint user add bob --generate
//! zonemint user list
//! zonemint user grant bob oz_users_list oz_users_view
//! zonemint user show bob
//! ```
//!
//! Only `zonemint serve`, `store restore` and `store copy` make a store. If there is none, other commands name the place where they
//! looked and the settings file that they read. So you see that `--config` was forgotten.
//!
//! `grant --all` makes an administrator. An administrator is a user who can sign in and may set passwords
//! (`oz_users_manage_passwords`). The command that blocks or removes the last one warns, and then each start logs a warning.
//! `zonemint user grant --help` lists the privileges. A block takes effect at once, for the account and all its tokens. After the
//! unblock these tokens are good again. A new password ends no token:
//!
//! ```sh
//! zonemint user block bob
//! zonemint user unblock bob
//! zonemint user password alice --password-stdin < password
//! zonemint user rename bob bob_b
//! zonemint user remove bob_b --yes
//! ```
//!
//! Nobody gets a privilege through another account. With `oz_tokens_manage` an administrator can read the text of a token, and mint,
//! rotate and restore tokens. With `oz_users_manage_passwords` an administrator can set a password. Each of these needs every privilege
//! that the other account has. Tokens can be revoked and accounts blocked without that. Who has `zm_users_manage_privileges` grants and
//! revokes privileges over HTTP (`PATCH /users/{id}/privileges`), but only those that they have themselves. No upgrade grants that
//! privilege: `zonemint user grant NAME zm_users_manage_privileges` does.
//!
//! **A user who has forgotten the password** gets a reset link, so that no administrator knows the new password:
//! `POST /users/{id}/password_reset` answers its secret, once. Give the user the address `https://HOST/#/reset/SECRET`. The secret stands
//! after `#`: browsers do not send this part, so no proxy and no log has it. The link works once, for an hour. The
//! database keeps the SHA-256 hash of the secret, which has 256 bits of chance. To make a link takes what setting the password takes.
//! Whoever has the link can use it: send it by a way that you trust.
//!
//! **What ends a link sooner:** a newer link, a new password, a block (an unblock does not bring the link back), the removal of the
//! user, the end of sign-in by password, a change of the user's privileges, and a restore of the store.
//!
//! **A link stays good when its maker loses the right to make it.** This is so when the token that made it is revoked, and when the
//! account that made it is blocked, removed, or loses privileges. To end the link before its hour is over, make a newer link for the
//! same user, or set a password.
//!
//! **A password that must be changed** (`"mustChangePassword": true` of `PATCH /users/{id}/basic_auth`, or
//! `zonemint user password NAME --must-change`) is good for one thing: to set
//! another one (`PATCH /user/password`). Everything else by password answers 403 with the id `passwordChangeRequired`. The user's tokens
//! go on working. The mark is cleared when the user has set another password, by itself or by a reset link, and by
//! `zonemint user password`.
//!
//! Whoever has a name is in the groups that list it (`forward_auth.groups`), and may be taken by other programs for whoever had it
//! before. So users who rename themselves can take neither a name that a group lists nor one that another account had, removed
//! or renamed; and a narrowed token renames nobody. The commands and whoever adds accounts can give such a name, and are
//! warned when a group lists it. Earlier versions of this program kept no names of accounts that were removed or renamed: these
//! can be taken by anybody. `zonemint audit tail` shows the name that an account had at the time of each row.
//!
//! # User names
//!
//! As in Onezone a user name has 2 to 32 letters and digits of ASCII, with `.`, `_` and `-` inside. With
//! `login.user_names = "directory"` names of other directories may be chosen and imported, too: mail addresses (`jan@example.org`),
//! `EXAMPLE\jan`, names in any script. Such a name has
//!
//! * at least 2 characters, and at most 254 bytes in UTF-8;
//! * letters and digits of any script at its ends, and inside also `. _ - + ' & # ! ^ ~`, one `@` and one `\`. There are no blanks,
//!   no control characters, no `:`, which ends the name in `Authorization: Basic`, and no `=`;
//! * marks after a letter, each of the letter's own script and another than the one before, as in Devanagari, Thai, Hebrew and Arabic;
//!   of those that take no room of their own at most four. A Latin letter has only accents with which NFC makes one character of
//!   both, as `é`;
//! * no symbols, also where Unicode counts them as letters or numbers, as letters in circles;
//! * no character that Unicode's NFKC replaces, as full-width letters, ligatures and superscripts: it would look like another
//!   name. Armenian's `և` and Lao's `ໜ` are among these: write two letters. Thai's and Lao's vowel AM (`ำ`) is taken as one character;
//! * not the form of an id, `usr-…` or `prv-…`, by which groups name accounts.
//!
//! Names are kept in the letters that were typed, in Unicode's NFC. Proxies get them in UTF-8 (`X-Auth-User`). Names that there are
//! stay good, whatever may be chosen now. Letters of other scripts can look like those of another name: whoever may add accounts
//! must look. Set it only when all nodes that share a database know it, because programs from before it cannot read such a name: a node
//! does not start with it while one of them uses the database. Commands refuse such a name likewise.
//!
//! **Case.** `Alice` and `alice` are two accounts, as in Onezone, until you say otherwise:
//!
//! ```sh
//! zonemint user names --ignore-case
//! ```
//!
//! Names that differ in case only are one name from then on, for good: when somebody signs in, also in what is remembered and counted of
//! it, in groups, in imports, and for names that accounts had before. If there are such names already the command shows them, and
//! changes nothing: give their users others (`zonemint user rename`), or remove them. It refuses also while an account would get what is
//! not its own: a group of `forward_auth.groups` lists its name in another case only, or another account gave up such a name before this
//! one took it. Give it another name, or exactly that one if it is to have what comes with it. The database keeps the names apart, so no node
//! can add a second one at the same moment. Letters are compared by Unicode's default case folding (`CaseFolding.txt`, C and F)
//! between two normalisations to NFC: `STRASSE` is `straße`, and the dotless `ı` is a letter of its own. A letter folds alike in all
//! versions of Unicode that have it, and letters that this program's tables do not know are in no name: an upgrade changes nothing
//! that is stored.
//!
//! Every node follows within the bound of a revocation. Where nodes share a database the command is refused while programs from before
//! this rule use it, as far as the server shows them (`application_name`). One that was overlooked cannot follow the changes any more,
//! and is not ready. If it has written names meanwhile, or removed accounts, `zonemint store check` says so: run the command again. A copy (`zonemint store copy`) is marked, too. A backup from before is not: the restore says so.
//!
//! # Services
//!
//! Services have tokens and no password:
//!
//! ```sh
//! zonemint service add "data store"
//! zonemint service token "data store" --kind access --name nightly --ttl 30d
//! zonemint service list
//! ```
//!
//! `token.max_named_ttl` bounds how long named tokens live, those of services too; `--ttl none` makes one without an end all the same.
//! The default is no bound, as in Onezone; `365d` is a good one. The bound is for new tokens. It does not change existing tokens.
//! `zonemint doctor` counts tokens without an end and tokens that live longer, and so do two [metrics](super::monitoring). First look
//! which ones they are. Tokens of services are among them. Then revoke those that nobody needs:
//!
//! ```sh
//! zonemint token revoke --endless --dry-run
//! zonemint token revoke --longer-than 365d --dry-run
//! zonemint token revoke --older-than 400d --dry-run
//! zonemint token revoke --older-than 400d --yes
//! ```
//!
//! | option | which tokens |
//! |---|---|
//! | `--endless` | those that have no end |
//! | `--older-than 400d` | those that were made more than 400 days ago, whenever they end |
//! | `--longer-than 365d` | those that have an end, and live longer than 365 days from when they were made |
//!
//! A user can restore such a token of their own, with the password. It is then good again.
//!
//! Accounts and tokens of other programs are taken over by `zonemint user import` and `zonemint token import`, with the old
//! passwords; `--from` says how the file is written, and `--dry-run` checks and changes nothing:
//!
//! ```sh
//! printf 'carol:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n' > htpasswd
//! zonemint user import --from htpasswd htpasswd --dry-run
//! ```
//!
//! At the end stands a table: how many were taken, and how many were refused for each reason (with `--json` an object, in `reasons`).
//!
//! # Passwords of other programs
//!
//! A hash is taken in the form in which its program exports it. A password is compared with it until its first good sign-in, which
//! replaces it by argon2id.
//!
//! | program | what is taken |
//! | --- | --- |
//! | Apache httpd, PHP, GitLab | bcrypt: `$2y$`, `$2b$`, `$2a$`; GitLab's `$pbkdf2-sha512$`, too |
//! | crypt(3), a shadow file | yescrypt (`$y$`), SHA-512 crypt (`$6$`), SHA-256 crypt (`$5$`), bcrypt; whole lines with `--from htpasswd` |
//! | Django | `argon2`, `bcrypt`, `bcrypt_sha256`, `pbkdf2_sha256`, `pbkdf2_sha1`, `scrypt` |
//! | Werkzeug (Flask) | `scrypt:…`, `pbkdf2:sha1:…`, `pbkdf2:sha256:…`, `pbkdf2:sha512:…` |
//! | `OpenLDAP` | `{CRYPT}` and `{BCRYPT}` with what crypt(3) has, `{ARGON2}`, `{PBKDF2}`, `{PBKDF2-SHA1}`, `{PBKDF2-SHA256}`, `{PBKDF2-SHA512}` |
//! | Dovecot | `{BLF-CRYPT}`, `{SHA256-CRYPT}`, `{SHA512-CRYPT}`, `{CRYPT}`, `{ARGON2I}`, `{ARGON2ID}`, `{PBKDF2}`; whole lines of a passwd-file with `--from htpasswd` |
//! | passlib | `$argon2…$`, `$bcrypt-sha256$`, `$pbkdf2$`, `$pbkdf2-sha256$`, `$pbkdf2-sha512$`, `$scrypt$`, and its LDAP forms |
//! | Gitea, Forgejo | with `--from json`, `"passwordHash": {"algo": "pbkdf2$320000$50", "salt_hex": "…", "hash_hex": "…"}`, or the columns' own names `passwd_hash_algo`, `salt` and `passwd`; `pbkdf2`, `argon2`, `scrypt`, `bcrypt` |
//! | Keycloak | with `--from json`, `"passwordHash": {"credentialData": "…", "secretData": "…"}` as in an exported realm; `argon2`, `pbkdf2`, `pbkdf2-sha256`, `pbkdf2-sha512` |
//! | Onezone | `--from onezone` |
//!
//! argon2 may be argon2id, argon2i or argon2d, with a salt of up to 64 and a hash of up to 128 bytes. Hashes whose comparison
//! would take more than 1 GiB of memory or about 5 s are refused. Of yescrypt the costs 1 to 11 of crypt(3) are taken, of
//! scrypt a block size (r) of up to 32 and up to 64 lanes (p). Nodes of an earlier version of this program verify few of these forms: import when every node has this one.
//!
//! **Refused by name** are plain and salted MD5, SHA-1 and SHA-2, apr1, MD5 crypt, phpass, NTLM and DES crypt: whoever reads such a
//! row has the password soon. Import the user without the hash, and set a password with `zonemint user password NAME`; or have the user
//! make a new hash with `htpasswd -B`. Accounts whose hash is `!` or `*` have no password, and are refused in the same way.
//!
//! **Accounts that end or are limited.** Accounts here are active or blocked, and do not end by themselves. So a shadow line with a
//! number in its 7th or 8th field (days after which an old password ends the account, and the day on which it expires) is refused, and a
//! line of Dovecot with `nologin`, `allow_nets` or `allow_real_nets`: an import switches nothing on. Empty these fields where the account
//! is to be active.
//!
//! **Letters beyond ASCII.** Programs hash what was typed, and the same letters can be typed as different bytes. A password is compared
//! with an imported hash in Unicode's NFC, then as it came, then in Latin-1 (unless those bytes are UTF-8 of another text). The hash
//! that replaces it is of NFC, so from then on every spelling signs in. No password matches that is empty or holds control characters, nor, with PBKDF2 and scrypt, one in Latin-1
//! of exactly 20, 32 or 64 bytes, as long as the digest of the hash function: such bytes may be the digest of a longer password, which
//! matches too.
//!
//! **Long passwords.** bcrypt reads 72 bytes and no more. So a sign-in with a longer password does not replace its hash, for the rest may be
//! mistyped: it stays, and reads 72 bytes as it did, until a sign-in with at most 72 bytes or until a new password is set. Nor is such a
//! password remembered (`login.remember`): each sign-in with it is hashed.
//! `bcrypt_sha256` and `$bcrypt-sha256$` read all, and are replaced by any good sign-in. SHA-256 and SHA-512 crypt match no password of more than
//! 511 bytes, as crypt(3) takes none.
//! The id that a user has in Onezone is kept (`userId`, or `id` in its own formats): 32 hexadecimal digits, or those, `ch`, and four
//! more. Programs from before them cannot read the longer ones. So where nodes share a database lines with such ids are refused while
//! such programs use it (`--dry-run` tells so, too). On an embedded store they are refused while a server runs that was started before
//! the program was upgraded: restart it.
//!
//! # Settings
//!
//! ```sh
//! zonemint config default > zonemint.toml
//! zonemint config check --config zonemint.toml
//! ZONEMINT_TOKEN__TTL=30d zonemint config show | grep ttl
//! ```
//!
//! `config check` lists all errors at once, each with the key and the right form. It also notes values that are valid and have no
//! effect, such as a caveat that is longer than a token may be. It reads the files that the settings name, and checks whether folders
//! can be made. A start makes the same checks first, so after a good check only the network can stop a start. Run it as the server's
//! user. Files that settings name must be regular ones, no pipes. What an option names (`--config`, `--cacert`, `@FILE`) may also
//! be what a shell hands over, `<(…)` or `/dev/stdin`, or `/dev/null`; a pipe with a name is refused. Whether the address to listen on is taken is not looked at, as a
//! running server has it; `zonemint doctor` tells. The check changes nothing; `config show` judges the settings alone. A setting is changed by starting the server again;
//! certificates are taken up as they change, or at SIGHUP.
//!
//! A variable has two underscores after the name of a table: `ZONEMINT_SERVER__LISTEN`. If one of them is missing, as in
//! `ZONEMINT_SERVER_LISTEN`, the server does not start, and the message has the right name. Other variables that begin with
//! `ZONEMINT_` are ignored, because Kubernetes and Docker set some.
//!
//! # Start and stop
//!
//! A start prints where it listens, the data folder and the settings file; at a terminal also how to stop it: with Ctrl-C, or with
//! `kill` and its process id. A data folder has one server. A second one says which process runs and where it listens, and
//! ends with the exit code 4. The file `server.lock` in the data folder has both.
//!
//! `ZONEMINT_ADMIN_PASSWORD` is used by the first start alone. If admin has another password later, each start with the variable logs
//! that it is not used. `zonemint user password admin` sets the password.
//!
//! The data folder belongs to the user that the server runs as. If another user (not root) runs a command, the message names the user
//! to run it as.
//!
//! # Personal data
//!
//! The page [`audit`](super::audit) lists what is kept of people, where, and how long. Two settings keep less: `audit.addresses = false`
//! writes no networks to the audit trail, and `token.keep_last_use = false` keeps only the day on which a token was last used.
//!
//! # Guessing
//!
//! Hashing a password is the one expensive thing that strangers can ask for. So each attempt to sign in, and each password that
//! somebody signed in confirms, passes a gate first:
//!
//! 1. A password that was right at the same address less than `login.remember` ago is let in without a hash. An address is an
//!    IPv4 address or an IPv6 /56. Somewhere else the same password is hashed again: otherwise whoever guesses there would
//!    learn it without waiting for a turn.
//! 2. Attempts with the same name and password at one address share one check and its result.
//! 3. Each other attempt is charged to its address (IPv4 or IPv6 /64, and the /56 around it) before it is checked.
//!    `login.address_burst` are free, one more each `login.address_refill`. A right password gets its charge back. Set the burst higher
//!    where more people than that sign in at the same moment behind one address, as in a lecture hall or behind a hub.
//! 4. The attempts on an account take turns. After failures, or while other passwords are being checked, the next turn is
//!    `login.delays` later. An attempt reserves its turn when it arrives. Four wait for an account, and a quarter of the burst
//!    for an address; others are answered 429 with `Retry-After`. Names that nobody has take the same turns.
//! 5. Then the password is hashed, or the answer is 503 because too many wait (`password.queue`).
//!
//! **Known addresses.** The store keeps for 90 days the newest eight addresses (IPv4, or IPv6 /56) at which each account has
//! signed in, as hashes under a key that comes from the root keys: the database alone does not tell where anybody was. All nodes
//! have them, and a restart or a new root key changes nothing; those that were last used before a rotation are forgotten when
//! the old root key is retired. From an address at which it has signed in before, an account has its own charge, its own turns, and a
//! quarter of `password.queue` and `login.waiting`. So guesses from elsewhere never keep an owner out at the usual place.
//! Somebody at the same address, as behind the same router or proxy, shares all of this with the owner: they can slow the owner's
//! sign-ins down as if they guessed at home, have as many more guesses as the known address has, and can find out that the
//! account signs in there. Let proxies say where requests come from (`http.trusted_proxies`), or all users are at one address.
//!
//! **Times.** A refusal takes as long for a name that nobody has as for any other. Imported hashes differ in what they cost: after
//! a cheaper one a comparison of our own cost follows, and every refusal waits, on a timer, as long as the dearest kind in the
//! store takes for the password that takes longest (it has three spellings), half as long again for safety, and one second at
//! most. A hash that takes longer than that tells that its account exists, until its user signs in once: `user import` names
//! them, and `doctor` counts them.
//!
//! **Memory.** An imported hash that takes more than 33 MiB, and more than `password.memory_kib`, is computed by itself, while those of
//! other kinds go on; so sign-ins of users with such hashes are slow when many come at once. Hashes that need more than the settings
//! leave of the memory are refused by `user import`. The server never computes one: its user cannot sign in until a new password is
//! set, and an error in the log names the account, as `doctor` does. Others are computed on every hashing thread: what `doctor` adds
//! up counts our own, so where imported ones take more than `password.memory_kib`, leave up to 33 MiB for each of `password.threads`.
//!
//! # Checking the machine
//!
//! ```sh
//! zonemint doctor --config zonemint.toml || echo "there is something to correct"
//! zonemint doctor --config zonemint.toml --json | jq -r '.[] | select(.state == "warning") | .check'
//! ```
//!
//! `doctor` examines what could keep a server from starting, or from what it promises: the settings, the machine's limits, the
//! data folder and its disk, the database (of a PostgreSQL server also `fsync`, rights and clock, each of several hosts, and whether
//! a second process has this node's name), keys, accounts, rows that a clock wrote which was more than 5 s ahead, the end of the
//! audit trail, the certificate, and who has the address. It changes nothing, and works before a first start and beside a running
//! server. Run it as the user that the server runs as, with the same settings. A key that only the server has, as a systemd
//! credential or in `ZONEMINT_KEY_ENCRYPTION_KEY`, is not examined beside it. Below each warning and fault is what to do; a fault
//! makes the exit code 1. `--measure` writes to the data folder to see how long the disk takes. It looks at the newest audit rows
//! and the 10,000 first accounts only; `zonemint store check` and `zonemint audit verify` read everything.
//!
//! The program turns core files off before it reads the first secret, which also keeps others of the same user out of its memory:
//! a debugger or `strace` cannot attach to it unless root runs it, and `/proc/PID` belongs to root. For a look inside there are the
//! log at `debug`, traces and `/metrics`.
//!
//! # Certificates
//!
//! The pair lies in `tls.folder`. Whoever puts another one there has it served within a second, without a connection being
//! dropped. The server can also order it itself, from Let's Encrypt or any other authority that speaks ACME (RFC 8555):
//!
//! ```toml
//! [tls.acme]
//! enabled = true
//! agree_to_terms = true
//! names = ["zone.example.org"]
//! contact = ["admin@example.org"]
//! ```
//!
//! The authority must see that the name is yours, and connects to it. With `challenge = "tls-alpn-01"` (the default) it comes to
//! port 443, which must be passed on to `server.listen` with TLS untouched: by the firewall, or by a proxy that passes connections
//! on as they are. With `"http-01"` it comes to port 80, which must be passed on to `tls.acme.http_listen`, or listened on: ports
//! below 1024 need a privilege (`CAP_NET_BIND_SERVICE`). Nothing but the authority's question is answered there.
//!
//! Until the first certificate has come, the self-signed one is served. A certificate is renewed `renew_before` (30 days) ahead of
//! its end, or when a third of its life is left, whichever is later, and earlier if the authority suggests it (RFC 9773). A failure
//! is logged with its cause and what to check, and changes nothing: the next attempt is made after a minute, then two, four and so
//! on up to a day, and not before an authority with a rate limit allows it; a restart tries at once. While the certificate in place
//! is good, none is ordered, also if you have put it there yourself. Log lines say when one was issued or renewed, and until when
//! it is good.
//!
//! * **To try it**, use the staging directory in `config/default.toml`. When `directory` is changed, a new certificate is ordered
//!   at the next start.
//! * **A private authority** (step-ca): its directory, and in `root` the root of the directory's own certificate.
//! * **Its files** lie in `tls.folder`, which the server must be able to write to: the account with its key in `acme-account.json`,
//!   and for moments `acme-issued.pem`, from which a pair that was cut short is put in place at the next start.
//! * **Several nodes** under one name: an authority's question reaches any of them, and only the one that has ordered knows the
//!   answer. Let one node order, lead port 80 (or 443, for connections that offer `acme-tls/1`) to it, and give its pair to the
//!   others, copied or on a shared file system; they take it up as it changes, with `enabled = false`. Nodes with names of their
//!   own each order for themselves.
//!
//! # Keys
//!
//! ```sh
//! zonemint key list
//! zonemint key rotate
//! ```
//!
//! When, why, and how a key is retired, is in [Keys](super::keys). Keep `data/zonemint.kek` apart from every backup of the
//! database: both together can make any token.
//!
//! # Keeping it
//!
//! ```sh
//! zonemint store check
//! zonemint store backup backup.sqlite
//! zonemint audit export trail.jsonl
//! zonemint audit verify
//! ```
//!
//! Backups are taken while the server runs; the trail that is exported after them is what a restore needs to know which tokens
//! were revoked since. [Backup, restore, tidying](super::keeping) has the recipes, [The audit trail](super::audit) says what the trail proves.
//!
//! # Watching it
//!
//! ```sh
//! curl -s https://zone.example.org:8443/healthz
//! curl -s https://zone.example.org:8443/readyz
//! zonemint health https://zone.example.org:8443
//! zonemint audit tail -n 5
//! ```
//!
//! `/healthz` answers while the process lives, `/readyz` while it can serve: its store answers, and a mint would be stored. The
//! second is shown by a transaction that inserts what a mint inserts and takes it back, at most every 2 s, however many ask, and only
//! if no mint has become durable. It fails
//! on a disk that is full, or a database that only reads. One that takes longer is waited for as long as a mint is, before
//! `/readyz` is 503. A balancer that finds no node ready should use those that live (`/healthz`), because they still verify. `zonemint health` asks the latter and exits 0 or 1,
//! for images without `curl`: without an address, that of the settings on this machine, for which no certificate is needed. Where
//! `server.proxy_protocol_from` lists this machine's own address, it needs a URL that goes through the proxy. The server writes a
//! line a request; `log.format = "json"` makes it one for machines. Lines name users and tokens by id, and hold no secret.
//! `/metrics` tells Prometheus how it goes; alerts and a dashboard are there to be used: [Monitoring](super::monitoring).
//!
//! # The clock
//!
//! A wrong clock must not bring an expired token back to life, nor write an end that is later than asked. So the system's clock is
//! not believed at once:
//!
//! * A time is confirmed when two readings 10 seconds apart agree on it.
//! * A jump ahead is believed when it is confirmed. One that is taken back before that has no effect.
//! * A step back of up to 60 seconds is followed. No token that was over is good again meanwhile. Several steps count together
//!   until the latest time is reached again.
//! * A step back of more than 60 seconds is not believed: time goes on from what was confirmed last.
//! * The end of a new token, and when the old one of a rotation ends, are counted from the earlier one of both times. A token that
//!   would be over at once is not made (503).
//!
//! A machine that was suspended is believed at once, because its own clock knows how long. While the system's clock is not believed,
//! or is more than 5 seconds behind the latest time, there is an error in the log, `zonemint_clock_distrust_seconds` is not 0, and
//! `/readyz` says it. The header `Date` of answers then tells the time that goes on. Lines of the log keep the system's time, as those of
//! all other programs on the machine do. **Whoever sets a clock back on
//! purpose restarts the server.** That is not necessary where a shared store's clock shows that it was the time before that was
//! wrong: where both agree within 3 seconds after the jump, and the database's did not jump. A database on the same machine has
//! the same clock, and shows nothing.
//!
//! # Under systemd
//!
//! The Debian package (`config/debian/build`) has the unit `config/systemd/zonemint.service`. A start has succeeded once connections
//! are accepted; `systemctl reload` has the certificate taken up; a server whose tasks have no turn any more for a minute is killed
//! and started again. It may do next to nothing but to listen and to write below `/var/lib/zonemint`: `systemd-analyze security`
//! rates its exposure 1.2 of 10. The first administrator's password is then in `/var/lib/zonemint/admin_password`, because a journal
//! is read by more people than root: `ZONEMINT_ADMIN_PASSWORD_FILE` names a file that has it, or that a first start makes with
//! mode 0600.
//!
//! systemd may open the socket itself (socket activation): `config/systemd/socket/zonemint.socket`, in the package an example, is
//! put into `/etc/systemd/system`. Its `ListenStream=` then takes the place of `server.listen` and `--listen`; a port below 1024
//! needs no privilege of the service's, and connections wait while the service restarts. One TCP socket that listens (`Accept=no`)
//! is taken; several are refused at the start, and what is meant for another process (`LISTEN_PID`) is left alone. SIGUSR1 and SIGUSR2 do nothing.
//!
//! # Traces
//!
//! Where the time of a request goes can be told to a collector of OpenTelemetry, by a program that is built for it:
//!
//! ```text
//! cargo build --release --features otlp
//! ```
//!
//! Without that, nothing of it is in the program, and `traces.endpoint` is refused. With it, the program is half a megabyte
//! larger (of twenty, and three of ninety with its debug information), and sends nothing until it is told where to:
//!
//! ```toml
//! [traces]
//! endpoint = "http://localhost:4318"
//! sample_ratio = 0.01
//! headers_file = "/etc/zonemint/collector-headers"
//! ```
//!
//! A request is a span, named by method and route, with the parts `token.verify`, `password.hash` (and in it `password.queue`,
//! the wait for a thread), `store.read` and `store.write` (until the commit is durable). Its `zonemint.request.id` is the log
//! line's `request.id`, and the log line has its `trace.id`.
//!
//! Spans hold no path, no name, no address, and no identifier of a token or a user: a path may be a token, and the others are
//! personal data that a collector need not have. Who may read the log can go there by the request's id.
//!
//! A `traceparent` header is continued. Whether the request is recorded, only `http.trusted_proxies` have a say in; have them
//! take away what clients send, or set the header themselves. For everybody else `traces.sample_ratio` decides, so that nobody
//! can have all of their requests recorded.
//!
//! Spans are sent in the background, and at a stop within what is left of `server.drain`. What a collector does not take is lost,
//! and the log says once a minute how much that was. A collector behind HTTPS needs a certificate that the system trusts. Of
//! OpenTelemetry's environment variables `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_TRACES_HEADERS` count, too.
//!
//! # More than one
//!
//! Several nodes share a PostgreSQL database, and each other's revocations within a second: [Several nodes](super::shared_store).
