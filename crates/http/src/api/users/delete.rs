//! `DELETE /users/{id}`: ends an account for good, with all its tokens.

use axum::extract::State;
use axum::http::StatusCode;

use super::named;
use crate::error::ApiError;
use crate::extract::{Authorized, InPath};
use crate::openapi::Document;
use crate::state::SharedServices;
use zonemint_service::caller::Denied;
use zonemint_store::{Changed, UserChange};

operation! {
    DeleteUser: delete "/users/{id}" delete = Delete "user" Path "instance" Private needs UsersDelete, ends many
}

pub(crate) fn document() -> Document {
    Document::by::<DeleteUser>("Delete a user permanently")
        .about("The user's tokens are refused from then on. This cannot be undone.")
        .says(StatusCode::NO_CONTENT, "The user is deleted.")
        .fails([Denied::SomeWider])
}

pub(crate) async fn delete(
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
