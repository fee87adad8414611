//! `DELETE …/tokens/temporary`: all temporary tokens of an account are refused for ever.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::tokens::descendants;
use crate::error::ApiError;
use crate::extract::AuthorizedOn;
use crate::openapi::Document;
use crate::rule::DeleteTemporaryTokens;
use crate::state::SharedServices;
use zonemint_service::caller::Denied;

pub(crate) fn document() -> Document {
    let document = Document::on::<DeleteTemporaryTokens>("Refuse all temporary tokens of an account, for ever")
        .about("The next generation of them begins.")
        .says(StatusCode::NO_CONTENT, "They are refused for ever.")
        .fails([Denied::SomeWider.into(), ApiError::NotFound]);
    descendants::with_option(document)
}

pub(crate) async fn delete_temporary(
    State(services): State<SharedServices>,
    on: AuthorizedOn<DeleteTemporaryTokens>,
    query: Result<Query<descendants::DescendantsQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let ended =
        services.tokens.end_temporary(on.target.id, descendants::DescendantsQuery::wanted(query)?, &on.caller).await?;
    descendants::answered(ended.as_ref())
}
