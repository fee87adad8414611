//! What operations on users and on services have in common.

use crate::api::prelude::*;
use crate::path_parameter::AccountId;
use zonemint_base::model::{User, UserId};
use zonemint_service::caller::Caller;
use zonemint_store::UserChange;

/// An account that a path names.
pub(crate) async fn named(services: &Services, (kind, id): AccountId) -> Result<User> {
    let account = services.accounts.get(id).await?;
    account.filter(|account| account.kind == kind).ok_or(ApiError::NotFound)
}

/// Deletes an account permanently.
pub(crate) async fn delete(services: &Services, id: UserId, caller: &Caller) -> Result<StatusCode> {
    answer::changed(services.accounts.change(id, UserChange::Remove, caller).await?, ApiError::NotFound)
}

/// Blocks or unblocks an account. An account in that state already keeps it.
pub(crate) async fn set_blocked(services: &Services, id: UserId, blocked: bool, caller: &Caller) -> Result<StatusCode> {
    let change = if blocked { UserChange::Block } else { UserChange::Unblock };
    let _ = services.accounts.change(id, change, caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
