//! Errors as OAuth writes them (RFC 6749 section 5.2): `{"error":"<code>","error_description":"<text>"}`.
//!
//! Every error has a code, so that a client of OAuth never meets another form below `/oauth`. Codes are those of RFC 6749 and
//! RFC 6750; where these have none for a fault of the server, those that authorization endpoints have (section 4.1.2.1).

use std::borrow::Cow;

use axum::http::StatusCode;

use super::ApiError;

/// What only OAuth can hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OAuthError {
    /// A parameter is missing, repeated, or not what it should be. The text says which, and has no full stop.
    InvalidRequest(String),
    /// Name or password in the body is wrong, under the grant that is made of them.
    InvalidGrant,
    /// A grant that there is not.
    UnsupportedGrantType,
    /// A scope that no caveat says exactly. The text says why, and has no full stop.
    InvalidScope(String),
    /// A token, or nothing, where name and password are needed.
    PasswordNeeded,
}

impl OAuthError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::PasswordNeeded => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest(_) | Self::InvalidGrant | Self::UnsupportedGrantType | Self::InvalidScope(_) => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope(_) => "invalid_scope",
            Self::PasswordNeeded => "invalid_client",
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

/// The code of any error.
pub(super) fn code(error: &ApiError) -> &'static str {
    match error {
        ApiError::OAuth(error) => error.code(),
        ApiError::NoCredentials
        | ApiError::UnknownScheme
        | ApiError::MalformedBasic(_)
        | ApiError::BadCredentials
        | ApiError::BasicAuthDisabled => "invalid_client",
        ApiError::Unauthorized(_) | ApiError::NoToken => "invalid_token",
        ApiError::Refused(_) => "insufficient_scope",
        ApiError::Forbidden { .. } | ApiError::CannotSetPassword | ApiError::PasswordChangeRequired => {
            "unauthorized_client"
        }
        ApiError::TooManyLogins(_)
        | ApiError::Overloaded
        | ApiError::Unavailable(_)
        | ApiError::ClockSkew(_)
        | ApiError::OverAtOnce(_) => "temporarily_unavailable",
        ApiError::Internal(_) => "server_error",
        ApiError::Malformed(_)
        | ApiError::AmbiguousCredentials(_)
        | ApiError::Body(_)
        | ApiError::BadValue(_)
        | ApiError::Data(_)
        | ApiError::Token(_)
        | ApiError::NotFound
        | ApiError::TrailingSlash
        | ApiError::NotSupported
        | ApiError::MethodNotAllowed
        | ApiError::BodyTimeout
        | ApiError::BodyTooLarge(_)
        | ApiError::UriTooLong(_)
        | ApiError::UnsupportedMediaType
        | ApiError::HeadersTooLarge(_) => "invalid_request",
    }
}

/// The code of an answer that came from a library.
pub(super) fn code_of_status(status: StatusCode) -> &'static str {
    if status.is_server_error() { "server_error" } else { "invalid_request" }
}

/// The text of any error.
pub(super) fn description(error: &ApiError) -> String {
    if matches!(error, ApiError::UnsupportedMediaType) {
        return "The request body must be a form, sent with content-type: application/x-www-form-urlencoded".to_owned();
    }
    printable(&error.legacy_text())
}

/// RFC 6749 allows no quotation marks, backslashes, and nothing beyond ASCII.
fn printable(text: &str) -> String {
    let allowed = |c: char| match c {
        '"' => '\'',
        ' '..='~' if c != '\\' => c,
        _ => '?',
    };
    text.chars().map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::super::render::{Style, answer};
    use super::*;

    #[test]
    fn each_error_has_its_code_and_status() {
        for (error, status, code) in [
            (OAuthError::InvalidRequest("x".to_owned()).into(), 400, "invalid_request"),
            (OAuthError::InvalidGrant.into(), 400, "invalid_grant"),
            (OAuthError::UnsupportedGrantType.into(), 400, "unsupported_grant_type"),
            (OAuthError::InvalidScope("x".to_owned()).into(), 400, "invalid_scope"),
            (OAuthError::PasswordNeeded.into(), 401, "invalid_client"),
            (ApiError::BadCredentials, 401, "invalid_client"),
            (ApiError::Unauthorized(super::super::TokenError::TokenRevoked), 401, "invalid_token"),
            (ApiError::Forbidden { hint: None }, 403, "unauthorized_client"),
            (ApiError::PasswordChangeRequired, 403, "unauthorized_client"),
            (ApiError::MethodNotAllowed, 405, "invalid_request"),
            (ApiError::TooManyLogins(3), 429, "temporarily_unavailable"),
            (ApiError::Internal("why".to_owned()), 500, "server_error"),
        ] {
            let (was, body) = answer(error, Style::OAuth);
            assert!(body.starts_with(&format!(r#"{{"error":"{code}","error_description":""#)), "{body}");
            assert_eq!(was, status, "{body}");
        }
    }

    #[test]
    fn a_description_has_only_what_the_rfc_allows() {
        assert_eq!(printable("say \"é\" \\ \n"), "say '?' ? ?");
    }
}
