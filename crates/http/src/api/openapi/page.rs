//! `GET /docs`: the document to browse and to try, with Swagger UI, whose files are part of the program.
//!
//! The files are kept compressed and sent so: every browser reads gzip, and the page is for browsers.

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue};

use crate::api::prelude::*;
use crate::static_asset::StaticAsset;

operation! { get "/docs" page }

/// Only files of this server, no inline script, no inline style, no frame, no form. The only exception: Swagger UI draws its arrows and
/// icons with `data:` URLs in its style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// The files of Swagger UI that the page asks for.
const FILES: [&str; 3] = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

pub(crate) fn document() -> Document {
    Document::fixed("Browse this document")
        .about("Swagger UI. Its files are below `/docs/`; it sends requests only to this server.")
        .serves("text/html", &Type::String, "The page.")
        .says(StatusCode::NOT_MODIFIED, "The page still has the `ETag` in `If-None-Match`.")
}

pub(crate) async fn page(headers: HeaderMap) -> Result<Response> {
    static PAGE: OnceLock<StaticAsset> = OnceLock::new();
    let page = PAGE.get_or_init(|| StaticAsset::new("text/html; charset=utf-8", include_str!("page.html")));
    let mut response = page.answer(&headers);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    Ok(response)
}

/// `GET /docs/{file}`: a file that the page loads.
pub(crate) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response> {
    static START: OnceLock<StaticAsset> = OnceLock::new();
    static STATIC_ASSETS: [OnceLock<Option<StaticAsset>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    if name == "start.js" {
        let start = START.get_or_init(|| StaticAsset::new("text/javascript; charset=utf-8", include_str!("start.js")));
        return Ok(start.answer(&headers));
    }
    let at = FILES.iter().position(|file| *file == name).ok_or(ApiError::NotFound)?;
    let asset = STATIC_ASSETS[at].get_or_init(|| of_swagger_ui(FILES[at]));
    Ok(asset.as_ref().ok_or(ApiError::NotFound)?.answer(&headers))
}

fn of_swagger_ui(name: &str) -> Option<StaticAsset> {
    let file = utoipa_swagger_ui::serve(name, std::sync::Arc::default()).ok()??;
    let body = match file.bytes {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => bytes.into(),
    };
    Some(StaticAsset::encoded(HeaderValue::from_str(&file.content_type).ok()?, body, file.gzpipped))
}
