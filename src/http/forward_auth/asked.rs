//! What a client asks a service for, as the proxy between them tells it.

use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderName, Method, Uri};

use crate::caveat::HttpRequest;
use crate::http::error::ApiError;

const X_FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const X_FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// A request to a service. What the proxy does not tell is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Asked {
    /// The service's name, in lower case, without a port.
    pub(in crate::http) host: Option<String>,
    /// Method and path.
    pub(in crate::http) request: Option<HttpRequest>,
}

impl Asked {
    /// Reads `X-Forwarded-Method`, `X-Forwarded-Uri` and `X-Forwarded-Host`. A header that is there twice was added to by
    /// somebody else than the proxy.
    pub(in crate::http) fn forwarded(headers: &HeaderMap) -> Result<Self, ApiError> {
        let host = once(headers, &X_FORWARDED_HOST, "The request has more than one X-Forwarded-Host header")?;
        let method = once(headers, &X_FORWARDED_METHOD, "The request has more than one X-Forwarded-Method header")?;
        let target = once(headers, &X_FORWARDED_URI, "The request has more than one X-Forwarded-Uri header")?;
        let request = method.zip(target).map(|(method, target)| HttpRequest::new(method, target));
        Ok(Self { host: host.map(host_of), request })
    }

    /// Takes the request itself, whose path follows `prefix`, and its `Host`, as Envoy sends it.
    pub(in crate::http) fn itself(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        prefix: &str,
    ) -> Result<Self, ApiError> {
        let host = match uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => once(headers, &HOST, "The request has more than one Host header")?,
        };
        let target = uri.path().strip_prefix(prefix).unwrap_or_default();
        Ok(Self { host: host.map(host_of), request: Some(HttpRequest::new(method.as_str(), target)) })
    }
}

/// The value of a header; of one that is no ASCII text, nothing that any path or host is.
fn once<'a>(headers: &'a HeaderMap, name: &HeaderName, repeated: &'static str) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(ApiError::Malformed(repeated)),
        (first, None) => Ok(first.map(|value| value.to_str().unwrap_or_default())),
    }
}

/// A name (RFC 3986 section 3.2.2) without the port that may follow it, without the dot at its end, in lower case.
fn host_of(authority: &str) -> String {
    let port = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let host = port.map_or(authority, |(host, _)| host);
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), axum::http::HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn method_and_path_are_known_together_or_not_at_all() {
        let read = |pairs: &[(&'static str, &'static str)]| Asked::forwarded(&headers(pairs)).unwrap().request;
        let both = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/a?b")];
        assert_eq!(read(&both), Some(HttpRequest::new("GET", "/a")));
        assert_eq!(read(&both[..1]), None);
        assert_eq!(read(&both[1..]), None);
        assert_eq!(read(&[("x-original-uri", "/a"), ("x-original-method", "GET")]), None);
    }

    #[test]
    fn a_header_that_is_there_twice_is_refused() {
        for name in ["x-forwarded-method", "x-forwarded-uri", "x-forwarded-host"] {
            let mut twice = HeaderMap::new();
            twice.append(HeaderName::from_static(name), axum::http::HeaderValue::from_static("/a"));
            twice.append(HeaderName::from_static(name), axum::http::HeaderValue::from_static("/a"));
            assert!(matches!(Asked::forwarded(&twice), Err(ApiError::Malformed(_))), "{name}");
        }
    }

    #[test]
    fn hosts_are_compared_without_port_and_case() {
        for (host, expected) in [
            ("Example.ORG:8443", "example.org"),
            ("a.", "a"),
            ("[2001:DB8::1]:443", "[2001:db8::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(host_of(host), expected);
        }
    }

    #[test]
    fn the_request_itself_is_taken_without_its_prefix() {
        let uri = Uri::from_static("/auth/verify/a%20b?c");
        let asked = Asked::itself(&Method::PUT, &uri, &headers(&[("host", "H:1")]), "/auth/verify").unwrap();
        let expected = Asked { host: Some("h".to_owned()), request: Some(HttpRequest::new("PUT", "/a%20b")) };
        assert_eq!(asked, expected);
    }
}
