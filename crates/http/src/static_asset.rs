//! Answers that stay the same while the process runs: pages, their files, and the API's document.
//!
//! Clients may cache them, but must ask each time whether they changed: another version of the server may have other content at the
//! same address, and a page and its modules must be of one version.

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The body of such an answer, and the entity tag of its content (RFC 9110 section 8.8.3).
pub(super) struct StaticAsset {
    kind: HeaderValue,
    is_gzip: bool,
    tag: HeaderValue,
    body: Bytes,
}

impl StaticAsset {
    /// An asset of a media type.
    pub(super) fn new(kind: &'static str, body: impl Into<Bytes>) -> Self {
        Self::encoded(HeaderValue::from_static(kind), body, false)
    }

    /// As [`StaticAsset::new`], for a body that may be compressed already. Every browser reads gzip.
    pub(super) fn encoded(kind: HeaderValue, body: impl Into<Bytes>, is_gzip: bool) -> Self {
        let body = body.into();
        Self { kind, is_gzip, tag: tag(&body), body }
    }

    /// 200 with the whole body, or 304 for a client that has it.
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

/// Whether a list of entity tags names one, compared weakly (RFC 9110 section 13.1.2).
fn names(list: &[u8], tag: &[u8]) -> bool {
    list.split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|one| one == b"*" || one == tag || one.strip_prefix(b"W/") == Some(tag))
}

/// The first 128 bits of the content's SHA-256: every version gives the same content the same tag (RFC 9110 section 8.8.3).
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
