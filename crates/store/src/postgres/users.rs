//! Statements about users.

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::records;
use super::{addresses, names, uses};
use crate::command::Outcome;
use crate::statements::good_link;
use crate::user_names::{self, folded};
use crate::{Actor, Added, AfterUser, Changed, FormerName, UserChange, UserRow};
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

pub(super) async fn by_reset_link(readers: &Readers, hash: &[u8; 32], at_ms: u64) -> Result<Option<User>, Fault> {
    readers.first(select!(good_link!("$1", "$2")), &[&hash.as_slice(), &records::big(at_ms)], records::user).await
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
    Ok(Outcome::UserChanged { former: lost })
}

/// Says how many rows it has changed. `folded` is the name that the user gets, if names are compared without case.
pub(super) async fn update(
    batch: &Batch<'_>,
    id: UserId,
    change: &UserChange,
    folded: Option<&FoldedName>,
    at_ms: u64,
) -> Result<u64, Fault> {
    let granted;
    let mut change = change;
    if matches!(change, UserChange::GrantAndRevoke { .. }) {
        let sql = "SELECT privileges FROM users WHERE id = $1 AND removed_ms IS NULL FOR UPDATE";
        let found = batch.query(sql, &[&id.as_bytes()]).await?;
        let Some(row) = found.first() else { return Ok(0) };
        // What this program cannot read it does not change.
        let had = row.try_get::<_, &str>(0)?.parse().map_err(|_| Fault::Corrupt("user"))?;
        granted = change.privileges_after(had);
        change = granted.as_ref().unwrap_or(change);
    }
    let Some(statement) = change.statement(&id, folded, at_ms) else { return Ok(0) };
    let rows = batch.change(&statement).await?;
    if rows > 0 && matches!(change, UserChange::Remove) {
        uses::forget(batch, id).await?;
        addresses::forget(batch, id).await?;
    }
    Ok(rows)
}
