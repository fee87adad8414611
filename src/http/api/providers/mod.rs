//! `/providers`: services, which have tokens and no password, for administrators.

pub(in crate::http) mod access_block;
pub(in crate::http) mod create;
pub(in crate::http) mod delete;
pub(in crate::http) mod list;
pub(in crate::http) mod show;

use crate::http::error::ApiError;
use crate::http::state::Services;
use crate::model::{SubjectKind, User, UserId};

/// A service whom a path names. Users are not services.
async fn named(services: &Services, id: &str) -> Result<User, ApiError> {
    let id: UserId = id.parse().map_err(|_| ApiError::NotFound)?;
    let service = services.accounts.get(id).await?;
    service.filter(|service| service.kind == SubjectKind::Provider).ok_or(ApiError::NotFound)
}
