//! How pages and their files are answered: with the policy under which a browser runs them.

use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::{MethodRouter, get};

use crate::state::SharedServices;
use crate::static_asset::StaticAsset;

pub(super) const PAGE: &str = "text/html; charset=utf-8";
/// Only our own files, and the API of the server that they came from. No script may turn a text into markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";
/// What a token page has no use for. Copying needs the clipboard.
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=(), \
                           clipboard-write=(self)";

/// Serves what is made when it is first asked for.
pub(super) fn serve(
    asset: impl Fn() -> &'static StaticAsset + Clone + Send + Sync + 'static,
) -> MethodRouter<SharedServices> {
    get(move |headers: HeaderMap| std::future::ready(answer(asset(), &headers)))
}

fn answer(asset: &StaticAsset, headers: &HeaderMap) -> Response {
    let mut response = asset.answer(headers);
    let said = response.headers_mut();
    said.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    said.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS));
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        said.insert(HeaderName::from_static(name), HeaderValue::from_static("same-origin"));
    }
    response
}
