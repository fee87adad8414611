//! Passwords that a browser adds to requests on its own (cross-site request forgery).
//!
//! Once a browser has asked its user for a name and a password, it adds them to every request for this server, also to a form that
//! another site's page sends. A page cannot read the answer, but a `POST` takes effect. A page can send requests without a CORS
//! preflight (Fetch) on its own. Such requests are refused if they come from another site with only a password.
//! `PATCH`, `PUT` and `DELETE` always need a preflight, and this server's answers to preflights never allow such credentials.
//!
//! Browsers send a token in the place of a password in the same way, also to other services behind proxies. This server does not
//! know whether such a service allows credentials in its preflights. So there it refuses every request of another site that may
//! change something, or that a script sends.

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};

use crate::basic::Basic;
use crate::error::ApiError;
use crate::forward_auth::ForwardedRequest;
use crate::media_type;

/// Where a request comes from, as the browser says (Fetch Metadata). No page can set or change it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What a request is for, as the browser says: `navigate` for a page.
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
/// Media types that operations read and that a browser sends only after a preflight.
const PREFLIGHTED: [&str; 2] = ["application/json", "application/macaroon-request"];

/// Why such a request is refused, and what a web front end of another site must do.
pub(crate) const OTHER_SITE: ApiError = ApiError::Forbidden {
    hint: Some(
        "another site may have had the browser send this with a password that it remembers; a script that means it adds \
         Content-Type: application/json, or below /oauth sends client_id and client_secret in the body",
    ),
};

/// Why a request for a service behind a proxy is refused.
const OTHER_SITE_OF_SERVICE: ApiError = ApiError::Forbidden {
    hint: Some(
        "another site may have had the browser send this with a token that it remembers; a script that means it sends the token \
         in Authorization: Bearer",
    ),
};

/// A name and a password in a header, which their owner may not have sent on purpose.
#[derive(Debug)]
pub(super) struct Ambient(Basic);

impl Ambient {
    pub(super) fn new(basic: Basic) -> Self {
        Self(basic)
    }

    /// Returns the name and the password, unless a page of another site may have caused the request.
    pub(super) fn unless_of_another_site(self, parts: &Parts) -> Result<Basic, ApiError> {
        let may_be_ambient =
            parts.method == Method::POST && !PREFLIGHTED.iter().any(|essence| media_type::is(&parts.headers, essence));
        let own = parts.uri.authority().map(|authority| authority.as_str().as_bytes().to_vec());
        let own = own.or_else(|| parts.headers.get(HOST).map(|host| host.as_bytes().to_vec()));
        if may_be_ambient && is_of_another_site(&parts.headers, own.as_deref()) { Err(OTHER_SITE) } else { Ok(self.0) }
    }

    /// As [`Ambient::unless_of_another_site`], for a request to a service behind a proxy.
    pub(super) fn unless_of_another_site_than(
        self,
        asked: &ForwardedRequest,
        headers: &HeaderMap,
    ) -> Result<Basic, ApiError> {
        let may_be_ambient = !asked.only_reads() || headers.contains_key(ORIGIN);
        if may_be_ambient && is_of_another_site(headers, asked.host().map(str::as_bytes)) {
            Err(OTHER_SITE_OF_SERVICE)
        } else {
            Ok(self.0)
        }
    }
}

/// Whether a script of another origin sends a request to a service. A page that is opened, by a link or by its user, is not a script.
pub(crate) fn is_of_a_script_of_another_site(asked: &ForwardedRequest, headers: &HeaderMap) -> bool {
    let is_no_page = headers.get_all(SEC_FETCH_MODE).iter().any(|mode| mode != "navigate");
    (is_no_page || headers.contains_key(ORIGIN)) && is_of_another_site(headers, asked.host().map(str::as_bytes))
}

/// Whether a page of another site than the host `own` caused the request. Browsers without Fetch Metadata send `Origin` with every
/// `POST`; other programs send neither.
fn is_of_another_site(headers: &HeaderMap, own: Option<&[u8]>) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter().peekable();
    if sites.peek().is_some() {
        return !sites.all(|site| site == "same-origin" || site == "none");
    }
    let is_own = |origin: &[u8]| {
        // A port of 443 may be left out.
        let host = origin.strip_prefix(b"https://").map(without_default_port);
        host.is_some() && host == own.map(without_default_port).filter(|own| !own.is_empty())
    };
    !headers.get_all(ORIGIN).iter().all(|origin| is_own(&origin.as_bytes().to_ascii_lowercase()))
}

fn without_default_port(host: &[u8]) -> Vec<u8> {
    host.strip_suffix(b":443").unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::basic;

    fn is_let_in(method: &str, headers: &[(&str, &str)]) -> bool {
        let request = headers
            .iter()
            .fold(Request::builder().method(method).uri("/"), |request, (name, value)| request.header(*name, *value));
        let (parts, ()) = request.header("host", "Zone.example.org:8443").body(()).unwrap().into_parts();
        Ambient::new(basic::parse(b"Basic YWxpY2U6cHc=").unwrap()).unless_of_another_site(&parts).is_ok()
    }

    #[test]
    fn a_post_of_another_site_needs_a_type_that_needs_a_preflight() {
        for site in ["cross-site", "same-site", "what", "same-origin, cross-site"] {
            assert!(!is_let_in("POST", &[("sec-fetch-site", site)]), "{site}");
            for (kind, expected) in [
                ("application/json", true),
                ("Application/JSON; charset=utf-8", true),
                ("application/macaroon-request", true),
                ("application/x-www-form-urlencoded", false),
                ("multipart/form-data; boundary=application/json", false),
                ("text/plain", false),
                ("text/plain; application/json", false),
                ("", false),
            ] {
                assert_eq!(is_let_in("POST", &[("sec-fetch-site", site), ("content-type", kind)]), expected, "{kind}");
            }
            let twice =
                [("sec-fetch-site", site), ("content-type", "application/json"), ("content-type", "text/plain")];
            assert!(!is_let_in("POST", &twice));
        }
    }

    #[test]
    fn what_is_no_post_or_of_no_other_site_is_let_in() {
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
            assert!(is_let_in(method, &[("sec-fetch-site", "cross-site")]), "{method}");
        }
        for headers in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            // What the browser says counts more than the name by which a proxy calls us.
            &[("sec-fetch-site", "same-origin"), ("origin", "https://outside.example.org")],
            &[("origin", "https://zone.example.org:8443")],
        ] {
            assert!(is_let_in("POST", headers), "{headers:?}");
        }
    }

    #[test]
    fn a_browser_that_does_not_tell_the_site_tells_the_origin() {
        for origin in [
            "null",
            "",
            "https://zone.example.org",
            "http://zone.example.org:8443",
            "https://other.example.org:8443",
            "https://zone.example.org:8443.evil.example",
            "https://zone.example.org:84433",
        ] {
            assert!(!is_let_in("POST", &[("origin", origin)]), "{origin}");
        }
        let both = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
        assert!(!is_let_in("POST", &both));
    }
}
