//! The server that the settings describe, as commands on the same machine ask it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{CommandError, Failure};
use zonemint_base::model::Period;
use zonemint_client::Probe;
use zonemint_http::TrustedProxies;
use zonemint_serve::Settings;

/// Where the server is asked: on the loopback, if it listens on all addresses.
pub(super) fn address(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Whether the server waits for a PROXY protocol header where it is asked: a connection to an address of this machine comes from
/// that address.
pub(super) fn is_header_awaited(server: &Settings) -> bool {
    let proxies = TrustedProxies::parse(&server.proxy_protocol_from).unwrap_or_default();
    proxies.contains(address(server.listen).ip())
}

/// Prepares to ask the server.
///
/// # Errors
/// It waits for a PROXY protocol header, which comes before TLS and which only its proxy sends.
pub(super) fn probe(server: &Settings, timeout: Period) -> Result<Probe, Failure> {
    let address = address(server.listen);
    if is_header_awaited(server) {
        return Err(CommandError(format!(
            "{} is in server.proxy_protocol_from: the server takes connections from there only with a header that its proxy \
             sends; give a URL that goes through the proxy",
            address.ip()
        ))
        .into());
    }
    Probe::of_own_machine(address, timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_the_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:8443", "127.0.0.1:8443"),
            ("[::]:8443", "[::1]:8443"),
            ("192.0.2.1:9", "192.0.2.1:9"),
            ("[2001:db8::1]:9", "[2001:db8::1]:9"),
        ] {
            assert_eq!(address(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
