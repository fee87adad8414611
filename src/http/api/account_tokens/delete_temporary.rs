//! `DELETE …/tokens/temporary`: all temporary tokens of an account are refused for ever.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::caller::Denied;
use crate::http::api::tokens::descendants;
use crate::http::error::ApiError;
use crate::http::extract::AuthorizedOn;
use crate::http::openapi::Document;
use crate::http::rule::DeleteTemporaryTokens;
use crate::http::state::SharedServices;

pub(in crate::http) fn document() -> Document {
    let document = Document::on::<DeleteTemporaryTokens>("Refuse all temporary tokens of an account, for ever")
        .about("The next generation of them begins.")
        .says(StatusCode::NO_CONTENT, "They are refused for ever.")
        .fails([Denied::SomeWider.into(), ApiError::NotFound]);
    descendants::with_option(document)
}

pub(in crate::http) async fn delete_temporary(
    State(services): State<SharedServices>,
    on: AuthorizedOn<DeleteTemporaryTokens>,
    query: Result<Query<descendants::DescendantsQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let ended =
        services.tokens.end_temporary(on.target.id, descendants::DescendantsQuery::wanted(query)?, &on.caller).await?;
    descendants::answered(ended.as_ref())
}
