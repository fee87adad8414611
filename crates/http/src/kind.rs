//! The kinds of values in bodies and queries: how each is read, and what the document says of it.
//!
//! A kind is one function that contains both the reader and the description. Readers follow Onezone's rules of validation: from a key and
//! a value to a type that cannot be wrong, or the [`DataError`] that Onezone has for it.
//!
//! Where the next thing goes: a kind that several operations have is a function here; one of a query is in [`query`](super::query).

use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};
use utoipa::ToSchema as _;

use super::error::{DataError, TokenError};
use super::schema::{CaveatObject, TokenTypeObject, reference};
use zonemint_base::model::{
    FullName, InviteType, NameError, NameRule, Privilege, PrivilegeError, Privileges, TokenId, TokenName, TokenType,
    UserName, split_service,
};
use zonemint_caveat::{self as caveat, Caveat, Interface, Time};
use zonemint_macaroon::{Limits, Macaroon, ParseError, TextError};
use zonemint_service::user::{Password, PasswordRefused};

/// Longest token text in a body, in characters: Onezone's own bound. The token service decides which tokens it accepts.
const LONGEST_TOKEN: usize = Limits::MOST.text;

/// Reads a `T` from an `S`, and describes what it accepts.
pub(super) trait Kind<S, T, E = DataError> {
    /// Reads the value of a key.
    fn read(self, key: &'static str, value: S) -> Result<T, E>;
    /// Describes the values that it accepts.
    fn describe(&self, key: &'static str) -> Description;
}

/// What the document says of a kind: its schema, and the errors for other values.
pub(super) struct Description {
    pub(super) schema: Value,
    pub(super) errors: Vec<DataError>,
}

impl Description {
    pub(super) fn new(schema: Value, errors: impl IntoIterator<Item = DataError>) -> Self {
        Self { schema, errors: errors.into_iter().collect() }
    }
}

struct Pair<R, D>(R, D);

impl<S, T, E, R, D> Kind<S, T, E> for Pair<R, D>
where
    R: FnOnce(&'static str, S) -> Result<T, E>,
    D: Fn(&'static str) -> Description,
{
    fn read(self, key: &'static str, value: S) -> Result<T, E> {
        self.0(key, value)
    }

    fn describe(&self, key: &'static str) -> Description {
        self.1(key)
    }
}

/// Combines a reader and a description.
pub(super) fn kind<S, T, E>(
    read: impl FnOnce(&'static str, S) -> Result<T, E>,
    describe: impl Fn(&'static str) -> Description,
) -> impl Kind<S, T, E> {
    Pair(read, describe)
}

/// A text with its least and greatest length, in characters.
fn bounded(least: usize, most: usize, rule: &str, example: &str) -> Value {
    json!({"type": "string", "description": rule, "examples": [example], "maxLength": most, "minLength": least})
}

/// Also allows null where a schema has one type.
pub(super) fn or_null(schema: &mut Value) {
    if let Some(kind) = schema.get_mut("type").filter(|kind| kind.is_string()) {
        *kind = json!([kind, "null"]);
    }
}

/// Takes null as no value, as in `nullable(peer_ip())`.
pub(super) fn nullable<'a, T>(of: impl Kind<&'a Value, T>) -> impl Kind<&'a Value, Option<T>> {
    struct Nullable<K>(K);

    impl<'a, T, K: Kind<&'a Value, T>> Kind<&'a Value, Option<T>> for Nullable<K> {
        fn read(self, key: &'static str, value: &'a Value) -> Result<Option<T>, DataError> {
            if value.is_null() { Ok(None) } else { self.0.read(key, value).map(Some) }
        }

        fn describe(&self, key: &'static str) -> Description {
            let mut described = self.0.describe(key);
            or_null(&mut described.schema);
            described
        }
    }

    Nullable(of)
}

/// A word of a few, as in a query. A value of another type than string is none of them.
pub(super) fn word<'a, T>(of: impl Kind<&'a str, T>) -> impl Kind<&'a Value, T> {
    struct Word<K>(K);

    impl<'a, T, K: Kind<&'a str, T>> Kind<&'a Value, T> for Word<K> {
        fn read(self, key: &'static str, value: &'a Value) -> Result<T, DataError> {
            self.0.read(key, value.as_str().unwrap_or_default())
        }

        fn describe(&self, key: &'static str) -> Description {
            self.0.describe(key)
        }
    }

    Word(of)
}

/// A string that is not empty.
pub(super) fn text<'a>() -> impl Kind<&'a Value, &'a str> {
    kind(
        |key, value| {
            let text = string(key, value)?;
            if text.is_empty() { Err(DataError::BadValueEmpty { key }) } else { Ok(text) }
        },
        |key| {
            let errors = [DataError::BadValueEmpty { key }, DataError::BadValueString { key }];
            Description::new(json!({"type": "string", "minLength": 1}), errors)
        },
    )
}

/// The name of a token.
pub(super) fn token_name<'a>() -> impl Kind<&'a Value, TokenName> {
    let rule =
        "Letters, digits, brackets and underscores; dashes, spaces and dots inside. Unique among the account's tokens";
    kind(
        |key, value| name(key, value, TokenName::parse, NameError::Token),
        move |key| {
            let occupied = DataError::BadValueIdentifierOccupied { key };
            let errors = [DataError::BadValueString { key }, DataError::BadValueName, occupied];
            Description::new(bounded(2, 128, rule, "nightly backup"), errors)
        },
    )
}

/// Which user names may be chosen, for the text of an operation.
pub(super) const NAMES: &str = "With the setting `login.user_names = \"directory\"` a user name may be one of other directories, `jan@example.org` or \
     `EXAMPLE\\jan`: 2 characters to 254 bytes of UTF-8, letters and digits of any script with their marks, and \
     `. _ - + ' & # ! ^ ~` and at most one `@` and one `\\` inside; none that Unicode's NFKC replaces. It is kept in NFC. In a store that ignores the case of user \
     names (`zonemint user names --ignore-case`), a name that differs from another one only in case is taken.";

fn described_user_name(key: &'static str) -> Description {
    let rule = "2 to 32 letters and digits of ASCII; dots, dashes and underscores inside. More where `login.user_names` allows it";
    let errors = [DataError::BadValueString { key }, DataError::BadValueUsername(NameRule::Onezone)];
    Description::new(bounded(2, 254, rule, "alice"), errors)
}

/// A user name that someone chooses.
pub(super) fn user_name<'a>(rule: NameRule) -> impl Kind<&'a Value, UserName> {
    kind(move |key, value| name(key, value, |text| rule.choose(text), rule.error()), described_user_name)
}

/// As [`user_name`], for a name that an account may already have, whether or not the rule allows to choose it.
pub(super) fn known_user_name<'a>(rule: NameRule) -> impl Kind<&'a Value, UserName> {
    let parse = move |text: &str| UserName::parse(text).map_err(|_| rule.error());
    kind(move |key, value| name(key, value, parse, rule.error()), described_user_name)
}

/// The full name of an account.
pub(super) fn full_name<'a>() -> impl Kind<&'a Value, FullName> {
    let rule = "Letters and digits; dashes, spaces, dots, commas and apostrophes inside, a dot at the end too";
    kind(
        |key, value| name(key, value, FullName::parse, NameError::Full),
        move |key| {
            let errors = [DataError::BadValueString { key }, DataError::BadValueFullName];
            Description::new(bounded(2, 128, rule, "Alice Doe"), errors)
        },
    )
}

/// A password that someone chooses.
pub(super) fn password<'a>() -> impl Kind<&'a Value, Password> {
    let refused = [
        PasswordRefused::Short,
        PasswordRefused::Long,
        PasswordRefused::Common,
        PasswordRefused::Token,
        PasswordRefused::ControlCharacter,
    ];
    let rule =
        "8 to 1024 bytes, no control characters, not one of the most common passwords, and not beginning like a token";
    kind(
        |key, value| Password::choose(string(key, value)?).map_err(DataError::BadValuePassword),
        move |key| {
            let schema = json!({
                "type": "string", "format": "password", "description": rule, "examples": ["a long one with spaces"],
                "maxLength": 1024, "minLength": 8,
            });
            let refused = refused.map(DataError::BadValuePassword);
            Description::new(schema, [DataError::BadValueString { key }].into_iter().chain(refused))
        },
    )
}

/// A list of names of privileges.
pub(super) fn privileges<'a>() -> impl Kind<&'a Value, Privileges> {
    const NO_LIST: &str = "expected a list of privileges, each by its name";
    kind(
        move |key, value: &Value| {
            let privilege = |name: &Value| {
                let name = name.as_str().ok_or_else(|| DataError::bad(key, NO_LIST))?;
                name.parse::<Privilege>().map_err(|error| DataError::bad(key, error.to_string()))
            };
            value.as_array().ok_or_else(|| DataError::bad(key, NO_LIST))?.iter().map(privilege).collect()
        },
        move |key| {
            let names = json!({"type": "string", "enum": Privilege::ALL.map(Privilege::name)});
            let schema = json!({"type": "array", "items": names});
            Description::new(schema, [NO_LIST, &PrivilegeError.to_string()].map(|hint| DataError::bad(key, hint)))
        },
    )
}

/// A boolean, and no string that reads like one.
pub(super) fn boolean<'a>() -> impl Kind<&'a Value, bool> {
    kind(read_boolean, |key| Description::new(json!({"type": "boolean"}), [DataError::BadValueBoolean { key }]))
}

/// As [`boolean`]; `about` describes it.
pub(super) fn flag<'a>(about: &'static str) -> impl Kind<&'a Value, bool> {
    kind(read_boolean, move |key| {
        Description::new(json!({"type": "boolean", "description": about}), [DataError::BadValueBoolean { key }])
    })
}

/// As [`boolean`], where only true is useful.
pub(super) fn set<'a>() -> impl Kind<&'a Value, bool> {
    kind(read_boolean, |key| {
        let errors = [DataError::BadValueBoolean { key }, DataError::bad(key, MUST_BE_TRUE)];
        Description::new(json!({"type": "boolean"}), errors)
    })
}

/// The hint for a [`set`] that is false.
pub(super) const MUST_BE_TRUE: &str = "it must be true, or absent";

fn read_boolean(key: &'static str, value: &Value) -> Result<bool, DataError> {
    value.as_bool().ok_or(DataError::BadValueBoolean { key })
}

/// An integer within a range, and no string that reads like one; `unit` describes it.
pub(super) fn integer<'a>(range: RangeInclusive<u64>, unit: &'static str) -> impl Kind<&'a Value, u64> {
    let (least, most) = range.clone().into_inner();
    kind(
        move |key, value| read_integer(key, value, &range),
        move |key| {
            let mut schema = json!({"type": "integer", "description": unit});
            if most < u64::MAX / 1000 {
                schema["maximum"] = most.into();
            }
            schema["minimum"] = least.into();
            Description::new(schema, not_within(key, least, most))
        },
    )
}

/// The end of a token, in Unix seconds within a range, which `rule` describes. A value that can only mean milliseconds has an error of its
/// own.
pub(super) fn end<'a>(range: RangeInclusive<u64>, rule: &'static str) -> impl Kind<&'a Value, u64> {
    kind(
        move |key, value| match read_integer(key, value, &range) {
            Err(_) if whole(value).is_some_and(|end| end > Time::LATEST.into()) => Err(end_too_late(key)),
            other => other,
        },
        move |key| {
            let schema = json!({"type": "integer", "description": rule, "examples": [1_800_000_000], "minimum": 1});
            let errors = not_within(key, 1_700_000_001, 1_731_536_000).into_iter().chain([end_too_late(key)]);
            Description::new(schema, errors)
        },
    )
}

fn end_too_late(key: &'static str) -> DataError {
    DataError::bad(key, caveat::JsonError::EndTooLate.to_string())
}

fn not_within(key: &'static str, least: u64, most: u64) -> [DataError; 3] {
    [
        DataError::BadValueInteger { key },
        DataError::BadValueTooLow { key, limit: least },
        DataError::BadValueTooHigh { key, limit: most },
    ]
}

pub(super) fn read_integer(key: &'static str, value: &Value, range: &RangeInclusive<u64>) -> Result<u64, DataError> {
    let number = whole(value).ok_or(DataError::BadValueInteger { key })?;
    match u64::try_from(number) {
        Ok(number) if range.contains(&number) => Ok(number),
        _ if number < i128::from(*range.start()) => Err(DataError::BadValueTooLow { key, limit: *range.start() }),
        _ => Err(DataError::BadValueTooHigh { key, limit: *range.end() }),
    }
}

/// A number without a fraction. A number beyond 64 bits is not an integer here.
fn whole(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

/// Any object.
pub(super) fn object<'a>() -> impl Kind<&'a Value, &'a Map<String, Value>> {
    kind(
        |key, value: &'a Value| value.as_object().ok_or(DataError::BadValueJson { key }),
        |key| Description::new(json!({"type": "object"}), [DataError::BadValueJson { key }]),
    )
}

/// The schema of a list of caveats.
pub(super) fn list_of_caveats() -> Value {
    json!({"type": "array", "items": reference("schemas", &CaveatObject::name())})
}

/// A list of caveats. The error contains the first element that is not a caveat, as it was sent.
pub(super) fn caveats<'a>() -> impl Kind<&'a Value, Vec<Caveat>> {
    kind(
        |key, value: &Value| {
            let list = value.as_array().ok_or(DataError::BadData { key, hint: None })?;
            let caveat = |json: &Value| {
                Caveat::read_new(json).map_err(|rule| match rule {
                    caveat::JsonError::EndTooLate => end_too_late(key),
                    _ => DataError::BadValueCaveat { caveat: json.clone() },
                })
            };
            list.iter().map(caveat).collect()
        },
        |key| {
            let bad = DataError::BadValueCaveat { caveat: json!({"type": "moon"}) };
            Description::new(list_of_caveats(), [DataError::BadData { key, hint: None }, bad, end_too_late(key)])
        },
    )
}

/// What a token is for.
pub(super) fn token_type<'a>() -> impl Kind<&'a Value, TokenType> {
    kind(
        |key, value: &Value| TokenType::from_json(value).map_err(|_| DataError::BadValueTokenType { key }),
        |key| {
            let schema = reference("schemas", &TokenTypeObject::name());
            Description::new(schema, [DataError::BadValueTokenType { key }])
        },
    )
}

/// What an invitation is for.
pub(super) fn invite_type<'a>() -> impl Kind<&'a Value, InviteType> {
    kind(
        |key, value: &Value| {
            value.as_str().and_then(InviteType::from_name).ok_or(DataError::BadValueInviteType { key })
        },
        |key| {
            let schema = json!({"type": "string", "enum": InviteType::ALL.map(InviteType::name)});
            Description::new(schema, [DataError::BadValueInviteType { key }])
        },
    )
}

/// A token's text, which can be decoded; the token service verifies it. A line end after it, as from a file, is cut off.
pub(super) fn token<'a>() -> impl Kind<&'a Value, &'a str> {
    kind(read_token, |key| {
        let errors = [TokenError::from(ParseError::Truncated), TokenError::TokenTooLarge { limit: 1_048_576 }];
        let errors = errors.map(|error| DataError::BadValueToken { key, error });
        Description::new(
            json!({"type": "string", "description": "A token's text, in any encoding", "minLength": 1}),
            [DataError::BadValueEmpty { key }].into_iter().chain(errors),
        )
    })
}

fn read_token<'a>(key: &'static str, value: &'a Value) -> Result<&'a str, DataError> {
    match value.as_str().map(|text| text.trim_end_matches(['\r', '\n'])) {
        Some("") => Err(DataError::BadValueEmpty { key }),
        Some(text) => decode(text).map(|()| text).map_err(|error| DataError::BadValueToken { key, error }),
        None => {
            // A macaroon in JSON that is not quoted.
            let error = match value {
                Value::Object(_) => TextError::Json.into(),
                Value::Array(_) => TextError::JsonArray.into(),
                _ => TokenError::bad("a token is a string"),
            };
            Err(DataError::BadValueToken { key, error })
        }
    }
}

fn decode(text: &str) -> Result<(), TokenError> {
    if text.len() > LONGEST_TOKEN {
        return Err(TokenError::TokenTooLarge { limit: LONGEST_TOKEN });
    }
    let (_, text) = split_service(text);
    match Macaroon::parse(text, &Limits::MOST) {
        // The settings bound the length and the number of caveats.
        Ok(_) | Err(ParseError::TooManyCaveats { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// An IPv4 or IPv6 address.
pub(super) fn peer_ip<'a>() -> impl Kind<&'a Value, IpAddr> {
    kind(
        |key, value: &Value| {
            value.as_str().and_then(|text| text.parse().ok()).ok_or(DataError::BadValueIpv4Address { key })
        },
        |key| {
            let schema = json!({"type": "string", "description": "An IPv4 or IPv6 address", "examples": ["192.0.2.1"]});
            Description::new(schema, [DataError::BadValueIpv4Address { key }])
        },
    )
}

/// The name of an interface. Null and booleans are read as names that do not exist.
pub(super) fn interface<'a>() -> impl Kind<&'a Value, Interface> {
    let allowed = || Interface::ALL.map(Interface::name).to_vec();
    kind(
        move |key, value: &Value| {
            let name = if value.is_null() { "null" } else { string(key, value)? };
            Interface::from_name(name).ok_or_else(|| DataError::BadValueNotAllowed { key, allowed: allowed() })
        },
        move |key| {
            let errors = [DataError::BadValueNotAllowed { key, allowed: allowed() }, DataError::BadValueString { key }];
            Description::new(json!({"type": "string", "enum": allowed()}), errors)
        },
    )
}

/// At most `most` ids of tokens. Unknown ids and those of other accounts change nothing.
pub(super) fn token_ids<'a>(most: usize) -> impl Kind<&'a Value, Vec<TokenId>> {
    let no_list = || "expected a list of token ids".to_owned();
    let too_many = move || format!("expected {most} ids at the most");
    let no_id = |position: usize| format!("the one at position {position} is not a token id");
    kind(
        move |key, value: &Value| {
            let list = value.as_array().ok_or_else(|| DataError::bad(key, no_list()))?;
            if list.len() > most {
                return Err(DataError::bad(key, too_many()));
            }
            let id = |(at, id): (usize, &Value)| {
                let id = id.as_str().and_then(|id| TokenId::parse(id.as_bytes()).ok());
                id.ok_or_else(|| DataError::bad(key, no_id(at + 1)))
            };
            list.iter().enumerate().map(id).collect()
        },
        move |key| {
            let schema = json!({"type": "array", "items": {"type": "string"}, "maxItems": most});
            Description::new(schema, [no_list(), too_many(), no_id(1)].map(|hint| DataError::bad(key, hint)))
        },
    )
}

/// A string, empty or not. As in Onezone, a boolean is read as its name.
fn string<'a>(key: &'static str, value: &'a Value) -> Result<&'a str, DataError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(true) => Ok("true"),
        Value::Bool(false) => Ok("false"),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(DataError::BadValueString { key }),
    }
}

/// A name. Null is answered as a bad name, not as a value that is not a string.
fn name<T>(
    key: &'static str,
    value: &Value,
    parse: impl FnOnce(&str) -> Result<T, NameError>,
    none: NameError,
) -> Result<T, DataError> {
    if value.is_null() { Err(none.into()) } else { Ok(parse(string(key, value)?)?) }
}
