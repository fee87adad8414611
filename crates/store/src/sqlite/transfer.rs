//! Statements that read and write whole records, as they move from one store to another.

use rusqlite::{Connection, params};

use super::batch::Batch;
use super::error::ReadError;
use super::execute::{all, execute, execute_all, fetch};
use super::{audit, tokens};
use crate::records::TOKEN_ROW;
use crate::statements::{addresses, names, parents, users, uses};
use crate::{Dump, Mark, Rows};
use zonemint_base::model::TokenId;

pub(super) fn dump(connection: &Connection, dump: Dump, limit: usize) -> Result<Rows, ReadError> {
    Ok(match dump {
        Dump::Users(after) => Rows::Users(fetch(connection, &users::dump(after.as_ref(), limit))?),
        Dump::Tokens(after) => {
            let after = after.as_ref().map_or(&[][..], TokenId::as_bytes);
            Rows::Tokens(all(connection, tokens::DUMP, params![after, limit], &TOKEN_ROW)?)
        }
        Dump::Uses(after) => Rows::Uses(fetch(connection, &uses::dump(after.as_ref(), limit))?),
        Dump::Addresses(after) => Rows::Addresses(fetch(connection, &addresses::dump(after.as_ref(), limit))?),
        Dump::Names(after) => Rows::Names(fetch(connection, &names::dump(after.as_ref(), limit))?),
        Dump::Parents(after) => Rows::Parents(fetch(connection, &parents::dump(after.as_ref(), limit))?),
    })
}

pub(super) fn load(batch: &mut Batch<'_>, rows: &Rows, mark: &Mark) -> rusqlite::Result<()> {
    let connection = batch.connection();
    match rows {
        Rows::Tokens(rows) => rows.iter().try_for_each(|row| tokens::load(connection, row))?,
        Rows::Audit(rows) => {
            for row in rows {
                if audit::hash_of(connection, row)?.is_none() {
                    audit::insert(connection, row)?;
                }
            }
        }
        others => execute_all(connection, others.statements()).map(drop)?,
    }
    batch.forget_head();
    execute(connection, &names::set_mark(mark)).map(drop)
}
