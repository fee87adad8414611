//! One transaction: what operations write, and the audit rows and changes that are written with it at its end.
//!
//! A transaction moves the row of this process's chain in `heads` on before it writes what comes into the chain, and fails
//! when the row is not where it takes it to be. So what is committed of a chain is at every moment its beginning, without
//! gaps, and nodes, each with its own row, do not wait for one another. A transaction that locks the row first may do
//! anything; one that begins while another one is committed stores mints only. Audit rows get their numbers and hashes at the
//! end: what is undone before has left nothing.
//!
//! Isolation is READ COMMITTED. What entitles a caller to a write is locked first (`callers.rs`), so a revocation or a block
//! either comes before and is seen, or waits for the write. A write for somebody else locks that account only if it gives the caller
//! rights: a mint for it that overlaps its block was asked for before the block was answered, and the token is refused where it
//! is used.

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::callers::{Callers, Lock};
use super::fault::Fault;
use super::mints::Run;
use super::records;
use crate::model::{TokenId, UserId};
use crate::store::{Actor, AuditAction, AuditEntry, AuditRow, Chain, StoreError, Topic, columns};

/// Parameters of a statement.
pub(super) type Parameters<'a> = [&'a (dyn ToSql + Sync)];

const HEAD: &str = "SELECT audit_seq, audit_hash, change_seq FROM heads WHERE chain = $1 FOR UPDATE";
const FIRST_HEAD: &str = "INSERT INTO heads (chain, audit_seq, audit_hash, change_seq) VALUES ($1, 0, $2, 0)
                          ON CONFLICT DO NOTHING";
/// Where the chain ends elsewhere, this breaks the rule that a number is not null, and with it the transaction.
const MOVE_HEAD: &str = "UPDATE heads SET audit_hash = $3, change_seq = $4,
                             audit_seq = CASE WHEN audit_seq = $5 AND audit_hash = $6 AND change_seq = $7 THEN $2::bigint END
                         WHERE chain = $1";
const AUDIT: &str = r#"INSERT INTO audit (chain, seq, at_ms, action, actor, "user", token, note, hash)
                       SELECT $1, v.* FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[],
                                                    $7::bytea[], $8::text[], $9::bytea[])
                       AS v(seq, at_ms, action, actor, "user", token, note, hash)"#;
const CHANGES: &str = "INSERT INTO changes (chain, seq, kind, id, at_ms)
                       SELECT $1, v.* FROM unnest($2::bigint[], $3::text[], $4::bytea[], $5::bigint[])
                       AS v(seq, kind, id, at_ms)";
/// A commit is not cut short: the server might answer that it is done while a standby has not got it yet.
const COMMIT: &str = "SET LOCAL statement_timeout = 0; COMMIT";

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// Number and hash of the last audit row.
    pub(super) audit: (u64, [u8; 32]),
    /// Number of the last change.
    pub(super) change: u64,
}

/// How far a transaction had come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waypoint {
    end: Option<End>,
    entries: usize,
    changes: usize,
}

/// What a committed transaction has left, by which it is known again.
#[derive(Debug)]
pub(super) enum Trace {
    /// An audit row.
    Audit {
        /// Its number.
        seq: u64,
        /// Its hash.
        hash: [u8; 32],
    },
    /// The last change, of a batch without audit rows.
    Change {
        /// Its number.
        seq: u64,
        /// What was changed.
        topic: Topic,
        /// When.
        at_ms: u64,
    },
    /// Nothing that could be told apart: the batch may be run again.
    None,
}

/// How long a transaction waits for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For an answer of the server.
    pub(super) patience: Duration,
    /// The server for a statement to end.
    pub(super) statement: Duration,
    /// A statement for a lock.
    pub(super) lock: Duration,
}

/// The transaction that operations run in.
pub(super) struct Batch<'a> {
    client: &'a ClientWrapper,
    chain: &'a Chain,
    patience: Duration,
    /// When it began, in milliseconds since the Unix epoch.
    now_ms: u64,
    /// Known when the chain is locked.
    end: Option<End>,
    written: Written,
}

/// What is to come into the chain.
#[derive(Debug, Default)]
pub(super) struct Written {
    entries: Vec<(AuditEntry, u64)>,
    changes: Vec<(Topic, u64)>,
}

impl<'a> Batch<'a> {
    /// Begins, locks the chain, and stores the mints that come first, all in one round trip.
    ///
    /// Within the transaction each statement has a limit of time. `BEGIN` itself has none: were it cut short, the mints that
    /// are already on their way behind it would be stored by themselves.
    pub(super) async fn begin(
        client: &'a ClientWrapper,
        chain: &'a Chain,
        Limits { patience, statement, lock }: Limits,
        mints: &mut Run<'_>,
    ) -> Result<Self, Fault> {
        mints.prepare(client).await?;
        let head = client.prepare_cached(HEAD).await?;
        let start = begin(statement, lock);
        let name = chain.as_str();
        let parameters: [&(dyn ToSql + Sync); 1] = [&name];
        let all = Box::pin(async {
            tokio::join!(
                biased;
                client.batch_execute(&start),
                client.query(&head, &parameters),
                mints.send(client),
            )
        });
        let (begun, rows, sent) = timed(patience, async { Ok::<_, Fault>(all.await) }).await?;
        begun?;
        let mut rows = rows?;
        sent?;
        if rows.is_empty() {
            // The first transaction of this chain, or of a database that was emptied.
            let genesis = chain.genesis();
            client.execute(FIRST_HEAD, &[&name, &genesis.as_slice()]).await?;
            rows = client.query(&head, &parameters).await?;
        }
        let row = rows.first().ok_or(Fault::Corrupt("head"))?;
        let end = End { audit: (records::number(row, 0)?, records::hash(row, 1)?), change: records::number(row, 2)? };
        let now_ms = mints.now_ms();
        Ok(Self { client, chain, patience, now_ms, end: Some(end), written: Written::default() })
    }

    /// Begins and stores mints while the transaction before is being committed: the chain is not locked.
    pub(super) async fn begin_ahead(
        client: &'a ClientWrapper,
        chain: &'a Chain,
        Limits { patience, statement, lock }: Limits,
        mints: &mut Run<'_>,
    ) -> Result<Self, Fault> {
        mints.prepare(client).await?;
        let start = begin(statement, lock);
        let all = Box::pin(async { tokio::join!(biased; client.batch_execute(&start), mints.send(client)) });
        let (begun, sent) = timed(patience, async { Ok::<_, Fault>(all.await) }).await?;
        begun?;
        sent?;
        Ok(Self { client, chain, patience, now_ms: mints.now_ms(), end: None, written: Written::default() })
    }

    /// Where the chain ended when it was locked; none if it was not.
    pub(super) fn end(&self) -> Option<End> {
        self.end
    }

    /// Whether another transaction has left `trace`.
    pub(super) async fn holds(&self, trace: &Trace) -> Result<bool, Fault> {
        timed(self.patience, find(self.client, self.chain, trace)).await
    }

    /// The connection, inside the transaction.
    pub(super) fn client(&self) -> &'a ClientWrapper {
        self.client
    }

    /// When it began, in milliseconds since the Unix epoch.
    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Why whoever asks for a write may not have it done. What entitles them is locked until the transaction ends.
    pub(super) async fn refusal(&self, by: &Actor) -> Result<Option<StoreError>, Fault> {
        let mut callers = Callers::of(std::iter::once(by), self.now_ms, Lock::Alone);
        tokio::time::timeout(self.patience, async {
            callers.prepare(self.client).await?;
            callers.take(self.client).await
        })
        .await
        .map_err(|_| Fault::Silence)??;
        Ok(callers.refusal(by))
    }

    /// Reads rows.
    pub(super) async fn query(&self, sql: &str, parameters: &Parameters<'_>) -> Result<Vec<Row>, Fault> {
        timed(self.patience, async {
            let statement = self.client.prepare_cached(sql).await?;
            self.client.query(&statement, parameters).await
        })
        .await
    }

    /// Writes, and says how many rows.
    pub(super) async fn execute(&self, sql: &str, parameters: &Parameters<'_>) -> Result<u64, Fault> {
        timed(self.patience, async {
            let statement = self.client.prepare_cached(sql).await?;
            self.client.execute(&statement, parameters).await
        })
        .await
    }

    /// Runs what gives no rows and takes no parameters.
    pub(super) async fn run(&self, sql: &str) -> Result<(), Fault> {
        timed(self.patience, self.client.batch_execute(sql)).await
    }

    /// Appends an audit row without a note.
    pub(super) fn audit(
        &mut self,
        (by, at_ms): (Actor, u64),
        action: AuditAction,
        user: Option<UserId>,
        token: Option<TokenId>,
    ) {
        self.append(AuditEntry { action, by, user, token, note: None }, at_ms);
    }

    /// Appends an audit row.
    pub(super) fn append(&mut self, entry: AuditEntry, at_ms: u64) {
        self.written.entries.push((entry, at_ms));
    }

    /// Appends to the change feed.
    pub(super) fn announce(&mut self, topic: Topic, at_ms: u64) {
        self.written.changes.push((topic, at_ms));
    }

    /// Notes that a row of this process's own chain was put into the database from elsewhere.
    pub(super) fn extend_chain(&mut self, row: &AuditRow) {
        if let Some(end) = &mut self.end
            && row.chain == *self.chain
            && row.seq > end.audit.0
        {
            end.audit = (row.seq, row.hash);
        }
    }

    /// Where the transaction is now.
    pub(super) fn waypoint(&self) -> Waypoint {
        Waypoint { end: self.end, entries: self.written.entries.len(), changes: self.written.changes.len() }
    }

    /// Forgets what was appended after `waypoint`; what is in the database is undone by a savepoint.
    pub(super) fn back_to(&mut self, waypoint: Waypoint) {
        self.end = waypoint.end;
        self.written.entries.truncate(waypoint.entries);
        self.written.changes.truncate(waypoint.changes);
    }

    /// What was appended. Nothing can be added any more.
    pub(super) fn written(self) -> Written {
        self.written
    }
}

impl Written {
    /// Numbers and chains what was appended after the `end` of a chain, so that it can be committed.
    pub(super) fn seal(self, chain: &Chain, start: End) -> Sealed {
        let mut end = start;
        let rows = self.entries.into_iter().map(|(entry, at_ms)| {
            let row = entry.chained(chain.clone(), end.audit, at_ms);
            end.audit = (row.seq, row.hash);
            row
        });
        let rows: Vec<AuditRow> = rows.collect();
        end.change += self.changes.len() as u64;
        Sealed { chain: chain.clone(), rows, changes: self.changes, start, end }
    }
}

/// A transaction to which nothing is added any more.
pub(super) struct Sealed {
    chain: Chain,
    rows: Vec<AuditRow>,
    changes: Vec<(Topic, u64)>,
    start: End,
    end: End,
}

impl Sealed {
    /// Where the chain ends once this is committed.
    pub(super) fn end(&self) -> End {
        self.end
    }

    /// What shows that it was committed.
    pub(super) fn trace(&self) -> Trace {
        match (self.rows.last(), self.changes.last()) {
            (Some(row), _) => Trace::Audit { seq: row.seq, hash: row.hash },
            (None, Some((topic, at_ms))) => Trace::Change { seq: self.end.change, topic: *topic, at_ms: *at_ms },
            (None, None) => Trace::None,
        }
    }

    /// Moves the chain on, writes what was appended, and commits, in one round trip. `notify`: whether NOTIFY is understood.
    pub(super) async fn commit(&self, client: &ClientWrapper, patience: Duration, notify: bool) -> Result<(), Fault> {
        // Prepared statements are there from the second time on, and each is sent at once when it is first polled.
        if !self.rows.is_empty() {
            client.prepare_cached(AUDIT).await?;
        }
        if !self.changes.is_empty() {
            client.prepare_cached(CHANGES).await?;
        }
        if self.end != self.start {
            client.prepare_cached(MOVE_HEAD).await?;
        }
        let notify = if notify && !self.changes.is_empty() { super::listener::NOTIFY } else { "" };
        let commit = format!("{notify}{COMMIT}");
        let all = Box::pin(async {
            tokio::join!(
                biased;
                // Nothing is left that a shorter wait for a lock is good for.
                async { Ok::<_, Fault>(client.batch_execute("SET LOCAL lock_timeout TO DEFAULT").await?) },
                self.move_head(client),
                self.write_audit(client),
                self.write_changes(client),
                async { Ok::<_, Fault>(client.batch_execute(&commit).await?) },
            )
        });
        // A commit that waits for a standby may take longer than a statement.
        let (set, head, audit, changes, committed) = timed(2 * patience, async { Ok::<_, Fault>(all.await) }).await?;
        // An earlier one that failed has made the commit a rollback, which is not an error to the server.
        set?;
        head?;
        audit?;
        changes?;
        committed
    }

    async fn write_audit(&self, client: &ClientWrapper) -> Result<(), Fault> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let statement = client.prepare_cached(AUDIT).await?;
        let rows = &self.rows;
        let column = |get: fn(&AuditRow) -> Option<&[u8]>| rows.iter().map(get).collect::<Vec<_>>();
        let parameters: [&(dyn ToSql + Sync); 9] = [
            &self.chain.as_str(),
            &rows.iter().map(|row| records::big(row.seq)).collect::<Vec<_>>(),
            &rows.iter().map(|row| records::big(row.at_ms)).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.action.name()).collect::<Vec<_>>(),
            &column(|row| row.actor.as_ref().map(|id| id.as_bytes().as_slice())),
            &column(|row| row.user.as_ref().map(|id| id.as_bytes().as_slice())),
            &column(|row| row.token.as_ref().map(TokenId::as_bytes)),
            &rows.iter().map(|row| row.note.as_deref()).collect::<Vec<_>>(),
            &column(|row| Some(&row.hash)),
        ];
        client.execute(&statement, &parameters).await?;
        Ok(())
    }

    async fn write_changes(&self, client: &ClientWrapper) -> Result<(), Fault> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let statement = client.prepare_cached(CHANGES).await?;
        let seqs: Vec<i64> = (self.start.change + 1..).zip(&self.changes).map(|(seq, _)| records::big(seq)).collect();
        let topics: Vec<_> = self.changes.iter().map(|(topic, _)| columns::topic(topic)).collect();
        let parameters: [&(dyn ToSql + Sync); 5] = [
            &self.chain.as_str(),
            &seqs,
            &topics.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            &topics.iter().map(|(_, id)| *id).collect::<Vec<_>>(),
            &self.changes.iter().map(|(_, at_ms)| records::big(*at_ms)).collect::<Vec<_>>(),
        ];
        client.execute(&statement, &parameters).await?;
        Ok(())
    }

    async fn move_head(&self, client: &ClientWrapper) -> Result<(), Fault> {
        if self.end == self.start {
            return Ok(());
        }
        let statement = client.prepare_cached(MOVE_HEAD).await?;
        let ((seq, hash), (old_seq, old_hash)) = (self.end.audit, self.start.audit);
        let parameters: [&(dyn ToSql + Sync); 7] = [
            &self.chain.as_str(),
            &records::big(seq),
            &hash.as_slice(),
            &records::big(self.end.change),
            &records::big(old_seq),
            &old_hash.as_slice(),
            &records::big(self.start.change),
        ];
        match client.execute(&statement, &parameters).await {
            Ok(1) => Ok(()),
            // The database was emptied meanwhile.
            Ok(_) => Err(Fault::Corrupt("head")),
            Err(error) if error.code() == Some(&SqlState::NOT_NULL_VIOLATION) => Err(Fault::Overtaken),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether the transaction that was to leave `trace` is committed. Waits for it to end if it is still alive on the server.
///
/// The lock makes this a transaction that writes, so that its own commit too waits for a synchronous standby: what was found
/// is there as well then, also when the wait of the transaction that left it was broken off.
pub(super) async fn is_committed(
    client: &ClientWrapper,
    chain: &Chain,
    Limits { patience, statement, lock }: Limits,
    trace: &Trace,
) -> Result<bool, Fault> {
    timed(patience, async {
        client.batch_execute(&begin(statement, lock)).await?;
        client.query(HEAD, &[&chain.as_str()]).await?;
        let is_there = find(client, chain, trace).await?;
        client.batch_execute(COMMIT).await?;
        Ok::<_, Fault>(is_there)
    })
    .await
}

/// Whether a trace is in the database.
async fn find(client: &ClientWrapper, chain: &Chain, trace: &Trace) -> Result<bool, tokio_postgres::Error> {
    let (sql, seq) = match trace {
        Trace::Audit { seq, .. } => ("SELECT hash FROM audit WHERE chain = $1 AND seq = $2", *seq),
        Trace::Change { seq, .. } => ("SELECT kind, id, at_ms FROM changes WHERE chain = $1 AND seq = $2", *seq),
        Trace::None => return Ok(false),
    };
    let rows = client.query(sql, &[&chain.as_str(), &records::big(seq)]).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    match trace {
        Trace::Audit { hash, .. } => Ok(row.try_get::<_, &[u8]>(0)? == hash.as_slice()),
        Trace::Change { topic, at_ms, .. } => {
            let (kind, id) = columns::topic(topic);
            let same = row.try_get::<_, &str>(0)? == kind && row.try_get::<_, &[u8]>(1)? == id;
            Ok(same && row.try_get::<_, i64>(2)? == records::big(*at_ms))
        }
        Trace::None => Ok(false),
    }
}

/// What begins a transaction, whose statements may take as long as `statement`, of which they may wait for a lock as long as `lock`.
fn begin(statement: Duration, lock: Duration) -> String {
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}",
        statement.as_millis(),
        lock.as_millis()
    )
}

/// Waits for the database, but not for ever.
pub(super) async fn timed<T, E>(patience: Duration, work: impl Future<Output = Result<T, E>>) -> Result<T, Fault>
where
    Fault: From<E>,
{
    Ok(tokio::time::timeout(patience, work).await.map_err(|_| Fault::Silence)??)
}
