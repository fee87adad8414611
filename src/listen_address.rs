//! Addresses to listen on, as people write them. It opens no socket that stays.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};

use serde::{Deserialize as _, Deserializer};

/// Why a text is no address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListenAddressError {
    /// It has another form.
    #[error(
        "must be an address and a port, as in \"127.0.0.1:8443\", \"[::1]:8443\" or \"localhost:8443\"; \":8443\" means all addresses"
    )]
    Form,
    /// The name cannot be resolved.
    #[error(
        "names a host for which this machine knows no address; give an IP address, or \":{port}\" for all addresses"
    )]
    UnknownHost {
        /// The port behind the name.
        port: u16,
    },
}

/// Reads an address to listen on. A host name is resolved, to an IPv4 address where it has one; without a host all addresses are meant,
/// those of IPv6 too where the machine has it. Blocks while it resolves.
///
/// # Errors
/// [`ListenAddressError`].
pub fn parse(text: &str) -> Result<SocketAddr, ListenAddressError> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').ok_or(ListenAddressError::Form)?;
    let port: u16 = port.parse().map_err(|_| ListenAddressError::Form)?;
    if host.is_empty() {
        return Ok(all(port));
    }
    // A path, a URL or a list is not sent to a name server.
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    // The resolver would read 127.1 and 1 as addresses, too.
    if !is_name || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(ListenAddressError::Form);
    }
    let unknown = ListenAddressError::UnknownHost { port };
    let found: Vec<SocketAddr> = (host, port).to_socket_addrs().map_err(|_| unknown.clone())?.collect();
    found.iter().find(|address| address.is_ipv4()).or(found.first()).copied().ok_or(unknown)
}

/// All addresses of this machine. One socket of IPv6 hears IPv4 too.
fn all(port: u16) -> SocketAddr {
    let has_ipv6 = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok();
    if has_ipv6 { (Ipv6Addr::UNSPECIFIED, port).into() } else { (Ipv4Addr::UNSPECIFIED, port).into() }
}

/// Reads a setting.
///
/// # Errors
/// Those of [`parse`], as an error of the format.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_left_out_or_be_a_name() {
        for (text, expected) in
            [("127.0.0.1:8443", "127.0.0.1:8443"), ("[::1]:0", "[::1]:0"), ("localhost:8443", "127.0.0.1:8443")]
        {
            assert_eq!(parse(text), Ok(expected.parse().unwrap()), "{text}");
        }
        let all = parse(":8443").unwrap();
        assert!(all.ip().is_unspecified() && all.port() == 8443, "{all}");
        assert_eq!(parse("nowhere.invalid:8443"), Err(ListenAddressError::UnknownHost { port: 8443 }));
    }

    #[test]
    fn what_is_no_address_is_not_looked_up() {
        for text in
            ["", "0.0.0.0", "8443", "127.0.0.1:99999", "127.1:8443", "https://localhost:8443", "a b:1", "[::1:1", "::1"]
        {
            assert_eq!(parse(text), Err(ListenAddressError::Form), "{text}");
        }
    }
}
