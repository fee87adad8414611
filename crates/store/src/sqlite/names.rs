//! Statements about names that accounts have no more, and about how names are compared.

use rusqlite::{Connection, params};

use super::execute::execute_all;
use crate::statements::names::FORMER;
use crate::{Changed, FormerName, statements, user_names};
use zonemint_base::model::{UserId, UserName};

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
    execute_all(connection, former.iter().map(statements::names::fold_former))?;
    Ok(Changed::Done)
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
