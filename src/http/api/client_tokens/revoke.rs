//! `DELETE /user/client_tokens/{token}`: that token is refused from now on.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::api::tokens::descendants;
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath};
use crate::http::openapi::Document;
use crate::http::rule::DeleteClientToken;
use crate::http::state::SharedServices;
use crate::store::Changed;

pub(in crate::http) fn document() -> Document {
    let document = Document::by::<DeleteClientToken>("Refuse a token from now on")
        .about("Somebody else's and unknown ones answer alike.")
        .says(StatusCode::NO_CONTENT, "It is refused from now on.");
    descendants::with_option(document)
}

/// `named` is a token's text or its identifier. Somebody else's and unknown ones answer alike.
pub(in crate::http) async fn revoke(
    State(services): State<SharedServices>,
    caller: By<DeleteClientToken>,
    InPath(named): InPath,
    asked: Result<Query<descendants::Asked>, QueryRejection>,
) -> Result<Response, ApiError> {
    let with_descendants = descendants::Asked::wanted(asked, &caller)?;
    let owner = caller.user.id;
    let id = services.tokens.client_token(&caller.authority, &named).await?.ok_or(ApiError::NotFound)?;
    if with_descendants {
        let ended = services.tokens.delete_with_descendants(owner, id, caller.actor()).await?;
        return descendants::answered(Some(&ended.ok_or(ApiError::NotFound)?));
    }
    match services.tokens.delete(owner, id, caller.actor()).await? {
        Changed::Done => descendants::answered(None),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
