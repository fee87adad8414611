//! One transaction: what operations write, and the audit rows and changes that are written with it at its end.
//!
//! The first statement of a transaction locks the row of this process's chain in `heads`, the last one moves it on. So what
//! is committed of a chain is at every moment its beginning, without gaps, and nodes, each with its own row, do not wait for
//! one another. Audit rows get their numbers and hashes only at the end: what is undone before has left nothing.
//!
//! Isolation is READ COMMITTED, and a mint does not lock its owner's row. A mint that overlaps a block, or the revocation of
//! all of a user's tokens, was asked for before either was answered, so "mint first" and "mint last" are both right, and one
//! of them comes out: a token of a blocked user is refused where it is used.

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::mints::Run;
use super::records;
use crate::model::{TokenId, UserId};
use crate::store::{Actor, AuditAction, AuditEntry, AuditRow, Chain, Topic, columns};

/// Parameters of a statement.
pub(super) type Parameters<'a> = [&'a (dyn ToSql + Sync)];

const HEAD: &str = "SELECT audit_seq, audit_hash, change_seq FROM heads WHERE chain = $1 FOR UPDATE";
const FIRST_HEAD: &str = "INSERT INTO heads (chain, audit_seq, audit_hash, change_seq) VALUES ($1, 0, $2, 0)
                          ON CONFLICT DO NOTHING";
const MOVE_HEAD: &str = "UPDATE heads SET audit_seq = $2, audit_hash = $3, change_seq = $4 WHERE chain = $1";
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
    end: End,
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

/// The transaction that operations run in.
pub(super) struct Batch<'a> {
    client: &'a ClientWrapper,
    chain: &'a Chain,
    patience: Duration,
    end: End,
    entries: Vec<(AuditEntry, u64)>,
    changes: Vec<(Topic, u64)>,
    /// Whether NOTIFY is understood.
    notify: bool,
}

impl<'a> Batch<'a> {
    /// Begins, locks the chain, and stores the mints that come first, all in one round trip.
    ///
    /// Within the transaction each statement has a limit of time. `BEGIN` itself has none: were it cut short, the mints that
    /// are already on their way behind it would be stored by themselves.
    pub(super) async fn begin(
        client: &'a ClientWrapper,
        chain: &'a Chain,
        (patience, limit): (Duration, Duration),
        mints: &mut Run<'_>,
        notify: bool,
    ) -> Result<Self, Fault> {
        mints.prepare(client).await?;
        let head = client.prepare_cached(HEAD).await?;
        let start =
            format!("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = {}", limit.as_millis());
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
        let (begun, rows, sent) = timed(patience, async { Ok(all.await) }).await?;
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
        Ok(Self { client, chain, patience, end, entries: Vec::new(), changes: Vec::new(), notify })
    }

    /// The connection, inside the transaction.
    pub(super) fn client(&self) -> &'a ClientWrapper {
        self.client
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
        self.entries.push((entry, at_ms));
    }

    /// Appends to the change feed.
    pub(super) fn announce(&mut self, topic: Topic, at_ms: u64) {
        self.changes.push((topic, at_ms));
    }

    /// Notes that a row of this process's own chain was put into the database from elsewhere.
    pub(super) fn extend_chain(&mut self, row: &AuditRow) {
        if row.chain == *self.chain && row.seq > self.end.audit.0 {
            self.end.audit = (row.seq, row.hash);
        }
    }

    /// Where the transaction is now.
    pub(super) fn waypoint(&self) -> Waypoint {
        Waypoint { end: self.end, entries: self.entries.len(), changes: self.changes.len() }
    }

    /// Forgets what was appended after `waypoint`; what is in the database is undone by a savepoint.
    pub(super) fn back_to(&mut self, waypoint: Waypoint) {
        self.end = waypoint.end;
        self.entries.truncate(waypoint.entries);
        self.changes.truncate(waypoint.changes);
    }

    /// Numbers and chains what was appended, so that it can be written.
    pub(super) fn seal(self) -> Sealed<'a> {
        let mut end = self.end;
        let rows = self.entries.into_iter().map(|(entry, at_ms)| {
            let row = entry.chained(self.chain.clone(), end.audit, at_ms);
            end.audit = (row.seq, row.hash);
            row
        });
        let rows: Vec<AuditRow> = rows.collect();
        let first_change = end.change + 1;
        end.change += self.changes.len() as u64;
        let trace = match (rows.last(), self.changes.last()) {
            (Some(row), _) => Trace::Audit { seq: row.seq, hash: row.hash },
            (None, Some((topic, at_ms))) => Trace::Change { seq: end.change, topic: *topic, at_ms: *at_ms },
            (None, None) => Trace::None,
        };
        let Self { client, chain, patience, changes, notify, .. } = self;
        let moved = end != self.end;
        Sealed { client, chain, patience, notify, rows, changes, first_change, end, moved, trace }
    }
}

/// A transaction to which nothing is added any more.
pub(super) struct Sealed<'a> {
    client: &'a ClientWrapper,
    chain: &'a Chain,
    patience: Duration,
    notify: bool,
    rows: Vec<AuditRow>,
    changes: Vec<(Topic, u64)>,
    first_change: u64,
    end: End,
    moved: bool,
    /// What shows that it was committed.
    pub(super) trace: Trace,
}

impl Sealed<'_> {
    /// Writes what was appended and commits, in one round trip.
    pub(super) async fn commit(&self) -> Result<(), Fault> {
        let client = self.client;
        // Prepared statements are there from the second time on, and each is sent at once when it is first polled.
        if !self.rows.is_empty() {
            client.prepare_cached(AUDIT).await?;
        }
        if !self.changes.is_empty() {
            client.prepare_cached(CHANGES).await?;
        }
        if self.moved {
            client.prepare_cached(MOVE_HEAD).await?;
        }
        let notify = if self.notify && !self.changes.is_empty() { super::listener::NOTIFY } else { "" };
        let commit = format!("{notify}{COMMIT}");
        let all = Box::pin(async {
            tokio::join!(
                biased;
                self.write_audit(),
                self.write_changes(),
                self.move_head(),
                async { Ok::<_, Fault>(client.batch_execute(&commit).await?) },
            )
        });
        // A commit that waits for a standby may take longer than a statement.
        let (audit, changes, head, committed) = timed(2 * self.patience, async { Ok(all.await) }).await?;
        // An earlier one that failed has made the commit a rollback, which is not an error to the server.
        audit?;
        changes?;
        head?;
        committed
    }

    async fn write_audit(&self) -> Result<(), Fault> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let statement = self.client.prepare_cached(AUDIT).await?;
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
        self.client.execute(&statement, &parameters).await?;
        Ok(())
    }

    async fn write_changes(&self) -> Result<(), Fault> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let statement = self.client.prepare_cached(CHANGES).await?;
        let seqs: Vec<i64> = (self.first_change..).zip(&self.changes).map(|(seq, _)| records::big(seq)).collect();
        let topics: Vec<_> = self.changes.iter().map(|(topic, _)| columns::topic(topic)).collect();
        let parameters: [&(dyn ToSql + Sync); 5] = [
            &self.chain.as_str(),
            &seqs,
            &topics.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            &topics.iter().map(|(_, id)| *id).collect::<Vec<_>>(),
            &self.changes.iter().map(|(_, at_ms)| records::big(*at_ms)).collect::<Vec<_>>(),
        ];
        self.client.execute(&statement, &parameters).await?;
        Ok(())
    }

    async fn move_head(&self) -> Result<(), Fault> {
        if !self.moved {
            return Ok(());
        }
        let statement = self.client.prepare_cached(MOVE_HEAD).await?;
        let (seq, hash) = self.end.audit;
        let parameters: [&(dyn ToSql + Sync); 4] =
            [&self.chain.as_str(), &records::big(seq), &hash.as_slice(), &records::big(self.end.change)];
        self.client.execute(&statement, &parameters).await?;
        Ok(())
    }
}

/// Whether the transaction that was to leave `trace` is committed. Waits for it to end if it is still alive on the server.
///
/// The lock makes this a transaction that writes, so that its own commit too waits for a synchronous standby: what was found
/// is there as well then, also when the wait of the transaction that left it was broken off.
pub(super) async fn is_committed(
    client: &ClientWrapper,
    chain: &Chain,
    (patience, limit): (Duration, Duration),
    trace: &Trace,
) -> Result<bool, Fault> {
    timed(patience, async {
        let begin = format!("BEGIN; SET LOCAL statement_timeout = {}", limit.as_millis());
        client.batch_execute(&begin).await?;
        client.query(HEAD, &[&chain.as_str()]).await?;
        let (sql, seq) = match trace {
            Trace::Audit { seq, .. } => ("SELECT hash FROM audit WHERE chain = $1 AND seq = $2", *seq),
            Trace::Change { seq, .. } => ("SELECT kind, id, at_ms FROM changes WHERE chain = $1 AND seq = $2", *seq),
            Trace::None => ("SELECT 1 FROM heads WHERE chain = $1 AND audit_seq = $2 AND false", 0),
        };
        let rows = client.query(sql, &[&chain.as_str(), &records::big(seq)]).await?;
        client.batch_execute(COMMIT).await?;
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
    })
    .await
}

/// Waits for the database, but not for ever.
pub(super) async fn timed<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Fault> {
    Ok(tokio::time::timeout(patience, work).await.map_err(|_| Fault::Silence)??)
}
