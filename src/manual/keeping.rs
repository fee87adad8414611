//! Keeping a store: backups, restoring them, moving to another store, and what leaves by itself.
//!
//! | command | works beside a server | promises |
//! |---|---|---|
//! | `zonemint store check` | yes | names damage, what refers to nothing, and audit rows that were tampered with; exits 1 if there is any |
//! | `zonemint store backup FILE` | yes | all that was answered before it began is in the file; nobody waits; nothing is overwritten |
//! | `zonemint store restore FILE` | no | no token that was revoked after the backup is good again, as far as it is told |
//! | `zonemint store replay` | no | the same for a shared store that was put back by its own tools |
//! | `zonemint store purge` | yes | all that has had its time is gone |
//! | `zonemint store copy` | no | all records are in the target, compared one by one, or the target is not served |
//!
//! Backup and restore are for the embedded store; a shared one has its own tools, and after these `zonemint store replay`
//! ([the steps](super::shared_store)).
//!
//! # Back up
//!
//! 1. Once, and after each `zonemint key rewrap --new`: copy the key-encryption key (`zonemint.kek`) to a place where no backup
//!    lies. Without it a backup is of no use; with it whoever finds a backup can make tokens.
//! 2. Every night: `zonemint store backup /backups/zonemint-$(date +%F).db`. Note the line with the end of the audit chain.
//! 3. Every few minutes, to another machine: export the audit trail (`zonemint audit export`). What it does not hold when the
//!    machine is lost, a restore cannot do again.
//!
//! A backup is one SQLite file with the records of one moment. It is written under another name and gets its own when it is
//! whole and on disk; a backup that was interrupted leaves `FILE.partial`, which the next one of the same name throws away.
//! It needs as much disk as there are records, and the database's log (`zonemint.db-wal`) grows meanwhile by what is written.
//! What was erased, as the bytes of a retired root key, is not in a later backup; it is in an earlier one, so let these go in
//! their time.
//!
//! # Restore
//!
//! A backup is older than what was revoked after it. Therefore a restore wants to be told how to go on:
//!
//! 1. Have the old server stopped for good. If its disk can be read, export the rest of its trail first.
//! 2. `zonemint store restore FILE --audit TRAIL… --data NEW` with the trail since the backup, or, when there is none or its end
//!    is not sure, `--revoke-all` in its place.
//! 3. Put the key-encryption key into NEW; the command has told which one.
//! 4. `zonemint store check --data NEW`, which verifies the audit trail too.
//! 5. Look at what the restore has told; start the server.
//!
//! **With the trail** each row must follow the one before, from the end of the backup on, by number and hash; a gap, a row of
//! another store, or one that was changed ends the restore with nothing left. What the rows say was taken away is taken away
//! again: tokens revoked and deleted, users blocked and removed, generations of temporary tokens ended as often as they were,
//! root keys retired. Audit rows do not tell everything. A password that was changed is gone with its hash, so that the old one
//! never works again; sign-in by password and privileges are taken whole from whoever had them changed. Each is told by name.
//! All reset links end with a restore and with a replay. Who was marked to change the password after the backup loses sign-in by
//! password, too.
//! Tokens that were made good again and users that were unblocked are refused if the backup refuses them; so nobody gains by
//! making up a trail. A token that was to be revoked at a later moment, as after a rotation, is revoked at once.
//!
//! **What a trail cannot know.** It ends where it was exported. What was revoked after that is good again, and no check in the
//! trail itself shows that it goes on. (A store that is behind a trail shows: `zonemint audit verify --with-store TRAIL…` names the
//! rows that the store does not have, and exits 1.) If another place knows a later end (another node's checkpoint, the output of a later
//! `audit verify`), `--expect CHAIN:NUMBER:HASH` refuses a trail that does not have that row. Else, if minutes matter,
//! `--revoke-all`.
//!
//! **With `--revoke-all`** every token is revoked, and all generations of temporary tokens end. The new ones are numbered by the
//! moment, in milliseconds, so that no other restore of the same backup gives them again. Owners mint new ones with their
//! passwords, or make their own good
//! again one by one, as always; what was deleted before the backup stays deleted. It knows of nothing else: who was blocked or removed, whose
//! password or privileges were changed after the backup is as before. A root key that was retired since is there again:
//! `zonemint key rotate` and `zonemint key retire` those before it, if one may be known to somebody.
//!
//! Tokens and users from after the backup are unknown, and refused; root keys from after it are named. Temporary tokens stand in
//! no store; they stay good with
//! the trail, unless their generation was ended or their root key is newer than the backup. Revoking a stored token with its
//! descendants does not find temporary tokens that were minted after the backup: to end these, end the generation of their owner
//! (`DELETE /user/tokens/temporary`).
//!
//! The restore goes into a file of another name (`zonemint.db.restoring`). As long as that is all there is, no server starts in
//! that folder; running the command again begins anew. The audit row `store.restore` says what was done. After
//! `--revoke-all` the chain goes on from the backup's end in another way than the lost store's did; `zonemint audit verify`
//! with both sees that they differ from there.
//!
//! # Move to another store
//!
//! `zonemint store copy --from sqlite:DIR --to postgres://…`, or the other way round, or between two of a kind
//! ([`crate::store::copy`]).
//!
//! 1. Stop all servers, and let no command run.
//! 2. Copy. An interrupted copy goes on where it was when the same command is run again. Until it has come to its end the
//!    target has a mark, with which no server and no command opens it.
//! 3. Give the target's nodes the key-encryption key of the source.
//! 4. Start them. Tokens, passwords and audit chains are as before. Keep the old store off: what one revokes the other does
//!    not hear of.
//!
//! Everything is copied, what is deleted too: a deleted token must stay refused. At the end all records are read on both sides,
//! and compared by count and checksum ([`crate::store::copy::Sum`]). If the source was changed meanwhile, the copy is of no
//! use: remove it (`zonemint.db*` in its folder, or drop the database), and begin anew.
//!
//! # What leaves by itself
//!
//! A token that has expired stays for `store.keep_expired`, to be listed; a row of the change feed for `store.keep_changes`, for
//! nodes that were away; a day's count of uses for 90 days ([`crate::token::DAYS_OF_USES`]), or until its account is removed; so do the hashes
//! of the addresses at which accounts signed in, eight for each. A running server takes them away in steps of 500, one every `store.purge` ([`crate::app::Purge`]). It
//! walks through all tokens, and rests for an hour after each round: an index of ends would cost something at each mint, and
//! nobody minds an hour. One million tokens are a round of about half an hour. Nodes of a shared store do so each for
//! itself, which is harmless. `zonemint store purge` does it at once. Deleted rows leave room in the file that is used again; it
//! does not become smaller.
