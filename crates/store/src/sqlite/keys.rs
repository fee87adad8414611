//! Statements about root keys and sealed secrets.

use rusqlite::{Connection, params};

use super::error::ReadError;
use super::execute::execute;
use super::{records, schema};
use crate::command::Outcome;
use crate::{Resealed, SealedKey, SealedSecret, statements};
use zonemint_base::model::{KeyId, TokenId};

pub(super) fn all(connection: &Connection) -> Result<Vec<SealedKey>, ReadError> {
    let sql = "SELECT id, sealed_by, sealed, created_ms, retired_ms, number FROM root_keys
               ORDER BY number DESC NULLS FIRST, created_ms DESC, id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], records::sealed_key)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Says whether it is the first one.
pub(super) fn insert_first(connection: &Connection, key: &SealedKey) -> rusqlite::Result<bool> {
    let is_first = !connection.prepare_cached("SELECT 1 FROM root_keys")?.exists([])?;
    if is_first {
        add(connection, key)?;
    }
    Ok(is_first)
}

pub(super) fn add(connection: &Connection, key: &SealedKey) -> rusqlite::Result<()> {
    let number = Some(next_number(connection)?);
    insert(connection, &SealedKey { number, ..key.clone() })
}

/// Every key has a number here, but for one that was copied from where a node of the version before has added it.
fn next_number(connection: &Connection) -> rusqlite::Result<u64> {
    connection.execute(schema::NUMBER_KEYS, [])?;
    connection.query_row("SELECT coalesce(max(number), 0) + 1 FROM root_keys", [], |row| row.get(0))
}

pub(super) fn insert(connection: &Connection, key: &SealedKey) -> rusqlite::Result<()> {
    let SealedKey { id, sealed_by, sealed, number, created_ms, retired_ms } = key;
    let sql = "INSERT INTO root_keys (id, sealed_by, sealed, created_ms, retired_ms, number) VALUES (?,?,?,?,?,?)";
    let parameters = params![id.as_bytes(), sealed_by.as_bytes(), sealed, created_ms, retired_ms, number];
    connection.prepare_cached(sql)?.execute(parameters)?;
    Ok(())
}

pub(super) fn put_last(connection: &Connection, id: KeyId) -> rusqlite::Result<Outcome> {
    let number = next_number(connection)?;
    Ok(Outcome::of_rows(execute(connection, &statements::number_key(&id, number))?))
}

pub(super) fn reseal(connection: &Connection, keys: &[Resealed<SealedKey>]) -> rusqlite::Result<u64> {
    keys.iter().map(|key| execute(connection, &statements::reseal_key(key))).sum()
}

pub(super) fn secrets_not_under(
    connection: &Connection,
    current: KeyId,
    after: Option<TokenId>,
    limit: usize,
) -> Result<Vec<SealedSecret>, ReadError> {
    let sql = "SELECT id, key, sealed FROM tokens
               WHERE sealed IS NOT NULL AND deleted_ms IS NULL AND key <> ? AND id > ? ORDER BY id LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let after = after.as_ref().map_or(&[][..], TokenId::as_bytes);
    let rows = statement.query_map(params![current.as_bytes(), after, limit], |row| {
        let token = records::token_id(row.get_ref(0)?.as_blob()?);
        let sealed_by = KeyId::from_bytes(row.get(1)?);
        let sealed = row.get(2)?;
        Ok(token.map(|token| SealedSecret { token, sealed_by, sealed }))
    })?;
    rows.map(|row| row?).collect()
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
