//! The language of caveats: what a token says about when, where and by whom it may be used.
//!
//! Each kind is one file with its text, its JSON, its meaning in words, and its check against a [`Request`]. A caveat
//! that no file knows is refused: it cannot be enforced, so the token cannot be honoured. Texts and JSON are those of
//! Onezone 21.02; IPv6 networks and `http.*` are our additions.
//!
//! What is minted has one text. Three kinds have other texts too, which holders write and Onezone reads: an address without a
//! mask, an operation without a scope, an object id in lower case. Each text has one meaning; a token keeps its own text. JSON
//! is read as Onezone reads it, also where it says the same in another way.
//!
//! Where the next thing goes: a new kind is a file next to `time.rs`, a variant of [`Caveat`] and rows in the vectors. The facts of a
//! request that it looks at have files of their own, below the kinds.
//!
#![doc = include_str!("../README.md")]

mod api;
mod asn;
mod consumer;
mod consumer_kind;
mod data;
mod error;
mod geo;
mod http;
mod http_request;
mod interface;
mod ip;
mod list;
mod moment;
mod party;
mod place;
mod readonly;
mod request;
mod scope;
mod service;
mod service_type;
mod time;
mod token_kind;
mod unmet;

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;

pub use api::{Api, Gri, GriScope, Operation, OperationKind};
pub use asn::Asn;
pub use consumer::Consumers;
pub use consumer_kind::{Consumer, ConsumerKind};
pub use data::{ObjectIds, Paths, is_canonical_path};
pub use error::{CaveatTextError, JsonError};
pub use geo::{Countries, Regions};
pub use http::{HttpPaths, HttpPattern, Methods};
pub use http_request::HttpRequest;
pub use interface::Interface;
pub use ip::Ip;
pub use moment::rfc3339;
pub use party::{Parties, Party, PartyKind, Pattern};
pub use place::{Country, Region};
pub use request::{DataAccess, Fact, PeerLocation, Request};
pub use service::Services;
pub use service_type::{Service, ServicePattern, ServiceType};
pub use time::Time;
pub use token_kind::TokenKind;
pub use unmet::Unmet;

/// One first-party caveat that we understand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caveat {
    /// Until when the token may be used.
    Time(Time),
    /// From which addresses.
    Ip(Ip),
    /// From which autonomous systems.
    Asn(Asn),
    /// From which countries, or from which not.
    Country(Countries),
    /// From which regions of the world, or from which not.
    Region(Regions),
    /// At which services.
    Service(Services),
    /// By whom.
    Consumer(Consumers),
    /// Through which interface.
    Interface(Interface),
    /// For which calls of the API.
    Api(Api),
    /// For reading data only.
    DataReadonly,
    /// For data at which paths.
    DataPath(Paths),
    /// For which files and directories.
    DataObjectId(ObjectIds),
    /// For requests with which methods.
    HttpMethod(Methods),
    /// For requests for which paths.
    HttpPath(HttpPaths),
    /// For proving an identity only.
    Scope,
}

/// Calls a method of the caveat's kind.
macro_rules! of_kind {
    ($caveat:expr, $method:ident) => {
        match $caveat {
            Self::Time(kind) => kind.$method(),
            Self::Ip(kind) => kind.$method(),
            Self::Asn(kind) => kind.$method(),
            Self::Country(kind) => kind.$method(),
            Self::Region(kind) => kind.$method(),
            Self::Service(kind) => kind.$method(),
            Self::Consumer(kind) => kind.$method(),
            Self::Interface(kind) => kind.$method(),
            Self::Api(kind) => kind.$method(),
            Self::DataReadonly => readonly::$method(),
            Self::DataPath(kind) => kind.$method(),
            Self::DataObjectId(kind) => kind.$method(),
            Self::HttpMethod(kind) => kind.$method(),
            Self::HttpPath(kind) => kind.$method(),
            Self::Scope => scope::$method(),
        }
    };
}

impl Caveat {
    /// Reads the text of a caveat (a packet's `cid`). `to_string` gives the text that would be minted, which may be another one.
    ///
    /// # Errors
    /// [`CaveatTextError`] when no kind has exactly this form.
    pub fn parse(cid: &[u8]) -> Result<Self, CaveatTextError> {
        str::from_utf8(cid).ok().and_then(Self::read).ok_or_else(|| CaveatTextError::of(cid))
    }

    fn read(cid: &str) -> Option<Self> {
        let kind = cid.split_once(' ').map_or(cid, |(kind, _)| kind);
        match kind {
            "time" => Time::parse(cid).map(Self::Time),
            "ip" => Ip::parse(cid).map(Self::Ip),
            "asn" => Asn::parse(cid).map(Self::Asn),
            "geo.country" => Countries::parse(cid).map(Self::Country),
            "geo.region" => Regions::parse(cid).map(Self::Region),
            "service" => Services::parse(cid).map(Self::Service),
            "consumer" => Consumers::parse(cid).map(Self::Consumer),
            "interface" => Interface::parse(cid).map(Self::Interface),
            "api" => Api::parse(cid).map(Self::Api),
            "data.readonly" => (cid == readonly::TEXT).then_some(Self::DataReadonly),
            "data.path" => Paths::parse(cid).map(Self::DataPath),
            "data.objectid" => ObjectIds::parse(cid).map(Self::DataObjectId),
            "http.method" => Methods::parse(cid).map(Self::HttpMethod),
            "http.path" => HttpPaths::parse(cid).map(Self::HttpPath),
            "authorization" => (cid == scope::TEXT).then_some(Self::Scope),
            _ => None,
        }
    }

    /// Reads Onezone's JSON form, as in `{"type":"time","validUntil":1571147494}`. Unknown keys are ignored.
    ///
    /// # Errors
    /// [`JsonError`] says which part is wrong.
    pub fn from_json(json: &Value) -> Result<Self, JsonError> {
        if !json.is_object() {
            return Err(JsonError::NotAnObject);
        }
        if scope::is_json(json) {
            return Ok(Self::Scope);
        }
        match json.get("type").and_then(Value::as_str).ok_or(JsonError::Type)? {
            "time" => Time::from_json(json).map(Self::Time),
            "ip" => Ip::from_json(json).map(Self::Ip),
            "asn" => Asn::from_json(json).map(Self::Asn),
            "geo.country" => Countries::from_json(json).map(Self::Country),
            "geo.region" => Regions::from_json(json).map(Self::Region),
            "service" => Services::from_json(json).map(Self::Service),
            "consumer" => Consumers::from_json(json).map(Self::Consumer),
            "interface" => Interface::from_json(json).map(Self::Interface),
            "api" => Api::from_json(json).map(Self::Api),
            "data.readonly" => Ok(Self::DataReadonly),
            "data.path" => Paths::from_json(json).map(Self::DataPath),
            "data.objectid" => ObjectIds::from_json(json).map(Self::DataObjectId),
            "http.method" => Methods::from_json(json).map(Self::HttpMethod),
            "http.path" => HttpPaths::from_json(json).map(Self::HttpPath),
            _ => Err(JsonError::Type),
        }
    }

    /// As [`Caveat::from_json`], for a caveat that is to be added to a token.
    ///
    /// # Errors
    /// [`JsonError`] says which part is wrong.
    pub fn read_new(json: &Value) -> Result<Self, JsonError> {
        Self::from_json(json).and_then(Self::checked_new)
    }

    /// Gives the caveat back if it may be added to a token. Tokens that carry another one stay as good as they are.
    ///
    /// # Errors
    /// [`JsonError::EndTooLate`], for an end that was most likely meant in other units; [`JsonError::Item`], for an operation
    /// or a file that there cannot be.
    pub fn checked_new(self) -> Result<Self, JsonError> {
        match &self {
            Self::Time(time) if time.valid_until() > Time::LATEST => Err(JsonError::EndTooLate),
            Self::Api(api) => api.checked_new(),
            Self::DataObjectId(ids) => ids.checked_new(),
            _ => Ok(()),
        }?;
        Ok(self)
    }

    /// Onezone's JSON form.
    #[must_use]
    pub fn to_json(&self) -> Value {
        of_kind!(self, to_json)
    }

    /// The `type` of the JSON form; `scope` for the one that has none.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Time(_) => "time",
            Self::Ip(_) => "ip",
            Self::Asn(_) => "asn",
            Self::Country(_) => "geo.country",
            Self::Region(_) => "geo.region",
            Self::Service(_) => "service",
            Self::Consumer(_) => "consumer",
            Self::Interface(_) => "interface",
            Self::Api(_) => "api",
            Self::DataReadonly => readonly::TEXT,
            Self::DataPath(_) => "data.path",
            Self::DataObjectId(_) => "data.objectid",
            Self::HttpMethod(_) => "http.method",
            Self::HttpPath(_) => "http.path",
            Self::Scope => "scope",
        }
    }

    /// What the caveat allows, for people: part of a sentence, as in `usable only from 10.0.0.0/8 or 192.0.2.1/32`.
    #[must_use]
    pub fn in_words(&self) -> String {
        of_kind!(self, in_words)
    }

    /// What Onezone's error `tokenCaveatUnverified` says after `Provided token is not valid - `, without a full stop.
    #[must_use]
    pub fn unverified_description(&self) -> String {
        of_kind!(self, unverified_description)
    }

    /// Whether the caveat holds. One about the API always does: see [`Api::allows`]. [`Caveat::Scope`] never does: it is for who
    /// asks whose access token it is, and lets the token do nothing.
    ///
    /// # Errors
    /// [`Unmet`] says why it does not.
    pub fn check(&self, request: &Request) -> Result<(), Unmet> {
        if !self.is_supported_by(request.token) {
            return Err(Unmet::Unsupported { caveat: self.kind(), token: request.token });
        }
        match self {
            Self::Time(time) => time.check(request),
            Self::Ip(ip) => ip.check(request),
            Self::Asn(asn) => asn.check(request),
            Self::Country(countries) => countries.check(request),
            Self::Region(regions) => regions.check(request),
            Self::Service(services) => services.check(request),
            Self::Consumer(consumers) => consumers.check(request),
            Self::Interface(interface) => request.check_interface(*interface),
            Self::DataReadonly | Self::DataPath(_) | Self::DataObjectId(_) => data::check(request),
            Self::HttpMethod(methods) => methods.check(request),
            Self::HttpPath(paths) => paths.check(request),
            Self::Api(_) => Ok(()),
            Self::Scope => Err(Unmet::IdentityOnly),
        }
    }

    /// Whether the caveat can hold for such a token at all, as in Onezone.
    #[must_use]
    pub fn is_supported_by(&self, token: TokenKind) -> bool {
        match self {
            Self::Time(_) | Self::Ip(_) | Self::Asn(_) | Self::Country(_) | Self::Region(_) | Self::Consumer(_) => true,
            Self::Interface(_) => matches!(token, TokenKind::Access | TokenKind::Identity),
            Self::Service(_)
            | Self::Api(_)
            | Self::DataReadonly
            | Self::DataPath(_)
            | Self::DataObjectId(_)
            | Self::HttpMethod(_)
            | Self::HttpPath(_)
            | Self::Scope => token == TokenKind::Access,
        }
    }

    /// Whether the check needs [`Request::place`], so that the peer's address must be located.
    #[must_use]
    pub fn needs_place(&self) -> bool {
        matches!(self, Self::Asn(_) | Self::Country(_) | Self::Region(_))
    }

    /// The work of a comparison: for lists it grows with the sum of their lengths, but for those of `api` with the product.
    fn size(&self) -> usize {
        if let Self::Api(api) = self { api.len() } else { 1 }
    }

    /// Whether everything that this caveat allows is allowed by `other` too. A yes is certain; a no may be too careful.
    #[must_use]
    pub fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Time(ours), Self::Time(other)) => ours.implies(*other),
            (Self::Ip(ours), Self::Ip(other)) => ours.implies(other),
            (Self::Asn(ours), Self::Asn(other)) => ours.implies(other),
            (Self::Country(ours), Self::Country(other)) => ours.implies(other),
            (Self::Region(ours), Self::Region(other)) => ours.implies(other),
            (Self::Service(ours), Self::Service(other)) => ours.implies(other),
            (Self::Consumer(ours), Self::Consumer(other)) => ours.implies(other),
            (Self::Api(ours), Self::Api(other)) => ours.implies(other),
            (Self::DataPath(ours), Self::DataPath(other)) => ours.implies(other),
            (Self::DataObjectId(ours), Self::DataObjectId(other)) => ours.implies(other),
            (Self::HttpMethod(ours), Self::HttpMethod(other)) => ours.implies(other),
            (Self::HttpPath(ours), Self::HttpPath(other)) => ours.implies(other),
            (ours, other) => ours == other,
        }
    }
}

/// The text of the caveat, as it is minted.
impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => time.fmt(f),
            Self::Ip(ip) => ip.fmt(f),
            Self::Asn(asn) => asn.fmt(f),
            Self::Country(countries) => countries.fmt(f),
            Self::Region(regions) => regions.fmt(f),
            Self::Service(services) => services.fmt(f),
            Self::Consumer(consumers) => consumers.fmt(f),
            Self::Interface(interface) => write!(f, "interface = {interface}"),
            Self::Api(api) => api.fmt(f),
            Self::DataReadonly => f.write_str(readonly::TEXT),
            Self::DataPath(paths) => paths.fmt(f),
            Self::DataObjectId(ids) => ids.fmt(f),
            Self::HttpMethod(methods) => methods.fmt(f),
            Self::HttpPath(paths) => paths.fmt(f),
            Self::Scope => f.write_str(scope::TEXT),
        }
    }
}

/// Pairs of caveats that are compared for one answer; an entry of an `api` caveat counts as a caveat. A list of tokens asks for each
/// of them, so two lists of a thousand must not be compared each with each.
const MOST_COMPARED: usize = 10_000;

/// Whether a token with caveats `narrow` allows nothing that one with caveats `wide` does not. A yes is certain; a no
/// may be too careful, as caveats are compared one with one, and of very many only those that are not among both.
#[must_use]
pub fn within(narrow: &[Caveat], wide: &[Caveat]) -> bool {
    let implied = |wide: &Caveat| narrow.iter().any(|narrow| narrow.implies(wide));
    let size: usize = narrow.iter().map(Caveat::size).sum();
    if size * wide.iter().map(Caveat::size).sum::<usize>() <= MOST_COMPARED {
        return wide.iter().all(implied);
    }
    let same: HashSet<_> = narrow.iter().collect();
    let others: Vec<_> = wide.iter().filter(|wide| !same.contains(wide)).collect();
    size * others.iter().map(|other| other.size()).sum::<usize>() <= MOST_COMPARED && others.into_iter().all(implied)
}

/// The earliest end of all time caveats, in seconds since the Unix epoch; none without one.
#[must_use]
pub fn valid_until(caveats: &[Caveat]) -> Option<u64> {
    let ends = caveats.iter().filter_map(|caveat| if let Caveat::Time(time) = caveat { Some(time) } else { None });
    ends.map(|time| time.valid_until()).min()
}

/// Returns equivalent caveats with at most one time caveat, which comes first (all must hold, so the earliest decides), and without
/// duplicates. The others keep their order.
#[must_use]
pub fn simplify(caveats: &[Caveat]) -> Vec<Caveat> {
    let earliest = valid_until(caveats).map(|until| Caveat::Time(Time::until(until)));
    let mut said = HashSet::new();
    let others = caveats.iter().filter(|caveat| !matches!(caveat, Caveat::Time(_)) && said.insert(*caveat));
    earliest.into_iter().chain(others.cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caveats(texts: &[&str]) -> Vec<Caveat> {
        texts.iter().map(|text| Caveat::parse(text.as_bytes()).expect("a valid caveat")).collect()
    }

    #[test]
    fn what_no_kind_reads_is_refused() {
        for cid in
            ["", "providerId = abc", " time < 1", "Time < 1", "timeout < 1", "time-out < 1", "ip.v4 = 10.0.0.0/8"]
        {
            assert_eq!(Caveat::parse(cid.as_bytes()), Err(CaveatTextError::UnknownKind), "{cid:?}");
        }
        for (cid, known) in [
            ("time", "time"),
            ("time < 2026-11-29T12:00:00Z", "time"),
            ("time<5", "time"),
            ("time < 1\n", "time"),
            ("data.readonly ", "data.readonly"),
            ("ip = 1.2.3", "ip"),
            ("ip=1.2.3.4/32", "ip"),
            ("geo.country!=PL", "geo.country"),
            ("interface = rest ", "interface"),
            ("authorization = all", "authorization"),
        ] {
            let read = Caveat::parse(cid.as_bytes());
            assert!(matches!(read, Err(CaveatTextError::BadValue { kind, .. }) if kind == known), "{cid:?}: {read:?}");
        }
        assert!(matches!(Caveat::parse(b"time < 1\xff"), Err(CaveatTextError::BadValue { .. })));
    }

    #[test]
    fn a_token_that_does_not_support_a_caveat_does_not_meet_it() {
        let kinds = [TokenKind::Access, TokenKind::Identity, TokenKind::Invite];
        let supported = |text: &str| {
            let [caveat] = &caveats(&[text])[..] else { panic!("one caveat") };
            kinds.map(|token| {
                !matches!(caveat.check(&Request { token, ..Request::at(0) }), Err(Unmet::Unsupported { .. }))
            })
        };
        assert_eq!(supported("time < 1"), [true, true, true]);
        assert_eq!(supported("interface = rest"), [true, true, false]);
        assert_eq!(supported("service = ozw-*"), [true, false, false]);
        assert_eq!(supported("data.readonly"), [true, false, false]);
        assert_eq!(supported("authorization = none"), [true, false, false]);
    }

    #[test]
    fn simplifying_keeps_the_earliest_end_and_says_nothing_twice() {
        let long = caveats(&["interface = rest", "time < 9", "data.readonly", "time < 5", "interface = rest"]);
        assert_eq!(simplify(&long), caveats(&["time < 5", "interface = rest", "data.readonly"]));
        assert_eq!(simplify(&caveats(&["data.readonly"])), caveats(&["data.readonly"]));
        assert_eq!(valid_until(&long), Some(5));
        assert_eq!(valid_until(&[]), None);
    }

    #[test]
    fn a_token_is_within_another_if_each_of_its_limits_is_kept() {
        let wide = caveats(&["time < 9", "ip = 10.0.0.0/8"]);
        assert!(within(&caveats(&["ip = 10.1.0.0/16", "data.readonly", "time < 5"]), &wide));
        assert!(!within(&caveats(&["ip = 10.1.0.0/16"]), &wide));
        assert!(!within(&caveats(&["ip = 11.0.0.0/8", "time < 5"]), &wide));
    }

    #[test]
    fn of_very_many_limits_only_a_bounded_number_is_compared() {
        let many = |from: u32| -> Vec<_> {
            (from..from + 1_000).map(|asn| Caveat::parse(format!("asn = {asn}").as_bytes()).unwrap()).collect()
        };
        let (wide, mut narrow) = (many(0), many(0));
        narrow.extend(caveats(&["time < 5"]));
        assert!(within(&narrow, &wide), "it says the same, and more");
        assert!(within(&narrow, &[&wide[..], &caveats(&["time < 9"])].concat()));
        assert!(!within(&narrow, &[&wide[..], &caveats(&["time < 4"])].concat()));
        // Each is implied by a longer one, which is not looked for among so many.
        let wider: Vec<_> =
            (0..1_000).map(|asn| Caveat::parse(format!("asn = {asn}|9999").as_bytes()).unwrap()).collect();
        assert!(within(&many(0)[..100], &wider[..100]));
        assert!(!within(&many(0), &wider));
        let api = |entries: u32| {
            let entries: Vec<_> = (0..entries).map(|at| format!("all/all/a{at}.*.*:private")).collect();
            caveats(&[&format!("api = {}", entries.join("|"))])
        };
        assert!(within(&api(99), &api(100)));
        assert!(within(&api(1_000), &api(1_000)), "it says the same");
        assert!(!within(&api(999), &api(1_000)));
    }
}
