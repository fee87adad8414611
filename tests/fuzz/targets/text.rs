//! Token texts: each token has exactly one per encoding, and no text is read in both.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zonemint_macaroon::{Limits, Macaroon};

fuzz_target!(|text: &str| {
    for limits in [Limits::default(), Limits::FORMAT] {
        if let Ok((macaroon, encoding)) = Macaroon::parse(text, &limits) {
            assert_eq!(macaroon.to_text(encoding).unwrap(), text);
        }
    }
});
