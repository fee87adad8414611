//! `DELETE …/tokens/named`: all of an account's tokens that have a name are refused for ever.

use axum::extract::State;
use axum::http::StatusCode;

use crate::http::error::ApiError;
use crate::http::extract::{On, SOME_WIDER};
use crate::http::openapi::Document;
use crate::http::rule::DeleteNamedTokens;
use crate::http::state::SharedServices;

pub(in crate::http) fn document() -> Document {
    Document::on::<DeleteNamedTokens>("Refuse all of an account's tokens that have a name, for ever")
        .says(StatusCode::NO_CONTENT, "They are refused for ever.")
        .fails([SOME_WIDER])
}

pub(in crate::http) async fn delete_named(
    State(services): State<SharedServices>,
    on: On<DeleteNamedTokens>,
) -> Result<StatusCode, ApiError> {
    on.caller.may_end_many()?;
    services.tokens.delete_named(on.target.id, on.caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
