//! Every encoding of tokens that are well formed by construction, which random bytes seldom are.
//!
//! The input is a place, a character to put there, the identifier, and caveats, separated by line feeds (which no minted
//! field can hold).

#![no_main]

use libfuzzer_sys::fuzz_target;
use zonemint_macaroon::{Encoding, Limits, Macaroon, RootSecret};

fuzz_target!(|input: (u16, u8, &[u8])| {
    let (place, character, fields) = input;
    let mut fields = fields.split(|&byte| byte == b'\n');
    let identifier = fields.next().unwrap_or_default();
    let Ok(mut macaroon) = Macaroon::mint(&RootSecret::new(b"a secret of the fuzzer"), "onezone", identifier) else {
        return;
    };
    for caveat in fields {
        let before = macaroon.clone();
        // A refused caveat must leave the token as it was.
        if macaroon.narrow(caveat).is_err() {
            assert!(macaroon == before);
        }
    }

    for encoding in Encoding::ALL {
        let text = macaroon.to_text(encoding).unwrap();
        assert!(encoding != Encoding::Onezone || text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        // A text without the digits or the padding that tell encodings apart is in more than one.
        let (read, its) = Macaroon::parse(&text, &Limits::FORMAT).unwrap();
        assert!(read == macaroon);
        assert_eq!(read.to_text(its).unwrap(), text);

        let mut mutant = text.clone().into_bytes();
        let place = usize::from(place) % mutant.len();
        mutant[place] = character;
        let Ok(mutant) = String::from_utf8(mutant) else { continue };
        if let Ok((other, encoding)) = Macaroon::parse(&mutant, &Limits::FORMAT) {
            assert_eq!(other.to_text(encoding).unwrap(), mutant);
            assert!(encoding != its || (other == macaroon) == (mutant == text), "two texts for one token");
        }
    }
});
