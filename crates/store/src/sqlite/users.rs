//! Statements about users.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::batch::privileges;
use super::error::ReadError;
use super::execute::execute;
use super::records;
use super::{addresses, names, uses};
use crate::command::Outcome;
use crate::statements::good_link;
use crate::user_names::{self, folded};
use crate::{Actor, Added, AfterUser, Changed, UserChange, UserRow};
use zonemint_base::model::{FoldedName, PasswordHash, User, UserId, UserName};

/// In the order in which [`records::user`] reads them.
macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT id, name, full_name, password, blocked, created_ms, version, kind, basic_auth, privileges, generation,
             password_version, ",
            folded!(),
            ", must_change FROM users WHERE removed_ms IS NULL AND ",
            $rest
        )
    };
}

/// All users, the removed ones too, of which no name is left. In the order in which [`records::user_row`] reads them.
macro_rules! dump {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, CASE WHEN removed_ms IS NULL THEN full_name ELSE 'removed' END, password, blocked,
             created_ms, version, kind, basic_auth, privileges, generation, password_version, ",
            folded!(),
            ", must_change, removed_ms, reset_hash, reset_until_ms FROM users ",
            $rest
        )
    };
}
pub(super) const DUMP: &str = dump!("WHERE id > ? ORDER BY id LIMIT ?");
pub(super) const DUMP_ALL: &str = dump!("");

/// Writes a whole user, unless it is there.
pub(super) fn load(connection: &Connection, row: &UserRow) -> rusqlite::Result<()> {
    let UserRow { user, removed_ms, reset } = row;
    let sql = "INSERT INTO users (id, name, full_name, password, blocked, created_ms, version, kind, basic_auth,
                                  privileges, generation, password_version, folded, must_change, removed_ms, reset_hash,
                                  reset_until_ms)
               VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
               ON CONFLICT (id) DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![
        user.id.as_bytes(),
        user.name.as_ref().map(UserName::as_str),
        if removed_ms.is_some() { "" } else { user.full_name.as_str() },
        user.password.as_ref().map_or("", PasswordHash::expose),
        user.blocked,
        user.created_ms,
        user.version,
        user.kind.abbreviation(),
        user.basic_auth,
        user.privileges.to_string(),
        user.generation,
        user.password_version,
        user.name.as_ref().filter(|_| user.ignores_case).map(UserName::folded).as_ref().map(FoldedName::as_str),
        user.must_change,
        removed_ms,
        reset.as_ref().map(|link| link.hash),
        reset.as_ref().map(|link| link.until_ms),
    ])?;
    Ok(())
}

pub(super) fn insert(connection: &Connection, user: &User) -> rusqlite::Result<Added> {
    let sql = "INSERT INTO users (id, name, full_name, password, blocked, created_ms, version, kind, basic_auth,
                                  privileges, generation, password_version, folded, must_change)
               VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    let folded = names::folded(connection, user.name.as_ref())?;
    let inserted = connection.prepare_cached(sql)?.execute(params![
        user.id.as_bytes(),
        user.name.as_ref().map(UserName::as_str),
        user.full_name.as_str(),
        user.password.as_ref().map_or("", PasswordHash::expose),
        user.blocked,
        user.created_ms,
        user.version,
        user.kind.abbreviation(),
        user.basic_auth,
        user.privileges.to_string(),
        user.generation,
        user.password_version,
        folded.as_ref().map(FoldedName::as_str),
        user.must_change,
    ]);
    match inserted {
        Ok(_) => Ok(Added::Stored),
        Err(error) if records::is_unique_violation(&error, "users.id") => Ok(Added::IdTaken),
        Err(error) if records::is_name_taken(&error) => Ok(Added::NameTaken),
        Err(error) => Err(error),
    }
}

pub(super) fn by_id(connection: &Connection, id: UserId) -> Result<Option<User>, ReadError> {
    let mut statement = connection.prepare_cached(select!("id = ?"))?;
    statement.query_row([id.as_bytes()], records::user).optional()?.transpose()
}

pub(super) fn by_name(connection: &Connection, name: &UserName) -> Result<Option<User>, ReadError> {
    let mut statement = connection.prepare_cached(select!("(name = ? OR folded = ?)"))?;
    let rows = statement.query_map([name.as_str(), name.folded().as_str()], records::user)?;
    Ok(user_names::called(rows.map(|row| row?).collect::<Result<_, ReadError>>()?, name))
}

pub(super) fn by_reset_link(connection: &Connection, hash: &[u8; 32], at_ms: u64) -> Result<Option<User>, ReadError> {
    let mut statement = connection.prepare_cached(select!(good_link!("?", "?")))?;
    statement.query_row(params![hash, at_ms], records::user).optional()?.transpose()
}

pub(super) fn page(connection: &Connection, after: Option<&AfterUser>, limit: usize) -> Result<Vec<User>, ReadError> {
    let sql = select!("(coalesce(name, ''), id) > (?, ?) ORDER BY coalesce(name, ''), id LIMIT ?");
    let mut statement = connection.prepare_cached(sql)?;
    let name = after.and_then(|after| after.name.as_ref()).map_or("", UserName::as_str);
    let id = after.map_or(&[][..], |after| after.id.as_bytes());
    let rows = statement.query_map(params![name, id, limit], records::user)?;
    rows.map(|row| row?).collect()
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
        && names::is_former_of_another(connection, name, id)?
    {
        return Ok(Outcome::Changed(Changed::NameTaken));
    }
    if update(connection, id, change, at_ms)? == 0 {
        return Ok(Outcome::Changed(Changed::NotFound));
    }
    if let Some(former) = &former {
        names::keep(connection, id.as_bytes(), former, at_ms)?;
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
        uses::forget(connection, id.as_bytes())?;
        addresses::forget(connection, id.as_bytes())?;
    }
    Ok(rows)
}
