//! Statements about names that accounts have no more, and about how names are compared.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::execute::{execute, exists};
use crate::command::Outcome;
use crate::statements::names::FORMER;
use crate::{Changed, FormerName, statements, user_names};
use zonemint_base::model::{FoldedName, UserId, UserName};

/// The name that an account loses when it gets another one, or none.
pub(super) fn lost_for(
    connection: &Connection,
    owner: &[u8],
    to: Option<&UserName>,
) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT name FROM users WHERE id = ? AND removed_ms IS NULL AND name <> ?";
    let to = to.map_or("", UserName::as_str);
    connection.prepare_cached(sql)?.query_row(params![owner, to], |row| row.get(0)).optional()
}

/// A name as it is folded, if names are compared so.
pub(super) fn folded(connection: &Connection, name: Option<&UserName>) -> rusqlite::Result<Option<FoldedName>> {
    let Some(name) = name else { return Ok(None) };
    let is_marked = exists(connection, &statements::names::mark(user_names::MARK).statement)?;
    Ok(is_marked.then(|| name.folded()))
}

/// Writes names as they are folded. A row of another name, which was written before, loses one of them.
pub(super) fn fold(
    connection: &Connection,
    names: &[(UserId, UserName)],
    former: &[FormerName],
) -> rusqlite::Result<Changed> {
    let mut others = connection.prepare_cached("SELECT id, name FROM users WHERE folded = ? AND id <> ?")?;
    let mut stale = Vec::<Vec<u8>>::new();
    for (id, name) in names {
        let folded = name.folded();
        let rows = others.query_map(params![folded.as_str(), id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in rows {
            let (other, name): (_, Option<String>) = row?;
            if name.and_then(|name| UserName::parse(&name).ok()).is_some_and(|name| name.folded() == folded) {
                return Ok(Changed::NameTaken);
            }
            stale.push(other);
        }
    }
    let mut clear = connection.prepare_cached("UPDATE users SET folded = NULL WHERE id = ?")?;
    for id in stale {
        clear.execute([id])?;
    }
    let mut write =
        connection.prepare_cached("UPDATE users SET folded = ?1 WHERE id = ?2 AND name = ?3 AND folded IS NOT ?1")?;
    for (id, name) in names {
        write.execute(params![name.folded().as_str(), id.as_bytes(), name.as_str()])?;
    }
    fold_former(connection, former)?;
    Ok(Changed::Done)
}

fn fold_former(connection: &Connection, former: &[FormerName]) -> rusqlite::Result<()> {
    let sql = "UPDATE former_names SET folded = ? WHERE owner = ? AND until_ms = ? AND name = ?";
    let mut write = connection.prepare_cached(sql)?;
    for FormerName { owner, until_ms, name } in former {
        write.execute(params![name.folded().as_str(), owner.as_bytes(), until_ms, name.as_str()])?;
    }
    Ok(())
}

/// How many former names are not folded as this program folds them. Those that cannot be read are not counted.
pub(super) fn unfolded_former(connection: &Connection) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare("SELECT owner, until_ms, name, folded FROM former_names")?;
    let mut rows = statement.query([])?;
    let mut unfolded = 0;
    while let Some(row) = rows.next()? {
        let folded = row.get_ref(3)?.as_bytes().ok();
        unfolded += FORMER.of(row).map_or(0, |former| u64::from(!user_names::is_folded(Some(&former.name), folded)));
    }
    Ok(unfolded)
}

/// Marks the store.
pub(super) fn ignore_case(connection: &Connection) -> rusqlite::Result<Outcome> {
    let sql = "SELECT id, 0, name FROM users WHERE name IS NOT NULL AND folded IS NULL LIMIT ?";
    let users = not_folded(connection, sql)?;
    let sql = "SELECT owner, until_ms, name FROM former_names WHERE folded IS NULL LIMIT ?";
    let former = not_folded(connection, sql)?;
    if users.len() + former.len() > user_names::LEFT {
        return Ok(Outcome::Changed(Changed::NotFound));
    }
    // Nobody loses anything here: of two that fold alike one is folded already, or both are among these.
    let mut write = connection.prepare_cached("UPDATE users SET folded = ? WHERE id = ?")?;
    for FormerName { owner, name, .. } in &users {
        write.execute(params![name.folded().as_str(), owner.as_bytes()])?;
    }
    connection.execute(user_names::CLEAR_REMOVED, [])?;
    fold_former(connection, &former)?;
    Ok(Outcome::IgnoresCase { is_new: execute(connection, &statements::names::set_mark(&user_names::mark()))? > 0 })
}

/// Some names that are not folded yet. What cannot be read is left to the check of the store.
fn not_folded(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<FormerName>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([user_names::LEFT + 1], |row| Ok(FORMER.of(row).ok()))?;
    rows.filter_map(Result::transpose).collect()
}
