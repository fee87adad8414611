//! `geo.country = PL|FR`, `geo.region != Europe`: from which parts of the world a token may be used.
//!
//! A blacklist too needs to know where the peer is: what is not known never fits.

use std::fmt;

use serde_json::{Value, json};

use super::list::{self, Field, Joined};
use super::{Country, JsonError, Region, Request, Unmet};

const COUNTRY: Field =
    Field { kind: "geo.country", name: "list", item: "a country as two letters (ISO 3166-1), such as \"PL\"" };

const REGION: Field = Field {
    kind: "geo.region",
    name: "list",
    item: "one of \"Africa\", \"Antarctica\", \"Asia\", \"Europe\", \"EU\", \"NorthAmerica\", \"Oceania\" and \
           \"SouthAmerica\"",
};

/// Holds when the peer's country is known, and is listed or not listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Countries {
    filter: Filter,
    list: Vec<Country>,
}

/// Holds when the peer's regions are known, and one of them or none of them is listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Regions {
    filter: Filter,
    list: Vec<Region>,
}

/// Whether a list names what is allowed or what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Filter {
    Whitelist,
    Blacklist,
}

impl Countries {
    pub(super) fn parse(cid: &str) -> Option<Self> {
        let (filter, list) = Filter::parse(cid.strip_prefix(COUNTRY.kind)?)?;
        list::parse(list, Country::parse).map(|list| Self { filter, list })
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        let filter = Filter::from_json(json, COUNTRY.kind)?;
        COUNTRY.read(json, |item| Country::parse(item.as_str()?)).map(|list| Self { filter, list })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": COUNTRY.kind, "filter": self.filter.name(), COUNTRY.name: list::strings(&self.list)})
    }

    pub(super) fn in_words(&self) -> String {
        let usable = self.filter.choose("usable only from", "not usable from");
        format!("{usable} the country {}", list::either(&self.list))
    }

    pub(super) fn unverified_description(&self) -> String {
        self.filter.unverified_description("country", &Joined(&self.list, " or "))
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let country = *request.place.country.known(Unmet::CountryUnknown)?;
        let listed = self.list.iter().any(|listed| listed.letters() == country.letters());
        if listed == self.filter.choose(true, false) { Ok(()) } else { Err(Unmet::Country(country)) }
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        let letters = |caveat: &Self| -> Vec<_> { caveat.list.iter().map(|country| country.letters()).collect() };
        match (self.filter, other.filter) {
            (Filter::Whitelist, Filter::Whitelist) => list::subset(letters(self), letters(other)),
            (Filter::Whitelist, Filter::Blacklist) => list::disjoint(letters(self), letters(other)),
            (Filter::Blacklist, Filter::Blacklist) => list::subset(letters(other), letters(self)),
            (Filter::Blacklist, Filter::Whitelist) => false,
        }
    }
}

impl Regions {
    pub(super) fn parse(cid: &str) -> Option<Self> {
        let (filter, list) = Filter::parse(cid.strip_prefix(REGION.kind)?)?;
        list::parse(list, Region::parse).map(|list| Self { filter, list })
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        let filter = Filter::from_json(json, REGION.kind)?;
        REGION.read(json, |item| Region::parse(item.as_str()?)).map(|list| Self { filter, list })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": REGION.kind, "filter": self.filter.name(), REGION.name: list::strings(&self.list)})
    }

    pub(super) fn in_words(&self) -> String {
        let usable = self.filter.choose("usable only from", "not usable from");
        format!("{usable} the region {}", list::either(&self.list))
    }

    pub(super) fn unverified_description(&self) -> String {
        self.filter.unverified_description("region", &Joined(&self.list, " or "))
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let regions = request.place.regions.known(Unmet::RegionUnknown)?;
        let listed = regions.iter().any(|region| self.list.contains(region));
        if listed == self.filter.choose(true, false) { Ok(()) } else { Err(Unmet::Region(regions.clone())) }
    }

    /// A whitelist implies no blacklist: a place in a listed region may be in another one too.
    pub(super) fn implies(&self, other: &Self) -> bool {
        match (self.filter, other.filter) {
            (Filter::Whitelist, Filter::Whitelist) => list::subset(&self.list, &other.list),
            (Filter::Blacklist, Filter::Blacklist) => list::subset(&other.list, &self.list),
            (Filter::Blacklist, Filter::Whitelist) => list::subset(&Region::ALL, self.list.iter().chain(&other.list)),
            (Filter::Whitelist, Filter::Blacklist) => false,
        }
    }
}

impl Filter {
    /// Reads ` = ` or ` != `, and leaves the list behind it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let white = text.strip_prefix(" = ").map(|list| (Self::Whitelist, list));
        white.or_else(|| text.strip_prefix(" != ").map(|list| (Self::Blacklist, list)))
    }

    fn from_json(json: &Value, kind: &'static str) -> Result<Self, JsonError> {
        match json.get("filter").and_then(Value::as_str) {
            Some("whitelist") => Ok(Self::Whitelist),
            Some("blacklist") => Ok(Self::Blacklist),
            _ => Err(JsonError::Filter { kind }),
        }
    }

    fn choose<T>(self, whitelist: T, blacklist: T) -> T {
        match self {
            Self::Whitelist => whitelist,
            Self::Blacklist => blacklist,
        }
    }

    fn unverified_description(self, what: &str, list: &impl fmt::Display) -> String {
        let comes = self.choose("comes", "does NOT come");
        format!(
            "unverified {what} caveat: this token can only be used from an IP address that {comes} from the following \
             {what}: '{list}'"
        )
    }

    fn name(self) -> &'static str {
        self.choose("whitelist", "blacklist")
    }

    fn operator(self) -> &'static str {
        self.choose("=", "!=")
    }
}

impl fmt::Display for Countries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", COUNTRY.kind, self.filter.operator(), Joined(&self.list, "|"))
    }
}

impl fmt::Display for Regions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", REGION.kind, self.filter.operator(), Joined(&self.list, "|"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fact, PeerLocation};
    use super::*;

    fn countries(rest: &str) -> Countries {
        Countries::parse(&format!("geo.country {rest}")).expect("a valid caveat")
    }

    fn regions(rest: &str) -> Regions {
        Regions::parse(&format!("geo.region {rest}")).expect("a valid caveat")
    }

    fn at(country: &str, regions: &[Region]) -> Request {
        let country = Country::parse(country).map_or(Fact::Unknown, Fact::Known);
        let place = PeerLocation { country, regions: Fact::Known(regions.to_vec()), ..PeerLocation::default() };
        Request { place, ..Request::at(0) }
    }

    #[test]
    fn countries_are_compared_without_regard_to_case() {
        assert_eq!(countries("= pl|FR").check(&at("PL", &[])), Ok(()));
        assert_eq!(countries("!= Pl").check(&at("pL", &[])), Err(Unmet::Country(Country(*b"pL"))));
        assert!(countries("= pl").implies(&countries("= FR|PL")));
        assert_eq!(countries("= pl|PL").to_string(), "geo.country = pl|PL");
    }

    #[test]
    fn a_country_is_two_bytes_that_can_be_seen() {
        for code in ["PL", "pl", "12", "--", "ä"] {
            assert_eq!(countries(&format!("!= {code}")).to_string(), format!("geo.country != {code}"));
        }
        for code in ["", "P", "POL", "P|", "||", "P ", "  ", "P\0", "\n\n", "\u{ad}", "ab|"] {
            assert_eq!(Country::parse(code), None, "{code:?} was accepted");
        }
    }

    #[test]
    fn a_blacklist_does_not_hold_for_an_unknown_place() {
        let nothing_more = PeerLocation { country: Fact::Unknown, regions: Fact::Unknown, ..PeerLocation::default() };
        for place in [PeerLocation::default(), PeerLocation::no_database(), nothing_more] {
            let request = Request { place, ..Request::at(0) };
            assert!(countries("!= PL").check(&request).is_err());
            assert!(regions("!= Asia").check(&request).is_err());
        }
    }

    #[test]
    fn one_region_of_several_decides() {
        let poland = at("PL", &[Region::Europe, Region::Eu]);
        assert_eq!(regions("= EU").check(&poland), Ok(()));
        assert_eq!(regions("!= Asia").check(&poland), Ok(()));
        let unmet = Unmet::Region(vec![Region::Europe, Region::Eu]);
        assert_eq!(unmet.to_string(), "the region Europe and EU is not allowed");
        assert_eq!(regions("!= EU").check(&poland), Err(unmet));
    }

    #[test]
    fn lists_of_both_kinds_imply_each_other_where_that_is_sound() {
        assert!(countries("= PL").implies(&countries("!= FR|DE")));
        assert!(!countries("= PL|FR").implies(&countries("!= FR")));
        assert!(countries("!= PL|FR").implies(&countries("!= fr")));
        assert!(!countries("!= PL").implies(&countries("= FR")));
        assert!(!regions("= Europe").implies(&regions("!= EU")));
        let rest = "= EU|NorthAmerica|Oceania|SouthAmerica";
        assert!(regions("!= Africa|Antarctica|Asia|Europe").implies(&regions(rest)));
        assert!(!regions("!= Africa|Antarctica|Asia").implies(&regions(rest)));
    }
}
