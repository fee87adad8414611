//! `DELETE /tokens/named/{id}`: a token is refused for ever.

use axum::extract::State;
use axum::http::StatusCode;

use super::visible::{NARROWER, OWN_OR_MANAGED, visible};
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath};
use crate::http::openapi::Document;
use crate::http::rule::DeleteNamedToken;
use crate::http::state::SharedServices;
use crate::store::Changed;

pub(in crate::http) fn document() -> Document {
    Document::by::<DeleteNamedToken>("Refuse a token for ever")
        .about(OWN_OR_MANAGED)
        .about("What was derived from it is refused too.")
        .says(StatusCode::NO_CONTENT, "It is refused for ever.")
        .fails([NARROWER])
}

pub(in crate::http) async fn delete(
    State(services): State<SharedServices>,
    caller: By<DeleteNamedToken>,
    InPath(id): InPath,
) -> Result<StatusCode, ApiError> {
    let token = visible(&services, &caller, &id).await?;
    match services.tokens.delete(token.user, token.id, caller.actor()).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
