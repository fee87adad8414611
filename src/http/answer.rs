//! Answers that are not errors.

use axum::http::header::{CONTENT_TYPE, HOST, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::error::ApiError;

/// Tells whoever asked what came with something that was done, and may not be meant. Of our own, since `Warning` is no more (RFC
/// 9111, section 5.5).
pub(super) const X_WARNING: HeaderName = HeaderName::from_static("x-warning");

/// Names the options of a request that were not read.
pub(super) const X_IGNORED_OPTIONS: HeaderName = HeaderName::from_static("x-ignored-options");

/// Nearly all answers are shorter, in bytes. A buffer that grows from nothing is moved four times, a fortieth of the instructions of
/// `GET /user`.
const USUAL_LENGTH: usize = 1 << 10;

/// 200 with a JSON body, its keys in the order of the type's fields.
pub(super) fn json(body: &impl Serialize) -> Result<Response, ApiError> {
    json_with(StatusCode::OK, body)
}

/// As [`json`], with another status.
pub(super) fn json_with(status: StatusCode, body: &impl Serialize) -> Result<Response, ApiError> {
    let mut bytes = Vec::with_capacity(USUAL_LENGTH);
    serde_json::to_writer(&mut bytes, body).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok((status, [(CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// Adds a warning, if there is one.
pub(super) fn warn(mut response: Response, warning: Option<&str>) -> Response {
    let value = warning.and_then(|warning| HeaderValue::from_str(warning).ok());
    response.headers_mut().extend(value.map(|value| (X_WARNING, value)));
    response
}

/// Where something that was made can be found: below the name by which the client reached this server.
pub(super) struct Base(String);

impl Base {
    /// Takes the name from the request; `domain` when it has none.
    pub(super) fn of(parts: &Parts, domain: &str) -> Self {
        let host = |headers: &HeaderMap| headers.get(HOST).and_then(|host| Some(host.to_str().ok()?.to_owned()));
        let authority = parts.uri.authority().map(ToString::to_string).or_else(|| host(&parts.headers));
        Self(authority.filter(|name| !name.is_empty()).unwrap_or_else(|| domain.to_owned()))
    }

    /// The root of this server, as in `https://zone.example.org:8443`.
    pub(super) fn origin(&self) -> String {
        format!("https://{}", self.0)
    }

    /// Adds the `Location` of a path below the API's prefix.
    pub(super) fn locate(&self, mut response: Response, path: &str) -> Response {
        if let Ok(value) = HeaderValue::from_str(&format!("https://{}/api/v3/onezone{path}", self.0)) {
            response.headers_mut().insert(LOCATION, value);
        }
        response
    }
}
