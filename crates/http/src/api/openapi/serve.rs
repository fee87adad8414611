//! `GET /openapi.json`: the document.

use std::sync::OnceLock;

use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use utoipa::openapi::schema::Type;

use crate::openapi::{Document, Place, build};
use crate::operation::Endpoint;
use crate::static_asset::StaticAsset;

fn document() -> Document {
    Document::fixed("Show this document")
        .about(
            "OpenAPI 3.1, generated from the code. It changes only with the server's version; `ETag` shows whether it did.",
        )
        .serves("application/json", &Type::Object, "The document.")
        .says(StatusCode::NOT_MODIFIED, "The document still has the `ETag` in `If-None-Match`.")
}

/// The operation. It describes all operations, itself too.
pub(crate) fn operation(described: fn() -> Vec<(Place, Document)>) -> Endpoint {
    static DOCUMENT: OnceLock<StaticAsset> = OnceLock::new();
    let serve = move |headers: HeaderMap| async move {
        let document = DOCUMENT.get_or_init(|| StaticAsset::new("application/json", build(described()).to_string()));
        document.answer(&headers)
    };
    Endpoint { method: "get", paths: &["/openapi.json"], module: module_path!(), service: get(serve), document }
}
