//! `GET /docs`: the document to browse and to try, with Swagger UI, whose files are part of the program.
//!
//! The files are kept compressed and sent so: every browser reads gzip, and the page is for browsers.

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use utoipa::openapi::schema::Type;

use super::Document;
use crate::http::error::ApiError;

/// Nothing from anywhere but this server, no inline script, no inline style, no frame, no form. Swagger UI draws its arrows and
/// icons with `data:` URLs in its style sheet, which is the one thing that is let in beside.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// The files of Swagger UI that the page asks for.
const FILES: [&str; 3] = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

pub(in crate::http) fn document() -> Document {
    Document::fixed("A page to browse this document")
        .about("Swagger UI. It brings its own files, below `/docs/`, and asks nobody but this server.")
        .serves("text/html", Type::String, "The page.")
        .says(StatusCode::NOT_MODIFIED, "The one whose `ETag` stands in `If-None-Match` is still the page.")
}

pub(in crate::http) async fn page(headers: HeaderMap) -> Result<Response, ApiError> {
    static PAGE: OnceLock<Kept> = OnceLock::new();
    let page = PAGE.get_or_init(|| Kept::new("text/html; charset=utf-8", include_str!("page.html")));
    let mut response = page.answer(&headers);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    Ok(response)
}

/// `GET /docs/{file}`: what the page is made of.
pub(in crate::http) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    static START: OnceLock<Kept> = OnceLock::new();
    static KEPT: [OnceLock<Option<Kept>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    if name == "start.js" {
        let start = START.get_or_init(|| Kept::new("text/javascript; charset=utf-8", include_str!("start.js")));
        return Ok(start.answer(&headers));
    }
    let at = FILES.iter().position(|file| *file == name).ok_or(ApiError::NotFound)?;
    let kept = KEPT[at].get_or_init(|| Kept::of_swagger_ui(FILES[at]));
    Ok(kept.as_ref().ok_or(ApiError::NotFound)?.answer(&headers))
}

/// Something that stays the same as long as the process runs.
pub(super) struct Kept {
    kind: HeaderValue,
    is_gzip: bool,
    tag: HeaderValue,
    body: Bytes,
}

impl Kept {
    pub(super) fn new(kind: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { kind: HeaderValue::from_static(kind), is_gzip: false, tag: tag(&body), body }
    }

    fn of_swagger_ui(name: &str) -> Option<Self> {
        let file = utoipa_swagger_ui::serve(name, std::sync::Arc::default()).ok()??;
        let body = match file.bytes {
            std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            std::borrow::Cow::Owned(bytes) => bytes.into(),
        };
        let kind = HeaderValue::from_str(&file.content_type).ok()?;
        Some(Self { kind, is_gzip: file.gzpipped, tag: tag(&body), body })
    }

    /// 200 with all of it, or 304 for who has it already. It may be kept, and is asked for again each time: another version of
    /// the server may have another one at the same address.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.get_all(IF_NONE_MATCH).iter().any(|tags| names(tags.as_bytes(), self.tag.as_bytes()));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = self.body.clone().into_response();
            response.headers_mut().insert(CONTENT_TYPE, self.kind.clone());
            if self.is_gzip {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        };
        response.headers_mut().insert(ETAG, self.tag.clone());
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}

/// Whether a list of entity tags names one, weak or strong (RFC 9110 section 13.1.2).
fn names(list: &[u8], tag: &[u8]) -> bool {
    list.split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|one| one == b"*" || one == tag || one.strip_prefix(b"W/") == Some(tag))
}

/// The first 128 bits of the content's SHA-256.
fn tag(body: &[u8]) -> HeaderValue {
    let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(body)[..16]);
    HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_is_found_in_a_list_of_them() {
        for list in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(names(list.as_bytes(), b"\"a\""), "{list}");
        }
        for list in ["", "a", "\"b\"", "\"aa\""] {
            assert!(!names(list.as_bytes(), b"\"a\""), "{list}");
        }
    }
}
