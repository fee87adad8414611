//! A server's address as people write it.

use std::fmt;

use reqwest::Url;

/// The port of a host that is written without scheme and port: zonemint's own, and Onezone's up to 17.06.
pub(super) const USUAL_PORT: u16 = 8443;
/// The path prefix of the API.
const PREFIX: [&str; 3] = ["api", "v3", "onezone"];

/// A server. Two are the same when name and port are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host(Url);

/// A text that names no server.
#[derive(Debug, thiserror::Error)]
pub(super) enum HostError {
    /// Plain HTTP: passwords and tokens are never sent unencrypted.
    #[error("{0:?} is not served over TLS; write https:// or nothing before the name")]
    Clear(String),
    #[error("{0:?} is not the address of a server; write a name, or name:port, or https://name:port")]
    Form(String),
}

impl Host {
    /// Reads a name or an address, with or without a port; or a URL, which has the port 443 if it names none.
    pub(super) fn parse(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        // What has a name and password, or a query, in it may hold a secret.
        let shown = if text.contains(['@', '?', '#']) { "***" } else { text };
        let wrong = || HostError::Form(shown.to_owned());
        let mut url = match text.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => Url::parse(text).map_err(|_| wrong())?,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => return Err(HostError::Clear(shown.to_owned())),
            Some(_) => return Err(wrong()),
            None => Self::without_scheme(text).ok_or_else(wrong)?,
        };
        let path: Vec<_> = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).collect();
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if !plain || url.fragment().is_some() || !(path.is_empty() || path == PREFIX) {
            return Err(wrong());
        }
        url.set_path("");
        Ok(Self(url))
    }

    fn without_scheme(text: &str) -> Option<Url> {
        let mut url = Url::parse(&format!("https://{text}")).ok()?;
        // A URL forgets a port that is its scheme's own, so that is looked up in the text. What ends in "]" has none.
        let authority = text.split('/').next().unwrap_or_default();
        let written =
            authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        if !written {
            url.set_port(Some(USUAL_PORT)).ok()?;
        }
        Some(url)
    }

    /// The URL of a path below `/api/v3/onezone`, given by its parts, which are percent-encoded here.
    pub(super) fn at(&self, path: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.clear().extend(PREFIX).extend(path);
        }
        url
    }

    /// The URL of a path from the root, of one part.
    pub(super) fn at_root(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// The form stored in profiles: a whole URL.
    pub(super) fn url(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    pub(super) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// The name or address alone.
    pub(super) fn name(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

/// Name and port.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.port() {
            Some(port) => write!(f, "{}:{port}", self.name()),
            None => write!(f, "{}", self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_as_people_write_it() {
        for (text, url) in [
            ("zone.example.org", "https://zone.example.org:8443"),
            ("Zone.Example.org:443", "https://zone.example.org"),
            ("zone.example.org:80", "https://zone.example.org:80"),
            ("https://zone.example.org", "https://zone.example.org"),
            ("HTTPS://zone.example.org:8443/", "https://zone.example.org:8443"),
            ("https://zone.example.org/api/v3/onezone/", "https://zone.example.org"),
            ("[::1]", "https://[::1]:8443"),
            (" 127.0.0.1:9 ", "https://127.0.0.1:9"),
        ] {
            assert_eq!(Host::parse(text).unwrap().url(), url, "{text}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for text in
            ["", "http://a", "ftp://a", "a b", "a/b", "https://u:p@a", "https://a?x", "a#b", "a:99999", "https://"]
        {
            assert!(Host::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn parts_of_a_path_are_encoded() {
        let url = Host::parse("a").unwrap().at(&["user", "tokens", "named", "name", "a b/c?d#e%"]);
        assert_eq!(url.as_str(), "https://a:8443/api/v3/onezone/user/tokens/named/name/a%20b%2Fc%3Fd%23e%25");
    }
}
