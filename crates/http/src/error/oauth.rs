//! Errors as OAuth writes them (RFC 6749 section 5.2): `{"error":"<code>","error_description":"<text>"}`.
//!
//! Every error has a code, so clients of OAuth see only this form below `/oauth`. The codes are those of RFC 6749 and RFC 6750. These
//! have none for faults of the server, so the codes of authorization endpoints take their place (section 4.1.2.1).

use std::borrow::Cow;

use axum::http::StatusCode;

/// Errors that only operations of OAuth answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OAuthError {
    /// A parameter is missing, repeated or wrong. The text says which, and has no full stop.
    InvalidRequest(String),
    /// Name or password in the body is wrong, under the grant `password`.
    InvalidGrant,
    /// An unknown grant.
    UnsupportedGrantType,
    /// A scope that no caveat expresses exactly. The text says why, and has no full stop.
    InvalidScope(String),
    /// The request has no name and password. A token is not accepted in their place.
    PasswordNeeded,
}

impl OAuthError {
    pub(super) fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::InvalidScope(_) => (StatusCode::BAD_REQUEST, "invalid_scope"),
            Self::PasswordNeeded => (StatusCode::UNAUTHORIZED, "invalid_client"),
        }
    }

    pub(super) fn text(&self) -> Cow<'static, str> {
        match self {
            Self::InvalidRequest(text) | Self::InvalidScope(text) => text.clone().into(),
            Self::InvalidGrant => "User name or password is not valid".into(),
            Self::UnsupportedGrantType => "Only the grants client_credentials and password are supported".into(),
            Self::PasswordNeeded => {
                "A token is made for a user name and a password: send Authorization: Basic, or client_id and client_secret \
                 in the body"
                    .into()
            }
        }
    }
}
