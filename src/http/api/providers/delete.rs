//! `DELETE /providers/{id}`: ends a service for good, with all its tokens.

use axum::extract::State;
use axum::http::StatusCode;

use super::named;
use crate::caller::Denied;
use crate::http::error::ApiError;
use crate::http::extract::{Authorized, InPath};
use crate::http::openapi::Document;
use crate::http::rule::DeleteProvider;
use crate::http::state::SharedServices;
use crate::store::{Changed, UserChange};

pub(in crate::http) fn document() -> Document {
    Document::by::<DeleteProvider>("End a service for good, with all its tokens")
        .says(StatusCode::NO_CONTENT, "It is gone.")
        .fails([Denied::SomeWider])
}

pub(in crate::http) async fn delete(
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
