//! The language of caveats: every kind against rows of data, and what holds for all caveats, tried on random ones.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use zonemint::caveat::{
    self, Caveat, CaveatTextError, Consumer, Country, DataAccess, Fact, Gri, GriScope, HttpRequest, Interface,
    Operation, OperationKind, PartyKind, PeerLocation, Region, Request, Service, ServiceType, TokenKind,
};

use crate::one_text::one_text;

const VECTORS: &str = include_str!("../vectors/caveats.json");

const KINDS: [&str; 15] = [
    "time", "ip", "asn", "geo.country", "geo.region", "service", "consumer", "interface", "api", "data.readonly",
    "data.path", "data.objectid", "http.method", "http.path", "scope",
];

const LISTS: [(&str, usize); 4] = [("accepted", 8), ("refused_texts", 8), ("refused_json", 8), ("checks", 6)];

#[test]
fn accepted_rows_have_one_text_and_one_json() {
    for row in rows("accepted") {
        let caveat = read(text(&row, "text"));
        assert_eq!(caveat.to_string(), row["text"], "{row}");
        assert_eq!(caveat.to_json(), row["json"], "{row}");
        assert_eq!(caveat.kind(), row["kind"], "{row}");
        for json in row.get("given").into_iter().chain([&row["json"]]) {
            assert_eq!(Caveat::from_json(json).as_ref(), Ok(&caveat), "{row}");
        }
        for text in row["texts"].as_array().into_iter().flatten() {
            assert_eq!(read(text.as_str().unwrap()), caveat, "{row}");
        }
    }
}

#[test]
fn some_that_are_read_may_not_be_added_to_a_token() {
    for row in rows("refused_new") {
        let caveat = Caveat::from_json(&row["json"]).unwrap_or_else(|error| panic!("{row}: {error}"));
        assert_eq!(caveat.kind(), row["kind"], "{row}");
        assert_eq!(read(&caveat.to_string()), caveat, "{row}");
        let error = Caveat::read_new(&row["json"]).expect_err(&row.to_string()).to_string();
        assert!(error.contains(text(&row, "names")), "{row}: {error}");
    }
}

#[test]
fn accepted_rows_tell_people_and_clients_what_they_mean() {
    for row in rows("accepted") {
        let caveat = read(text(&row, "text"));
        let told = [("words", caveat.in_words()), ("unverified", caveat.unverified_description())];
        for (key, told) in told {
            assert_eq!(row.get(key).map_or(&*told, |_| text(&row, key)), told, "{row}");
            assert!(!told.contains(char::is_control) && !told.ends_with('.'), "{row}: {told}");
        }
    }
}

#[test]
fn refused_texts_of_a_known_kind_are_told_apart() {
    let kinds: Vec<_> =
        rows("accepted").iter().map(|row| text(row, "text").split(' ').next().unwrap().to_owned()).collect();
    for row in rows("refused_texts") {
        let cid = text(&row, "text");
        let its = cid.split(|c: char| c.is_ascii_control() || " !<=>".contains(c)).next().unwrap();
        let read = Caveat::parse(cid.as_bytes());
        let as_told = match read {
            Ok(_) => false,
            Err(CaveatTextError::UnknownKind) => !kinds.iter().any(|kind| kind == its),
            Err(CaveatTextError::BadValue { kind, form }) => kind == its && form.contains(kind),
        };
        assert!(as_told, "{row}: {read:?}");
    }
}

#[test]
fn refused_json_is_told_what_is_wrong() {
    for row in rows("refused_json") {
        let error = Caveat::from_json(&row["json"]).expect_err(&row.to_string()).to_string();
        assert!(error.contains(text(&row, "names")), "{row}: {error}");
    }
}

#[test]
fn checks_come_out_as_their_rows_say() {
    for row in rows("checks") {
        let verdict = read(text(&row, "caveat")).check(&request_of(&row["request"]));
        assert_eq!(verdict.is_ok(), row["holds"], "{row}: {verdict:?}");
        let reason = verdict.err().map_or(Value::Null, |unmet| unmet.to_string().into());
        assert_eq!(reason, row["unmet"], "{row}");
    }
}

#[test]
fn api_rows_allow_what_they_say() {
    for row in rows("checks").into_iter().filter(|row| row.get("operation").is_some()) {
        let Caveat::Api(api) = read(text(&row, "caveat")) else { panic!("{row} is about another kind") };
        assert_eq!(api.allows(&operation_of(&row["operation"])), row["allows"], "{row}");
    }
}

#[test]
fn every_kind_has_enough_rows_and_every_row_its_own_id() {
    let mut ids = BTreeSet::new();
    for (list, least) in LISTS {
        let mut counts = BTreeMap::new();
        for row in rows(list) {
            *counts.entry(text(&row, "kind").to_owned()).or_insert(0) += 1;
            assert!(ids.insert(text(&row, "id").to_owned()), "{} is there twice", row["id"]);
        }
        for kind in KINDS {
            assert!(counts.get(kind).is_some_and(|count| *count >= least), "{list} of {kind}: {counts:?}");
        }
    }
    for row in rows("refused_new") {
        assert!(ids.insert(text(&row, "id").to_owned()), "{} is there twice", row["id"]);
    }
    let count = serde_json::from_str::<Value>(VECTORS).unwrap()["meta"]["count"].as_u64();
    assert_eq!(count, u64::try_from(ids.len()).ok());
}

proptest! {
    #[test]
    fn text_and_json_say_the_same(written in written()) {
        let caveat = read(&written.text);
        prop_assert_eq!(caveat.to_string(), one_text(&written.text));
        prop_assert_eq!(&caveat.to_json(), &written.json);
        prop_assert_eq!(Caveat::from_json(&written.json), Ok(caveat));
    }

    #[test]
    fn a_changed_text_is_refused_or_read_in_one_way_and_minted_in_one_text(
        written in written(), at in any::<Index>(), part in select(vec!["", " ", "0", "|", "/", "*", "a", ".", "\0"]),
    ) {
        let mut text = written.text.into_bytes();
        let at = at.index(text.len());
        text.splice(at..=at, part.bytes());
        if let Ok(caveat) = Caveat::parse(&text) {
            let minted = caveat.to_string();
            prop_assert_eq!(read(&minted).to_string(), minted.clone());
            prop_assert_eq!(&minted, &one_text(str::from_utf8(&text).unwrap()), "for {:?}", text);
            prop_assert_eq!(Caveat::parse(minted.as_bytes()), Ok(caveat.clone()));
            prop_assert_eq!(Caveat::from_json(&caveat.to_json()), Ok(caveat));
        }
    }

    #[test]
    fn any_network_comes_back_from_text_and_json(address in any::<IpAddr>(), prefix in 0..=128_u8) {
        let text = format!("{address}/{prefix}");
        let caveat = Caveat::parse(format!("ip = {text}").as_bytes());
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let nobody_inside = address.to_canonical() != address && prefix >= 96;
        prop_assert_eq!(caveat.is_ok(), prefix <= longest && !nobody_inside);
        prop_assert_eq!(Caveat::from_json(&json!({"type": "ip", "whitelist": [text]})).ok(), caveat.ok());
        let (bare, whole) = (format!("ip = {address}"), format!("ip = {address}/{longest}"));
        prop_assert_eq!(Caveat::parse(bare.as_bytes()).ok(), Caveat::parse(whole.as_bytes()).ok());
    }

    #[test]
    fn any_absolute_path_comes_back(path in "/?([^/]{0,3}/){0,3}[^/]{0,3}") {
        let text = format!("data.path = {}", STANDARD.encode(&path));
        let read = Caveat::parse(text.as_bytes()).map(|caveat| caveat.to_string());
        prop_assert_eq!(read.ok(), (path.starts_with('/') && !path.ends_with('/')).then_some(text));
    }

    #[test]
    fn an_id_is_read_as_it_is_written_or_not_at_all(id in "[ -~äÄ\u{202e}\u{a0}]{0,6}") {
        for text in [format!("consumer = usr-{id}"), format!("service = opw-{id}"), format!("api = ozw/get/user.{id}.x:*")] {
            if let Ok(caveat) = Caveat::parse(text.as_bytes()) {
                prop_assert_eq!(caveat.to_string(), text);
            }
        }
    }

    #[test]
    fn what_a_caveat_implies_holds_wherever_it_does((ours, other) in pair(), requests in vec(request(), 16)) {
        prop_assert!(ours.implies(&ours));
        if ours.implies(&other) {
            for request in requests.iter().filter(|request| ours.check(request).is_ok()) {
                prop_assert_eq!(other.check(request), Ok(()), "{} does not imply {}", &ours, &other);
            }
        }
    }

    #[test]
    fn what_an_api_caveat_implies_allows_as_much((ours, other) in pair_of("api"), parts in vec(call(), 32)) {
        let (Caveat::Api(narrow), Caveat::Api(wide)) = (&ours, &other) else { panic!("{ours} and {other}") };
        if ours.implies(&other) {
            for operation in parts.iter().map(Call::operation).filter(|operation| narrow.allows(operation)) {
                prop_assert!(wide.allows(&operation), "{} does not imply {} for {:?}", &ours, &other, operation);
            }
        }
    }

    #[test]
    fn networks_imply_each_other_exactly_if_their_addresses_do((ours, other) in pair_of("ip")) {
        let holds = |caveat: &Caveat, peer: IpAddr| {
            caveat.check(&Request { peer: Some(peer), ..Request::at(0) }).is_ok()
        };
        let mut peers = (0..=8).flat_map(|last| [v4(last), v6(last.into())]).chain([v4_far(), v6(0x1000)]);
        prop_assert_eq!(ours.implies(&other), peers.all(|peer| !holds(&ours, peer) || holds(&other, peer)));
    }

    #[test]
    fn paths_imply_each_other_exactly_by_their_components((ours, other) in pair_of("data.path")) {
        let inside = |path: &str, root: &str| format!("{path}/").starts_with(&format!("{root}/"));
        let (ours_at, other_at) = (paths(&ours), paths(&other));
        let expected = ours_at.iter().all(|path| other_at.iter().any(|root| inside(path, root)));
        prop_assert_eq!(ours.implies(&other), expected);
    }

    #[test]
    fn object_ids_imply_each_other_exactly_if_all_are_listed(
        (ours, other) in (written_of("data.objectid"), written_of("data.objectid")),
    ) {
        let ids = |written: &WrittenCaveat| -> BTreeSet<_> {
            let (_, list) = written.text.split_once(" = ").unwrap();
            list.split('|').map(str::to_ascii_uppercase).collect()
        };
        prop_assert_eq!(read(&ours.text).implies(&read(&other.text)), ids(&ours).is_subset(&ids(&other)));
    }

    #[test]
    fn whoever_is_within_is_refused_where_the_other_is(
        (narrow, wide) in (caveats(), caveats()), requests in vec(request(), 16),
    ) {
        let both: Vec<_> = narrow.iter().chain(&wide).cloned().collect();
        prop_assert!(caveat::within(&both, &wide) && caveat::within(&both, &narrow));
        prop_assert!(caveat::within(&narrow, &[]));
        for request in requests {
            prop_assert_eq!(all_hold(&both, &request), all_hold(&narrow, &request) && all_hold(&wide, &request));
            if caveat::within(&narrow, &wide) && all_hold(&narrow, &request) {
                prop_assert!(all_hold(&wide, &request));
            }
        }
    }

    #[test]
    fn simplified_caveats_say_the_same(caveats in caveats(), requests in vec(request(), 8)) {
        let simple = caveat::simplify(&caveats);
        prop_assert!(caveat::within(&simple, &caveats) && caveat::within(&caveats, &simple));
        prop_assert_eq!(caveat::valid_until(&simple), caveat::valid_until(&caveats));
        prop_assert!(simple.iter().skip(1).all(|caveat| caveat.kind() != "time"));
        let said: BTreeSet<_> = simple.iter().map(Caveat::to_string).collect();
        prop_assert_eq!(said.len(), simple.len());
        prop_assert_eq!(&caveat::simplify(&simple), &simple);
        for request in requests {
            prop_assert_eq!(all_hold(&simple, &request), all_hold(&caveats, &request));
        }
    }

    #[test]
    fn whoever_is_refused_is_refused_with_one_caveat_more(
        caveats in caveats(), added in written(), at in any::<Index>(), request in request(),
    ) {
        let mut more = caveats.clone();
        more.insert(at.index(caveats.len() + 1), read(&added.text));
        prop_assert!(caveat::within(&more, &caveats));
        prop_assert!(all_hold(&caveats, &request) || !all_hold(&more, &request));
    }
}

fn all_hold(caveats: &[Caveat], request: &Request) -> bool {
    caveats.iter().all(|caveat| caveat.check(request).is_ok())
}

fn read(text: &str) -> Caveat {
    Caveat::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn rows(list: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    vectors[list].as_array().expect("a list of rows").clone()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{row} has no {key}"))
}

/// What a database that has the peer tells.
fn told<T>(fact: Option<T>) -> Fact<T> {
    fact.map_or(Fact::Unknown, Fact::Known)
}

/// The facts of a row; what it leaves out is not known.
fn request_of(row: &Value) -> Request {
    let fact = |key: &str| row.get(key).map(|_| text(row, key));
    let place = match row.get("place") {
        None => PeerLocation::default(),
        Some(Value::String(_)) => PeerLocation::no_database(),
        Some(place) => PeerLocation {
            asn: told(place["asn"].as_u64().map(|asn| asn.try_into().unwrap())),
            country: told(place.get("country").map(|_| Country::parse(text(place, "country")).unwrap())),
            regions: told(place["regions"].as_array().map(|regions| {
                regions.iter().map(|region| Region::from_name(region.as_str().unwrap()).unwrap()).collect()
            })),
        },
    };
    Request {
        now: row["now"].as_u64().unwrap_or(0),
        peer: fact("peer").map(|peer| peer.parse().unwrap()),
        place,
        service: fact("service").map(|service| Service::parse(service).unwrap()),
        consumer: fact("consumer").map(|consumer| Consumer::parse(consumer).unwrap()),
        interface: fact("interface").map(|interface| Interface::from_name(interface).unwrap()),
        data_access: if fact("data_access") == Some("allowed") { DataAccess::Allowed } else { DataAccess::Refused },
        http: row["http"].as_array().map(|http| HttpRequest::new(http[0].as_str().unwrap(), http[1].as_str().unwrap())),
        token: match fact("token") {
            Some("identity") => TokenKind::Identity,
            Some("invite") => TokenKind::Invite,
            _ => TokenKind::Access,
        },
    }
}

fn operation_of(row: &Value) -> Operation<'_> {
    Operation {
        service: *ServiceType::ALL.iter().find(|kind| kind.abbreviation() == row["service"]).unwrap(),
        kind: *OperationKind::ALL.iter().find(|kind| kind.name() == row["kind"]).unwrap(),
        gri: Gri {
            entity_type: text(row, "type"),
            id: text(row, "id"),
            aspect: text(row, "aspect"),
            aspect_id: row.get("aspectId").map(|_| text(row, "aspectId")),
            scope: *GriScope::ALL.iter().find(|scope| scope.name() == row["scope"]).unwrap(),
        },
    }
}

/// A caveat in both forms, neither made by the code under test: a text that holders may write, and the JSON that is answered.
#[derive(Debug, Clone)]
struct WrittenCaveat {
    text: String,
    json: Value,
}

/// One caveat of any kind. There is little to choose from, so that two of a kind often have to do with each other.
fn written() -> impl Strategy<Value = WrittenCaveat> {
    select(&KINDS[..]).prop_flat_map(written_of)
}

pub fn caveats() -> impl Strategy<Value = Vec<Caveat>> {
    vec(written().prop_map(|written| read(&written.text)), 0..6)
}

fn pair() -> impl Strategy<Value = (Caveat, Caveat)> {
    select(&KINDS[..]).prop_flat_map(pair_of)
}

fn pair_of(kind: &'static str) -> impl Strategy<Value = (Caveat, Caveat)> {
    (written_of(kind), written_of(kind)).prop_map(|(ours, other)| (read(&ours.text), read(&other.text)))
}

fn written_of(kind: &'static str) -> BoxedStrategy<WrittenCaveat> {
    let whitelist = move |items: BoxedStrategy<String>| {
        vec(items, 1..4).prop_map(move |items| {
            let text = format!("{kind} = {}", items.join("|"));
            let minted = one_text(&text);
            let list: Vec<_> = minted.split_once(" = ").unwrap().1.split('|').collect();
            WrittenCaveat { json: json!({"type": kind, "whitelist": list}), text }
        })
    };
    let filter = move |items: BoxedStrategy<String>| {
        (vec(items, 1..4), any::<bool>()).prop_map(move |(items, black)| WrittenCaveat {
            text: format!("{kind} {} {}", if black { "!=" } else { "=" }, items.join("|")),
            json: json!({"type": kind, "filter": if black { "blacklist" } else { "whitelist" }, "list": items}),
        })
    };
    let one_of = |items: &[&'static str]| select(items.to_vec()).prop_map(str::to_owned).boxed();
    let one = |text: &str, json: Value| Just(WrittenCaveat { text: text.to_owned(), json });
    match kind {
        "time" => prop_oneof![0..6_u64, any::<u64>()]
            .prop_map(|end| WrittenCaveat {
                text: format!("time < {end}"),
                json: json!({"type": "time", "validUntil": end}),
            })
            .boxed(),
        "ip" => whitelist(network().boxed()).boxed(),
        "asn" => vec(0..4_u32, 1..5)
            .prop_map(|asns| WrittenCaveat {
                text: format!("asn = {}", asns.iter().map(u32::to_string).collect::<Vec<_>>().join("|")),
                json: json!({"type": "asn", "whitelist": asns}),
            })
            .boxed(),
        "geo.country" => filter(one_of(&["PL", "pl", "FR"])).boxed(),
        "geo.region" => filter(one_of(&["Asia", "Europe", "EU"])).boxed(),
        "service" => whitelist(one_of(&["ozw-a", "opw-a", "opw-b", "opw-*", "ozw-*", "opp-*", "ozp-onezone"])).boxed(),
        "consumer" => whitelist(one_of(&["usr-a", "usr-b", "grp-a", "usr-*", "prv-*"])).boxed(),
        "interface" => select(vec!["rest", "oneclient", "graphsync"])
            .prop_map(|name| WrittenCaveat {
                text: format!("interface = {name}"),
                json: json!({"type": "interface", "interface": name}),
            })
            .boxed(),
        "api" => whitelist(entry().boxed()).boxed(),
        "data.readonly" => one("data.readonly", json!({"type": "data.readonly"})).boxed(),
        "data.path" => whitelist(
            vec(select(vec!["a", "b", "a!", "…"]), 1..4)
                .prop_map(|names| STANDARD.encode(format!("/{}", names.join("/"))))
                .boxed(),
        )
        .boxed(),
        "data.objectid" => whitelist(one_of(&["00", "0A", "0a", "FF00", "fF00", "FF", "ff"])).boxed(),
        "http.method" => whitelist(one_of(&["GET", "HEAD", "POST"])).boxed(),
        "http.path" => whitelist(one_of(&["/", "/*", "/a", "/a/", "/a/*", "/a/b", "/a/b/*", "/b"])).boxed(),
        "scope" => one("authorization = none", json!({"scope": "identityToken"})).boxed(),
        _ => panic!("{kind} has no generator"),
    }
}

/// Networks around a few addresses, so that they contain each other, touch, and lie apart. One address may have no mask.
fn network() -> impl Strategy<Value = String> {
    let masked = |masks: BoxedStrategy<u8>| option::weighted(0.8, masks).prop_map(mask);
    let v4 = (0..8_u8, masked(prop_oneof![4 => 29..=32_u8, 1 => Just(0)].boxed()));
    let v6 = (0..8_u16, masked((125..=128_u8).boxed()));
    prop_oneof![
        3 => v4.prop_map(|(last, mask)| format!("{}{mask}", self::v4(last))),
        1 => v6.prop_map(|(last, mask)| format!("{}{mask}", self::v6(last))),
    ]
}

fn mask(prefix: Option<u8>) -> String {
    prefix.map_or_else(String::new, |prefix| format!("/{prefix}"))
}

fn entry() -> impl Strategy<Value = String> {
    let service = select(vec!["all", "ozw"]);
    let kind = select(vec!["all", "get"]);
    let entity = (select(vec!["*", "user"]), select(vec!["*", "a"]));
    let aspect = select(vec!["*", "x", "x,*", "x,1", "*,*", "*,1"]);
    let scope = select(vec![":*", ":private", ""]);
    (service, kind, entity, aspect, scope)
        .prop_map(|(service, kind, (of, id), aspect, scope)| format!("{service}/{kind}/{of}.{id}.{aspect}{scope}"))
}

/// What an operation is made of.
#[derive(Debug, Clone)]
pub struct Call(ServiceType, OperationKind, [&'static str; 3], Option<&'static str>, GriScope);

impl Call {
    pub fn operation(&self) -> Operation<'static> {
        let Self(service, kind, [entity_type, id, aspect], aspect_id, scope) = *self;
        Operation { service, kind, gri: Gri { entity_type, id, aspect, aspect_id, scope } }
    }
}

pub fn call() -> impl Strategy<Value = Call> {
    let entity = (select(vec!["user", "*"]), select(vec!["a", "b"]), select(vec!["x", "y"]));
    let aspect_id = option::of(select(vec!["1", "2"]));
    (select(ServiceType::ALL), select(&OperationKind::ALL[..]), entity, aspect_id, select(&GriScope::ALL[..])).prop_map(
        |(service, kind, (of, id, aspect), aspect_id, scope)| Call(service, kind, [of, id, aspect], aspect_id, scope),
    )
}

pub fn request() -> impl Strategy<Value = Request> {
    let mapped = (0..9_u8).prop_map(|last| Ipv4Addr::new(10, 0, 0, last).to_ipv6_mapped().into());
    let v6s = (0..9_u16).prop_map(v6);
    let peer = option::weighted(0.9, prop_oneof![(0..9_u8).prop_map(v4), mapped, v6s, Just(v4_far())]);
    let known = (
        option::of(0..4_u32),
        option::weighted(0.8, select(vec!["PL", "fr", "DE"])),
        option::weighted(0.8, vec(select(vec![Region::Asia, Region::Europe, Region::Eu, Region::Africa]), 1..3)),
    );
    let known = known.prop_map(|(asn, country, regions)| PeerLocation {
        asn: told(asn),
        country: told(country.and_then(Country::parse)),
        regions: told(regions),
    });
    let place = prop_oneof![6 => known, 1 => Just(PeerLocation::default()), 1 => Just(PeerLocation::no_database())];
    let service = option::of(select(vec!["ozw-a", "opw-a", "opw-b", "opp-a"]));
    let consumer = option::of(select(vec!["usr-a", "usr-b", "grp-a", "prv-a"]));
    let interface = option::of(select(vec![Interface::Rest, Interface::Oneclient, Interface::Graphsync]));
    let data_access = select(vec![DataAccess::Allowed, DataAccess::Refused]);
    let token = select(vec![TokenKind::Access, TokenKind::Access, TokenKind::Identity, TokenKind::Invite]);
    let paths = select(vec!["/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c", "/b", "//", "/a/../b", "/c?a"]);
    let http =
        (select(vec!["GET", "HEAD", "POST", "get"]), paths).prop_map(|(method, path)| HttpRequest::new(method, path));
    let http = option::weighted(0.8, http);
    (0..6_u64, peer, place, service, consumer, interface, data_access, http, token).prop_map(
        |(now, peer, place, service, consumer, interface, data_access, http, token)| Request {
            now,
            peer,
            place,
            service: service.and_then(Service::parse),
            consumer: consumer.and_then(Consumer::parse),
            interface,
            data_access,
            http,
            token,
        },
    )
}

/// The paths that a caveat names, taken from its JSON.
fn paths(caveat: &Caveat) -> Vec<String> {
    let json = caveat.to_json();
    let decode = |item: &Value| String::from_utf8(STANDARD.decode(item.as_str().unwrap()).unwrap()).unwrap();
    json["whitelist"].as_array().unwrap().iter().map(decode).collect()
}

fn v4(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

/// Only in a network of all addresses.
fn v4_far() -> IpAddr {
    Ipv4Addr::new(192, 0, 2, 1).into()
}

fn v6(last: u16) -> IpAddr {
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last).into()
}

/// The manual's table: of each kind its examples as text and as JSON.
fn table() -> BTreeMap<String, (String, Value)> {
    const MANUAL: &str = include_str!("../../docs/manual/caveats.md");
    let lines = MANUAL.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let rows = lines.map(|line| {
        let cells: Vec<_> = line.replace("\\|", "\u{1}").split('|').map(|cell| cell.replace('\u{1}', "|")).collect();
        let code = |cell: &str| cell.split('`').nth(1).unwrap_or_default().to_owned();
        (cells[0].trim().to_owned(), (code(&cells[1]), serde_json::from_str(&code(&cells[2])).unwrap()))
    });
    rows.collect()
}

#[test]
fn every_kind_has_its_line_in_the_manual() {
    let table = table();
    assert_eq!(table.keys().map(String::as_str).collect::<BTreeSet<_>>(), KINDS.into_iter().collect());
    for (kind, (text, json)) in table {
        assert_eq!(read(&text).kind(), kind, "{text}");
        assert_eq!(read(&text).checked_new(), Ok(read(&text)), "{text}");
        assert_eq!(Caveat::read_new(&json).unwrap().kind(), kind, "{json}");
    }
}

proptest! {
    #[test]
    fn text_and_json_are_made_as_the_manual_says(written in written()) {
        let caveat = read(&written.text);
        let (example, json) = table().remove(caveat.kind()).unwrap();
        let keys = |json: &Value| json.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        prop_assert_eq!(keys(&caveat.to_json()), keys(&json));
        prop_assert_eq!(&caveat.to_json()["type"], &json["type"]);
        let name = |text: &str| text.split(' ').next().unwrap().to_owned();
        prop_assert_eq!(name(&caveat.to_string()), name(&example));
    }
}
