//! `PATCH /tokens/named/{id}`: another name, other notes, revoking, and taking that back.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::object::notes;
use super::visible::{NARROWER, OWN_OR_MANAGED, visible};
use crate::http::body::{Body, boolean, object, token_name};
use crate::http::error::{ApiError, DataError};
use crate::http::extract::{By, InPath, Options};
use crate::http::openapi::{Document, Keys, value};
use crate::http::rule::UpdateNamedToken;
use crate::http::state::SharedServices;
use crate::store::{Changed, TokenChange};

pub(in crate::http) fn document() -> Document {
    Document::by::<UpdateNamedToken>("Another name, other notes; revoke a token, and restore it")
        .about(OWN_OR_MANAGED)
        .body(
            Keys::new()
                .optional("customMetadata", value::object)
                .or_absent("name", value::token_name)
                .optional("revoked", value::boolean)
                .at_least_one_of(&["customMetadata", "name", "revoked"]),
            json!({"revoked": true}),
        )
        .says(StatusCode::NO_CONTENT, "Changed.")
        .fails([NARROWER])
}

pub(in crate::http) async fn update(
    State(services): State<SharedServices>,
    caller: By<UpdateNamedToken>,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<StatusCode, ApiError> {
    let token = visible(&services, &caller, &id).await?;
    let mut body = Body::new(&options);
    let change = TokenChange {
        metadata: body.optional("customMetadata", object)?.map(notes),
        name: body.optional_or_null("name", token_name)?,
        revoked: body.optional("revoked", boolean)?,
    };
    body.at_least_one_of(&["customMetadata", "name", "revoked"])?;
    match services.tokens.change(token.user, token.id, change, caller.actor()).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound => Err(ApiError::NotFound),
        Changed::NameTaken => Err(DataError::BadValueIdentifierOccupied { key: "name" }.into()),
    }
}
