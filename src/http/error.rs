//! Errors as clients see them: a status, a chosen text, never a lower layer's.
//!
//! The reference endpoint's contract is `{"error":"<text>"}`. Where Onezone has a text, it is Onezone's, to the letter.

use std::borrow::Cow;

use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::basic::MalformedBasic;
use super::json::JsonError;
use crate::store::StoreError;
use crate::telemetry::error_chain;
use crate::token::{MintError, VerifyError};
use crate::user::LoginError;

/// How long a client that was turned away for load should wait, in seconds.
const OVERLOAD_RETRY_S: u64 = 1;

/// Everything that can go wrong with a request.
#[derive(Debug, Clone)]
pub(super) enum ApiError {
    /// The request is not one that HTTP allows, so where it ends cannot be known: the connection is closed.
    Malformed(&'static str),
    /// More than one answer to who is calling.
    AmbiguousCredentials(&'static str),
    /// The body is not one JSON object.
    Body(JsonError),
    /// A value in the request is not as it should be. The text names it.
    BadValue(String),
    /// Nobody is calling.
    NoCredentials,
    /// An `Authorization: Basic` header that cannot be read.
    MalformedBasic(MalformedBasic),
    /// Wrong name or password, or a blocked account.
    BadCredentials,
    /// A token that is not good.
    BadToken,
    /// Nothing of that name.
    NotFound,
    /// The path has other methods.
    MethodNotAllowed,
    /// The body took too long to arrive.
    BodyTimeout,
    /// The body is longer than allowed, in bytes.
    BodyTooLarge(usize),
    /// The request target is longer than allowed, in bytes.
    UriTooLong(usize),
    /// A body that does not say that it is JSON.
    UnsupportedMediaType,
    /// Too many failed logins; when to come back, in seconds.
    TooManyLogins(u64),
    /// The header block is larger than allowed, in bytes.
    HeadersTooLarge(usize),
    /// Our own fault. The cause goes to the log.
    Internal(String),
    /// More work than can be done now.
    Overloaded,
    /// The store does not answer. The cause goes to the log.
    Unavailable(String),
}

/// What the log line of the request should say beside its status.
#[derive(Debug, Clone)]
pub(super) struct Cause(pub(super) String);

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::AmbiguousCredentials(_) | Self::Body(_) | Self::BadValue(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::NoCredentials | Self::MalformedBasic(_) | Self::BadCredentials | Self::BadToken => {
                StatusCode::UNAUTHORIZED
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UriTooLong(_) => StatusCode::URI_TOO_LONG,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyLogins(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::HeadersTooLarge(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Overloaded | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn text(&self) -> Cow<'static, str> {
        match self {
            Self::Malformed(text) | Self::AmbiguousCredentials(text) => (*text).into(),
            Self::Body(JsonError::Syntax) => "Provided data could not be understood by the server".into(),
            Self::Body(JsonError::NotAnObject) => "Bad value: the request body must be a JSON object".into(),
            Self::Body(JsonError::DuplicateKey) => "Bad value: a key stands twice in the request body".into(),
            Self::BadValue(text) => text.clone().into(),
            Self::NoCredentials => {
                "You must authenticate yourself to perform this operation: send Authorization: Basic \
                                    with user name and password, or a token in X-Auth-Token or Authorization: Bearer"
                    .into()
            }
            Self::MalformedBasic(rule) => {
                format!("Provided basic authorization header could not be understood: {rule}").into()
            }
            Self::BadCredentials => "Provided basic authorization credentials are not valid".into(),
            Self::BadToken => "Provided authorization token could not be understood by the server".into(),
            Self::NotFound => "The resource could not be found".into(),
            Self::MethodNotAllowed => {
                "This path does not support the method; the Allow header lists those it does".into()
            }
            Self::BodyTimeout => "The request body did not arrive in time".into(),
            Self::BodyTooLarge(limit) => format!("The request body is larger than {limit} bytes").into(),
            Self::UriTooLong(limit) => format!("The request target is longer than {limit} bytes").into(),
            Self::UnsupportedMediaType => {
                "A request body must be JSON, sent with content-type: application/json".into()
            }
            Self::TooManyLogins(seconds) => {
                format!("Too many failed logins from this address; try again in {seconds} s").into()
            }
            Self::HeadersTooLarge(limit) => format!("The request headers are larger than {limit} bytes").into(),
            Self::Internal(_) => "The server has encountered an error while processing this request".into(),
            Self::Overloaded => "The server has more to do than it can; try again in a moment".into(),
            Self::Unavailable(_) => "The server cannot reach its data now; try again in a moment".into(),
        }
    }

    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooManyLogins(seconds) => Some(*seconds),
            Self::Overloaded | Self::Unavailable(_) => Some(OVERLOAD_RETRY_S),
            _ => None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({"error": self.text()}).to_string();
        let mut response = (self.status(), [(CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        match self {
            Self::Malformed(_) | Self::BodyTimeout => {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Self::Internal(cause) | Self::Unavailable(cause) => {
                response.extensions_mut().insert(Cause(cause));
            }
            _ => {}
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::Overloaded,
            StoreError::Unavailable(_) => Self::Unavailable(error_chain(&error)),
            StoreError::Corrupt { .. } => Self::Internal(error_chain(&error)),
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused => Self::BadCredentials,
            LoginError::TooMany { retry_after_s } => Self::TooManyLogins(retry_after_s),
            LoginError::Overloaded => Self::Overloaded,
            LoginError::Store(error) => error.into(),
        }
    }
}

impl From<VerifyError> for ApiError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Refused(_) => Self::BadToken,
            VerifyError::Store(error) => error.into(),
        }
    }
}

impl From<MintError> for ApiError {
    fn from(error: MintError) -> Self {
        match error {
            MintError::NameTaken => {
                Self::BadValue("Bad value: provided identifier (\"name\") is already occupied".to_owned())
            }
            MintError::OwnerGone => Self::BadCredentials,
            MintError::NoKey | MintError::Build(_) => Self::Internal(error_chain(&error)),
            MintError::Store(error) => error.into(),
        }
    }
}
