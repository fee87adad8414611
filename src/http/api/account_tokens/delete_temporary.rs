//! `DELETE …/tokens/temporary`: all temporary tokens of an account are refused for ever.

use axum::extract::State;
use axum::http::StatusCode;

use crate::http::error::ApiError;
use crate::http::extract::{On, SOME_WIDER};
use crate::http::openapi::Document;
use crate::http::rule::DeleteTemporaryTokens;
use crate::http::state::SharedServices;
use crate::store::{Changed, UserChange};

pub(in crate::http) fn document() -> Document {
    Document::on::<DeleteTemporaryTokens>("Refuse all temporary tokens of an account, for ever")
        .about("The next generation of them begins.")
        .says(StatusCode::NO_CONTENT, "They are refused for ever.")
        .fails([SOME_WIDER, ApiError::NotFound])
}

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
