//! `ip = 10.0.0.0/8|2001:db8::/32`: from which addresses a token may be used. IPv6 is our extension of Onezone's form.

use std::net::IpAddr;

use ipnet::IpNet;

use super::list::{self, Field, Joined, whitelist};
use super::{Request, Unmet};

const FIELD: Field = Field {
    kind: "ip",
    name: "whitelist",
    item: "an IPv4 or IPv6 network as a string, such as \"10.0.0.0/8\" or \"2001:db8::/32\"; IPv4 not in its IPv6 form",
};

whitelist! {
    /// Holds when the peer is in one of the networks. Bits after a network's prefix stay as written and have no effect: Onezone's own
    /// example is `189.34.15.0/8`.
    Ip, IpNet, FIELD, parse, |item| read(item.as_str()?), list::strings
}

/// Width of the addresses in bits, first and last address as numbers: in this order, so that ranges sort.
type Range = (u8, u128, u128);

impl Ip {
    pub(super) fn in_words(&self) -> String {
        format!("usable only from {}", list::either(&self.whitelist))
    }

    pub(super) fn unverified_description(&self) -> String {
        let masks = Joined(&self.whitelist, " or ");
        format!("unverified IP caveat: this token can only be used from an IP address that matches: '{masks}'")
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let peer = request.peer.ok_or(Unmet::AddressUnknown)?.to_canonical();
        let allowed = self.whitelist.iter().any(|network| network.contains(&peer));
        if allowed { Ok(()) } else { Err(Unmet::Address(peer)) }
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        let wide = other.merged();
        self.whitelist.iter().map(range).all(|(width, first, last)| {
            let before = wide.partition_point(|range| (range.0, range.1) <= (width, first));
            before.checked_sub(1).is_some_and(|at| wide[at].0 == width && wide[at].2 >= last)
        })
    }

    /// The addresses in ascending ranges that neither overlap nor touch. Not by `IpNet::aggregate`: of 255.255.255.254/32 alone it makes
    /// 255.255.255.254/31, so that a wider caveat would count as a narrower one.
    fn merged(&self) -> Vec<Range> {
        let mut ranges: Vec<_> = self.whitelist.iter().map(range).collect();
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

/// The strict text. Without a mask it is one address: Onezone takes that too, and holders write it. It is minted with a mask.
fn parse(text: &str) -> Option<IpNet> {
    let Some((address, prefix)) = text.split_once('/') else {
        return checked(IpNet::from(list::canonical::<IpAddr>(text)?));
    };
    checked(IpNet::new(list::canonical(address)?, list::canonical(prefix)?).ok()?)
}

/// The text in JSON, which is less strict: without a mask it is one address, IPv6 may have any spelling, and superfluous slashes are
/// ignored, as in Onezone.
fn read(text: &str) -> Option<IpNet> {
    let mut parts = text.split('/').filter(|part| !part.is_empty());
    let (address, prefix, more) = (parts.next()?.parse::<IpAddr>().ok()?, parts.next(), parts.next());
    match (prefix, more) {
        (None, _) => checked(address.into()),
        (Some(prefix), None) => checked(IpNet::new(address, list::canonical(prefix)?).ok()?),
        (Some(_), Some(_)) => None,
    }
}

/// None for a network that no peer can be in: IPv4-mapped peers are matched as IPv4.
fn checked(network: IpNet) -> Option<IpNet> {
    let only_mapped = network.prefix_len() >= 96 && network.addr() != network.addr().to_canonical();
    (!only_mapped).then_some(network)
}

fn range(network: &IpNet) -> Range {
    match network {
        IpNet::V4(network) => (32, network.network().to_bits().into(), network.broadcast().to_bits().into()),
        IpNet::V6(network) => (128, network.network().to_bits(), network.broadcast().to_bits()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        assert!(!ip("255.255.255.255").implies(&ip("255.255.255.254")));
        assert!(ip("255.255.255.254/31").implies(&ip("255.255.255.254|255.255.255.255")));
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
