//! Runs the statements that both engines have.

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::statements::{Statement, Value};

/// Changes rows; says how many.
pub(super) fn execute(connection: &Connection, statement: &Statement<'_>) -> rusqlite::Result<u64> {
    let changed = connection.prepare_cached(statement.sql)?.execute(params_from_iter(&statement.values))?;
    Ok(changed as u64)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Bytes(bytes) => bytes.to_sql(),
            Self::Flag(flag) => flag.to_sql(),
            Self::Name(text, _) | Self::Text(text) => text.to_sql(),
            Self::Number(number) => number.to_sql(),
            Self::Owned(text) => text.to_sql(),
        }
    }
}
