//! `POST /tokens/verify_invite_token`: always fails, because this server has no spaces and no groups.

use super::object::EXAMPLE_TEXT;
use crate::api::prelude::*;
use crate::kind::{invite_type, nullable, peer_ip, token};
use zonemint_base::model::{InviteType, TokenType};
use zonemint_caveat::TokenKind;

operation! {
    VerifyInviteToken: post "/tokens/verify_invite_token" verify_invite
        = Create "token" Null "verify_invite_token" Public
}

pub(crate) fn document() -> Document {
    Document::anyone::<VerifyInviteToken>("Verify an invitation token")
        .about("Always fails: this server has no spaces and no groups. The error shows whether the token is an invitation.")
        .body(json!({"token": EXAMPLE_TEXT}), |body| read(body).map(drop))
        .fails([
            ApiError::NotSupported,
            TokenError::NotAnInviteToken { expected: None, received: TokenType::Access }.into(),
        ])
}

pub(crate) async fn verify_invite(services: Shared, anyone: Anyone, Options(options): Options) -> Result<()> {
    anyone.allows(&general::<VerifyInviteToken>())?;
    let (text, expected) = read(&mut Body::new(&options))?;
    let examined = services.tokens.inspect(text).map_err(|why| ApiError::about(why.into(), TokenKind::Invite))?;
    match examined.kind {
        TokenType::Invite { kind, .. } if expected.is_none_or(|expected| expected == kind) => {
            Err(ApiError::NotSupported)
        }
        received => Err(ApiError::Token(TokenError::NotAnInviteToken { expected, received })),
    }
}

fn read<'a>(body: &mut Body<'a>) -> Result<(&'a str, Option<InviteType>), DataError> {
    let text = body.required("token", token())?;
    body.optional_or_null("consumerToken", token())?;
    let expected = body.optional_or_null("expectedInviteType", invite_type())?;
    body.optional_or_null("peerIp", nullable(peer_ip()))?;
    Ok((text, expected))
}
