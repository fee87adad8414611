//! `GET /tokens/named/{id}`: a token, with its text.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::object::TokenObject;
use super::visible::{NARROWER, OWN_OR_MANAGED, visible};
use crate::http::answer;
use crate::http::error::ApiError;
use crate::http::extract::{By, InPath};
use crate::http::openapi::Document;
use crate::http::rule::ShowNamedToken;
use crate::http::state::SharedServices;
use crate::token::MintError;

pub(in crate::http) fn document() -> Document {
    Document::by::<ShowNamedToken>("A token, with its text")
        .about(OWN_OR_MANAGED)
        .about("That somebody else's text was shown is recorded in the audit trail.")
        .answers(StatusCode::OK, "The token.", &TokenObject::example())
        .fails([NARROWER])
        .fails([MintError::CaveatsUnknown])
}

pub(in crate::http) async fn show(
    State(services): State<SharedServices>,
    caller: By<ShowNamedToken>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let token = visible(&services, &caller, &id).await?;
    answer::json(&TokenObject::shown(&token, &services, &caller).await?)
}
