//! Statements about audit rows and changes, which lie chain by chain.

use tokio_postgres::Row;

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use crate::records::{CHANGE, HEAD, audit_row};
use crate::row::Columns as _;
use crate::{AuditRow, Chain, Change, DatabaseClock, Head, Position};

/// The database's time, in milliseconds since the Unix epoch.
pub(super) const NOW_MS: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// Where the chains end, and what time it is. A node of the version before moves a chain and leaves the hash as it was.
const ENDS: &str = "SELECT chain, change_seq, CASE WHEN hashed_seq = change_seq THEN change_hash END,
                    (extract(epoch FROM clock_timestamp()) * 1000)::bigint, pg_backend_pid() FROM heads";

pub(super) async fn end(readers: &Readers) -> Result<Position, Fault> {
    position(&readers.query(ENDS, &[]).await?)
}

fn position(rows: &[Row]) -> Result<Position, Fault> {
    let mut position = Position::default();
    for row in rows {
        position.set(row.chain(0)?, row.cursor(1)?);
    }
    Ok(position)
}

/// Where the chains end, and on which connection and by which process of the server that was read. Sets `clock` by the
/// time there.
pub(super) async fn numbered_end(
    readers: &Readers,
    clock: &DatabaseClock,
) -> Result<(Position, u64, Option<i32>), Fault> {
    let asked_ms = clock.asked();
    let (rows, connection) = readers.query_numbered(ENDS, &[]).await?;
    let Some(row) = rows.first() else { return Ok((Position::default(), connection, None)) };
    clock.answered(asked_ms, row.try_get(3)?);
    Ok((position(&rows)?, connection, row.try_get(4)?))
}

/// Reads what follows a position in the chains that are longer. Returns the changes and the number of the connection. A row is not
/// read without those before it: what is committed of a chain is its beginning.
pub(super) async fn changes_between(
    readers: &Readers,
    position: &Position,
    ends: &Position,
    limit: usize,
) -> Result<Option<(Vec<Change>, u64)>, Fault> {
    let sql = "SELECT c.chain, c.seq, c.hash, c.at_ms, c.kind, c.id
               FROM unnest($1::text[], $2::bigint[]) AS v(chain, seq)
               CROSS JOIN LATERAL (
                   SELECT chain, seq, hash, at_ms, kind, id FROM changes
                   WHERE changes.chain = v.chain AND changes.seq > v.seq ORDER BY seq LIMIT $3
               ) AS c ORDER BY c.chain, c.seq LIMIT $3";
    let longer = ends.iter().filter(|(chain, end)| position.of(chain).seq < end.seq);
    let (chains, from): (Vec<_>, Vec<_>) =
        longer.map(|(chain, _)| (chain.as_str(), records::big(position.of(chain).seq))).unzip();
    if chains.is_empty() || limit == 0 {
        return Ok(None);
    }
    let (rows, connection) = readers.query_numbered(sql, &[&chains, &from, &records::limit(limit)]).await?;
    let changes = rows.iter().map(|row| CHANGE.of(row)).collect::<Result<_, _>>()?;
    Ok(Some((changes, connection)))
}

/// Only from the front: a younger change, by a clock that was set back since, keeps those after it.
pub(super) async fn purge(batch: &Batch<'_>, before_ms: u64, limit: usize) -> Result<u64, Fault> {
    let sql = "DELETE FROM changes WHERE (chain, seq) IN (
                   SELECT c.chain, c.seq FROM heads CROSS JOIN LATERAL (
                       SELECT chain, seq, max(at_ms) OVER (ORDER BY seq) AS latest_ms FROM (
                           SELECT chain, seq, at_ms FROM changes
                           WHERE changes.chain = heads.chain AND changes.seq < heads.change_seq ORDER BY seq LIMIT $2
                       ) AS first
                   ) AS c WHERE c.latest_ms < $1 ORDER BY c.chain, c.seq LIMIT $2
               )";
    batch.execute(sql, &[&records::big(before_ms), &records::limit(limit)]).await
}

pub(super) async fn heads(readers: &Readers) -> Result<Vec<Head>, Fault> {
    let sql = "SELECT chain, audit_seq, audit_hash FROM heads WHERE audit_seq > 0";
    let mut heads = readers.all_of(sql, &[], &HEAD).await?;
    heads.sort_by(|one, other| one.chain.cmp(&other.chain));
    Ok(heads)
}

pub(super) async fn audit_after(
    readers: &Readers,
    chain: &Chain,
    seq: u64,
    limit: usize,
) -> Result<Vec<AuditRow>, Fault> {
    let sql = r#"SELECT seq, at_ms, action, actor, "user", token, note, hash FROM audit
                 WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3"#;
    let rows = readers.query(sql, &[&chain.as_str(), &records::big(seq), &records::limit(limit)]).await?;
    rows.iter().map(|row| Ok(audit_row(chain, row)?)).collect()
}

pub(super) async fn delete_audit(batch: &Batch<'_>, chain: &Chain, seq: u64, limit: usize) -> Result<u64, Fault> {
    let sql = "DELETE FROM audit WHERE chain = $1 AND seq IN
               (SELECT seq FROM audit WHERE chain = $1 AND seq < $2 ORDER BY seq LIMIT $3)";
    batch.execute(sql, &[&chain.as_str(), &records::big(seq), &records::limit(limit)]).await
}
