//! What is wrong with a token, in the texts of Onezone 21.02.
//!
//! The older contract has one text for all of it, which tells nothing to those who cannot sign.

use zonemint_base::model::{InviteType, TokenType};
use zonemint_caveat::{Caveat, PartyKind as _, ServicePattern, TokenKind, Unmet};
use zonemint_macaroon::{ParseError, TextError};
use zonemint_service::token::{Refused, UnreadableCaveat};

use super::object::Object;

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// Not a token's text, or one whose caveats cannot be read. The reason has no full stop.
    BadToken { reason: String },
    /// Longer than `limit` characters.
    TokenTooLarge { limit: usize },
    /// Unknown, or its signature is wrong.
    TokenInvalid,
    /// Revoked.
    TokenRevoked,
    /// An access token is needed, and another type was received.
    NotAnAccessToken { received: TokenType },
    /// An identity token is needed, and another type was received.
    NotAnIdentityToken { received: TokenType },
    /// An invitation of the expected type is needed, or of any type when none is named.
    NotAnInviteToken { expected: Option<InviteType>, received: TokenType },
    /// A caveat that cannot be enforced, by its text.
    TokenCaveatUnknown { caveat: String },
    /// A caveat that another party would have to discharge. The location is fit to be shown.
    ThirdPartyCaveat { location: String },
    /// A caveat that does not hold.
    TokenCaveatUnverified(Caveat),
    /// A caveat on the bearer's location, and this server has no database for it.
    NoGeoDatabase(Caveat),
    /// This service may not use tokens of this subject.
    TokenServiceForbidden(ServicePattern),
    /// Its subject does not exist.
    TokenSubjectInvalid,
    /// Its session has ended, or is another one.
    TokenSessionInvalid,
    /// Its subject is blocked.
    UserBlocked,
    /// The token by which a service proves its identity.
    BadServiceToken(Box<Self>),
    /// The token by which a consumer proves its identity.
    BadConsumerToken(Box<Self>),
}

impl TokenError {
    /// The text of the older contract for all of these.
    pub(super) const LEGACY_TEXT: &str = "Provided authorization token could not be understood by the server";

    /// The newer rendering.
    pub(super) fn object(&self) -> Object {
        match self {
            Self::BadToken { reason } => {
                Object::new("badToken", format!("Provided token could not be understood by the server: {reason}."))
                    .with("hint", reason.as_str())
            }
            Self::TokenTooLarge { limit } => {
                let description = format!("Provided token exceeds the allowed size ({limit} characters).");
                Object::new("tokenTooLarge", description).with("limit", *limit)
            }
            Self::TokenInvalid => Object::new("tokenInvalid", "Provided token is not valid."),
            Self::TokenRevoked => Object::new("tokenRevoked", "Provided token has been revoked."),
            Self::NotAnAccessToken { received } => {
                let description = format!("Expected an access token, but received a(n) {}.", printable(received));
                Object::new("notAnAccessToken", description).with("received", received.to_json())
            }
            Self::NotAnIdentityToken { received } => {
                let description = format!("Expected an identity token, but received a(n) {}.", printable(received));
                Object::new("notAnIdentityToken", description).with("received", received.to_json())
            }
            Self::NotAnInviteToken { expected, received } => {
                let wanted = expected.map_or_else(|| "any".to_owned(), snake_case);
                let description = format!(
                    "Expected an invitation token of type '{wanted}', but received a(n) {}.",
                    printable(received)
                );
                Object::new("notAnInviteToken", description)
                    .with("expectedInviteType", expected.map_or("any", InviteType::name))
                    .with("received", received.to_json())
            }
            Self::TokenCaveatUnknown { caveat } => {
                Object::new("tokenCaveatUnknown", format!("Unknown caveat - '{caveat}'."))
                    .with("caveat", caveat.as_str())
            }
            Self::ThirdPartyCaveat { location } => Object::new(
                "tokenCaveatUnknown",
                format!(
                    "Third-party caveat: it would have to be discharged at '{location}', and discharges are not \
                     accepted here."
                ),
            ),
            Self::TokenCaveatUnverified(caveat) => {
                let description = format!("Provided token is not valid - {}.", caveat.unverified_description());
                Object::new("tokenCaveatUnverified", description).with("caveat", caveat.to_json())
            }
            Self::NoGeoDatabase(caveat) => {
                let description = format!(
                    "Provided token is not valid - {}, and this server has no database that tells where an address is.",
                    caveat.unverified_description()
                );
                Object::new("tokenCaveatUnverified", description).with("caveat", caveat.to_json())
            }
            Self::TokenServiceForbidden(service) => service_forbidden(service).with_full_stop(),
            Self::TokenSubjectInvalid => Object::new(
                "tokenSubjectInvalid",
                "The token subject is invalid (does not exist or is different than expected).",
            ),
            Self::TokenSessionInvalid => Object::new(
                "tokenSessionInvalid",
                "This token is bound to a session different than presented by the client or no longer existent.",
            ),
            Self::UserBlocked => Object::new(
                "userBlocked",
                "This user account has been blocked by the administrator and cannot be used unless it is unblocked \
                 again.",
            ),
            Self::BadServiceToken(error) => Object::new("badServiceToken", "Provided service token is not valid")
                .caused_by("tokenError", error.object()),
            Self::BadConsumerToken(error) => Object::new("badConsumerToken", "Provided consumer token is not valid")
                .caused_by("tokenError", error.object()),
        }
    }
}

impl TokenError {
    /// A text that is not a token.
    pub(crate) fn bad(reason: &(impl ToString + ?Sized)) -> Self {
        Self::BadToken { reason: reason.to_string() }
    }

    /// Why a token that should be of the kind `asked` is refused. What outsiders can cause has no more details.
    pub(crate) fn of(why: &Refused, asked: TokenKind) -> Self {
        match why {
            Refused::TooLong { limit } => Self::TokenTooLarge { limit: *limit },
            Refused::Malformed(rule) => (*rule).into(),
            Refused::Unreadable => Self::bad("the identifier is not that of a token of Onezone's"),
            Refused::Unknown | Refused::Signature => Self::TokenInvalid,
            Refused::Kind(received) => match asked {
                TokenKind::Access => Self::NotAnAccessToken { received: received.clone() },
                TokenKind::Identity => Self::NotAnIdentityToken { received: received.clone() },
                TokenKind::Invite => Self::NotAnInviteToken { expected: None, received: received.clone() },
            },
            Refused::Session => Self::TokenSessionInvalid,
            Refused::Revoked => Self::TokenRevoked,
            Refused::Subject => Self::TokenSubjectInvalid,
            Refused::UnreadableCaveat(caveat) => match caveat {
                UnreadableCaveat::UnknownKind(text) => Self::TokenCaveatUnknown { caveat: text.clone() },
                UnreadableCaveat::ThirdParty(location) => Self::ThirdPartyCaveat { location: location.clone() },
                UnreadableCaveat::BadValue { .. } => Self::bad(caveat),
            },
            Refused::Caveat(caveat, unmet) => Self::unverified(caveat.clone(), unmet),
            Refused::Service(service) => Self::TokenServiceForbidden(service.clone().into()),
        }
    }
}

impl TokenError {
    /// A caveat that does not hold.
    pub(crate) fn unverified(caveat: Caveat, why: &Unmet) -> Self {
        if *why == Unmet::NoDatabase { Self::NoGeoDatabase(caveat) } else { Self::TokenCaveatUnverified(caveat) }
    }
}

impl From<ParseError> for TokenError {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Text(TextError::TooLong { limit }) => Self::TokenTooLarge { limit },
            rule => Self::bad(&rule),
        }
    }
}

impl From<TextError> for TokenError {
    fn from(error: TextError) -> Self {
        ParseError::from(error).into()
    }
}

/// Without a full stop.
pub(super) fn service_forbidden(service: &ServicePattern) -> Object {
    let (kind, id) = (service.kind().name(), service.id().unwrap_or("*"));
    let text = format!("The service {kind}:{id} is forbidden for this subject");
    Object::new("tokenServiceForbidden", text).with("service", service.to_json())
}

fn printable(token: &TokenType) -> String {
    match token {
        TokenType::Access | TokenType::AccessOfSession(_) => "access token".to_owned(),
        TokenType::Identity => "identity token".to_owned(),
        TokenType::Invite { kind, .. } => format!("invitation token of type '{}'", snake_case(*kind)),
    }
}

/// Descriptions have the names of Onezone's atoms: `user_join_group` for `userJoinGroup`.
fn snake_case(kind: InviteType) -> String {
    kind.name().chars().fold(String::new(), |mut text, c| {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::ApiError;
    use super::super::render::{answer, assert_answer};
    use super::super::style::Style;
    use super::*;
    use zonemint_caveat::Service;

    fn caveat(text: &str) -> Caveat {
        Caveat::parse(text.as_bytes()).unwrap()
    }

    fn token_type(text: &str) -> TokenType {
        TokenType::from_text(text).unwrap()
    }

    /// Error, id, details, description.
    fn catalogue() -> Vec<(TokenError, &'static str, &'static str, &'static str)> {
        vec![
            (
                TokenError::from(ParseError::TrailingData),
                "badToken",
                r#"{"hint":"data follows the signature"}"#,
                "Provided token could not be understood by the server: data follows the signature.",
            ),
            (
                TokenError::ThirdPartyCaveat { location: "https://idp.example.org".to_owned() },
                "tokenCaveatUnknown",
                "",
                "Third-party caveat: it would have to be discharged at 'https://idp.example.org', and discharges are not accepted here.",
            ),
            (
                TokenError::TokenTooLarge { limit: 1_048_576 },
                "tokenTooLarge",
                r#"{"limit":1048576}"#,
                "Provided token exceeds the allowed size (1048576 characters).",
            ),
            (TokenError::TokenInvalid, "tokenInvalid", "", "Provided token is not valid."),
            (TokenError::TokenRevoked, "tokenRevoked", "", "Provided token has been revoked."),
            (
                TokenError::NotAnAccessToken { received: token_type("idn") },
                "notAnAccessToken",
                r#"{"received":{"identityToken":{}}}"#,
                "Expected an access token, but received a(n) identity token.",
            ),
            (
                TokenError::NotAnIdentityToken { received: token_type("act:s") },
                "notAnIdentityToken",
                r#"{"received":{"accessToken":{"sessionId":"s"}}}"#,
                "Expected an identity token, but received a(n) access token.",
            ),
            (
                TokenError::NotAnInviteToken { expected: None, received: token_type("act") },
                "notAnInviteToken",
                r#"{"expectedInviteType":"any","received":{"accessToken":{}}}"#,
                "Expected an invitation token of type 'any', but received a(n) access token.",
            ),
            (
                TokenError::NotAnInviteToken {
                    expected: Some(InviteType::UserJoinGroup),
                    received: token_type("uji:x:"),
                },
                "notAnInviteToken",
                r#"{"expectedInviteType":"userJoinGroup","received":{"inviteToken":{"inviteType":"userJoinAtmInventory","atmInventoryId":"x","parameters":{}}}}"#,
                "Expected an invitation token of type 'user_join_group', but received a(n) invitation token of type \
                 'user_join_atm_inventory'.",
            ),
            (
                TokenError::TokenCaveatUnknown { caveat: "moon = \"full\"".to_owned() },
                "tokenCaveatUnknown",
                r#"{"caveat":"moon = \"full\""}"#,
                "Unknown caveat - 'moon = \"full\"'.",
            ),
            (
                TokenError::TokenCaveatUnverified(caveat("time < 1571147494")),
                "tokenCaveatUnverified",
                r#"{"caveat":{"type":"time","validUntil":1571147494}}"#,
                "Provided token is not valid - unverified time caveat: this token has expired at '2019-10-15T13:51:34Z'.",
            ),
            (
                TokenError::TokenServiceForbidden(Service::parse("opw-abc").unwrap().into()),
                "tokenServiceForbidden",
                r#"{"service":{"type":"op_worker","id":"abc"}}"#,
                "The service op_worker:abc is forbidden for this subject.",
            ),
            (
                TokenError::TokenSubjectInvalid,
                "tokenSubjectInvalid",
                "",
                "The token subject is invalid (does not exist or is different than expected).",
            ),
            (
                TokenError::TokenSessionInvalid,
                "tokenSessionInvalid",
                "",
                "This token is bound to a session different than presented by the client or no longer existent.",
            ),
            (
                TokenError::UserBlocked,
                "userBlocked",
                "",
                "This user account has been blocked by the administrator and cannot be used unless it is unblocked again.",
            ),
            (
                TokenError::BadServiceToken(Box::new(TokenError::TokenRevoked)),
                "badServiceToken",
                r#"{"tokenError":{"id":"tokenRevoked","description":"Provided token has been revoked.","ctx":null}}"#,
                "Provided service token is not valid: Provided token has been revoked.",
            ),
            (
                TokenError::BadConsumerToken(Box::new(TokenError::TokenTooLarge { limit: 9 })),
                "badConsumerToken",
                r#"{"tokenError":{"id":"tokenTooLarge","details":{"limit":9},"description":"Provided token exceeds the allowed size (9 characters).","ctx":null}}"#,
                "Provided consumer token is not valid: Provided token exceeds the allowed size (9 characters).",
            ),
        ]
    }

    #[test]
    fn a_token_that_was_asked_about_is_answered_bare() {
        for (error, id, details, description) in catalogue() {
            assert_answer(ApiError::Token(error), 400, id, details, description);
        }
    }

    #[test]
    fn a_token_that_should_authenticate_is_answered_as_unauthorized() {
        for (error, id, details, description) in catalogue() {
            let details = if details.is_empty() { String::new() } else { format!(r#""details":{details},"#) };
            let outer = format!("You must authenticate yourself to perform this operation: {description}");
            let description = serde_json::Value::from(description);
            let nested = format!(r#"{{"authError":{{"id":"{id}",{details}"description":{description},"ctx":null}}}}"#);
            assert_answer(ApiError::Unauthorized(error), 401, "unauthorized", &nested, &outer);
        }
    }

    #[test]
    fn the_older_contract_never_tells_the_reason() {
        let expected = r#"{"error":"Provided authorization token could not be understood by the server"}"#.to_owned();
        for (error, ..) in catalogue() {
            assert_eq!(answer(ApiError::Token(error.clone()), Style::Legacy), (400, expected.clone()));
            assert_eq!(answer(ApiError::Unauthorized(error), Style::Legacy), (401, expected.clone()));
        }
    }

    #[test]
    fn only_the_length_of_an_unreadable_token_has_an_error_of_its_own() {
        let too_long = ParseError::Text(TextError::TooLong { limit: 7 });
        assert_eq!(TokenError::from(too_long), TokenError::TokenTooLarge { limit: 7 });
        let too_many = ParseError::TooManyCaveats { limit: 7 };
        assert_eq!(TokenError::from(too_many), TokenError::bad("more than 7 caveats"));
    }

    #[test]
    fn a_caveat_for_which_there_is_no_database_says_so() {
        let caveat = caveat("asn = 64500");
        let error = TokenError::unverified(caveat.clone(), &Unmet::NoDatabase).object();
        let expected = "Provided token is not valid - unverified ASN caveat: this token can only be used from an IP address that \
                        maps to the following Autonomous System Number: '64500', and this server has no database that tells \
                        where an address is.";
        assert_eq!(error.description, expected);
        let known = TokenError::unverified(caveat.clone(), &Unmet::AsnUnknown);
        assert_eq!(known, TokenError::TokenCaveatUnverified(caveat));
    }
}
