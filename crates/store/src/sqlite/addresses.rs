//! Statements about the addresses that accounts sign in from.

use rusqlite::{Connection, Row, params};

use super::error::ReadError;
use crate::{AddressHash, SeenAddress};
use zonemint_base::model::UserId;

pub(super) fn of(connection: &Connection, owner: UserId) -> Result<Vec<SeenAddress>, ReadError> {
    let sql = "SELECT owner, address, seen_ms FROM known_addresses WHERE owner = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([owner.as_bytes()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Notes an address, and keeps the newest `most` of its account. `former` are other hashes of the same address.
pub(super) fn note(
    connection: &Connection,
    seen: &SeenAddress,
    former: &[AddressHash],
    oldest_ms: u64,
    most: usize,
) -> rusqlite::Result<()> {
    let owner = seen.owner.as_bytes();
    let mut forget = connection.prepare_cached("DELETE FROM known_addresses WHERE owner = ? AND address = ?")?;
    for hash in former {
        forget.execute(params![owner, hash])?;
    }
    let note = "INSERT INTO known_addresses (owner, address, seen_ms)
                SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?1 AND removed_ms IS NULL)
                ON CONFLICT (owner, address) DO UPDATE SET seen_ms = max(seen_ms, excluded.seen_ms)";
    connection.prepare_cached(note)?.execute(params![owner, seen.address, seen.seen_ms])?;
    let keep = "DELETE FROM known_addresses WHERE owner = ?1 AND (seen_ms <= ?2 OR address NOT IN
                (SELECT address FROM known_addresses WHERE owner = ?1 ORDER BY seen_ms DESC, address LIMIT ?3))";
    connection.prepare_cached(keep)?.execute(params![owner, oldest_ms, most])?;
    Ok(())
}

/// Deletes up to `limit` of those that were last seen before. A round reads the whole table.
pub(super) fn purge(connection: &Connection, before_ms: u64, limit: usize) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM known_addresses WHERE (owner, address) IN
               (SELECT owner, address FROM known_addresses WHERE seen_ms < ? LIMIT ?)";
    connection.prepare_cached(sql)?.execute(params![before_ms, limit])
}

pub(super) fn forget(connection: &Connection, owner: &[u8]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM known_addresses WHERE owner = ?")?.execute([owner])?;
    Ok(())
}

pub(super) fn dump(
    connection: &Connection,
    after: Option<&SeenAddress>,
    limit: usize,
) -> Result<Vec<SeenAddress>, ReadError> {
    let sql = "SELECT owner, address, seen_ms FROM known_addresses WHERE (owner, address) > (?, ?)
               ORDER BY owner, address LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let owner = after.map_or(&[][..], |after| after.owner.as_bytes());
    let address = after.map_or(&[][..], |after| after.address.as_slice());
    let rows = statement.query_map(params![owner, address, limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<SeenAddress, ReadError> {
    let owner = row.get_ref(0)?.as_blob().ok().and_then(|bytes| UserId::from_slice(bytes).ok());
    let address = row.get_ref(1)?.as_blob().ok().and_then(|bytes| bytes.try_into().ok());
    let (Some(owner), Some(address)) = (owner, address) else { return Err(ReadError::Corrupt("known address")) };
    Ok(SeenAddress { owner, address, seen_ms: row.get(2)? })
}

/// Writes a whole row, unless it is there.
pub(super) fn load(connection: &Connection, row: &SeenAddress) -> rusqlite::Result<()> {
    let sql = "INSERT INTO known_addresses (owner, address, seen_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![row.owner.as_bytes(), row.address, row.seen_ms])?;
    Ok(())
}
