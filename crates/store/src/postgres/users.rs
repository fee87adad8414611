//! Statements about users.

use super::batch::Batch;
use super::fault::Fault;
use super::names;
use crate::command::Outcome;
use crate::{Actor, Added, Changed, UserChange, UserRow, statements};
use zonemint_base::model::{FoldedName, User, UserId, UserName};

pub(super) async fn insert(batch: &Batch<'_>, user: &User) -> Result<Added, Fault> {
    let folded = names::folded(batch, user.name.as_ref()).await?;
    let row = UserRow { user: user.clone(), removed_ms: None, reset: None };
    if batch.change(&statements::users::insert(&row, folded.as_ref())).await? == 1 {
        return Ok(Added::Stored);
    }
    let is_known = batch.exists(&statements::users::exists(&user.id)).await?;
    Ok(if is_known { Added::IdTaken } else { Added::NameTaken })
}

pub(super) async fn change(
    batch: &Batch<'_>,
    id: UserId,
    change: &UserChange,
    by: Actor,
    at_ms: u64,
) -> Result<Outcome, Fault> {
    let name = change.name();
    // Before any row is locked: marking the store locks in this order, too.
    let folded = names::folded(batch, name).await?;
    let former = if change.ends_name() { names::lost_for(batch, id, name).await? } else { None };
    if update(batch, id, change, folded.as_ref(), at_ms).await? == 0 {
        return Ok(Outcome::Changed(Changed::NotFound));
    }
    // Asked after the update, which has waited for a transaction that gives up this name.
    if let Some(name) = name
        && by.is(id)
        && batch.exists(&statements::names::is_former_of_another(name, &id)).await?
    {
        return Ok(Outcome::Changed(Changed::NameTaken));
    }
    let lost = former.as_ref().map(UserName::to_string);
    if let Some(name) = former {
        batch.change(&statements::names::keep(&id, at_ms, name.as_str())).await?;
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
        batch.change_all(statements::forget_user(&id)).await?;
    }
    Ok(rows)
}
