//! The command `zonemint`: what it can do, what it reads, and its exit codes. `zonemint COMMAND --help` has every option.
//!
//! # For the person who runs a server
//!
//! These commands open the data themselves. Run them on the machine of the server, as the same operating system user, with the same
//! `--config` or in the same folder. They work while the server runs, if the table says nothing else; the server notices the change
//! within a second. [For administrators](super::administrators) shows them in use.
//!
//! | command | what |
//! |---|---|
//! | `zonemint serve` | starts the server |
//! | `zonemint user add`, `list`, `show`, `password`, `rename`, `block`, `unblock`, `remove` | accounts |
//! | `zonemint user grant`, `revoke` | privileges: `--all` makes an administrator. An upgrade grants none |
//! | `zonemint token revoke --endless`, `--older-than 400d`, `--longer-than 365d` | revokes tokens of all accounts: those that never end; those that were made longer ago than 400 days; those that have an end and live longer than 365 days. `--dry-run` only shows them |
//! | `zonemint user import`, `zonemint token import` | takes accounts with their password hashes, and client tokens, from other programs. `--dry-run` checks and stores nothing |
//! | `zonemint user names --ignore-case` | from then on `Alicia` and `alicia` are one name |
//! | `zonemint service add`, `token`, `list`, `block`, `unblock`, `remove` | accounts with tokens and without a password |
//! | `zonemint key list`, `rotate`, `activate`, `retire`, `rewrap`, `generate` | [Keys](super::keys) |
//! | `zonemint store backup`, `restore`, `check`, `purge`, `copy`, `replay` | [Backup, restore, tidying](super::keeping). `restore`, `copy` and `replay` need a stopped server |
//! | `zonemint audit tail`, `export`, `verify`, `archive` | [The audit trail](super::audit) |
//! | `zonemint config default`, `check`, `show` | all settings with their meaning; what is wrong; what is in force |
//! | `zonemint doctor` | checks machine, settings, data and certificate, and says what to do |
//! | `zonemint health` | asks whether the server is ready: exit code 0 or 1 |
//! | `zonemint man DIR`, `zonemint completions SHELL` | writes manual pages for `man`; prints completions for bash, zsh, fish and others |
//!
//! # For the person who has an account
//!
//! These commands talk to a server, this or any other zonemint or Onezone. [For users](super::users) shows them in use.
//!
//! | command | what |
//! |---|---|
//! | `zonemint login HOST` | makes a token of 30 days and keeps it in a profile. The password is not kept |
//! | `zonemint logout` | revokes that token and forgets it |
//! | `zonemint whoami` | shows the server and the user |
//! | `zonemint tokens create NAME --ttl 12h --ip 10.0.0.0/8 --read-only` | prints a token, and nothing else on standard output. There is an option for each kind of limit |
//! | `zonemint tokens create --output FILE` | writes it to a file that only its owner can read; `--bearer` writes it where programs of the grid look for it |
//! | `zonemint tokens list`, `show`, `revoke`, `restore`, `rotate` | your tokens. `--json` is for scripts. `--with-descendants` also ends what a token made. `restore` asks for the password |
//! | `zonemint tokens rename`, `delete` | another name for a token; a deleted token is refused for ever and its name is free |
//! | `zonemint password` | sets a new password for yourself |
//! | `zonemint profiles list`, `choose`, `remove` | the servers and accounts that `login` keeps |
//! | `zonemint tokens confine`, `inspect`, `convert`, `zonemint token inspect` | adds limits to a token, shows what it says, writes it in another encoding. All work offline |
//! | `zonemint tokens verify @FILE` | asks the server whether a token is good: exit code 0 or 1, with the reason |
//!
//! # Which server, and which account
//!
//! The first of these that is there counts:
//!
//! 1. options: `--host`, `--profile`;
//! 2. `ONEZONE_HOST`, `ONEZONE_API_KEY` (a token), `ONEZONE_BASIC_AUTH` (`name:password`);
//! 3. `BEARER_TOKEN`, or the file that `BEARER_TOKEN_FILE` names, if it is a token of Onezone;
//! 4. the profile that `ZONEMINT_PROFILE` names, or the default one;
//! 5. the file `bt_u<uid>` in `$XDG_RUNTIME_DIR` or `/tmp`, if it is a token of Onezone.
//!
//! `-v` prints which one was used. With `--profile` the server and the token are those of the profile: the variables of 2 and 3 are
//! then ignored. A file with a token counts only if it is yours and has the mode 0600.
//!
//! # Which certificate is trusted
//!
//! The first of these that is there counts:
//!
//! 1. options: `--cacert FILE`, or `--fingerprint SHA256`;
//! 2. what the profile keeps: a SHA-256, or a file. If it keeps none, another profile of the same server counts;
//! 3. the file that `ZONEMINT_CACERT` names, also with `--profile`;
//! 4. the authorities of the system, or those of `SSL_CERT_FILE`.
//!
//! `zonemint login` keeps in the profile what it used of 1, 2 and 3. `--insecure` trusts everybody: somebody on the way can then read
//! passwords and tokens.
//!
//! # How results are printed
//!
//! Commands that show something take `--format`: `table` is for people, `json` for programs (one object a line), `plain` for shells (no
//! heading, tabs between the fields). `--json` is the same as `--format json`. Warnings and errors go to standard error in each form.
//!
//! * `zonemint user import --from htpasswd --format json`: `--from` says how the file is written, `--format` how the result is printed.
//!   Without `--from`, `--format htpasswd`, `json` and `onezone` still say how the file is written.
//! * `zonemint audit export` always writes rows as JSON. `--format` is for the result of an export to a file.
//! * `zonemint health` prints a server that is not ready on standard output with `json` and `plain`; the exit code is 1 in each form.
//! * `zonemint config show --format plain` prints a setting a line, with its whole name: `token.ttl`.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | success |
//! | 1 | failure, or the answer is no |
//! | 2 | wrong usage |
//! | 3 | wrong settings |
//! | 4 | another server runs on the data folder |
