//! `POST /tokens/verify_invite_token`: there is nothing here that an invitation could lead to.

use axum::extract::State;
use serde_json::json;

use super::object::EXAMPLE_TEXT;
use crate::body::{Body, invite_type, nullable, peer_ip, token};
use crate::error::{ApiError, TokenError};
use crate::extract::{Anyone, Options, public};
use crate::openapi::{Document, Keys, value};
use crate::state::SharedServices;
use zonemint_caveat::TokenKind;
use zonemint_service::token::TokenType;

pub(crate) fn document() -> Document {
    Document::public("verify_invite_token", "Where does this invitation lead?")
        .about("Nowhere: there are no spaces and no groups here. The error says whether it was an invitation at all.")
        .body(
            Keys::new()
                .required("token", value::token)
                .or_absent("consumerToken", value::token)
                .or_absent("expectedInviteType", value::invite_type)
                .or_absent("peerIp", value::nullable(value::peer_ip)),
            json!({"token": EXAMPLE_TEXT}),
        )
        .fails([
            ApiError::NotSupported,
            TokenError::NotAnInviteToken { expected: None, received: TokenType::Access }.into(),
        ])
}

pub(crate) async fn verify_invite(
    State(services): State<SharedServices>,
    anyone: Anyone,
    Options(options): Options,
) -> Result<(), ApiError> {
    anyone.allows(&public("verify_invite_token"))?;
    let mut body = Body::new(&options);
    let text = body.required("token", token)?;
    body.optional_or_null("consumerToken", token)?;
    let expected = body.optional_or_null("expectedInviteType", invite_type)?;
    body.optional_or_null("peerIp", nullable(peer_ip))?;
    let examined =
        services.tokens.inspect(text).map_err(|why| ApiError::about("token", why.into(), TokenKind::Invite))?;
    match examined.kind {
        TokenType::Invite { kind, .. } if expected.is_none_or(|expected| expected == kind) => {
            Err(ApiError::NotSupported)
        }
        received => Err(ApiError::Token(TokenError::NotAnInviteToken { expected, received })),
    }
}
