//! Asking a server how it goes, as nobody: for who watches it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use reqwest::StatusCode;

use super::connection::{Connection, Trust};
use super::fault::Fault;
use super::host::{Host, HostError};
use crate::cli::{CommandError, Failure};
use zonemint_base::model::Period;
use zonemint_http::TrustedProxies;
use zonemint_serve::Settings;

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Readiness {
    /// It can serve.
    Ready,
    /// It cannot, for this reason.
    NotReady(String),
}

/// Whose certificates are believed where the server is not this machine's own.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) enum Believed<'a> {
    /// Those of the system's authorities.
    System,
    /// Those that lead to one in this PEM file.
    File(&'a Path),
    /// Anybody's.
    Anybody,
}

/// A server that can be asked.
pub(in crate::cli) struct Probe(Connection);

impl Probe {
    /// Where a server of this machine is asked: on the loopback, where it listens on all addresses.
    pub(in crate::cli) fn own_address(listen: SocketAddr) -> SocketAddr {
        let ip = match listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, listen.port())
    }

    /// Whether a server of this machine waits for a PROXY protocol header where it is asked: a connection to an address of the
    /// machine comes from that address.
    pub(in crate::cli) fn is_header_awaited(server: &Settings) -> bool {
        let proxies = TrustedProxies::parse(&server.proxy_protocol_from).unwrap_or_default();
        proxies.contains(Self::own_address(server.listen).ip())
    }

    /// The server that listens on an address of this machine.
    ///
    /// # Errors
    /// It would wait for a PROXY protocol header, which comes before TLS and is for a proxy to send.
    pub(in crate::cli) fn own(server: &Settings, timeout: Period) -> Result<Self, Failure> {
        let address = Self::own_address(server.listen);
        if Self::is_header_awaited(server) {
            return Err(CommandError(format!(
                "{} is in server.proxy_protocol_from: the server takes connections from there only with a header that its proxy \
                 sends; give a URL that goes through the proxy",
                address.ip()
            ))
            .into());
        }
        let host = Host::parse(&address.to_string())?;
        Ok(Self(Connection::new(host, None, &Trust::OwnMachine, timeout)?))
    }

    /// A server by its address as people write it, with or without `/readyz` behind it.
    pub(in crate::cli) fn at(text: &str, believed: Believed<'_>, timeout: Period) -> Result<Self, Failure> {
        let host = host(text)?;
        let name = host.name().trim_matches(['[', ']']);
        let loopback = name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        let trust = match believed {
            Believed::Anybody => Trust::Nobody,
            Believed::File(path) => Trust::File { from: "--cacert", path },
            Believed::System if loopback => Trust::OwnMachine,
            Believed::System => Trust::System,
        };
        Ok(Self(Connection::new(host, None, &trust, timeout)?))
    }

    /// What it is called in messages.
    pub(in crate::cli) fn name(&self) -> String {
        self.0.host.to_string()
    }

    /// Asks `/readyz`.
    ///
    /// # Errors
    /// Nothing answers, or what answers is no zonemint.
    pub(in crate::cli) async fn ask(&self) -> Result<Readiness, Failure> {
        match self.0.get_root("readyz").await {
            Ok(body) if self.0.text(&body, "status")? == "ready" => Ok(Readiness::Ready),
            Ok(_) => Err(Fault::Missing(self.name(), "status that is known").into()),
            Err(Fault::Refused { status: StatusCode::SERVICE_UNAVAILABLE, said, .. }) => {
                Ok(Readiness::NotReady(said.unwrap_or_else(|| "it does not say why".to_owned())))
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

fn host(text: &str) -> Result<Host, HostError> {
    let text = text.trim();
    Host::parse(text.strip_suffix("/readyz").unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_the_loopback() {
        for (listen, name) in [
            ("0.0.0.0:8443", "127.0.0.1:8443"),
            ("[::]:8443", "[::1]:8443"),
            ("192.0.2.1:9", "192.0.2.1:9"),
            ("[2001:db8::1]:9", "[2001:db8::1]:9"),
        ] {
            assert_eq!(Probe::own_address(listen.parse().unwrap()).to_string(), name);
        }
    }

    #[test]
    fn the_question_may_be_in_the_address() {
        for text in ["zone.example.org", "https://zone.example.org:8443", "https://zone.example.org:8443/readyz"] {
            assert_eq!(host(text).unwrap().url(), "https://zone.example.org:8443");
        }
        assert!(host("https://zone.example.org/other").is_err());
    }
}
