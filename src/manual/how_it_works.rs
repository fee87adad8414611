//! How the server works inside: keys, revocation, crashes, counts of uses, rights, and how the API describes itself.
//!
//! # What a forger needs
//!
//! The store holds no secret of a token. The secret is derived ([`crate::token::Keyring`]) from a root key, the token's identifier
//! and its owner. Root keys are in the store, sealed with a key-encryption key that is kept elsewhere. Somebody who has only the
//! database can neither make nor use a token.
//!
//! # When a change takes effect
//!
//! Each revocation and each change of a user writes a row to the change feed in the same transaction. The server that made the
//! change clears its cache before it answers. Other processes on the same store see the row within `store.follow`
//! ([`crate::store::Follower`]). A process that cannot follow the feed for `token.max_staleness` stops using its cache, and asks
//! the store each time.
//!
//! # What a crash can lose
//!
//! Nothing that was answered. The answer to a mint, a revocation or a change of a user is sent after the commit, and SQLite runs
//! with `synchronous=FULL`. Log lines of the last 50 ms may be lost. Audit rows are not log lines: they commit together with what
//! they record. A process that is killed loses the counts of uses since they were last written (`token.write_counts`, 1 minute), and
//! the last uses of tokens since `token.write_uses` (5 seconds).
//!
//! # Threads
//!
//! Each core that the process may use, up to 16, has one thread that serves. A connection stays on the thread that accepted it,
//! and all its requests are answered there: this takes a fifth less processor time for a verification than tasks that move
//! between threads. So one HTTP/2 connection uses one core, and a proxy that sends many requests opens several. Passwords are
//! hashed, and the store is read and written, on other threads.
//!
//! # What counts as a use
//!
//! Each verification with the result "good", if the subject exists and is not blocked. The token may come with a request, or in the
//! body of a request that asks about it. It does not matter what the bearer may do with it. Uses are counted by account and day, in
//! UTC, in the memory of each node. They are written every `token.write_counts` and when a server stops; `…/tokens/uses` returns the
//! sum of all nodes. Between two writes a node counts for 16,384 accounts on each of 16 threads. Further ones are not counted, and
//! the log says how many they were. A failed write is repeated, so a write whose answer was lost counts twice.
//!
//! # Whose rights a token carries
//!
//! A token has the rights of its subject, a user or a service, limited by its caveats. A request with a token can mint only tokens
//! that carry at least that token's own caveats. It can see, change and rotate only tokens that allow no more
//! ([`crate::caller::Authority`], [`crate::caveat::within`]). The list has no texts of tokens, so it also shows tokens that differ
//! only by a later end. Administrators have the same rule: their privileges say what they may do to others, and the caveats of the
//! token that they send say how much of it.
//!
//! Nobody gets a privilege through another account. To read the text of another account's token, to mint a token for it, or to set
//! its password, the caller needs every privilege that the account has. Nobody can grant a privilege that
//! they do not have. The operator can grant all, at the command line.
//!
//! Verification has one order ([`crate::token::TokenService::verify`]): size limits and strict parse, kind, look-up, signature,
//! revocation, caveats, and then whether the subject exists and is not blocked. A failure before the signature says only that the
//! token is not valid, because a stranger may have sent it. A failure after it names the caveat and the reason.
//!
//! # Revoking, deleting, ending a generation
//!
//! * A *revoked* token is refused, and stays in the list. Its owner can restore it (`PATCH` with `"revoked": false`), as in Onezone,
//!   but only with the password: a thief who has two tokens must not undo the revocation of the first with the second.
//! * A *deleted* token is refused for ever, and so is everything that was derived from it.
//! * *Temporary* tokens are not stored. They are good while their *generation* is the current one of their subject. All of them end
//!   together.
//! * A *rotated* token is revoked at the end of its overlap.
//!
//! The store keeps what minted a token (`mintedBy`): another token, or the temporary tokens of a generation. Confined copies of a token
//! count as that token. `mintedBy` is absent if a password was used, or if the row is older than that column. The tokens that a token
//! minted, in its own account or with `oz_tokens_manage` in another, and the tokens that these minted, are its *descendants*. They
//! stay good when it ends, as with Onezone. With `descendants` (a key of the body, a parameter of `DELETE`) they are revoked with it,
//! and the answer says how many were good. If there are temporary tokens among them, their whole generation ends, because the store
//! does not know them one by one. The walk ([`crate::store::revoke_descendants`]) takes 5,000 tokens in a transaction. It
//! is complete when it finds no further token, so a request that failed half-way can be sent again.
//!
//! # Where the API is described
//!
//! At `/openapi.json`, and as a page at `/docs`; [The API](super::api) has all paths in a table. Each operation's file has a function
//! `document` next to its handler, and the table of routes accepts no operation without one. The privilege and the name in `api`
//! caveats come from the operation's rule, schemas of answers from their types, and examples of errors from the code that writes
//! errors. `tests/data/openapi.json` is the last reviewed document; a test says how to renew it.
//!
//! # Imported tokens
//!
//! A client token of an older Onezone is verified with its own secret, which is kept sealed. The caveat that ends the token is in its
//! text, and not in the secret. If a token was imported without its text, the server verifies it and can revoke it, but never writes
//! its text: a text made from identifier and secret alone would have no end. [`crate::model::Token::caveats_are_known`] tells this to
//! all code that writes texts or mints similar tokens.
