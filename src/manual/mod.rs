//! Longer explanations, as rustdoc, so that links are checked. A server shows the same at `/manual`.
//!
//! [`users`], [`administrators`] and [`integrators`] tell how to do what one wants to do, by commands that are run as they stand
//! there by a test. The other pages tell how things are:
//! [`caveats`] lists what a token can be narrowed by, [`differences`] where we do otherwise than Onezone, [`keys`] how
//! keys are changed, [`audit`] what is recorded and what that proves, [`keeping`] how a store is backed up, restored, moved and
//! tidied, [`oauth`] how clients of OAuth and of the grid are understood, [`proxies`] how proxies ask for decisions, and stand in
//! front, [`shared_store`] how several nodes share a database, [`database`] how its address is written,
//! [`monitoring`] what is measured and when to call somebody,
//! [`console`] what the page for people keeps and trusts, [`clients`] which programs and libraries were tried, and how they fare.
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
//! with what they record. How often tokens were used since `token.write_counts` is lost with a process that is killed.
//!
//! # What counts as a use
//!
//! Each time that a token is found good and its subject is there and not blocked: whether it came with a request or in the body
//! of one that asks about it. What its bearer may do with it does not matter. Uses are counted by account and day, in UTC, in
//! the memory of each node, and written every `token.write_counts` and when a server stops; `…/tokens/uses` tells the sum of
//! all nodes. A node counts for 16,384 accounts on each of 16 threads until it has written; what comes beyond that is not
//! counted, and the log says how much it was. A write that fails is done again, so that an answer which was lost counts twice.
//!
//! # Whose rights a token carries
//!
//! A token speaks for its subject, a user or a service, and for as much as its caveats leave of it. Who calls with a token can
//! mint only tokens that carry at least that token's own caveats, and sees, changes and rotates only tokens that allow no more
//! ([`crate::token::Authority`], [`crate::caveat::within`]); the list, which has no texts, tells those too that only end later.
//! That holds for administrators too: their privileges say what they may do to others, the caveats of the token that they show
//! say how far.
//!
//! Nobody gets a privilege through somebody else. The text of another account's token, a new one, and its password are given only to
//! who has every privilege that the account has. No call of the API grants a privilege; the operator does, at the command line.
//!
//! Verification goes in one order ([`crate::token::TokenService::verify`]): bounds and strict parse, kind, look-up, signature,
//! revocation, caveats, and then whether the subject exists and is not blocked. What comes before the signature tells an
//! outsider nothing but that the token is not valid; what comes after it is told to the holder, with the caveat and the reason.
//!
//! # Revoking, deleting, ending a generation
//!
//! A *revoked* token is refused, stays listed, and its owner can restore it (`PATCH` with `"revoked": false`), as in Onezone, but
//! with the password only: a token that was stolen, too, is not to undo it. A *deleted* one is refused for ever, and nothing that was derived from it works. Temporary tokens stand in no store: they are
//! good while their *generation* is the subject's present one, and end all together. A *rotated* token is revoked from the end
//! of its overlap on.
//!
//! A token remembers what minted it (`mintedBy`): a token, whose narrowed copies count as the same one, or the temporary tokens of a
//! generation; nothing where a password was given, or the row is older than that column. What a token has minted, in its own account
//! or with `oz_tokens_manage` in another, and what that has minted, are its *descendants*. They stay good when it ends, as with
//! Onezone. With `descendants` (a key of the body, a parameter of `DELETE`) they are revoked with it, and the answer says how many
//! were good. Of a token that has made temporary tokens only that is known, so their whole generation ends. The walk
//! ([`crate::token::TokenService::revoke_descendants`]) takes 5,000 tokens in a transaction, and is complete when it finds nothing more: a
//! request that fails half-way can be sent again.
//!
//! # Where the API is described
//!
//! At `/openapi.json`, and as a page at `/docs`. Each operation's file has a function `document` beside its handler, and the
//! table of routes takes no operation without one. What can be known from elsewhere is not written there: the privilege and the
//! name in `api` caveats come from the operation's rule, schemas of answers from their types, examples of errors from the code
//! that writes errors. `tests/data/openapi.json` is the document as it was last looked at; a test says how to renew it.
//!
//! # What is known of a token that was taken over
//!
//! A client token of an older Onezone is verified with its own secret, which is kept sealed. The caveat that ends it stands in
//! its text, not with the secret: who takes it over without the text has a row from which no text may be made, and
//! [`crate::model::Token::caveats_are_known`] says so to whatever makes texts or other tokens like it.

pub mod administrators;
pub mod audit;
pub mod caveats;
pub mod clients;
pub mod console;
pub mod database;
pub mod differences;
pub mod integrators;
pub mod keeping;
pub mod keys;
pub mod monitoring;
pub mod oauth;
pub mod proxies;
pub mod shared_store;
pub mod users;
