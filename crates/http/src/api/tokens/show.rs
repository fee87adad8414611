//! `GET /tokens/named/{id}`: a token, with its text.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::object::{OWN_OR_MANAGED, TokenObject};
use crate::answer;
use crate::error::ApiError;
use crate::extract::{Authorized, InPath};
use crate::openapi::Document;
use crate::operation::Rule as _;
use crate::state::SharedServices;
use zonemint_service::caller::Denied;
use zonemint_service::token::MintError;

operation! { ShowNamedToken: get "/tokens/named/{id}" show = Get "token" Path "instance" Private, gains Rights }

pub(crate) fn document() -> Document {
    Document::by::<ShowNamedToken>("Show a token, with its text")
        .about(OWN_OR_MANAGED)
        .about("Showing another account's token is recorded in the audit trail.")
        .answers(StatusCode::OK, "The token.", &TokenObject::example())
        .fails([Denied::Narrower])
        .fails([MintError::CaveatsUnknown])
}

pub(crate) async fn show(
    State(services): State<SharedServices>,
    caller: Authorized<ShowNamedToken>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let token = services.tokens.visible(&id, ShowNamedToken::GAINS, &caller).await?;
    answer::json(&TokenObject::shown(&token, &services, &caller).await?)
}
