//! Rows to records and back.

use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Column, Row};

use super::fault::Fault;
use super::schema::SHARDS;
use crate::row::{Columns, Read};
use zonemint_base::model::TokenId;

/// The database's integers have a sign.
pub(super) fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How many rows a statement may give.
pub(super) fn limit(rows: usize) -> i64 {
    big(rows as u64)
}

/// The place of a token among those that the table is spread over: of its last byte, which is random in each kind of identifier.
pub(super) fn shard(id: &TokenId) -> i16 {
    id.as_bytes().last().map_or(0, |byte| i16::from(byte % SHARDS))
}

pub(super) fn token_id(row: &Row) -> Result<TokenId, Fault> {
    Ok(row.token_id(0)?)
}

fn read<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Read<T> {
    Ok(row.try_get(at)?)
}

impl Columns for Row {
    fn integer(&self, at: usize) -> Read<Option<i64>> {
        match self.columns().get(at).map(Column::type_) {
            Some(&Type::INT4) => Ok(read::<Option<i32>>(self, at)?.map(i64::from)),
            _ => read(self, at),
        }
    }

    fn bytes_or_null(&self, at: usize) -> Read<Option<&[u8]>> {
        read(self, at)
    }

    fn text_or_null(&self, at: usize) -> Read<Option<&str>> {
        read(self, at)
    }

    fn name(&self, at: usize) -> Read<Option<&str>> {
        Ok(self.bytes_or_null(at)?.map(str::from_utf8).transpose()?)
    }

    fn flag(&self, at: usize) -> Read<bool> {
        read(self, at)
    }
}
