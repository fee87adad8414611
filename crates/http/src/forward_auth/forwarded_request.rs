//! The request of a client to a service, as the proxy between them describes it.

use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderName, Method, Uri};

use super::host::Host;
use crate::error::ApiError;
use zonemint_caveat::HttpRequest;

const X_FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const X_FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// A request to a service. Facts that the proxy does not send are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForwardedRequest {
    pub(super) host: AskedHost,
    /// Whether the method is known to only read (`GET`, `HEAD`).
    pub(super) only_reads: bool,
    /// Method and path.
    pub(crate) request: Option<HttpRequest>,
    /// The path as it was sent, perhaps with a query.
    pub(super) target: Option<String>,
}

/// The service's name or address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AskedHost {
    /// The proxy does not send it.
    Unknown,
    /// Not a host, or a host that programs may read differently.
    Unreadable,
    /// A host.
    Known(Host),
}

impl ForwardedRequest {
    /// Reads `X-Forwarded-Method`, `X-Forwarded-Uri` and `X-Forwarded-Host`. If a header occurs twice, one of them is not from the
    /// proxy, so the request is refused.
    pub(crate) fn forwarded(headers: &HeaderMap) -> Result<Self, ApiError> {
        let host = once(headers, &X_FORWARDED_HOST, "The request has more than one X-Forwarded-Host header")?;
        let method = once(headers, &X_FORWARDED_METHOD, "The request has more than one X-Forwarded-Method header")?;
        let target = once(headers, &X_FORWARDED_URI, "The request has more than one X-Forwarded-Uri header")?;
        Ok(Self::new(AskedHost::read(host), method.zip(target)))
    }

    /// Reads the request itself, whose path follows `prefix`, and its `Host`, as Envoy sends it.
    pub(crate) fn itself(method: &Method, uri: &Uri, headers: &HeaderMap, prefix: &str) -> Result<Self, ApiError> {
        let header =
            once(headers, &HOST, "The request has more than one Host header")?.map(|host| AskedHost::read(Some(host)));
        let authority = uri.authority().map(|authority| AskedHost::read(Some(authority.as_str())));
        let host = match (authority, header) {
            (Some(authority), Some(header)) if authority != header => AskedHost::Unreadable,
            (Some(host), _) | (None, Some(host)) => host,
            (None, None) => AskedHost::Unknown,
        };
        let target = uri.path().strip_prefix(prefix).unwrap_or_default();
        Ok(Self::new(host, Some((method.as_str(), target))))
    }

    /// Whether the request changes nothing, by its method.
    pub(crate) fn only_reads(&self) -> bool {
        self.only_reads
    }

    /// The service's name or address without a port, if it is known.
    pub(crate) fn host(&self) -> Option<&str> {
        match &self.host {
            AskedHost::Known(host) => Some(host.as_str()),
            AskedHost::Unknown | AskedHost::Unreadable => None,
        }
    }

    fn new(host: AskedHost, request: Option<(&str, &str)>) -> Self {
        Self {
            host,
            only_reads: request.is_some_and(|(method, _)| ["GET", "HEAD"].contains(&method)),
            request: request.map(|(method, target)| HttpRequest::new(method, target)),
            target: request.map(|(_, target)| target.to_owned()),
        }
    }
}

impl AskedHost {
    fn read(authority: Option<&str>) -> Self {
        authority.map_or(Self::Unknown, |authority| Host::of_authority(authority).map_or(Self::Unreadable, Self::Known))
    }
}

/// The value of a header; empty if it is not ASCII, which no path or host is.
fn once<'a>(headers: &'a HeaderMap, name: &HeaderName, repeated: &'static str) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(ApiError::Malformed(repeated)),
        (first, None) => Ok(first.map(|value| value.to_str().unwrap_or_default())),
    }
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
        let read =
            |pairs: &[(&'static str, &'static str)]| ForwardedRequest::forwarded(&headers(pairs)).unwrap().request;
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
            assert!(matches!(ForwardedRequest::forwarded(&twice), Err(ApiError::Malformed(_))), "{name}");
        }
    }

    #[test]
    fn a_host_is_known_or_not_told_or_not_to_be_read() {
        let read = |value: &[u8]| {
            let value = axum::http::HeaderValue::from_bytes(value).unwrap();
            ForwardedRequest::forwarded(&HeaderMap::from_iter([(X_FORWARDED_HOST, value)])).unwrap().host
        };
        assert_eq!(read(b"H:1"), AskedHost::Known(Host::parse("h").unwrap()));
        assert_eq!(read(b"h:abc"), AskedHost::Unreadable);
        assert_eq!(read(b"h\xe9"), AskedHost::Unreadable);
        assert_eq!(read(b""), AskedHost::Unreadable);
        assert_eq!(ForwardedRequest::forwarded(&HeaderMap::new()).unwrap().host, AskedHost::Unknown);
    }

    #[test]
    fn two_hosts_of_the_request_itself_are_one_or_none() {
        let uri = Uri::from_static("http://H.:80/auth/verify/a");
        let read = |host| {
            ForwardedRequest::itself(&Method::GET, &uri, &headers(&[("host", host)]), "/auth/verify").unwrap().host
        };
        assert_eq!(read("h"), AskedHost::Known(Host::parse("h").unwrap()));
        assert_eq!(read("i"), AskedHost::Unreadable);
    }

    #[test]
    fn the_request_itself_is_taken_without_its_prefix() {
        let uri = Uri::from_static("/auth/verify/a%20b?c");
        let asked = ForwardedRequest::itself(&Method::PUT, &uri, &headers(&[("host", "H:1")]), "/auth/verify").unwrap();
        let host = AskedHost::Known(Host::parse("h").unwrap());
        let expected = ForwardedRequest::new(host, Some(("PUT", "/a%20b")));
        assert_eq!(asked, expected);
    }
}
