//! The credential of a request.
//!
//! Name and password are read by [`SignedIn`](super::SignedIn) (each operation of the API, the metrics, `/oauth/introspect` and
//! `/oauth/revoke`, there also in the body), by [`Owner`](super::Owner) (`/oauth/token`), by [`Bearer`](super::Bearer)
//! (`/auth/verify`), and as `oldPassword` by `PATCH /user/password`. Each distinguishes a token from a password by
//! [`PasswordField`](zonemint_service::user::PasswordField); the accounts take nothing else.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName};

use super::cross_site::Ambient;
use crate::basic;
use crate::error::{ApiError, TokenError};

const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const MACAROON: HeaderName = HeaderName::from_static("macaroon");

/// The credential that decides. Others in the same request are ignored.
#[derive(Debug)]
pub(super) enum Credential<'a> {
    /// There is none.
    None,
    /// A token's text, not verified yet.
    Token(&'a str),
    /// User name and password, which a browser may have added on its own.
    Basic(Ambient),
}

/// Finds the credential as Onezone 21.02 does: `X-Auth-Token`, then `Authorization: Bearer`, then `macaroon`, then
/// `Authorization: Basic`. The first one found is final. Unknown schemes are ignored.
pub(super) fn find(headers: &HeaderMap) -> Result<Credential<'_>, ApiError> {
    let authorization = once(headers, &AUTHORIZATION, "The request has more than one Authorization header")?;
    let x_auth_token = once(headers, &X_AUTH_TOKEN, "The request has more than one X-Auth-Token header")?;
    let macaroon = once(headers, &MACAROON, "The request has more than one macaroon header")?;
    if let Some(value) = x_auth_token {
        return token(value);
    }
    let scheme = authorization.and_then(basic::split_scheme);
    if let Some((scheme, value)) = scheme
        && scheme.eq_ignore_ascii_case(b"bearer")
    {
        return token(value);
    }
    if let Some(value) = macaroon {
        return token(value);
    }
    let named = authorization.map(|value| value.split(|&byte| byte == b' ').next().unwrap_or_default());
    match (named, authorization) {
        (Some(scheme), Some(value)) if scheme.eq_ignore_ascii_case(b"basic") => {
            basic::parse(value).map(|basic| Credential::Basic(Ambient::new(basic))).map_err(ApiError::MalformedBasic)
        }
        (Some(scheme), _) if scheme.eq_ignore_ascii_case(b"bearer") => Err(bad_token("there is none after the scheme")),
        _ => Ok(Credential::None),
    }
}

/// The error where a credential is required and there is none.
pub(super) fn none(headers: &HeaderMap) -> ApiError {
    if headers.contains_key(AUTHORIZATION) { ApiError::UnknownScheme } else { ApiError::NoCredentials }
}

/// The value of a header that must not occur twice. Blanks around it are cut off, as in HTTP/1.1 (RFC 9112 section 5.1), in every
/// version.
pub(super) fn once<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    repeated: &'static str,
) -> Result<Option<&'a [u8]>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(|value| value.as_bytes().trim_ascii());
    if values.next().is_some() { Err(ApiError::AmbiguousCredentials(repeated)) } else { Ok(first) }
}

fn token(value: &[u8]) -> Result<Credential<'_>, ApiError> {
    std::str::from_utf8(value).map(Credential::Token).map_err(|_| bad_token("the text is not ASCII"))
}

fn bad_token(reason: &str) -> ApiError {
    ApiError::Unauthorized(TokenError::bad(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    fn found(pairs: &[(&'static str, &'static str)]) -> String {
        let headers = headers(pairs);
        match find(&headers) {
            Ok(Credential::Token(text)) => text.to_owned(),
            Ok(Credential::Basic(basic)) => format!("{basic:?}"),
            Ok(Credential::None) => "nobody".to_owned(),
            Err(error) => format!("{error:?}"),
        }
    }

    const BASIC: (&str, &str) = ("authorization", "Basic YWxpY2U6cHc=");

    #[test]
    fn a_token_decides_before_a_password_whatever_header_it_is_in() {
        assert_eq!(found(&[BASIC]), "Ambient(Basic)");
        assert_eq!(found(&[BASIC, ("macaroon", "m")]), "m");
        assert_eq!(found(&[BASIC, ("macaroon", "m"), ("x-auth-token", "x")]), "x");
        assert_eq!(found(&[("authorization", "bEARER  b"), ("macaroon", "m")]), "b");
        assert_eq!(found(&[("authorization", "Bearer b"), ("x-auth-token", "x")]), "x");
    }

    #[test]
    fn blanks_around_a_credential_are_cut() {
        assert_eq!(found(&[("x-auth-token", " x\t ")]), "x");
        assert_eq!(found(&[("authorization", "Bearer b ")]), "b");
        assert_eq!(found(&[("macaroon", "m ")]), "m");
        assert_eq!(found(&[("authorization", "Basic YWxpY2U6cHc= ")]), "Ambient(Basic)");
    }

    #[test]
    fn one_header_twice_is_ambiguous() {
        for name in ["authorization", "x-auth-token", "macaroon"] {
            assert!(found(&[(name, "Basic a"), (name, "Basic a")]).starts_with("AmbiguousCredentials"), "{name}");
        }
    }

    #[test]
    fn unknown_schemes_are_nobody_and_broken_known_ones_are_said_to_be() {
        assert_eq!(found(&[]), "nobody");
        assert_eq!(found(&[("authorization", "Digest x")]), "nobody");
        assert_eq!(found(&[("authorization", "")]), "nobody");
        assert_eq!(found(&[("authorization", "Basic")]), "MalformedBasic(Scheme)");
        assert_eq!(
            found(&[("authorization", "Bearer")]),
            "Unauthorized(BadToken { reason: \"there is none after the scheme\" })"
        );
    }
}
