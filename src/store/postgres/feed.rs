//! Statements about audit rows and changes, which lie chain by chain.

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use crate::store::{AuditRow, Chain, Change, Head, Position};

pub(super) async fn end(readers: &Readers) -> Result<Position, Fault> {
    let ends = readers
        .all("SELECT chain, change_seq FROM heads", &[], |row| Ok((records::chain(row, 0)?, records::number(row, 1)?)));
    let mut place = Position::default();
    for (chain, seq) in ends.await? {
        place.advance(chain, seq);
    }
    Ok(place)
}

/// One round trip when nothing has moved, two when something has.
///
/// What is committed of a chain is its beginning, so a place in each chain cannot be past a change that is not seen yet. A
/// chain that ends before the reader's place was put back, from a backup say: its last change is given again, which the
/// reader knows for a gap.
pub(super) async fn changes_after(readers: &Readers, place: &Position, limit: usize) -> Result<Vec<Change>, Fault> {
    let sql = "SELECT c.chain, c.seq, c.kind, c.id
               FROM unnest($1::text[], $2::bigint[]) AS v(chain, seq)
               CROSS JOIN LATERAL (
                   SELECT chain, seq, kind, id FROM changes WHERE changes.chain = v.chain AND changes.seq > v.seq
                   ORDER BY seq LIMIT $3
               ) AS c ORDER BY c.chain, c.seq LIMIT $3";
    let now = end(readers).await?;
    let moved = now.iter().filter(|(chain, seq)| place.of(chain) != *seq);
    let (chains, from): (Vec<_>, Vec<_>) =
        moved.map(|(chain, seq)| (chain.as_str(), records::big(place.of(chain).min(seq.saturating_sub(1))))).unzip();
    if chains.is_empty() {
        return Ok(Vec::new());
    }
    readers.all(sql, &[&chains, &from, &records::limit(limit)], records::change).await
}

pub(super) async fn purge(batch: &Batch<'_>, before_ms: u64, limit: usize) -> Result<usize, Fault> {
    let sql = "DELETE FROM changes WHERE (chain, seq) IN (
                   SELECT c.chain, c.seq FROM heads CROSS JOIN LATERAL (
                       SELECT chain, seq, at_ms FROM changes
                       WHERE changes.chain = heads.chain AND changes.seq < heads.change_seq ORDER BY seq LIMIT $2
                   ) AS c WHERE c.at_ms < $1 ORDER BY c.chain, c.seq LIMIT $2
               )";
    let gone = batch.execute(sql, &[&records::big(before_ms), &records::limit(limit)]).await?;
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}

pub(super) async fn heads(readers: &Readers) -> Result<Vec<Head>, Fault> {
    let sql = "SELECT chain, audit_seq, audit_hash FROM heads WHERE audit_seq > 0";
    let mut heads = readers
        .all(sql, &[], |row| {
            Ok(Head { chain: records::chain(row, 0)?, seq: records::number(row, 1)?, hash: records::hash(row, 2)? })
        })
        .await?;
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
    rows.iter().map(|row| records::audit_row(chain, row)).collect()
}

pub(super) async fn delete_audit(batch: &Batch<'_>, chain: &Chain, seq: u64, limit: usize) -> Result<usize, Fault> {
    let sql = "DELETE FROM audit WHERE chain = $1 AND seq IN
               (SELECT seq FROM audit WHERE chain = $1 AND seq < $2 ORDER BY seq LIMIT $3)";
    let gone = batch.execute(sql, &[&chain.as_str(), &records::big(seq), &records::limit(limit)]).await?;
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}
