//! The errors that operations have in common, by what they read: credentials, a privilege, a body, an id in the path.
//!
//! Where the next thing goes: an error that every operation of a kind can answer is an element of a group here.

use super::document::{Document, FORM, Who};
use crate::basic::MalformedBasic;
use crate::error::{ApiError, OAuthError, TokenError};
use crate::extract::OTHER_SITE;
use crate::json::JsonError;
use zonemint_base::model::TokenType;
use zonemint_caveat::{Caveat, ServicePattern, ServiceType, Time, TokenKind};
use zonemint_macaroon::ParseError;
use zonemint_service::token::MintError;

/// Errors of one status that come together.
pub(super) struct Group {
    /// The name of the answer that they share.
    pub(super) name: &'static str,
    pub(super) errors: Vec<ApiError>,
}

/// The errors that an operation has in common with others. `method` is in lower case.
pub(super) fn of(document: &Document, method: &str, path: &str) -> Vec<Group> {
    let mut groups = vec![
        group("BadRequest", [ApiError::Malformed("The request has no Host header")]),
        group("MethodNotAllowed", [ApiError::MethodNotAllowed]),
        group("UriTooLong", [ApiError::UriTooLong(16_384)]),
        group("HeadersTooLarge", [ApiError::HeadersTooLarge(32_768)]),
        group("InternalServerError", [ApiError::Internal(String::new())]),
    ];
    if document.is_static {
        return groups;
    }
    groups.push(group("ServiceUnavailable", [ApiError::Overloaded, ApiError::Unavailable(String::new())]));
    if document.who != Who::Nobody {
        let repeated = "The request has more than one Authorization header";
        groups.push(group("BadRequest", [ApiError::AmbiguousCredentials(repeated)]));
    }
    if matches!(document.who, Who::Anyone | Who::Known | Who::Owner) {
        groups.push(group("TooManyLogins", [ApiError::TooManyLogins(30)]));
    }
    let must_change = || (!document.any_password).then_some(ApiError::PasswordChangeRequired);
    match document.who {
        Who::Anyone | Who::Known | Who::Owner if method == "post" => {
            let errors = [OTHER_SITE].into_iter().chain(must_change()).collect();
            groups.push(Group { name: "ForbiddenToOtherSites", errors });
        }
        Who::Anyone | Who::Owner => {
            groups.push(Group { name: "PasswordChangeRequired", errors: must_change().into_iter().collect() });
        }
        Who::Known | Who::Nobody | Who::Holder => {}
    }
    match document.who {
        Who::Nobody | Who::Holder => {}
        Who::Owner => groups.push(Group { name: "PasswordNotGood", errors: passwords() }),
        Who::Anyone => groups.push(Group { name: "CredentialsNotGood", errors: not_good() }),
        Who::Known => {
            let errors = [ApiError::NoCredentials, ApiError::UnknownScheme].into_iter().chain(not_good()).collect();
            groups.push(Group { name: "Unauthorized", errors });
            let errors = [ApiError::Forbidden { hint: None }].into_iter().chain(must_change()).collect();
            groups.push(Group { name: "Forbidden", errors });
        }
    }
    if path.contains('{') {
        groups.push(group("NotFound", [ApiError::NotFound]));
    }
    if document.body.is_some() {
        if document.body_type == FORM {
            let twice = OAuthError::InvalidRequest("A parameter occurs twice in the body".to_owned());
            groups.push(group("BadRequest", [twice.into()]));
        } else {
            let broken = [JsonError::Syntax, JsonError::NotAnObject, JsonError::DuplicateKey].map(ApiError::Body);
            groups.push(Group { name: "BadRequest", errors: broken.into() });
        }
        groups.push(group("BodyTimeout", [ApiError::BodyTimeout]));
        groups.push(group("BodyTooLarge", [ApiError::BodyTooLarge(65_536)]));
        groups.push(group("UnsupportedMediaType", [ApiError::UnsupportedMediaType]));
    }
    groups
}

fn group<const N: usize>(name: &'static str, errors: [ApiError; N]) -> Group {
    Group { name, errors: errors.into() }
}

/// Errors of a password.
fn passwords() -> Vec<ApiError> {
    vec![ApiError::BadCredentials, ApiError::MalformedBasic(MalformedBasic::Scheme)]
}

/// Errors of a credential.
fn not_good() -> Vec<ApiError> {
    let tokens = [
        TokenError::from(ParseError::Truncated),
        TokenError::TokenTooLarge { limit: 65_536 },
        TokenError::TokenInvalid,
        TokenError::TokenRevoked,
        TokenError::NotAnAccessToken { received: TokenType::Identity },
        TokenError::TokenCaveatUnknown { caveat: "moon = \"full\"".to_owned() },
        TokenError::TokenCaveatUnverified(expired()),
        TokenError::TokenServiceForbidden(forbidden()),
        TokenError::TokenSubjectInvalid,
        TokenError::TokenSessionInvalid,
        TokenError::UserBlocked,
        TokenError::BadServiceToken(Box::new(TokenError::TokenInvalid)),
        TokenError::BadConsumerToken(Box::new(TokenError::TokenInvalid)),
    ];
    passwords().into_iter().chain(tokens.map(ApiError::Unauthorized)).collect()
}

/// A caveat that has expired.
fn expired() -> Caveat {
    Caveat::Time(Time::until(1_571_147_494))
}

/// A service that may not use tokens of some subjects: those of services themselves.
fn forbidden() -> ServicePattern {
    ServicePattern::all(ServiceType::OpWorker)
}

/// The error for a service that may not use a token, or for which none is minted.
pub(crate) fn service_forbidden() -> ApiError {
    MintError::Service(forbidden()).into()
}

/// Errors of a token in a body that should be of the kind `asked`.
pub(crate) fn token_refused(asked: TokenKind) -> Vec<ApiError> {
    let of_another_kind = match asked {
        TokenKind::Access => TokenError::NotAnAccessToken { received: TokenType::Identity },
        TokenKind::Identity => TokenError::NotAnIdentityToken { received: TokenType::Access },
        TokenKind::Invite => TokenError::NotAnInviteToken { expected: None, received: TokenType::Access },
    };
    [
        of_another_kind,
        TokenError::TokenInvalid,
        TokenError::TokenRevoked,
        TokenError::TokenCaveatUnknown { caveat: "moon = \"full\"".to_owned() },
        TokenError::TokenCaveatUnverified(expired()),
        TokenError::TokenSubjectInvalid,
        TokenError::TokenSessionInvalid,
        TokenError::UserBlocked,
    ]
    .map(ApiError::Token)
    .into()
}
