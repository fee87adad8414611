//! Rules for every request, checked first.

use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Request, Uri, Version};

use crate::Settings;
use crate::error::ApiError;

/// Bytes of a header line in addition to its name and value: `: ` and the line's end.
const LINE_OVERHEAD: usize = 4;

/// Checks sizes, and what a proxy and this server could read as two different requests (RFC 9112 section 3.2).
pub(super) fn inspect<B>(request: &Request<B>, settings: &Settings) -> Result<(), ApiError> {
    let headers = request.headers();
    if target_length(request.uri()) > settings.max_uri {
        return Err(ApiError::UriTooLong(settings.max_uri));
    }
    if header_block_length(headers) > settings.max_headers {
        return Err(ApiError::HeadersTooLarge(settings.max_headers));
    }
    if request.version() <= Version::HTTP_11 {
        inspect_host(request.uri(), headers, request.version())?;
    }
    Ok(())
}

/// Whether the connection must not carry another request after this one.
///
/// If a request has both `Content-Length` and `Transfer-Encoding`, the HTTP library removes the former before other code can see it,
/// and reads the body by the latter. That is the safe reading, but a proxy may have used the other one. So the connection ends
/// with the answer (RFC 9112 section 6.1).
pub(super) fn ends_connection<B>(request: &Request<B>) -> bool {
    request.version() <= Version::HTTP_11 && request.headers().contains_key(TRANSFER_ENCODING)
}

fn inspect_host(uri: &Uri, headers: &HeaderMap, version: Version) -> Result<(), ApiError> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(ApiError::Malformed("The request has more than one Host header"));
    }
    match (uri.authority(), host) {
        (_, None) if version == Version::HTTP_11 => Err(ApiError::Malformed("The request has no Host header")),
        (Some(authority), Some(host)) if !authority.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()) => {
            Err(ApiError::Malformed("The request's Host header names another host than its target"))
        }
        _ => Ok(()),
    }
}

fn target_length(uri: &Uri) -> usize {
    uri.path().len() + uri.query().map_or(0, |query| query.len() + 1)
}

fn header_block_length(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + LINE_OVERHEAD).sum()
}

/// Approximate memory of a request's head, in bytes.
pub(super) fn head_memory<B>(request: &Request<B>) -> usize {
    /// Bytes of the map of headers for each header, in addition to its text.
    const HEADER: usize = 112;
    target_length(request.uri()) + header_block_length(request.headers()) + HEADER * request.headers().len()
}
