//! Reading is linear in what is read, and ends where a bound does.

use super::super::{Encoding, Macaroon, RootSecret};
use super::*;

/// What text and fields may cost together, in bytes looked at for each one of the input.
const FACTOR: usize = 2;

fn token(caveats: usize, length: usize) -> Macaroon {
    let mut token = Macaroon::mint(&RootSecret::new(b"secret"), "onezone", b"id").unwrap();
    let caveat = vec![b'x'; length];
    for _ in 0..caveats {
        token.narrow(&caveat).unwrap();
    }
    token
}

/// A token's bytes in a version, the work of reading them, and what became of it.
fn read(token: &Macaroon, version: u8, limits: &Limits) -> (usize, usize, Result<(), ParseError>) {
    let bytes = if version == 1 { token.to_v1().unwrap().to_vec() } else { token.to_v2() };
    let (length, mut outcome) = (bytes.len(), Ok(()));
    let work = work::of(|| {
        let read = if version == 1 { Macaroon::from_v1(bytes, limits) } else { Macaroon::from_v2(&bytes, limits) };
        outcome = read.map(drop);
    });
    (length, work, outcome)
}

#[test]
fn the_work_of_reading_is_linear_in_the_length() {
    for version in [1, 2] {
        for (caveats, length) in
            [(0, 1), (1, 1), (1, LONGEST_CAVEAT), (10, 60_000), (100, 1), (1_000, 700), (10_000, 1), (10_000, 70)]
        {
            let (bytes, work, outcome) = read(&token(caveats, length), version, &Limits::MOST);
            assert_eq!(outcome, Ok(()), "{caveats} of {length}");
            assert!(work > bytes / 2 && work <= FACTOR * bytes, "{work} for {bytes} bytes: {caveats} of {length}");
        }
    }
}

#[test]
fn what_goes_beyond_a_bound_costs_no_more_than_what_is_just_beyond_it() {
    let limits = Limits { caveats: 10, caveat: 100, ..Limits::FORMAT };
    for version in [1, 2] {
        let cost = |caveats, length, rule| {
            let (_, work, outcome) = read(&token(caveats, length), version, &limits);
            assert_eq!(outcome, Err(rule), "{caveats} of {length}");
            work
        };
        let (many, long) = (ParseError::TooManyCaveats { limit: 10 }, ParseError::CaveatTooLong { limit: 100 });
        assert_eq!(cost(11, 100, many), cost(5_000, 100, many));
        assert_eq!(cost(1, 101, long), cost(5_000, 101, long));
    }
    let text = token(5_000, 50).to_text(Encoding::Onezone).unwrap();
    let limit = text.len() - 1;
    let work = work::of(|| {
        let refused = Macaroon::parse(&text, &Limits { text: limit, ..Limits::FORMAT });
        assert_eq!(refused, Err(ParseError::Text(TextError::TooLong { limit })));
    });
    assert_eq!(work, 0);
}

#[test]
fn no_token_of_a_text_has_more_or_longer_caveats_than_are_said_to_fit() {
    let smallest = |caveats: &[usize]| {
        let mut bytes = vec![2, 2, 1, b'i', 0];
        for &length in caveats {
            bytes.push(2);
            bytes.extend(
                [length.to_le_bytes()[0] | 0x80, (length >> 7).to_le_bytes()[0]].iter().skip(usize::from(length < 128)),
            );
            if length < 128 {
                let at = bytes.len() - 1;
                bytes[at] = length.to_le_bytes()[0];
            }
            bytes.extend(vec![b'x'; length]);
            bytes.push(0);
        }
        bytes.extend([0, 6, 32]);
        bytes.extend([0; 32]);
        Macaroon::from_v2(&bytes, &Limits::FORMAT).unwrap().to_text(Encoding::V2).unwrap()
    };
    for text in [512, 513, 514, 600, 8_192] {
        let fits = Limits { text, ..Limits::FORMAT }.within_text();
        assert!(smallest(&vec![1; fits.caveats]).len() <= text, "{text}");
        assert!(smallest(&vec![1; fits.caveats + 1]).len() > text, "{text}");
        assert!(smallest(&[fits.caveat + 1]).len() > text, "{text}");
    }
    assert_eq!(Limits::default().within_text(), Limits { caveat: 6_101, ..Limits::default() });
}
