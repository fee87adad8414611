//! `POST …/tokens/named`: mints a named token.

use crate::api::prelude::*;
use crate::api::tokens::{EncodingOption, NewToken, UNMEETABLE, created, not_minted, notes, with_encoding};
use crate::kind::{boolean, caveats, object, token_name, token_type};
use crate::openapi::service_forbidden;
use zonemint_base::model::TokenType;
use zonemint_caveat::TokenKind;
use zonemint_service::token::{MintError, NamedRequest};

operation! {
    CreateNamedToken: post on "/named" create_named
        = Create Null "user_named_token" "provider_named_token", gains Rights
}

pub(crate) fn document() -> Document {
    let document = Document::on::<CreateNamedToken>("Mint a named token")
        .about("Stores the token. It is valid until it is revoked or its caveats end it.")
        .about("With `token.max_named_ttl`, a token requested without an end gets one, and a later end is refused.")
        .about(UNMEETABLE)
        .body(
            json!({"name": "nightly backup", "type": {"accessToken": {}}, "caveats": [{"type": "data.readonly"}]}),
            |body| read(body, EncodingOption::default()),
        )
        .answers(StatusCode::CREATED, "The token.", &NewToken::example(true))
        .header("Location")
        .header("X-Warning")
        .fails(not_made())
        .fails([MintError::NameTaken, MintError::NameOfRevoked, MintError::TooMany])
        .fails([MintError::TimeRequired { max_ttl_s: 7_776_000 }]);
    with_encoding(document)
}

pub(crate) async fn create_named(
    services: Shared,
    on: AuthorizedOn<CreateNamedToken>,
    base: Base,
    encoding: EncodingOption,
    Options(options): Options,
) -> Result<Response> {
    let request = read(&mut Body::new(&options), encoding)?;
    let minted = services.tokens.create_named(on.target.subject(), request, &on.caller).await?;
    Ok(base.locate(created(&minted, true)?, &format!("/tokens/named/{}", minted.id)))
}

fn read(body: &mut Body<'_>, encoding: EncodingOption) -> Result<NamedRequest> {
    Ok(NamedRequest {
        name: body.required("name", token_name())?,
        caveats: body.optional_or_null("caveats", caveats())?.unwrap_or_default(),
        metadata: body.optional_or_null("customMetadata", object())?.map(notes),
        encoding: encoding.or_in(body)?,
        revoked: body.optional_or_null("revoked", boolean())?.unwrap_or(false),
        kind: stored_kind(body.optional_or_null("type", token_type())?.as_ref())?,
    })
}

/// Errors of minting a token.
pub(super) fn not_made() -> Vec<ApiError> {
    let refused = [ApiError::NotSupported, ApiError::Token(TokenError::TokenSessionInvalid), service_forbidden()];
    refused.into_iter().chain(not_minted()).collect()
}

/// The kinds of tokens that can be minted: no invitations, and no tokens of a session.
pub(super) fn stored_kind(kind: Option<&TokenType>) -> Result<TokenKind> {
    match kind {
        None | Some(TokenType::Access) => Ok(TokenKind::Access),
        Some(TokenType::Identity) => Ok(TokenKind::Identity),
        Some(TokenType::AccessOfSession(_)) => Err(ApiError::Token(TokenError::TokenSessionInvalid)),
        Some(TokenType::Invite { .. }) => Err(ApiError::NotSupported),
    }
}
