//! A [`Document`] as an operation of the OpenAPI document.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::common::{self, Group};
use super::document::{Answer, Content, Document, Who};
use crate::error::{ApiError, Example, Style, example};
use crate::kind::Description;
use crate::paths::PREFIX;
use crate::query::REPEATED;
use crate::schema::reference;
use zonemint_caveat::PartyKind as _;

/// The place of an operation in the document.
pub(crate) struct Place {
    /// In lower case.
    pub(crate) method: &'static str,
    /// Whole.
    pub(crate) path: String,
    /// The area of the API that it belongs to.
    pub(crate) area: &'static str,
}

/// The names of the security schemes: the first one takes a password, the others a token.
pub(super) const SCHEMES: [&str; 4] = ["basic", "bearer", "x-auth-token", "macaroon"];

/// What operations share, by its name.
#[derive(Default)]
pub(super) struct Components {
    pub(super) schemas: BTreeMap<String, Value>,
    pub(super) responses: BTreeMap<String, Value>,
}

/// Writes an operation. Shared parts go to `components`.
pub(super) fn operation(document: Document, place: &Place, components: &mut Components) -> Value {
    let Place { method, path, area } = place;
    let groups = common::of(&document, method, path);
    let mut operation = json!({
        "tags": [area.replace('_', " ")],
        "summary": document.summary,
        "description": description(&document, path),
        "operationId": identifier(method, path),
    });
    let (api_name, privilege) = (document.api_name(path), document.privilege(path));
    let named = document.path_parameters(path);
    let in_braces = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    debug_assert!(in_braces.eq(named.iter().map(|(name, _)| *name)), "{path} names something else than {named:?}");
    let in_path = |(name, about)| {
        let schema = json!({"type": "string", "minLength": 1});
        json!({"name": name, "in": "path", "description": about, "required": true, "schema": schema})
    };
    let mut parameters: Vec<_> = named.into_iter().map(in_path).collect();
    let mut own = document.errors;
    if !document.queries.is_empty() {
        own.push(REPEATED.into());
    }
    for (name, Description { schema, errors }) in document.queries {
        own.extend(errors.into_iter().map(ApiError::from));
        parameters.push(json!({"name": name, "in": "query", "required": false, "schema": schema}));
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some((keys, example)) = document.body {
        let (schema, is_required, errors) = keys.into_parts();
        own.extend(errors.into_iter().map(ApiError::from));
        let content = json!({"schema": schema, "example": example});
        operation["requestBody"] = json!({"content": {document.body_type: content}, "required": is_required});
    }
    let mut responses = BTreeMap::new();
    for answer in document.answers {
        responses.insert(answer.status.as_str().to_owned(), success(answer, components));
    }
    responses.extend(failures(&own, &groups, Style::of(path), components));
    operation["responses"] = json!(responses);
    operation["security"] = securities(document.who).into();
    // For programs, what the description says in prose.
    if let Some(name) = api_name {
        operation["x-api-caveat"] = name.into();
    }
    if let Some(privilege) = privilege {
        operation["x-privilege"] = privilege.name().into();
    }
    operation
}

fn description(document: &Document, path: &str) -> String {
    let mut paragraphs = document.about.clone();
    if let Some(privilege) = document.privilege(path) {
        let whom = if document.privilege.is_none() { ", unless the account is the caller's own" } else { "" };
        paragraphs.push(format!("Needs the privilege `{}`{whom}.", privilege.name()));
    }
    if !document.needed_by.is_empty() {
        let services: Vec<_> = document.needed_by.iter().map(|kind| format!("`{}`", kind.abbreviation())).collect();
        paragraphs.push(format!(
            "Also accepts a token whose `service` caveat names no Onezone, if the named service sends it: {}.",
            services.join(", ")
        ));
    }
    if let Some(name) = document.api_name(path) {
        paragraphs.push(format!("In `api` caveats: `{name}`."));
    }
    paragraphs.join("\n\n")
}

/// Method and path as one unique word.
fn identifier(method: &str, path: &str) -> String {
    let path = path.strip_prefix(PREFIX).unwrap_or(path);
    let words = path.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

fn securities(who: Who) -> Vec<Value> {
    let schemes = SCHEMES.map(|name| json!({name: []}));
    match who {
        Who::Nobody => Vec::new(),
        Who::Anyone => [json!({})].into_iter().chain(schemes).collect(),
        Who::Known => schemes.into(),
        Who::Holder => schemes.into_iter().skip(1).collect(),
        Who::Owner => [json!({})].into_iter().chain(schemes.into_iter().take(1)).collect(),
    }
}

fn success(answer: Answer, components: &mut Components) -> Value {
    let Answer { description, content, mut headers, .. } = answer;
    headers.push("X-Request-Id");
    let mut response = response(description, headers);
    if let Some(Content { kind, schema, example, parts }) = content {
        for (name, schema) in parts {
            let schema = json!(schema);
            let other = components.schemas.insert(name.clone(), schema.clone());
            debug_assert!(other.is_none_or(|other| other == schema), "two types of answers are called {name}");
        }
        response["content"][kind]["schema"] = schema;
        if let Some(example) = example {
            response["content"][kind]["example"] = example;
        }
    }
    response
}

fn response(description: &str, headers: Vec<&'static str>) -> Value {
    let headers: BTreeMap<_, _> = headers.into_iter().map(|name| (name, reference("headers", name))).collect();
    json!({"description": description, "headers": headers})
}

/// The errors by status. An answer that consists of one common group is shared.
fn failures(own: &[ApiError], groups: &[Group], style: Style, components: &mut Components) -> BTreeMap<String, Value> {
    let mut answers: BTreeMap<StatusCode, (Vec<&str>, Vec<Example>)> = BTreeMap::new();
    let own = own.iter().map(|error| ("", error));
    let common = groups.iter().flat_map(|group| group.errors.iter().map(|error| (group.name, error)));
    for (name, error) in own.chain(common) {
        let example = example(error, style);
        let (names, examples) = answers.entry(example.status).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
        if examples.iter().all(|other| other.body != example.body) {
            examples.push(example);
        }
    }
    let answer = |(status, (names, examples)): (StatusCode, (Vec<&str>, Vec<Example>))| {
        let response = failure(status, &examples, style);
        let answer = match names[..] {
            ["" | "BadRequest"] => response,
            [name] => {
                let name = match style {
                    Style::Legacy => format!("{name}InWords"),
                    Style::OAuth => format!("{name}OfOAuth"),
                    Style::Onezone21 => name.to_owned(),
                };
                let reference = reference("responses", &name);
                components.responses.insert(name, response);
                reference
            }
            _ => response,
        };
        (status.as_str().to_owned(), answer)
    };
    answers.into_iter().map(answer).collect()
}

fn failure(status: StatusCode, examples: &[Example], style: Style) -> Value {
    let mut ids: Vec<&str> = examples.iter().map(|example| example.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let schema = match style {
        Style::Legacy => reference("schemas", "ErrorInWords"),
        Style::OAuth => reference("schemas", "OAuthError"),
        Style::Onezone21 => error_object(&ids),
    };
    let mut named: BTreeMap<String, Value> = BTreeMap::new();
    for Example { name, body, .. } in examples {
        let free = (1..).map(|n| if n == 1 { name.clone() } else { format!("{name} {n}") });
        if let Some(name) = free.into_iter().find(|name| !named.contains_key(name)) {
            named.insert(name, json!({"value": body}));
        }
    }
    let mut headers = vec!["X-Request-Id"];
    match status {
        StatusCode::UNAUTHORIZED => headers.push("WWW-Authenticate"),
        StatusCode::METHOD_NOT_ALLOWED => headers.push("Allow"),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => headers.push("Retry-After"),
        _ => {}
    }
    let reason = status.canonical_reason().unwrap_or_default();
    let text = match style {
        Style::Legacy | Style::OAuth => reason.to_owned(),
        Style::Onezone21 => format!("{reason}: `{}`", ids.join("`, `")),
    };
    let mut response = response(&text, headers);
    response["content"] = json!({"application/json": {"schema": schema, "examples": named}});
    response
}

/// An error by the newer contract, with one of `ids`.
fn error_object(ids: &[&str]) -> Value {
    let error = json!({
        "type": "object",
        "required": ["id", "description", "ctx"],
        "properties": {
            "id": {"type": "string", "description": "The kind of error, for programs", "enum": ids},
            "details": {"type": "object", "description": "Which value, which limit"},
            "description": {"type": "string", "description": "What is wrong, for people"},
            "ctx": {"type": "null", "description": "Always null: the server does not show where the error arose"},
        },
    });
    json!({"type": "object", "required": ["error"], "properties": {"error": error}})
}
