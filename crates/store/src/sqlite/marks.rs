//! Marks: named values that a store keeps about itself.

use rusqlite::{Connection, OptionalExtension as _};

use super::error::ReadError;
use crate::Mark;

/// Reads a mark.
pub(super) fn mark(connection: &Connection, name: &str) -> Result<Option<String>, ReadError> {
    let mut statement = connection.prepare_cached("SELECT value FROM marks WHERE name = ?")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Says whether the mark was another one.
pub(super) fn set_mark(connection: &Connection, mark: &Mark) -> rusqlite::Result<bool> {
    let changed = match &mark.value {
        Some(value) => connection
            .prepare_cached(
                "INSERT INTO marks (name, value) VALUES (?, ?)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
            )?
            .execute([&mark.name, value])?,
        None => connection.prepare_cached("DELETE FROM marks WHERE name = ?")?.execute([&mark.name])?,
    };
    Ok(changed > 0)
}
