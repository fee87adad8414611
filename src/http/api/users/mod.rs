//! `/users`: accounts, for administrators.

mod access_block;
mod basic_auth;
mod create;
mod delete;
mod list;
mod object;
mod show;

pub(in crate::http) use access_block::access_block;
pub(in crate::http) use basic_auth::basic_auth;
pub(in crate::http) use create::create;
pub(in crate::http) use delete::delete;
pub(in crate::http) use list::list;
pub(in crate::http) use object::UserObject;
pub(in crate::http) use show::show;

use crate::http::error::ApiError;
use crate::http::state::Services;
use crate::model::{SubjectKind, User, UserId};

/// A user whom a path names. Services are not users.
async fn named(services: &Services, id: &str) -> Result<User, ApiError> {
    let id: UserId = id.parse().map_err(|_| ApiError::NotFound)?;
    let user = services.accounts.get(id).await?;
    user.filter(|user| user.kind == SubjectKind::User).ok_or(ApiError::NotFound)
}
