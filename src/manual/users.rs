//! For people who have an account, and want a token that does what they need and no more.
//!
//! Commands are for bash. `zone.example.org` stands for your server, `alice` for your name; where a file `password` is read,
//! leave `--password-stdin < password` out and you are asked. Whoever has no `zonemint` command gets by with curl, or
//! with the page that the server shows at `https://zone.example.org:8443/`.
//!
//! # The first token
//!
//! With curl, which asks for your password unless it stands behind a colon:
//!
//! ```sh
//! curl -u "alice:$(cat password)" -X POST -d '' -H 'content-type: application/json' \
//!   https://zone.example.org:8443/api/v3/onezone/user/client_tokens
//! ```
//!
//! What comes back is `{"token":"MDAx…"}`. Whoever has the token can do what you can, for a year; so keep it as you would keep
//! the password, and make narrower ones for single purposes. `jq` takes it out of its wrapping:
//!
//! ```sh
//! TOKEN=$(curl -s -u "alice:$(cat password)" -X POST -d '' -H 'content-type: application/json' \
//!   https://zone.example.org:8443/api/v3/onezone/user/client_tokens | jq -r .token)
//! ```
//!
//! A token is used by sending it along:
//!
//! ```sh
//! curl -H "X-Auth-Token: $TOKEN" https://zone.example.org:8443/api/v3/onezone/user
//! ```
//!
//! # With the command
//!
//! Log in once. The password is not kept; a token is, for 30 days or as long as `--ttl` says, in a file that only you can read:
//!
//! ```sh
//! zonemint login zone.example.org:8443 --user alice --password-stdin < password
//! zonemint whoami
//! ```
//!
//! A token for a purpose has a name and limits. Only the token goes to standard output:
//!
//! ```sh
//! zonemint tokens create nightly --ttl 12h --ip 127.0.0.0/8,192.0.2.0/24 > nightly.token
//! zonemint tokens create backup --read-only --path /space/backup > backup.token
//! zonemint tokens list
//! ```
//!
//! Look into any token, yours or not, without asking a server; ask the server whether it is good:
//!
//! ```sh
//! zonemint tokens inspect @nightly.token
//! zonemint tokens verify @nightly.token
//! ```
//!
//! `@FILE` reads a token from a file and `-` from standard input, so that others do not see it in the list of processes.
//!
//! # Narrowing
//!
//! A token can be narrowed by whoever holds it, without a server and without a password; nobody can take a limit away. So give
//! away the narrowest one that does what is needed:
//!
//! ```sh
//! zonemint tokens confine @nightly.token --ttl 10m > short.token
//! zonemint tokens verify @short.token
//! ```
//!
//! What a token can be narrowed by, and how each limit is written, is listed in [`caveats`](super::caveats). The web page
//! narrows too, in the browser: the token is not sent anywhere.
//!
//! # Taking back
//!
//! A revoked token is refused from the next second on, and everything that was narrowed from it too:
//!
//! ```sh
//! zonemint tokens revoke nightly --yes
//! zonemint tokens verify @short.token || echo refused
//! ```
//!
//! What was revoked by mistake is restored with the password. A token does not suffice, as it may be stolen, too:
//!
//! ```sh
//! zonemint tokens restore nightly --password-stdin < password
//! ```
//!
//! A token that is renewed now and then is rotated: a new one takes its place with the same limits, and with `--overlap` the old one
//! stays good for a while.
//!
//! ```sh
//! zonemint tokens rotate backup > backup.token
//! ```
//!
//! A token that others may have seen can have made further tokens, which a new password, a revocation or a rotation leaves as they
//! are. Say `--with-descendants`, and all tokens that it has made end with it, and those that these have made. If temporary tokens
//! are among them, all of their account's temporary tokens end. (Nothing is known of tokens that were made by versions of the
//! server before this option.) A token that was not narrowed also reads the texts of your other tokens: then end all of them.
//!
//! ```sh
//! zonemint tokens rotate backup --with-descendants > backup.token
//! zonemint tokens revoke nightly --with-descendants --yes
//! ```
//!
//! If you do not know what was lost, end all of them, and log in again:
//!
//! ```sh
//! zonemint tokens revoke --all --with-descendants --yes
//! zonemint login zone.example.org:8443 --user alice --password-stdin < password
//! ```
//!
//! # In scripts
//!
//! Environment variables are enough, those that clients of Onezone know already:
//!
//! ```sh
//! export ONEZONE_API_KEY=$(zonemint tokens create script --ttl 1h --quiet)
//! export ONEZONE_HOST=zone.example.org:8443
//! zonemint whoami
//! zonemint tokens list --json | jq -r .name
//! ```
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
//! git, docker, twine and others have a field for a user name and one for a password, and nothing for a token. Where your
//! administrator has opened them to tokens, give the token as the password, and `__token__` or your name as the user name. Make a
//! narrow one for it that ends:
//!
//! ```text
//! zonemint tokens create git --ttl 30d --quiet | docker login registry.example.org --username __token__ --password-stdin
//! ```
//!
//! A token never counts as your password: it changes no password, and restores no token. A password of more than 100 characters
//! cannot begin with `MD` or `Ag`: it would be taken for a token.
//!
//! # When something is refused
//!
//! | it says | it means |
//! |---|---|
//! | wrong name or password | one of the two; which is not told. After some wrong ones each answer takes longer |
//! | too many attempts (429) | somebody guesses, perhaps a script of yours with an old password: wait as long as it says. Where you have signed in before, others' guesses do not matter |
//! | the token is not valid | it was changed on its way, is of another server, or was never made. Was it copied whole? |
//! | revoked, expired | make another one |
//! | a caveat is not met | the token is good, and not for this: the answer names the limit, as an address or a time |
//! | forbidden | you may not do this at all, or the token that you use is narrower than what you ask for |
