//! Statements about root keys and sealed secrets.

use rusqlite::{Connection, params};

use super::error::ReadError;
use super::execute::{all, execute};
use crate::command::Outcome;
use crate::records::SECRET;
use crate::{Resealed, SealedKey, SealedSecret, statements};
use zonemint_base::model::{KeyId, TokenId};

/// Says whether it is the first one.
pub(super) fn insert_first(connection: &Connection, key: &SealedKey) -> rusqlite::Result<bool> {
    let is_first = !connection.prepare_cached(statements::keys::ANY)?.exists([])?;
    if is_first {
        add(connection, key)?;
    }
    Ok(is_first)
}

pub(super) fn add(connection: &Connection, key: &SealedKey) -> rusqlite::Result<()> {
    let number = next_number(connection)?;
    execute(connection, &statements::keys::add(key, number)).map(drop)
}

/// Every key has a number here, but for one that was copied from where a node of the version before has added it.
fn next_number(connection: &Connection) -> rusqlite::Result<u64> {
    connection.execute(statements::keys::NUMBER_KEYS, [])?;
    connection.query_row(statements::keys::NEXT_NUMBER, [], |row| row.get(0))
}

pub(super) fn put_last(connection: &Connection, id: KeyId) -> rusqlite::Result<Outcome> {
    let number = next_number(connection)?;
    Ok(Outcome::of_rows(execute(connection, &statements::keys::number(&id, number))?))
}

pub(super) fn secrets_not_under(
    connection: &Connection,
    current: KeyId,
    after: Option<TokenId>,
    limit: usize,
) -> Result<Vec<SealedSecret>, ReadError> {
    let sql = "SELECT id, key, sealed FROM tokens
               WHERE sealed IS NOT NULL AND deleted_ms IS NULL AND key <> ? AND id > ? ORDER BY id LIMIT ?";
    let after = after.as_ref().map_or(&[][..], TokenId::as_bytes);
    all(connection, sql, params![current.as_bytes(), after, limit], &SECRET)
}

pub(super) fn reseal_secrets(connection: &Connection, secrets: &[Resealed<SealedSecret>]) -> rusqlite::Result<usize> {
    let sql = "UPDATE tokens SET key = ?, sealed = ? WHERE id = ? AND key = ? AND sealed IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let mut done = 0;
    for Resealed { from, to } in secrets {
        let (sealed_by, token) = (to.sealed_by.as_bytes(), to.token.as_bytes());
        done += statement.execute(params![sealed_by, to.sealed, token, from.as_bytes()])?;
    }
    Ok(done)
}

pub(super) fn tokens_under(connection: &Connection, key: KeyId, at_ms: u64) -> Result<u64, ReadError> {
    let sql = "SELECT count(*) FROM tokens
               WHERE key = ?1 AND sealed IS NULL AND deleted_ms IS NULL AND coalesce(revoked_ms > ?2, 1)
               AND coalesce(expires_s > ?2 / 1000, 1)";
    Ok(connection.prepare_cached(sql)?.query_row(params![key.as_bytes(), at_ms], |row| row.get(0))?)
}
