//! `DELETE /user`: ends the caller's own account for good.

use axum::extract::State;
use axum::http::StatusCode;

use crate::caller::Denied;
use crate::http::error::ApiError;
use crate::http::extract::Authorized;
use crate::http::openapi::Document;
use crate::http::rule::DeleteSelf;
use crate::http::state::SharedServices;
use crate::store::{Changed, UserChange};

pub(in crate::http) fn document() -> Document {
    Document::by::<DeleteSelf>("End the own account, for good")
        .about("Its tokens are refused from then on. It cannot be taken back.")
        .says(StatusCode::NO_CONTENT, "Ended.")
        .fails([ApiError::NotFound, Denied::SomeWider.into()])
}

pub(in crate::http) async fn delete(
    State(services): State<SharedServices>,
    caller: Authorized<DeleteSelf>,
) -> Result<StatusCode, ApiError> {
    match services.accounts.change(caller.user.id, UserChange::Remove, &caller).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
