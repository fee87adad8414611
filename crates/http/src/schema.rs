//! Schemas of JSON that the token crates write, for which the answers have no types.
//!
//! Where the next thing goes: a caveat is a row of [`CaveatObject`]'s schema.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use zonemint_base::model::{InviteType, SubjectKind};
use zonemint_caveat::{Interface, Region};

/// A caveat as [`Caveat::to_json`](zonemint_caveat::Caveat::to_json) writes it.
#[derive(ToSchema)]
#[schema(as = Caveat)]
pub(crate) struct CaveatObject {}

/// A token's type as [`TokenType::to_json`](zonemint_base::model::TokenType::to_json) writes it.
#[derive(ToSchema)]
#[schema(as = TokenType)]
pub(crate) struct TokenTypeObject {}

/// The subject of a token.
#[derive(ToSchema)]
#[schema(as = Subject)]
pub(crate) struct SubjectObject {}

/// The schemas of these types by their names. They take the place of the derived ones, which have only the names.
pub(crate) fn written() -> [(String, Value); 3] {
    [
        (CaveatObject::name().into_owned(), caveat()),
        (TokenTypeObject::name().into_owned(), token_type()),
        (SubjectObject::name().into_owned(), subject()),
    ]
}

/// A reference to the component `name` of a kind.
pub(crate) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

fn one_of(names: &[&str]) -> Value {
    json!({"type": "string", "enum": names})
}

fn list_of(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

/// An object with exactly these keys, all required.
fn exactly<const N: usize>(title: &str, keys: [(&str, Value); N]) -> Value {
    let properties = Map::from_iter(keys.map(|(key, schema)| (key.to_owned(), schema)));
    let required: Vec<_> = properties.keys().collect();
    json!({"type": "object", "title": title, "required": required, "properties": properties})
}

fn caveat() -> Value {
    let text = json!({"type": "string"});
    let empty = |kind| exactly(kind, [("type", one_of(&[kind]))]);
    let keyed = |kind, key, schema| exactly(kind, [("type", one_of(&[kind])), (key, schema)]);
    let whitelist = |kind, items: &Value| keyed(kind, "whitelist", list_of(items));
    let filtered = |kind, items: &Value| {
        let filter = one_of(&["whitelist", "blacklist"]);
        exactly(kind, [("type", one_of(&[kind])), ("filter", filter), ("list", list_of(items))])
    };
    let seconds = json!({"type": "integer", "description": "Unix seconds", "minimum": 0});
    let asn = json!({
        "type": "integer",
        "description": "64 bits are accepted, as Onezone accepts any number; numbers in use have 32",
        "minimum": 0,
    });
    let country = json!({
        "type": "string",
        "description": "two letters (ISO 3166); two other bytes are accepted, and name no country",
    });
    json!({
        "oneOf": [
            keyed("time", "validUntil", seconds),
            whitelist("ip", &text),
            whitelist("asn", &asn),
            filtered("geo.country", &country),
            filtered("geo.region", &one_of(&Region::ALL.map(Region::name))),
            whitelist("service", &text),
            whitelist("consumer", &text),
            keyed("interface", "interface", one_of(&Interface::ALL.map(Interface::name))),
            whitelist("api", &text),
            empty("data.readonly"),
            whitelist("data.path", &text),
            whitelist("data.objectid", &text),
            exactly("scope", [("scope", one_of(&["identityToken"]))]),
        ],
        "description": "A limit of a token: the token is valid only where all of its caveats hold",
        "examples": [{"type": "time", "validUntil": 1_800_000_000}],
    })
}

fn token_type() -> Value {
    let access = json!({"type": "object", "properties": {"sessionId": {"type": "string"}}});
    let invite_type = one_of(&InviteType::ALL.map(InviteType::name));
    let invite = json!({"type": "object", "required": ["inviteType"], "properties": {"inviteType": invite_type}});
    json!({
        "oneOf": [
            exactly("access", [("accessToken", access)]),
            exactly("identity", [("identityToken", json!({"type": "object"}))]),
            exactly("invite", [("inviteToken", invite)]),
        ],
        "description": "The kind of a token. This server reads invitations, but does not mint them",
        "examples": [{"accessToken": {}}],
    })
}

fn subject() -> Value {
    let kind = one_of(&[SubjectKind::User.name(), SubjectKind::Provider.name(), "nobody"]);
    json!({
        "type": "object",
        "description": "The subject of a token. `nobody`, with a null id, if the token does not name it",
        "required": ["type", "id"],
        "properties": {"type": kind, "id": {"type": ["string", "null"]}},
        "examples": [{"type": "user", "id": "7b0bd2a7c3e941f0a1c2d4e6f8091a2b"}],
    })
}
