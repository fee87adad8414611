//! Statements about the addresses that accounts sign in from.

use tokio_postgres::Row;

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use crate::{AddressHash, SeenAddress};
use zonemint_base::model::UserId;

pub(super) async fn of(readers: &Readers, owner: UserId) -> Result<Vec<SeenAddress>, Fault> {
    let sql = "SELECT owner, address, seen_ms FROM known_addresses WHERE owner = $1";
    let rows = readers.query(sql, &[&owner.as_bytes()]).await?;
    rows.iter().map(read).collect()
}

/// Notes an address, and keeps the newest `most` of its account; two nodes at once may keep one more for a while. `former` are
/// other hashes of the same address.
pub(super) async fn note(
    batch: &Batch<'_>,
    seen: &SeenAddress,
    former: &[AddressHash],
    oldest_ms: u64,
    most: usize,
) -> Result<(), Fault> {
    let owner = seen.owner.as_bytes();
    let former: Vec<_> = former.iter().map(<[u8; 32]>::as_slice).collect();
    batch.execute("DELETE FROM known_addresses WHERE owner = $1 AND address = ANY($2)", &[&owner, &former]).await?;
    let note = "INSERT INTO known_addresses (owner, address, seen_ms)
                SELECT $1::bytea, $2::bytea, $3::bigint WHERE EXISTS (SELECT 1 FROM users WHERE id = $1 AND removed_ms IS NULL)
                ON CONFLICT (owner, address)
                DO UPDATE SET seen_ms = greatest(known_addresses.seen_ms, excluded.seen_ms)";
    batch.execute(note, &[&owner, &seen.address.as_slice(), &records::big(seen.seen_ms)]).await?;
    let keep = "DELETE FROM known_addresses WHERE owner = $1 AND (seen_ms <= $2 OR address NOT IN
                (SELECT address FROM known_addresses WHERE owner = $1 ORDER BY seen_ms DESC, address LIMIT $3))";
    batch.execute(keep, &[&owner, &records::big(oldest_ms), &records::limit(most)]).await?;
    Ok(())
}

/// Deletes up to `limit` of those that were last seen before. A round reads the whole table.
pub(super) async fn purge(batch: &Batch<'_>, before_ms: u64, limit: usize) -> Result<usize, Fault> {
    let sql = "DELETE FROM known_addresses WHERE (owner, address) IN
               (SELECT owner, address FROM known_addresses WHERE seen_ms < $1 ORDER BY owner, address LIMIT $2)";
    let removed = batch.execute(sql, &[&records::big(before_ms), &records::limit(limit)]).await?;
    Ok(usize::try_from(removed).unwrap_or(usize::MAX))
}

pub(super) async fn forget(batch: &Batch<'_>, owner: UserId) -> Result<(), Fault> {
    batch.execute("DELETE FROM known_addresses WHERE owner = $1", &[&owner.as_bytes()]).await?;
    Ok(())
}

pub(super) async fn dump(
    readers: &Readers,
    after: Option<&SeenAddress>,
    limit: usize,
) -> Result<Vec<SeenAddress>, Fault> {
    let sql = "SELECT owner, address, seen_ms FROM known_addresses WHERE (owner, address) > ($1, $2)
               ORDER BY owner, address LIMIT $3";
    let owner = after.map_or(&[][..], |after| after.owner.as_bytes());
    let address = after.map_or(&[][..], |after| after.address.as_slice());
    readers.all(sql, &[&owner, &address, &records::limit(limit)], read).await
}

/// Writes a whole row, unless it is there.
pub(super) async fn load(batch: &Batch<'_>, row: &SeenAddress) -> Result<(), Fault> {
    let sql = "INSERT INTO known_addresses (owner, address, seen_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let (owner, address) = (row.owner.as_bytes(), row.address.as_slice());
    batch.execute(sql, &[&owner, &address, &records::big(row.seen_ms)]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<SeenAddress, Fault> {
    let address = row.try_get::<_, &[u8]>(1)?.try_into().map_err(|_| Fault::Corrupt("known address"))?;
    Ok(SeenAddress { owner: records::user_id(row, 0)?, address, seen_ms: records::number(row, 2)? })
}
