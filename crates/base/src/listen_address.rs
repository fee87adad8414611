//! Addresses to listen on, as people write them. It keeps no socket open.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use serde::{Deserialize as _, Deserializer};

/// A text is no address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an IP address and a port, as in \"127.0.0.1:8443\" or \"[::1]:8443\"; of host names only \"localhost:8443\" is taken, and \
     \":8443\" means all addresses"
)]
pub struct ListenAddressError;

/// Reads an address to listen on. `localhost` is 127.0.0.1; other names are refused, because without a name server no command could
/// read the settings. Without a host it means all addresses, also those of IPv6 if the machine has any.
///
/// # Errors
/// [`ListenAddressError`].
pub fn parse(text: &str) -> Result<SocketAddr, ListenAddressError> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').ok_or(ListenAddressError)?;
    let port: u16 = port.parse().map_err(|_| ListenAddressError)?;
    match host {
        "" => Ok(all(port)),
        "localhost" => Ok((Ipv4Addr::LOCALHOST, port).into()),
        _ => Err(ListenAddressError),
    }
}

/// All addresses of this machine. One socket of IPv6 accepts IPv4 too, unless the system is configured otherwise (ipv6(7)).
fn all(port: u16) -> SocketAddr {
    // A machine can support IPv6 and have no address of it.
    let hears_both = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0))
        .is_ok_and(|socket| rustix::net::sockopt::ipv6_v6only(&socket) == Ok(false));
    if hears_both { (Ipv6Addr::UNSPECIFIED, port).into() } else { (Ipv4Addr::UNSPECIFIED, port).into() }
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
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "", "0.0.0.0", "8443", "127.0.0.1:99999", "127.1:8443", "example.org:8443", "https://localhost:8443",
            "a b:1", "[::1:1", "::1",
        ] {
            assert_eq!(parse(text), Err(ListenAddressError), "{text}");
        }
    }
}
