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
    Document::fixed("Show this document")
        .about(
            "OpenAPI 3.1, generated from the code. It changes only with the server's version; `ETag` shows whether it did.",
        )
        .serves("application/json", Type::Object, "The document.")
        .says(
            axum::http::StatusCode::NOT_MODIFIED,
            "The document still has the `ETag` in `If-None-Match`.",
        )
}

pub(crate) async fn serve(headers: HeaderMap) -> Result<Response, ApiError> {
    static DOCUMENT: OnceLock<StaticAsset> = OnceLock::new();
    Ok(DOCUMENT
        .get_or_init(|| StaticAsset::new("application/json", build(crate::routes()).to_string()))
        .answer(&headers))
}
