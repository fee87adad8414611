//! How many tokens accounts have.

use rusqlite::{Connection, params};

use super::error::ReadError;
use super::execute::fetch;
use crate::{CountedTokens, columns, statements};
use zonemint_base::model::{TokenId, UserId};

/// Counts good tokens of a user, of `look` at most.
pub(super) fn good_tokens(
    connection: &Connection,
    user: UserId,
    at_ms: u64,
    before: Option<TokenId>,
    look: usize,
) -> Result<CountedTokens, ReadError> {
    // First: what is added from here on is counted twice rather than missed.
    let known = fetch(connection, &statements::users::token_count(&user))?.pop().unwrap_or_default();
    let sql = "SELECT count(*), coalesce(sum(good), 0), min(id) FROM (
                   SELECT id, deleted_ms IS NULL AND coalesce(revoked_ms > ?3, 1) AND coalesce(expires_s > ?4, 1) AS good
                   FROM tokens WHERE user = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?5)";
    let parameters = params![user.as_bytes(), columns::upper(before.as_ref()), at_ms, at_ms / 1_000, look];
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (seen, good, last): (usize, u64, Option<Vec<u8>>) =
        connection.prepare_cached(sql)?.query_row(parameters, read)?;
    let last = last.filter(|_| seen == look).map(|id| TokenId::from_bytes(&id)).transpose();
    Ok(CountedTokens { good, seen, next: last.map_err(|_| ReadError::Corrupt("token"))?, before: known })
}

/// Which of these have more tokens: found in an index alone.
pub(super) fn large(connection: &Connection, owners: Vec<UserId>, more_than: usize) -> Result<Vec<UserId>, ReadError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM tokens WHERE user = ? LIMIT 1 OFFSET ?")?;
    let mut large = Vec::new();
    for owner in owners {
        if statement.exists(params![owner.as_bytes(), more_than])? {
            large.push(owner);
        }
    }
    Ok(large)
}
