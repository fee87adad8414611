//! The address of the client, by `X-Forwarded-For` or `Forwarded` where proxies that are listed in the settings write it.
//!
//! A header is trusted only from a listed peer, and only as far as listed proxies wrote it. It is read from the right, where each proxy
//! adds the address of its client. What is further left came with the request and may be invented. If the entry that would be the
//! answer cannot be read, the client is unknown, which meets no caveat about addresses.
//!
//! This module knows no sockets: the peer is given, either the other end of the connection or the address of PROXY protocol.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::header::{FORWARDED, VIA};
use axum::http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};

use super::proxies::TrustedProxies;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Headers that proxies write.
const TRACES: [HeaderName; 4] = [FORWARDED, VIA, X_FORWARDED_FOR, HeaderName::from_static("x-real-ip")];
/// Listed proxies that one request may have passed, which bounds the work. Chains in use have two or three.
const MOST_HOPS: usize = 64;

/// The header in which the listed proxies write the client's address: the setting `http.forwarded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For: 192.0.2.1, 10.0.0.7`, which every proxy knows.
    XForwardedFor,
    /// `Forwarded: for=192.0.2.1;proto=https, for="[2001:db8::7]"` (RFC 7239).
    Forwarded,
}

/// The address of the client, by the `headers` of `peer`: neither IPv4 in IPv6 form nor a listed proxy's. None when proxies hide it,
/// or their header cannot be read.
///
/// If `peer` is among `trusted`, the client is the first address that is not listed, from the right of the header
/// `trusted_header`. It is never a listed proxy: a proxy that names no client hides it, or does not work as the settings say.
///
/// A proxy that writes one of the two headers passes the other one on as the client sent it. So if both are present, they must
/// give the same answer. Otherwise anybody could choose an address where `trusted_header` is set wrongly.
#[must_use]
pub fn client(
    peer: IpAddr,
    headers: &HeaderMap,
    trusted: &TrustedProxies,
    trusted_header: ForwardedHeader,
) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    if !trusted.contains(peer) {
        return Some(peer);
    }
    let client = trusted_header.walk(headers, trusted);
    let other = trusted_header.other();
    if headers.contains_key(other.name()) && other.walk(headers, trusted) != client {
        return None;
    }
    client
}

/// Whether a proxy, trusted or not, has passed the request on and says so in any header.
pub(super) fn was_forwarded(headers: &HeaderMap) -> bool {
    TRACES.iter().any(|name| headers.contains_key(name))
}

impl ForwardedHeader {
    const fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => FORWARDED,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::XForwardedFor => Self::Forwarded,
            Self::Forwarded => Self::XForwardedFor,
        }
    }

    /// Lines and their elements from the right. Commas divide even where they are quoted: no address has one, and so
    /// nothing further left, an open quote for one, changes how an element is read. Empty elements are none (RFC 9110
    /// section 5.6.1).
    fn walk(self, headers: &HeaderMap, trusted: &TrustedProxies) -> Option<IpAddr> {
        let lines = headers.get_all(self.name()).iter().rev();
        let elements = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        for element in elements.filter(|element| !element.is_empty()).take(MOST_HOPS) {
            match self.address(element) {
                Some(address) if trusted.contains(address) => {}
                client => return client,
            }
        }
        None
    }

    fn address(self, element: &[u8]) -> Option<IpAddr> {
        let element = std::str::from_utf8(element).ok()?;
        let address = match self {
            Self::XForwardedFor => node(element).or_else(|| element.parse().ok().map(Ipv6Addr::into)),
            Self::Forwarded => node(forwarded_for(element)?),
        };
        address.map(|address| address.to_canonical())
    }
}

/// The value of the one `for` in an element (RFC 7239 section 4). None when any of its parts is malformed, or holds a
/// quote or a backslash inside of quotes: then it is not sure where it ends.
fn forwarded_for(element: &str) -> Option<&str> {
    let mut found = None;
    for pair in element.split(';').map(str::trim_ascii).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = value.strip_prefix('"').map_or(Some(value), |value| value.strip_suffix('"'))?;
        if name.is_empty() || !name.bytes().all(is_token) || value.contains(['"', '\\']) {
            return None;
        }
        if name.eq_ignore_ascii_case("for") && found.replace(value).is_some() {
            return None;
        }
    }
    found
}

/// The address of `192.0.2.1` or `[2001:db8::1]`, either with or without a port (RFC 7239 section 6). None for
/// `unknown`, for obfuscated identifiers and for everything else.
fn node(text: &str) -> Option<IpAddr> {
    let (address, port) = if let Some(text) = text.strip_prefix('[') {
        let (address, port) = text.split_once(']')?;
        (IpAddr::V6(address.parse().ok()?), port)
    } else {
        let (address, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        (IpAddr::V4(address.parse().ok()?), port)
    };
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(address)
}

/// A number or an obfuscated one (RFC 7239 section 6.2 and 6.3).
fn is_port(text: &str) -> bool {
    let number = (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let obfuscated = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    number || text.strip_prefix('_').is_some_and(obfuscated)
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde::de::value::{Error, StrDeserializer};

    use super::ForwardedHeader::{Forwarded, XForwardedFor};
    use super::*;

    const PROXIES: [&str; 3] = ["10.0.0.0/8", "2001:db8:ffff::/48", "192.0.2.99"];
    const BOTH: [ForwardedHeader; 2] = [XForwardedFor, Forwarded];

    fn proxies() -> TrustedProxies {
        TrustedProxies::parse(PROXIES).unwrap()
    }

    fn headers<T: AsRef<str>>(lines: impl IntoIterator<Item = (ForwardedHeader, T)>) -> HeaderMap {
        let value = |line: T| HeaderValue::from_bytes(line.as_ref().as_bytes()).unwrap();
        lines.into_iter().map(|(header, line)| (header.name(), value(line))).collect()
    }

    /// What a listed proxy's lines of one header say.
    fn said(header: ForwardedHeader, lines: &[&str]) -> Option<IpAddr> {
        let lines = headers(lines.iter().map(|line| (header, *line)));
        client([10, 0, 0, 1].into(), &lines, &proxies(), header)
    }

    fn ip(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn x_forwarded_for_is_read_from_the_right_up_to_the_first_unlisted_address() {
        let rows: [(&[&str], &str); 14] = [
            (&["192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.1, 10.0.0.7"], "192.0.2.1"),
            (&["203.0.113.5, 192.0.2.1,10.0.0.7 ,\t10.1.2.3"], "192.0.2.1"),
            (&["192.0.2.1, 192.0.2.99, 2001:db8:ffff:1::"], "192.0.2.1"),
            (&["203.0.113.5", "192.0.2.1", "10.0.0.7"], "192.0.2.1"),
            (&["192.0.2.1", "203.0.113.5, 10.0.0.7", "10.0.0.8"], "203.0.113.5"),
            (&["192.0.2.1:1234"], "192.0.2.1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["[2001:db8::1]:443, ::ffff:10.0.0.7"], "2001:db8::1"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
            (&[", ,192.0.2.1,, ", ""], "192.0.2.1"),
            (&["unknown, \u{fc}, \", 192.0.2.1"], "192.0.2.1"),
            (&["2001:db8:fffe:ffff::1"], "2001:db8:fffe:ffff::1"),
        ];
        for (lines, address) in rows {
            assert_eq!(said(XForwardedFor, lines), Some(ip(address)), "{lines:?}");
        }
    }

    #[test]
    fn forwarded_is_read_from_the_right_up_to_the_first_unlisted_address() {
        let rows: [(&[&str], &str); 13] = [
            (&["for=192.0.2.1"], "192.0.2.1"),
            (&["For=192.0.2.1;Proto=https;by=203.0.113.43"], "192.0.2.1"),
            (&["proto=http; host=\"onezone.example.org:8443\"; for=\"192.0.2.1:47011\";"], "192.0.2.1"),
            (&["for=192.0.2.1:47011"], "192.0.2.1"),
            (&["for=\"192.0.2.1:_port-1.a\""], "192.0.2.1"),
            (&["for=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
            (&["for=\"[2001:db8:cafe::17]\", for=10.0.0.7"], "2001:db8:cafe::17"),
            (&["for=\"[::ffff:192.0.2.1]\""], "192.0.2.1"),
            (&["for=203.0.113.5, for=192.0.2.1", "for=10.0.0.7 , for=\"10.0.0.8:1\""], "192.0.2.1"),
            (&["for=unknown, for=_hidden, for=192.0.2.1"], "192.0.2.1"),
            (&["for=\"open, for=192.0.2.1"], "192.0.2.1"),
            (&["for=\"open\\", "for=192.0.2.1"], "192.0.2.1"),
            (&["x;=\", for=192.0.2.1, for=10.0.0.7,"], "192.0.2.1"),
        ];
        for (lines, address) in rows {
            assert_eq!(said(Forwarded, lines), Some(ip(address)), "{lines:?}");
        }
    }

    #[test]
    fn a_hop_that_cannot_be_read_where_the_answer_would_be_leaves_the_caller_unknown() {
        let rows: [(ForwardedHeader, &[&str]); 35] = [
            (XForwardedFor, &[]),
            (XForwardedFor, &["", " , "]),
            (XForwardedFor, &["10.0.0.7, 10.0.0.8"]),
            (XForwardedFor, &["192.0.2.1, unknown"]),
            (XForwardedFor, &["192.0.2.1, onezone.example.org, 10.0.0.7"]),
            (XForwardedFor, &["192.0.2.1, \u{fc}, 10.0.0.7"]),
            (XForwardedFor, &["192.0.2.1 203.0.113.5"]),
            (XForwardedFor, &["192.0.2.1;10.0.0.7"]),
            (XForwardedFor, &["\"192.0.2.1\""]),
            (XForwardedFor, &["192.0.2.01"]),
            (XForwardedFor, &["192.0.2.1:"]),
            (XForwardedFor, &["192.0.2.1:123456"]),
            (XForwardedFor, &["192.0.2.1:+80"]),
            (XForwardedFor, &["192.0.2"]),
            (XForwardedFor, &["192.0.2.1/32"]),
            (XForwardedFor, &["[192.0.2.1]"]),
            (XForwardedFor, &["[2001:db8::1"]),
            (XForwardedFor, &["[2001:db8::1]443"]),
            (XForwardedFor, &["fe80::1%eth0"]),
            (XForwardedFor, &["for=192.0.2.1"]),
            (Forwarded, &["192.0.2.1"]),
            (Forwarded, &["for=192.0.2.1, for=unknown"]),
            (Forwarded, &["for=192.0.2.1, for=_hidden, for=10.0.0.7"]),
            (Forwarded, &["for=192.0.2.1, proto=https;by=10.0.0.7"]),
            (Forwarded, &["for=192.0.2.1;for=203.0.113.5"]),
            (Forwarded, &["for=\"2001:db8::1\""]),
            (Forwarded, &["for=192.0.2.1;host=\"a,b\""]),
            (Forwarded, &["host=\"a;for=192.0.2.1;b\""]),
            (Forwarded, &["for=192.0.2.1;host=\"a\\\"b\""]),
            (Forwarded, &["for=\"192.0.2.1"]),
            (Forwarded, &["for=192.0.2.1\""]),
            (Forwarded, &["for=\""]),
            (Forwarded, &["for = 192.0.2.1"]),
            (Forwarded, &["for=192.0.2.1;=x"]),
            (Forwarded, &["for=192.0.2.1;secret"]),
        ];
        for (header, lines) in rows {
            assert_eq!(said(header, lines), None, "{header:?}: {lines:?}");
        }
    }

    #[test]
    fn two_headers_are_believed_only_when_they_agree() {
        let peer = IpAddr::from([10, 0, 0, 1]);
        let rows = [
            ("192.0.2.1", "for=192.0.2.1", Some(ip("192.0.2.1"))),
            ("10.9.9.9, 192.0.2.1, 10.0.0.7", "for=\"192.0.2.1:80\"", Some(ip("192.0.2.1"))),
            ("192.0.2.1", "for=203.0.113.5", None),
            ("192.0.2.1", "for=unknown", None),
            ("192.0.2.1", "", None),
            ("unknown", "for=192.0.2.1", None),
        ];
        for (theirs, forwarded, answer) in rows {
            let lines = headers([(XForwardedFor, theirs), (Forwarded, forwarded)]);
            for trusted_header in BOTH {
                assert_eq!(client(peer, &lines, &proxies(), trusted_header), answer, "{theirs:?} and {forwarded:?}");
            }
        }
    }

    #[test]
    fn only_the_header_of_the_settings_can_tell_who_calls() {
        for header in BOTH {
            let lines = headers([(header, "192.0.2.1"), (header, "for=192.0.2.1")]);
            assert_eq!(client([10, 0, 0, 1].into(), &lines, &proxies(), header.other()), None);
        }
    }

    #[test]
    fn listed_hops_beyond_the_bound_are_not_followed() {
        let chain = |listed: usize| format!("192.0.2.1{}", ", 10.0.0.7".repeat(listed));
        assert_eq!(said(XForwardedFor, &[&chain(MOST_HOPS - 1)]), Some(ip("192.0.2.1")));
        assert_eq!(said(XForwardedFor, &[&chain(MOST_HOPS)]), None);
    }

    #[test]
    fn a_peer_in_ipv6_form_is_the_ipv4_address_that_it_is() {
        let lines = headers([(XForwardedFor, "203.0.113.5")]);
        let ask = |peer: &str| client(peer.parse().unwrap(), &lines, &proxies(), XForwardedFor);
        assert_eq!(ask("::ffff:10.0.0.1"), Some(ip("203.0.113.5")));
        assert_eq!(ask("::ffff:192.0.2.1"), Some(ip("192.0.2.1")));
        assert_eq!(ask("::ffff:192.0.2.1"), Some(IpAddr::from([192, 0, 2, 1])));
    }

    #[test]
    fn the_setting_is_written_as_the_header_is() {
        let read = |text: &str| ForwardedHeader::deserialize(StrDeserializer::<Error>::new(text));
        assert_eq!(read("x-forwarded-for"), Ok(XForwardedFor));
        assert_eq!(read("forwarded"), Ok(Forwarded));
        assert!(read("X-Real-IP").is_err());
    }

    fn any_address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<[u8; 4]>().prop_map(IpAddr::from),
            any::<[u8; 16]>().prop_map(IpAddr::from),
            any::<[u8; 3]>().prop_map(|[b, c, d]| IpAddr::from([10, b, c, d])),
        ]
    }

    fn unlisted() -> impl Strategy<Value = IpAddr> {
        any_address().prop_filter("a listed proxy", |address| !proxies().contains(*address))
    }

    /// Lines that look like the real thing more often than not.
    fn any_line() -> impl Strategy<Value = String> {
        let address = any_address().prop_map(|address| address.to_string());
        let word =
            select(&["for=", "For=\"", "\"", "[", "]", ":443", ";", ",", ", ", "unknown", "_x", "\\", "=", "by="]);
        let piece = prop_oneof![address, word.prop_map(str::to_owned), "[ -~]{0,8}"];
        vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    fn any_header() -> impl Strategy<Value = ForwardedHeader> {
        select(BOTH.as_slice())
    }

    fn hop(header: ForwardedHeader, address: IpAddr) -> String {
        match (header, address) {
            (XForwardedFor, address) => address.to_string(),
            (Forwarded, IpAddr::V4(address)) => format!("for={address}"),
            (Forwarded, IpAddr::V6(address)) => format!("proto=https;for=\"[{address}]:443\""),
        }
    }

    proptest! {
        #[test]
        fn headers_of_an_unlisted_peer_change_nothing(
            peer in unlisted(),
            lines in vec((any_header(), any_line()), 0..6),
            trusted_header in any_header(),
        ) {
            let lines = headers(lines);
            prop_assert_eq!(client(peer, &lines, &proxies(), trusted_header), Some(peer.to_canonical()));
        }

        #[test]
        fn what_stands_left_of_the_answer_changes_nothing(
            invented in vec(any_line(), 0..4),
            same_line in any::<bool>(),
            address in unlisted(),
            readable in any::<bool>(),
            listed in 0..4_usize,
            header in any_header(),
        ) {
            let caller = if readable { hop(header, address) } else { "unknown".to_owned() };
            let added = vec![hop(header, [10, 0, 0, 7].into()); listed];
            let real = [vec![caller], added].concat().join(", ");
            let mut lines = invented;
            match lines.last_mut().filter(|_| same_line) {
                Some(last) => *last = format!("{last},{real}"),
                None => lines.push(real),
            }
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let answer = if readable { Some(address.to_canonical()) } else { None };
            prop_assert_eq!(said(header, &lines), answer);
        }

        #[test]
        fn the_answer_is_never_a_listed_proxy(
            lines in vec((any_header(), any_line()), 0..6),
            trusted_header in any_header(),
        ) {
            let lines = headers(lines);
            let answer = client([10, 0, 0, 1].into(), &lines, &proxies(), trusted_header);
            prop_assert!(answer.is_none_or(|address| !proxies().contains(address)));
        }

        #[test]
        fn an_invented_other_header_can_hide_the_caller_but_not_choose_him(
            address in unlisted(),
            invented in vec(any_line(), 1..4),
            trusted_header in any_header(),
        ) {
            let other = invented.into_iter().map(|line| (trusted_header.other(), line));
            let lines = headers(other.chain([(trusted_header, hop(trusted_header, address))]));
            let answer = client([10, 0, 0, 1].into(), &lines, &proxies(), trusted_header);
            prop_assert!([Some(address.to_canonical()), None].contains(&answer));
        }
    }
}
