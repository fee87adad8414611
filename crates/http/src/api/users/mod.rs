//! `/users`: accounts, for administrators.

pub(crate) mod access_block;
pub(crate) mod basic_auth;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
mod object;
pub(crate) mod privileges;
pub(crate) mod reset_link;
pub(crate) mod show;
pub(crate) mod update_privileges;

pub(crate) use object::{EXAMPLE_ID, UserObject};

use crate::error::ApiError;
use crate::state::Services;
use zonemint_base::model::{SubjectKind, User, UserId};

/// A user whom a path names. Services are not users.
async fn named(services: &Services, id: &str) -> Result<User, ApiError> {
    let id: UserId = id.parse().map_err(|_| ApiError::NotFound)?;
    let user = services.accounts.get(id).await?;
    user.filter(|user| user.kind == SubjectKind::User).ok_or(ApiError::NotFound)
}
