//! Where the bearer of a token is, and which caveats about that nobody here could meet.

use std::collections::BTreeSet;

use super::service::TokenService;
use zonemint_caveat::{Caveat, Country, Fact, PeerLocation, Region, Request};

impl TokenService {
    /// Looks up where the peer of a request is.
    pub(super) fn place(&self, request: &Request) -> PeerLocation {
        let tells = self.geo.tells();
        let found = request.peer.and_then(|peer| self.geo.locate(peer));
        let country = found.and_then(|found| Country::parse(str::from_utf8(&found.country?).ok()?));
        let regions = found.and_then(|found| Some(found.regions()?.filter_map(Region::from_name).collect()));
        let is_found = found.is_some();
        PeerLocation {
            asn: fact(tells.asn, is_found, found.and_then(|found| found.asn)),
            country: fact(tells.country, is_found, country),
            regions: fact(tells.regions, is_found, regions),
        }
    }

    /// A word about caveats for which there is no database here, so that this server refuses every token that has them; none for others.
    #[must_use]
    pub fn unmeetable(&self, caveats: &[Caveat]) -> Option<String> {
        let tells = self.geo.tells();
        let missing: BTreeSet<_> = caveats
            .iter()
            .filter_map(|caveat| match caveat {
                Caveat::Asn(_) if !tells.asn => Some("asn (geo.asn names no file)"),
                Caveat::Country(_) if !tells.country => Some("geo.country (geo.country names no file)"),
                Caveat::Region(_) if !tells.country => Some("geo.region (geo.country names no file)"),
                Caveat::Region(_) if !tells.regions => {
                    Some("geo.region (the file that geo.country names has no regions)")
                }
                _ => None,
            })
            .collect();
        let missing: Vec<_> = missing.into_iter().collect();
        (!missing.is_empty()).then(|| {
            format!("this server refuses the token, for it has no database for its caveat {}", missing.join(" and "))
        })
    }
}

fn fact<T>(is_told: bool, is_found: bool, fact: Option<T>) -> Fact<T> {
    match fact {
        _ if !is_told => Fact::NoDatabase,
        _ if !is_found => Fact::Nowhere,
        None => Fact::Unknown,
        Some(fact) => Fact::Known(fact),
    }
}
