//! `DELETE …/tokens/named`: all of an account's tokens that have a name are refused for ever.

use axum::extract::State;
use axum::http::StatusCode;

use crate::http::error::ApiError;
use crate::http::extract::On;
use crate::http::rule::DeleteNamedTokens;
use crate::http::state::SharedServices;

pub(in crate::http) async fn delete_named(
    State(services): State<SharedServices>,
    on: On<DeleteNamedTokens>,
) -> Result<StatusCode, ApiError> {
    on.caller.may_end_many()?;
    services.tokens.delete_named(on.target.id, on.caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
