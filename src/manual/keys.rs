//! Keys: which there are, how to change them while everything runs, and what to do when one is no secret any more.
//!
//! | key | what for | where |
//! |---|---|---|
//! | root key | every token's secret is derived from one ([`crate::token::Keyring`]) | in the store, sealed |
//! | key-encryption key | seals the root keys, and the secrets of tokens that were taken over | apart from the store: `keys.file`, a systemd credential, or `ZONEMINT_KEY_ENCRYPTION_KEY` |
//!
//! `zonemint key list` shows the root keys and what each is good for; `--count` also how many good tokens depend on it.
//!
//! # Over HTTP
//!
//! Who has the privilege `zm_keys_manage` does the same below `/api/v3/onezone`: `GET /keys` (`?count=true` reads all tokens),
//! `POST /keys/rotate`, `POST /keys/{id}/activate`, `POST /keys/{id}/retire`. A key has the state `next` for its first second,
//! then `active`, and `verifying` from its successor on. The active key is not retired over HTTP: rotate, and wait for that second. The command
//! has no such bound, because it asks for the id once more. A token that is narrowed by more than time and `api` retires
//! nothing. Key-encryption keys are changed by commands only.
//!
//! # Another root key
//!
//! `zonemint key rotate`. For its first second ([`crate::token::HANDOVER_MS`]) the new key only verifies; by then every node
//! has heard of it from the change feed, and tokens are made with it from then on. Earlier keys go on verifying until
//! `zonemint key retire`. A node that meets a token of a key it does not know reads the keyring anew before it judges.
//!
//! Keys have an order, and no clock decides about it: the last one that every node knows makes the tokens. Each node counts the
//! second itself, by the age of the key or from when it got to know it. A key that a clock made which was ahead is shown as one
//! of the future (`fromFuture` in JSON); it takes its turn as any other, and so does the next rotation. `zonemint key activate ID`
//! puts a key that is not retired at the end of that order, as when a rotation was a mistake: within a second every node makes
//! tokens with it. Nodes of the version before go by the time of creation until they are brought up to date.
//!
//! # A root key is no secret any more
//!
//! `zonemint key rotate`, then at once `zonemint key retire OLD`: its sealed bytes are erased, every token made with it is
//! refused on every node within the bound of a revocation, and nothing brings them back. Their owners need new ones.
//!
//! # Another key-encryption key
//!
//! The place where it is kept may hold several keys, one a line: the first one seals, each of them opens.
//!
//! * One node with its embedded store: `zonemint key rewrap --new` makes the key, puts it first in the file, and seals
//!   everything by it.
//! * Nodes that share a store: put a new line (`zonemint key generate`) before the old one on every node; then run
//!   `zonemint key rewrap` on one of them. It works in small steps, and goes on where it stopped when it is run again. No node
//!   has to be started again: each reads its keys anew when the feed says that the keyring has changed. One whose place does
//!   not have the new line keeps the root keys that it has open, and cannot open what is new: `/readyz` says that it lags.
//!
//! **Keep the old line, or a copy, as long as there are backups from before**: they are sealed by it. A key-encryption key that
//! somebody has seen is dangerous together with the store or a backup only; then change it, and rotate and retire the root keys
//! too, since they may have been opened.
//!
//! # When a server does not start
//!
//! It names the key-encryption key that is wanted, by an id that does not tell it ([`crate::token::KeyEncryptionKey::id`]), and
//! those that it was given. `zonemint key list` beside a running server shows the ids of both.
