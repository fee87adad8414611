//! `GET /tokens/named/{id}`: a token, with its text.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::object::{OWN_OR_MANAGED, TokenObject};
use crate::caller::Denied;
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{Authorized, InPath};
use crate::http::openapi::Document;
use crate::http::rule::{Rule as _, ShowNamedToken};
use crate::http::state::SharedServices;
use crate::token::MintError;

pub(in crate::http) fn document() -> Document {
    Document::by::<ShowNamedToken>("A token, with its text")
        .about(OWN_OR_MANAGED)
        .about("That somebody else's text was shown is recorded in the audit trail.")
        .answers(StatusCode::OK, "The token.", &TokenObject::example())
        .fails([Denied::Narrower])
        .fails([MintError::CaveatsUnknown])
}

pub(in crate::http) async fn show(
    State(services): State<SharedServices>,
    caller: Authorized<ShowNamedToken>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let token = services.tokens.visible(&id, ShowNamedToken::GAINS, &caller).await?;
    answer::json(&TokenObject::shown(&token, &services, &caller).await?)
}
