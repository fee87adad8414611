//! Statements that read and write whole records, as they move from one store to another.

use rusqlite::{Connection, params};

use super::batch::Batch;
use super::error::ReadError;
use super::{addresses, audit, descendants, keys, marks, names, records, tokens, users, uses};
use crate::{Dump, Mark, Rows, TokenRow, UserRow};
use zonemint_base::model::{TokenId, UserId};

pub(super) fn dump(connection: &Connection, dump: Dump, limit: usize) -> Result<Rows, ReadError> {
    Ok(match dump {
        Dump::Users(after) => Rows::Users(dump_users(connection, after, limit)?),
        Dump::Tokens(after) => Rows::Tokens(dump_tokens(connection, after, limit)?),
        Dump::Uses(after) => Rows::Uses(uses::dump(connection, after.as_ref(), limit)?),
        Dump::Addresses(after) => Rows::Addresses(addresses::dump(connection, after.as_ref(), limit)?),
        Dump::Names(after) => Rows::Names(names::dump(connection, after.as_ref(), limit)?),
        Dump::Parents(after) => Rows::Parents(descendants::dump(connection, after.as_ref(), limit)?),
    })
}

fn dump_users(connection: &Connection, after: Option<UserId>, limit: usize) -> Result<Vec<UserRow>, ReadError> {
    let mut statement = connection.prepare_cached(users::DUMP)?;
    let after = after.as_ref().map_or(&[][..], UserId::as_bytes);
    let rows = statement.query_map(params![after, limit], records::user_row)?;
    rows.map(|row| row?).collect()
}

fn dump_tokens(connection: &Connection, after: Option<TokenId>, limit: usize) -> Result<Vec<TokenRow>, ReadError> {
    let mut statement = connection.prepare_cached(tokens::DUMP)?;
    let after = after.as_ref().map_or(&[][..], TokenId::as_bytes);
    let rows = statement.query_map(params![after, limit], records::token_row)?;
    rows.map(|row| row?).collect()
}

pub(super) fn load(batch: &mut Batch<'_>, rows: &Rows, mark: &Mark) -> rusqlite::Result<()> {
    let connection = batch.connection();
    match rows {
        Rows::Users(rows) => rows.iter().try_for_each(|row| users::load(connection, row))?,
        Rows::Tokens(rows) => rows.iter().try_for_each(|row| tokens::load(connection, row))?,
        Rows::Uses(rows) => rows.iter().try_for_each(|row| uses::load(connection, row))?,
        Rows::Parents(rows) => rows.iter().try_for_each(|row| descendants::load(connection, row))?,
        Rows::Addresses(rows) => rows.iter().try_for_each(|row| addresses::load(connection, row))?,
        Rows::Names(rows) => rows
            .iter()
            .try_for_each(|row| names::keep(connection, row.owner.as_bytes(), row.name.as_str(), row.until_ms))?,
        Rows::Keys(rows) => {
            for key in rows {
                let sql = "SELECT 1 FROM root_keys WHERE id = ?";
                if !connection.prepare_cached(sql)?.exists([key.id.as_bytes()])? {
                    keys::insert(connection, key)?;
                }
            }
        }
        Rows::Audit(rows) => {
            for row in rows {
                if !audit::has(connection, row)? {
                    audit::insert(connection, row)?;
                }
            }
        }
    }
    batch.forget_head();
    marks::set_mark(connection, mark)?;
    Ok(())
}
