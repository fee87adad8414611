//! Answers that are not errors.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, HOST, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::error::ApiError;
use super::paths::PREFIX;
use zonemint_store::Changed;

/// An effect of the request that may not be intended. A header of zonemint, because `Warning` is obsolete (RFC 9111, section 5.5).
pub(super) const X_WARNING: HeaderName = HeaderName::from_static("x-warning");

/// The id of a request, which its log line and its audit rows have.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The names of unknown options of a request.
pub(super) const X_IGNORED_OPTIONS: HeaderName = HeaderName::from_static("x-ignored-options");

/// Nearly all answers are shorter, in bytes. A buffer that grows from nothing is moved four times: a fortieth of the instructions of
/// `GET /user`.
const USUAL_LENGTH: usize = 1 << 10;
/// Nearly all answers have fewer headers, those of the envelope and of the HTTP library among them.
const USUAL_HEADERS: usize = 12;

/// 200 with a JSON body, its keys in the order of the type's fields.
pub(super) fn json(body: &impl Serialize) -> Result<Response, ApiError> {
    json_with(StatusCode::OK, body)
}

/// As [`json`], with another status.
pub(super) fn json_with(status: StatusCode, body: &impl Serialize) -> Result<Response, ApiError> {
    Ok(of_bytes(status, json_bytes(body)?))
}

/// What [`json`] writes.
pub(super) fn json_bytes(body: &impl Serialize) -> Result<Bytes, ApiError> {
    let mut bytes = Vec::with_capacity(USUAL_LENGTH);
    serde_json::to_writer(&mut bytes, body).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(bytes.into())
}

/// 200 with JSON that was written before.
pub(super) fn ready_json(bytes: Bytes) -> Response {
    of_bytes(StatusCode::OK, bytes)
}

/// 200 with a JSON object of one text, as [`json`] writes it. Serde checks each character of a token, which is a fiftieth of a mint.
pub(super) fn json_text(key: &'static str, text: &str) -> Result<Response, ApiError> {
    // Counting is compiled to steps of many bytes; a search is not.
    let has_escapes =
        |text: &str| text.bytes().filter(|byte| *byte < b' ' || *byte == b'"' || *byte == b'\\').count() > 0;
    if has_escapes(key) || has_escapes(text) {
        return json(&BTreeMap::from([(key, text)]));
    }
    Ok(of_bytes(StatusCode::OK, ["{\"", key, "\":\"", text, "\"}"].concat().into_bytes()))
}

fn of_bytes(status: StatusCode, bytes: impl Into<Body>) -> Response {
    let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = Response::new(bytes.into());
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}

/// 204 for a change that was made, or else the error `otherwise`.
pub(super) fn changed(changed: Changed, otherwise: ApiError) -> Result<StatusCode, ApiError> {
    match changed {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound | Changed::NameTaken | Changed::TooMany => Err(otherwise),
    }
}

/// Adds a warning, if there is one.
pub(super) fn warn(mut response: Response, warning: Option<&str>) -> Response {
    let value = warning.and_then(|warning| HeaderValue::from_str(warning).ok());
    response.headers_mut().extend(value.map(|value| (X_WARNING, value)));
    response
}

/// The name by which the client reached this server, for the addresses of created resources.
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
        if let Ok(value) = HeaderValue::from_str(&format!("{}{PREFIX}{path}", self.origin())) {
            response.headers_mut().insert(LOCATION, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;

    use super::*;

    #[test]
    fn a_text_is_answered_as_serde_writes_it() {
        for text in ["", "MDAx-_+/=", "a\"b", "a\\b", "a\nb", "ä"] {
            let body = |answer: Result<Response, ApiError>| {
                answer.unwrap().into_body().collect().now_or_never().unwrap().unwrap().to_bytes()
            };
            assert_eq!(body(json_text("token", text)), body(json(&BTreeMap::from([("token", text)]))), "{text:?}");
        }
    }
}
