//! `GET /auth/verify`: decides whether a token allows the request that a proxy forwards.
//!
//! 200 with the account in headers; 401 without a valid token; 403 if the token is valid, but not for this request. Caveats that no one
//! would enforce (`api`, `data.*`) are refused.

use std::pin::pin;

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};

use crate::api::prelude::*;
use crate::challenge::challenge;
use crate::extract::{Bearer, is_of_a_script_of_another_site};
use crate::forward_auth::{ForwardedRequest, NO_GROUP, named};
use crate::paths::AUTH;
use zonemint_base::model::User;
use zonemint_caveat::Caveat;
use zonemint_service::token::{Authenticated, Refused, VerifyError};

operation! { get "/auth/verify" verify }

const SUBJECT: HeaderName = HeaderName::from_static("x-auth-subject");
const USER: HeaderName = HeaderName::from_static("x-auth-user");
const TOKEN: HeaderName = HeaderName::from_static("x-auth-token-id");
const SCOPE: HeaderName = HeaderName::from_static("x-auth-scope");
const GROUPS: HeaderName = HeaderName::from_static("x-auth-groups");
const REASON: HeaderName = HeaderName::from_static("x-auth-reason");
/// Longest reason in a header, in bytes. A caveat may fill a token, and nginx has 4 KiB for all headers of an answer.
const LONGEST_REASON: usize = 512;
/// The scope of a token without limits other than time.
const EVERYTHING: &str = "all";

pub(crate) fn document() -> Document {
    Document::new("Decide whether a client's token allows the request that a proxy forwards", Who::Holder)
        .about(
            "The proxy passes on the client's `X-Auth-Token`, `Authorization: Bearer`, `macaroon` or `Authorization: Basic`, and \
             describes the request in `X-Forwarded-Method`, `X-Forwarded-Uri` and `X-Forwarded-Host`. A token may take the place of \
             the password in `Basic`; a password is not accepted. Below this path (`/auth/verify/any/path`) the decision is \
             about the request itself, as Envoy sends it.",
        )
        .about(
            "If the request is allowed, headers describe the token: `X-Auth-Subject` (`usr-` or `prv-` and an id), `X-Auth-User`, \
             `X-Auth-Token-Id`, `X-Auth-Scope` (`all`, or the kinds of its caveats) and `X-Auth-Groups`. If not, \
             `X-Auth-Reason` gives the reason.",
        )
        .says(StatusCode::OK, "The request is allowed.")
        .fails([
            ApiError::Malformed("The request has more than one X-Forwarded-Uri header"),
            ApiError::NoToken,
            ApiError::Unauthorized(TokenError::TokenInvalid),
            ApiError::Refused(TokenError::TokenCaveatUnverified(Caveat::DataReadonly)),
            ApiError::Forbidden { hint: Some(NO_GROUP) },
        ])
}

/// Decides on the request in the `X-Forwarded-…` headers.
pub(crate) async fn verify(services: Shared, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    answer(&services, &parts, ForwardedRequest::forwarded(&parts.headers)).await
}

/// Decides on the request itself, as it follows [`AUTH`].
pub(crate) async fn verify_itself(services: Shared, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let asked = ForwardedRequest::itself(&parts.method, &parts.uri, &parts.headers, AUTH);
    answer(&services, &parts, asked).await
}

async fn decide(services: &Services, parts: &Parts, asked: &ForwardedRequest) -> Result<Response> {
    let bearer = Bearer::find(parts, asked)?.ok_or(ApiError::NoToken)?;
    let mut known = bearer.used(services).await?;
    known.http.clone_from(&asked.request);
    let token = services.tokens.verify_at(bearer.text(), known, asked.host()).await.map_err(refused)?;
    let user = bearer.subject(&token, services).await?.map_err(|why| match why {
        TokenError::UserBlocked => ApiError::Refused(why),
        why => ApiError::Unauthorized(why),
    })?;
    if let Some(api) = token.caveats.iter().find(|caveat| matches!(caveat, Caveat::Api(_))) {
        return Err(ApiError::Refused(TokenError::TokenCaveatUnverified(api.clone())));
    }
    let groups = services.gate.groups_of(&user);
    services.gate.pass(asked, &groups).map_err(|hint| ApiError::Forbidden { hint: Some(hint) })?;
    Ok(granted(&token, &user, &groups))
}

/// An expired or invalid token is answered as 401; a valid token that does not allow the request as 403 (RFC 6750 section 3.1).
fn refused(error: VerifyError) -> ApiError {
    match error {
        VerifyError::Refused(Refused::Caveat(caveat, unmet)) if !matches!(caveat, Caveat::Time(_)) => {
            ApiError::Refused(TokenError::unverified(caveat, &unmet))
        }
        VerifyError::Refused(Refused::Service(service)) => {
            ApiError::Refused(TokenError::TokenServiceForbidden(service.into()))
        }
        error => ApiError::unauthorized(error),
    }
}

fn granted(token: &Authenticated, user: &User, groups: &[&str]) -> Response {
    let mut response = StatusCode::OK.into_response();
    let name = user.name.as_ref().map(ToString::to_string);
    let mut limits: Vec<_> = token.caveats.iter().map(Caveat::kind).filter(|kind| *kind != "time").collect();
    limits.sort_unstable();
    limits.dedup();
    let scope = if limits.is_empty() { EVERYTHING.to_owned() } else { limits.join(" ") };
    for (header, value) in [
        (SUBJECT, named(user)),
        (USER, name.unwrap_or_default()),
        (TOKEN, token.id.to_string()),
        (SCOPE, scope),
        (GROUPS, groups.join(",")),
    ] {
        // Names and ids have only characters that a header can contain; letters beyond ASCII are sent in UTF-8.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            response.headers_mut().insert(header, value);
        }
    }
    response
}

async fn answer(services: &Services, parts: &Parts, asked: Result<ForwardedRequest>) -> Response {
    let decided = match &asked {
        Ok(asked) => services.tokens.as_one_read(pin!(decide(services, parts, asked))).await,
        Err(error) => Err(error.clone()),
    };
    decided.unwrap_or_else(|error| {
        let offers_basic = |asked: &ForwardedRequest| {
            services.gate.offers_basic(asked) && !is_of_a_script_of_another_site(asked, &parts.headers)
        };
        refusal(error, asked.is_ok_and(|asked| offers_basic(&asked)))
    })
}

/// A refusal also has its reason in a header: some proxies keep only headers. Of several challenges some keep only the first.
fn refusal(error: ApiError, offers_basic: bool) -> Response {
    let reason = matches!(error, ApiError::Refused(_) | ApiError::Forbidden { .. })
        .then(|| beginning(error.legacy_text().into_owned()));
    let has_bad_token = matches!(error, ApiError::Unauthorized(_));
    let mut response = error.into_response();
    if response.status() == StatusCode::UNAUTHORIZED {
        challenge(response.headers_mut(), offers_basic, has_bad_token);
    }
    if let Some(Ok(reason)) = reason.map(HeaderValue::try_from) {
        response.headers_mut().insert(REASON, reason);
    }
    response
}

fn beginning(mut reason: String) -> String {
    if reason.len() > LONGEST_REASON {
        reason.truncate(reason.floor_char_boundary(LONGEST_REASON));
        reason.push_str("...");
    }
    reason
}
