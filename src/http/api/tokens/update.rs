//! `PATCH /tokens/named/{id}`: another name, other notes, revoking, and taking that back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::descendants;
use super::object::notes;
use super::visible::{NARROWER, OWN_OR_MANAGED, visible};
use crate::http::body::{Body, boolean, object, token_name};
use crate::http::error::{ApiError, DataError};
use crate::http::extract::{By, Caller, InPath, OUTRANKED, Options};
use crate::http::openapi::{Document, Keys, value};
use crate::http::rule::UpdateNamedToken;
use crate::http::state::SharedServices;
use crate::model::Parent;
use crate::store::{Ancestors, Changed, TokenChange};

/// Descendants end only with the token itself.
const NOT_REVOKED: &str = "it goes with \"revoked\": true";

/// Who has stolen a token, and another one with it, is not to undo that the owner revoked it.
const NEEDS_PASSWORD: &str = "a token is restored only with the password, of its owner or of an administrator: send \
                              Authorization: Basic";

pub(in crate::http) fn document() -> Document {
    let document = Document::by::<UpdateNamedToken>("Another name, other notes; revoke a token, and restore it")
        .about(OWN_OR_MANAGED)
        .about("To restore a revoked token (`\"revoked\": false`) takes a password in place of a token.")
        .body(
            Keys::new()
                .or_absent("customMetadata", value::object)
                .optional("descendants", value::flag(descendants::ABOUT))
                .or_absent("name", value::token_name)
                .or_absent("revoked", value::boolean)
                .at_least_one_of(&["customMetadata", "name", "revoked"]),
            json!({"revoked": true}),
        )
        .says(StatusCode::NO_CONTENT, "Changed.")
        .fails([NARROWER, OUTRANKED, ApiError::Forbidden { hint: Some(NEEDS_PASSWORD) }])
        .fails([
            DataError::NameOfRevokedToken,
            DataError::BadData { key: "descendants", hint: Some(NOT_REVOKED.to_owned()) },
        ]);
    descendants::with_answer(document)
}

pub(in crate::http) async fn update(
    State(services): State<SharedServices>,
    caller: By<UpdateNamedToken>,
    InPath(id): InPath,
    Options(options): Options,
) -> Result<Response, ApiError> {
    let token = visible(&services, &caller, &id).await?;
    let mut body = Body::new(&options);
    let metadata = body.optional_or_null("customMetadata", object)?.map(notes);
    let with_descendants = descendants::wanted(&mut body, &caller)?;
    let mut change = TokenChange {
        metadata,
        name: body.optional_or_null("name", token_name)?,
        revoked: body.optional_or_null("revoked", boolean)?,
    };
    body.at_least_one_of(&["customMetadata", "name", "revoked"])?;
    if with_descendants && change.revoked != Some(true) {
        return Err(DataError::BadData { key: "descendants", hint: Some(NOT_REVOKED.to_owned()) }.into());
    }
    if change.revoked == Some(false) {
        if services.tokens.is_revoked(&token) {
            caller.must_give_password(NEEDS_PASSWORD)?;
            // A token that is good again gives its owner's rights to whoever has its text.
            let owner = services.accounts.get(token.user).await?.ok_or(ApiError::NotFound)?;
            Caller::must_not_rise(&caller, &owner)?;
        } else {
            // It is good, and stays as it is, though somebody may revoke it before this is committed.
            change.revoked = None;
        }
    }
    let by = caller.actor();
    let name = change.name.clone();
    match services.tokens.change(token.user, token.id, change, by).await? {
        Changed::Done if with_descendants => {
            let of = Ancestors::One(Parent::Token(token.id));
            descendants::answered(Some(&services.tokens.revoke_descendants(of, None, by).await?))
        }
        Changed::Done => descendants::answered(None),
        Changed::NotFound => Err(ApiError::NotFound),
        Changed::NameTaken => Err(services.tokens.name_taken(token.user, name.as_ref()).await.into()),
    }
}
