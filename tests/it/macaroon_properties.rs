//! What holds for every macaroon and every caveat, tried on random ones: one canonical form, a chain that nobody can
//! shorten, limits that are exact, and narrowing that never widens.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use zonemint::caveat::{self, Caveat, Request, Time};
use zonemint::macaroon::{BuildError, Encoding, Limits, Macaroon, ParseError, RootSecret, TextError, Verified};

proptest! {
    #[test]
    fn every_minted_token_comes_back_from_every_encoding(minting in minting()) {
        let token = minting.token();
        for encoding in Encoding::ALL {
            let text = token.to_text(encoding).unwrap();
            let (read, its) = Macaroon::parse(&text, &Limits::FORMAT).unwrap();
            prop_assert_eq!(&read, &token);
            // A text without the digits or the padding that tell encodings apart is in both.
            prop_assert!(its == encoding || !text.contains(['-', '_', '+', '/']) || !text.contains('='), "{} is {}", text, its);
            prop_assert_eq!(read.to_text(its).unwrap(), text);
        }
        prop_assert_eq!(fields(&token), minting.fields());
        prop_assert!(token.verify(&minting.secret()).is_ok());
    }

    #[test]
    fn any_bytes_in_identifier_and_caveats_come_back(fields in any_fields()) {
        let bytes = packets(&fields);
        let token = Macaroon::from_v1(bytes.clone(), &Limits::FORMAT).unwrap();
        prop_assert_eq!(self::fields(&token), fields);
        for encoding in Encoding::ALL {
            let (read, _) = Macaroon::parse(&token.to_text(encoding).unwrap(), &Limits::FORMAT).unwrap();
            prop_assert_eq!(read.to_v1().unwrap(), &bytes);
        }
    }

    #[test]
    fn version_2_keeps_every_byte_of_version_1(fields in any_fields()) {
        let token = Macaroon::from_v1(packets(&fields), &Limits::FORMAT).unwrap();
        prop_assert_eq!(token.to_v2(), fields.v2().bytes());
        let read = Macaroon::from_v2(&token.to_v2(), &Limits::FORMAT).unwrap();
        prop_assert_eq!(read.to_v1().unwrap(), packets(&fields));
        prop_assert_eq!(read, token);
    }

    #[test]
    fn a_token_without_a_location_comes_back_in_version_2_alone(fields in any_v2_fields(), last in mintable(1..40)) {
        let mut token = Macaroon::from_v2(&fields.bytes(), &Limits::FORMAT).unwrap();
        prop_assert_eq!(token.to_v2(), fields.bytes());
        let no_location = fields.location.is_none().then_some(BuildError::NoLocation);
        prop_assert_eq!(token.to_v1().err(), no_location);
        for encoding in Encoding::ALL {
            let Ok(text) = token.to_text(encoding) else { continue };
            prop_assert_eq!(&Macaroon::parse(&text, &Limits::FORMAT).unwrap().0, &token);
        }
        // Narrowing keeps what was there.
        token.narrow(&last).unwrap();
        let narrowed = token.to_v2();
        let signature = narrowed[narrowed.len() - 32..].to_vec();
        let caveats = [fields.caveats.clone(), vec![(None, last, None)]].concat();
        prop_assert_eq!(narrowed, V2Fields { caveats, signature, ..fields }.bytes());
    }

    #[test]
    fn accepted_bytes_of_version_2_are_the_ones_that_are_written(
        fields in any_v2_fields(), damages in vec((0..4_u8, any::<Index>(), 0..8_u8), 1..3),
    ) {
        let bytes = damages.into_iter().fold(fields.bytes(), |bytes, (kind, at, byte)| damaged(bytes, kind, at, byte));
        if let Ok(token) = Macaroon::from_v2(&bytes, &Limits::FORMAT) {
            prop_assert_eq!(token.to_v2(), bytes);
        }
    }

    #[test]
    fn an_accepted_text_is_the_one_that_is_written(text in damaged_text()) {
        if let Ok((token, encoding)) = Macaroon::parse(&text, &Limits::FORMAT) {
            prop_assert_eq!(token.to_text(encoding).unwrap(), text);
            prop_assert_eq!(token.to_v1().map(<[u8]>::to_vec).ok(), token.to_v1().is_ok().then(|| packets(&fields(&token))));
        }
    }

    #[test]
    fn accepted_bytes_are_the_ones_that_the_fields_give(bytes in damaged_bytes()) {
        if let Ok(token) = Macaroon::from_v1(bytes.clone(), &Limits::FORMAT) {
            prop_assert_eq!(token.to_v1().unwrap(), &bytes);
            prop_assert_eq!(packets(&fields(&token)), bytes);
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..600)) {
        prop_assert!(Macaroon::from_v2(&[&[2][..], &bytes].concat(), &Limits::FORMAT).is_err());
        prop_assert!(Macaroon::from_v1(bytes, &Limits::FORMAT).is_err());
    }

    #[test]
    fn arbitrary_text_is_refused_without_a_panic(text in any::<String>(), alphanumeric in "[0-9A-Za-z_-]{0,600}") {
        prop_assert!(Macaroon::parse(&text, &Limits::FORMAT).is_err());
        prop_assert!(Macaroon::parse(&alphanumeric, &Limits::FORMAT).is_err());
    }

    #[test]
    fn arbitrary_packets_are_read_only_in_the_order_of_the_grammar(packets in any_packets()) {
        let bytes: Vec<u8> = packets.iter().flat_map(|(key, value)| packet(key, value)).collect();
        let keys: Vec<_> = packets.iter().map(|(key, _)| *key).collect();
        if Macaroon::from_v1(bytes, &Limits::FORMAT).is_ok() {
            prop_assert!(matches!(*keys, ["location", "identifier", .., "signature"]), "{:?}", keys);
            let between = keys[2..keys.len() - 1].join(" ").replace("cid vid cl", "cid");
            prop_assert!(between.split_terminator(' ').all(|key| key == "cid"), "{:?}", keys);
        }
    }

    #[test]
    fn narrowing_a_parsed_token_gives_what_minting_with_all_caveats_gives(minting in minting(), last in third_or_first()) {
        let text = minting.token().to_text(Encoding::Onezone).unwrap();
        let (mut narrowed, _) = Macaroon::parse(&text, &Limits::FORMAT).unwrap();
        add(&mut narrowed, &last);
        let mut from_the_start = minting.clone();
        from_the_start.caveats.push(last);
        prop_assert_eq!(&narrowed, &from_the_start.token());
        prop_assert!(narrowed.verify(&minting.secret()).is_ok());
    }

    #[test]
    fn a_token_without_its_last_caveat_does_not_verify(minting in minting(), last in third_or_first()) {
        let mut longer = minting.clone();
        longer.caveats.push(last);
        let mut shortened = minting.fields();
        shortened.signature = fields(&longer.token()).signature;
        let token = Macaroon::from_v1(packets(&shortened), &Limits::FORMAT).unwrap();
        prop_assert!(token.verify(&minting.secret()).is_err());
    }

    #[test]
    fn no_other_secret_verifies_a_token(minting in minting(), other in vec(any::<u8>(), 0..40)) {
        prop_assume!(other != minting.secret);
        prop_assert!(minting.token().verify(&RootSecret::new(&other)).is_err());
    }

    #[test]
    fn limits_hold_exactly_at_their_bounds(minting in minting()) {
        let text = minting.token().to_text(Encoding::Onezone).unwrap();
        let longest = minting.caveats.iter().map(|(cid, _)| cid.len()).max().unwrap_or(0);
        let exact = Limits { text: text.len(), caveats: minting.caveats.len(), caveat: longest };
        prop_assert!(Macaroon::parse(&text, &exact).is_ok());

        let refused = |limits| Macaroon::parse(&text, &limits).expect_err("one less than needed");
        let limit = exact.text - 1;
        prop_assert_eq!(refused(Limits { text: limit, ..exact }), ParseError::Text(TextError::TooLong { limit }));
        if let Some(limit) = exact.caveats.checked_sub(1) {
            prop_assert_eq!(refused(Limits { caveats: limit, ..exact }), ParseError::TooManyCaveats { limit });
            let limit = exact.caveat - 1;
            prop_assert_eq!(refused(Limits { caveat: limit, ..exact }), ParseError::CaveatTooLong { limit });
        }
    }

    #[test]
    fn whoever_is_refused_a_token_is_refused_it_narrowed(wide in times(), added in times(), now in 0..12_u64) {
        let secret = RootSecret::new(b"secret");
        let token = narrowed(Macaroon::mint(&secret, "onezone", b"id").unwrap(), &wide);
        let narrower = narrowed(token.clone(), &added);
        let [wide, narrow] = [token, narrower].map(|token| read_caveats(&token.verify(&secret).unwrap()));
        prop_assert!(!allow(&narrow, now) || allow(&wide, now));
        prop_assert!(caveat::within(&narrow, &wide));
    }

    #[test]
    fn within_says_what_trying_every_moment_says(narrow in times(), wide in times()) {
        let every_moment = (0..12).chain([u64::MAX]).all(|now| !allow(&narrow, now) || allow(&wide, now));
        prop_assert_eq!(caveat::within(&narrow, &wide), every_moment);
    }

    #[test]
    fn simplified_caveats_allow_the_same_moments(caveats in times()) {
        let simple = caveat::simplify(&caveats);
        prop_assert!(simple.len() <= caveats.len().min(1));
        for now in (0..12).chain([u64::MAX]) {
            prop_assert_eq!(allow(&simple, now), allow(&caveats, now));
            prop_assert_eq!(caveat::valid_until(&caveats).is_none_or(|until| now < until), allow(&caveats, now));
        }
    }

    #[test]
    fn a_caveat_comes_back_from_its_text_and_its_json(until in any::<u64>()) {
        let caveat = Caveat::Time(Time::until(until));
        prop_assert_eq!(Caveat::parse(caveat.to_string().as_bytes()), Ok(caveat.clone()));
        prop_assert_eq!(Caveat::from_json(&caveat.to_json()), Ok(caveat.clone()));
        prop_assert_eq!(caveat.to_json(), json!({"type": "time", "validUntil": until}));
    }

    #[test]
    fn an_accepted_caveat_text_is_the_one_that_is_written(text in caveat_like()) {
        if let Ok(caveat) = Caveat::parse(text.as_bytes()) {
            prop_assert_eq!(caveat.to_string(), text);
        }
    }

    #[test]
    fn arbitrary_caveat_bytes_are_refused_without_a_panic(cid in vec(any::<u8>(), 0..60)) {
        prop_assert!(Caveat::parse(&cid).is_err());
    }

    #[test]
    fn only_whole_seconds_make_a_caveat_of_json(valid_until in any_json()) {
        let read = Caveat::from_json(&json!({"type": "time", "validUntil": valid_until}));
        prop_assert_eq!(read.ok(), valid_until.as_u64().map(|until| Caveat::Time(Time::until(until))));
        prop_assert!(Caveat::from_json(&valid_until).is_err());
    }
}

#[test]
fn a_verification_id_has_72_bytes() {
    for length in [0, 71, 73] {
        let vid = vec![0; length];
        let refused = sample().narrow_by_third_party(b"cid", &vid, "elsewhere");
        assert_eq!(refused, Err(BuildError::VerificationId), "{length}");
        let mut fields = fields(&sample());
        fields.caveats.push((b"cid".to_vec(), Some((vid, b"elsewhere".to_vec()))));
        let read = Macaroon::from_v1(packets(&fields), &Limits::FORMAT);
        assert_eq!(read, Err(ParseError::VerificationId), "{length}");
    }
}

#[test]
fn what_cannot_be_minted_is_refused_and_changes_nothing() {
    let secret = RootSecret::new(b"secret");
    assert_eq!(Macaroon::mint(&secret, "onezone", b""), Err(BuildError::Empty));
    assert_eq!(Macaroon::mint(&secret, "one\nzone", b"id"), Err(BuildError::ControlCharacter));
    assert_eq!(Macaroon::mint(&secret, "onezone", b"i\0d"), Err(BuildError::ControlCharacter));
    let mut token = sample();
    assert_eq!(token.narrow(b""), Err(BuildError::Empty));
    assert_eq!(token.narrow(b"time < 1\n"), Err(BuildError::ControlCharacter));
    assert_eq!(token.narrow_by_third_party(b"cid", &[0; 72], "else\x7fwhere"), Err(BuildError::ControlCharacter));
    assert_eq!(token, sample());
}

#[test]
fn the_location_of_a_third_party_must_be_utf_8() {
    let mut fields = fields(&sample());
    fields.caveats.push((b"cid".to_vec(), Some((vec![0; 72], vec![0xff]))));
    assert_eq!(Macaroon::from_v1(packets(&fields), &Limits::FORMAT), Err(ParseError::Location));
}

#[test]
fn a_changed_byte_is_refused_unless_it_only_renames_the_location() {
    let token = sample();
    let in_location = 13..13 + token.location().len();
    for (at, &original) in token.to_v1().unwrap().iter().enumerate() {
        for byte in (0..=u8::MAX).filter(|&byte| byte != original) {
            let mut bytes = token.to_v1().unwrap().to_vec();
            bytes[at] = byte;
            let harmless = in_location.contains(&at) && str::from_utf8(&bytes[in_location.clone()]).is_ok();
            assert_eq!(verifies(Macaroon::from_v1(bytes, &Limits::FORMAT)), harmless, "{byte:02x} at {at}");
        }
    }
}

#[test]
fn an_inserted_byte_is_refused() {
    let token = sample();
    for at in 0..=token.to_v1().unwrap().len() {
        for byte in 0..=u8::MAX {
            let mut bytes = token.to_v1().unwrap().to_vec();
            bytes.insert(at, byte);
            assert!(!verifies(Macaroon::from_v1(bytes, &Limits::FORMAT)), "{byte:02x} at {at}");
        }
    }
}

#[test]
fn a_removed_byte_is_refused() {
    let token = sample();
    for at in 0..token.to_v1().unwrap().len() {
        let mut bytes = token.to_v1().unwrap().to_vec();
        bytes.remove(at);
        assert!(!verifies(Macaroon::from_v1(bytes, &Limits::FORMAT)), "at {at}");
    }
}

#[test]
fn a_changed_character_is_refused_unless_it_only_renames_the_location() {
    let padded = Encoding::ALL.into_iter().filter(|encoding| encoding.to_string().ends_with("padding"));
    for text in [Encoding::Onezone, Encoding::BASE64URL, Encoding::V2]
        .into_iter()
        .chain(padded)
        .map(|one| sample().to_text(one).unwrap())
    {
        let places = (0..text.len()).flat_map(|at| characters().map(move |character| (at, character)));
        let renames = places.filter(|&(at, character)| {
            let changed = format!("{}{character}{}", &text[..at], &text[at + 1..]);
            changed != text && only_renames(&changed)
        });
        assert_ne!(renames.count(), 0, "the sample shows no rename");
    }
}

#[test]
fn an_inserted_character_is_refused_unless_it_only_renames_the_location() {
    for (encoding, some_rename) in [(Encoding::BASE64URL, false), (Encoding::V2, false), (Encoding::Onezone, true)] {
        let text = sample().to_text(encoding).unwrap();
        let places = (0..=text.len()).flat_map(|at| characters().map(move |character| (at, character)));
        let renames =
            places.filter(|&(at, character)| only_renames(&format!("{}{character}{}", &text[..at], &text[at..])));
        assert_eq!(renames.count() > 0, some_rename, "{encoding:?}");
    }
}

#[test]
fn a_removed_character_is_refused_unless_it_only_renames_the_location() {
    for (encoding, some_rename) in [(Encoding::BASE64URL, false), (Encoding::V2, false), (Encoding::Onezone, true)] {
        let text = sample().to_text(encoding).unwrap();
        let renames = (0..text.len()).filter(|&at| only_renames(&format!("{}{}", &text[..at], &text[at + 1..])));
        assert_eq!(renames.count() > 0, some_rename, "{encoding:?}");
    }
}

/// In base64 the location's `u` ends in `1` and its `?` is a `_`, which base62 writes as `01`: so there, a single character
/// more or less leads from one location to another.
fn sample() -> Macaroon {
    let mut token = Macaroon::mint(&RootSecret::new(b"secret"), "gu/z?one", b"id").unwrap();
    token.narrow(b"time < 2000000000").unwrap();
    token
}

fn verifies(read: Result<Macaroon, ParseError>) -> bool {
    read.is_ok_and(|token| token.verify(&RootSecret::new(b"secret")).is_ok())
}

/// Whether a text says the same as the sample's but for the location, which is not authenticated. Only then may it verify,
/// and then it must; and however it differs, it is the one text of what it says.
fn only_renames(text: &str) -> bool {
    let Ok((token, encoding)) = Macaroon::parse(text, &Limits::FORMAT) else { return false };
    assert_eq!(token.to_text(encoding).unwrap(), text);
    let original = fields(&sample());
    if fields(&token) == original {
        // The text that the same token has in another encoding.
        return false;
    }
    let renamed = Fields { location: token.location().to_owned(), ..original.clone() };
    let only_renamed = fields(&token) == renamed;
    assert_eq!(verifies(Ok(token)), only_renamed, "{text}");
    only_renamed
}

/// Everything in ASCII, and one character beyond.
fn characters() -> impl Iterator<Item = char> {
    ('\0'..='\x7f').chain(['é'])
}

/// A caveat's `cid`, and the `vid` and `cl` of one that a third party discharges.
type AnyCaveat = (Vec<u8>, Option<(Vec<u8>, Vec<u8>)>);

/// What goes into a token that we mint.
#[derive(Debug, Clone)]
struct Minting {
    secret: Vec<u8>,
    location: String,
    identifier: Vec<u8>,
    caveats: Vec<AnyCaveat>,
}

impl Minting {
    fn secret(&self) -> RootSecret {
        RootSecret::new(&self.secret)
    }

    fn token(&self) -> Macaroon {
        let mut token = Macaroon::mint(&self.secret(), &self.location, &self.identifier).unwrap();
        self.caveats.iter().for_each(|caveat| add(&mut token, caveat));
        token
    }

    fn fields(&self) -> Fields {
        let Self { location, identifier, caveats, .. } = self.clone();
        Fields { location, identifier, caveats, signature: fields(&self.token()).signature }
    }
}

/// Every field of a token, as its packets hold it.
#[derive(Debug, Clone, PartialEq)]
struct Fields {
    location: String,
    identifier: Vec<u8>,
    caveats: Vec<AnyCaveat>,
    signature: Vec<u8>,
}

fn fields(token: &Macaroon) -> Fields {
    let bytes = token.to_v2();
    let caveats = token.danger_unverified_caveats().map(|caveat| {
        let third_party = caveat.third_party.map(|third| (third.vid.to_vec(), third.location.to_vec()));
        (caveat.cid.to_vec(), third_party)
    });
    Fields {
        location: token.location().to_owned(),
        identifier: token.identifier().to_vec(),
        caveats: caveats.collect(),
        signature: bytes[bytes.len() - 32..].to_vec(),
    }
}

/// A caveat's location, identifier and verification id.
type V2Caveat = (Option<Vec<u8>>, Vec<u8>, Option<Vec<u8>>);

/// The fields of V2.
#[derive(Debug, Clone)]
struct V2Fields {
    location: Option<Vec<u8>>,
    identifier: Vec<u8>,
    caveats: Vec<V2Caveat>,
    signature: Vec<u8>,
}

impl Fields {
    fn v2(&self) -> V2Fields {
        let caveats = self.caveats.iter().map(|(cid, third_party)| {
            let (vid, location) = third_party.clone().unzip();
            (location, cid.clone(), vid)
        });
        V2Fields {
            location: Some(self.location.clone().into_bytes()),
            identifier: self.identifier.clone(),
            caveats: caveats.collect(),
            signature: self.signature.clone(),
        }
    }
}

impl V2Fields {
    /// A second writer of the format, independent of the one under test.
    fn bytes(&self) -> Vec<u8> {
        fn field(kind: u8, value: &[u8]) -> Vec<u8> {
            let length = match value.len() {
                short @ 0..128 => vec![u8::try_from(short).unwrap()],
                long @ 128..16_384 => vec![u8::try_from(long % 128).unwrap() | 0x80, u8::try_from(long / 128).unwrap()],
                _ => panic!("no test has a field that long"),
            };
            [vec![kind], length, value.to_vec()].concat()
        }
        let field_if =
            |kind, value: &Option<Vec<u8>>| value.as_deref().map(|value| field(kind, value)).unwrap_or_default();
        let header = [vec![2], field_if(1, &self.location), field(2, &self.identifier), vec![0]].concat();
        let caveats = self.caveats.iter().flat_map(|(location, cid, vid)| {
            [field_if(1, location), field(2, cid), field_if(4, vid), vec![0]].concat()
        });
        header.into_iter().chain(caveats).chain([0]).chain(field(6, &self.signature)).collect()
    }
}

/// A second writer of the format, independent of the one under test.
fn packets(fields: &Fields) -> Vec<u8> {
    let mut bytes = [packet("location", fields.location.as_bytes()), packet("identifier", &fields.identifier)].concat();
    for (cid, third_party) in &fields.caveats {
        bytes.extend(packet("cid", cid));
        if let Some((vid, cl)) = third_party {
            bytes.extend([packet("vid", vid), packet("cl", cl)].concat());
        }
    }
    bytes.extend(packet("signature", &fields.signature));
    bytes
}

fn packet(key: &str, value: &[u8]) -> Vec<u8> {
    let length = format!("{:04x}", key.len() + value.len() + 6);
    [length.as_bytes(), key.as_bytes(), b" ", value, b"\n"].concat()
}

fn add(token: &mut Macaroon, caveat: &AnyCaveat) {
    match caveat {
        (cid, None) => token.narrow(cid),
        (cid, Some((vid, cl))) => token.narrow_by_third_party(cid, vid, str::from_utf8(cl).unwrap()),
    }
    .unwrap();
}

fn read_caveats(verified: &Verified) -> Vec<Caveat> {
    verified.caveats().map(|caveat| Caveat::parse(caveat.cid).unwrap()).collect()
}

fn narrowed(mut token: Macaroon, caveats: &[Caveat]) -> Macaroon {
    for caveat in caveats {
        token.narrow(caveat.to_string().as_bytes()).unwrap();
    }
    token
}

fn allow(caveats: &[Caveat], now: u64) -> bool {
    caveats.iter().all(|caveat| caveat.check(&Request::at(now)).is_ok())
}

fn times() -> impl Strategy<Value = Vec<Caveat>> {
    let until = prop_oneof![8 => 0..10_u64, 1 => Just(u64::MAX)];
    vec(until.prop_map(|until| Caveat::Time(Time::until(until))), 0..4)
}

/// Bytes without ASCII control characters, which are never minted.
fn mintable(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![0x20..0x7f_u8, 0x80..=0xff_u8], length)
}

fn location() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{0,40}"
}

fn third_or_first() -> impl Strategy<Value = AnyCaveat> {
    let third_party = (vec(any::<u8>(), 72), location().prop_map(String::into_bytes));
    let long = (mintable(1..2), 4_096..40_000_usize).prop_map(|(byte, length)| byte.repeat(length));
    (prop_oneof![15 => mintable(1..60).boxed(), 1 => long.boxed()], prop::option::weighted(0.25, third_party))
}

/// A few caveats; now and then very many.
fn any_number() -> impl Strategy<Value = Vec<AnyCaveat>> {
    let short = mintable(1..8).prop_map(|cid| (cid, None));
    prop_oneof![15 => vec(third_or_first(), 0..5).boxed(), 1 => vec(short, 100..1_200).boxed()]
}

fn minting() -> impl Strategy<Value = Minting> {
    (vec(any::<u8>(), 0..70), location(), mintable(1..60), any_number())
        .prop_map(|(secret, location, identifier, caveats)| Minting { secret, location, identifier, caveats })
}

fn any_fields() -> impl Strategy<Value = Fields> {
    let third_party = (vec(any::<u8>(), 72), any::<String>().prop_map(String::into_bytes));
    let caveat = (vec(any::<u8>(), 1..40), prop::option::of(third_party));
    (any::<String>(), vec(any::<u8>(), 1..40), vec(caveat, 0..5), vec(any::<u8>(), 32))
        .prop_map(|(location, identifier, caveats, signature)| Fields { location, identifier, caveats, signature })
}

fn any_v2_fields() -> impl Strategy<Value = V2Fields> {
    let location = || prop::option::of(any::<String>().prop_map(String::into_bytes));
    let caveat = (location(), vec(any::<u8>(), 1..200), vec(any::<u8>(), 72)).prop_map(|(location, cid, vid)| {
        let vid = location.is_some().then_some(vid);
        (location, cid, vid)
    });
    (location(), vec(any::<u8>(), 1..40), vec(caveat, 0..4), vec(any::<u8>(), 32))
        .prop_map(|(location, identifier, caveats, signature)| V2Fields { location, identifier, caveats, signature })
}

/// A valid token with up to two bytes changed, inserted, removed or cut off.
fn damaged_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), select(b"0123456789abcdefF+ \n\r".to_vec())];
    (any_fields(), vec((0..4_u8, any::<Index>(), byte), 0..3)).prop_map(|(fields, damages)| {
        damages.into_iter().fold(packets(&fields), |bytes, (kind, at, byte)| damaged(bytes, kind, at, byte))
    })
}

fn damaged_text() -> impl Strategy<Value = String> {
    let character = select(b"0123456789ABYZabyz-_=+/ \n".to_vec());
    (minting(), select(Encoding::ALL.to_vec()), vec((0..4_u8, any::<Index>(), character), 0..3)).prop_map(
        |(minting, encoding, damages)| {
            let text = minting.token().to_text(encoding).unwrap().into_bytes();
            let text = damages.into_iter().fold(text, |text, (kind, at, byte)| damaged(text, kind, at, byte));
            String::from_utf8(text).unwrap()
        },
    )
}

fn damaged(mut bytes: Vec<u8>, kind: u8, at: Index, byte: u8) -> Vec<u8> {
    let at = at.index(bytes.len());
    match kind {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 => drop(bytes.remove(at)),
        _ => bytes.truncate(at + 1),
    }
    bytes
}

/// Well-formed packets under the format's names, mostly in an order that the grammar does not have.
fn any_packets() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let packet = prop_oneof![
        2 => Just(("cid", b"c".to_vec())),
        1 => Just(("cl", b"l".to_vec())),
        1 => Just(("vid", vec![b'v'; 72])),
        1 => select(vec!["location", "identifier", "signature", "cidfoo", ""]).prop_map(|key| (key, vec![b's'; 32])),
    ];
    let ends = [("location", b"l".to_vec()), ("identifier", b"i".to_vec()), ("signature", vec![b's'; 32])];
    (vec(packet, 0..5), 0..8_u8).prop_map(move |(mut packets, skipped)| {
        let [location, identifier, signature] = ends.clone();
        for (bit, packet) in [(1, identifier), (2, location)] {
            if skipped & bit == 0 {
                packets.insert(0, packet);
            }
        }
        packets.extend((skipped & 4 == 0).then_some(signature));
        packets
    })
}

fn caveat_like() -> impl Strategy<Value = String> {
    prop_oneof!["time < [0-9]{1,21}", "(time|TIME|ip)? ?[<=]? ?[-+0-9. ]{0,6}", "time < [0-9]{1,3}\\PC?"]
}

fn any_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any::<Vec<u8>>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!({"validUntil": 1})),
    ]
}
