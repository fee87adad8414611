//! Statements about users.

use rusqlite::{Connection, OptionalExtension as _};

use super::batch::privileges;
use super::execute::{execute, execute_all, exists};
use super::names;
use crate::command::Outcome;
use crate::{Actor, Added, Changed, UserChange, UserRow, statements};
use zonemint_base::model::{User, UserId};

pub(super) fn insert(connection: &Connection, user: &User) -> rusqlite::Result<Added> {
    let folded = names::folded(connection, user.name.as_ref())?;
    let row = UserRow { user: user.clone(), removed_ms: None, reset: None };
    if execute(connection, &statements::users::insert(&row, folded.as_ref()))? == 1 {
        return Ok(Added::Stored);
    }
    Ok(if exists(connection, &statements::users::exists(&user.id))? { Added::IdTaken } else { Added::NameTaken })
}

pub(super) fn change(
    connection: &Connection,
    id: UserId,
    change: &UserChange,
    by: Actor,
    at_ms: u64,
) -> rusqlite::Result<Outcome> {
    let name = change.name();
    let former = if change.ends_name() { names::lost_for(connection, id.as_bytes(), name)? } else { None };
    if let Some(name) = name
        && by.is(id)
        && exists(connection, &statements::names::is_former_of_another(name, &id))?
    {
        return Ok(Outcome::Changed(Changed::NameTaken));
    }
    if update(connection, id, change, at_ms)? == 0 {
        return Ok(Outcome::Changed(Changed::NotFound));
    }
    if let Some(former) = &former {
        execute(connection, &statements::names::keep(&id, at_ms, former))?;
    }
    Ok(Outcome::UserChanged { former })
}

/// Says how many rows it has changed.
pub(super) fn update(connection: &Connection, id: UserId, change: &UserChange, at_ms: u64) -> rusqlite::Result<u64> {
    let granted;
    let mut change = change;
    if matches!(change, UserChange::GrantAndRevoke { .. }) {
        let sql = "SELECT privileges FROM users WHERE id = ? AND removed_ms IS NULL";
        let had = connection.prepare_cached(sql)?.query_row([id.as_bytes()], |row| privileges(row, 0)).optional()?;
        // What this program cannot read it does not change.
        granted = had.flatten().and_then(|had| change.privileges_after(had));
        change = match &granted {
            Some(granted) => granted,
            None => return Ok(0),
        };
    }
    let folded = names::folded(connection, change.name())?;
    let Some(statement) = change.statement(&id, folded.as_ref(), at_ms) else { return Ok(0) };
    let rows = execute(connection, &statement)?;
    if rows > 0 && matches!(change, UserChange::Remove) {
        execute_all(connection, statements::forget_user(&id))?;
    }
    Ok(rows)
}
