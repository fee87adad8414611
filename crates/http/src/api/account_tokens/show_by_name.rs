//! `GET …/tokens/named/name/{name}`: a token of that name, with its text.

use std::collections::HashMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::answer;
use crate::api::tokens::TokenObject;
use crate::error::ApiError;
use crate::extract::AuthorizedOn;
use crate::openapi::Document;
use crate::state::SharedServices;
use zonemint_base::model::TokenName;
use zonemint_service::caller::Denied;
use zonemint_service::token::MintError;

operation! {
    ShowTokenByName: get on "/named/name/{name}" show_by_name
        = Get Path "user_named_token" "provider_named_token", gains Rights
}

pub(crate) fn document() -> Document {
    Document::on::<ShowTokenByName>("Show a named token, with its text")
        .about("Showing another account's token is recorded in the audit trail.")
        .answers(StatusCode::OK, "The token.", &TokenObject::example())
        .fails([Denied::Narrower])
        .fails([MintError::CaveatsUnknown])
}

/// A name that is not UTF-8 or breaks the rule for names is nobody's.
pub(crate) async fn show_by_name(
    State(services): State<SharedServices>,
    on: AuthorizedOn<ShowTokenByName>,
    path: Result<Path<HashMap<String, String>>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path(path) = path.map_err(|_| ApiError::NotFound)?;
    let name = path.get("name").and_then(|name| TokenName::parse(name).ok()).ok_or(ApiError::NotFound)?;
    let token = services.tokens.visible_by_name(on.target.id, &name, &on.caller).await?;
    answer::json(&TokenObject::shown(&token, &services, &on.caller).await?)
}
