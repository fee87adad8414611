//! How often tokens were used.

use crate::row::{Kind, Unreadable};
use crate::sql::{Query, Statement, Value, query, statement};
use crate::{DayOfUses, UsesRow};
use zonemint_base::model::UserId;

static USES: Kind<UsesRow> = Kind::new("row of uses", |row| {
    let day = row.time(1)?.ok_or(Unreadable)?;
    Ok(UsesRow { owner: row.user_id(0)?, day, chain: row.chain(2)?, count: row.number(3)? })
});
static DAY: Kind<DayOfUses> = Kind::new("row of uses", |row| {
    Ok(DayOfUses { owner: row.user_id(0)?, day: row.time(1)?.ok_or(Unreadable)?, count: row.number(2)? })
});

pub(crate) fn of(owner: &UserId, from_day: u32) -> Query<'_, DayOfUses> {
    let sql = "SELECT owner, day, CAST(sum(count) AS bigint) FROM uses WHERE owner = $1 AND day >= $2
               GROUP BY owner, day ORDER BY owner, day";
    query(&DAY, sql, [Value::id(owner), Value::time(from_day)])
}

pub(crate) fn dump(after: Option<&UsesRow>, limit: usize) -> Query<'_, UsesRow> {
    let sql = "SELECT owner, day, chain, count FROM uses WHERE (owner, day, chain) > ($1, $2, $3)
               ORDER BY owner, day, chain LIMIT $4";
    let (owner, day, chain) = after.map_or((&[][..], 0, ""), |row| (row.owner.as_bytes(), row.day, row.chain.as_str()));
    query(&USES, sql, [Value::bytes(owner), Value::time(day), Value::Text(Some(chain)), Value::limit(limit)])
}

pub(crate) fn purge(before_day: u32, limit: usize) -> Statement<'static> {
    let sql = "DELETE FROM uses WHERE (owner, day, chain) IN
               (SELECT owner, day, chain FROM uses WHERE day < $1 ORDER BY day, owner, chain LIMIT $2)";
    statement(sql, [Value::time(before_day), Value::limit(limit)])
}

pub(super) fn forget(owner: &UserId) -> Statement<'_> {
    statement("DELETE FROM uses WHERE owner = $1", [Value::id(owner)])
}

/// Writes a whole row, unless it is there.
pub(super) fn load(UsesRow { owner, day, chain, count }: &UsesRow) -> Statement<'_> {
    let sql = "INSERT INTO uses (owner, day, chain, count) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    statement(sql, [Value::id(owner), Value::time(*day), Value::Text(Some(chain.as_str())), Value::number(*count)])
}
