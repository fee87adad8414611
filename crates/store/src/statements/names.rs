//! Names that accounts have no more, and marks.

use crate::row::{Kind, Unreadable};
use crate::sql::{Query, Statement, Value, query, statement};
use crate::{FormerName, Mark};
use zonemint_base::model::{UserId, UserName};

/// Of the columns `owner`, `until_ms` and `name`.
pub(crate) static FORMER: Kind<FormerName> = Kind::new("former name", |row| {
    let name = UserName::parse(row.name(2)?.ok_or(Unreadable)?)?;
    Ok(FormerName { owner: row.user_id(0)?, until_ms: row.number(1)?, name })
});
static MARK: Kind<String> = Kind::new("mark", |row| Ok(row.text(0)?.to_owned()));

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
