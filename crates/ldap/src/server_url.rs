//! Addresses of directory servers.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use rustls::pki_types::ServerName;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// TLS from the first byte.
    Tls,
    /// Plain at first; TLS begins before anything is asked, or the connection is given up (RFC 4511, section 4.14).
    StartTls,
    /// None.
    Plain,
}

/// A server: `ldaps://host[:port]` (636), or `ldap://host[:port]` (389), on which StartTLS is demanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    host: String,
    port: u16,
    security: Security,
}

/// Why a text is no address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It has another scheme.
    #[error("begin with ldaps:// or ldap://")]
    Scheme,
    /// The host cannot be a name in a certificate.
    #[error("{0:?} is not a host name or an address (write IDNs as xn--…, and IPv6 addresses in brackets)")]
    Host(String),
    /// The port is no number from 1 to 65535.
    #[error("{0:?} is not a port")]
    Port(String),
    /// Something follows host and port.
    #[error("end with the host or the port: the base, the filter and the attributes have settings of their own")]
    Rest,
    /// TLS is only unnecessary on a connection that does not leave the machine.
    #[error("without TLS, only ldap:// with an address of this machine (127.0.0.0/8, [::1]) is accepted")]
    NotLoopback,
}

impl ServerUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is none, and why.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (security, rest, default_port) = if let Some(rest) = text.strip_prefix("ldaps://") {
            (Security::Tls, rest, 636)
        } else if let Some(rest) = text.strip_prefix("ldap://") {
            (Security::StartTls, rest, 389)
        } else {
            return Err(UrlError::Scheme);
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '@', '#']) {
            return Err(UrlError::Rest);
        }
        let bracketed = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let is_host = |host: &str| ServerName::try_from(host).is_ok_and(|_| !host.contains(':'));
        let (host, after) = match bracketed {
            Some((host, after)) if host.parse::<Ipv6Addr>().is_ok() => (host, after),
            Some((host, _)) => return Err(UrlError::Host(host.to_owned())),
            None => match rest.split_at(rest.find(':').unwrap_or(rest.len())) {
                (host, after) if is_host(host) => (host, after),
                (host, _) => return Err(UrlError::Host(host.to_owned())),
            },
        };
        let port = match after.strip_prefix(':') {
            None if after.is_empty() => default_port,
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().ok().filter(|port| *port > 0).ok_or_else(|| UrlError::Port(port.to_owned()))?
            }
            port => return Err(UrlError::Port(port.unwrap_or(after).to_owned())),
        };
        Ok(Self { host: host.to_owned(), port, security })
    }

    /// The same server without TLS, for one on this machine: a proxy that speaks TLS itself, or a directory in the same pod. Passwords
    /// must not cross a network in the clear, so no other server can be used without TLS.
    ///
    /// # Errors
    /// When the host is not an address of this machine, or the scheme is `ldaps`.
    pub fn without_tls(self) -> Result<Self, UrlError> {
        // A name could be resolved to another machine.
        let is_loopback = self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if is_loopback && self.security == Security::StartTls {
            Ok(Self { security: Security::Plain, ..self })
        } else {
            Err(UrlError::NotLoopback)
        }
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn security(&self) -> Security {
        self.security
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.security == Security::Tls { "ldaps" } else { "ldap" };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}://{open}{}{close}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_have_a_scheme_a_host_and_a_port() {
        for (text, shown, security) in [
            ("ldaps://ldap.example.org", "ldaps://ldap.example.org:636", Security::Tls),
            ("ldap://ldap.example.org/", "ldap://ldap.example.org:389", Security::StartTls),
            ("ldap://127.0.0.1:3389", "ldap://127.0.0.1:3389", Security::StartTls),
            ("ldaps://[2001:db8::1]", "ldaps://[2001:db8::1]:636", Security::Tls),
            ("ldaps://[::1]:7/", "ldaps://[::1]:7", Security::Tls),
        ] {
            let url = ServerUrl::parse(text).unwrap();
            assert_eq!((url.to_string().as_str(), url.security), (shown, security));
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for (text, why) in [
            ("ldapi:///run/slapd", UrlError::Scheme),
            ("LDAPS://host", UrlError::Scheme),
            ("host", UrlError::Scheme),
            ("ldaps://::1", UrlError::Host(String::new())),
            ("ldaps://[host]", UrlError::Host("host".into())),
            ("ldaps://[::1", UrlError::Host("[".into())),
            ("ldaps://[::1]x", UrlError::Port("x".into())),
            ("ldaps://host:", UrlError::Port(String::new())),
            ("ldap://host/dc=org", UrlError::Rest),
            ("ldap://joe@host", UrlError::Rest),
            ("ldap://host?x", UrlError::Rest),
            ("ldap://", UrlError::Host(String::new())),
            ("ldap://ho st", UrlError::Host("ho st".into())),
            ("ldap://host:0", UrlError::Port("0".into())),
            ("ldap://host:+1", UrlError::Port("+1".into())),
            ("ldap://host:1:2", UrlError::Port("1:2".into())),
        ] {
            assert_eq!(ServerUrl::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn only_a_server_on_this_machine_may_be_without_tls() {
        let plain = |text| ServerUrl::parse(text).unwrap().without_tls();
        for text in ["ldap://127.0.0.7:389", "ldap://[::1]"] {
            assert_eq!(plain(text).map(|url| url.security), Ok(Security::Plain));
        }
        for text in ["ldaps://127.0.0.1", "ldap://localhost", "ldap://10.0.0.1", "ldap://ldap.example.org"] {
            assert_eq!(plain(text), Err(UrlError::NotLoopback), "{text}");
        }
    }
}
