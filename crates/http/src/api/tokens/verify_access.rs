//! `POST /tokens/verify_access_token`: verifies an access token for a use, and shows its subject.

use std::net::IpAddr;
use std::pin::pin;

use super::object::{EXAMPLE_TEXT, subject};
use crate::api::prelude::*;
use crate::api::users::EXAMPLE_ID;
use crate::extract::{consumer_of, service_of, subject_of};
use crate::kind::{boolean, interface, nullable, peer_ip, text, token};
use crate::openapi::{service_forbidden, token_refused};
use crate::schema::SubjectObject;
use zonemint_base::model::{SubjectKind, User};
use zonemint_caveat::{Consumer, DataAccess, HttpRequest, Interface, Request, Service, TokenKind};
use zonemint_service::token::Authenticated;

operation! {
    VerifyAccessToken: post "/tokens/verify_access_token" verify_access
        = Create "token" Null "verify_access_token" Public
}

#[derive(Serialize, ToSchema)]
pub(super) struct VerifiedToken {
    #[schema(value_type = SubjectObject)]
    subject: Value,
    /// Seconds; null for a token without an end.
    ttl: Option<u64>,
}

impl VerifiedToken {
    /// One for the document.
    pub(super) fn example() -> Self {
        Self { subject: subject(SubjectKind::User, EXAMPLE_ID), ttl: Some(3600) }
    }
}

pub(crate) fn document() -> Document {
    Document::anyone::<VerifyAccessToken>("Verify an access token for a use, and show its subject")
        .about("Without `peerIp`, the caller's own address is used; null means that the address is not known.")
        .about(
            "`httpMethod` and `httpPath` describe the request to the verifying service, for `http.method` and `http.path` caveats.",
        )
        .about("Without `serviceToken`, the token is verified for this zone itself.")
        .body(json!({"token": EXAMPLE_TEXT, "peerIp": "192.0.2.1", "interface": "rest"}), |body| {
            read(body, None).map(drop)
        })
        .answers(StatusCode::OK, "The token is valid.", &VerifiedToken::example())
        .fails(token_refused(TokenKind::Access))
        .fails(
            [TokenError::BadServiceToken, TokenError::BadConsumerToken]
                .map(|proof| proof(Box::new(TokenError::TokenInvalid))),
        )
        .fails([service_forbidden()])
}

pub(crate) async fn verify_access(services: Shared, anyone: Anyone, Options(options): Options) -> Result<Response> {
    anyone.allows(&general::<VerifyAccessToken>())?;
    let question = read(&mut Body::new(&options), anyone.client)?;
    services.tokens.as_one_read(pin!(answer_to(question, &anyone, &services))).await
}

async fn answer_to(question: Question<'_>, anyone: &Anyone, services: &Services) -> Result<Response> {
    let (peer, interface) = (question.peer, question.interface);
    let service = service_of(question.service, services, peer, interface, ApiError::Token).await?;
    let request = Request {
        peer,
        interface,
        service: service.or_else(|| Some(Service::onezone())),
        consumer: asked_consumer(question.consumer, anyone, services, peer, interface).await?,
        data_access: question.data_access,
        http: question.http,
        ..services.tokens.request(TokenKind::Access)
    };
    judge(services, question.token, request).await
}

struct Question<'a> {
    token: &'a str,
    data_access: DataAccess,
    consumer: Option<&'a str>,
    http: Option<HttpRequest>,
    interface: Option<Interface>,
    peer: Option<IpAddr>,
    service: Option<&'a str>,
}

fn read<'a>(body: &mut Body<'a>, client: Option<IpAddr>) -> Result<Question<'a>, DataError> {
    let token_text = body.required("token", token())?;
    let allowed = body.optional_or_null("allowDataAccessCaveats", boolean())?.unwrap_or(false);
    Ok(Question {
        token: token_text,
        data_access: if allowed { DataAccess::Allowed } else { DataAccess::Refused },
        consumer: body.optional_or_null("consumerToken", token())?,
        http: http(body.optional("httpMethod", text())?, body.optional("httpPath", text())?),
        interface: body.optional_or_null("interface", interface())?,
        peer: body.optional_or_null("peerIp", nullable(peer_ip()))?.unwrap_or(client),
        service: body.optional_or_null("serviceToken", token())?,
    })
}

/// The request to the verifying service: an extension of zonemint, as are the caveats on it. An absent part is in no list.
fn http(method: Option<&str>, path: Option<&str>) -> Option<HttpRequest> {
    (method.is_some() || path.is_some()).then(|| HttpRequest::new(method.unwrap_or_default(), path.unwrap_or_default()))
}

/// The consumer: the subject of a consumer token in the body, or else the caller.
pub(super) async fn asked_consumer(
    text: Option<&str>,
    anyone: &Anyone,
    services: &Services,
    peer: Option<IpAddr>,
    interface: Option<Interface>,
) -> Result<Option<Consumer>> {
    match text {
        None => Ok(anyone.caller.as_ref().and_then(|caller| zonemint_service::token::consumer(caller.user.subject()))),
        Some(_) => consumer_of(text, services, peer, interface, ApiError::Token).await,
    }
}

/// The verdict on a token in a body.
pub(super) async fn judge(services: &Services, text: &str, request: Request) -> Result<Response> {
    let (now, asked) = (request.now, request.token);
    let token = services.tokens.verify(text, request).await.map_err(|error| ApiError::about(error, asked))?;
    let user = subject_of(&token, None, services).await?.map_err(ApiError::Token)?;
    answer::json(&verdict(&token, &user, now))
}

fn verdict(token: &Authenticated, user: &User, now: u64) -> VerifiedToken {
    VerifiedToken {
        subject: subject(user.kind, &user.id.to_string()),
        ttl: token.valid_until().map(|until| until.saturating_sub(now)),
    }
}
