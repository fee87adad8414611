//! How many tokens accounts have.

use super::fault::Fault;
use super::readers::Readers;
use super::records;
use crate::row::Columns as _;
use crate::{CountedTokens, columns, statements};
use zonemint_base::model::{TokenId, UserId};

/// Counts good tokens of a user, of `look` at most.
pub(super) async fn good_tokens(
    readers: &Readers,
    user: UserId,
    at_ms: u64,
    before: Option<TokenId>,
    look: usize,
) -> Result<CountedTokens, Fault> {
    // First: what is added from here on is counted twice rather than missed.
    let known = readers.fetch(&statements::users::token_count(&user)).await?.pop().unwrap_or_default();
    // The last row that is looked at has what was counted down to it.
    let sql = "SELECT id, good, place FROM (
                   SELECT id, row_number() OVER (ORDER BY id DESC) AS place,
                          sum(CASE WHEN deleted_ms IS NULL AND coalesce(revoked_ms > $3, true)
                                    AND coalesce(expires_s > $4, true) THEN 1 ELSE 0 END)
                              OVER (ORDER BY id DESC ROWS UNBOUNDED PRECEDING) AS good
                   FROM tokens WHERE owner = $1 AND id < $2 ORDER BY id DESC LIMIT $5) AS seen
               ORDER BY id LIMIT 1";
    let (owner, upper) = (user.as_bytes(), columns::upper(before.as_ref()));
    let (now, now_s, most) = (records::big(at_ms), records::big(at_ms / 1_000), records::limit(look));
    let rows = readers.query(sql, &[&owner, &upper, &now, &now_s, &most]).await?;
    let Some(last) = rows.first() else { return Ok(CountedTokens { good: 0, seen: 0, next: None, before: known }) };
    let seen = usize::try_from(last.number(2)?).unwrap_or(look);
    let next = if seen == look { Some(records::token_id(last)?) } else { None };
    Ok(CountedTokens { good: last.number(1)?, seen, next, before: known })
}

/// Which of these have more tokens: found in an index alone.
pub(super) async fn large(readers: &Readers, owners: &[UserId], more_than: usize) -> Result<Vec<UserId>, Fault> {
    let sql = "SELECT id FROM unnest($1::bytea[]) AS v(id)
               WHERE EXISTS (SELECT 1 FROM tokens WHERE tokens.owner = v.id ORDER BY tokens.id OFFSET $2 LIMIT 1)";
    let ids: Vec<_> = owners.iter().map(UserId::as_bytes).collect();
    readers.all(sql, &[&ids, &records::limit(more_than)], |row| Ok(row.user_id(0)?)).await
}
