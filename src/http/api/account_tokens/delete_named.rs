//! `DELETE …/tokens/named`: all of an account's tokens that have a name are refused for ever.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::api::tokens::descendants;
use crate::http::error::ApiError;
use crate::http::extract::{On, SOME_WIDER};
use crate::http::openapi::Document;
use crate::http::rule::DeleteNamedTokens;
use crate::http::state::SharedServices;

pub(in crate::http) fn document() -> Document {
    let document = Document::on::<DeleteNamedTokens>("Refuse all of an account's tokens that have a name, for ever")
        .says(StatusCode::NO_CONTENT, "They are refused for ever.")
        .fails([SOME_WIDER]);
    descendants::with_option(document)
}

pub(in crate::http) async fn delete_named(
    State(services): State<SharedServices>,
    on: On<DeleteNamedTokens>,
    asked: Result<Query<descendants::Asked>, QueryRejection>,
) -> Result<Response, ApiError> {
    on.caller.may_end_many()?;
    let (owner, by) = (on.target.id, on.caller.actor());
    if descendants::Asked::wanted(asked, &on.caller)? {
        let ended = services.tokens.delete_named_with_descendants(owner, by).await?;
        return descendants::answered(Some(&ended));
    }
    services.tokens.delete_named(owner, by).await?;
    descendants::answered(None)
}
