//! The ways an error is written: as Onezone did up to release 18.02, as it does since 20.02, and as OAuth does.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{ApiError, Failure, oauth};
use crate::PREFIX;

/// The reference endpoint keeps the contract that its clients were written for.
const REFERENCE: &str = "/user/client_tokens";
/// At and below these, from the root, OAuth's contract holds.
const OAUTH: [&str; 3] = ["/oauth", "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

/// Which contract a path has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `{"error":"<text>"}`
    Legacy,
    /// `{"error":{"id":…,"details":…,"description":…,"ctx":null}}`, where `details` may be absent.
    Onezone21,
    /// `{"error":"<code>","error_description":"<text>"}`
    OAuth,
}

impl Style {
    /// Which one a request's path has, whether there is a route or not.
    pub(crate) fn of(path: &str) -> Self {
        match path.strip_prefix(PREFIX) {
            Some(path) if lies_below(path, REFERENCE) => Self::Legacy,
            Some(_) if lies_below(path, PREFIX) => Self::Onezone21,
            _ if OAUTH.iter().any(|folder| lies_below(path, folder)) => Self::OAuth,
            _ => Self::Legacy,
        }
    }
}

fn lies_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Writes the body of an error's answer. An error that came from a library, as when a path is not percent-encoded UTF-8,
/// gets one like all others. Any other answer stays as it is.
pub(crate) fn render(response: &mut Response<Body>, style: Style) {
    let status = response.status();
    let body = match response.extensions().get::<Failure>() {
        Some(Failure(error)) => write(error, style),
        None if (status.is_client_error() || status.is_server_error()) && !is_json(response) => {
            write_status(status, style)
        }
        None => return,
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, body.len().into());
    *response.body_mut() = Body::from(body);
}

/// An error as the document of the API shows it.
#[derive(Debug, PartialEq)]
pub(crate) struct Example {
    pub(crate) status: StatusCode,
    /// The id that it has by the newer contract.
    pub(crate) id: String,
    /// What tells it from others: the id of its cause, or its own, and the key that it is about.
    pub(crate) name: String,
    pub(crate) body: Value,
}

/// Writes an error for the document, as it is written for clients.
pub(crate) fn example(error: &ApiError, style: Style) -> Example {
    let object = error.object();
    let of_key = |(name, value): &(&str, Detail)| match value {
        Detail::Value(key) if *name == "key" => key.as_str().map(ToOwned::to_owned),
        Detail::Error(cause) => Some(cause.id.to_string()),
        Detail::Value(_) => None,
    };
    let about = object.details.iter().find_map(of_key);
    Example {
        status: error.status(),
        name: about.map_or_else(|| object.id.to_string(), |about| format!("{} {about}", object.id)),
        id: object.id.into_owned(),
        body: serde_json::from_str(&write(error, style)).unwrap_or_default(),
    }
}

fn is_json(response: &Response<Body>) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
}

fn write(error: &ApiError, style: Style) -> String {
    match style {
        Style::Legacy => json!({"error": error.legacy_text()}).to_string(),
        Style::Onezone21 => error.object().write(),
        Style::OAuth => {
            json!({"error": oauth::code(error), "error_description": oauth::description(error)}).to_string()
        }
    }
}

/// The standard reason phrase says it: `Not Found` is `notFound`, which is how Onezone forms its ids too.
fn write_status(status: StatusCode, style: Style) -> String {
    let reason = status.canonical_reason().unwrap_or("Request Failed");
    match style {
        Style::Legacy => json!({"error": reason}).to_string(),
        Style::Onezone21 => {
            let (first, rest) = reason.split_once(' ').unwrap_or((reason, ""));
            let id = first.to_ascii_lowercase() + &rest.replace(' ', "");
            Object::new(id, sentence(reason)).write()
        }
        Style::OAuth => json!({"error": oauth::code_of_status(status), "error_description": reason}).to_string(),
    }
}

/// A text with a full stop.
pub(super) fn sentence(text: impl Into<String>) -> String {
    let mut text = text.into();
    text.push('.');
    text
}

/// One error in the newer form. Its keys, and those of its details, stay in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Object {
    pub(crate) id: Cow<'static, str>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "in_order")]
    pub(crate) details: Vec<(&'static str, Detail)>,
    pub(crate) description: Cow<'static, str>,
    /// Where in its own code an error arose, which Onezone tells since 25.0 where it may be told; else null.
    pub(crate) ctx: (),
}

/// A value in an error's details.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Detail {
    /// Any JSON.
    Value(Value),
    /// The error that caused this one.
    Error(Object),
}

impl Object {
    /// An error without details.
    pub(super) fn new(id: impl Into<Cow<'static, str>>, description: impl Into<Cow<'static, str>>) -> Self {
        Self { id: id.into(), details: Vec::new(), description: description.into(), ctx: () }
    }

    /// Adds a value to the details.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((key, Detail::Value(value.into())));
        self
    }

    /// Adds the error that caused this one to the details, and its text to the description, which has no full stop before.
    pub(super) fn caused_by(mut self, key: &'static str, error: Self) -> Self {
        self.description = format!("{}: {}", self.description, error.description).into();
        self.details.push((key, Detail::Error(error)));
        self
    }

    fn write(&self) -> String {
        #[derive(Serialize)]
        struct Whole<'a> {
            error: &'a Object,
        }
        // Strings and JSON values under string keys can always be written.
        serde_json::to_string(&Whole { error: self }).unwrap_or_else(|_| json!({"error": {"id": self.id}}).to_string())
    }
}

fn in_order<S: Serializer>(details: &[(&'static str, Detail)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(details.iter().map(|(key, value)| (key, value)))
}

/// Answers with an error and reads the answer's body, for tests.
#[cfg(test)]
pub(super) fn answer(error: ApiError, style: Style) -> (u16, String) {
    use axum::response::IntoResponse as _;
    let mut response = error.into_response();
    render(&mut response, style);
    (response.status().as_u16(), body_of(response))
}

#[cfg(test)]
fn body_of(response: Response<Body>) -> String {
    use futures_util::FutureExt as _;
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).now_or_never().unwrap().unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// Checks a newer rendering to the letter. `details` is JSON, or nothing.
#[cfg(test)]
pub(super) fn assert_answer(error: ApiError, status: u16, id: &str, details: &str, description: &str) {
    let details = if details.is_empty() { String::new() } else { format!(r#""details":{details},"#) };
    let description = Value::from(description);
    let expected = format!(r#"{{"error":{{"id":"{id}",{details}"description":{description},"ctx":null}}}}"#);
    assert_eq!(answer(error, Style::Onezone21), (status, expected));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_decides_which_contract_holds() {
        for path in [
            "", "/", "/tokens", "/tokens/named/x", "/user", "/user/tokens/named", "/user/client_tokens_x",
            "/configuration", "/spaces/x", "/oauth/token",
        ] {
            assert_eq!(Style::of(&format!("{PREFIX}{path}")), Style::Onezone21, "{path}");
        }
        for path in [
            "/api/v3/onezone/user/client_tokens",
            "/api/v3/onezone/user/client_tokens/MDAx",
            "/api/v3/onezonex",
            "/api/v3",
            "/user",
            "/healthz",
            "/oauthx",
            "/.well-known/x",
            "",
        ] {
            assert_eq!(Style::of(path), Style::Legacy, "{path}");
        }
        for path in ["/oauth/token", "/oauth/none"].iter().chain(&OAUTH) {
            assert_eq!(Style::of(path), Style::OAuth, "{path}");
        }
    }

    fn of_a_library(status: u16, style: Style) -> String {
        let mut response =
            Response::builder().status(status).header(CONTENT_LENGTH, 5).body(Body::from("what?")).unwrap();
        render(&mut response, style);
        let length = response.headers()[CONTENT_LENGTH].to_str().unwrap().to_owned();
        let body = body_of(response);
        assert_eq!(length, body.len().to_string());
        body
    }

    #[test]
    fn an_error_of_a_library_gets_a_body_too() {
        assert_eq!(of_a_library(404, Style::Legacy), r#"{"error":"Not Found"}"#);
        let oauth = r#"{"error":"invalid_request","error_description":"Not Found"}"#;
        assert_eq!(of_a_library(404, Style::OAuth), oauth);
        for (status, id, description) in [
            (400, "badRequest", "Bad Request."),
            (404, "notFound", "Not Found."),
            (405, "methodNotAllowed", "Method Not Allowed."),
            (414, "uriTooLong", "URI Too Long."),
            (500, "internalServerError", "Internal Server Error."),
            (505, "httpVersionNotSupported", "HTTP Version Not Supported."),
            (599, "requestFailed", "Request Failed."),
        ] {
            let expected = format!(r#"{{"error":{{"id":"{id}","description":"{description}","ctx":null}}}}"#);
            assert_eq!(of_a_library(status, Style::Onezone21), expected);
        }
    }

    #[test]
    fn other_answers_stay_as_they_are() {
        for (status, kind) in [(200, "text/html"), (204, "text/plain"), (400, "application/json")] {
            let response = Response::builder().status(status).header(CONTENT_TYPE, kind);
            let mut response = response.body(Body::from("its own")).unwrap();
            render(&mut response, Style::Onezone21);
            assert_eq!(response.headers()[CONTENT_TYPE], kind);
            assert_eq!(body_of(response), "its own");
        }
    }
}
