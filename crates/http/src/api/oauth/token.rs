//! `POST /oauth/token` (RFC 6749 sections 4.3 and 4.4): mints a temporary access token for a name and a password.

use axum::http::HeaderValue;
use axum::http::header::PRAGMA;

use crate::api::prelude::*;
use crate::api::tokens::{EXAMPLE_TEXT, not_minted};
use crate::error::OAuthError;
use crate::extract::{CLIENT_ID, CLIENT_SECRET, GRANT_TYPE, Owner, PASSWORD, USERNAME};
use crate::fields::{Fields, Parameter, TakesForm};
use crate::{Unscoped, dcache};
use zonemint_caveat::{Caveat, Time, TokenKind};
use zonemint_macaroon::Encoding;
use zonemint_service::token::TemporaryRequest;

operation! { post "/oauth/token" token }

pub(crate) struct GrantToken;

impl TakesForm for GrantToken {
    const PARAMETERS: &'static [&'static Parameter] =
        &[&GRANT_TYPE, &USERNAME, &PASSWORD, &OWNER_ID, &CLIENT_SECRET, &EXPIRE_IN, &SCOPE, &SCOPES];
}

const OWNER_ID: Parameter = Parameter { about: "A user's name", ..CLIENT_ID };

/// The properties of the token.
const EXPIRE_IN: Parameter = Parameter::integer("expire_in", "Seconds; an hour if absent", "3600");
const SCOPE: Parameter = Parameter::text("scope", "What the token is for", dcache::READ_ONLY);
const SCOPES: Parameter = Parameter::text("scopes", "The same as `scope`", dcache::READ_ONLY);
/// The life of a token if the request does not set it, in seconds: the maximum that RFC 6750 section 5.3 recommends.
const TTL_S: u64 = 3_600;

const SCOPE_NEEDED: &str = "Say what the token is for: scope=data.readonly, scope=api.get, or ACTIVITY:/path";

#[derive(Serialize, ToSchema)]
struct GrantedToken {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// The requested scope, or the default scope. The token contains every part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

pub(crate) fn document() -> Document {
    let example =
        GrantedToken { access_token: EXAMPLE_TEXT.to_owned(), token_type: "Bearer", expires_in: TTL_S, scope: None };
    Document::new("Mint a temporary access token for a name and a password", Who::Owner)
        .about(
            "Without a scope, the token can only read through the API (`api.get`), unless `oauth.unscoped` says otherwise.",
        )
        .about("RFC 6749 sections 4.3 and 4.4. Send name and password in `Authorization: Basic`, or in the body.")
        .form::<GrantToken>(json!({"grant_type": "client_credentials"}))
        .answers(StatusCode::OK, "The token.", &example)
        .header("X-Warning")
        .fails([
            OAuthError::InvalidGrant,
            OAuthError::UnsupportedGrantType,
            OAuthError::InvalidScope("No caveat expresses this scope".to_owned()),
            OAuthError::PasswordNeeded,
        ])
        .fails(not_minted())
}

pub(crate) async fn token(services: Shared, Owner { caller, form }: Owner<GrantToken>) -> Result<Response> {
    let most = services.tokens.settings().max_temporary_ttl.s();
    let ttl = lifetime(&form, most)?.unwrap_or(TTL_S.min(most));
    let scope = match (scope(&form)?, services.unscoped) {
        (Some(scope), _) => Some(scope),
        (None, Unscoped::All) => None,
        (None, Unscoped::ReadOnly) => Some(dcache::GET_ONLY),
        (None, Unscoped::Refuse) => return Err(OAuthError::InvalidScope(SCOPE_NEEDED.to_owned()).into()),
    };
    let mut caveats = vec![Caveat::Time(Time::until(services.clock.earliest_s() + ttl))];
    if let Some(scope) = scope {
        caveats.extend(dcache::scope(scope).map_err(OAuthError::InvalidScope)?);
    }
    // The encoding that every macaroon library reads, whatever the setting is.
    let request = TemporaryRequest { kind: TokenKind::Access, caveats, encoding: Some(Encoding::BASE64URL) };
    let minted = services.tokens.create_temporary(caller.user.subject(), request, &caller).await?;
    let mut response = answer::json(&GrantedToken {
        access_token: minted.text,
        token_type: "Bearer",
        expires_in: ttl,
        scope: scope.map(str::to_owned),
    })?;
    // RFC 6749 section 5.1 requires it in addition to Cache-Control, which every answer has.
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(answer::warn(response, minted.warning.as_deref()))
}

/// `expire_in`, in seconds, which grid clients send and the profile of WLCG tokens describes. OAuth itself has no such parameter.
fn lifetime(form: &Fields<GrantToken>, most: u64) -> Result<Option<u64>, OAuthError> {
    let Some(text) = form.value(&EXPIRE_IN) else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(seconds) if digits && (1..=most).contains(&seconds) => Ok(Some(seconds)),
        _ => Err(OAuthError::InvalidRequest(format!("expire_in must be a number of seconds from 1 to {most}"))),
    }
}

/// gfal2 writes `scopes`. If it were ignored, the token would allow more than was asked for.
fn scope(form: &Fields<GrantToken>) -> Result<Option<&str>, OAuthError> {
    match (form.value(&SCOPE), form.value(&SCOPES)) {
        (Some(_), Some(_)) => Err(OAuthError::InvalidRequest("Give scope or scopes, not both".to_owned())),
        (scope, scopes) => Ok(scope.or(scopes)),
    }
}
