//! Everything that can go wrong with a request: its status, and its texts in each contract.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::data::DataError;
use super::oauth::OAuthError;
use super::object::Object;
use super::token::TokenError;
use crate::basic::MalformedBasic;
use crate::json::JsonError;
use zonemint_base::clock::Distrust;
use zonemint_store::Skew;

/// How long a client should wait after it was refused because of load, in seconds.
const OVERLOAD_RETRY_S: u64 = 1;

/// Everything that can go wrong with a request.
#[derive(Debug, Clone)]
pub(crate) enum ApiError {
    /// The request breaks the rules of HTTP, so its end is not known: the connection is closed.
    Malformed(&'static str),
    /// The request has several credentials.
    AmbiguousCredentials(&'static str),
    /// The body is not one JSON object.
    Body(JsonError),
    /// A value in a request to the reference endpoint is wrong. The text names it. All other operations answer [`DataError`].
    BadValue(String),
    /// A value in the request is wrong.
    Data(DataError),
    /// The token that the request is about is not valid. For a credential, see [`ApiError::Unauthorized`].
    Token(TokenError),
    /// The request has no credential.
    NoCredentials,
    /// The scheme of the `Authorization` header is neither Basic nor Bearer, and there is no other credential.
    UnknownScheme,
    /// An `Authorization: Basic` header that cannot be read.
    MalformedBasic(MalformedBasic),
    /// Wrong name or password.
    BadCredentials,
    /// The token that is the credential is not valid.
    Unauthorized(TokenError),
    /// The request has no token, and a password is not accepted here.
    NoToken,
    /// The token is valid, but not for this use.
    Refused(TokenError),
    /// Sign-in with a password is disabled for the account.
    BasicAuthDisabled,
    /// The password is right, but only accepted to set another one.
    PasswordChangeRequired,
    /// The account may not have a password.
    CannotSetPassword,
    /// The caller may not do this. The hint says what the caller lacks, without a full stop.
    Forbidden { hint: Option<&'static str> },
    /// The path names nothing.
    NotFound,
    /// The path of a `DELETE` ends with a slash.
    TrailingSlash,
    /// This server does not support it.
    NotSupported,
    /// The path has other methods.
    MethodNotAllowed,
    /// The body took too long to arrive.
    BodyTimeout,
    /// The body is longer than allowed, in bytes.
    BodyTooLarge(usize),
    /// The request target is longer than allowed, in bytes.
    UriTooLong(usize),
    /// The body has another media type than the operation reads.
    UnsupportedMediaType,
    /// Too many attempts to sign in; seconds to wait.
    TooManyLogins(u64),
    /// The header block is larger than allowed, in bytes.
    HeadersTooLarge(usize),
    /// An error that has its own code in OAuth.
    OAuth(OAuthError),
    /// A fault of the server. The cause goes to the log.
    Internal(String),
    /// The server has too much work now.
    Overloaded,
    /// The store does not answer. The cause goes to the log.
    Unavailable(String),
    /// The clock is wrong, so nothing is minted.
    ClockSkew(Skew),
    /// The token would expire at once, so it is not minted.
    OverAtOnce(Distrust),
}

/// An error on its way from the handler to the envelope, in the extensions of the answer.
#[derive(Debug, Clone)]
pub(super) struct Failure(pub(super) Arc<ApiError>);

/// The cause of an error, for the log line of the request.
pub(crate) fn cause(response: &Response) -> Option<&str> {
    response.extensions().get::<Failure>()?.0.cause()
}

/// Whether the answer says that the credential is a token that is not valid.
pub(crate) fn is_bad_token(response: &Response) -> bool {
    match response.extensions().get::<Failure>().map(|Failure(error)| &**error) {
        Some(ApiError::Unauthorized(TokenError::BadServiceToken(_) | TokenError::BadConsumerToken(_))) => false,
        Some(ApiError::Unauthorized(_)) => true,
        Some(_) | None => false,
    }
}

impl ApiError {
    /// The status, and the code that OAuth has for it.
    pub(super) fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed(_)
            | Self::AmbiguousCredentials(_)
            | Self::Body(_)
            | Self::BadValue(_)
            | Self::Data(_)
            | Self::Token(_)
            | Self::NotSupported => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::CannotSetPassword => (StatusCode::BAD_REQUEST, "unauthorized_client"),
            Self::NoCredentials
            | Self::UnknownScheme
            | Self::MalformedBasic(_)
            | Self::BadCredentials
            | Self::BasicAuthDisabled => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::Unauthorized(_) | Self::NoToken => (StatusCode::UNAUTHORIZED, "invalid_token"),
            Self::Refused(_) => (StatusCode::FORBIDDEN, "insufficient_scope"),
            Self::Forbidden { .. } | Self::PasswordChangeRequired => (StatusCode::FORBIDDEN, "unauthorized_client"),
            Self::NotFound | Self::TrailingSlash => (StatusCode::NOT_FOUND, "invalid_request"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "invalid_request"),
            Self::BodyTimeout => (StatusCode::REQUEST_TIMEOUT, "invalid_request"),
            Self::BodyTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request"),
            Self::UriTooLong(_) => (StatusCode::URI_TOO_LONG, "invalid_request"),
            Self::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request"),
            Self::TooManyLogins(_) => (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable"),
            Self::HeadersTooLarge(_) => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "invalid_request"),
            Self::OAuth(error) => error.status_and_code(),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
            Self::Overloaded | Self::Unavailable(_) | Self::ClockSkew(_) | Self::OverAtOnce(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
        }
    }

    /// The older rendering's text.
    pub(crate) fn legacy_text(&self) -> Cow<'static, str> {
        match self {
            Self::Malformed(text) | Self::AmbiguousCredentials(text) => (*text).into(),
            Self::Body(JsonError::Syntax) => "Provided data could not be understood by the server".into(),
            Self::Body(JsonError::NotAnObject) => "Bad value: the request body must be a JSON object".into(),
            Self::Body(JsonError::DuplicateKey) => "Bad value: a key occurs twice in the request body".into(),
            Self::BadValue(text) => text.clone().into(),
            Self::Data(error) => error.legacy_text().into(),
            Self::NoCredentials => {
                "You must authenticate yourself to perform this operation: send Authorization: Basic \
                                    with user name and password, or a token in X-Auth-Token or Authorization: Bearer"
                    .into()
            }
            Self::UnknownScheme => {
                "You must authenticate yourself to perform this operation: the Authorization header has \
                                    neither Basic nor Bearer as its scheme"
                    .into()
            }
            Self::MalformedBasic(rule) => {
                format!("Provided basic authorization header could not be understood: {rule}").into()
            }
            // One text, so that it does not reveal which accounts exist.
            Self::BadCredentials | Self::BasicAuthDisabled => {
                "Provided basic authorization credentials are not valid".into()
            }
            Self::Token(_) | Self::Unauthorized(_) => TokenError::LEGACY_TEXT.into(),
            Self::NoToken => {
                "Only holders of a token are served: send it in X-Auth-Token or Authorization: Bearer, or in Authorization: \
                 Basic in the place of the password"
                    .into()
            }
            // Only the holder of a valid token reads it.
            Self::Refused(error) => error.object().description.trim_end_matches('.').to_owned().into(),
            Self::PasswordChangeRequired => {
                "The password must be changed first: send PATCH /api/v3/onezone/user/password with oldPassword and newPassword. \
                 Tokens go on working"
                    .into()
            }
            Self::CannotSetPassword => "Basic auth is disabled for this user".into(),
            Self::Forbidden { hint: None } => "You are not authorized to perform this operation".into(),
            Self::Forbidden { hint: Some(hint) } => {
                format!("You are not authorized to perform this operation: {hint}").into()
            }
            Self::NotFound => "The resource could not be found".into(),
            Self::TrailingSlash => {
                "The resource could not be found: the path of what is to be deleted must not end with a slash".into()
            }
            Self::NotSupported => "This operation is not supported".into(),
            Self::MethodNotAllowed => {
                "This path does not support the method; the Allow header lists those it does".into()
            }
            Self::BodyTimeout => "The request body did not arrive in time".into(),
            Self::BodyTooLarge(limit) => format!("The request body is larger than {limit} bytes").into(),
            Self::UriTooLong(limit) => format!("The request target is longer than {limit} bytes").into(),
            Self::UnsupportedMediaType => {
                "A request body must be JSON, sent with content-type: application/json".into()
            }
            Self::TooManyLogins(seconds) => format!("Too many attempts to sign in; try again in {seconds} s").into(),
            Self::HeadersTooLarge(limit) => format!("The request headers are larger than {limit} bytes").into(),
            Self::OAuth(error) => error.text(),
            Self::Internal(_) => "The server has encountered an error while processing this request".into(),
            Self::Overloaded => "The server has more requests than it can handle; try again in a moment".into(),
            Self::Unavailable(_) => "The server cannot reach its data now; try again in a moment".into(),
            Self::ClockSkew(skew) => format!("No token is minted now: {skew}").into(),
            Self::OverAtOnce(distrust) => format!("The token would expire at once: {distrust}").into(),
        }
    }

    /// The newer rendering: id, details and description.
    pub(super) fn object(&self) -> Object {
        let object = |id: &'static str| Object::new(id, self.legacy_text()).with_full_stop();
        match self {
            Self::Malformed(_) => object("malformedRequest"),
            Self::AmbiguousCredentials(text) => {
                Object::new("ambiguousCredentials", format!("{text}; send one credential only."))
            }
            Self::Body(JsonError::Syntax) => object("malformedData"),
            Self::Body(JsonError::NotAnObject) => Object::new(
                "malformedData",
                "Provided data could not be understood by the server: the request body must be a JSON object.",
            ),
            Self::Body(JsonError::DuplicateKey) => Object::new(
                "malformedData",
                "Provided data could not be understood by the server: a key occurs twice in the request body.",
            ),
            Self::BadValue(_) => object("badData"),
            Self::Data(error) => error.object(),
            Self::Token(error) | Self::Refused(error) => error.object(),
            Self::NoCredentials => {
                Object::new("unauthorized", "You must authenticate yourself to perform this operation.")
            }
            Self::UnknownScheme | Self::NoToken => object("unauthorized"),
            Self::MalformedBasic(rule) => unauthorized(Object::new(
                "badBasicCredentials",
                format!("Invalid username or password: the authorization header could not be understood, {rule}."),
            )),
            Self::BadCredentials => unauthorized(Object::new("badBasicCredentials", "Invalid username or password.")),
            Self::Unauthorized(error) => unauthorized(error.object()),
            Self::BasicAuthDisabled => unauthorized(Self::CannotSetPassword.object()),
            Self::PasswordChangeRequired => object("passwordChangeRequired"),
            Self::CannotSetPassword => object("basicAuthDisabled"),
            Self::Forbidden { hint: None } => object("forbidden"),
            Self::Forbidden { hint: Some(hint) } => object("forbidden").with("hint", *hint),
            Self::NotFound | Self::TrailingSlash => object("notFound"),
            Self::NotSupported => object("notSupported"),
            Self::MethodNotAllowed => object("methodNotAllowed"),
            Self::BodyTimeout => object("bodyTimeout"),
            Self::BodyTooLarge(limit) => object("bodyTooLarge").with("limit", *limit),
            Self::UriTooLong(limit) => object("uriTooLong").with("limit", *limit),
            Self::UnsupportedMediaType => object("unsupportedMediaType"),
            Self::TooManyLogins(seconds) => object("tooManyLogins").with("retryAfter", *seconds),
            Self::HeadersTooLarge(limit) => object("headersTooLarge").with("limit", *limit),
            Self::OAuth(error) => object(error.status_and_code().1),
            Self::Internal(_) => object("internalServerError"),
            Self::Overloaded => Object::new("temporaryFailure", "Temporary failure - please try again later."),
            Self::Unavailable(_) => {
                Object::new("serviceUnavailable", "Service required for this operation is offline.")
            }
            Self::ClockSkew(_) | Self::OverAtOnce(_) => object("serviceUnavailable"),
        }
    }

    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooManyLogins(seconds) => Some(*seconds),
            Self::Overloaded | Self::Unavailable(_) | Self::ClockSkew(_) | Self::OverAtOnce(_) => {
                Some(OVERLOAD_RETRY_S)
            }
            _ => None,
        }
    }

    /// What happened, for the log only.
    fn cause(&self) -> Option<&str> {
        match self {
            Self::Internal(cause) | Self::Unavailable(cause) => Some(cause),
            _ => None,
        }
    }
}

fn unauthorized(reason: Object) -> Object {
    Object::new("unauthorized", "You must authenticate yourself to perform this operation")
        .caused_by("authError", reason)
}

/// The answer without its body, which [`render()`](super::render()) writes.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status_and_code().0.into_response();
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if matches!(self, Self::Malformed(_) | Self::BodyTimeout) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}

impl ApiError {
    /// A value of a request to the reference endpoint is not as it should be.
    pub(crate) fn bad_value(key: &str, reason: impl Display) -> Self {
        Self::BadValue(format!("Bad value: provided \"{key}\" {reason}"))
    }
}

impl From<DataError> for ApiError {
    fn from(error: DataError) -> Self {
        Self::Data(error)
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<OAuthError> for ApiError {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

#[cfg(test)]
mod tests;
