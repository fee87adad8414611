//! What a transaction leaves in its chain: numbered, hashed, written and committed in one round trip, and known again by its trace.

use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::fault::Fault;
use super::limits::{COMMIT, timed};
use super::records;
use super::session::{Session, Value};
use crate::{AuditEntry, AuditRow, Chain, Change, Cursor, Topic, columns};
use zonemint_base::model::{TokenId, UserId};

/// Where the chain ends elsewhere, this breaks the rule that a number is not null, and with it the transaction. The hash stays
/// where no change is written.
const MOVE_HEAD: &str = "UPDATE heads SET audit_hash = $3, change_seq = $4,
                             change_hash = CASE WHEN $4 > change_seq THEN $8 ELSE change_hash END,
                             hashed_seq = CASE WHEN $4 > change_seq THEN $4 ELSE hashed_seq END,
                             audit_seq = CASE WHEN audit_seq = $5 AND audit_hash = $6 AND change_seq = $7 THEN $2::bigint END
                         WHERE chain = $1";
const AUDIT: &str = r#"INSERT INTO audit (chain, seq, at_ms, action, actor, "user", token, note, hash)
                       SELECT $1, v.* FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[],
                                                    $7::bytea[], $8::text[], $9::bytea[])
                       AS v(seq, at_ms, action, actor, "user", token, note, hash)"#;
const CHANGES: &str = "INSERT INTO changes (chain, seq, kind, id, at_ms, hash)
                       SELECT $1, v.* FROM unnest($2::bigint[], $3::text[], $4::bytea[], $5::bigint[], $6::bytea[])
                       AS v(seq, kind, id, at_ms, hash)";

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// Number and hash of the last audit row.
    pub(super) audit: (u64, [u8; 32]),
    /// The last change.
    pub(super) change: Cursor,
}

/// What a committed transaction has left, by which it is known again: a row with this number and hash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trace {
    /// How the hash of that row is read.
    sql: &'static str,
    seq: u64,
    hash: [u8; 32],
}

impl Trace {
    /// The audit row at the end of a chain; none before the first.
    pub(super) fn of_audit(end: End) -> Option<Self> {
        let (seq, hash) = end.audit;
        let sql = "SELECT hash FROM audit WHERE chain = $1 AND seq = $2";
        (seq > 0).then_some(Self { sql, seq, hash })
    }

    /// The change at the end of a chain; none before the first, and for one that has no hash.
    pub(super) fn of_change(end: End) -> Option<Self> {
        let sql = "SELECT hash FROM changes WHERE chain = $1 AND seq = $2";
        end.change.hash.map(|hash| Self { sql, seq: end.change.seq, hash })
    }

    /// What is in its place.
    pub(super) async fn find(self, client: &Session, chain: &Chain) -> Result<Lookup, Fault> {
        let rows = client.query(self.sql, &[&chain.as_str(), &records::big(self.seq)]).await?;
        let Some(row) = rows.first() else { return Ok(Lookup::Nothing) };
        Ok(match row.try_get::<_, Option<&[u8]>>(0)? {
            Some(hash) if hash == self.hash => Lookup::It,
            Some(_) => Lookup::Another,
            None => Lookup::Nothing,
        })
    }
}

/// What is found in the place of a [`Trace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    It,
    Another,
    /// No row, or one without a hash.
    Nothing,
}

/// What is to come into the chain.
#[derive(Debug, Default)]
pub(super) struct PendingRecords {
    pub(super) entries: Vec<(AuditEntry, u64)>,
    pub(super) changes: Vec<(Topic, u64)>,
}

impl PendingRecords {
    /// Numbers and chains what was appended after the `end` of a chain, so that it can be committed.
    pub(super) fn seal(self, chain: &Chain, start: End) -> Sealed {
        let mut end = start;
        let rows = self.entries.into_iter().map(|(entry, at_ms)| {
            let row = entry.chained(chain.clone(), end.audit, at_ms);
            end.audit = (row.seq, row.hash);
            row
        });
        let rows: Vec<AuditRow> = rows.collect();
        let changes = self.changes.into_iter().map(|(topic, at_ms)| {
            let change = Change::following(chain.clone(), end.change, topic, at_ms);
            end.change = change.cursor();
            change
        });
        let changes: Vec<Change> = changes.collect();
        Sealed { chain: chain.clone(), rows, changes, start, end }
    }
}

/// A transaction to which nothing is added any more.
pub(super) struct Sealed {
    chain: Chain,
    rows: Vec<AuditRow>,
    changes: Vec<Change>,
    start: End,
    end: End,
}

impl Sealed {
    /// Where the chain ends once this is committed.
    pub(super) fn end(&self) -> End {
        self.end
    }

    /// What shows that it was committed; none where nothing does, and the batch may be run again.
    pub(super) fn trace(&self) -> Option<Trace> {
        let audit = (!self.rows.is_empty()).then(|| Trace::of_audit(self.end)).flatten();
        audit.or_else(|| (!self.changes.is_empty()).then(|| Trace::of_change(self.end)).flatten())
    }

    /// Moves the chain on, writes what was appended, and commits, in one round trip. `notify`: whether NOTIFY is understood.
    pub(super) async fn commit(&self, client: &Session, timeout: Duration, notify: bool) -> Result<(), Fault> {
        // Prepared statements are there from the second time on, and each is sent at once when it is first polled.
        if !self.rows.is_empty() {
            client.prepare(AUDIT).await?;
        }
        if !self.changes.is_empty() {
            client.prepare(CHANGES).await?;
        }
        if self.end != self.start {
            client.prepare(MOVE_HEAD).await?;
        }
        let notify = if notify && !self.changes.is_empty() { super::listener::NOTIFY } else { "" };
        let commit = format!("{notify}{COMMIT}");
        let patient = client.patient();
        let all = Box::pin(async {
            tokio::join!(
                biased;
                // Nothing is left that a shorter wait for a lock is good for.
                async { Ok::<_, Fault>(client.batch_execute(&patient).await?) },
                self.move_head(client),
                self.write_audit(client),
                self.write_changes(client),
                async { Ok::<_, Fault>(client.batch_execute(&commit).await?) },
            )
        });
        // A commit that waits for a standby may take longer than a statement.
        let (set, head, audit, changes, committed) = timed(2 * timeout, async { Ok::<_, Fault>(all.await) }).await?;
        // An earlier one that failed has made the commit a rollback, which is not an error to the server.
        set?;
        head?;
        audit?;
        changes?;
        committed
    }

    async fn write_audit(&self, client: &Session) -> Result<(), Fault> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = &self.rows;
        let column = |get: fn(&AuditRow) -> Option<&[u8]>| rows.iter().map(get).collect::<Vec<_>>();
        let parameters: [&dyn Value; 9] = [
            &self.chain.as_str(),
            &rows.iter().map(|row| records::big(row.seq)).collect::<Vec<_>>(),
            &rows.iter().map(|row| records::big(row.at_ms)).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.action.name()).collect::<Vec<_>>(),
            &column(|row| row.actor.as_ref().map(UserId::as_bytes)),
            &column(|row| row.user.as_ref().map(UserId::as_bytes)),
            &column(|row| row.token.as_ref().map(TokenId::as_bytes)),
            &rows.iter().map(|row| row.note.as_deref()).collect::<Vec<_>>(),
            &column(|row| Some(&row.hash)),
        ];
        client.execute(AUDIT, &parameters).await?;
        Ok(())
    }

    async fn write_changes(&self, client: &Session) -> Result<(), Fault> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let topics: Vec<_> = self.changes.iter().map(|change| columns::topic(&change.topic)).collect();
        let parameters: [&dyn Value; 6] = [
            &self.chain.as_str(),
            &self.changes.iter().map(|change| records::big(change.seq)).collect::<Vec<_>>(),
            &topics.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            &topics.iter().map(|(_, id)| *id).collect::<Vec<_>>(),
            &self.changes.iter().map(|change| records::big(change.at_ms)).collect::<Vec<_>>(),
            &self.changes.iter().map(|change| change.hash.as_ref().map(<[u8; 32]>::as_slice)).collect::<Vec<_>>(),
        ];
        client.execute(CHANGES, &parameters).await?;
        Ok(())
    }

    async fn move_head(&self, client: &Session) -> Result<(), Fault> {
        if self.end == self.start {
            return Ok(());
        }
        let ((seq, hash), (old_seq, old_hash)) = (self.end.audit, self.start.audit);
        let parameters: [&dyn Value; 8] = [
            &self.chain.as_str(),
            &records::big(seq),
            &hash.as_slice(),
            &records::big(self.end.change.seq),
            &records::big(old_seq),
            &old_hash.as_slice(),
            &records::big(self.start.change.seq),
            &self.end.change.hash.as_ref().map(<[u8; 32]>::as_slice),
        ];
        match client.execute(MOVE_HEAD, &parameters).await {
            Ok(1) => Ok(()),
            // The database was emptied meanwhile.
            Ok(_) => Err(Fault::Corrupt("head")),
            Err(error) if error.code() == Some(&SqlState::NOT_NULL_VIOLATION) => Err(Fault::Overtaken),
            Err(error) => Err(error.into()),
        }
    }
}
