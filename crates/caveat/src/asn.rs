//! `asn = 64500|64501`: from which autonomous systems a token may be used.

use serde_json::Value;

use super::list::{self, Field, Joined, whitelist};
use super::{Request, Unmet};

const FIELD: Field =
    Field { kind: "asn", name: "whitelist", item: "the number of an autonomous system, such as 64500" };

whitelist! {
    /// Holds when the peer's autonomous system is known and listed. Numbers of systems have 32 bits (RFC 6793); as in Onezone, a
    /// greater one may be listed, and is that of no system.
    Asn, u64, FIELD, list::canonical, Value::as_u64, Vec::clone
}

impl Asn {
    pub(super) fn in_words(&self) -> String {
        format!("usable only from the autonomous system {}", list::either(&self.whitelist))
    }

    pub(super) fn unverified_description(&self) -> String {
        let numbers = Joined(&self.whitelist, " or ");
        format!(
            "unverified ASN caveat: this token can only be used from an IP address that maps to the following Autonomous \
             System Number: '{numbers}'"
        )
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let asn = *request.place.asn.known(Unmet::AsnUnknown)?;
        if self.whitelist.contains(&asn.into()) { Ok(()) } else { Err(Unmet::Asn(asn)) }
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        list::subset(&self.whitelist, &other.whitelist)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fact, PeerLocation};
    use super::*;

    fn asn(list: &str) -> Asn {
        Asn::parse(&format!("asn = {list}")).expect("a valid caveat")
    }

    fn at(place: PeerLocation) -> Request {
        Request { place, ..Request::at(0) }
    }

    #[test]
    fn it_holds_for_a_listed_system_and_says_what_is_missing_otherwise() {
        let caveat = asn("64500|64501");
        for (asn, expected) in [
            (Fact::Known(64501), Ok(())),
            (Fact::Known(64502), Err(Unmet::Asn(64502))),
            (Fact::Unknown, Err(Unmet::AsnUnknown)),
            (Fact::Nowhere, Err(Unmet::PlaceUnknown)),
            (Fact::NoDatabase, Err(Unmet::NoDatabase)),
        ] {
            assert_eq!(caveat.check(&at(PeerLocation { asn, ..PeerLocation::default() })), expected);
        }
    }

    #[test]
    fn a_shorter_list_implies_a_longer_one() {
        assert!(asn("2|2").implies(&asn("1|2")));
        assert!(!asn("1|3").implies(&asn("1|2")));
    }
}
