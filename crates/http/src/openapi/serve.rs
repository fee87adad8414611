//! `GET /openapi.json`: the document.

use std::sync::OnceLock;

use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::openapi::schema::Type;

use super::{Document, build};
use crate::error::ApiError;
use crate::static_asset::StaticAsset;

operation! { get "/openapi.json" serve }

pub(crate) fn document() -> Document {
    Document::fixed("This document")
        .about(
            "OpenAPI 3.1, made from the code. It changes with the server's version only; `ETag` tells whether it did.",
        )
        .serves("application/json", Type::Object, "The document.")
        .says(
            axum::http::StatusCode::NOT_MODIFIED,
            "The one whose `ETag` stands in `If-None-Match` is still the document.",
        )
}

pub(crate) async fn serve(headers: HeaderMap) -> Result<Response, ApiError> {
    static DOCUMENT: OnceLock<StaticAsset> = OnceLock::new();
    Ok(DOCUMENT
        .get_or_init(|| StaticAsset::new("application/json", build(crate::routes()).to_string()))
        .answer(&headers))
}
