//! `DELETE /tokens/named/{id}`: a token is refused for ever.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::descendants;
use super::visible::{NARROWER, OWN_OR_MANAGED, visible};
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath};
use crate::http::openapi::Document;
use crate::http::rule::DeleteNamedToken;
use crate::http::state::SharedServices;
use crate::store::Changed;

pub(in crate::http) fn document() -> Document {
    let document = Document::by::<DeleteNamedToken>("Refuse a token for ever")
        .about(OWN_OR_MANAGED)
        .about("What was derived from it is refused too.")
        .says(StatusCode::NO_CONTENT, "It is refused for ever.")
        .fails([NARROWER]);
    descendants::with_option(document)
}

pub(in crate::http) async fn delete(
    State(services): State<SharedServices>,
    caller: By<DeleteNamedToken>,
    InPath(id): InPath,
    asked: Result<Query<descendants::Asked>, QueryRejection>,
) -> Result<Response, ApiError> {
    let token = visible(&services, &caller, &id).await?;
    if descendants::Asked::wanted(asked, &caller)? {
        let ended = services.tokens.delete_with_descendants(token.user, token.id, caller.actor()).await?;
        return descendants::answered(Some(&ended.ok_or(ApiError::NotFound)?));
    }
    match services.tokens.delete(token.user, token.id, caller.actor()).await? {
        Changed::Done => descendants::answered(None),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
