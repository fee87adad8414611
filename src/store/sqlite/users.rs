//! Statements about users.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::readers::ReadError;
use super::records;
use super::writer::privileges;
use super::{addresses, names, uses};
use crate::model::{FoldedName, FullName, PasswordHash, Privileges, User, UserId, UserName};
use crate::store::command::Outcome;
use crate::store::user_names::{self, folded};
use crate::store::{Actor, Added, AfterUser, Changed, UserChange, UserRow};

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

/// Whether a hash and a moment are those of a link that is good.
macro_rules! by_reset_link {
    () => {
        "reset_hash = ? AND reset_until_ms > ? AND blocked = 0 AND name IS NOT NULL"
    };
}

pub(super) fn by_reset_link(connection: &Connection, hash: &[u8; 32], at_ms: u64) -> Result<Option<User>, ReadError> {
    let mut statement = connection.prepare_cached(select!(by_reset_link!()))?;
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

fn set_password(
    connection: &Connection,
    id: &[u8],
    hash: &PasswordHash,
    must_change: Option<bool>,
) -> rusqlite::Result<usize> {
    let sql =
        "UPDATE users SET password = ?, must_change = coalesce(?, must_change), reset_hash = NULL, basic_auth = 1,
               version = version + 1, password_version = password_version + 1 WHERE id = ? AND removed_ms IS NULL";
    connection.prepare_cached(sql)?.execute(params![hash.expose(), must_change, id])
}

fn set_privileges(connection: &Connection, id: &[u8], privileges: Privileges) -> rusqlite::Result<usize> {
    let sql = "UPDATE users SET privileges = ?1, reset_hash = NULL, version = version + 1
               WHERE id = ?2 AND privileges <> ?1 AND removed_ms IS NULL";
    connection.prepare_cached(sql)?.execute(params![privileges.to_string(), id])
}

/// Ends all reset links. A store that was put back does not know which of them were used since.
pub(super) fn end_reset_links(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE users SET reset_hash = NULL WHERE reset_hash IS NOT NULL", [])?;
    Ok(())
}

pub(super) fn update(connection: &Connection, id: UserId, change: &UserChange, at_ms: u64) -> rusqlite::Result<usize> {
    let id = id.as_bytes();
    match change {
        UserChange::Password(hash) => set_password(connection, id, hash, Some(false)),
        UserChange::GivenPassword { hash, must_change } => set_password(connection, id, hash, *must_change),
        UserChange::PasswordByLink { link, hash } => {
            let sql = concat!("SELECT 1 FROM users WHERE id = ? AND ", by_reset_link!());
            let is_good = connection.prepare_cached(sql)?.exists(params![id, link, at_ms])?;
            if is_good { set_password(connection, id, hash, Some(false)) } else { Ok(0) }
        }
        UserChange::Rehash { from, to } => connection
            .prepare_cached("UPDATE users SET password = ? WHERE id = ? AND password = ? AND removed_ms IS NULL")?
            .execute(params![to.expose(), id, from.expose()]),
        UserChange::MustChangePassword(must) => connection
            .prepare_cached(
                "UPDATE users SET must_change = ?1, version = version + 1
                 WHERE id = ?2 AND must_change <> ?1 AND removed_ms IS NULL",
            )?
            .execute(params![must, id]),
        UserChange::ResetLink(link) => connection
            .prepare_cached(
                "UPDATE users SET reset_hash = ?, reset_until_ms = ?
                 WHERE id = ? AND name IS NOT NULL AND blocked = 0 AND (basic_auth <> 0 OR password = '')",
            )?
            .execute(params![link.hash, link.until_ms, id]),
        UserChange::BasicAuth(allowed) => connection
            .prepare_cached(
                "UPDATE users SET basic_auth = ?1, version = version + 1, reset_hash = CASE WHEN ?1 THEN reset_hash END,
                 password_version = password_version + (?1 = 0) WHERE id = ?2 AND removed_ms IS NULL",
            )?
            .execute(params![allowed, id]),
        UserChange::Names { name, full_name } => connection
            .prepare_cached(
                "UPDATE users SET folded = CASE WHEN ?1 IS NULL THEN folded ELSE ?2 END, name = coalesce(?1, name),
                 full_name = coalesce(?3, full_name), version = version + 1 WHERE id = ?4 AND removed_ms IS NULL",
            )?
            .execute(params![
                name.as_ref().map(UserName::as_str),
                names::folded(connection, name.as_ref())?.as_ref().map(FoldedName::as_str),
                full_name.as_ref().map(FullName::as_str),
                id
            ]),
        UserChange::Privileges(privileges) => set_privileges(connection, id, *privileges),
        UserChange::GrantAndRevoke { grant, revoke } => {
            let sql = "SELECT privileges FROM users WHERE id = ? AND removed_ms IS NULL";
            let found = connection.prepare_cached(sql)?.query_row([id], |row| privileges(row, 0)).optional()?;
            // What this program cannot read it does not change.
            let Some(Some(had)) = found else { return Ok(0) };
            set_privileges(connection, id, had.with(*grant).without(*revoke))
        }
        UserChange::Generation => connection
            .prepare_cached(
                "UPDATE users SET generation = generation + 1, version = version + 1
                 WHERE id = ? AND removed_ms IS NULL",
            )?
            .execute([id]),
        UserChange::Block | UserChange::Unblock => connection
            .prepare_cached(
                "UPDATE users SET blocked = ?1, reset_hash = NULL, version = version + 1
                 WHERE id = ?2 AND blocked <> ?1 AND removed_ms IS NULL",
            )?
            .execute(params![matches!(change, UserChange::Block), id]),
        UserChange::Remove => {
            uses::forget(connection, id)?;
            addresses::forget(connection, id)?;
            connection
                .prepare_cached(
                    "UPDATE users SET name = NULL, folded = NULL, full_name = '', password = '', blocked = 1,
                 reset_hash = NULL, privileges = '', version = version + 1, removed_ms = ? WHERE id = ? AND removed_ms IS NULL",
                )?
                .execute(params![at_ms, id])
        }
    }
}
