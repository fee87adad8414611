//! Several nodes on one database: how it fits together, how large it must be, what to watch, and what to do when.
//!
//! One node with its embedded store serves most services. A shared store is for when one machine is not enough: not fast
//! enough, or not allowed to fail. Then any number of nodes, all alike, share a PostgreSQL database (`store.url`; the engine is
//! [`crate::store::postgres`]; [The database's address](super::database) tells how its address is written). `config/postgres.toml` is a file of settings to start from; `config/docker` and `config/helm`
//! put three nodes behind a balancer.
//!
//! # Topology
//!
//! ```text
//!                       ┌── node1 ──┐
//! clients ── balancer ──┼── node2 ──┼── primary ──┬── standby
//!                       └── node3 ──┘             └── standby
//! ```
//!
//! * **Nodes keep nothing.** What a node has of its own is memory that it can lose, and a name (`store.node`). The name is
//!   that of its chain (below), so no two nodes have the same one. If two have, by mistake, they wait for one another at each
//!   commit; nothing breaks, and `zonemint doctor` says so: all connections of a process are called `zonemint NODE/PROCESS` at the
//!   server (`application_name`), where PROCESS is chosen at each start. Commands (`zonemint user`, `zonemint key` and so on) write the chain `operator`.
//! * **The balancer** passes TLS through and tells by the PROXY protocol where a connection comes from
//!   (`server.proxy_protocol_from`), or ends TLS itself and says it in a header (`http.trusted_proxies`). It asks `/readyz`
//!   and sends nothing to a node that is not ready. When none is, it sends to any that lives: that one answers 503 with
//!   `Retry-After` itself. `config/docker/haproxy.cfg` does all this.
//! * **All nodes have** the same certificate ([one of them](super::administrators) may order it), the same key-encryption key,
//!   and clocks that agree to well within a second. Clocks decide about the ends of tokens, not about what is revoked, and not
//!   about root keys: these have [an order](super::keys).
//! * **A wrong clock** is compared with the database's at each look at the feed. From 3 s on the log (WARN), `/readyz` (`detail`)
//!   and `zonemint_clock_skew_seconds` tell it. Beyond `store.max_clock_skew` (30 s) mints are answered with 503 and that reason,
//!   `/readyz` is 503, and the log has an ERROR, until the clocks agree: that ends by itself once the clock is set right. If one node says so, its clock is wrong; if all do, it is
//!   the database's. `max_clock_skew = "0s"` turns the refusal off.
//! * **Throttling is each node's own,** but which addresses an account has signed in from is in the store. Who spreads guesses over N nodes has N times `login.address_burst` free, and N turns
//!   on each account. A balancer that chooses by the client's address takes that away.
//!
//! # Chains: why no node waits, and nothing is skipped
//!
//! Each node writes audit rows and changes into a chain of its own ([`crate::store::Chain`]). The table `heads` has a row per
//! chain, which says where it ends. A node's transaction first locks its own row there, and moves it on at its end. From that
//! follows everything else:
//!
//! * Nodes lock different rows, so none waits for another.
//! * The rows of one chain are numbered without gaps, in the order of their commits. What can be read of a chain is always
//!   its whole beginning.
//! * **A late commit cannot be skipped.** With one numbering for all, a reader that has seen number 8 would never look at a
//!   number 7 that is committed after it. Here a reader keeps a position in each chain ([`crate::store::Position`]). A
//!   transaction that is still open holds up nothing but its own chain, and of that chain nobody can have seen anything
//!   later.
//!
//! **The change feed.** Every `store.follow` a node reads `heads`, and of the chains that have moved the new rows of
//! `changes` ([`crate::store::Follower`]). It drops what it remembered of them, and reads the keyring anew when that was
//! changed. NOTIFY, which goes out with the commit, makes it look at once. That is a hint and no more: hints get lost with a
//! connection, some databases have none, and a pooler with transaction pooling swallows them.
//!
//! **A database that was put back** holds fewer changes than a node has read, or others under the same numbers, because it failed
//! over to a standby that lagged or was restored from a backup. So a position is the number *and the hash* of the last change
//! read: each change's hash covers the change and the hash before it ([`crate::store::Change::chained`]), and `heads` holds the
//! hash at the end of each chain. At each look a node compares. It forgets everything that it remembers, and reads the keyring
//! anew, when
//!
//! * its position is not in the feed any more: the chain was put back, and may have grown again;
//! * another server answers, or a new timeline has begun. PostgreSQL tells that to whoever may call `pg_control_system()`;
//!   nothing depends on it;
//! * the connection on which it follows the feed is a new one: it may have read something on the old server of which the feed
//!   had not told yet. The connections that read are made anew, too, and those that write when the server is known to be
//!   another;
//! * it meets a gap because changes were purged (`store.keep_changes`), or changes without hashes after some that have one.
//!
//! What is remembered of passwords goes with the rest, so after a lost connection each user who comes with one is hashed once more.
//!
//! Of the first two it says so in the log (WARN), at `/readyz` (`detail`, still 200), and in the audit trail: a row
//! `store.restore` with the note `noticed=`. The metric `zonemint_feed_forgotten_total` counts all of them. A node that finds its
//! own acknowledged writes gone names them by number, in the log and in a row of that kind with its next write, and counts them in
//! `zonemint_store_lost_rows_total`; of a chain that has grown past them, by another process of that name, it names the last. A
//! node that ended meanwhile names nothing: its rows show only in what was exported, and in
//! checkpoints of other chains.
//!
//! Nodes of the version before write no hashes. Of their chains a position is the number alone, so beside them only the new
//! connection, which each failover brings, shows that something may be lost.
//!
//! Nodes of the version before refuse tokens of more than 100 caveats, and caveats of more than 4,096 bytes. While there are such
//! nodes, set `token.max_caveats = 100` and `token.max_caveat = 4096` on the others, if anybody needs longer tokens.
//!
//! **Audit.** Each row's hash covers the row and the hash before it ([`crate::store::AuditRow::chained`]); the first row of a
//! chain follows a hash of the chain's name. A changed, removed or moved row shows. The end of a chain that was cut off would
//! not, so each node writes the ends of all other chains into its own now and then (`audit.checkpoint`): who cuts one chain
//! must also cut all that have noted its end since, each back to before that note.
//!
//! # When a revocation is felt
//!
//! A mint that is under way holds what entitles it until it is committed, and a revocation waits for it, most for some
//! milliseconds. Mints of one account that follow each other without a gap on another node could put it off for ever: after 250 ms
//! the node writes the account into the table `changing`, and all nodes answer its mints with 503 and `Retry-After` until the
//! change is committed.
//!
//! The node that revokes has forgotten the token before it answers. Every other node has after at most one interval and two
//! looks at the feed, one that was just under way and one that sees the change:
//!
//! `store.follow` + 2 looks = 250 ms + 2 · (1 or 2 round trips): below 300 ms while a round trip takes less than 10 ms.
//!
//! Blocks, passwords and keys are felt likewise. That is the rule; **the bound that holds whatever happens to nodes and
//! network is `token.max_staleness`**, 5 s, as long as there is one primary (see Failure). A node counts from the start of
//! its last successful look ([`crate::store::Freshness`]); past the bound it believes nothing that it remembers, asks the
//! database each time, refuses with 503 when that does not answer, and says so at `/readyz`. With the next look that succeeds
//! it is well again; it looks on a connection of its own, because all others are busy then. Set it to `1s` for a hard bound
//! of one second; it must be at least twice `store.follow`. The clock behind it is the time since the node's start, which
//! nobody sets.
//!
//! A new root key is used for minting one second after it was made, so that every node knows it by then. A node that has not
//! heard of it when it is shown a stored token of that key reads the keyring at once.
//!
//! # What an operation costs
//!
//! Round trips to the database and rows, for operations that stand alone. A statement that a connection meets for the first
//! time costs one more.
//!
//! | operation | round trips | rows |
//! |---|---|---|
//! | mint, n of them in a batch | 2 for all n | n tokens, n audit rows, 1 head |
//! | temporary token | 2, shared likewise | its user read, 1 audit row, 1 head |
//! | verify, token and user remembered | 0 | none |
//! | verify, not remembered | 1 for the token, 1 for its user | 1 read each |
//! | sign in, not remembered | 1 | 1 user read |
//! | revoke one | 4 | 1 token, 1 audit row, 1 change, 1 head |
//! | delete one | 3 | the same |
//! | look at the feed, nothing new | 1, and 1 more on a new connection | all heads read: one for each node, and `operator` |
//! | look at the feed, news | 2 | and the new changes |
//!
//! A node commits one transaction after another. What is asked for while one is under way goes into the next, up to 1,024 at
//! once. It has two connections for that: the tokens of one batch are stored (a round trip r) while the batch before is
//! committed (a round trip, and the time c of the disk's flush, and that of the standby and the way there). Alone, a batch of
//! mints takes 2 r + c and what its statements take; one after the other they take r + c each. A mint waits for the rest of
//! the batches that are under way, and for its own: at most 2 · (2 r + c). With r = 0.5 ms and c = 2 ms that are 6 ms, and
//! 1 / 2.5 ms = 400 batches a second: full ones would be 409,600 mints a second, so it is the statements, or the processors of
//! the database, that limit minting, not the waiting. In another region, with r = 40 ms, it is 42 ms a batch and 23 batches a
//! second: put the nodes where the primary is. Batches that hold anything but mints do not overlap.
//!
//! # Sizing
//!
//! **Disk.** Bytes per row with all its indexes, in tables that were filled with made-up rows; take them for estimates, good
//! to a third:
//!
//! | | bytes | lives |
//! |---|---|---|
//! | user | 400 | for good; a removed one stays as an empty row |
//! | client token | 350 | until its end, and `store.keep_expired` (30 d) |
//! | audit row | 210 | until it is archived |
//! | change | 125 | `store.keep_changes` (7 d) |
//! | address at which an account signed in, at most eight | 120 | 90 days from the last time |
//! | name that an account had before | 100 | for good |
//!
//! A mint stores 350 + 210 = 560 bytes and writes about 750 bytes of WAL, more after each checkpoint. Names and metadata of
//! named tokens come on top, and two more index entries. A temporary token leaves only its audit row. So a million users with
//! ten tokens each are 1 M · 400 B + 10 M · 350 B = 3.9 GB, and 10 M · 210 B = 2.1 GB of audit rows until they are archived.
//!
//! **Memory of the database.** What must stay in memory for steady minting are the ends of indexes: 16 of the tokens' key,
//! and the whole of the index by owner (about 100 bytes a token), which is hit at random.
//!
//! **Connections.** (`store.pool` + 4) for each node: 12 as it comes. Three nodes take 36, seven take 84; PostgreSQL's
//! `max_connections` of 100 keeps 3 for itself and needs some for commands. Beyond that raise it, or put the pool down. A
//! read that finds no free connection within `store.connect_timeout` is answered 503. The pool is large enough when reads a
//! second times their duration stay below it: 8 connections and 1 ms a read are 8,000 reads a second.
//!
//! **Looks at the feed.** N nodes look N / `store.follow` times a second and read N + 1 rows each: 3 nodes 12 times and 48
//! rows, 50 nodes 200 times and 10,200 rows a second. With hints, each commit that holds a change makes each node look once
//! more. Mints are no changes.
//!
//! **Processors of a node.** Passwords are what costs: argon2id with the default cost needs 19 MiB and some 20 ms of a core
//! (measure yours), so about 50 first sign-ins a second and core. A password that was verified is remembered for
//! `login.remember`, and a token costs a few hashes only. Nodes for sign-ins = sign-ins a second · 20 ms / cores of a node.
//!
//! **Memory of a node.** `token.cache_entries` · 256 bytes and what is remembered of sign-ins, 54 MiB as it comes, 19 MiB for each
//! hashing thread, and `http.body_memory`, 32 MiB, for the bodies of requests under way.
//! Remembering pays while the tokens in use between two changes fit.
//!
//! # What to monitor
//!
//! * `/readyz` of **each node**, not through the balancer: 503 tells that the store does not answer, that nothing could be stored, or
//!   that the feed is not followed.
//! * Answers 503 in the nodes' logs, and "the change feed cannot be followed", "a transaction is tried again", "a transaction
//!   failed", "whether a transaction was committed could not be found out in time".
//! * In the database: the lag of each standby (`pg_stat_replication`) and that one of them is synchronous; connections
//!   against `max_connections`; free disk; transactions that are open for minutes (`pg_stat_activity`). These keep dead
//!   versions of the rows in `heads`, of which each batch makes one, and looks at the feed slow down. `pg_dump` is such a
//!   transaction.
//! * `zonemint doctor`, daily: of each host in `store.url` it tells whether it can be used, whether a second one accepts writes,
//!   whether they are copies of one another, and whether the primary waits for a standby. Who may see the states of standbys
//!   (`pg_read_all_stats`) is told more. It also names the nodes whose clocks are ahead.
//! * The table `heads`: a row for each node that ever wrote. A name that you do not know is a node that you do not know.
//! * `zonemint audit verify`, daily, against the archive; `zonemint store check`, weekly, and after each restore.
//! * The age of the newest backup, and that it could be restored.
//!
//! # Failure
//!
//! | what fails | what happens |
//! |---|---|
//! | a node | the balancer passes it over. What it had not answered may have been stored or not; what it had answered is |
//! | the primary | writes wait, then 503, until a standby is promoted; remembered tokens are verified for `token.max_staleness` |
//! | a node's way to the database | the same, for this node, and it says so at `/readyz` |
//! | the pool, the queue of writes | 503 with `Retry-After`, at once or after a bounded wait |
//! | the disk of the database | what cannot be written is refused with 503, nothing of it is kept; what is there is read. `/readyz` is 503 |
//! | the database only reads: a standby, a demoted primary, a role without rights | the same |
//!
//! **Failover.** Name all servers in `store.url`, each by a name of its own: at each new connection they are tried in that order
//! until one accepts writes, the next one when one has failed or has said nothing for 250 ms, all within
//! `store.connect_timeout`. So a primary that hangs keeps nobody from the one that was promoted. Where none can be used, the error
//! tells what each of them says. One name with several addresses is tried address by address, and needs
//! `target_session_attrs=read-write`. A connection to a primary that was demoted is given up at the first write that it refuses. Promoting a standby is not this program's business: Patroni, repmgr or the database's
//! operator in Kubernetes do it. They must stop the old primary before (fencing): one that goes on answering reads while
//! another takes writes shows a feed in which nothing happens, and the nodes that still read there count themselves fresh.
//!
//! **Split brain.** When `zonemint doctor` names two hosts that accept writes, stop the old primary at once. Look for what only it
//! had: export the audit rows of both (`zonemint audit export`) before it is made a standby (`pg_rewind`), and do its revocations
//! again.
//!
//! **A commit whose answer was lost** is neither reported as done nor done twice. The node connects again, locks its row in
//! `heads`, which waits for the old transaction if that still lives, and looks whether the audit row that it wrote is there,
//! by number and hash. If so, the answers stand; if not, the batch is run again. What cannot be found out in time is answered
//! 503: then a mint may have left a token that nobody has the text of, and a revocation may be in force.
//!
//! **Synchronous replication** decides what a failover takes. With it (`synchronous_commit = on`, and names in
//! `synchronous_standby_names`) nothing that was answered is lost. Without it the last moments are: tokens that were handed
//! out are unknown, which is safe; **revocations are undone, which is not**. A node that goes on running names the numbers of its
//! audit rows that are gone, so what was exported or logged of them tells what to revoke again. What the new primary acknowledges
//! is felt by all nodes within the usual bound. With one synchronous standby, its loss stops all writes; so have two, and
//! `ANY 1 (one, two)`. Promote the one that has more.
//!
//! # Upgrades
//!
//! The node that starts first brings the tables up to date; others that start at the same time wait. A step only adds what
//! programs of the version before can do without, and a program works with tables that are one step newer than its own. So:
//!
//! 1. back up;
//! 2. upgrade node by node, and wait for `/readyz` each time;
//! 3. go on to the next version only when all nodes are on this one.
//!
//! Privileges are kept by name, and a version that does not know a name cannot read a user who has it. So grant new ones when
//! step 3 is allowed, and take them away before going back. No upgrade grants any: administrators from before there were those for
//! services, keys and the audit trail get them by `zonemint user grant NAME --all`.
//!
//! Nodes of two versions side by side are good for days; what a new version promises beyond the old one (its release notes say
//! what) holds once no old node is left, for an old node does not know that it is to be kept. A program that is two steps behind refuses to start, and says which
//! version the tables are at. Going back one version is putting the old program back; the tables stay.
//!
//! What this version adds and the version before does not know:
//!
//! * `zm_users_manage_privileges`: grant it when all nodes are on this version, and wait till then with `user grant NAME --all`, too.
//!   Nodes of the version before cannot read an account that has it: they answer 500 to its owner, and to lists of users. A store made
//!   by this version has such an account: its first administrator;
//! * "must change the password": nodes of the version before let such a user sign in by password as before, and a new password that is
//!   set through one of them does not clear the mark;
//! * reset links: a new password, a block or a change of privileges that is made through a node of the version before does not end a
//!   link. It ends after its hour. While such nodes run, make a newer link to end one, or set the password through a new node.
//!
//! # Keys on several nodes
//!
//! **The key-encryption key** is the same on every node, in `keys.file`, a systemd credential or the environment. A shared
//! store never makes one: nodes that each made their own could not read each other's root keys. `zonemint key generate`
//! prints one. Keep a copy apart from the database's backups. Tokens can be verified only with both.
//!
//! To change it:
//!
//! 1. put the new key on a line *before* the old one in the file of every node: the first seals, each opens. A node reads the
//!    file again when the keyring changes, so nothing happens yet, and nothing stops. Let no root key be rotated and no token
//!    be imported meanwhile.
//! 2. when every node has the file, run `zonemint key rewrap` on one of them.
//! 3. take the old line away when there are no backups from before any more: these are sealed by it.
//!
//! **Root keys** are in the database, and there for all nodes at once: `zonemint key rotate` and `zonemint key retire` on any
//! node are felt by all. Retiring ends all tokens of a key, everywhere and for good.
//!
//! # Backup and restore
//!
//! Use the database's own tools. A base backup with archived WAL gives any moment since; `pg_dump` gives a consistent picture
//! of one moment while nodes write. Neither needs this program. Back up the key-encryption key elsewhere, once, and export the
//! audit trail every few minutes to another machine (`zonemint audit export`): what it does not hold cannot be done again.
//!
//! ```sh
//! pg_dump --format=custom --file=zonemint.dump zonemint
//! ```
//!
//! **A database that was put back to an earlier moment has forgotten the revocations since.** `zonemint store check` finds
//! nothing wrong with it: it is in order, and old. So a restore takes these steps:
//!
//! 1. Stop all nodes, and let no command run. Nodes that write meanwhile make another trail than the one that is to be replayed.
//! 2. Export the rest of the trail, if the old database can be read. If not, take what was exported since the backup, and what was
//!    archived since.
//! 3. Restore the backup into an empty database, and put its address into the settings (`store.url`).
//! 4. Replay the trail. Read what the command prints: whose password, sign-in or privileges are gone, which root keys are lost.
//! 5. Check the store.
//! 6. Verify that the store has all of the trail: `--with-store` tells when the files go on past the store, and exits 1.
//! 7. Start the nodes. Give passwords and privileges again.
//!
//! ```sh
//! zonemint audit export trail.jsonl
//! createdb zonemint_restored
//! pg_restore --dbname=zonemint_restored zonemint.dump
//! export ZONEMINT_STORE__URL=postgres://zonemint@db.example.org/zonemint_restored
//! zonemint store replay --audit trail.jsonl
//! zonemint store check
//! zonemint audit verify --with-store trail.jsonl
//! ```
//!
//! `zonemint store replay` ([`crate::store::replay`]) does what `zonemint store restore` does for an embedded store; what the
//! [page about keeping a store](super::keeping) says of a trail holds here, too. In addition:
//!
//! * **Each chain is replayed by itself.** The trail must go on from the end of each chain that the backup holds, and from row 1
//!   in chains that are newer than the backup. The error names the chain, and the row that a file must contain.
//! * **Between chains there is no order,** because clocks of nodes differ. A revocation or a block is taken back only by a later
//!   row of the same chain; what one node revoked and another made good again stays refused, and is counted.
//! * **Root keys newer than the backup are lost,** and named. Their tokens are refused: stored ones, because they are unknown, too,
//!   and temporary ones for good.
//! * **It may be cut off at any moment.** First it takes away, then it stores the rows of the trail. Until both are done no server
//!   and no command opens the store. Run the same command again: it goes on, and names everything that is gone or lost. With
//!   other files it takes away all of it again, and may take away more than needed.
//! * **It is done once for a backup.** Another trail needs the backup restored again.
//! * It refuses to begin while others are connected to the database as `zonemint …`.
//!
//! When the trail is lost too, run `zonemint key rotate` and retire the keys before it: this ends all tokens, the revoked ones
//! among them. Look after blocks, passwords and privileges yourself then. Tokens minted since that moment are unknown, and refused.
//! Nodes that kept running notice that the chains were put back and forget what they remember; still stop them, because they
//! write.
//!
//! # Moving from one machine to a shared store, and back
//!
//! `zonemint store copy --from sqlite:DIR --to postgres://…` copies users, tokens, keys and audit rows, and may be stopped
//! and run again. Stop the old server first: a source that changes is noticed, and its copy is not finished. At the end counts
//! and checksums of both sides are compared. Tokens stay valid, because what they are made with is copied: give the nodes the
//! key-encryption key of the old store. Then start the nodes, and send clients there. The other way round is the same.
//!
//! # What was measured
//!
//! On two cores that nodes, database, load and more shared; only the ratios mean something (`tests/bench`, `tests/cluster`).
//!
//! | | |
//! |---|---|
//! | durable mints through the store, 256 callers, beside `pgbench` with the bare insert of the same rows by one connection | 0.81 to 1.41 |
//! | the same beside the bare insert of the token rows alone | 0.52 to 0.81 |
//! | the same beside the embedded store | 0.41 to 0.55 |
//! | verification, two nodes beside one | 1.00 to 1.02: one node already uses what the database and the load leave of the cores |
//! | 10,000,000 tokens beside 10,000, PostgreSQL: mint, verify from the store, revoke | 0.98, 0.47, 1.11 |
//! | the same, embedded | 0.51, 1.37, 1.21 |
//!
//! What an operation costs at 10,000 to 10,000,000 tokens, beside 10,000: the embedded store first, PostgreSQL below. At 100,000
//! the machine was busy with something else; what is beyond the frame is drawn at its edge. A page of the embedded store costs
//! more from 100,000 tokens on, when the rows of one user no longer lie in the same pages of its cache, and then no more.
//!
#![doc = include_str!("growth-embedded.svg")]
#![doc = include_str!("growth-postgresql.svg")]
//!
//! Three nodes on a primary with a synchronous standby under load, one fault after the other, on a virtual machine with two cores
//! and 24 GiB (Debian 12, PostgreSQL 15) that nodes, servers, HAProxy and clients shared. `store.connect_timeout` was 1 s,
//! `store.statement_timeout` 2 s, `token.max_staleness` 1 s. Acknowledged are mints and revocations; the acceptance is the longest
//! time from an acknowledged revocation to the start of a request that found the token good; waits are the longest ones for an
//! answer of a node itself. 52,489 operations:
//!
//! | fault | operations | acknowledged | lost | acceptance, s | mint, s | verify, s | revoke, s |
//! |---|---|---|---|---|---|---|---|
//! | none | 3,931 | 394 | 0 | 0.02 | 0.42 | 0.09 | 0.51 |
//! | a node killed, and started again | 6,699 | 636 | 0 | 0.01 | 0.33 | 0.26 | 0.28 |
//! | all sessions ended by the database | 3,448 | 306 | 0 | 0.03 | 0.67 | 0.32 | 0.77 |
//! | all connections cut for a second | 3,312 | 270 | 0 | 0.95 | 1.41 | 0.25 | 1.34 |
//! | 100 ms each way for one node | 3,174 | 313 | 0 | 0.41 | 2.03 | 2.25 | 1.43 |
//! | one node cut off without a word | 2,505 | 314 | 0 | 0.01 | 3.00 | 2.02 | 0.72 |
//! | tokens locked for 4 s, pools exhausted | 2,334 | 205 | 0 | 0.02 | 3.00 | 2.25 | 2.83 |
//! | no room for more tokens for 3 s | 6,033 | 471 | 0 | 0.03 | 0.28 | 0.09 | 0.27 |
//! | the synchronous standby away for 6 s | 6,572 | 259 | 0 | 0.02 | 3.00 | 0.07 | 3.00 |
//! | the primary silent, the standby promoted | 4,338 | 299 | 0 | 0.23 | 3.00 | 2.02 | 2.44 |
//! | the primary killed, the standby promoted | 3,505 | 341 | 0 | 0.80 | 1.61 | 0.55 | 1.35 |
//!
//! All was well again 0.3 to 3.8 s after a fault's end. A verification that reads a token and its owner has one limit for both,
//! `statement_timeout`.
//!
//! Failovers to a standby that lagged by 50 or 200 ms lost revocations that had been acknowledged before. Of those that were
//! acknowledged afterwards none was accepted later than the bound: 50 failovers, 3,655 revocations. The version before
//! accepted one of 277 in four failovers.
//!
//! # Through a pooler
//!
//! A pooler such as PgBouncer may stand between the nodes and the database. No startup parameter is needed: a node sets its limits
//! after connecting, and reads them back. At the start it finds out whether the pooler gives each transaction another process of the
//! server; `zonemint doctor` tells, too (database connections).
//!
//! | PgBouncer's `pool_mode` | what a node does |
//! |---|---|
//! | `session` | the same as without a pooler. `default_pool_size` must let in all connections of all nodes: `store.pool` + 4 for each |
//! | `transaction` | statements have no names and are planned each time, limits are set in each transaction, and there are no hints: changes of others are seen at the next look (`store.follow`). At least two transactions at the same time. Set no `statement_timeout` for the role that is shorter than `store.statement_timeout` |
//! | `statement` | refused, because there are no transactions |
//!
//! With transaction pooling nothing tells a node that the pooler leads to another server. So each read also asks which server answers;
//! one that is not the server of the change feed is not believed until the feed was read from it. The role must be allowed to call
//! `pg_control_system()` and `pg_current_wal_lsn()` (it is, unless somebody revoked that); otherwise the start is refused.
//!
//! Restart the nodes when the pooler is set from session to transaction pooling. Running nodes notice it with the next look at the
//! feed, or by a statement that fails, and make all connections anew; until then statements of one node may meet what another one
//! has prepared. Session pooling is faster (statements stay prepared), and it passes hints on: use it where connections suffice.
//! The contract suite runs through PgBouncer 1.18 with transaction pooling, and tests of their own cover session pooling.
//!
//! A pooler must lead to the primary alone. A connection to a standby is refused, because a token may be revoked of which the standby does
//! not know yet. For pgpool that means `load_balance_mode = off`.
//!
//! # Databases that are like PostgreSQL
//!
//! The contract suite runs on PostgreSQL. The schema and the statements avoid what the others refuse: there are no sequences,
//! triggers, advisory locks or foreign keys, and a transaction may be serializable. None of these
//! databases was at hand, so what is said of them was not tried; run the suite on yours before you rely on it. Tables are made only where they are missing, so you may make
//! them beforehand with whatever distribution you like, if columns and keys are the same.
//!
//! | table | key | grows at | spreads by |
//! |---|---|---|---|
//! | `users` | `id`, random; unique name, unique folded name | random places | identifier; names by their own index |
//! | `tokens` | `shard`, `id`; unique owner and name; index by owner | 16 places, one for each `shard` (last byte of the identifier, modulo 16) | shard; the indexes by owner |
//! | `audit` | `chain`, `seq` | the end of each node's chain | chain |
//! | `changes` | `chain`, `seq` | the end of each node's chain | chain |
//! | `uses` | `owner`, `day`, `chain`; index by day | random places; its index at today | owner |
//! | `heads` | `chain` | does not; a row is rewritten by each batch of its node | chain, but tiny |
//! | `root_keys`, `marks`, `schema_version` | its name or id | hardly ever | not needed |
//!
//! * **CockroachDB** keeps rows in the order of their keys and splits them into ranges. Identifiers begin with the time, so
//!   without `shard` all mints would go to the last range; with it they go to 16. Each node's audit rows have an end of their
//!   own. All of `heads` is one range: one leaseholder serves the locks of all nodes. A batch writes to several ranges, so it
//!   costs a round of agreement between replicas instead of one local flush. There are no hints; the feed is looked at every
//!   `store.follow`. Transactions that are told to start anew are run again.
//! * **YugabyteDB** hashes the first column of a key and orders by the rest: `tokens` lie in at most 16 places, `audit` and
//!   `changes` in one for each chain, each ordered as the statements ask for. Walks through all of `tokens` (purging, `store
//!   check`, `store copy`) want the order of `shard`, too: make that table beforehand with `PRIMARY KEY (shard ASC, id ASC)`,
//!   split at the shards.
//! * **Citus** wants the column of distribution in every unique key. `audit` and `changes` can be distributed by `chain`, and
//!   that is where most bytes of a long-lived service lie; each batch of that node then commits on two servers. `tokens` and
//!   `users` cannot, because their names are unique beyond the shard, and stay on the coordinator with `heads`. So Citus
//!   takes the trail off the coordinator, not the minting; for that split users over several databases, as below.
//!
//! # A hundred million users
//!
//! With the numbers above, and these assumptions: each user mints one token a day that lives 7 days, and uses tokens 100
//! times a day; peaks are five times the mean.
//!
//! | | arithmetic | |
//! |---|---|---|
//! | users | 100 M · 400 B | 40 GB |
//! | tokens, `keep_expired = "1d"` | 100 M · 8 d · 350 B | 280 GB |
//! | the same with `"30d"` | 100 M · 37 d · 350 B | 1.3 TB |
//! | audit rows | 100 M a day · 210 B | 21 GB a day |
//! | mints | 100 M / 86,400 s | 1,160 a second, 5,800 at the peak |
//! | WAL | 5,800 · 750 B | 4.4 MB a second at the peak |
//! | verifications | 100 · 100 M / 86,400 s | 116,000 a second, 580,000 at the peak |
//! | first sign-ins | as mints; 5,800 · 20 ms | 116 cores at the peak, the largest part of the bill |
//!
//! Writing is within what one good primary does; its size is what makes everything else slow: backups, restores, failovers,
//! and an index by owner of 80 GB that is hit at random. Hence three steps, each of its own use. The first costs nothing.
//!
//! **1. Store less.** Temporary tokens are not stored: they cost an audit row each, 21 GB a day instead of 56. Short lives
//! and a short `keep_expired` are worth more than any hardware. Archive the audit trail weekly: 7 · 21 GB = 147 GB at the
//! most.
//!
//! **2. Partition by user, into cells.** A cell is a database, its standbys, its nodes and its root keys, that is, a whole
//! service. A user belongs to one cell. Ten cells have each 4 GB of users, 28 GB of tokens, 580 mints a second at the peak,
//! and 12 of the 116 cores: a restore takes minutes, and a cell that is down is a tenth of the users. Nothing is shared, so
//! nothing has to be partitioned inside the database. Who sends a request to its cell:
//!
//! * a request with a password, by a hash of the user's name, or better a table of names and cells, which can grow;
//! * a request with a token, by its location. `token.location` and `token.domain` are each cell's own. Nothing vouches for a
//!   location, and nothing needs to: who forges it reaches a cell that does not know that token.
//!
//! Such a front ends TLS (`http.trusted_proxies`). What it costs: names are unique within a cell only, so whoever adds users
//! looks the name up in that table first; users are listed cell by cell; and an identity token of another cell proves
//! nothing, so a service that is named in caveats has an account in each cell.
//!
//! **3. Verify near the user.** Verification is served from memory: of the 580,000 a second hardly any reach a database while
//! tokens in use fit. 10 million of them at a time are 2 GB, on one node or together on all of a cell, if the front sends the
//! same token to the same node (by a hash of the token's header). What is not remembered costs two reads by key: at 1 %
//! misses 5,800 · 2 reads a second, over ten cells 1,160 each.
//!
//! *Read replicas* are for when misses, or distance, ask for more. Today a node reads where it writes; an address for reading
//! of its own is a change in one place of the engine, where reading connections are a pool apart from the writing one. The
//! rule that it must keep: a replica that lags serves tokens as they were, and a feed as old as they are, so the node would
//! count itself fresh. Hence only replicas that a commit waits for, by `synchronous_commit = remote_apply` and their names in
//! `synchronous_standby_names` with `FIRST` and their whole number, not `ANY`; then an answered revocation is in each of
//! them, and the bound above holds unchanged. The price: each commit waits for the farthest of them, and one that fails must
//! be taken off that list before commits go on.
//!
//! *Regional issuers* avoid that price: a cell in each region, with users who live there. Root keys are made by each cell
//! itself, and their ids are 8 random bytes: for 1,000 keys the chance that two are alike is 1,000² / 2⁶⁵ = 3 · 10⁻¹⁴. So no
//! two regions have a key in common, the loss of one region's keys harms that region alone, and each token's row says by the
//! id of its key where it was minted. A service in region A that is shown a token of region B asks B, whose location the
//! token carries, and may remember the answer for as long as it is ready to accept a revoked token: that is its own
//! `max_staleness`. To give A the keys of B instead would let A mint in B's name.
