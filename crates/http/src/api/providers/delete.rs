//! `DELETE /providers/{id}`: ends a service for good, with all its tokens.

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
    DeleteProvider: delete "/providers/{id}" delete
        = Delete "provider" Path "instance" Private needs ProvidersDelete, ends many
}

pub(crate) fn document() -> Document {
    Document::by::<DeleteProvider>("Delete a service permanently, with all its tokens")
        .says(StatusCode::NO_CONTENT, "The service is deleted.")
        .fails([Denied::SomeWider])
}

pub(crate) async fn delete(
    State(services): State<SharedServices>,
    caller: Authorized<DeleteProvider>,
    InPath(id): InPath,
) -> Result<StatusCode, ApiError> {
    let service = named(&services, &id).await?;
    match services.accounts.change(service.id, UserChange::Remove, &caller).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
