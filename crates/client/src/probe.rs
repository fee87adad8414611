//! Asks a server for its readiness, without a credential: for monitoring.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use reqwest::StatusCode;

use super::connection::{Connection, Trust};
use super::fault::Fault;
use super::host::{Host, HostError};
use crate::command::Failure;
use zonemint_base::model::Period;

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It can serve requests.
    Ready,
    /// It cannot, for this reason.
    NotReady(String),
}

/// A server that can be asked.
pub struct Probe(Connection);

impl Probe {
    /// The server that listens on an address of this machine. Its certificate is not looked at: it is made out to the name that
    /// clients know.
    ///
    /// # Errors
    /// The system gives no TLS client.
    pub fn of_own_machine(address: SocketAddr, timeout: Period) -> Result<Self, Failure> {
        let host = Host::parse(&address.to_string())?;
        Ok(Self(Connection::new(host, None, &Trust::OwnMachine, timeout)?))
    }

    /// A server by its address as people write it, with or without `/readyz` behind it. Its certificate must lead to one in the PEM
    /// file `cacert`; without such a file, to one of the system's authorities, or it is not verified at a loopback address.
    /// Without `cacert`, `insecure` trusts any certificate.
    ///
    /// # Errors
    /// It is no address, or the trusted certificates cannot be read.
    pub fn at(text: &str, cacert: Option<&Path>, insecure: bool, timeout: Period) -> Result<Self, Failure> {
        let host = host(text)?;
        let name = host.name().trim_matches(['[', ']']);
        let loopback = name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        let trust = match cacert {
            Some(path) => Trust::File { from: "--cacert", path },
            None if insecure => Trust::Nobody,
            None if loopback => Trust::OwnMachine,
            None => Trust::System,
        };
        Ok(Self(Connection::new(host, None, &trust, timeout)?))
    }

    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.host.to_string()
    }

    /// Asks `/readyz`.
    ///
    /// # Errors
    /// Nothing answers, or what answers is no zonemint.
    pub async fn ask(&self) -> Result<Readiness, Failure> {
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
    fn the_question_may_be_in_the_address() {
        for text in ["zone.example.org", "https://zone.example.org:8443", "https://zone.example.org:8443/readyz"] {
            assert_eq!(host(text).unwrap().url(), "https://zone.example.org:8443");
        }
        assert!(host("https://zone.example.org/other").is_err());
    }
}
