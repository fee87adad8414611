//! The crates `macaroon` and `libmacaroon` beside ours: the same inputs give the same token in all three, and whatever ours
//! accepts, both accept and understand alike.
//!
//! Inputs stay small: `macaroon` recurses once per packet and aborts the process on long ones.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use zonemint::macaroon::{Encoding, Limits, Macaroon, RootSecret};
use zonemint_oracle::Recipe;

proptest! {
    #[test]
    fn both_crates_verify_what_we_mint(recipe in recipe(), other in vec(any::<u8>(), 0..40)) {
        prop_assume!(other != recipe.secret);
        let token = recipe.token();
        for text in [Encoding::BASE64URL, Encoding::V2].map(|encoding| token.to_text(encoding).unwrap()) {
            for theirs in [with_macaroon(&text), with_libmacaroon(&text)].map(Option::unwrap) {
                prop_assert_eq!(theirs.fields, fields(&token));
                prop_assert!((theirs.verify)(&recipe.secret));
                prop_assert!(!(theirs.verify)(&other));
            }
        }
    }

    #[test]
    fn both_crates_mint_what_we_mint(recipe in recipe()) {
        let text = recipe.token().to_text(Encoding::BASE64URL).unwrap();
        prop_assert_eq!(unpadded(&macaroon_of(&recipe).serialize(macaroon::Format::V1).unwrap()), text.as_str());
        prop_assert_eq!(unpadded(&libmacaroon_of(&recipe).serialize(libmacaroon::Format::V1).unwrap()), text);
        let text = recipe.token().to_text(Encoding::V2).unwrap();
        prop_assert_eq!(unpadded(&macaroon_of(&recipe).serialize(macaroon::Format::V2).unwrap()), text.as_str());
        prop_assert_eq!(unpadded(&libmacaroon_of(&recipe).serialize(libmacaroon::Format::V2).unwrap()), text);
    }

    #[test]
    fn version_2_that_we_accept_both_crates_accept_alike(
        recipe in recipe(), damages in vec((any::<Index>(), 0..3_u8, prop_oneof![any::<u8>(), 0..8_u8]), 0..3),
    ) {
        let bytes = damages.iter().fold(recipe.token().to_v2(), |bytes, (at, kind, byte)| {
            match kind {
                0 => Damage::ChangeByte(*at, *byte),
                1 => Damage::InsertByte(*at, *byte),
                _ => Damage::RemoveByte(*at),
            }
            .done_to(bytes)
        });
        let Ok(ours) = Macaroon::from_v2(&bytes, &Limits::FORMAT) else { return Ok(()) };
        let (text, expected) = (ours.to_text(Encoding::V2).unwrap(), fields(&ours));
        let verified = ours.verify(&RootSecret::new(&recipe.secret)).is_ok();
        for theirs in [with_macaroon(&text), with_libmacaroon(&text)] {
            let theirs = theirs.expect("we accept what they refuse");
            prop_assert_eq!(theirs.fields, expected.clone());
            prop_assert_eq!((theirs.verify)(&recipe.secret), verified);
        }
    }

    #[test]
    fn we_verify_third_party_caveats_that_either_crate_added(
        recipe in recipe(), cid in mintable(1..30), location in location(), last in mintable(1..30),
    ) {
        let texts = [macaroon_with_third_party, libmacaroon_with_third_party]
            .map(|add| add(&recipe, &location, &cid, &last));
        for text in texts {
            let (theirs, _) = Macaroon::parse(&text, &Limits::default()).unwrap();
            let mut ours = recipe.token();
            let vid = theirs.danger_unverified_caveats().find_map(|caveat| caveat.third_party).unwrap().vid.to_vec();
            ours.narrow_by_third_party(&cid, &vid, &location).unwrap();
            ours.narrow(&last).unwrap();
            prop_assert_eq!(&ours, &theirs);
            prop_assert!(theirs.verify(&RootSecret::new(&recipe.secret)).is_ok());
        }
    }

    #[test]
    fn what_we_accept_both_crates_accept_alike(recipe in recipe(), damages in vec(damage(), 0..3)) {
        let bytes = damages.iter().fold(recipe.token().to_v1().unwrap().to_vec(), |bytes, damage| damage.done_to(bytes));
        let Ok(ours) = Macaroon::from_v1(bytes, &Limits::FORMAT) else { return Ok(()) };
        let text = ours.to_text(Encoding::BASE64URL).unwrap();
        let expected = fields(&ours);
        let verified = ours.verify(&RootSecret::new(&recipe.secret)).is_ok();
        for theirs in [with_macaroon(&text), with_libmacaroon(&text)] {
            let theirs = theirs.expect("we accept what they refuse");
            prop_assert_eq!(theirs.fields, expected.clone());
            prop_assert_eq!((theirs.verify)(&recipe.secret), verified);
        }
    }

    #[test]
    fn a_text_that_we_accept_is_read_alike_by_both_crates(recipe in recipe(), at in any::<Index>(), byte in any::<u8>()) {
        let mut text = recipe.token().to_text(Encoding::BASE64URL).unwrap().into_bytes();
        let at = at.index(text.len());
        text[at] = byte & 0x7f;
        let text = String::from_utf8(text).unwrap();
        let Ok((ours, _)) = Macaroon::parse(&text, &Limits::FORMAT) else { return Ok(()) };
        prop_assert_eq!(with_macaroon(&text).expect("macaroon refuses").fields, fields(&ours));
        prop_assert_eq!(with_libmacaroon(&text).expect("libmacaroon refuses").fields, fields(&ours));
    }
}

/// What an implementation reads out of a token.
#[derive(Debug, Clone, PartialEq)]
struct Fields {
    location: String,
    identifier: Vec<u8>,
    caveats: Vec<AnyCaveat>,
    signature: Vec<u8>,
}

/// A caveat's `cid`, and the `vid` and `cl` of one that a third party discharges.
type AnyCaveat = (Vec<u8>, Option<(Vec<u8>, Vec<u8>)>);

/// A token as another implementation reads it, and whether it verifies there with a secret when every caveat holds.
struct Theirs {
    fields: Fields,
    verify: Verify,
}

type Verify = Box<dyn Fn(&[u8]) -> bool>;

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

fn with_macaroon(text: &str) -> Option<Theirs> {
    use macaroon::{Caveat, MacaroonKey, Verifier};
    macaroon::initialize().unwrap();
    let token = macaroon::Macaroon::deserialize(text).ok()?;
    let caveats = token.caveats().into_iter().map(|caveat| match caveat {
        Caveat::FirstParty(first) => (first.predicate().0, None),
        Caveat::ThirdParty(third) => (third.id().0, Some((third.verifier_id().0, third.location().into_bytes()))),
    });
    let fields = Fields {
        location: token.location().unwrap_or_default(),
        identifier: token.identifier().0,
        caveats: caveats.collect(),
        signature: token.signature().to_vec(),
    };
    let verify = move |secret: &[u8]| {
        let mut verifier = Verifier::default();
        verifier.satisfy_general(|_| true);
        verifier.verify(&token, &MacaroonKey::generate(secret), Vec::new()).is_ok()
    };
    Some(Theirs { fields, verify: Box::new(verify) })
}

fn with_libmacaroon(text: &str) -> Option<Theirs> {
    use libmacaroon::{Caveat, MacaroonKey, Verifier};
    let token = libmacaroon::Macaroon::deserialize(text).ok()?;
    let caveats = token.caveats().iter().map(|caveat| match caveat {
        Caveat::FirstParty(first) => (first.predicate().to_vec(), None),
        Caveat::ThirdParty(third) => {
            (third.id().to_vec(), Some((third.verifier_id().to_vec(), third.location().as_bytes().to_vec())))
        }
    });
    let signature: &[u8] = token.signature().as_ref();
    let fields = Fields {
        location: token.location().unwrap_or_default().to_owned(),
        identifier: token.identifier().to_vec(),
        caveats: caveats.collect(),
        signature: signature.to_vec(),
    };
    let verify = move |secret: &[u8]| {
        let mut verifier = Verifier::default();
        verifier.satisfy_general(|_| true);
        verifier.verify(&token, &MacaroonKey::generate(secret), &[]).is_ok()
    };
    Some(Theirs { fields, verify: Box::new(verify) })
}

fn macaroon_of(recipe: &Recipe) -> macaroon::Macaroon {
    let key = macaroon::MacaroonKey::generate(&recipe.secret);
    let identifier = macaroon::ByteString(recipe.identifier.clone());
    let mut token = macaroon::Macaroon::create(Some(recipe.location.clone()), &key, identifier).unwrap();
    for caveat in &recipe.caveats {
        token.add_first_party_caveat(macaroon::ByteString(caveat.clone()));
    }
    token
}

fn macaroon_with_third_party(recipe: &Recipe, location: &str, cid: &[u8], last: &[u8]) -> String {
    macaroon::initialize().unwrap();
    let mut token = macaroon_of(recipe);
    let key = macaroon::MacaroonKey::generate(b"the third party's");
    token.add_third_party_caveat(location, &key, macaroon::ByteString(cid.to_vec()));
    token.add_first_party_caveat(macaroon::ByteString(last.to_vec()));
    token.serialize(macaroon::Format::V1).unwrap()
}

fn libmacaroon_of(recipe: &Recipe) -> libmacaroon::Macaroon {
    let key = libmacaroon::MacaroonKey::generate(&recipe.secret);
    let mut token = libmacaroon::Macaroon::create(Some(&recipe.location), &key, &recipe.identifier).unwrap();
    for caveat in &recipe.caveats {
        token.add_first_party_caveat(caveat).unwrap();
    }
    token
}

fn libmacaroon_with_third_party(recipe: &Recipe, location: &str, cid: &[u8], last: &[u8]) -> String {
    let mut token = libmacaroon_of(recipe);
    let key = libmacaroon::MacaroonKey::generate(b"the third party's");
    token.add_third_party_caveat(location, &key, cid).unwrap();
    token.add_first_party_caveat(last).unwrap();
    token.serialize(libmacaroon::Format::V1).unwrap()
}

/// Both crates write padding, which ours reads, and writes for who asks.
fn unpadded(text: &str) -> String {
    text.trim_end_matches('=').to_owned()
}

/// One thing that somebody might do to a token's packets.
#[derive(Debug, Clone)]
enum Damage {
    ChangeByte(Index, u8),
    InsertByte(Index, u8),
    RemoveByte(Index),
    RepeatPacket(Index, Index),
    RemovePacket(Index),
    SwapPackets(Index, Index),
    InsertPackets(Index, Vec<(&'static str, Vec<u8>)>),
}

impl Damage {
    fn done_to(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::ChangeByte(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Self::InsertByte(at, byte) => bytes.insert(at.index(bytes.len() + 1), *byte),
            Self::RemoveByte(at) => drop(bytes.remove(at.index(bytes.len()))),
            _ => return self.done_to_packets(split(&bytes)).concat(),
        }
        bytes
    }

    fn done_to_packets(&self, mut packets: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let place = |index: &Index| index.index(packets.len());
        match self {
            Self::RepeatPacket(from, to) => {
                let (to, packet) = (place(to), packets[place(from)].clone());
                packets.insert(to, packet);
            }
            Self::RemovePacket(at) => drop(packets.remove(place(at))),
            Self::SwapPackets(one, other) => {
                let (one, other) = (place(one), place(other));
                packets.swap(one, other);
            }
            Self::InsertPackets(at, inserted) => {
                let at = place(at);
                packets.splice(at..at, inserted.iter().map(|(key, value)| packet(key, value)));
            }
            Self::ChangeByte(..) | Self::InsertByte(..) | Self::RemoveByte(..) => {}
        }
        packets
    }
}

fn packet(key: &str, value: &[u8]) -> Vec<u8> {
    let length = format!("{:04x}", key.len() + value.len() + 6);
    [length.as_bytes(), key.as_bytes(), b" ", value, b"\n"].concat()
}

/// Cuts bytes where their lengths say; what an earlier damage has made unreadable stays in one piece.
fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let digits = rest.get(..4).and_then(|digits| str::from_utf8(digits).ok());
        let length = digits.and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let (packet, after) =
            rest.split_at(length.filter(|length| (4..=rest.len()).contains(length)).unwrap_or(rest.len()));
        packets.push(packet.to_vec());
        rest = after;
    }
    packets
}

fn damage() -> impl Strategy<Value = Damage> {
    let (at, byte) = (any::<Index>, || prop_oneof![any::<u8>(), select(b"0123456789abcdefABF+_ \n\r".to_vec())]);
    let key = select(vec!["location", "identifier", "cid", "vid", "cl", "signature", "nonsense"]);
    let value = prop_oneof![vec(any::<u8>(), 0..20), vec(any::<u8>(), 32), vec(any::<u8>(), 72)];
    let third_party = (vec(any::<u8>(), 0..4), vec(any::<u8>(), 72), vec(any::<u8>(), 0..4))
        .prop_map(|(cid, vid, cl)| vec![("cid", cid), ("vid", vid), ("cl", cl)]);
    prop_oneof![
        2 => (at(), byte()).prop_map(|(at, byte)| Damage::ChangeByte(at, byte)),
        1 => (at(), byte()).prop_map(|(at, byte)| Damage::InsertByte(at, byte)),
        1 => at().prop_map(Damage::RemoveByte),
        1 => (at(), at()).prop_map(|(from, to)| Damage::RepeatPacket(from, to)),
        1 => at().prop_map(Damage::RemovePacket),
        1 => (at(), at()).prop_map(|(one, other)| Damage::SwapPackets(one, other)),
        2 => (at(), key, value).prop_map(|(at, key, value)| Damage::InsertPackets(at, vec![(key, value)])),
        2 => (at(), third_party).prop_map(|(at, packets)| Damage::InsertPackets(at, packets)),
    ]
}

/// Bytes without ASCII control characters, which are never minted.
fn mintable(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![0x20..0x7f_u8, 0x80..=0xff_u8], length)
}

fn location() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{0,30}"
}

fn recipe() -> impl Strategy<Value = Recipe> {
    (vec(any::<u8>(), 0..70), location(), mintable(1..60), vec(mintable(1..40), 0..6))
        .prop_map(|(secret, location, identifier, caveats)| Recipe { secret, location, identifier, caveats })
}
