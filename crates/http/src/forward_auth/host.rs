//! The host of a request, in one form for all its spellings.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest name, in characters (RFC 1035 section 2.3.4, written as text).
const LONGEST: usize = 253;

/// A name in lower case without a dot at its end, an IPv4 address, or an IPv6 address in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host(String);

impl Host {
    /// Reads a host with an optional port, which is dropped. None if programs may read it differently, or refuse it.
    pub(super) fn of_authority(authority: &str) -> Option<Self> {
        let name_end = if authority.starts_with('[') { authority.find(']')? + 1 } else { 0 };
        let port_start = authority[name_end..].find(':').map(|at| name_end + at);
        let (host, port) = port_start.map_or((authority, None), |at| (&authority[..at], Some(&authority[at + 1..])));
        port.is_none_or(is_port).then(|| Self::parse(host)).flatten()
    }

    /// As it is compared.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a host without a port.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(address) = text.strip_prefix('[') {
            let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
            return Some(Self(format!("[{address}]")));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let mut labels = name.split('.');
        let is_label =
            |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if name.len() > LONGEST || !labels.all(is_label) {
            return None;
        }
        // Browsers read a name that ends in a number as an address, also `127.1` and `0x7f.1`.
        let is_number = |label: &str| {
            let digits = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
            label.bytes().all(|b| b.is_ascii_digit())
                || digits.is_some_and(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        if name.rsplit('.').next().is_some_and(is_number) && name.parse::<Ipv4Addr>().is_err() {
            return None;
        }
        Some(Self(name.to_ascii_lowercase()))
    }
}

/// A number from 1 to 65535, without zeros in front.
fn is_port(text: &str) -> bool {
    !text.starts_with(['0', '+']) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_form() {
        for (authority, expected) in [
            ("Example.ORG:8443", "example.org"),
            ("a.", "a"),
            ("a.:1", "a"),
            ("a_b-c.d:65535", "a_b-c.d"),
            ("[2001:DB8::1]:443", "[2001:db8::1]"),
            ("[2001:db8:0:0::1]", "[2001:db8::1]"),
            ("[::1]", "[::1]"),
            ("192.0.2.1:80", "192.0.2.1"),
            ("192.0.2.1.", "192.0.2.1"),
            ("1password.example", "1password.example"),
        ] {
            assert_eq!(Host::of_authority(authority), Some(Host(expected.to_owned())), "{authority}");
        }
    }

    #[test]
    fn what_is_no_name_or_address_with_a_port_or_none_is_no_host() {
        for authority in [
            "", ".", "..", "a..", "a..b", ".a", ":80", "a:", "a:0", "a:65536", "a:+1", "a:01", "a:abc", "a:1:1",
            "a:1 ", " a", "a b", "a, b", "a,b", "a/b", "a?b", "a#b", "a@b", "a\\b", "a%2eb", "ä", "a\u{7f}", "[::1",
            "::1", "[::1]a", "[::1]:", "[::1]:x", "[::1]:1:1", "[::1%25eth0]", "[v1.a]", "[1.2.3.4]", "[]", "127.1",
            "1", "0x7f.1", "0x7f", "1.2.3.04", "1.2.3.256", "1.2.3.4.5", "a]:1",
        ] {
            assert_eq!(Host::of_authority(authority), None, "{authority:?}");
        }
        assert_eq!(Host::parse("a:80"), None);
        assert_eq!(Host::parse(&"a".repeat(LONGEST + 1)), None);
    }
}
