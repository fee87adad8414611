//! A request's body as one JSON object; without a body it is empty. Also reads any body within its bounds.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::FromRequest;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, Request};
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::json;
use crate::layer::BodyError;
use crate::media_type;
use crate::state::SharedServices;

const JSON: &str = "application/json";

/// The options of an operation. Keys that the operation does not know are ignored.
#[derive(Debug)]
pub(crate) struct Options(pub Map<String, Value>);

impl FromRequest<SharedServices> for Options {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, services: &SharedServices) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = whole(&parts.headers, body, services).await?;
        if !bytes.is_empty() && !media_type::is(&parts.headers, JSON) {
            return Err(ApiError::UnsupportedMediaType);
        }
        object(&bytes).map(Self)
    }
}

/// The body of a request for a client token.
#[derive(Debug)]
pub(crate) enum ClientTokenRequest {
    /// In the form of the reference endpoint.
    Options(Map<String, Value>),
    /// In the form of dCache and XRootD, which grid clients use.
    Macaroon(Map<String, Value>),
}

impl FromRequest<SharedServices> for ClientTokenRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, services: &SharedServices) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = whole(&parts.headers, body, services).await?;
        if media_type::is(&parts.headers, "application/macaroon-request") {
            return reference(&bytes).map(Self::Macaroon);
        }
        if !is_blank(&bytes) && !media_type::is(&parts.headers, JSON) {
            return Err(ApiError::UnsupportedMediaType);
        }
        reference(&bytes).map(Self::Options)
    }
}

/// Reads a body of the reference endpoint. Its scripts send an empty line or null for an empty body. All keys are optional.
fn reference(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if is_blank(bytes) || bytes.trim_ascii() == b"null" {
        return Ok(Map::new());
    }
    let mut options = object(bytes)?;
    options.retain(|_, value| !value.is_null());
    Ok(options)
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.trim_ascii().is_empty()
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if bytes.is_empty() { Ok(Map::new()) } else { json::object(bytes).map_err(ApiError::Body) }
}

/// Reads a body to its end, within `http.max_body` and `http.body_timeout`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_reference_endpoint_null_and_blanks_are_nothing() {
        for (body, expected) in [
            ("", Some("{}")),
            (" \t\r\n", Some("{}")),
            ("null", Some("{}")),
            ("\nnull\r\n", Some("{}")),
            (r#"{"ttl": null, "name": "x", "caveats": null}"#, Some(r#"{"name":"x"}"#)),
            (r#"{"caveats": [null]}"#, Some(r#"{"caveats":[null]}"#)),
            ("nul", None),
            ("null null", None),
            ("[]", None),
            ("\u{a0}", None),
        ] {
            let read = reference(body.as_bytes()).ok().map(|options| Value::Object(options).to_string());
            assert_eq!(read.as_deref(), expected, "{body:?}");
        }
    }
}
