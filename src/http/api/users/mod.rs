//! `/users`: accounts, for administrators.

pub(in crate::http) mod access_block;
pub(in crate::http) mod basic_auth;
pub(in crate::http) mod create;
pub(in crate::http) mod delete;
pub(in crate::http) mod list;
mod object;
pub(in crate::http) mod privileges;
pub(in crate::http) mod reset_link;
pub(in crate::http) mod show;
pub(in crate::http) mod update_privileges;

pub(in crate::http) use object::{EXAMPLE_ID, UserObject};

use crate::http::error::ApiError;
use crate::http::state::Services;
use crate::model::{SubjectKind, User, UserId};

/// A user whom a path names. Services are not users.
async fn named(services: &Services, id: &str) -> Result<User, ApiError> {
    let id: UserId = id.parse().map_err(|_| ApiError::NotFound)?;
    let user = services.accounts.get(id).await?;
    user.filter(|user| user.kind == SubjectKind::User).ok_or(ApiError::NotFound)
}
