//! What is wrong with a value in a request, in the texts of both contracts.
//!
//! Variants have the names of the ids in Onezone 21.02. Where Onezone has a text, it is Onezone's, to the letter.

use serde_json::Value;

use zonemint_base::model::{NameError, NameRule};
use zonemint_caveat::ServicePattern;
use zonemint_service::user::PasswordRefused;

use super::object::{Object, sentence};
use super::style::Style;
use super::token::{TokenError, service_forbidden};

/// Why a value is refused. `key` says which one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DataError {
    /// A required key is absent.
    MissingRequiredValue { key: &'static str },
    /// All of several keys are absent, and one is required. They are sorted.
    MissingAtLeastOneValue { keys: &'static [&'static str] },
    /// The operation cannot use it. The hint says what it should be, and has no full stop.
    BadData { key: &'static str, hint: Option<String> },
    /// Empty.
    BadValueEmpty { key: &'static str },
    /// Not a boolean.
    BadValueBoolean { key: &'static str },
    /// Not a string.
    BadValueString { key: &'static str },
    /// Not an integer.
    BadValueInteger { key: &'static str },
    /// Not an object.
    BadValueJson { key: &'static str },
    /// Not a token, or a token that cannot be used here.
    BadValueToken { key: &'static str, error: TokenError },
    /// Not a token's type.
    BadValueTokenType { key: &'static str },
    /// Not an invitation's type.
    BadValueInviteType { key: &'static str },
    /// Not an address. The id is from before IPv6 was read.
    BadValueIpv4Address { key: &'static str },
    /// None of the allowed values.
    BadValueNotAllowed { key: &'static str, allowed: Vec<&'static str> },
    /// Below the minimum.
    BadValueTooLow { key: &'static str, limit: u64 },
    /// Above the maximum.
    BadValueTooHigh { key: &'static str, limit: u64 },
    /// Another account or token has it.
    BadValueIdentifierOccupied { key: &'static str },
    /// A revoked token has this name.
    NameOfRevokedToken,
    /// Not a caveat. The answer contains it as it was sent.
    BadValueCaveat { caveat: Value },
    /// Not a token's name.
    BadValueName,
    /// Not a person's full name.
    BadValueFullName,
    /// Not a user name.
    BadValueUsername(NameRule),
    /// Not a password that may be chosen.
    BadValuePassword(PasswordRefused),
    /// This service may not use tokens of this subject.
    TokenServiceForbidden(ServicePattern),
    /// A temporary token must end within so many seconds.
    TokenTimeCaveatRequired { max_ttl: u64 },
}

impl DataError {
    /// The older rendering's text.
    pub(super) fn legacy_text(&self) -> String {
        self.text(Style::Legacy)
    }

    /// The newer rendering.
    pub(super) fn object(&self) -> Object {
        let object = |id: &'static str| Object::new(id, sentence(self.text(Style::Onezone21)));
        match self {
            Self::MissingRequiredValue { key } => object("missingRequiredValue").with("key", *key),
            Self::MissingAtLeastOneValue { keys } => object("missingAtLeastOneValue").with("keys", *keys),
            Self::BadData { key, hint: None } => object("badData").with("key", *key),
            Self::BadData { key, hint: Some(hint) } => object("badData").with("key", *key).with("hint", hint.as_str()),
            Self::BadValueEmpty { key } => object("badValueEmpty").with("key", *key),
            Self::BadValueBoolean { key } => object("badValueBoolean").with("key", *key),
            Self::BadValueString { key } => object("badValueString").with("key", *key),
            Self::BadValueInteger { key } => object("badValueInteger").with("key", *key),
            Self::BadValueJson { key } => object("badValueJSON").with("key", *key),
            Self::BadValueToken { key, error } => {
                let description = self.text(Style::Onezone21);
                Object::new("badValueToken", description).with("key", *key).caused_by("tokenError", error.object())
            }
            Self::BadValueTokenType { key } => object("badValueTokenType").with("key", *key),
            Self::BadValueInviteType { key } => object("badValueInviteType").with("key", *key),
            Self::BadValueIpv4Address { key } => object("badValueIPv4Address").with("key", *key),
            Self::BadValueNotAllowed { key, allowed } => {
                object("badValueNotAllowed").with("key", *key).with("allowed", allowed.as_slice())
            }
            Self::BadValueTooLow { key, limit } => object("badValueTooLow").with("key", *key).with("limit", *limit),
            Self::BadValueTooHigh { key, limit } => object("badValueTooHigh").with("key", *key).with("limit", *limit),
            Self::BadValueIdentifierOccupied { key } => object("badValueIdentifierOccupied").with("key", *key),
            Self::NameOfRevokedToken => object("badValueIdentifierOccupied").with("key", "name"),
            Self::BadValueCaveat { caveat } => object("badValueCaveat").with("caveat", caveat.clone()),
            Self::BadValueName => object("badValueName").with("key", "name"),
            Self::BadValueFullName => object("badValueFullName"),
            Self::BadValueUsername(_) => object("badValueUsername"),
            Self::BadValuePassword(_) => object("badValuePassword"),
            Self::TokenServiceForbidden(service) => TokenError::TokenServiceForbidden(service.clone()).object(),
            Self::TokenTimeCaveatRequired { max_ttl } => object("tokenTimeCaveatRequired").with("maxTtl", *max_ttl),
        }
    }

    /// The text of both contracts, without a full stop.
    fn text(&self, style: Style) -> String {
        match self {
            Self::MissingRequiredValue { key } => format!("Missing required value: {key}"),
            Self::MissingAtLeastOneValue { keys } => {
                let keys = match style {
                    Style::Legacy | Style::OAuth => keys.join(", "),
                    Style::Onezone21 => erlang_list(keys),
                };
                format!("Missing data, you must provide at least one of: {keys}")
            }
            Self::BadData { key, hint: Some(hint) } => format!("Bad value provided for \"{key}\": {hint}"),
            Self::BadData { key, hint: None } => match style {
                Style::Legacy | Style::OAuth => provided(key, "could not be understood by the server"),
                Style::Onezone21 => {
                    provided(key, "has an invalid format or is incomprehensible in the context of this operation")
                }
            },
            Self::BadValueEmpty { key } => provided(key, "must not be empty"),
            Self::BadValueBoolean { key } => provided(key, "must be a boolean"),
            Self::BadValueString { key } => provided(key, "must be a string"),
            Self::BadValueInteger { key } => provided(key, "must be an integer"),
            Self::BadValueJson { key } => provided(key, "must be a valid JSON"),
            Self::BadValueToken { key, .. } => provided(key, "is not a valid token"),
            Self::BadValueTokenType { key } => match style {
                Style::Legacy | Style::OAuth => provided(key, "is of invalid type"),
                Style::Onezone21 => provided(key, "is not a valid token type"),
            },
            Self::BadValueInviteType { key } => provided(key, "is not a valid invite type"),
            Self::BadValueIpv4Address { key } => provided(key, "is not a valid IPv4 address"),
            Self::BadValueNotAllowed { key, allowed } => {
                provided(key, &format!("must be one of: {}", allowed.join(", ")))
            }
            Self::BadValueTooLow { key, limit } => provided(key, &format!("must be at least {limit}")),
            Self::BadValueTooHigh { key, limit } => provided(key, &format!("must not exceed {limit}")),
            Self::BadValueIdentifierOccupied { key } => {
                format!("Bad value: provided identifier (\"{key}\") is already occupied")
            }
            Self::NameOfRevokedToken => {
                "Bad value: provided identifier (\"name\") is already occupied by a revoked token; delete that token, and the name \
                 is free: DELETE /tokens/named/{id}, or `zonemint tokens revoke --delete NAME`"
                    .to_owned()
            }
            Self::BadValueCaveat { caveat } => format!("Provided caveat is invalid: '{caveat}'"),
            Self::BadValueName => {
                "Bad value: Name must be 2-128 characters long and composed only of UTF-8 letters, digits, brackets and \
                 underscores. Dashes, spaces and dots are allowed (but not at the beginning or the end)"
                    .to_owned()
            }
            Self::BadValueFullName => {
                "Bad value: Full name must be 2-128 characters long and composed only of UTF-8 letters and digits. \
                 Dashes, spaces, dots, commas and apostrophes are allowed (but not at the beginning or the end)"
                    .to_owned()
            }
            Self::BadValueUsername(NameRule::Directory) => format!("Bad value: {}", NameError::Directory),
            Self::BadValueUsername(NameRule::Onezone) => {
                "Bad value: Username must be 2-32 characters long and composed only of letters and digits. Dashes and \
                 underscores are allowed (but not at the beginning or the end)"
                    .to_owned()
            }
            Self::BadValuePassword(reason) => {
                format!("Bad value: Password must be at least 8 characters long{}", beyond_length(*reason))
            }
            Self::TokenServiceForbidden(service) => service_forbidden(service),
            Self::TokenTimeCaveatRequired { max_ttl } => {
                format!("You must specify a time caveat with maximum TTL of {max_ttl} seconds")
            }
        }
    }
}

impl From<NameError> for DataError {
    fn from(error: NameError) -> Self {
        match error {
            NameError::User => Self::BadValueUsername(NameRule::Onezone),
            NameError::Directory => Self::BadValueUsername(NameRule::Directory),
            NameError::Full => Self::BadValueFullName,
            NameError::Token => Self::BadValueName,
        }
    }
}

fn provided(key: &str, rule: &str) -> String {
    format!("Bad value: provided \"{key}\" {rule}")
}

/// The rules for passwords that Onezone does not have.
fn beyond_length(reason: PasswordRefused) -> &'static str {
    match reason {
        PasswordRefused::Short => "",
        PasswordRefused::Long => " and have at most 1024 bytes",
        PasswordRefused::Common => ", and not one of the most common ones, which would be guessed at once",
        PasswordRefused::Token => ", and not begin with MD or Ag if it has more than 100",
        PasswordRefused::ControlCharacter => " and hold no control characters",
    }
}

/// Onezone prints these keys as its own language writes a list of strings.
fn erlang_list(keys: &[&str]) -> String {
    format!("[{}]", keys.iter().map(|key| format!("<<\"{key}\">>")).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests;
