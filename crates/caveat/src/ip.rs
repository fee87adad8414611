//! `ip = 10.0.0.0/8|2001:db8::/32`: from which addresses a token may be used. IPv6 is our extension of Onezone's form.

use std::fmt;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::list::{self, Field, Joined};
use super::{JsonError, Request, Unmet};

const FIELD: Field = Field {
    kind: "ip",
    name: "whitelist",
    item: "an IPv4 or IPv6 network as a string, such as \"10.0.0.0/8\" or \"2001:db8::/32\"; IPv4 not in its IPv6 form",
};

/// Holds when the peer is in one of the networks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ip {
    whitelist: Vec<Network>,
}

/// The addresses that share their first bits. Bits beyond these are kept as written and mean nothing: Onezone's own
/// example is `189.34.15.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Width of the addresses in bits, first and last address as numbers: in this order, so that ranges sort.
type Range = (u8, u128, u128);

impl Ip {
    pub(super) fn parse(cid: &str) -> Option<Self> {
        list::parse(cid.strip_prefix("ip = ")?, Network::parse).map(|whitelist| Self { whitelist })
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        FIELD.read(json, |item| Network::read(item.as_str()?)).map(|whitelist| Self { whitelist })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": FIELD.kind, FIELD.name: list::strings(&self.whitelist)})
    }

    pub(super) fn in_words(&self) -> String {
        format!("usable only from {}", list::either(&self.whitelist))
    }

    pub(super) fn unverified_description(&self) -> String {
        let masks = Joined(&self.whitelist, " or ");
        format!("unverified IP caveat: this token can only be used from an IP address that matches: '{masks}'")
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let peer = request.peer.ok_or(Unmet::AddressUnknown)?.to_canonical();
        let allowed = self.whitelist.iter().any(|network| network.contains(peer));
        if allowed { Ok(()) } else { Err(Unmet::Address(peer)) }
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        let wide = other.merged();
        self.whitelist.iter().map(Network::range).all(|(width, first, last)| {
            let before = wide.partition_point(|range| (range.0, range.1) <= (width, first));
            before.checked_sub(1).is_some_and(|at| wide[at].0 == width && wide[at].2 >= last)
        })
    }

    /// The addresses in ascending ranges that neither overlap nor touch.
    fn merged(&self) -> Vec<Range> {
        let mut ranges: Vec<_> = self.whitelist.iter().map(Network::range).collect();
        ranges.sort_unstable();
        ranges.dedup_by(|next, kept| {
            let joins = next.0 == kept.0 && next.1 <= kept.2.saturating_add(1);
            if joins {
                kept.2 = kept.2.max(next.2);
            }
            joins
        });
        ranges
    }
}

impl Network {
    /// The strict text. Without a mask it is one address: Onezone takes that too, and holders write it. It is minted with a mask.
    fn parse(text: &str) -> Option<Self> {
        let Some((address, prefix)) = text.split_once('/') else { return Self::of(list::canonical(text)?) };
        Self::new(list::canonical(address)?, list::canonical(prefix)?)
    }

    /// The friendlier text in JSON: without a mask it is one address, IPv6 may be spelled in any way, and slashes with nothing
    /// between them mean nothing, as in Onezone.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('/').filter(|part| !part.is_empty());
        let (address, prefix, more) = (parts.next()?.parse().ok()?, parts.next(), parts.next());
        match (prefix, more) {
            (None, _) => Self::of(address),
            (Some(prefix), None) => Self::new(address, list::canonical(prefix)?),
            (Some(_), Some(_)) => None,
        }
    }

    /// One address.
    fn of(address: IpAddr) -> Option<Self> {
        Self::new(address, width(address))
    }

    /// None if the mask is too long, or if nobody can be inside: IPv4-mapped peers are matched as IPv4.
    fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let only_mapped = prefix >= 96 && address != address.to_canonical();
        (prefix <= width(address) && !only_mapped).then_some(Self { address, prefix })
    }

    fn contains(&self, peer: IpAddr) -> bool {
        let (width, first, last) = self.range();
        let (peer_width, peer, _) = Self { address: peer, prefix: self::width(peer) }.range();
        width == peer_width && (first..=last).contains(&peer)
    }

    fn range(&self) -> Range {
        let width = width(self.address);
        let bits = match self.address {
            IpAddr::V4(address) => address.to_bits().into(),
            IpAddr::V6(address) => address.to_bits(),
        };
        let free = u32::from(width.saturating_sub(self.prefix));
        let host = u128::MAX.checked_shr(128 - free).unwrap_or(0);
        (width, bits & !host, bits | host)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ip = {}", Joined(&self.whitelist, "|"))
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(list: &str) -> Ip {
        Ip::parse(&format!("ip = {list}")).expect("a valid caveat")
    }

    fn from(peer: &str) -> Request {
        Request { peer: peer.parse().ok(), ..Request::at(0) }
    }

    #[test]
    fn it_holds_inside_a_network_and_not_beside_it() {
        let caveat = ip("192.0.2.64/26|2001:db8::/33");
        for peer in ["192.0.2.64", "192.0.2.127", "::ffff:192.0.2.100", "2001:db8:7fff::1"] {
            assert_eq!(caveat.check(&from(peer)), Ok(()), "{peer}");
        }
        for peer in ["192.0.2.63", "192.0.2.128", "2001:db8:8000::", "::c000:264"] {
            assert!(matches!(caveat.check(&from(peer)), Err(Unmet::Address(_))), "{peer}");
        }
    }

    #[test]
    fn it_does_not_hold_for_an_unknown_peer() {
        assert_eq!(ip("0.0.0.0/0|::/0").check(&Request::at(0)), Err(Unmet::AddressUnknown));
    }

    #[test]
    fn an_ipv6_network_does_not_hold_an_ipv4_peer() {
        assert!(ip("::/0").check(&from("::ffff:10.0.0.1")).is_err());
        assert_eq!(Ip::parse("ip = ::ffff:10.0.0.0/104"), None, "nobody could be inside");
        assert!(Ip::parse("ip = ::ffff:10.0.0.0/95").is_some());
    }

    #[test]
    fn networks_that_touch_cover_what_spans_them() {
        assert!(ip("10.0.0.0/8").implies(&ip("10.128.0.0/9|10.0.0.0/9")));
        assert!(ip("10.1.0.0/16|10.1.2.3/32").implies(&ip("10.99.0.0/8")));
        assert!(ip("::/0|0.0.0.0/0").implies(&ip("0.0.0.0/1|128.0.0.0/1|8000::/1|::/1")));
        assert!(!ip("10.0.0.0/8").implies(&ip("10.0.0.0/9")));
        assert!(!ip("10.0.0.0/30").implies(&ip("10.0.0.0/32|10.0.0.2/31")));
        assert!(!ip("0.0.0.0/8").implies(&ip("::/0")));
        assert!(!ip("::1/128").implies(&ip("0.0.0.0/0")));
        assert!(!ip("10.0.0.0/7").implies(&ip("10.0.0.0/8|12.0.0.0/8")));
    }

    #[test]
    fn one_address_is_one_network_however_it_is_written() {
        let (bare, masked) = (ip("192.0.2.1|2001:db8::1"), ip("192.0.2.1/32|2001:db8::1/128"));
        assert_eq!(bare, masked);
        assert!(bare.implies(&masked) && masked.implies(&bare));
        assert_eq!(bare.to_string(), "ip = 192.0.2.1/32|2001:db8::1/128");
        for list in
            ["192.0.2.01", "+192.0.2.1", " 192.0.2.1", "192.0.2.1 ", "192.0.2.1/", "2001:DB8::1", "::ffff:192.0.2.1"]
        {
            assert_eq!(Ip::parse(&format!("ip = {list}")), None, "{list:?} was accepted");
        }
    }

    #[test]
    fn json_may_leave_out_the_mask_and_have_a_slash_too_many() {
        let json = json!({"whitelist": ["192.0.2.1", "2001:DB8:0::1", "189.34.15.0/8/", "/192.0.2.1/"]});
        assert_eq!(Ip::from_json(&json), Ok(ip("192.0.2.1/32|2001:db8::1/128|189.34.15.0/8|192.0.2.1/32")));
        for item in ["", "/", "/8", "10.0.0.0/8/8", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/ 8"] {
            assert!(Ip::from_json(&json!({"whitelist": [item]})).is_err(), "{item:?} was accepted");
        }
    }
}
