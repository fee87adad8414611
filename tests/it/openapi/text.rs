//! The document itself: complete, and as it was looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::declared::resolve;
use super::{described, document};
use crate::api::coverage;
use crate::support::{TestServer, kept};

const PREFIX: &str = "/api/v3/onezone";

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[tokio::test]
async fn the_document_is_the_one_that_is_kept() {
    let now = serde_json::to_string_pretty(&document(&TestServer::start().await).await).unwrap() + "\n";
    kept::must_be("openapi.json", &now, "openapi::text");
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    let document = document(&TestServer::start().await).await;
    let described: BTreeSet<_> = described(&document).into_iter().map(|it| (it.method, it.path.to_owned())).collect();
    let onezone = zonemint::http::operations().into_iter().map(|(method, path)| (method, PREFIX.to_owned() + &path));
    let beside = [
        ("GET", "/.well-known/oauth-authorization-server"),
        ("GET", "/.well-known/openid-configuration"),
        ("GET", "/auth/verify"),
        ("GET", "/docs"),
        ("GET", "/healthz"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/readyz"),
        ("POST", "/oauth/introspect"),
        ("POST", "/oauth/revoke"),
        ("POST", "/oauth/token"),
    ];
    let beside = beside.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(described, onezone.chain(beside).collect());
}

#[tokio::test]
async fn each_operation_is_told_by_what_api_caveats_call_it() {
    let document = document(&TestServer::start().await).await;
    let told: BTreeMap<_, _> = described(&document)
        .into_iter()
        .map(|it| ((it.method, it.path.to_owned()), it.operation["x-api-caveat"].as_str().map(str::to_owned)))
        .collect();
    for coverage::Operation { method, path, name, .. } in coverage::operations() {
        let told = &told[&(method.to_owned(), PREFIX.to_owned() + &path)];
        assert_eq!(told.as_deref(), Some(format!("ozw/{name}").as_str()), "{method} {path}");
    }
}

#[tokio::test]
async fn each_operation_has_a_summary_an_area_and_a_name_of_its_own() {
    let document = document(&TestServer::start().await).await;
    let areas: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).map(Value::to_string).collect();
    let mut names = BTreeSet::new();
    for it in described(&document) {
        assert!(it.operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{} {}", it.method, it.path);
        let area = it.operation["tags"][0].to_string();
        assert!(areas.contains(&area), "AREAS in crates/http/src/openapi/mod.rs does not say what {area} is");
        assert!(names.insert(it.operation["operationId"].to_string()), "{} {}", it.method, it.path);
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    fn walk<'a>(document: &'a Value, value: &'a Value) -> usize {
        let inside: Vec<&Value> = match value {
            Value::Object(object) => object.values().collect(),
            Value::Array(list) => list.iter().collect(),
            _ => return 0,
        };
        let here = usize::from(!std::ptr::eq(resolve(document, value), value));
        here + inside.into_iter().map(|value| walk(document, value)).sum::<usize>()
    }
    let document = document(&TestServer::start().await).await;
    assert!(walk(&document, &document) > 100);
}

/// The ids of errors in the code: what stands in quotes after the calls that make them.
fn ids_in_code() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for name in ["api.rs", "data.rs", "token.rs"] {
        let text = std::fs::read_to_string(file("crates/http/src/error").join(name)).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap().replace(char::is_whitespace, "");
        for call in ["Object::new(\"", "object(\""] {
            ids.extend(code.split(call).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    ids
}

#[tokio::test]
async fn every_error_that_the_code_has_is_in_the_document_with_an_example() {
    let text = document(&TestServer::start().await).await.to_string();
    let ids = ids_in_code();
    assert!(ids.len() > 40, "{ids:?}");
    let missing: Vec<_> = ids.into_iter().filter(|id| !text.contains(&format!(r#"{{"id":"{id}","#))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
