//! Networks of IP addresses: the part of an address that is stored, and by which rows are filtered.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// The IP addresses that share their first bits. All other bits are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

/// A text that is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither an IP address nor a network such as 192.0.2.0/24 or 2001:db8:0:100::/56")]
pub struct NetworkError;

impl Network {
    /// The part of an address that is stored: its /24 for IPv4, its /56 for IPv6, which is what one site has. It shows where a user
    /// was, and not which device was used.
    #[must_use]
    pub fn kept_of(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let prefix = if address.is_ipv4() { 24 } else { 56 };
        Self(IpNet::new(address, prefix).unwrap_or_else(|_| address.into()).trunc())
    }

    /// Appends its text. One is in the audit row of each mint, and formatting by `write!` takes several times as long.
    pub fn push_to(self, text: &mut String) {
        let IpNet::V4(network) = self.0 else {
            let _ = write!(text, "{self}");
            return;
        };
        for (octet, end) in network.addr().octets().into_iter().zip(['.', '.', '.', '/']) {
            push_decimal(text, octet);
            text.push(end);
        }
        push_decimal(text, network.prefix_len());
    }

    /// Whether one of the two contains the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.contains(&other.0) || other.0.contains(&self.0)
    }
}

/// The address by which the users of one IPv6 network are counted together: the first of the network with so many bits. An IPv4
/// address counts alone.
#[must_use]
pub fn counted_address(address: IpAddr, ipv6_prefix: u8) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            IpNet::new(address.into(), ipv6_prefix).map_or(address.into(), |network| network.network())
        }
        address @ IpAddr::V4(_) => address,
    }
}

fn push_decimal(text: &mut String, number: u8) {
    for unit in [100, 10, 1] {
        if number >= unit || unit == 1 {
            text.push(char::from(b'0' + number / unit % 10));
        }
    }
}

/// An address alone is a network of one address. Bits after the prefix are ignored; IPv4 in IPv6 form is IPv4.
impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let written: IpAddr = address.parse().map_err(|_| NetworkError)?;
        let address = written.to_canonical();
        let Some(prefix) = prefix else { return Ok(Self(address.into())) };
        if prefix.is_empty() || !prefix.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NetworkError);
        }
        // The prefix of IPv4 in IPv6 form counts the 96 bits before it.
        let before = if written == address { 0 } else { 96 };
        let prefix = prefix.parse::<u8>().ok().and_then(|prefix| prefix.checked_sub(before)).ok_or(NetworkError)?;
        IpNet::new(address, prefix).map(|network| Self(network.trunc())).map_err(|_| NetworkError)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn what_is_kept_of_an_address_is_its_site() {
        for (address, kept) in [
            ("192.0.2.255", "192.0.2.0/24"),
            ("::ffff:192.0.2.7", "192.0.2.0/24"),
            ("2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56"),
            ("::1", "::/56"),
        ] {
            assert_eq!(Network::kept_of(address.parse().unwrap()).to_string(), kept, "{address}");
        }
    }

    #[test]
    fn a_network_survives_its_text() {
        for (text, shown) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("105.10.9.100/30", "105.10.9.100/30"),
            ("2001:DB8::1/56", "2001:db8::/56"),
            ("::/0", "::/0"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
        ] {
            assert_eq!(network(text).to_string(), shown, "{text}");
            let mut pushed = String::new();
            network(text).push_to(&mut pushed);
            assert_eq!(pushed, shown);
            assert_eq!(network(shown), network(text), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_a_network() {
        for text in [
            "", "/", "192.0.2.7/", "192.0.2.7/33", "192.0.2.7/+8", "192.0.2.7/-1", "192.0.2/24", "2001:db8::/129",
            "192.0.2.7/24/24", " 192.0.2.7", "example.org", "::ffff:192.0.2.7/95", "192.0.2.7/256",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError), "{text}");
        }
    }

    #[test]
    fn networks_overlap_if_one_holds_the_other() {
        let kept = network("192.0.2.0/24");
        for (other, expected) in [
            ("192.0.2.9", true),
            ("192.0.2.0/25", true),
            ("192.0.0.0/16", true),
            ("0.0.0.0/0", true),
            ("192.0.3.0/24", false),
            ("192.0.3.9", false),
            ("::/0", false),
            ("::192.0.2.9", false),
        ] {
            assert_eq!(
                (kept.overlaps(&network(other)), network(other).overlaps(&kept)),
                (expected, expected),
                "{other}"
            );
        }
        assert!(network("2001:db8::/56").overlaps(&network("2001:db8::1")));
        assert!(!network("2001:db8::/56").overlaps(&network("2001:db8:0:100::1")));
    }
}
