//! Statements about names that accounts have no more.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::readers::ReadError;
use crate::model::{UserId, UserName};
use crate::store::FormerName;

/// The name that an account loses when it gets another one, or none.
pub(super) fn lost_for(
    connection: &Connection,
    owner: &[u8; 16],
    to: Option<&UserName>,
) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT name FROM users WHERE id = ? AND removed_ms IS NULL AND name <> ?";
    let to = to.map_or("", UserName::as_str);
    connection.prepare_cached(sql)?.query_row(params![owner, to], |row| row.get(0)).optional()
}

/// Keeps a name that an account had until a moment.
pub(super) fn keep(connection: &Connection, owner: &[u8; 16], name: &str, until_ms: u64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO former_names (owner, until_ms, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![owner, until_ms, name])?;
    Ok(())
}

/// Whether another account had this name.
pub(super) fn is_former_of_another(connection: &Connection, name: &UserName, owner: UserId) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM former_names WHERE name = ? AND owner <> ?";
    connection.prepare_cached(sql)?.exists(params![name.as_str(), owner.as_bytes()])
}

/// Those of an account, the one that it had first in front.
pub(super) fn of(connection: &Connection, owner: UserId) -> Result<Vec<FormerName>, ReadError> {
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE owner = ? ORDER BY until_ms, name";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([owner.as_bytes()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

pub(super) fn dump(
    connection: &Connection,
    after: Option<&FormerName>,
    limit: usize,
) -> Result<Vec<FormerName>, ReadError> {
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE (owner, until_ms, name) > (?, ?, ?)
               ORDER BY owner, until_ms, name LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let owner = after.map_or(&[][..], |after| after.owner.as_bytes().as_slice());
    let (until_ms, name) = after.map_or((0, ""), |after| (after.until_ms, after.name.as_str()));
    let rows = statement.query_map(params![owner, until_ms, name, limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<FormerName, ReadError> {
    let owner = row.get_ref(0)?.as_blob().ok().and_then(|bytes| bytes.try_into().ok()).map(UserId::from_bytes);
    let name = row.get_ref(2)?.as_str().ok().and_then(|name| UserName::parse(name).ok());
    let (Some(owner), Some(name)) = (owner, name) else { return Err(ReadError::Corrupt("former name")) };
    Ok(FormerName { owner, until_ms: row.get(1)?, name })
}
