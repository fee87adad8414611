//! `POST /tokens/verify_identity_token`: verifies an identity token, and shows its subject.

use std::net::IpAddr;
use std::pin::pin;

use super::object::EXAMPLE_TEXT;
use super::verify_access::{VerifiedToken, asked_consumer, judge};
use crate::api::prelude::*;
use crate::kind::{interface, nullable, peer_ip, token};
use crate::openapi::token_refused;
use zonemint_caveat::{Interface, Request, TokenKind};

operation! {
    VerifyIdentityToken: post "/tokens/verify_identity_token" verify_identity
        = Create "token" Null "verify_identity_token" Public
}

pub(crate) fn document() -> Document {
    Document::anyone::<VerifyIdentityToken>("Verify an identity token, and show its subject")
        .about("Without `peerIp`, the caller's own address is used; null means that the address is not known.")
        .body(json!({"token": EXAMPLE_TEXT, "peerIp": "192.0.2.1"}), |body| read(body, None).map(drop))
        .answers(StatusCode::OK, "The subject, and how long the token is valid.", &VerifiedToken::example())
        .fails(token_refused(TokenKind::Identity))
        .fails([TokenError::BadConsumerToken(Box::new(TokenError::TokenInvalid))])
}

pub(crate) async fn verify_identity(services: Shared, anyone: Anyone, Options(options): Options) -> Result<Response> {
    anyone.allows(&general::<VerifyIdentityToken>())?;
    let Question { text, consumer, interface, peer } = read(&mut Body::new(&options), anyone.client)?;
    services
        .tokens
        .as_one_read(pin!(async {
            let consumer = asked_consumer(consumer, &anyone, &services, peer, interface).await?;
            let request = Request { peer, consumer, interface, ..services.tokens.request(TokenKind::Identity) };
            judge(&services, text, request).await
        }))
        .await
}

struct Question<'a> {
    text: &'a str,
    consumer: Option<&'a str>,
    interface: Option<Interface>,
    peer: Option<IpAddr>,
}

fn read<'a>(body: &mut Body<'a>, client: Option<IpAddr>) -> Result<Question<'a>, DataError> {
    Ok(Question {
        text: body.required("token", token())?,
        consumer: body.optional_or_null("consumerToken", token())?,
        interface: body.optional_or_null("interface", interface())?,
        peer: body.optional_or_null("peerIp", nullable(peer_ip()))?.unwrap_or(client),
    })
}
