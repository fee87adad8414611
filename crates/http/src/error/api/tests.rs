//! What errors of no value and no token answer in both contracts, written out.

use serde_json::Value;

use super::super::render::{answer, assert_answer};
use super::super::style::Style;
use super::*;

/// Error, status, id, details, description, text of the older contract.
type Row = (ApiError, u16, &'static str, &'static str, &'static str, &'static str);

fn of_the_caller() -> Vec<Row> {
    vec![
        (
            ApiError::AmbiguousCredentials("The request has more than one Authorization header"),
            400,
            "ambiguousCredentials",
            "",
            "The request has more than one Authorization header; send one credential only.",
            "The request has more than one Authorization header",
        ),
        (
            ApiError::NoCredentials,
            401,
            "unauthorized",
            "",
            "You must authenticate yourself to perform this operation.",
            "You must authenticate yourself to perform this operation: send Authorization: Basic with user name and \
             password, or a token in X-Auth-Token or Authorization: Bearer",
        ),
        (
            ApiError::UnknownScheme,
            401,
            "unauthorized",
            "",
            "You must authenticate yourself to perform this operation: the Authorization header has neither Basic nor Bearer \
             as its scheme.",
            "You must authenticate yourself to perform this operation: the Authorization header has neither Basic nor Bearer \
             as its scheme",
        ),
        (
            ApiError::MalformedBasic(MalformedBasic::Base64),
            401,
            "unauthorized",
            r#"{"authError":{"id":"badBasicCredentials","description":"Invalid username or password: the authorization header could not be understood, the value is not base64.","ctx":null}}"#,
            "You must authenticate yourself to perform this operation: Invalid username or password: the authorization header could not be understood, the value is not base64.",
            "Provided basic authorization header could not be understood: the value is not base64",
        ),
        (
            ApiError::BadCredentials,
            401,
            "unauthorized",
            r#"{"authError":{"id":"badBasicCredentials","description":"Invalid username or password.","ctx":null}}"#,
            "You must authenticate yourself to perform this operation: Invalid username or password.",
            "Provided basic authorization credentials are not valid",
        ),
        (
            ApiError::Unauthorized(TokenError::bad("data follows the signature")),
            401,
            "unauthorized",
            r#"{"authError":{"id":"badToken","details":{"hint":"data follows the signature"},"description":"Provided token could not be understood by the server: data follows the signature.","ctx":null}}"#,
            "You must authenticate yourself to perform this operation: Provided token could not be understood by the server: data follows the signature.",
            "Provided authorization token could not be understood by the server",
        ),
        (
            ApiError::BasicAuthDisabled,
            401,
            "unauthorized",
            r#"{"authError":{"id":"basicAuthDisabled","description":"Basic auth is disabled for this user.","ctx":null}}"#,
            "You must authenticate yourself to perform this operation: Basic auth is disabled for this user.",
            "Provided basic authorization credentials are not valid",
        ),
        (
            ApiError::Forbidden { hint: None },
            403,
            "forbidden",
            "",
            "You are not authorized to perform this operation.",
            "You are not authorized to perform this operation",
        ),
        (
            ApiError::Forbidden { hint: Some("this needs the privilege oz_tokens_manage") },
            403,
            "forbidden",
            r#"{"hint":"this needs the privilege oz_tokens_manage"}"#,
            "You are not authorized to perform this operation: this needs the privilege oz_tokens_manage.",
            "You are not authorized to perform this operation: this needs the privilege oz_tokens_manage",
        ),
        (
            ApiError::PasswordChangeRequired,
            403,
            "passwordChangeRequired",
            "",
            "The password must be changed first: send PATCH /api/v3/onezone/user/password with oldPassword and newPassword. Tokens go on working.",
            "The password must be changed first: send PATCH /api/v3/onezone/user/password with oldPassword and newPassword. Tokens go on working",
        ),
        (
            ApiError::TooManyLogins(7),
            429,
            "tooManyLogins",
            r#"{"retryAfter":7}"#,
            "Too many attempts to sign in; try again in 7 s.",
            "Too many attempts to sign in; try again in 7 s",
        ),
    ]
}

fn of_the_request() -> Vec<Row> {
    vec![
        (
            ApiError::Malformed("The request has no Host header"),
            400,
            "malformedRequest",
            "",
            "The request has no Host header.",
            "The request has no Host header",
        ),
        (
            ApiError::Body(JsonError::Syntax),
            400,
            "malformedData",
            "",
            "Provided data could not be understood by the server.",
            "Provided data could not be understood by the server",
        ),
        (
            ApiError::Body(JsonError::NotAnObject),
            400,
            "malformedData",
            "",
            "Provided data could not be understood by the server: the request body must be a JSON object.",
            "Bad value: the request body must be a JSON object",
        ),
        (
            ApiError::Body(JsonError::DuplicateKey),
            400,
            "malformedData",
            "",
            "Provided data could not be understood by the server: a key occurs twice in the request body.",
            "Bad value: a key occurs twice in the request body",
        ),
        (
            ApiError::BadValue("Bad value: provided \"ttl\" must be at least 1".to_owned()),
            400,
            "badData",
            "",
            "Bad value: provided \"ttl\" must be at least 1.",
            "Bad value: provided \"ttl\" must be at least 1",
        ),
        (
            ApiError::MethodNotAllowed,
            405,
            "methodNotAllowed",
            "",
            "This path does not support the method; the Allow header lists those it does.",
            "This path does not support the method; the Allow header lists those it does",
        ),
        (
            ApiError::BodyTimeout,
            408,
            "bodyTimeout",
            "",
            "The request body did not arrive in time.",
            "The request body did not arrive in time",
        ),
        (
            ApiError::BodyTooLarge(65_536),
            413,
            "bodyTooLarge",
            r#"{"limit":65536}"#,
            "The request body is larger than 65536 bytes.",
            "The request body is larger than 65536 bytes",
        ),
        (
            ApiError::UriTooLong(8_192),
            414,
            "uriTooLong",
            r#"{"limit":8192}"#,
            "The request target is longer than 8192 bytes.",
            "The request target is longer than 8192 bytes",
        ),
        (
            ApiError::UnsupportedMediaType,
            415,
            "unsupportedMediaType",
            "",
            "A request body must be JSON, sent with content-type: application/json.",
            "A request body must be JSON, sent with content-type: application/json",
        ),
        (
            ApiError::HeadersTooLarge(16_384),
            431,
            "headersTooLarge",
            r#"{"limit":16384}"#,
            "The request headers are larger than 16384 bytes.",
            "The request headers are larger than 16384 bytes",
        ),
    ]
}

fn of_the_operation() -> Vec<Row> {
    vec![
        (
            ApiError::CannotSetPassword,
            400,
            "basicAuthDisabled",
            "",
            "Basic auth is disabled for this user.",
            "Basic auth is disabled for this user",
        ),
        (
            ApiError::NotSupported,
            400,
            "notSupported",
            "",
            "This operation is not supported.",
            "This operation is not supported",
        ),
        (
            ApiError::NotFound,
            404,
            "notFound",
            "",
            "The resource could not be found.",
            "The resource could not be found",
        ),
        (
            ApiError::Internal("a secret path".to_owned()),
            500,
            "internalServerError",
            "",
            "The server has encountered an error while processing this request.",
            "The server has encountered an error while processing this request",
        ),
        (
            ApiError::Overloaded,
            503,
            "temporaryFailure",
            "",
            "Temporary failure - please try again later.",
            "The server has more requests than it can handle; try again in a moment",
        ),
        (
            ApiError::Unavailable("disk full".to_owned()),
            503,
            "serviceUnavailable",
            "",
            "Service required for this operation is offline.",
            "The server cannot reach its data now; try again in a moment",
        ),
    ]
}

#[test]
fn each_error_answers_as_the_catalogue_says() {
    for (error, status, id, details, description, legacy) in
        [of_the_caller(), of_the_request(), of_the_operation()].into_iter().flatten()
    {
        let text = Value::from(legacy);
        assert_eq!(answer(error.clone(), Style::Legacy), (status, format!(r#"{{"error":{text}}}"#)));
        assert_answer(error, status, id, details, description);
    }
}

#[test]
fn who_may_try_again_is_told_when() {
    let seconds = |error: ApiError| {
        let response = error.into_response();
        response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(seconds(ApiError::TooManyLogins(7)).as_deref(), Some("7"));
    assert_eq!(seconds(ApiError::Overloaded).as_deref(), Some("1"));
    assert_eq!(seconds(ApiError::Unavailable("disk full".to_owned())).as_deref(), Some("1"));
    assert_eq!(seconds(ApiError::NotFound), None);
}

#[test]
fn a_connection_that_cannot_be_followed_further_is_closed() {
    for error in [ApiError::Malformed("The request has no Host header"), ApiError::BodyTimeout] {
        assert_eq!(error.into_response().headers()[CONNECTION], "close");
    }
    assert!(!ApiError::NotFound.into_response().headers().contains_key(CONNECTION));
}

#[test]
fn the_cause_reaches_the_log_and_not_the_client() {
    let error = ApiError::Unavailable("disk full".to_owned());
    for style in [Style::Legacy, Style::Onezone21] {
        assert!(!answer(error.clone(), style).1.contains("disk full"));
    }
    assert_eq!(cause(&error.into_response()), Some("disk full"));
    assert_eq!(cause(&ApiError::NotFound.into_response()), None);
    assert_eq!(cause(&StatusCode::OK.into_response()), None);
}
