//! Packets, and the fields of version 2: whatever is accepted is the one form of itself, and says the same in the other version.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zonemint_macaroon::{Limits, Macaroon, ParseError};

/// Bounds of a server that short inputs reach.
const NARROW: Limits = Limits { text: 512, caveats: 3, caveat: 16 };

/// Within its bounds a server accepts what the format does, and nothing else.
fn check_served(served: Result<Macaroon, ParseError>, inspected: &Result<Macaroon, ParseError>, limits: &Limits) {
    match served {
        Err(ParseError::TooManyCaveats { .. } | ParseError::CaveatTooLong { .. }) => {
            if let Ok(inspected) = inspected {
                let mut caveats = inspected.danger_unverified_caveats();
                let is_long = caveats.any(|caveat| caveat.cid.len() > limits.caveat);
                assert!(
                    is_long || inspected.danger_unverified_caveats().count() > limits.caveats,
                    "it is within bounds"
                );
            }
        }
        served => assert!(served == *inspected, "a server and the format differ"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let inspected = Macaroon::from_v1(bytes.to_vec(), &Limits::FORMAT);
    for limits in [NARROW, Limits::default()] {
        check_served(Macaroon::from_v1(bytes.to_vec(), &limits), &inspected, &limits);
    }
    if let Ok(macaroon) = inspected {
        assert_eq!(macaroon.to_v1(), Ok(bytes));
        assert!(!macaroon.identifier().is_empty());
        assert!(macaroon.danger_unverified_caveats().all(|caveat| !caveat.cid.is_empty()));
        let location = macaroon.location();
        assert!(bytes.starts_with(format!("{:04x}location {location}\n", location.len() + 14).as_bytes()));
        assert!(Macaroon::from_v2(&macaroon.to_v2(), &Limits::FORMAT) == Ok(macaroon));
    }

    let inspected = Macaroon::from_v2(bytes, &Limits::FORMAT);
    for limits in [NARROW, Limits::default()] {
        check_served(Macaroon::from_v2(bytes, &limits), &inspected, &limits);
    }
    if let Ok(macaroon) = inspected {
        assert_eq!(macaroon.to_v2(), bytes);
        if let Ok(packets) = macaroon.to_v1() {
            assert!(Macaroon::from_v1(packets.to_vec(), &Limits::FORMAT) == Ok(macaroon.clone()));
        }
    }
});
