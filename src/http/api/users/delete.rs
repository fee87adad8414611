//! `DELETE /users/{id}`: ends an account for good, with all its tokens.

use axum::extract::State;
use axum::http::StatusCode;

use super::named;
use crate::caller::Denied;
use crate::http::error::ApiError;
use crate::http::extract::{Authorized, InPath};
use crate::http::openapi::Document;
use crate::http::rule::DeleteUser;
use crate::http::state::SharedServices;
use crate::store::{Changed, UserChange};

pub(in crate::http) fn document() -> Document {
    Document::by::<DeleteUser>("End an account, for good")
        .about("Its tokens are refused from then on. It cannot be taken back.")
        .says(StatusCode::NO_CONTENT, "Ended.")
        .fails([Denied::SomeWider])
}

pub(in crate::http) async fn delete(
    State(services): State<SharedServices>,
    caller: Authorized<DeleteUser>,
    InPath(id): InPath,
) -> Result<StatusCode, ApiError> {
    let user = named(&services, &id).await?;
    match services.accounts.change(user.id, UserChange::Remove, &caller).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
