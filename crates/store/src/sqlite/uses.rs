//! Statements about how often tokens were used.

use rusqlite::{Connection, Row, params};

use super::error::ReadError;
use crate::{Chain, DayOfUses, UsesRow};
use zonemint_base::model::UserId;

pub(super) fn add(connection: &Connection, uses: &[DayOfUses]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO uses (owner, day, chain, count)
               SELECT ?1, ?2, '', ?3 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?1 AND removed_ms IS NULL)
               ON CONFLICT (owner, day, chain) DO UPDATE SET count = count + excluded.count";
    let mut statement = connection.prepare_cached(sql)?;
    for DayOfUses { owner, day, count } in uses {
        statement.execute(params![owner.as_bytes(), day, count])?;
    }
    Ok(())
}

pub(super) fn of(connection: &Connection, owner: UserId, from_day: u32) -> Result<Vec<DayOfUses>, ReadError> {
    let sql = "SELECT day, sum(count) FROM uses WHERE owner = ? AND day >= ? GROUP BY day ORDER BY day";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![owner.as_bytes(), from_day], |row| {
        Ok(DayOfUses { owner, day: row.get(0)?, count: row.get(1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn purge(connection: &Connection, before_day: u32, limit: usize) -> rusqlite::Result<usize> {
    let sql =
        "DELETE FROM uses WHERE (owner, day, chain) IN (SELECT owner, day, chain FROM uses WHERE day < ? LIMIT ?)";
    connection.prepare_cached(sql)?.execute(params![before_day, limit])
}

pub(super) fn forget(connection: &Connection, owner: &[u8]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM uses WHERE owner = ?")?.execute([owner])?;
    Ok(())
}

pub(super) fn dump(connection: &Connection, after: Option<&UsesRow>, limit: usize) -> Result<Vec<UsesRow>, ReadError> {
    let sql = "SELECT owner, day, chain, count FROM uses WHERE (owner, day, chain) > (?, ?, ?)
               ORDER BY owner, day, chain LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let owner = after.map_or(&[][..], |after| after.owner.as_bytes());
    let (day, chain) = after.map_or((0, ""), |after| (after.day, after.chain.as_str()));
    let rows = statement.query_map(params![owner, day, chain, limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<UsesRow, ReadError> {
    let owner = row.get_ref(0)?.as_blob().ok().and_then(|bytes| UserId::from_slice(bytes).ok());
    let chain = row.get_ref(2)?.as_str().ok().and_then(Chain::parse);
    let (Some(owner), Some(chain)) = (owner, chain) else { return Err(ReadError::Corrupt("row of uses")) };
    Ok(UsesRow { owner, day: row.get(1)?, chain, count: row.get(3)? })
}

/// Writes a whole row, unless it is there.
pub(super) fn load(connection: &Connection, row: &UsesRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO uses (owner, day, chain, count) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let UsesRow { owner, day, chain, count } = row;
    connection.prepare_cached(sql)?.execute(params![owner.as_bytes(), day, chain.as_str(), count])?;
    Ok(())
}
