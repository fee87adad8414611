//! What is recorded, how to verify it without us, and what that proves.
//!
//! # What is recorded
//!
//! A row for each mint (temporary tokens too), rename, revocation, restoration and deletion of a token, each change of a user,
//! of the keyring, and of the store as a whole ([`crate::store::AuditAction`] names them all). It is written in the
//! transaction of what it records: there is no one without the other. It holds when, what, who did it (none for the operator
//! at the command line, and for the server itself), which user and token it was done to, and sometimes a note: names with
//! values, parted by spaces. No row holds a secret, or a text that somebody typed to sign in.
//!
//! **How and from where.** A row of a request notes three more things, in this order:
//!
//! | in the note | what |
//! |---|---|
//! | `way=password`, `way=token` or `way=reset_link` | the way of signing in that the request used; `reset_link` where a password was set by a link. Who signs in with a token and confirms a change with the password has `way=token` |
//! | `request=1f2e3d4c-5a` | the id of the request: the answer's header `X-Request-Id` and the server's log show the same one |
//! | `network=192.0.2.0/24` | the network of the client: the /24 of an IPv4 address, the /56 of an IPv6 address |
//!
//! `network` is absent with `audit.addresses = false`, and where a trusted proxy does not say who the client is ([`super::proxies`]).
//! Rows of the command line and of the server itself have none of the three. A sign-in that succeeds has no row of its own: scripts
//! sign in with each request. Rows from before this version are as they were; the rule for hashes is the same.
//!
//! **A token's text that is shown to somebody else than its owner** (`GET /tokens/named/{id}`, `…/tokens/named/name/{name}`) is a row
//! `token.update` with the note `shown=text`, written before the answer. It has no action of its own, so that nodes of earlier
//! versions can read it.
//!
//! **Where tokens come from and names went.** A mint by a token notes `minted_by=` with that token's id, or with
//! `temporary:OWNER:GENERATION` (in `GET /audit` it is `mintedBy`); what is revoked with an ancestor notes `descendant_of=`, or
//! `descendant_of_tokens_of=` where all tokens of an account were revoked. A rename notes `name=` and `former_name=`, a removal the
//! latter; `zonemint audit tail` shows the name of that time. A row `user.names` of no user, with the note `compared=ignore-case`, says
//! that the case of user names is ignored from then on.
//!
//! **A store that was put back** under running nodes, by a failover that lost transactions or by a restore, is a row `store.restore`
//! with the note `noticed=`; it has no action of its own for the same reason. Each node writes what it has noticed:
//!
//! | note | what |
//! |---|---|
//! | `noticed=lost audit=12-15 changes=3-4` | acknowledged rows of this node's own chain that are gone, by their numbers (where the chain has grown past them meanwhile, the last one); what stands under them now was written since |
//! | `noticed=put_back chain=node-1 seq=7` | the change 7 of that chain had been read, and is gone or another one |
//! | `noticed=other_server was=… is=…` | another database server answers, or the same one on a new timeline: its identifier, and the timeline in hexadecimal. Nothing need be lost |
//!
//! **Passwords.** A row `user.password` with the note `reset_link=made` says that a reset link was made, and no password was changed;
//! with `reset_link=used`, that the password was set by the link, and nobody was signed in. A row `user.basic_auth` or `user.password`
//! with `must_change=true` or `must_change=false` says whether the user must change the password from then on.
//!
//! **Refused sign-ins** are written every `audit.refused_logins`, and when the server stops: a row for each account that was
//! refused since, `count=3 addresses=2 way=password request=… network=…`. `request` and `network`
//! name the first 8 requests and networks, with commas between. These are counted: wrong passwords (also of somebody who is signed in and
//! confirms a change with the password), right passwords of blocked accounts, refused reset links, and what was answered 429. An address
//! is an IPv4 address or an IPv6 /64; at most 32 of an account are told apart. Rows without a user:
//!
//! | note | what |
//! |---|---|
//! | `who=unknown` | names that nobody has, all together: such a name may be a password in the wrong field |
//! | `who=unknown`, `way=reset_link` | refused reset links, all together: wrong, used or ended ones. The row does not say whose link it was |
//! | `who=throttled` | answers 429 to sign-ins and to reset links: no password and no link was looked at, so whose name was given says nothing |
//! | `who=others` | accounts beyond the first 10,000 of this interval |
//!
//! Answers 503 are not counted: nobody was refused. A crash takes the refusals of its last interval.
//!
//! # Reading it over HTTP
//!
//! `GET /api/v3/onezone/audit`, for who has the privilege `zm_audit_view`, answers the newest rows of all chains, merged by
//! their times, each as `zonemint audit export` writes it. Where clocks differ, so does the order between chains. `limit` is up
//! to 500. `next` is the `cursor` of the page that follows, on which nothing is that came later; it is null when there is none.
//! Rows that cannot be read are counted in `unreadable`. Filters may be combined:
//!
//! | parameter | keeps |
//! |---|---|
//! | `user` | what the account of this id did, and what was done to it |
//! | `name` | the same for the account that has this user name now; and rows whose note says that an account had or got the name |
//! | `kind` | one action, as in `token.mint` |
//! | `from`, `until` | rows from one second on and before another one, in Unix seconds. Only rows of that time are read: where a clock was set back by more than a minute, some may be missing |
//! | `network` | requests from a network that holds this address or network, or lies in it |
//! | `request` | the request of this id |
//!
//! A filter looks at 2,000 rows a page: then there may be few of them or none, and `next` all the same. With `from` and `until` a
//! search in a large trail needs fewer pages. Rows have the keys `mintedBy`, `way`, `request` and `network`, where their notes say so.
//!
//! `GET /api/v3/onezone/tokens/named/{id}/history` answers the rows about one token, for its owner and for who has
//! `oz_tokens_manage`. It ends where the token was made. `way`, `request` and `network` are shown for
//! your own requests, but not to a token with limits other than time. For requests of others you need `zm_audit_view`.
//!
//! # Personal data
//!
//! | what | where | how long |
//! |---|---|---|
//! | ids of accounts: who did what to whom | audit rows | until they are archived; then in the archive |
//! | user names, present and former ones | notes of rows that add, rename or remove an account | likewise |
//! | the network of a client, not its address | notes of rows of requests and of refused sign-ins; with `audit.addresses = false` none is written | likewise |
//! | when, from which network and at which service a token was last used | the token ([`super::users`]); with `token.keep_last_use = false` only the day | until the next use, or until the token has expired and leaves the store |
//! | how often an account's tokens were used on a day | the store | 90 days |
//! | hashes of addresses at which an account signed in | the store | 90 days |
//! | whole addresses | the server's log (`log.requests`) | as long as you keep the log |
//!
//! Rows cannot be changed: each holds the hash of the one before. To remove personal data, archive the rows (below), and delete
//! the archive when your rules say so.
//!
//! # How rows are chained
//!
//! Each node writes a chain of its own, named after it (`store.node`); commands on a shared store write the chain `operator`;
//! the embedded store has one chain, without a name. Rows of a chain are numbered from 1. A row's hash is SHA-256 of these
//! bytes, numbers with the highest byte first:
//!
//! | bytes | what |
//! |---|---|
//! | 32 | the hash of the row before. For the first row: zeros in the chain without a name, and in others SHA-256 of `zonemint audit chain 1` and the chain's name, with nothing between |
//! | 8 | the row's number |
//! | 8 | when, in milliseconds since 1970 |
//! | 1, and so many | the length of the action's name, and the name, as in `token.mint` |
//! | 1, 16 or 18 | who did it: 1 and the user's identifier of 16 bytes; or 2 and one of 18 bytes; or 0 and 16 zeros |
//! | 1, 16 or 18 | whom it was done to, likewise |
//! | 1 or 2, 32 | the token: 1 and an identifier of 32 bytes; or 2, the length, and a shorter identifier, filled up with zeros; or 0 and zeros |
//! | 4, and so many | the length of the note in bytes, and the note in UTF-8. Nothing at all when there is none |
//!
//! `zonemint audit export` writes each row as a line of JSON, with the hash that it follows: `chain`, `seq`, `time` and `atMs`
//! (the same moment), `action`, `actor`, `user`, `token`, `note`, `previous`, `hash`. Identifiers of users are 32 hexadecimal
//! digits; some that were taken over from Onezone have `ch` and four more after them. Those of tokens are 43 characters of base64url, or hexadecimal digits, 32 or, with `ch` after the 32nd, 36.
//!
//! # What is found
//!
//! `zonemint audit verify` checks each row of each chain, the store's own note of where each chain ends, and what rows say of
//! other chains. It names every row that was changed, removed, inserted or moved, and goes on ([`crate::audit::Fault`]). It
//! reads everything twice, beside a running server, up to where the chains ended when it began.
//!
//! A chain does not show where it ended: somebody who can write to the database can remove its last rows, or replace them by rows
//! with valid hashes. Three things show it:
//!
//! * **Checkpoints.** Every `audit.checkpoint`, and when it stops, a node writes into its own chain where all others end, if
//!   they have moved (a row that is only a checkpoint does not count): `heads=node-2:17:<hash>,node-3:42:<hash>`. Who cuts
//!   one chain must also cut all that have noted its end since, each back to before that note.
//! * **The log.** At the same moments a node logs where its own chain ends (`audit.chain`, `audit.seq`, `audit.hash`). A log
//!   that is shipped elsewhere is out of reach of who can write to the database.
//! * **You.** When all is good, `audit verify` prints the ends of all chains. Keep them elsewhere, and give them to
//!   `--expect` the next time, as many as you like.
//!
//! # What it does not prove
//!
//! * Rows that were appended by somebody with access to the database, with right hashes, are rows. The chain proves what did
//!   not change since it was noted, not who wrote it.
//! * Whoever puts all chains back to one earlier state, as a restored backup does, leaves nothing in the store that tells. The
//!   log and `--expect` do.
//! * What happened after the last checkpoint, and the last line in the log, can be cut off unseen.
//! * Only one row is certain where two neighbours disagree: a row may have been changed, or the row before it together with
//!   its hash. The finding says so.
//! * The first row after rows that are missing, or cannot be read, has nothing to be checked against.
//!
//! # Archiving
//!
//! `zonemint audit archive --before 90d FILE` writes the rows of each chain up to some row S to a new file, in the form of an
//! export, and makes it durable. Then it appends a row to its own chain, `through=<chain>:<S>:<hash> previous=<hash>`, and then
//! removes the rows before S in small steps. S itself stays: it is in the store and in the file. What `previous` says lets it be
//! checked without the row before.
//!
//! Verification of what is left accepts a first row other than 1 only when an archive row, in the same chain or one that
//! commands write (`operator`, or the one without a name), names a row S at or after it, and S has that hash. So an archive that
//! was interrupted verifies at every step. The rows that it left behind are taken along by the next one.
//!
//! An archive row accounts for the rows; the file *is* the rows. Whoever can write to the database can write such a row as
//! well, so keep the files, and verify them with the store now and then:
//!
//! ```text
//! zonemint audit verify --with-store 2025.jsonl 2026.jsonl
//! ```
//!
//! They have to join: a row that is in none of them is missing, and one that is in two must be the same. Where the files go on past
//! the store, the store was put back to an earlier moment, and what was revoked since is good again: `zonemint store replay`
//! ([Several nodes](super::shared_store)), or `zonemint store restore` for an embedded one. Without `--with-store`
//! the files are verified for themselves, on any machine. `--expect` works with both.
//!
//! The code is [`crate::audit`]. Rows are made in [`crate::store::AuditEntry::chained`].
