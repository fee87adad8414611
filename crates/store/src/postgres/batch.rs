//! One transaction: what operations write, and the audit rows and changes that are written with it at its end.
//!
//! Before a transaction writes into this process's chain, it moves the chain's row in `heads` on. It fails if that row is not where
//! the transaction expects it. So what is committed of a chain is at every moment its beginning, without
//! gaps, and nodes, each with its own row, do not wait for one another. A transaction that locks the row first may do
//! anything; one that begins while another one is committed stores mints only. Audit rows get their numbers and hashes at the
//! end: what is undone before has left nothing.
//!
//! Isolation is READ COMMITTED. What entitles a caller to a write is locked first (`callers.rs`), so a revocation or a block
//! either comes before and is seen, or waits for the write. A write for somebody else locks that account only if it gives the caller
//! rights: a mint for it that overlaps its block was asked for before the block was answered, and the token is refused where it
//! is used.

use std::time::Duration;

use tokio_postgres::Row;

use super::callers::{Callers, Lock};
use super::fault::Fault;
use super::limits::{COMMIT, Limits, timed};
use super::mint_run::Run;
use super::sealed::{End, Lookup, PendingRecords, Trace};
use super::session::{Parameters, Session, Value};
use crate::row::Columns as _;
use crate::{Actor, AuditEntry, AuditRow, Chain, LostWrites, StoreError, Topic};

const HEAD: &str = "SELECT audit_seq, audit_hash, change_seq, CASE WHEN hashed_seq = change_seq THEN change_hash END
                    FROM heads WHERE chain = $1 FOR UPDATE";
const FIRST_HEAD: &str = "INSERT INTO heads (chain, audit_seq, audit_hash, change_seq) VALUES ($1, 0, $2, 0)
                          ON CONFLICT DO NOTHING";
/// How far a transaction had come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waypoint {
    end: Option<End>,
    entries: usize,
    changes: usize,
}

/// The transaction that operations run in.
pub(super) struct Batch<'a> {
    client: &'a Session,
    chain: &'a Chain,
    timeout: Duration,
    /// When it began, in milliseconds since the Unix epoch.
    now_ms: u64,
    /// Known when the chain is locked.
    end: Option<End>,
    written: PendingRecords,
}

impl<'a> Batch<'a> {
    /// Begins, locks the chain, and stores the mints that come first, all in one round trip.
    ///
    /// Within the transaction each statement has a limit of time. `BEGIN` itself has none: were it cut short, the mints that
    /// are already on their way behind it would be stored by themselves. Where a pooler gives the process of the server, with a limit
    /// that others have set, `BEGIN` is waited for.
    pub(super) async fn begin(
        client: &'a Session,
        chain: &'a Chain,
        Limits { timeout, statement, lock }: Limits,
        mints: &mut Run<'_>,
    ) -> Result<Self, Fault> {
        mints.prepare(client).await?;
        client.prepare(HEAD).await?;
        let start = timed(timeout, client.start(statement, lock)).await?;
        let name = chain.as_str();
        let chain_only: [&dyn Value; 1] = [&name];
        let all = Box::pin(async {
            tokio::join!(
                biased;
                client.batch_execute(&start),
                client.query(HEAD, &chain_only),
                mints.send(client),
            )
        });
        let (begun, rows, sent) = timed(timeout, async { Ok::<_, Fault>(all.await) }).await?;
        begun?;
        let mut rows = rows?;
        sent?;
        if rows.is_empty() {
            // The first transaction of this chain, or of a database that was emptied.
            let genesis = chain.genesis();
            client.execute(FIRST_HEAD, &[&name, &genesis.as_slice()]).await?;
            rows = client.query(HEAD, &chain_only).await?;
        }
        let row = rows.first().ok_or(Fault::Corrupt("head"))?;
        let end = End { audit: (row.number(0)?, row.hash(1)?), change: row.cursor(2)? };
        let now_ms = mints.now_ms();
        Ok(Self { client, chain, timeout, now_ms, end: Some(end), written: PendingRecords::default() })
    }

    /// Begins and stores mints while the transaction before is being committed: the chain is not locked.
    pub(super) async fn begin_ahead(
        client: &'a Session,
        chain: &'a Chain,
        Limits { timeout, statement, lock }: Limits,
        mints: &mut Run<'_>,
    ) -> Result<Self, Fault> {
        mints.prepare(client).await?;
        let start = timed(timeout, client.start(statement, lock)).await?;
        let all = Box::pin(async { tokio::join!(biased; client.batch_execute(&start), mints.send(client)) });
        let (begun, sent) = timed(timeout, async { Ok::<_, Fault>(all.await) }).await?;
        begun?;
        sent?;
        Ok(Self { client, chain, timeout, now_ms: mints.now_ms(), end: None, written: PendingRecords::default() })
    }

    /// Where the chain ended when it was locked; none if it was not.
    pub(super) fn end(&self) -> Option<End> {
        self.end
    }

    /// What is in the place of a trace.
    pub(super) async fn find(&self, trace: Trace) -> Result<Lookup, Fault> {
        timed(self.timeout, trace.find(self.client, self.chain)).await
    }

    /// What is gone of writes that were acknowledged when the chain ended at `acknowledged`. Nobody else writes to it.
    pub(super) async fn lost(&self, acknowledged: End) -> Result<Option<LostWrites>, Fault> {
        let Some(end) = self.end.filter(|end| *end != acknowledged) else { return Ok(None) };
        let audit = self.gone(Trace::of_audit(acknowledged), end.audit.0, acknowledged.audit.0).await?;
        let changes = self.gone(Trace::of_change(acknowledged), end.change.seq, acknowledged.change.seq).await?;
        Ok((audit.is_some() || changes.is_some()).then_some(LostWrites { audit, changes }))
    }

    /// The first and the last number that are gone, where a row stood last at `acknowledged` and a chain now ends at `end`.
    async fn gone(&self, last: Option<Trace>, end: u64, acknowledged: u64) -> Result<Option<(u64, u64)>, Fault> {
        if end < acknowledged {
            return Ok(Some((end + 1, acknowledged)));
        }
        let Some(last) = last else { return Ok(None) };
        // Which of those before are others now, nobody knows any more. One that is not there was purged.
        Ok((self.find(last).await? == Lookup::Another).then_some((acknowledged, acknowledged)))
    }

    /// The connection, inside the transaction.
    pub(super) fn client(&self) -> &'a Session {
        self.client
    }

    /// The chain of this process.
    pub(super) fn chain(&self) -> &'a Chain {
        self.chain
    }

    /// When it began, in milliseconds since the Unix epoch.
    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Why the caller of a write has no right to it. What gives the right is locked until the transaction ends.
    pub(super) async fn refusal(&self, by: &Actor, lock: Lock) -> Result<Option<StoreError>, Fault> {
        let mut callers = Callers::of(std::iter::once(by), self.now_ms, lock);
        tokio::time::timeout(self.timeout, async {
            callers.prepare(self.client).await?;
            callers.take(self.client).await
        })
        .await
        .map_err(|_| Fault::Silence)??;
        Ok(callers.refusal(by))
    }

    /// Reads rows.
    pub(super) async fn query(&self, sql: &str, parameters: &Parameters<'_>) -> Result<Vec<Row>, Fault> {
        timed(self.timeout, self.client.query(sql, parameters)).await
    }

    /// Writes, and says how many rows.
    pub(super) async fn execute(&self, sql: &str, parameters: &Parameters<'_>) -> Result<u64, Fault> {
        timed(self.timeout, self.client.execute(sql, parameters)).await
    }

    /// Runs what gives no rows and takes no parameters.
    pub(super) async fn run(&self, sql: &str) -> Result<(), Fault> {
        timed(self.timeout, self.client.batch_execute(sql)).await
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
    pub(super) fn written(self) -> PendingRecords {
        self.written
    }
}

/// Whether the transaction that was to leave `trace` is committed. Waits for it to end if it is still alive on the server.
///
/// The lock makes this a transaction that writes, so that its own commit too waits for a synchronous standby: what was found
/// is there as well then, also when the wait of the transaction that left it was broken off.
pub(super) async fn is_committed(
    client: &Session,
    chain: &Chain,
    Limits { timeout, statement, lock }: Limits,
    trace: Trace,
) -> Result<bool, Fault> {
    timed(timeout, async {
        client.batch_execute(&client.begin(statement, lock)).await?;
        client.query(HEAD, &[&chain.as_str()]).await?;
        let found = trace.find(client, chain).await?;
        client.batch_execute(COMMIT).await?;
        Ok::<_, Fault>(found == Lookup::It)
    })
    .await
}
