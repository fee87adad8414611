//! The API's own description: an OpenAPI 3.1 document at `/openapi.json`, and a page to browse it at `/docs`.
//!
//! Each operation's file describes its operation ([`Document`]); without that it cannot be routed. The document is built at its
//! first request, so a server without such requests needs neither the time nor the memory.
//!
//! Where the next thing goes: an operation's description is the function `document` in the operation's file; an area of the
//! API is a line in [`AREAS`].

mod common;
mod document;
mod operation;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{HttpMethod, PathItem, PathsBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, InfoBuilder, LicenseBuilder, OpenApiBuilder, RefOr, Schema, ServerBuilder};
use utoipa::{PartialSchema as _, ToSchema};

pub(super) use common::{service_forbidden, token_refused};
pub(super) use document::Document;
pub(super) use operation::Place;

use super::schema::{CaveatObject, SubjectObject, TokenTypeObject};
use operation::SCHEMES;

/// The areas of the API, named as their modules, in the order of the page, with their descriptions.
const AREAS: [(&str, &str); 15] = [
    ("client tokens", "The reference endpoint: mints a durable token for a password. Its errors are plain texts."),
    ("account tokens", "The tokens of one account: the caller's own, or one that the path names."),
    ("tokens", "One token, for a caller who has its text or its id."),
    ("user", "The caller's own account."),
    ("memberships", "Groups and spaces of a Onezone. This server has none, so the lists are empty."),
    ("users", "Accounts, for administrators."),
    ("providers", "Services, which have tokens and no password, for administrators."),
    ("zone", "Public information about this server."),
    ("keys", "Root keys, for administrators."),
    ("audit", "The audit trail, for callers who may see all of it."),
    ("auth", "Decisions for proxies in front of other services."),
    ("oauth", "For standard OAuth 2.0 clients. Takes forms and returns JSON; errors follow RFC 6749 section 5.2."),
    ("health", "Whether the server runs, and whether it can serve requests."),
    ("metrics", "Metrics of the server, for monitoring."),
    ("openapi", "This description."),
];

const ABOUT: &str = "Turns a user name and a password into a token that its holder can narrow, and its owner can revoke.

Callers authenticate with `Authorization: Basic`, or with a token in `X-Auth-Token`, `Authorization: Bearer` or `macaroon`. A token \
takes precedence over a password. A caller with a token has the rights of its account, limited by the token's caveats. The tokens \
that it mints, lists or shows never allow more than that token.

A body is one JSON object, sent as `application/json`. Times are Unix seconds. Each response has an `X-Request-Id`, which \
identifies the request in the server's log.";

/// Builds the document of all operations at their places.
pub(super) fn build(operations: impl IntoIterator<Item = (Place, Document)>) -> Value {
    let mut components = components();
    let mut paths = PathsBuilder::new();
    let mut extensions = Vec::new();
    for (place, document) in operations {
        let named = (document.api_name(&place.path), document.privilege(&place.path));
        let operation = operation::operation(document, &place, &mut components);
        paths = paths.path(&place.path, PathItem::new(method(place.method), operation));
        extensions.push((place, named));
    }
    let about =
        InfoBuilder::new().title("zonemint").version(env!("CARGO_PKG_VERSION")).description(Some(ABOUT)).license(Some(
            LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build(),
        ));
    let tags = AREAS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    let document = OpenApiBuilder::new()
        .info(about)
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .paths(paths)
        .components(Some(components))
        .tags(Some(tags))
        .build();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    // Whether a declared header is always present. The library has no field for that.
    for (name, header) in
        document.pointer_mut("/components/headers").and_then(Value::as_object_mut).into_iter().flatten()
    {
        header["required"] = Value::Bool(!document::NOW_AND_THEN.contains(&name.as_str()));
    }
    share(&mut document);
    // For programs, what the descriptions say in prose. The library keeps such keys in an order that changes.
    for (Place { path, method, .. }, (name, privilege)) in extensions {
        let operation = &mut document["paths"][path][method];
        if let Some(name) = name {
            operation["x-api-caveat"] = name.into();
        }
        if let Some(privilege) = privilege {
            operation["x-privilege"] = privilege.name().into();
        }
    }
    document
}

/// Moves equal answers of several operations to the shared components.
fn share(document: &mut Value) {
    let mut uses: BTreeMap<String, (usize, String)> = BTreeMap::new();
    each_answer(document, |name, answer| {
        uses.entry(answer.to_string()).or_insert_with(|| (0, name)).0 += 1;
    });
    let mut shared = Map::new();
    each_answer(document, |_, answer| {
        if let Some((2.., name)) = uses.get(&answer.to_string()) {
            let reference = json!({"$ref": format!("#/components/responses/{name}")});
            shared.insert(name.clone(), std::mem::replace(answer, reference));
        }
    });
    if let Some(responses) = document.pointer_mut("/components/responses").and_then(Value::as_object_mut) {
        responses.extend(shared);
    }
}

/// Visits the answers within operations, each with its own name.
fn each_answer(document: &mut Value, mut visit: impl FnMut(String, &mut Value)) {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        for (status, answer) in operation["responses"].as_object_mut().into_iter().flatten() {
            if answer.get("$ref").is_none() {
                visit(format!("{id}_{status}"), answer);
            }
        }
    }
}

fn method(name: &str) -> HttpMethod {
    match name {
        "post" => HttpMethod::Post,
        "put" => HttpMethod::Put,
        "patch" => HttpMethod::Patch,
        "delete" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn components() -> Components {
    let mut components = Components::new();
    let headers = [
        ("X-Request-Id", Type::String, "Identifies the request in the server's log"),
        ("Location", Type::String, "The address of the created resource"),
        ("X-Warning", Type::String, "An effect of the request that may not be intended"),
        (
            "X-Ignored-Options",
            Type::String,
            "Unknown options of the request, at most eight, separated by `, `; `?` replaces all but letters, digits and `_`",
        ),
        (
            "WWW-Authenticate",
            Type::String,
            "How to authenticate: Basic and Bearer; for scripts of a web page only Bearer",
        ),
        ("Retry-After", Type::Integer, "Seconds to wait"),
        ("Allow", Type::String, "The methods that the path supports"),
    ];
    for (name, kind, about) in headers {
        components.headers.insert(name.to_owned(), header(kind, about).into());
    }
    for (name, scheme) in SCHEMES.into_iter().zip(schemes()) {
        components.add_security_scheme(name, scheme);
    }
    components.schemas.extend([
        (CaveatObject::name().into_owned(), CaveatObject::schema()),
        (TokenTypeObject::name().into_owned(), TokenTypeObject::schema()),
        (SubjectObject::name().into_owned(), SubjectObject::schema()),
        ("ErrorInWords".to_owned(), error_in_words()),
        ("OAuthError".to_owned(), oauth_error()),
    ]);
    components
}

fn header(kind: Type, about: &str) -> Header {
    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(kind))).description(Some(about)).build()
}

/// In the order of [`SCHEMES`].
fn schemes() -> [SecurityScheme; 4] {
    let token = "A token with no more rights than the caller needs";
    let in_header = |name| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, token)));
    let basic: Http = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("User name and password; for minting a first token"))
        .build();
    let bearer =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("macaroon").description(Some(token)).build();
    [SecurityScheme::Http(basic), SecurityScheme::Http(bearer), in_header("X-Auth-Token"), in_header("macaroon")]
}

/// An error as OAuth writes it.
fn oauth_error() -> RefOr<Schema> {
    let text = |about: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(about.to_owned()));
    let code = text("A code of RFC 6749 or RFC 6750");
    let object = ObjectBuilder::new().property("error", code).required("error");
    object.property("error_description", text("What is wrong, for people")).required("error_description").into()
}

/// An error by the older contract.
fn error_in_words() -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).description(Some("What is wrong, for people"));
    ObjectBuilder::new().property("error", text).required("error").into()
}
