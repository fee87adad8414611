//! A request's body as one JSON object; no body at all is an empty one. Also how any body is read, within its bounds.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::FromRequest;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Request};
use serde_json::{Map, Value};

use crate::http::error::ApiError;
use crate::http::json;
use crate::http::layer::BodyError;
use crate::http::state::SharedServices;

/// The options of an operation. Keys that the operation does not know are ignored.
#[derive(Debug)]
pub(in crate::http) struct Options(pub Map<String, Value>);

impl FromRequest<SharedServices> for Options {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, services: &SharedServices) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = whole(&parts.headers, body, services).await?;
        if !bytes.is_empty() && !has_type(&parts.headers, "application/json") {
            return Err(ApiError::UnsupportedMediaType);
        }
        object(&bytes).map(Self)
    }
}

/// What a new client token is asked to be.
#[derive(Debug)]
pub(in crate::http) enum Wish {
    /// In the words of the reference endpoint.
    Options(Map<String, Value>),
    /// In those of dCache and XRootD, which grid clients speak.
    Macaroon(Map<String, Value>),
}

impl FromRequest<SharedServices> for Wish {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, services: &SharedServices) -> Result<Self, ApiError> {
        if !has_type(request.headers(), "application/macaroon-request") {
            return Options::from_request(request, services).await.map(|Options(options)| Self::Options(options));
        }
        let (parts, body) = request.into_parts();
        object(&whole(&parts.headers, body, services).await?).map(Self::Macaroon)
    }
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if bytes.is_empty() { Ok(Map::new()) } else { json::object(bytes).map_err(ApiError::Body) }
}

/// A body to its end, if that is neither too far nor too late.
pub(super) async fn whole(headers: &HeaderMap, body: Body, services: &SharedServices) -> Result<Bytes, ApiError> {
    let limit = services.settings.max_body;
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(ApiError::BodyTooLarge(limit));
    }
    tokio::time::timeout(services.settings.body_timeout.duration(), to_bytes(body, limit))
        .await
        .map_err(|_| ApiError::BodyTimeout)?
        .map_err(|error| unreadable(&error, limit))
}

fn unreadable(error: &axum::Error, limit: usize) -> ApiError {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref() {
            return match error {
                BodyError::TooLong => ApiError::BodyTooLarge(limit),
                BodyError::NoMemory => ApiError::Overloaded,
                BodyError::Broken => ApiError::Malformed("The request body could not be read to its end"),
            };
        }
        source = cause.source();
    }
    ApiError::Malformed("The request body could not be read to its end")
}

/// Whether a body is of a type whose text is UTF-8: with `charset=utf-8` or without (RFC 8259 section 8.1 allows JSON no other
/// encoding, RFC 6749 appendix B forms).
pub(super) fn has_type(headers: &HeaderMap, essence: &str) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    parts.next().is_some_and(|given| given.eq_ignore_ascii_case(essence))
        && parts.filter(|parameter| !parameter.is_empty()).all(is_utf8_charset)
}

fn is_utf8_charset(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        let value = value.trim_matches('"');
        !name.eq_ignore_ascii_case("charset")
            || value.eq_ignore_ascii_case("utf-8")
            || value.eq_ignore_ascii_case("utf8")
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn json_is_told_by_its_media_type_and_charset() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/json;", true),
            ("application/json; charset=latin1", false),
            ("application/json; charset", false),
            ("application/x-www-form-urlencoded", false),
            ("text/json", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(has_type(&headers, "application/json"), expected, "{value}");
        }
        assert!(!has_type(&HeaderMap::new(), "application/json"));
    }
}
