//! Statements about users.

use super::batch::Batch;
use super::fault::Fault;
use super::operation::Stamp;
use super::readers::Readers;
use super::records;
use super::{addresses, names, schema, uses};
use crate::model::{FoldedName, FullName, PasswordHash, User, UserId, UserName};
use crate::store::user_names::{self, folded};
use crate::store::{Added, AfterUser, AuditAction, AuditEntry, Changed, FormerName, Topic, UserChange, UserRow};

/// In the order in which [`records::user`] reads them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, full_name, password, blocked, created_ms, version, kind, basic_auth, privileges, generation,
             password_version, ",
            folded!(),
            " FROM users WHERE removed_ms IS NULL AND ",
            $rest
        )
    };
}

/// As [`records::user`] reads them, and the time of removal, the removed ones too, of which no name is left.
pub(super) const DUMP: &str = concat!(
    "SELECT id, name, CASE WHEN removed_ms IS NULL THEN full_name ELSE 'removed' END, password, blocked, created_ms, version,
            kind, basic_auth, privileges, generation, password_version, ",
    folded!(),
    ", removed_ms FROM users WHERE id > $1 ORDER BY id LIMIT $2"
);

macro_rules! insert {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO users (id, name, full_name, password, blocked, created_ms, version, kind, basic_auth, privileges,
                                generation, password_version, removed_ms, folded)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT ",
            $conflict,
            " DO NOTHING"
        )
    };
}

async fn write(
    batch: &Batch<'_>,
    sql: &str,
    user: &User,
    folded: Option<FoldedName>,
    removed_ms: Option<u64>,
) -> Result<u64, Fault> {
    if user.id.is_long() || user.name.as_ref().is_some_and(|name| !name.is_onezones()) {
        schema::fence(batch).await?;
    }
    let full_name = if removed_ms.is_some() { "" } else { user.full_name.as_str() };
    batch
        .execute(
            sql,
            &[
                &user.id.as_bytes(),
                &user.name.as_ref().map(|name| name.as_str().as_bytes()),
                &full_name,
                &user.password.as_ref().map_or("", PasswordHash::expose),
                &user.blocked,
                &records::big(user.created_ms),
                &records::big(user.version),
                &user.kind.abbreviation(),
                &user.basic_auth,
                &user.privileges.to_string(),
                &records::big(user.generation),
                &records::big(user.password_version),
                &removed_ms.map(records::big),
                &folded.as_ref().map(|folded| folded.as_str().as_bytes()),
            ],
        )
        .await
}

/// Writes a whole user, unless it is there.
pub(super) async fn load(batch: &Batch<'_>, row: &UserRow) -> Result<(), Fault> {
    let folded = row.user.name.as_ref().filter(|_| row.user.ignores_case).map(UserName::folded);
    write(batch, insert!("(id)"), &row.user, folded, row.removed_ms).await?;
    Ok(())
}

pub(super) async fn insert(batch: &mut Batch<'_>, user: &User, stamp: Stamp) -> Result<Added, Fault> {
    let folded = names::folded(batch, user.name.as_ref()).await?;
    if write(batch, insert!(""), user, folded, None).await? == 1 {
        batch.announce(Topic::User(user.id), stamp.1);
        let note = AuditEntry::named(user.name.as_ref());
        let entry = AuditEntry { note, user: Some(user.id), ..AuditEntry::new(AuditAction::UserAdd, stamp.0) };
        batch.append(entry, stamp.1);
        return Ok(Added::Stored);
    }
    let same = batch.query("SELECT 1 FROM users WHERE id = $1", &[&user.id.as_bytes()]).await?;
    Ok(if same.is_empty() { Added::NameTaken } else { Added::IdTaken })
}

pub(super) async fn by_id(readers: &Readers, id: UserId) -> Result<Option<User>, Fault> {
    readers.first(select!("id = $1"), &[&id.as_bytes()], records::user).await
}

pub(super) async fn by_name(readers: &Readers, name: &UserName) -> Result<Option<User>, Fault> {
    let folded = name.folded();
    let sql = select!("(name = $1 OR folded = $2)");
    let found = readers.all(sql, &[&name.as_str().as_bytes(), &folded.as_str().as_bytes()], records::user).await?;
    Ok(user_names::called(found, name))
}

pub(super) async fn page(readers: &Readers, after: Option<&AfterUser>, limit: usize) -> Result<Vec<User>, Fault> {
    let sql = select!("(coalesce(name, ''::bytea), id) > ($1, $2) ORDER BY coalesce(name, ''::bytea), id LIMIT $3");
    let name = after.and_then(|after| after.name.as_ref()).map_or(&[][..], |name| name.as_str().as_bytes());
    let id = after.map_or(&[][..], |after| after.id.as_bytes());
    readers.all(sql, &[&name, &id, &records::limit(limit)], records::user).await
}

pub(super) async fn change(
    batch: &mut Batch<'_>,
    id: UserId,
    change: &UserChange,
    stamp: Stamp,
) -> Result<Changed, Fault> {
    let action = match change {
        UserChange::Password(_) => Some(AuditAction::UserPassword),
        UserChange::Rehash { .. } => None,
        UserChange::BasicAuth(_) => Some(AuditAction::UserBasicAuth),
        UserChange::Names { .. } => Some(AuditAction::UserNames),
        UserChange::Privileges(_) => Some(AuditAction::UserPrivileges),
        UserChange::Generation => Some(AuditAction::UserGeneration),
        UserChange::Block => Some(AuditAction::UserBlock),
        UserChange::Unblock => Some(AuditAction::UserUnblock),
        UserChange::Remove => Some(AuditAction::UserRemove),
    };
    // Before any row is locked: whoever marks the store locks them in this order, too.
    let folded = match change {
        UserChange::Names { name: Some(name), .. } => names::folded(batch, Some(name)).await?,
        _ => None,
    };
    let (to, former) = match change {
        UserChange::Names { name: Some(name), .. } => (Some(name), names::lost_for(batch, id, Some(name)).await?),
        UserChange::Remove => (None, names::lost_for(batch, id, None).await?),
        _ => (None, None),
    };
    if update(batch, id, change, folded.as_ref(), stamp.1).await? == 0 {
        return Ok(Changed::NotFound);
    }
    // Asked after the update, which has waited for whoever is giving up this name.
    if let Some(name) = to
        && stamp.0.is(id)
        && names::is_former_of_another(batch, name, id).await?
    {
        return Ok(Changed::NameTaken);
    }
    let note = former.as_ref().map(|former| AuditEntry::renamed(former.as_str(), to));
    if let Some(name) = former {
        names::keep(batch, &FormerName { owner: id, until_ms: stamp.1, name }).await?;
    }
    if matches!(change, UserChange::Remove) {
        uses::forget(batch, id).await?;
        addresses::forget(batch, id).await?;
    }
    batch.announce(Topic::User(id), stamp.1);
    if let Some(action) = action {
        batch.append(AuditEntry { note, user: Some(id), ..AuditEntry::new(action, stamp.0) }, stamp.1);
    }
    Ok(Changed::Done)
}

/// `folded` is the name that the user gets, if names are compared without case.
pub(super) async fn update(
    batch: &Batch<'_>,
    id: UserId,
    change: &UserChange,
    folded: Option<&FoldedName>,
    at_ms: u64,
) -> Result<u64, Fault> {
    let id = id.as_bytes();
    match change {
        UserChange::Password(hash) => {
            let sql = "UPDATE users SET password = $1, basic_auth = true, version = version + 1,
                       password_version = password_version + 1 WHERE id = $2 AND removed_ms IS NULL";
            batch.execute(sql, &[&hash.expose(), &id]).await
        }
        UserChange::Rehash { from, to } => {
            let sql = "UPDATE users SET password = $1 WHERE id = $2 AND password = $3 AND removed_ms IS NULL";
            batch.execute(sql, &[&to.expose(), &id, &from.expose()]).await
        }
        UserChange::BasicAuth(allowed) => {
            let sql = "UPDATE users SET basic_auth = $1, version = version + 1,
                       password_version = password_version + CASE WHEN $1 THEN 0 ELSE 1 END
                       WHERE id = $2 AND removed_ms IS NULL";
            batch.execute(sql, &[allowed, &id]).await
        }
        UserChange::Names { name, full_name } => {
            if name.as_ref().is_some_and(|name| !name.is_onezones()) {
                schema::fence(batch).await?;
            }
            let sql = "UPDATE users SET name = coalesce($1, name), full_name = coalesce($2, full_name),
                       folded = CASE WHEN $1 IS NULL THEN folded ELSE $4 END, version = version + 1
                       WHERE id = $3 AND removed_ms IS NULL";
            let name = name.as_ref().map(|name| name.as_str().as_bytes());
            let folded = folded.map(|folded| folded.as_str().as_bytes());
            batch.execute(sql, &[&name, &full_name.as_ref().map(FullName::as_str), &id, &folded]).await
        }
        UserChange::Privileges(privileges) => {
            let sql = "UPDATE users SET privileges = $1, version = version + 1
                       WHERE id = $2 AND privileges <> $1 AND removed_ms IS NULL";
            batch.execute(sql, &[&privileges.to_string(), &id]).await
        }
        UserChange::Generation => {
            let sql = "UPDATE users SET generation = generation + 1, version = version + 1
                       WHERE id = $1 AND removed_ms IS NULL";
            batch.execute(sql, &[&id]).await
        }
        UserChange::Block | UserChange::Unblock => {
            let sql = "UPDATE users SET blocked = $1, version = version + 1
                       WHERE id = $2 AND blocked <> $1 AND removed_ms IS NULL";
            batch.execute(sql, &[&matches!(change, UserChange::Block), &id]).await
        }
        UserChange::Remove => {
            let sql = "UPDATE users SET name = NULL, folded = NULL, full_name = '', password = '', blocked = true,
                       privileges = '', version = version + 1, removed_ms = $1 WHERE id = $2 AND removed_ms IS NULL";
            batch.execute(sql, &[&records::big(at_ms), &id]).await
        }
    }
}
