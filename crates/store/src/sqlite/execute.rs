//! Runs statements, and reads the records that they give.

use futures_util::FutureExt as _;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Params, Row, ToSql, params_from_iter};

use super::error::ReadError;
use crate::row::{Columns, Kind, Read};
use crate::sql::{Query, Statement, Value};

/// What a future gives that never waits: those of a transaction of this engine.
pub(super) fn at_once<T>(ready: impl Future<Output = rusqlite::Result<T>>) -> rusqlite::Result<T> {
    ready.now_or_never().unwrap_or(Err(rusqlite::Error::InvalidQuery))
}

/// Changes rows; returns how many.
pub(super) fn execute(connection: &Connection, statement: &Statement<'_>) -> rusqlite::Result<u64> {
    let changed = connection.prepare_cached(statement.sql)?.execute(params_from_iter(&statement.values))?;
    Ok(changed as u64)
}

/// Changes rows by several statements; returns how many.
#[expect(single_use_lifetimes, reason = "a lifetime in an `impl Trait` has to have a name")]
pub(super) fn execute_all<'a>(
    connection: &Connection,
    statements: impl IntoIterator<Item = Statement<'a>>,
) -> rusqlite::Result<u64> {
    statements.into_iter().map(|statement| execute(connection, &statement)).sum()
}

/// Whether a statement gives a row.
pub(super) fn exists(connection: &Connection, statement: &Statement<'_>) -> rusqlite::Result<bool> {
    connection.prepare_cached(statement.sql)?.exists(params_from_iter(&statement.values))
}

/// Reads records.
pub(super) fn fetch<T>(connection: &Connection, query: &Query<'_, T>) -> Result<Vec<T>, ReadError> {
    all(connection, query.statement.sql, params_from_iter(&query.statement.values), query.kind)
}

/// Reads records by a statement of this engine.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    kind: &Kind<T>,
) -> Result<Vec<T>, ReadError> {
    all_as(connection, sql, parameters, |row| Ok(kind.of(row)?))
}

/// Reads rows.
pub(super) fn all_as<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, ReadError>,
) -> Result<Vec<T>, ReadError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Bytes(bytes) => bytes.to_sql(),
            Self::Flag(flag) => flag.to_sql(),
            Self::Name(name) => Ok(ToSqlOutput::Borrowed(name.as_deref().map_or(ValueRef::Null, ValueRef::Text))),
            Self::Number(number) => number.to_sql(),
            Self::Time(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Owned(text) => text.to_sql(),
        }
    }
}

impl Columns for Row<'_> {
    fn integer(&self, at: usize) -> Read<Option<i64>> {
        Ok(self.get_ref(at)?.as_i64_or_null()?)
    }

    fn bytes_or_null(&self, at: usize) -> Read<Option<&[u8]>> {
        Ok(self.get_ref(at)?.as_blob_or_null()?)
    }

    fn text_or_null(&self, at: usize) -> Read<Option<&str>> {
        Ok(self.get_ref(at)?.as_str_or_null()?)
    }

    fn name(&self, at: usize) -> Read<Option<&str>> {
        self.text_or_null(at)
    }

    fn flag(&self, at: usize) -> Read<bool> {
        Ok(self.get(at)?)
    }
}
