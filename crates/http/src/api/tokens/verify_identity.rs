//! `POST /tokens/verify_identity_token`: whose identity does this token prove?

use std::pin::pin;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::object::EXAMPLE_TEXT;
use super::verify_access::{Verdict, asked_consumer, judge};
use crate::body::{Body, interface, nullable, peer_ip, token};
use crate::error::{ApiError, TokenError};
use crate::extract::{Anyone, Options, public};
use crate::openapi::{Document, Keys, token_refused, value};
use crate::state::SharedServices;
use zonemint_caveat::{Request, TokenKind};

pub(crate) fn document() -> Document {
    Document::public("verify_identity_token", "Whose identity does this token prove?")
        .about("Where `peerIp` is absent, the caller's own address is meant; null is an address that is not known.")
        .body(
            Keys::new()
                .required("token", value::token)
                .or_absent("consumerToken", value::token)
                .or_absent("interface", value::interface)
                .or_absent("peerIp", value::nullable(value::peer_ip)),
            json!({"token": EXAMPLE_TEXT, "peerIp": "192.0.2.1"}),
        )
        .answers(StatusCode::OK, "Whose, and for how long.", &Verdict::example())
        .fails(token_refused(TokenKind::Identity))
        .fails([TokenError::BadConsumerToken(Box::new(TokenError::TokenInvalid))])
}

pub(crate) async fn verify_identity(
    State(services): State<SharedServices>,
    anyone: Anyone,
    Options(options): Options,
) -> Result<Response, ApiError> {
    anyone.allows(&public("verify_identity_token"))?;
    let mut body = Body::new(&options);
    let text = body.required("token", token)?;
    let consumer = body.optional_or_null("consumerToken", token)?;
    let interface = body.optional_or_null("interface", interface)?;
    let peer = body.optional_or_null("peerIp", nullable(peer_ip))?.unwrap_or(anyone.client);
    services
        .tokens
        .as_one_read(pin!(async {
            let consumer = asked_consumer(consumer, &anyone, &services, peer, interface).await?;
            let request = Request { peer, consumer, interface, ..services.tokens.request(TokenKind::Identity) };
            judge(&services, text, request).await
        }))
        .await
}
