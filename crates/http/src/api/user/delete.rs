//! `DELETE /user`: ends the caller's own account for good.

use axum::extract::State;
use axum::http::StatusCode;

use crate::error::ApiError;
use crate::extract::Authorized;
use crate::openapi::Document;
use crate::state::SharedServices;
use zonemint_service::caller::Denied;
use zonemint_store::{Changed, UserChange};

operation! { DeleteSelf: delete "/user" delete = Delete "user" Caller "instance" Private, ends many }

pub(crate) fn document() -> Document {
    Document::by::<DeleteSelf>("Delete the caller's own account permanently")
        .about("Its tokens are refused from then on. This cannot be undone.")
        .says(StatusCode::NO_CONTENT, "The account is deleted.")
        .fails([ApiError::NotFound, Denied::SomeWider.into()])
}

pub(crate) async fn delete(
    State(services): State<SharedServices>,
    caller: Authorized<DeleteSelf>,
) -> Result<StatusCode, ApiError> {
    match services.accounts.change(caller.user.id, UserChange::Remove, &caller).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
