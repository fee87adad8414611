//! `POST /tokens/verify_identity_token`: whose identity does this token prove?

use axum::extract::State;
use axum::response::Response;

use super::verify_access::{asked_consumer, judge};
use crate::caveat::{Request, TokenKind};
use crate::http::body::{Body, interface, nullable, peer_ip, token};
use crate::http::error::ApiError;
use crate::http::extract::{Anyone, Options, public};
use crate::http::state::SharedServices;

pub(in crate::http) async fn verify_identity(
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
    let consumer = asked_consumer(consumer, &anyone, &services, peer).await?;
    let request = Request { peer, consumer, interface, ..services.tokens.request(TokenKind::Identity) };
    judge(&services, text, request).await
}
