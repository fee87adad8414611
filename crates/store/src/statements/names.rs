//! Names that accounts have no more, and marks.

use crate::row::{Columns, Kind, Read, Unreadable};
use crate::sql::{Query, Statement, Value, query, statement};
use crate::{FormerName, Mark};
use zonemint_base::model::{UserId, UserName};

/// Of the columns `owner`, `until_ms` and `name`.
pub(crate) static FORMER: Kind<FormerName> = Kind::new("former name", former);
/// None of one that cannot be read.
static FORMER_IF_READABLE: Kind<Option<FormerName>> = Kind::new("former name", |row| Ok(former(row).ok()));
static NAME: Kind<String> = Kind::new("user name", |row| Ok(row.name(0)?.ok_or(Unreadable)?.to_owned()));
static MARK: Kind<String> = Kind::new("mark", |row| Ok(row.text(0)?.to_owned()));

fn former(row: &dyn Columns) -> Read<FormerName> {
    let name = UserName::parse(row.name(2)?.ok_or(Unreadable)?)?;
    Ok(FormerName { owner: row.user_id(0)?, until_ms: row.number(1)?, name })
}

/// Keeps a name that an account had until a moment. One that cannot be read is not folded.
pub(crate) fn keep<'a>(owner: &'a UserId, until_ms: u64, name: &'a str) -> Statement<'a> {
    let sql = "INSERT INTO former_names (owner, until_ms, name, folded) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let folded = UserName::parse(name).ok().map(|name| name.folded());
    statement(sql, [Value::id(owner), Value::number(until_ms), Value::name(Some(name)), Value::folded(folded.as_ref())])
}

/// Finds whether another account had this name, or one that differs in case only: the store may be marked later.
pub(crate) fn is_former_of_another<'a>(name: &'a UserName, owner: &'a UserId) -> Statement<'a> {
    let sql = "SELECT 1 FROM former_names WHERE (name = $1 OR folded = $2) AND owner <> $3 LIMIT 1";
    statement(sql, [Value::name(Some(name.as_str())), Value::folded(Some(&name.folded())), Value::id(owner)])
}

/// Those of an account, the one that it had first in front.
pub(crate) fn of(owner: &UserId) -> Query<'_, FormerName> {
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE owner = $1 ORDER BY until_ms, name";
    query(&FORMER, sql, [Value::id(owner)])
}

pub(crate) fn dump(after: Option<&FormerName>, limit: usize) -> Query<'_, FormerName> {
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE (owner, until_ms, name) > ($1, $2, $3)
               ORDER BY owner, until_ms, name LIMIT $4";
    let (owner, until_ms, name) =
        after.map_or((&[][..], 0, ""), |row| (row.owner.as_bytes(), row.until_ms, row.name.as_str()));
    let values = [Value::bytes(owner), Value::number(until_ms), Value::name(Some(name)), Value::limit(limit)];
    query(&FORMER, sql, values)
}

/// The name that an account loses when it gets another one, or none.
pub(crate) fn lost_for<'a>(owner: &'a UserId, to: Option<&'a UserName>) -> Query<'a, String> {
    let sql = "SELECT name FROM users WHERE id = $1 AND removed_ms IS NULL AND name <> $2";
    query(&NAME, sql, [Value::id(owner), Value::name(Some(to.map_or("", UserName::as_str)))])
}

/// Present names that are not folded yet, as names of moment 0.
pub(crate) fn unfolded_users(limit: usize) -> Query<'static, Option<FormerName>> {
    let sql = "SELECT id, CAST(0 AS bigint), name FROM users WHERE name IS NOT NULL AND folded IS NULL LIMIT $1";
    query(&FORMER_IF_READABLE, sql, [Value::limit(limit)])
}

/// Former names that are not folded yet.
pub(crate) fn unfolded_former(limit: usize) -> Query<'static, Option<FormerName>> {
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE folded IS NULL LIMIT $1";
    query(&FORMER_IF_READABLE, sql, [Value::limit(limit)])
}

/// Writes a former name as it is folded.
pub(crate) fn fold_former(FormerName { owner, until_ms, name }: &FormerName) -> Statement<'_> {
    let folded = Value::folded(Some(&name.folded()));
    let key = [Value::id(owner), Value::number(*until_ms), Value::name(Some(name.as_str()))];
    let sql = "UPDATE former_names SET folded = $1 WHERE owner = $2 AND until_ms = $3 AND name = $4";
    statement(sql, [folded].into_iter().chain(key))
}

pub(crate) fn mark(name: &str) -> Query<'_, String> {
    query(&MARK, "SELECT value FROM marks WHERE name = $1", [Value::Text(Some(name))])
}

/// Changes a row if the mark was another one.
pub(crate) fn set_mark(Mark { name, value }: &Mark) -> Statement<'_> {
    match value {
        Some(value) => statement(
            "INSERT INTO marks (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE marks.value <> excluded.value",
            [Value::Text(Some(name)), Value::Text(Some(value))],
        ),
        None => statement("DELETE FROM marks WHERE name = $1", [Value::Text(Some(name))]),
    }
}
