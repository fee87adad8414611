//! `PATCH /tokens/named/{id}`: changes name and notes, revokes, or restores a token.

use super::descendants;
use super::object::{OWN_OR_MANAGED, notes};
use crate::api::prelude::*;
use crate::kind::{boolean, object, token_name};
use crate::path_parameter::ANY_ID;
use zonemint_service::token::MintError;
use zonemint_store::TokenChange;

operation! { UpdateNamedToken: patch "/tokens/named/{id}" update = Update "token" Path "instance" Private }

/// Descendants are revoked only with the token itself.
const NOT_REVOKED: &str = "it goes with \"revoked\": true";

pub(crate) fn document() -> Document {
    let document = Document::by::<UpdateNamedToken>("Change the name or notes of a token; revoke or restore it")
        .in_path(&ANY_ID)
        .about(OWN_OR_MANAGED)
        .about("Restoring a revoked token (`\"revoked\": false`) needs a password in place of a token.")
        .body(json!({"revoked": true}), read)
        .says(StatusCode::NO_CONTENT, "Changed.")
        .fails([Denied::Narrower, Denied::Outranked, Denied::NeedsPassword])
        .fails([MintError::TooMany])
        .fails([DataError::NameOfRevokedToken, DataError::bad("descendants", NOT_REVOKED)]);
    descendants::with_answer(document)
}

pub(crate) async fn update(
    services: Shared,
    caller: Authorized<UpdateNamedToken>,
    path: InPath,
    Options(options): Options,
) -> Result<Response> {
    let token = services.tokens.visible(&path.read(&ANY_ID)?, UpdateNamedToken::GAINS, &caller).await?;
    let (change, with_descendants) = read(&mut Body::new(&options))?;
    let ended = services.tokens.change(&token, change, with_descendants, &caller).await?;
    descendants::answered(ended.as_ref())
}

fn read(body: &mut Body<'_>) -> Result<(TokenChange, bool)> {
    let metadata = body.optional_or_null("customMetadata", object())?.map(notes);
    let with_descendants = descendants::in_body(body)?;
    let change = TokenChange {
        metadata,
        name: body.optional_or_null("name", token_name())?,
        revoked: body.optional_or_null("revoked", boolean())?,
        ..TokenChange::default()
    };
    body.at_least_one_of(&["customMetadata", "name", "revoked"])?;
    if with_descendants && change.revoked != Some(true) {
        return Err(DataError::bad("descendants", NOT_REVOKED).into());
    }
    Ok((change, with_descendants))
}
