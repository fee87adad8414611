//! `/providers`: services, which have tokens and no password, for administrators.

pub(crate) mod access_block;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod show;

use crate::error::ApiError;
use crate::state::Services;
use zonemint_base::model::{SubjectKind, User, UserId};

/// A service whom a path names. Users are not services.
async fn named(services: &Services, id: &str) -> Result<User, ApiError> {
    let id: UserId = id.parse().map_err(|_| ApiError::NotFound)?;
    let service = services.accounts.get(id).await?;
    service.filter(|service| service.kind == SubjectKind::Provider).ok_or(ApiError::NotFound)
}
