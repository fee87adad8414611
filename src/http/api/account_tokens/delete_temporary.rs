//! `DELETE …/tokens/temporary`: all temporary tokens of an account are refused for ever.

use axum::extract::State;
use axum::http::StatusCode;

use crate::http::error::ApiError;
use crate::http::extract::On;
use crate::http::rule::DeleteTemporaryTokens;
use crate::http::state::SharedServices;
use crate::store::{Changed, UserChange};

pub(in crate::http) async fn delete_temporary(
    State(services): State<SharedServices>,
    on: On<DeleteTemporaryTokens>,
) -> Result<StatusCode, ApiError> {
    on.caller.may_end_many()?;
    match services.change_user(on.target.id, UserChange::Generation, on.caller.actor()).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
