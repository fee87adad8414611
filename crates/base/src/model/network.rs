//! Networks of IP addresses: what is kept of an address, and what rows are filtered by.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::str::FromStr;

/// The IP addresses that share their first bits. All other bits are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    first: IpAddr,
    /// From 0 to 32 for IPv4, to 128 for IPv6.
    prefix: u8,
}

/// A text that is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither an IP address nor a network such as 192.0.2.0/24 or 2001:db8:0:100::/56")]
pub struct NetworkError;

impl Network {
    /// What is kept of an address: its /24 for IPv4, its /56 for IPv6, which is what one site has. It tells where somebody was,
    /// but not which device they used.
    #[must_use]
    pub fn kept_of(address: IpAddr) -> Self {
        match address.to_canonical() {
            address @ IpAddr::V4(_) => Self::new(address, 24),
            address @ IpAddr::V6(_) => Self::new(address, 56),
        }
    }

    fn new(address: IpAddr, prefix: u8) -> Self {
        let first = match address {
            IpAddr::V4(address) => IpAddr::V4((address.to_bits() & high_bits_of_32(prefix)).into()),
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & high_bits_of_128(prefix)).into()),
        };
        Self { first, prefix }
    }

    /// Appends its text. One is in the audit row of each mint, and formatting by `write!` takes several times as long.
    pub fn push_to(self, text: &mut String) {
        let IpAddr::V4(first) = self.first else {
            let _ = write!(text, "{self}");
            return;
        };
        for (octet, end) in first.octets().into_iter().zip(['.', '.', '.', '/']) {
            push_decimal(text, octet);
            text.push(end);
        }
        push_decimal(text, self.prefix);
    }

    /// Whether one of the two holds the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (wide, narrow) = if self.prefix <= other.prefix { (self, other) } else { (other, self) };
        wide.first.is_ipv4() == narrow.first.is_ipv4() && Self::new(narrow.first, wide.prefix) == *wide
    }
}

fn push_decimal(text: &mut String, number: u8) {
    for unit in [100, 10, 1] {
        if number >= unit || unit == 1 {
            text.push(char::from(b'0' + number / unit % 10));
        }
    }
}

fn high_bits_of_32(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0)
}

fn high_bits_of_128(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0)
}

/// An address alone is a network of one address. Bits after the prefix are ignored; IPv4 in IPv6 form is IPv4.
impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let written: IpAddr = address.parse().map_err(|_| NetworkError)?;
        let address = written.to_canonical();
        let width: u8 = if address.is_ipv4() { 32 } else { 128 };
        let Some(prefix) = prefix else { return Ok(Self::new(address, width)) };
        if prefix.is_empty() || !prefix.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NetworkError);
        }
        // The prefix of IPv4 in IPv6 form counts the 96 bits before it.
        let before = if written == address { 0 } else { 96 };
        let prefix = prefix.parse::<u8>().ok().and_then(|prefix| prefix.checked_sub(before)).ok_or(NetworkError)?;
        if prefix > width { Err(NetworkError) } else { Ok(Self::new(address, prefix)) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
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
