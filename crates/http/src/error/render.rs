//! Writes errors: as Onezone did up to release 18.02, as it does since 20.02, and as OAuth does.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::api::{ApiError, Failure};
use super::object::{Detail, Object};
use super::style::Style;

/// Writes the body of an error's answer, also of an error that came from a library, as for a path that is not percent-encoded
/// UTF-8. Other answers stay as they are.
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
    /// What distinguishes it from others: the id of its cause, or its own id, and its key.
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
        status: error.status_and_code().0,
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
            let (_, code) = error.status_and_code();
            json!({"error": code, "error_description": oauth_description(error)}).to_string()
        }
    }
}

/// Uses the standard reason phrase: `Not Found` is `notFound`, as Onezone forms its ids.
fn write_status(status: StatusCode, style: Style) -> String {
    let reason = status.canonical_reason().unwrap_or("Request Failed");
    match style {
        Style::Legacy => json!({"error": reason}).to_string(),
        Style::Onezone21 => {
            let (first, rest) = reason.split_once(' ').unwrap_or((reason, ""));
            let id = first.to_ascii_lowercase() + &rest.replace(' ', "");
            Object::new(id, reason).with_full_stop().write()
        }
        Style::OAuth => {
            let code = if status.is_server_error() { "server_error" } else { "invalid_request" };
            json!({"error": code, "error_description": reason}).to_string()
        }
    }
}

/// The text that OAuth has for it.
fn oauth_description(error: &ApiError) -> String {
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
    use super::super::{OAuthError, TokenError};
    use super::*;

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

    #[test]
    fn each_error_has_its_code_and_status() {
        for (error, status, code) in [
            (OAuthError::InvalidRequest("x".to_owned()).into(), 400, "invalid_request"),
            (OAuthError::InvalidGrant.into(), 400, "invalid_grant"),
            (OAuthError::UnsupportedGrantType.into(), 400, "unsupported_grant_type"),
            (OAuthError::InvalidScope("x".to_owned()).into(), 400, "invalid_scope"),
            (OAuthError::PasswordNeeded.into(), 401, "invalid_client"),
            (ApiError::BadCredentials, 401, "invalid_client"),
            (ApiError::Unauthorized(TokenError::TokenRevoked), 401, "invalid_token"),
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
