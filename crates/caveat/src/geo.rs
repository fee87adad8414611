//! `geo.country = PL|FR`, `geo.region != Europe`: from which parts of the world a token may be used.
//!
//! Also a blacklist needs to know where the peer is: an unknown place never fits.

use std::fmt;

use serde_json::{Value, json};

use super::list::{self, Field, Joined};
use super::{Country, JsonError, Region, Request, Unmet};

/// Holds when the peer's country is known, and is listed or not listed.
pub type Countries = Places<Country>;

/// Holds when the peer's regions are known, and one of them or none of them is listed.
pub type Regions = Places<Region>;

/// Places that are allowed, or all places but these.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Places<P> {
    filter: Filter,
    list: Vec<P>,
}

/// What a list of places consists of.
pub trait Place: Sized + fmt::Display {
    /// Its list in JSON.
    const FIELD: Field;
    /// One of it, as in `country`.
    const NOUN: &'static str;

    /// Reads one.
    fn read(text: &str) -> Option<Self>;
}

impl Place for Country {
    const FIELD: Field =
        Field { kind: "geo.country", name: "list", item: "a country as two letters (ISO 3166-1), such as \"PL\"" };
    const NOUN: &'static str = "country";

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Place for Region {
    const FIELD: Field = Field {
        kind: "geo.region",
        name: "list",
        item: "one of \"Africa\", \"Antarctica\", \"Asia\", \"Europe\", \"EU\", \"NorthAmerica\", \"Oceania\" and \
               \"SouthAmerica\"",
    };
    const NOUN: &'static str = "region";

    fn read(text: &str) -> Option<Self> {
        Self::from_name(text)
    }
}

/// Whether a list names what is allowed or what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Filter {
    Whitelist,
    Blacklist,
}

impl<P: Place> Places<P> {
    pub(super) fn parse(cid: &str) -> Option<Self> {
        let (filter, list) = Filter::parse(cid.strip_prefix(P::FIELD.kind)?)?;
        list::parse(list, P::read).map(|list| Self { filter, list })
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        let filter = Filter::from_json(json, P::FIELD.kind)?;
        P::FIELD.read(json, |item| P::read(item.as_str()?)).map(|list| Self { filter, list })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": P::FIELD.kind, "filter": self.filter.name(), P::FIELD.name: list::strings(&self.list)})
    }

    pub(super) fn in_words(&self) -> String {
        let usable = self.filter.choose("usable only from", "not usable from");
        format!("{usable} the {} {}", P::NOUN, list::either(&self.list))
    }

    pub(super) fn unverified_description(&self) -> String {
        let (noun, list) = (P::NOUN, Joined(&self.list, " or "));
        let comes = self.filter.choose("comes", "does NOT come");
        format!(
            "unverified {noun} caveat: this token can only be used from an IP address that {comes} from the following \
             {noun}: '{list}'"
        )
    }
}

impl Countries {
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
    /// Reads ` = ` or ` != `, and returns the list after it.
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

    fn name(self) -> &'static str {
        self.choose("whitelist", "blacklist")
    }
}

impl<P: Place> fmt::Display for Places<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", P::FIELD.kind, self.filter.choose("=", "!="), Joined(&self.list, "|"))
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
