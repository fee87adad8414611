//! A request's body as one JSON object; no body at all is an empty one.

use axum::body::{Body, to_bytes};
use axum::extract::FromRequest;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Request};
use serde_json::{Map, Value};

use crate::http::error::ApiError;
use crate::http::json;
use crate::http::state::SharedServices;

/// The options of an operation. Keys that the operation does not know are ignored.
#[derive(Debug)]
pub(in crate::http) struct Options(pub Map<String, Value>);

impl FromRequest<SharedServices> for Options {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, services: &SharedServices) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let limit = services.settings.max_body;
        let declared = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > limit as u64) {
            return Err(ApiError::BodyTooLarge(limit));
        }
        let bytes = tokio::time::timeout(services.settings.body_timeout.duration(), to_bytes(body, limit))
            .await
            .map_err(|_| ApiError::BodyTimeout)?
            .map_err(|error| unreadable(&error, limit))?;
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        if !is_json(&parts.headers) {
            return Err(ApiError::UnsupportedMediaType);
        }
        json::object(&bytes).map(Self).map_err(ApiError::Body)
    }
}

fn unreadable(error: &axum::Error, limit: usize) -> ApiError {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<http_body_util::LengthLimitError>() {
            return ApiError::BodyTooLarge(limit);
        }
        source = cause.source();
    }
    ApiError::Malformed("The request body could not be read to its end")
}

/// `application/json`, with `charset=utf-8` or without (RFC 8259 section 8.1 allows no other encoding).
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
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
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
