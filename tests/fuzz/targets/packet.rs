//! Packets: whatever is accepted is the one spelling of itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zonemint::macaroon::{Limits, Macaroon};

fuzz_target!(|bytes: &[u8]| {
    let served = Macaroon::from_bytes(bytes.to_vec(), &Limits::default());
    let inspected = Macaroon::from_bytes(bytes.to_vec(), &Limits::FORMAT);
    assert!(served.is_err() || served == inspected, "the server accepts what the format refuses");
    let Ok(macaroon) = inspected else { return };
    assert_eq!(macaroon.as_bytes(), bytes);
    assert!(!macaroon.identifier().is_empty());
    assert!(macaroon.danger_unverified_caveats().all(|caveat| !caveat.cid.is_empty()));
    let location = macaroon.location();
    assert!(bytes.starts_with(format!("{:04x}location {location}\n", location.len() + 14).as_bytes()));
});
