//! `DELETE /user/client_tokens/{token}`: that token is refused from now on.

use axum::extract::State;
use axum::http::StatusCode;

use crate::http::error::ApiError;
use crate::http::extract::{By, InPath};
use crate::http::openapi::Document;
use crate::http::rule::DeleteClientToken;
use crate::http::state::SharedServices;
use crate::store::Changed;

pub(in crate::http) fn document() -> Document {
    Document::by::<DeleteClientToken>("Refuse a token from now on")
        .about("Somebody else's and unknown ones answer alike.")
        .says(StatusCode::NO_CONTENT, "It is refused from now on.")
}

/// `named` is a token's text or its identifier. Somebody else's and unknown ones answer alike.
pub(in crate::http) async fn revoke(
    State(services): State<SharedServices>,
    caller: By<DeleteClientToken>,
    InPath(named): InPath,
) -> Result<StatusCode, ApiError> {
    match services.tokens.delete_client_token(caller.user.id, caller.actor(), &caller.authority, &named).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
