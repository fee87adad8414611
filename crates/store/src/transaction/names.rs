//! Names that accounts have no more, and how names are compared.

use super::Transaction;
use crate::command::Outcome;
use crate::{Changed, FormerName, sql, statements, user_names};
use zonemint_base::model::{FoldedName, UserId, UserName};

/// The name that an account loses when it gets another one, or none. The account stays as it is until the transaction ends.
pub(crate) async fn lost_for<T: Transaction>(
    tx: &T,
    owner: &UserId,
    to: Option<&UserName>,
) -> Result<Option<String>, T::Error> {
    Ok(tx.fetch_locked(&statements::names::lost_for(owner, to)).await?.pop())
}

/// A name as it is folded, if names are compared so. That stays as it is until the transaction ends.
pub(crate) async fn folded<T: Transaction>(tx: &T, name: Option<&UserName>) -> Result<Option<FoldedName>, T::Error> {
    let Some(name) = name else { return Ok(None) };
    // Two statements: one that has waited for the lock would not see other rows that the holder of the lock has written.
    tx.lock_shared().await?;
    let is_marked = tx.exists(&statements::names::mark(user_names::MARK).statement).await?;
    Ok(is_marked.then(|| name.folded()))
}

/// Marks the store. Each write of a name either came before or sees the mark.
pub(crate) async fn ignore_case<T: Transaction>(tx: &T) -> Result<Outcome, T::Error> {
    tx.lock().await?;
    // What cannot be read is left to the check of the store.
    let users: Vec<FormerName> =
        tx.fetch(&statements::names::unfolded_users(user_names::LEFT + 1)).await?.into_iter().flatten().collect();
    let former: Vec<FormerName> =
        tx.fetch(&statements::names::unfolded_former(user_names::LEFT + 1)).await?.into_iter().flatten().collect();
    if users.len() + former.len() > user_names::LEFT {
        return Ok(Outcome::Changed(Changed::NotFound));
    }
    for FormerName { owner, name, .. } in &users {
        // Nobody loses anything here: of two that fold alike one is folded already, or both are among these.
        tx.change(&statements::users::fold(owner, name)).await?;
    }
    tx.change(&sql::statement(user_names::CLEAR_REMOVED, [])).await?;
    for former in &former {
        tx.change(&statements::names::fold_former(former)).await?;
    }
    let is_new = tx.change(&statements::names::set_mark(&user_names::mark())).await? > 0;
    Ok(Outcome::IgnoresCase { is_new })
}
