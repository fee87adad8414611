//! Which tokens have made temporary ones.

use crate::records::GENERATION;
use crate::row::{Kind, Unreadable};
use crate::sql::{Query, Statement, Value, query, statement};
use crate::{Kin, ParentRow, columns};
use zonemint_base::model::UserId;

static PARENT: Kind<ParentRow> = Kind::new("parent of temporary tokens", |row| {
    let parent = columns::parent_from(Some(row.bytes(0)?), row.number(1)?)?.ok_or(Unreadable)?;
    Ok(ParentRow { parent, owner: row.user_id(2)?, generation: row.number(3)? })
});

/// A user's generations of temporary tokens that are ended and have minted something.
pub(crate) fn ended(owner: &UserId) -> Query<'_, Kin> {
    let sql = "SELECT parent, parent_generation, false FROM tokens WHERE parent = $1 AND parent_generation > 0
               AND parent_generation < (SELECT generation FROM users WHERE users.id = $1)
               UNION SELECT parent, parent_generation, false FROM temporary_parents WHERE parent = $1
               AND parent_generation > 0 AND parent_generation < (SELECT generation FROM users WHERE users.id = $1)";
    query(&GENERATION, sql, [Value::id(owner)])
}

pub(crate) fn dump(after: Option<&ParentRow>, limit: usize) -> Query<'_, ParentRow> {
    let sql = "SELECT parent, parent_generation, owner, generation FROM temporary_parents
               WHERE (parent, parent_generation, owner, generation) > ($1, $2, $3, $4)
               ORDER BY parent, parent_generation, owner, generation LIMIT $5";
    let (parent, parent_generation) = columns::parent(after.map(|row| &row.parent));
    let (owner, generation) = after.map_or((&[][..], 0), |row| (row.owner.as_bytes(), row.generation));
    let parent = [Value::bytes(parent.unwrap_or_default()), Value::number(parent_generation)];
    let rest = [Value::bytes(owner), Value::number(generation), Value::limit(limit)];
    query(&PARENT, sql, parent.into_iter().chain(rest))
}

/// Writes a whole row, unless it is there.
pub(crate) fn load(row: &ParentRow) -> Statement<'_> {
    let sql = "INSERT INTO temporary_parents (parent, parent_generation, owner, generation) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING";
    let (parent, parent_generation) = columns::parent(Some(&row.parent));
    let parent = [Value::Bytes(parent), Value::number(parent_generation)];
    statement(sql, parent.into_iter().chain([Value::id(&row.owner), Value::number(row.generation)]))
}
