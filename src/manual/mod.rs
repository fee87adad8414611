//! Longer explanations, as rustdoc, so that links are checked.
//!
//! # What a token costs its forger
//!
//! No secret of a token is stored. It is derived ([`crate::token::Keyring`]) from a root key, the token's identifier and its
//! owner; root keys lie in the store sealed under a key-encryption key that lies elsewhere. Who has the database alone can
//! neither make nor use a token.
//!
//! # When a change is felt
//!
//! Each revocation and each change of a user writes a row to the change feed in the same transaction. The server that made
//! the change drops what it remembers before it answers; other processes on the same store see the row within
//! `store.follow` ([`crate::store::Follower`]). Who cannot follow the feed for `token.max_staleness` believes nothing that it
//! remembers, and asks the store each time.
//!
//! # What a crash can take
//!
//! Nothing that was answered: an answer to a mint, a revocation or a change of a user leaves after the commit, and SQLite
//! runs with `synchronous=FULL`. Log lines of the last 50 ms may be lost; audit rows are not log lines, they commit together
//! with what they record.
