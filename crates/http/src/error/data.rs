//! What is wrong with a value in a request, in the texts of both contracts.
//!
//! Variants have the names of the ids in Onezone 21.02. Where Onezone has a text, it is Onezone's, to the letter.

use serde_json::Value;

use zonemint_base::model::{NameError, NameRule};
use zonemint_caveat::ServicePattern;
use zonemint_service::user::PasswordRefused;

use super::object::Object;
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
    /// A value that cannot be used; the hint says why, without a full stop.
    pub(crate) fn bad(key: &'static str, hint: impl Into<String>) -> Self {
        Self::BadData { key, hint: Some(hint.into()) }
    }

    /// The older rendering's text.
    pub(super) fn legacy_text(&self) -> String {
        self.written(Style::Legacy).description.into_owned()
    }

    /// The newer rendering.
    pub(super) fn object(&self) -> Object {
        let written = self.written(Style::Onezone21);
        if let Self::BadValueToken { error, .. } = self {
            return written.caused_by("tokenError", error.object());
        }
        written.with_full_stop()
    }

    /// Id, details and the text of a contract, which has no full stop.
    fn written(&self, style: Style) -> Object {
        match self {
            Self::MissingRequiredValue { key } => {
                Object::new("missingRequiredValue", format!("Missing required value: {key}")).with("key", *key)
            }
            Self::MissingAtLeastOneValue { keys } => {
                let listed = match style {
                    Style::Legacy | Style::OAuth => keys.join(", "),
                    Style::Onezone21 => erlang_list(keys),
                };
                let text = format!("Missing data, you must provide at least one of: {listed}");
                Object::new("missingAtLeastOneValue", text).with("keys", *keys)
            }
            Self::BadData { key, hint: Some(hint) } => {
                let text = format!("Bad value provided for \"{key}\": {hint}");
                Object::new("badData", text).with("key", *key).with("hint", hint.as_str())
            }
            Self::BadData { key, hint: None } => {
                let rule = match style {
                    Style::Legacy | Style::OAuth => "could not be understood by the server",
                    Style::Onezone21 => "has an invalid format or is incomprehensible in the context of this operation",
                };
                value("badData", key, rule)
            }
            Self::BadValueEmpty { key } => value("badValueEmpty", key, "must not be empty"),
            Self::BadValueBoolean { key } => value("badValueBoolean", key, "must be a boolean"),
            Self::BadValueString { key } => value("badValueString", key, "must be a string"),
            Self::BadValueInteger { key } => value("badValueInteger", key, "must be an integer"),
            Self::BadValueJson { key } => value("badValueJSON", key, "must be a valid JSON"),
            Self::BadValueToken { key, .. } => value("badValueToken", key, "is not a valid token"),
            Self::BadValueTokenType { key } => {
                let rule = match style {
                    Style::Legacy | Style::OAuth => "is of invalid type",
                    Style::Onezone21 => "is not a valid token type",
                };
                value("badValueTokenType", key, rule)
            }
            Self::BadValueInviteType { key } => value("badValueInviteType", key, "is not a valid invite type"),
            Self::BadValueIpv4Address { key } => value("badValueIPv4Address", key, "is not a valid IPv4 address"),
            Self::BadValueNotAllowed { key, allowed } => {
                value("badValueNotAllowed", key, &format!("must be one of: {}", allowed.join(", ")))
                    .with("allowed", allowed.as_slice())
            }
            Self::BadValueTooLow { key, limit } => {
                value("badValueTooLow", key, &format!("must be at least {limit}")).with("limit", *limit)
            }
            Self::BadValueTooHigh { key, limit } => {
                value("badValueTooHigh", key, &format!("must not exceed {limit}")).with("limit", *limit)
            }
            Self::BadValueIdentifierOccupied { key } => occupied(key, ""),
            Self::NameOfRevokedToken => occupied(
                "name",
                " by a revoked token; delete that token, and the name is free: DELETE /tokens/named/{id}, or \
                 `zonemint tokens revoke --delete NAME`",
            ),
            Self::BadValueCaveat { caveat } => {
                Object::new("badValueCaveat", format!("Provided caveat is invalid: '{caveat}'"))
                    .with("caveat", caveat.clone())
            }
            Self::BadValueName => Object::new(
                "badValueName",
                "Bad value: Name must be 2-128 characters long and composed only of UTF-8 letters, digits, brackets and \
                 underscores. Dashes, spaces and dots are allowed (but not at the beginning or the end)",
            )
            .with("key", "name"),
            Self::BadValueFullName => Object::new(
                "badValueFullName",
                "Bad value: Full name must be 2-128 characters long and composed only of UTF-8 letters and digits. \
                 Dashes, spaces, dots, commas and apostrophes are allowed (but not at the beginning or the end)",
            ),
            Self::BadValueUsername(NameRule::Directory) => {
                Object::new("badValueUsername", format!("Bad value: {}", NameError::Directory))
            }
            Self::BadValueUsername(NameRule::Onezone) => Object::new(
                "badValueUsername",
                "Bad value: Username must be 2-32 characters long and composed only of letters and digits. Dashes and \
                 underscores are allowed (but not at the beginning or the end)",
            ),
            Self::BadValuePassword(reason) => {
                let beyond = beyond_length(*reason);
                let text = format!("Bad value: Password must be at least 8 characters long{beyond}");
                Object::new("badValuePassword", text)
            }
            Self::TokenServiceForbidden(service) => service_forbidden(service),
            Self::TokenTimeCaveatRequired { max_ttl } => {
                let text = format!("You must specify a time caveat with maximum TTL of {max_ttl} seconds");
                Object::new("tokenTimeCaveatRequired", text).with("maxTtl", *max_ttl)
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

/// The value of `key` breaks `rule`.
fn value(id: &'static str, key: &'static str, rule: &str) -> Object {
    Object::new(id, format!("Bad value: provided \"{key}\" {rule}")).with("key", key)
}

fn occupied(key: &'static str, by: &str) -> Object {
    let text = format!("Bad value: provided identifier (\"{key}\") is already occupied{by}");
    Object::new("badValueIdentifierOccupied", text).with("key", key)
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
