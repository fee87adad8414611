//! Schemas of JSON that the token crates write, for which the answers have no types.
//!
//! Where the next thing goes: a caveat is a row of [`CaveatObject`]'s table.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use zonemint_base::model::{InviteType, SubjectKind};
use zonemint_caveat::{Interface, Region};

/// A caveat as [`Caveat::to_json`](zonemint_caveat::Caveat::to_json) writes it.
pub(crate) struct CaveatObject;

/// A token's type as [`TokenType::to_json`](zonemint_base::model::TokenType::to_json) writes it.
pub(crate) struct TokenTypeObject;

/// The subject of a token.
pub(crate) struct SubjectObject;

/// A key of an object, and the schema of its value.
type Key = (&'static str, RefOr<Schema>);

/// A reference to the component `name` of a kind.
pub(crate) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

fn of(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(kind)
}

fn one_of<const N: usize>(names: [&str; N]) -> ObjectBuilder {
    of(Type::String).enum_values(Some(names))
}

fn list_of(items: ObjectBuilder) -> RefOr<Schema> {
    Schema::Array(ArrayBuilder::new().items(RefOr::from(items)).build()).into()
}

/// An object with exactly these keys, all required.
fn exactly(keys: Vec<Key>) -> ObjectBuilder {
    keys.into_iter().fold(of(Type::Object), |object, (key, schema)| object.property(key, schema).required(key))
}

impl PartialSchema for CaveatObject {
    fn schema() -> RefOr<Schema> {
        let text = || of(Type::String);
        let whitelist = |items: ObjectBuilder| vec![("whitelist", list_of(items))];
        let filtered = |items: ObjectBuilder| {
            vec![("filter", one_of(["whitelist", "blacklist"]).into()), ("list", list_of(items))]
        };
        let asn = of(Type::Integer)
            .minimum(Some(0))
            .description(Some("64 bits are accepted, as Onezone accepts any number; numbers in use have 32"));
        let country =
            text().description(Some("two letters (ISO 3166); two other bytes are accepted, and name no country"));
        let kinds: [(&str, Vec<Key>); 12] = [
            ("time", vec![("validUntil", of(Type::Integer).minimum(Some(0)).description(Some("Unix seconds")).into())]),
            ("ip", whitelist(text())),
            ("asn", whitelist(asn)),
            ("geo.country", filtered(country)),
            ("geo.region", filtered(text().enum_values(Some(Region::ALL.map(Region::name))))),
            ("service", whitelist(text())),
            ("consumer", whitelist(text())),
            ("interface", vec![("interface", one_of(Interface::ALL.map(Interface::name)).into())]),
            ("api", whitelist(text())),
            ("data.readonly", vec![]),
            ("data.path", whitelist(text())),
            ("data.objectid", whitelist(text())),
        ];
        let typed = kinds.into_iter().map(|(kind, mut keys)| {
            keys.insert(0, ("type", one_of([kind]).into()));
            exactly(keys).title(Some(kind))
        });
        let scope = exactly(vec![("scope", one_of(["identityToken"]).into())]).title(Some("scope"));
        typed
            .chain([scope])
            .fold(OneOfBuilder::new(), OneOfBuilder::item)
            .description(Some("A limit of a token: the token is valid only where all of its caveats hold"))
            .examples([json!({"type": "time", "validUntil": 1_800_000_000})])
            .into()
    }
}

impl ToSchema for CaveatObject {
    fn name() -> Cow<'static, str> {
        "Caveat".into()
    }
}

impl PartialSchema for TokenTypeObject {
    fn schema() -> RefOr<Schema> {
        let access = of(Type::Object).property("sessionId", of(Type::String));
        let invite = of(Type::Object)
            .property("inviteType", of(Type::String).enum_values(Some(InviteType::ALL.map(InviteType::name))))
            .required("inviteType");
        [
            exactly(vec![("accessToken", access.into())]).title(Some("access")),
            exactly(vec![("identityToken", of(Type::Object).into())]).title(Some("identity")),
            exactly(vec![("inviteToken", invite.into())]).title(Some("invite")),
        ]
        .into_iter()
        .fold(OneOfBuilder::new(), OneOfBuilder::item)
        .description(Some("The kind of a token. This server reads invitations, but does not mint them"))
        .examples([json!({"accessToken": {}})])
        .into()
    }
}

impl ToSchema for TokenTypeObject {
    fn name() -> Cow<'static, str> {
        "TokenType".into()
    }
}

impl PartialSchema for SubjectObject {
    fn schema() -> RefOr<Schema> {
        let id = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
        exactly(vec![
            ("type", one_of([SubjectKind::User.name(), SubjectKind::Provider.name(), "nobody"]).into()),
            ("id", id.into()),
        ])
        .description(Some("The subject of a token. `nobody`, with a null id, if the token does not name it"))
        .examples([example_subject()])
        .into()
    }
}

impl ToSchema for SubjectObject {
    fn name() -> Cow<'static, str> {
        "Subject".into()
    }
}

fn example_subject() -> Value {
    json!({"type": "user", "id": "7b0bd2a7c3e941f0a1c2d4e6f8091a2b"})
}
