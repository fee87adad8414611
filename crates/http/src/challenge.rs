//! The challenge of a 401 (RFC 9110 section 11.6.1): which kinds of credentials this server takes.

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderValue};

const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"onezone\", charset=\"UTF-8\"");
const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"onezone\"");
/// RFC 6750 section 3.1
const OTHER_BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"onezone\", error=\"invalid_token\"");

/// Adds the challenge to the headers of an answer, unless it has one.
///
/// `offers_basic`: a browser then asks its user for a name and a password, so answers to scripts do not offer it. `has_bad_token`: the
/// request came with a token that is not good.
pub(crate) fn challenge(headers: &mut HeaderMap, offers_basic: bool, has_bad_token: bool) {
    if headers.contains_key(WWW_AUTHENTICATE) {
        return;
    }
    if offers_basic {
        headers.append(WWW_AUTHENTICATE, BASIC);
    }
    headers.append(WWW_AUTHENTICATE, if has_bad_token { OTHER_BEARER } else { BEARER });
}
