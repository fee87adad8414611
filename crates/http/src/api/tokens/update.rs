//! `PATCH /tokens/named/{id}`: another name, other notes, revoking, and taking that back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::descendants;
use super::object::{OWN_OR_MANAGED, notes};
use crate::body::Body;
use crate::error::{ApiError, DataError};
use crate::extract::{Authorized, InPath, Options};
use crate::kind::{boolean, object, token_name};
use crate::openapi::Document;
use crate::operation::Rule as _;
use crate::state::SharedServices;
use zonemint_service::caller::{Caller, Denied};
use zonemint_store::TokenChange;

operation! { UpdateNamedToken: patch "/tokens/named/{id}" update = Update "token" Path "instance" Private }

/// Descendants end only with the token itself.
const NOT_REVOKED: &str = "it goes with \"revoked\": true";

pub(crate) fn document() -> Document {
    let document = Document::by::<UpdateNamedToken>("Change the name or notes of a token; revoke or restore it")
        .about(OWN_OR_MANAGED)
        .about("Restoring a revoked token (`\"revoked\": false`) needs a password in place of a token.")
        .body(json!({"revoked": true}), |body| read(body, None))
        .says(StatusCode::NO_CONTENT, "Changed.")
        .fails([Denied::Narrower, Denied::Outranked, Denied::NeedsPassword])
        .fails([
            DataError::NameOfRevokedToken,
            DataError::BadData { key: "descendants", hint: Some(NOT_REVOKED.to_owned()) },
        ]);
    descendants::with_answer(document)
}

pub(crate) async fn update(
    State(services): State<SharedServices>,
    caller: Authorized<UpdateNamedToken>,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<Response, ApiError> {
    let token = services.tokens.visible(&id, UpdateNamedToken::GAINS, &caller).await?;
    let (change, with_descendants) = read(&mut Body::new(&options), Some(&caller))?;
    let ended = services.tokens.change(&token, change, with_descendants, &caller).await?;
    descendants::answered(ended.as_ref())
}

fn read(body: &mut Body<'_>, caller: Option<&Caller>) -> Result<(TokenChange, bool), ApiError> {
    let metadata = body.optional_or_null("customMetadata", object())?.map(notes);
    let with_descendants = descendants::wanted(body, caller)?;
    let change = TokenChange {
        metadata,
        name: body.optional_or_null("name", token_name())?,
        revoked: body.optional_or_null("revoked", boolean())?,
    };
    body.at_least_one_of(&["customMetadata", "name", "revoked"])?;
    if with_descendants && change.revoked != Some(true) {
        return Err(DataError::BadData { key: "descendants", hint: Some(NOT_REVOKED.to_owned()) }.into());
    }
    Ok((change, with_descendants))
}
