//! Pages for people: the console at `/`, with the styles and modules that it loads from `/console/…`, and the manual at
//! `/manual`. All of it is in the binary.
//!
//! The page is plain HTML, CSS and ES modules; what it shows it asks the API for, like any other client. It knows nothing of
//! tokens on this side: these are files, their types, and the policy under which a browser runs them.
//!
//! Where the next thing goes: a module or style is a file below `assets/` and a line in [`ASSETS`]; a text that people read is a
//! line in `assets/texts/en.js`; a view is a file in `assets/views/` and a line in `assets/routes.js`.

mod manual;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use super::state::SharedServices;

/// Only our own files, and the API of the server that they came from. No script may turn a text into markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";
/// What a token page has no use for. Copying needs the clipboard.
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=(), \
                           clipboard-write=(self)";

/// One file that is served.
struct Asset {
    path: Cow<'static, str>,
    media_type: &'static str,
    body: Cow<'static, str>,
}

macro_rules! assets {
    ($($media_type:ident: $($file:literal)+;)+) => {
        [$($(Asset {
            path: Cow::Borrowed(concat!("/console/", $file)),
            media_type: $media_type,
            body: Cow::Borrowed(include_str!(concat!("assets/", $file))),
        }),+),+]
    };
}

const PAGE_TYPE: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// The page itself.
static PAGE: Asset =
    Asset { path: Cow::Borrowed("/"), media_type: PAGE_TYPE, body: Cow::Borrowed(include_str!("assets/index.html")) };

/// What the page loads.
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    assets! {
        SCRIPT:
            "theme.js" "main.js" "routes.js" "shell.js" "session.js" "api.js" "dom.js" "dialogs.js" "widgets.js" "secret.js"
            "texts.js" "texts/en.js" "moments.js" "macaroon.js" "text.js" "caveats.js" "addresses.js" "http_paths.js"
            "caveat_forms.js" "qr.js" "qr_tables.js" "charts.js" "views/sign_in.js" "views/tokens.js" "views/create.js"
            "views/inspect.js" "views/account.js" "views/users.js" "views/services.js" "views/keys.js" "views/audit.js";
        STYLE: "base.css" "parts.css" "tables.css" "views.css" "manual.css";
        IMAGE: "mark.svg";
    }
    .into()
});

/// The routes of the pages.
pub(super) fn routes() -> Router<SharedServices> {
    std::iter::once(&PAGE).chain(ASSETS.iter()).fold(manual::routes(), |router, asset| {
        let tag = tag(&asset.body);
        router.route(&asset.path, get(move |headers: HeaderMap| std::future::ready(answer(asset, &tag, &headers))))
    })
}

/// Names the content: another version of this program that has the same file gives it the same tag (RFC 9110 section 8.8.3).
fn tag(body: &str) -> HeaderValue {
    let digest = Sha256::digest(body.as_bytes());
    let mut tag = String::from("\"");
    for byte in digest.iter().take(16) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    // Hexadecimal digits between quotes: always a header value.
    HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// The file, or word that the one which the browser keeps is still right.
fn answer(asset: &'static Asset, tag: &HeaderValue, headers: &HeaderMap) -> Response<Body> {
    let known = headers.get_all(IF_NONE_MATCH).iter().any(|value| names(value.as_bytes(), tag.as_bytes()));
    let mut response = if known { Response::new(Body::empty()) } else { Response::new(Body::from(&*asset.body)) };
    let said = response.headers_mut();
    if !known {
        said.insert(CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
        said.insert(CONTENT_LENGTH, asset.body.len().into());
    }
    said.insert(ETAG, tag.clone());
    // Kept, but asked about each time: a page and its modules are never of two versions.
    said.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    said.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    said.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS));
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        said.insert(HeaderName::from_static(name), HeaderValue::from_static("same-origin"));
    }
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    response
}

/// Whether `If-None-Match` has the tag, compared weakly (RFC 9110 section 13.1.2).
fn names(list: &[u8], tag: &[u8]) -> bool {
    list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).any(|one| {
        let one = one.strip_prefix(b"W/").unwrap_or(one);
        one == b"*" || one == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_of_tags() {
        for (list, found) in [
            ("\"a\"", true),
            ("\"b\", \"a\"", true),
            ("W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(names(list.as_bytes(), b"\"a\""), found, "{list}");
        }
    }
}
