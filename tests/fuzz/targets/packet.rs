//! Packets, and the fields of version 2: whatever is accepted is the one form of itself, and says the same in the other version.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zonemint::macaroon::{Limits, Macaroon};

fuzz_target!(|bytes: &[u8]| {
    let served = Macaroon::from_v1(bytes.to_vec(), &Limits::default());
    let inspected = Macaroon::from_v1(bytes.to_vec(), &Limits::FORMAT);
    assert!(served.is_err() || served == inspected, "the server accepts what the format refuses");
    if let Ok(macaroon) = inspected {
        assert_eq!(macaroon.to_v1(), Ok(bytes));
        assert!(!macaroon.identifier().is_empty());
        assert!(macaroon.danger_unverified_caveats().all(|caveat| !caveat.cid.is_empty()));
        let location = macaroon.location();
        assert!(bytes.starts_with(format!("{:04x}location {location}\n", location.len() + 14).as_bytes()));
        assert!(Macaroon::from_v2(&macaroon.to_v2(), &Limits::FORMAT) == Ok(macaroon));
    }

    let served = Macaroon::from_v2(bytes, &Limits::default());
    let inspected = Macaroon::from_v2(bytes, &Limits::FORMAT);
    assert!(served.is_err() || served == inspected, "the server accepts what the format refuses");
    if let Ok(macaroon) = inspected {
        assert_eq!(macaroon.to_v2(), bytes);
        if let Ok(packets) = macaroon.to_v1() {
            assert!(Macaroon::from_v1(packets.to_vec(), &Limits::FORMAT) == Ok(macaroon.clone()));
        }
    }
});
