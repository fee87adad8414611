//! `DELETE …/tokens/temporary`: all temporary tokens of an account are refused for ever.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::api::tokens::descendants;
use crate::http::error::ApiError;
use crate::http::extract::{On, SOME_WIDER};
use crate::http::openapi::Document;
use crate::http::rule::DeleteTemporaryTokens;
use crate::http::state::SharedServices;
use crate::store::{Ancestors, Changed, UserChange};

pub(in crate::http) fn document() -> Document {
    let document = Document::on::<DeleteTemporaryTokens>("Refuse all temporary tokens of an account, for ever")
        .about("The next generation of them begins.")
        .says(StatusCode::NO_CONTENT, "They are refused for ever.")
        .fails([SOME_WIDER, ApiError::NotFound]);
    descendants::with_option(document)
}

pub(in crate::http) async fn delete_temporary(
    State(services): State<SharedServices>,
    on: On<DeleteTemporaryTokens>,
    asked: Result<Query<descendants::Asked>, QueryRejection>,
) -> Result<Response, ApiError> {
    on.caller.may_end_many()?;
    let with_descendants = descendants::Asked::wanted(asked, &on.caller)?;
    let (owner, by) = (on.target.id, on.caller.actor());
    match services.change_user(owner, UserChange::Generation, by).await? {
        Changed::Done if with_descendants => {
            let ended = services.tokens.revoke_descendants(Ancestors::Temporary(owner), None, by).await?;
            descendants::answered(Some(&ended))
        }
        Changed::Done => descendants::answered(None),
        Changed::NotFound | Changed::NameTaken => Err(ApiError::NotFound),
    }
}
