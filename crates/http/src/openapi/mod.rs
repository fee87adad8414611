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

pub(super) use common::{service_forbidden, token_refused};
pub(super) use document::{Document, Who};
pub(super) use operation::Place;

use super::schema::{self, reference};
use operation::Components;

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
    let mut components = Components::default();
    // Before the others, which must not have these names.
    components.schemas.extend(errors());
    let mut paths = json!({});
    for (place, document) in operations {
        paths[&place.path][place.method] = operation::operation(document, &place, &mut components);
    }
    components.schemas.extend(schema::written());
    let tags = AREAS.map(|(name, about)| json!({"name": name, "description": about}));
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "zonemint",
            "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "responses": components.responses,
            "headers": headers(),
            "securitySchemes": schemes(),
        },
        "tags": tags,
    });
    share(&mut document);
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
            shared.insert(name.clone(), std::mem::replace(answer, reference("responses", name)));
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

/// The errors of the contracts other than the newer one.
fn errors() -> [(String, Value); 2] {
    let for_people = json!({"type": "string", "description": "What is wrong, for people"});
    let in_words = json!({"type": "object", "required": ["error"], "properties": {"error": for_people}});
    let of_oauth = json!({
        "type": "object",
        "required": ["error", "error_description"],
        "properties": {
            "error": {"type": "string", "description": "A code of RFC 6749 or RFC 6750"},
            "error_description": for_people,
        },
    });
    [("ErrorInWords".to_owned(), in_words), ("OAuthError".to_owned(), of_oauth)]
}

fn headers() -> Value {
    // Whether each answer that declares a header has it.
    let (always, sometimes) = (true, false);
    let header = |kind, required, about| json!({"schema": {"type": kind}, "description": about, "required": required});
    json!({
        "Allow": header("string", always, "The methods that the path supports"),
        "Location": header("string", always, "The address of the created resource"),
        "Retry-After": header("integer", always, "Seconds to wait"),
        "WWW-Authenticate": header(
            "string",
            always,
            "How to authenticate: Basic and Bearer; for scripts of a web page only Bearer"
        ),
        "X-Ignored-Options": header(
            "string",
            sometimes,
            "Unknown options of the request, at most eight, separated by `, `; `?` replaces all but letters, digits and `_`"
        ),
        "X-Request-Id": header("string", always, "Identifies the request in the server's log"),
        "X-Warning": header("string", sometimes, "An effect of the request that may not be intended"),
    })
}

/// Those of [`operation::SCHEMES`].
fn schemes() -> Value {
    let token = "A token with no more rights than the caller needs";
    let in_header = |name| json!({"type": "apiKey", "in": "header", "name": name, "description": token});
    json!({
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "User name and password; for minting a first token",
        },
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "macaroon", "description": token},
        "macaroon": in_header("macaroon"),
        "x-auth-token": in_header("X-Auth-Token"),
    })
}
