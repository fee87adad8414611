//! Accounts.

use super::{Transaction, change_all, names};
use crate::command::Outcome;
use crate::{Actor, Added, Changed, TokenCount, UserChange, UserRow, statements};
use zonemint_base::model::{FoldedName, User, UserId};

pub(crate) async fn insert<T: Transaction>(tx: &T, user: &User) -> Result<Added, T::Error> {
    let folded = names::folded(tx, user.name.as_ref()).await?;
    let row = UserRow { user: user.clone(), removed_ms: None, reset: None, tokens: TokenCount::default() };
    if tx.change(&statements::users::insert(&row, folded.as_ref())).await? == 1 {
        return Ok(Added::Stored);
    }
    Ok(if tx.exists(&statements::users::exists(&user.id)).await? { Added::IdTaken } else { Added::NameTaken })
}

/// Adds users; says of each what became of it.
pub(crate) async fn insert_all<T: Transaction>(tx: &T, users: &[User]) -> Result<Vec<Added>, T::Error> {
    let mut added = Vec::with_capacity(users.len());
    for user in users {
        added.push(insert(tx, user).await?);
    }
    Ok(added)
}

pub(crate) async fn change<T: Transaction>(
    tx: &T,
    id: UserId,
    change: &UserChange,
    by: Actor,
    at_ms: u64,
) -> Result<Outcome, T::Error> {
    let name = change.name();
    // Before any row is locked: marking the store locks in this order, too.
    let folded = names::folded(tx, name).await?;
    let former = if change.ends_name() { names::lost_for(tx, &id, name).await? } else { None };
    if update(tx, id, change, folded.as_ref(), at_ms).await? == 0 {
        return Ok(Outcome::Changed(Changed::NotFound));
    }
    // Asked after the update, which has waited for a transaction that gives up this name.
    if let Some(name) = name
        && by.is(id)
        && tx.exists(&statements::names::is_former_of_another(name, &id)).await?
    {
        return Ok(Outcome::Changed(Changed::NameTaken));
    }
    if let Some(former) = &former {
        tx.change(&statements::names::keep(&id, at_ms, former)).await?;
    }
    Ok(Outcome::UserChanged { former })
}

/// Counts one more good token of an account. False when it has `most` already, and nothing is counted then. 0 is no limit, and counts
/// nothing.
pub(crate) async fn has_room<T: Transaction>(tx: &T, owner: &UserId, most: u64) -> Result<bool, T::Error> {
    Ok(most == 0 || tx.change(&statements::users::add_token(owner, most)).await? > 0)
}

/// Says how many rows it has changed. `folded` is the name that the user gets, if names are compared without case.
pub(crate) async fn update<T: Transaction>(
    tx: &T,
    id: UserId,
    change: &UserChange,
    folded: Option<&FoldedName>,
    at_ms: u64,
) -> Result<u64, T::Error> {
    let granted;
    let mut change = change;
    if matches!(change, UserChange::GrantAndRevoke { .. }) {
        let had = tx.fetch_locked(&statements::users::privileges(&id)).await?.pop();
        // What this program cannot read it does not change.
        granted = had.flatten().and_then(|had| change.privileges_after(had));
        change = match &granted {
            Some(granted) => granted,
            None => return Ok(0),
        };
    }
    let Some(statement) = change.statement(&id, folded, at_ms) else { return Ok(0) };
    let rows = tx.change(&statement).await?;
    if rows > 0 && matches!(change, UserChange::Remove) {
        change_all(tx, statements::forget_user(&id)).await?;
    }
    Ok(rows)
}
