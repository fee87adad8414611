//! Statements about users.

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use super::{addresses, names, uses};
use crate::model::{FoldedName, FullName, PasswordHash, Privileges, User, UserId, UserName};
use crate::store::command::Outcome;
use crate::store::user_names::{self, folded};
use crate::store::{Actor, Added, AfterUser, Changed, FormerName, UserChange, UserRow};

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

/// As [`records::user_row`] reads them, the removed ones too, of which no name is left.
pub(super) const DUMP: &str = concat!(
    "SELECT id, name, CASE WHEN removed_ms IS NULL THEN full_name ELSE 'removed' END, password, blocked, created_ms, version,
            kind, basic_auth, privileges, generation, password_version, ",
    folded!(),
    ", must_change, removed_ms, reset_hash, reset_until_ms FROM users WHERE id > $1 ORDER BY id LIMIT $2"
);

macro_rules! insert {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO users (id, name, full_name, password, blocked, created_ms, version, kind, basic_auth, privileges,
                                generation, password_version, folded, must_change, removed_ms, reset_hash, reset_until_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT ",
            $conflict,
            " DO NOTHING"
        )
    };
}

async fn write(batch: &Batch<'_>, sql: &str, row: &UserRow, folded: Option<FoldedName>) -> Result<u64, Fault> {
    let UserRow { user, removed_ms, reset } = row;
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
                &folded.as_ref().map(|folded| folded.as_str().as_bytes()),
                &user.must_change,
                &removed_ms.map(records::big),
                &reset.as_ref().map(|link| link.hash.as_slice()),
                &reset.as_ref().map(|link| records::big(link.until_ms)),
            ],
        )
        .await
}

/// Writes a whole user, unless it is there.
pub(super) async fn load(batch: &Batch<'_>, row: &UserRow) -> Result<(), Fault> {
    let folded = row.user.name.as_ref().filter(|_| row.user.ignores_case).map(UserName::folded);
    write(batch, insert!("(id)"), row, folded).await?;
    Ok(())
}

pub(super) async fn insert(batch: &Batch<'_>, user: &User) -> Result<Added, Fault> {
    let folded = names::folded(batch, user.name.as_ref()).await?;
    let row = UserRow { user: user.clone(), removed_ms: None, reset: None };
    if write(batch, insert!(""), &row, folded).await? == 1 {
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

/// Whether a hash and a moment are those of a link that is good.
macro_rules! by_reset_link {
    () => {
        "reset_hash = $1 AND reset_until_ms > $2 AND NOT blocked AND name IS NOT NULL"
    };
}

pub(super) async fn by_reset_link(readers: &Readers, hash: &[u8; 32], at_ms: u64) -> Result<Option<User>, Fault> {
    readers.first(select!(by_reset_link!()), &[&hash.as_slice(), &records::big(at_ms)], records::user).await
}

pub(super) async fn page(readers: &Readers, after: Option<&AfterUser>, limit: usize) -> Result<Vec<User>, Fault> {
    let sql = select!("(coalesce(name, ''::bytea), id) > ($1, $2) ORDER BY coalesce(name, ''::bytea), id LIMIT $3");
    let name = after.and_then(|after| after.name.as_ref()).map_or(&[][..], |name| name.as_str().as_bytes());
    let id = after.map_or(&[][..], |after| after.id.as_bytes());
    readers.all(sql, &[&name, &id, &records::limit(limit)], records::user).await
}

pub(super) async fn change(
    batch: &Batch<'_>,
    id: UserId,
    change: &UserChange,
    by: Actor,
    at_ms: u64,
) -> Result<Outcome, Fault> {
    let name = change.name();
    // Before any row is locked: whoever marks the store locks them in this order, too.
    let folded = names::folded(batch, name).await?;
    let former = if change.ends_name() { names::lost_for(batch, id, name).await? } else { None };
    if update(batch, id, change, folded.as_ref(), at_ms).await? == 0 {
        return Ok(Outcome::Changed(Changed::NotFound));
    }
    // Asked after the update, which has waited for whoever is giving up this name.
    if let Some(name) = name
        && by.is(id)
        && names::is_former_of_another(batch, name, id).await?
    {
        return Ok(Outcome::Changed(Changed::NameTaken));
    }
    let lost = former.as_ref().map(UserName::to_string);
    if let Some(name) = former {
        names::keep(batch, &FormerName { owner: id, until_ms: at_ms, name }).await?;
    }
    if matches!(change, UserChange::Remove) {
        uses::forget(batch, id).await?;
        addresses::forget(batch, id).await?;
    }
    Ok(Outcome::UserChanged { former: lost })
}

async fn set_password(
    batch: &Batch<'_>,
    id: &[u8],
    hash: &PasswordHash,
    must_change: Option<bool>,
) -> Result<u64, Fault> {
    let sql =
        "UPDATE users SET password = $1, must_change = coalesce($2, must_change), reset_hash = NULL, basic_auth = true,
               version = version + 1, password_version = password_version + 1 WHERE id = $3 AND removed_ms IS NULL";
    batch.execute(sql, &[&hash.expose(), &must_change, &id]).await
}

async fn set_privileges(batch: &Batch<'_>, id: &[u8], privileges: Privileges) -> Result<u64, Fault> {
    let sql = "UPDATE users SET privileges = $1, reset_hash = NULL, version = version + 1
               WHERE id = $2 AND privileges <> $1 AND removed_ms IS NULL";
    batch.execute(sql, &[&privileges.to_string(), &id]).await
}

/// Ends all reset links. A store that was put back does not know which of them were used since.
pub(super) async fn end_reset_links(batch: &Batch<'_>) -> Result<(), Fault> {
    batch.execute("UPDATE users SET reset_hash = NULL WHERE reset_hash IS NOT NULL", &[]).await?;
    Ok(())
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
        UserChange::Password(hash) => set_password(batch, id, hash, Some(false)).await,
        UserChange::GivenPassword { hash, must_change } => set_password(batch, id, hash, *must_change).await,
        UserChange::PasswordByLink { link, hash } => {
            let sql = concat!("SELECT 1 FROM users WHERE ", by_reset_link!(), " AND id = $3 FOR UPDATE");
            // Of two at once the second one waits here, and then does not find the link any more.
            let found = batch.query(sql, &[&link.as_slice(), &records::big(at_ms), &id]).await?;
            if found.is_empty() { Ok(0) } else { set_password(batch, id, hash, Some(false)).await }
        }
        UserChange::Rehash { from, to } => {
            let sql = "UPDATE users SET password = $1 WHERE id = $2 AND password = $3 AND removed_ms IS NULL";
            batch.execute(sql, &[&to.expose(), &id, &from.expose()]).await
        }
        UserChange::MustChangePassword(must) => {
            let sql = "UPDATE users SET must_change = $1, version = version + 1
                       WHERE id = $2 AND must_change <> $1 AND removed_ms IS NULL";
            batch.execute(sql, &[must, &id]).await
        }
        UserChange::ResetLink(link) => {
            let sql = "UPDATE users SET reset_hash = $1, reset_until_ms = $2
                       WHERE id = $3 AND name IS NOT NULL AND NOT blocked AND (basic_auth OR password = '')";
            batch.execute(sql, &[&link.hash.as_slice(), &records::big(link.until_ms), &id]).await
        }
        UserChange::BasicAuth(allowed) => {
            let sql = "UPDATE users SET basic_auth = $1, version = version + 1,
                       reset_hash = CASE WHEN $1 THEN reset_hash END,
                       password_version = password_version + CASE WHEN $1 THEN 0 ELSE 1 END
                       WHERE id = $2 AND removed_ms IS NULL";
            batch.execute(sql, &[allowed, &id]).await
        }
        UserChange::Names { name, full_name } => {
            let sql = "UPDATE users SET name = coalesce($1, name), full_name = coalesce($2, full_name),
                       folded = CASE WHEN $1 IS NULL THEN folded ELSE $4 END, version = version + 1
                       WHERE id = $3 AND removed_ms IS NULL";
            let name = name.as_ref().map(|name| name.as_str().as_bytes());
            let folded = folded.map(|folded| folded.as_str().as_bytes());
            batch.execute(sql, &[&name, &full_name.as_ref().map(FullName::as_str), &id, &folded]).await
        }
        UserChange::Privileges(privileges) => set_privileges(batch, id, *privileges).await,
        UserChange::GrantAndRevoke { grant, revoke } => {
            let sql = "SELECT privileges FROM users WHERE id = $1 AND removed_ms IS NULL FOR UPDATE";
            let found = batch.query(sql, &[&id]).await?;
            let Some(row) = found.first() else { return Ok(0) };
            let privileges = row.try_get::<_, &str>(0)?.parse::<Privileges>();
            // What this program cannot read it does not change.
            let privileges = privileges.map_err(|_| Fault::Corrupt("user"))?;
            set_privileges(batch, id, privileges.with(*grant).without(*revoke)).await
        }
        UserChange::Generation => {
            let sql = "UPDATE users SET generation = generation + 1, version = version + 1
                       WHERE id = $1 AND removed_ms IS NULL";
            batch.execute(sql, &[&id]).await
        }
        UserChange::Block | UserChange::Unblock => {
            let sql = "UPDATE users SET blocked = $1, reset_hash = NULL, version = version + 1
                       WHERE id = $2 AND blocked <> $1 AND removed_ms IS NULL";
            batch.execute(sql, &[&matches!(change, UserChange::Block), &id]).await
        }
        UserChange::Remove => {
            let sql = "UPDATE users SET name = NULL, folded = NULL, full_name = '', password = '', blocked = true,
                       reset_hash = NULL, privileges = '', version = version + 1, removed_ms = $1 WHERE id = $2 AND removed_ms IS NULL";
            batch.execute(sql, &[&records::big(at_ms), &id]).await
        }
    }
}
