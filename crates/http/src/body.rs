//! Reading what a body asks for, by Onezone's rules of validation.
//!
//! An operation reads its keys as a table, one line a key: a [`Body`] says whether the key must be there, a reader (the
//! functions below) what its value must be. The first line that fails is the answer, so the lines stand in Onezone's
//! order: required keys, then optional ones, then "at least one of"; each group by key, in ascending byte order. A debug
//! build checks that order. Keys that no line names are ignored.
//!
//! `null` is a value under a required key; under an optional one it is as if the key were absent, unless the line says
//! [`Body::optional_or_null`].
//!
//! Where the next thing goes: a new kind of value is a reader here, from a key and a [`Value`] to a type that cannot be
//! wrong, or the [`DataError`] that Onezone has for it.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use zonemint_base::model::{FullName, NameError, NameRule, Privilege, Privileges, TokenName, UserName};
use zonemint_caveat::{self as caveat, Caveat, Interface, Time};
use zonemint_macaroon::{Limits, Macaroon, ParseError, TextError};
use zonemint_service::token::{InviteType, TokenType, split_service};
use zonemint_service::user::Password;

use super::error::{DataError, TokenError};

/// Longest token text in a body, in characters: Onezone's own bound. Which tokens are then accepted is for the token
/// service.
const LONGEST_TOKEN: usize = Limits::MOST.text;

/// The body of a request, while its keys are read.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    object: &'a Map<String, Value>,
    last: (Group, &'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Required,
    Optional,
    AtLeastOne,
}

impl<'a> Body<'a> {
    /// Starts reading.
    pub(crate) fn new(object: &'a Map<String, Value>) -> Self {
        Self { object, last: (Group::Required, "") }
    }

    /// Reads a key that must be there.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'static str, &'a Value) -> Result<T, DataError>,
    ) -> Result<T, DataError> {
        self.turn(Group::Required, key);
        read(key, self.object.get(key).ok_or(DataError::MissingRequiredValue { key })?)
    }

    /// Reads a key that may be absent, or null, which is the same.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'static str, &'a Value) -> Result<T, DataError>,
    ) -> Result<Option<T>, DataError> {
        self.turn(Group::Optional, key);
        self.object.get(key).filter(|value| !value.is_null()).map(|value| read(key, value)).transpose()
    }

    /// Reads a key that may be absent. Null is a value, which the reader accepts or refuses.
    pub(crate) fn optional_or_null<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'static str, &'a Value) -> Result<T, DataError>,
    ) -> Result<Option<T>, DataError> {
        self.turn(Group::Optional, key);
        self.object.get(key).map(|value| read(key, value)).transpose()
    }

    /// Checks that one of several keys is there, after they have been read as optional ones. They must be sorted.
    pub(crate) fn at_least_one_of(mut self, keys: &'static [&'static str]) -> Result<(), DataError> {
        debug_assert!(keys.is_sorted(), "{keys:?} are answered sorted");
        self.turn(Group::AtLeastOne, "");
        let given = |key: &&str| self.object.get(*key).is_some_and(|value| !value.is_null());
        if keys.iter().any(given) { Ok(()) } else { Err(DataError::MissingAtLeastOneValue { keys }) }
    }

    fn turn(&mut self, group: Group, key: &'static str) {
        debug_assert!(
            self.last < (group, key),
            "{key:?} is read after {:?}: another error would be the first",
            self.last
        );
        self.last = (group, key);
    }
}

/// Takes null as no value, as in `nullable(peer_ip)`.
pub(crate) fn nullable<'a, T>(
    read: impl FnOnce(&'static str, &'a Value) -> Result<T, DataError>,
) -> impl FnOnce(&'static str, &'a Value) -> Result<Option<T>, DataError> {
    move |key, value| if value.is_null() { Ok(None) } else { read(key, value).map(Some) }
}

/// A string that is not empty.
pub(crate) fn text<'a>(key: &'static str, value: &'a Value) -> Result<&'a str, DataError> {
    let text = string(key, value)?;
    if text.is_empty() { Err(DataError::BadValueEmpty { key }) } else { Ok(text) }
}

/// The name of a token.
pub(crate) fn token_name(key: &'static str, value: &Value) -> Result<TokenName, DataError> {
    name(key, value, TokenName::parse, NameError::Token)
}

/// What a user signs in with.
pub(crate) fn user_name(rule: NameRule) -> impl FnOnce(&'static str, &Value) -> Result<UserName, DataError> + Copy {
    move |key, value| name(key, value, |text| rule.choose(text), rule.error())
}

/// The same of a name that an account may have already, whether or not it may be chosen. What is no name at all breaks the rule.
pub(crate) fn known_user_name(
    rule: NameRule,
) -> impl FnOnce(&'static str, &Value) -> Result<UserName, DataError> + Copy {
    move |key, value| name(key, value, |text| UserName::parse(text).map_err(|_| rule.error()), rule.error())
}

/// How a user is addressed.
pub(crate) fn full_name(key: &'static str, value: &Value) -> Result<FullName, DataError> {
    name(key, value, FullName::parse, NameError::Full)
}

/// A password that somebody chooses.
pub(crate) fn password(key: &'static str, value: &Value) -> Result<Password, DataError> {
    Password::choose(string(key, value)?).map_err(DataError::BadValuePassword)
}

/// A list of privileges' names.
pub(crate) fn privileges(key: &'static str, value: &Value) -> Result<Privileges, DataError> {
    let bad = |hint: &str| DataError::BadData { key, hint: Some(hint.to_owned()) };
    let list = value.as_array().ok_or_else(|| bad(NO_PRIVILEGES))?;
    let privilege = |name: &Value| {
        let name = name.as_str().ok_or_else(|| bad(NO_PRIVILEGES))?;
        name.parse::<Privilege>().map_err(|error| bad(&error.to_string()))
    };
    list.iter().map(privilege).collect()
}

/// What is expected where there is no list of privileges.
pub(crate) const NO_PRIVILEGES: &str = "expected a list of privileges, each by its name";

/// A boolean, and no string that reads like one.
pub(crate) fn boolean(key: &'static str, value: &Value) -> Result<bool, DataError> {
    value.as_bool().ok_or(DataError::BadValueBoolean { key })
}

/// An integer within a range, and no string that reads like one.
pub(crate) fn integer(range: RangeInclusive<u64>) -> impl FnOnce(&'static str, &Value) -> Result<u64, DataError> {
    move |key, value| within(key, whole(value).ok_or(DataError::BadValueInteger { key })?, &range)
}

/// The end of a token, in Unix seconds within a range. One that can only be meant in milliseconds is told so.
pub(crate) fn end(range: RangeInclusive<u64>) -> impl FnOnce(&'static str, &Value) -> Result<u64, DataError> {
    move |key, value| match integer(range)(key, value) {
        Err(_) if whole(value).is_some_and(|end| end > Time::LATEST.into()) => Err(end_too_late(key)),
        other => other,
    }
}

fn end_too_late(key: &'static str) -> DataError {
    DataError::BadData { key, hint: Some(caveat::JsonError::EndTooLate.to_string()) }
}

/// Any object.
pub(crate) fn object<'a>(key: &'static str, value: &'a Value) -> Result<&'a Map<String, Value>, DataError> {
    value.as_object().ok_or(DataError::BadValueJson { key })
}

/// A list of caveats. The first one that is none is answered as it was sent.
pub(crate) fn caveats(key: &'static str, value: &Value) -> Result<Vec<Caveat>, DataError> {
    let list = value.as_array().ok_or(DataError::BadData { key, hint: None })?;
    let caveat = |json: &Value| {
        Caveat::read_new(json).map_err(|rule| match rule {
            caveat::JsonError::EndTooLate => end_too_late(key),
            _ => DataError::BadValueCaveat { caveat: json.clone() },
        })
    };
    list.iter().map(caveat).collect()
}

/// What a token is for.
pub(crate) fn token_type(key: &'static str, value: &Value) -> Result<TokenType, DataError> {
    TokenType::from_json(value).map_err(|_| DataError::BadValueTokenType { key })
}

/// What an invitation is for.
pub(crate) fn invite_type(key: &'static str, value: &Value) -> Result<InviteType, DataError> {
    value.as_str().and_then(InviteType::from_name).ok_or(DataError::BadValueInviteType { key })
}

/// A token's text, which can be decoded; whether it is good is for the token service. A line end after it, which a file that it was
/// read from has, is cut.
pub(crate) fn token<'a>(key: &'static str, value: &'a Value) -> Result<&'a str, DataError> {
    match value.as_str().map(|text| text.trim_end_matches(['\r', '\n'])) {
        Some("") => Err(DataError::BadValueEmpty { key }),
        Some(text) => decode(text).map(|()| text).map_err(|error| DataError::BadValueToken { key, error }),
        None => {
            // A macaroon in JSON that stands there unquoted.
            let error = match value {
                Value::Object(_) => TextError::Json.into(),
                Value::Array(_) => TextError::JsonArray.into(),
                _ => TokenError::bad("a token is a string"),
            };
            Err(DataError::BadValueToken { key, error })
        }
    }
}

/// An address of either family.
pub(crate) fn peer_ip(key: &'static str, value: &Value) -> Result<IpAddr, DataError> {
    value.as_str().and_then(|text| text.parse().ok()).ok_or(DataError::BadValueIpv4Address { key })
}

/// An interface's name. Null and booleans are names that there are not.
pub(crate) fn interface(key: &'static str, value: &Value) -> Result<Interface, DataError> {
    let name = if value.is_null() { "null" } else { string(key, value)? };
    let allowed = || Interface::ALL.map(Interface::name).to_vec();
    Interface::from_name(name).ok_or_else(|| DataError::BadValueNotAllowed { key, allowed: allowed() })
}

/// A string, empty or not. Onezone takes a boolean for its name.
fn string<'a>(key: &'static str, value: &'a Value) -> Result<&'a str, DataError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(true) => Ok("true"),
        Value::Bool(false) => Ok("false"),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(DataError::BadValueString { key }),
    }
}

/// Null is no name of any kind, rather than no string.
fn name<T>(
    key: &'static str,
    value: &Value,
    parse: impl FnOnce(&str) -> Result<T, NameError>,
    none: NameError,
) -> Result<T, DataError> {
    if value.is_null() { Err(none.into()) } else { Ok(parse(string(key, value)?)?) }
}

/// A number without a fraction. One that no 64 bits can hold is not read as an integer.
fn whole(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

fn within(key: &'static str, number: i128, range: &RangeInclusive<u64>) -> Result<u64, DataError> {
    match u64::try_from(number) {
        Ok(number) if range.contains(&number) => Ok(number),
        _ if number < i128::from(*range.start()) => Err(DataError::BadValueTooLow { key, limit: *range.start() }),
        _ => Err(DataError::BadValueTooHigh { key, limit: *range.end() }),
    }
}

fn decode(text: &str) -> Result<(), TokenError> {
    if text.len() > LONGEST_TOKEN {
        return Err(TokenError::TokenTooLarge { limit: LONGEST_TOKEN });
    }
    let (_, text) = split_service(text);
    match Macaroon::parse(text, &Limits::MOST) {
        // How long it may be, and then of how many caveats, is for the settings to say.
        Ok(_) | Err(ParseError::TooManyCaveats { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
