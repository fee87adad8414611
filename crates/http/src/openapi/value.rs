//! What may stand under a key of a request's body: its schema, and what is answered when it is something else.
//!
//! One function for each reader of [`body`](crate::body), under the reader's name.
//!
//! Where the next thing goes: a reader that is new there is a function here.

use std::ops::RangeInclusive;

use serde_json::{Value, json};
use utoipa::ToSchema as _;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

use super::kind::{Kind, or_null};
use super::schema::{CaveatObject, TokenTypeObject};
use crate::body::NO_PRIVILEGES;
use crate::error::{DataError, TokenError};
use zonemint_base::model::{NameRule, Privilege, PrivilegeError};
use zonemint_caveat::Interface;
use zonemint_macaroon::ParseError;
use zonemint_service::token::InviteType;
use zonemint_service::user::PasswordRefused;

fn of(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(kind)
}

fn listing(items: impl Into<RefOr<Schema>>) -> ArrayBuilder {
    ArrayBuilder::new().items(items.into())
}

/// Null, or what `of` says.
pub(crate) fn nullable(of: fn(&'static str) -> Kind) -> impl FnOnce(&'static str) -> Kind {
    move |key| {
        let Kind { mut schema, errors } = of(key);
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            or_null(&mut object.schema_type);
        }
        Kind { schema, errors }
    }
}

pub(crate) fn text(key: &'static str) -> Kind {
    Kind::new(
        of(Type::String).min_length(Some(1)),
        [DataError::BadValueEmpty { key }, DataError::BadValueString { key }],
    )
}

/// Which user names may be chosen, for the text of an operation.
pub(crate) const NAMES: &str = "With the setting `login.user_names = \"directory\"` a user name may be one of other directories, `jan@example.org` or \
     `EXAMPLE\\jan`: 2 characters to 254 bytes of UTF-8, letters and digits of any script with their marks, and \
     `. _ - + ' & # ! ^ ~` and at most one `@` and one `\\` inside; none that Unicode's NFKC replaces. It is kept in NFC. In a store that ignores the case of user \
     names (`zonemint user names --ignore-case`), one that differs from another in case only counts as taken.";

pub(crate) fn user_name(key: &'static str) -> Kind {
    let rule = "2 to 32 letters and digits of ASCII; dots, dashes and underscores inside. More where `login.user_names` allows it";
    Kind::new(
        of(Type::String).min_length(Some(2)).max_length(Some(254)).description(Some(rule)).examples(["alice"]),
        [DataError::BadValueString { key }, DataError::BadValueUsername(NameRule::Onezone)],
    )
}

pub(crate) fn full_name(key: &'static str) -> Kind {
    let rule = "Letters and digits; dashes, spaces, dots, commas and apostrophes inside, a dot at the end too";
    Kind::new(
        of(Type::String).min_length(Some(2)).max_length(Some(128)).description(Some(rule)).examples(["Alice Doe"]),
        [DataError::BadValueString { key }, DataError::BadValueFullName],
    )
}

pub(crate) fn token_name(key: &'static str) -> Kind {
    let rule =
        "Letters, digits, brackets and underscores; dashes, spaces and dots inside. Unique among the account's tokens";
    Kind::new(
        of(Type::String).min_length(Some(2)).max_length(Some(128)).description(Some(rule)).examples(["nightly backup"]),
        [DataError::BadValueString { key }, DataError::BadValueName, DataError::BadValueIdentifierOccupied { key }],
    )
}

pub(crate) fn password(key: &'static str) -> Kind {
    let refused = [
        PasswordRefused::Short,
        PasswordRefused::Long,
        PasswordRefused::Common,
        PasswordRefused::Token,
        PasswordRefused::ControlCharacter,
    ];
    let rule =
        "8 to 1024 bytes, no control characters, none of the most common ones, and nothing that begins as a token";
    Kind::new(
        of(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .min_length(Some(8))
            .max_length(Some(1024))
            .description(Some(rule))
            .examples(["a long one with spaces"]),
        [DataError::BadValueString { key }].into_iter().chain(refused.map(DataError::BadValuePassword)),
    )
}

pub(crate) fn privileges(key: &'static str) -> Kind {
    let hints = [NO_PRIVILEGES.to_owned(), PrivilegeError.to_string()];
    Kind::new(
        listing(of(Type::String).enum_values(Some(Privilege::ALL.map(Privilege::name)))),
        hints.map(|hint| DataError::BadData { key, hint: Some(hint) }),
    )
}

pub(crate) fn boolean(key: &'static str) -> Kind {
    Kind::new(of(Type::Boolean), [DataError::BadValueBoolean { key }])
}

/// Within `range`; `unit` says of what.
pub(crate) fn integer(range: RangeInclusive<u64>, unit: &'static str) -> impl FnOnce(&'static str) -> Kind {
    move |key| {
        let schema = of(Type::Integer).minimum(Some(*range.start())).description(Some(unit));
        let bounded = if *range.end() < u64::MAX / 1000 { schema.maximum(Some(*range.end())) } else { schema };
        Kind::new(
            bounded,
            [
                DataError::BadValueInteger { key },
                DataError::BadValueTooLow { key, limit: *range.start() },
                DataError::BadValueTooHigh { key, limit: *range.end() },
            ],
        )
    }
}

/// A moment to come, in Unix seconds; `rule` says how far.
pub(crate) fn moment(rule: &'static str) -> impl FnOnce(&'static str) -> Kind {
    move |key| {
        Kind::new(
            of(Type::Integer).minimum(Some(1)).description(Some(rule)).examples([1_800_000_000]),
            [
                DataError::BadValueInteger { key },
                DataError::BadValueTooLow { key, limit: 1_700_000_001 },
                DataError::BadValueTooHigh { key, limit: 1_731_536_000 },
            ],
        )
    }
}

pub(crate) fn object(key: &'static str) -> Kind {
    Kind::new(of(Type::Object), [DataError::BadValueJson { key }])
}

pub(crate) fn caveats(key: &'static str) -> Kind {
    Kind::new(
        listing(Ref::from_schema_name(CaveatObject::name())),
        [DataError::BadData { key, hint: None }, DataError::BadValueCaveat { caveat: json!({"type": "moon"}) }],
    )
}

pub(crate) fn token_type(key: &'static str) -> Kind {
    Kind::new(Ref::from_schema_name(TokenTypeObject::name()), [DataError::BadValueTokenType { key }])
}

pub(crate) fn invite_type(key: &'static str) -> Kind {
    let names = InviteType::ALL.map(InviteType::name);
    Kind::new(of(Type::String).enum_values(Some(names)), [DataError::BadValueInviteType { key }])
}

pub(crate) fn token(key: &'static str) -> Kind {
    let errors = [TokenError::from(ParseError::Truncated), TokenError::TokenTooLarge { limit: 1_048_576 }];
    Kind::new(
        of(Type::String).min_length(Some(1)).description(Some("A token's text, in any encoding")),
        [DataError::BadValueEmpty { key }]
            .into_iter()
            .chain(errors.map(|error| DataError::BadValueToken { key, error })),
    )
}

pub(crate) fn peer_ip(key: &'static str) -> Kind {
    Kind::new(
        of(Type::String).description(Some("An IPv4 or IPv6 address")).examples(["192.0.2.1"]),
        [DataError::BadValueIpv4Address { key }],
    )
}

pub(crate) fn interface(key: &'static str) -> Kind {
    let allowed = Interface::ALL.map(Interface::name).to_vec();
    Kind::new(
        of(Type::String).enum_values(Some(allowed.clone())),
        [DataError::BadValueNotAllowed { key, allowed }, DataError::BadValueString { key }],
    )
}

/// Identifiers of tokens, `most` of them at the most.
pub(crate) fn token_ids(most: usize) -> impl FnOnce(&'static str) -> Kind {
    move |key| {
        let bad = |hint: String| DataError::BadData { key, hint: Some(hint) };
        Kind::new(
            listing(of(Type::String)).max_items(Some(most)),
            [
                bad("expected a list of token ids".to_owned()),
                bad(format!("expected {most} ids at the most")),
                bad("the one at position 1 is not a token id".to_owned()),
            ],
        )
    }
}

/// Only true makes sense.
pub(crate) fn set(key: &'static str) -> Kind {
    let hint = Some("it must be true, or absent".to_owned());
    Kind::new(of(Type::Boolean), [DataError::BadValueBoolean { key }, DataError::BadData { key, hint }])
}

/// Where the reference endpoint reads the value, which has its own texts.
pub(crate) fn plain(kind: Type, rule: &'static str, example: Value) -> impl FnOnce(&'static str) -> Kind {
    move |_| Kind::new(of(kind).description(Some(rule)).examples([example]), [])
}

/// As [`caveats`], where the reference endpoint reads them.
pub(crate) fn plain_caveats(_: &'static str) -> Kind {
    Kind::new(listing(Ref::from_schema_name(CaveatObject::name())), [])
}

/// One of a few words.
pub(crate) fn choice(allowed: impl IntoIterator<Item = &'static str>) -> impl FnOnce(&'static str) -> Kind {
    let allowed: Vec<_> = allowed.into_iter().collect();
    move |key| {
        let schema = of(Type::String).enum_values(Some(allowed.iter().copied()));
        Kind::new(schema, [DataError::BadValueNotAllowed { key, allowed }])
    }
}

/// True or false; `about` says of what.
pub(crate) fn flag(about: &'static str) -> impl FnOnce(&'static str) -> Kind {
    move |key| Kind::new(of(Type::Boolean).description(Some(about)), [DataError::BadValueBoolean { key }])
}

/// What stands in a query; `expected` is the hint of who sends something else.
pub(crate) fn expected(kind: Type, about: &'static str, expected: &'static str) -> impl FnOnce(&'static str) -> Kind {
    move |key| {
        let refusal = DataError::BadData { key, hint: Some(format!("expected {expected}")) };
        Kind::new(of(kind).description(Some(about)), [refusal])
    }
}
