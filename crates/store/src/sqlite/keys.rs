//! Statements about sealed secrets, and about the tokens of a root key.

use rusqlite::{Connection, params};

use super::error::ReadError;
use super::execute::all;
use crate::records::SECRET;
use crate::{Resealed, SealedSecret};
use zonemint_base::model::{KeyId, TokenId};

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
