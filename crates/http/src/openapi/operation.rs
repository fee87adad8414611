//! A [`Document`] as an operation of the OpenAPI document.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Components, Ref, RefOr, Required, Schema};

use super::common::{self, Group};
use super::document::{Answer, Content, Document, Who};
use crate::error::{ApiError, Example, Style, example};
use crate::kind::Description;
use crate::paths::PREFIX;
use crate::query::REPEATED;
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

/// Writes an operation. Shared parts go to `components`.
pub(super) fn operation(document: Document, place: &Place, components: &mut Components) -> OperationBuilder {
    let Place { method, path, area } = place;
    let groups = common::of(&document, method, path);
    let mut operation = OperationBuilder::new()
        .tag(area.replace('_', " "))
        .summary(Some(document.summary))
        .description(Some(description(&document, path)))
        .operation_id(Some(identifier(method, path)))
        .securities(Some(securities(document.who)));
    let named = document.path_parameters(path);
    let in_braces = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    debug_assert!(in_braces.eq(named.iter().map(|(name, _)| *name)), "{path} names something else than {named:?}");
    for (name, about) in named {
        operation = operation.parameter(in_path(name, about));
    }
    let mut own = document.errors;
    if !document.queries.is_empty() {
        own.push(REPEATED.into());
    }
    for (name, Description { schema, errors }) in document.queries {
        own.extend(errors.into_iter().map(ApiError::from));
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).schema(Some(schema));
        operation = operation.parameter(parameter);
    }
    if let Some((keys, example)) = document.body {
        let (schema, is_required, errors) = keys.into_parts();
        own.extend(errors.into_iter().map(ApiError::from));
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        let required = if is_required { Required::True } else { Required::False };
        let body = RequestBodyBuilder::new().content(document.body_type, content).required(Some(required));
        operation = operation.request_body(Some(body.build()));
    }
    for answer in document.answers {
        let status = answer.status;
        operation = operation.response(status.as_str(), success(answer, components));
    }
    for (status, response) in failures(&own, &groups, Style::of(path), components) {
        operation = operation.response(status.as_str(), response);
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

fn securities(who: Who) -> Vec<SecurityRequirement> {
    let schemes = SCHEMES.map(|name| SecurityRequirement::new::<_, [String; 0], String>(name, []));
    match who {
        Who::Nobody => Vec::new(),
        Who::Anyone => [SecurityRequirement::default()].into_iter().chain(schemes).collect(),
        Who::Known => schemes.into(),
        Who::Holder => schemes.into_iter().skip(1).collect(),
        Who::Owner => [SecurityRequirement::default()].into_iter().chain(schemes.into_iter().take(1)).collect(),
    }
}

fn in_path(name: &str, about: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).min_length(Some(1))))
}

fn success(answer: Answer, components: &mut Components) -> Response {
    let mut response = with_headers(ResponseBuilder::new().description(answer.description), &["X-Request-Id"]);
    response = with_headers(response, &answer.headers);
    if let Some(Content { kind, schema, example, parts }) = answer.content {
        for (name, schema) in parts {
            let other = components.schemas.insert(name.clone(), schema.clone());
            debug_assert!(other.is_none_or(|other| other == schema), "two types of answers are called {name}");
        }
        response = response.content(kind, ContentBuilder::new().schema(Some(schema)).example(example).build());
    }
    response.build()
}

fn with_headers(response: ResponseBuilder, names: &[&str]) -> ResponseBuilder {
    names
        .iter()
        .fold(response, |response, name| response.header_ref(*name, Ref::new(format!("#/components/headers/{name}"))))
}

/// The errors by status. An answer that consists of one common group is shared.
fn failures(
    own: &[ApiError],
    groups: &[Group],
    style: Style,
    components: &mut Components,
) -> Vec<(StatusCode, RefOr<Response>)> {
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
        let [name] = names[..] else { return (status, response.into()) };
        if name.is_empty() || name == "BadRequest" {
            return (status, response.into());
        }
        let name = match style {
            Style::Legacy => format!("{name}InWords"),
            Style::OAuth => format!("{name}OfOAuth"),
            Style::Onezone21 => name.to_owned(),
        };
        let reference = Ref::from_response_name(&name);
        components.responses.insert(name, response.into());
        (status, reference.into())
    };
    answers.into_iter().map(answer).collect()
}

fn failure(status: StatusCode, examples: &[Example], style: Style) -> Response {
    let mut ids: Vec<&str> = examples.iter().map(|example| example.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let schema: RefOr<Schema> = match style {
        Style::Legacy => Ref::from_schema_name("ErrorInWords").into(),
        Style::OAuth => Ref::from_schema_name("OAuthError").into(),
        Style::Onezone21 => error_object(&ids).into(),
    };
    let mut named: BTreeMap<String, Value> = BTreeMap::new();
    for Example { name, body, .. } in examples {
        let free = (1..).map(|n| if n == 1 { name.clone() } else { format!("{name} {n}") });
        if let Some(name) = free.into_iter().find(|name| !named.contains_key(name)) {
            named.insert(name, body.clone());
        }
    }
    let named = named.into_iter().map(|(name, body)| (name, ExampleBuilder::new().value(Some(body))));
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(named).build();
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
    with_headers(ResponseBuilder::new().description(text), &headers).content("application/json", content).build()
}

/// An error by the newer contract, with one of `ids`.
fn error_object(ids: &[&str]) -> ObjectBuilder {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let id = text().enum_values(Some(ids.iter().copied()));
    let error = ObjectBuilder::new()
        .property("id", id.description(Some("The kind of error, for programs")))
        .required("id")
        .property(
            "details",
            ObjectBuilder::new().schema_type(Type::Object).description(Some("Which value, which limit")),
        )
        .property("description", text().description(Some("What is wrong, for people")))
        .required("description")
        .property(
            "ctx",
            ObjectBuilder::new()
                .schema_type(Type::Null)
                .description(Some("Always null: the server does not show where the error arose")),
        )
        .required("ctx");
    ObjectBuilder::new().property("error", error).required("error")
}
