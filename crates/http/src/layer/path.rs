//! A slash at the end of a path, which Onezone's router ignores.

use axum::http::uri::PathAndQuery;
use axum::http::{Method, Request, Uri};

use crate::error::ApiError;
use crate::paths::{PREFIX, lies_below};

/// Pages whose addresses people type.
const PAGES: [&str; 2] = ["/manual", "/docs"];

/// Cuts the slash off the end of a path below the API's prefix, and of a page's path, so that all later code sees one path. A `DELETE`
/// with such a slash is refused: a script whose variable is empty would delete everything instead of one thing.
pub(super) fn normalize<B>(request: &mut Request<B>) -> Result<(), ApiError> {
    let Some(path) = request.uri().path().strip_suffix('/') else { return Ok(()) };
    if !PAGES.iter().chain([&PREFIX]).any(|folder| lies_below(path, folder)) {
        return Ok(());
    }
    if request.method() == Method::DELETE {
        return Err(ApiError::TrailingSlash);
    }
    let path_and_query = match request.uri().query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    let mut parts = request.uri().clone().into_parts();
    // The path stays valid without its last slash.
    parts.path_and_query = path_and_query.ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(method: &str, uri: &str) -> Option<String> {
        let mut request = Request::builder().method(method).uri(uri).body(()).unwrap();
        normalize(&mut request).ok().map(|()| request.uri().to_string())
    }

    #[test]
    fn one_slash_at_the_end_is_dropped_where_a_path_has_one_meaning_with_it_and_without() {
        for (uri, expected) in [
            ("/api/v3/onezone/user/", "/api/v3/onezone/user"),
            ("/api/v3/onezone/users/?limit=1/", "/api/v3/onezone/users?limit=1/"),
            ("https://localhost:1/api/v3/onezone/user/", "https://localhost:1/api/v3/onezone/user"),
            ("/api/v3/onezone/", "/api/v3/onezone"),
            ("/api/v3/onezone/user//", "/api/v3/onezone/user/"),
            ("/api/v3/onezone/user/client_tokens/%2F/", "/api/v3/onezone/user/client_tokens/%2F"),
            ("/manual/", "/manual"),
            ("/manual/users/", "/manual/users"),
            ("/docs/", "/docs"),
            ("/", "/"),
            ("/api/v3/onezonex/", "/api/v3/onezonex/"),
            ("/auth/verify/", "/auth/verify/"),
            ("/api/v3/onezone/user", "/api/v3/onezone/user"),
        ] {
            assert_eq!(normalized("GET", uri).as_deref(), Some(expected));
            let deleted = (uri == expected).then_some(expected);
            assert_eq!(normalized("DELETE", uri).as_deref(), deleted);
        }
    }
}
