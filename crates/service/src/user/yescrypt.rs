//! yescrypt (Peslyak, 2015) as crypt(3) of libxcrypt makes it: what Debian and Fedora keep in the shadow file. The `yescrypt`
//! crate hashes.

use std::ops::RangeInclusive;

use ::yescrypt::{Mode, Params, PasswordVerifier as _, password_hash};

use super::argon2id::{Comparison, Memory, Unusable};
use super::encoding::{crypt_bytes, fields};
use super::hash_kind::Kind;
use super::hash_refusal::Refusal;
use super::stored_hash::{SALT_BYTES, StoredHash, within};

/// Binary logarithms of N, and r: what crypt(3)'s costs 1 and 2, and 3 to 11, make (libxcrypt, `gensalt_yescrypt_rn`). A small r with
/// the same memory takes many times as long.
const COSTS: [(RangeInclusive<u32>, u32); 2] = [(10..=11, 8), (10..=18, 32)];
/// 128 · N · r, the memory in bytes. 1 GiB takes 2 s.
const MEMORY: RangeInclusive<u64> = 1_048_576..=1_073_741_824;
/// Bytes of hash.
const HASH_BYTES: usize = 32;

const FORM: Refusal = Refusal::Form(Kind::Yescrypt);

/// A hash that has been read.
pub(super) struct Yescrypt {
    /// Bytes of memory.
    memory: u64,
    stored: String,
}

impl Yescrypt {
    /// Reads a whole hash, and what follows `$y$`.
    pub(super) fn parse(stored: &str, rest: &str) -> Result<Self, Refusal> {
        let [cost, salt, hash] = fields(rest).ok_or(FORM)?;
        let params: Params = cost.parse().map_err(|_| FORM)?;
        let memory = params.n().saturating_mul(128).saturating_mul(params.r().into());
        within("memory (128 times N times r, in bytes)", memory, &MEMORY)?;
        if !COSTS.iter().any(|(log_n, r)| params.r() == *r && log_n.contains(&params.n().trailing_zeros())) {
            return Err(FORM);
        }
        // One lane and no more time than memory, in the one spelling, as crypt(3) makes it: nothing else bounds the time.
        let plain = Params::new(Mode::Rw, params.n(), params.r(), 1).map_err(|_| FORM)?;
        if plain.to_string() != cost || crypt_bytes(hash) != Some(HASH_BYTES) {
            return Err(FORM);
        }
        if !crypt_bytes(salt).is_some_and(|bytes| SALT_BYTES.contains(&bytes)) {
            return Err(Refusal::Salt);
        }
        Ok(Self { memory, stored: stored.to_owned() })
    }
}

impl StoredHash for Yescrypt {
    fn memory(&self) -> u64 {
        self.memory
    }

    /// 1 GiB takes 2 s, and half as long again on a slower processor.
    fn expected_micros(&self, _: usize) -> u64 {
        self.memory * 3_000_000 / *MEMORY.end()
    }

    /// The working memory, up to 1 GiB, is not wiped: the `yescrypt` crate owns it.
    fn compare(&self, password: &[u8], _: &mut Memory) -> Result<Comparison, Unusable> {
        match ::yescrypt::Yescrypt::default().verify_password(password, self.stored.as_str()) {
            Ok(()) => Ok(Comparison::Match),
            Err(password_hash::Error::PasswordInvalid) => Ok(Comparison::Mismatch),
            Err(_) => Err(Unusable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::foreign_hash::compare_one as compare;
    use crate::user::foreign_hash::{check, memory};

    const PASSWORD: &[u8] = b"correct horse battery staple";
    /// libxcrypt 4.4 made it of [`PASSWORD`], with 1 MiB.
    const STORED: &str = "$y$j75$abcdefghijklmnopqrstu/$.4MO03URtYygYbYn/qNqr4pAzU26x1vl1BZw37piHBB";

    #[test]
    fn hashes_of_libxcrypt_match_their_password_only() {
        for (stored, mib) in [
            (STORED, 1),
            ("$y$j85$abcdefghijklmnopqrstu/$FHNlrxhV9v9fqdm9xGIvzdvVqIoGXHtLEXbpiHNBKQ7", 2),
            ("$y$j7T$abcdefghijklmnopqrstu/$ONLaoWRmXoPfANpPNj5qKHYTisQDJnfXYuG/8EFPfU0", 4),
            ("$y$j9T$abcdefghijklmnopqrstu/$FwDrd/O2fCOhK1pDC6gJqDQ0ibKU.HODM/7jcmSBkhC", 16),
            ("$y$j75$abcdefghij/$OQTdHYKAjt4JR4czUphmJ3956X.CjvsJZiHki39W4K5", 1),
        ] {
            assert_eq!(check(stored), Ok(Kind::Yescrypt), "{stored}");
            assert_eq!(memory(stored), mib << 20, "{stored}");
            assert_eq!(compare(PASSWORD, stored), Ok(Comparison::Match), "{stored}");
        }
        assert_eq!(compare(b"correct horse battery stapler", STORED), Ok(Comparison::Mismatch));
        let long = "$y$j75$abcdefghij/$v0rSiwqDQVQIYqmhAGUcFglu4KW2IslROVFXMr1AFA5";
        assert_eq!(compare(&[b'x'; 511], long), Ok(Comparison::Match));
        assert_eq!(compare(&[b'x'; 512], long), Ok(Comparison::Mismatch));
    }

    #[test]
    fn memory_beyond_the_bounds_is_refused() {
        let with = |cost: &str| check(&STORED.replace("j75", cost));
        // N of 2 to the power of 18, 17 and 19, with r of 32; 2 to the 9 and to the 63 with r of 8.
        assert_eq!((with("jFT"), with("jET")), (Ok(Kind::Yescrypt), Ok(Kind::Yescrypt)));
        for cost in ["jGT", "j65", "jw45", "jzzzzz5", "j7zzzzzz"] {
            assert!(with(cost).is_err(), "{cost}");
            assert_eq!(compare(PASSWORD, &STORED.replace("j75", cost)), Err(Unusable), "{cost}");
        }
        assert!(matches!(with("jGT"), Err(Refusal::Cost { .. })));
    }

    #[test]
    fn only_the_costs_of_crypt_are_taken() {
        let with = |cost: &str| check(&STORED.replace("j75", cost));
        // What libxcrypt 4.4's `crypt_gensalt` makes of 1 to 11.
        let costs = ["j75", "j85", "j7T", "j8T", "j9T", "jAT", "jBT", "jCT", "jDT", "jET", "jFT"];
        for cost in costs {
            assert_eq!(with(cost), Ok(Kind::Yescrypt), "{cost}");
        }
        let micros = costs.map(|cost| {
            let rest = format!("{cost}{}", &STORED["$y$j75".len()..]);
            Yescrypt::parse(&format!("$y${rest}"), &rest).unwrap().expected_micros(8)
        });
        assert!(micros.is_sorted(), "{micros:?}");
        // r of 1, 7, 9, 31 and 33; r of 8 with N of crypt's r of 32, and the other way round.
        for cost in ["jD.", "jA4", "j76", "j7S", "j7U", "j95", "jF5", "j6T", "j5T"] {
            assert_eq!(with(cost), Err(FORM), "{cost}");
        }
    }

    #[test]
    fn what_crypt_does_not_make_is_refused() {
        // Another flavour; four lanes; more time; both; upgrades; a ROM.
        for cost in ["/75", ".75", "j75.0", "j75/0", "j7500.", "j7512", "j755.", "", "j", "j7"] {
            assert_eq!(check(&STORED.replace("j75", cost)), Err(FORM), "{cost}");
        }
        for stored in ["$y$", "$y$j75$x", &STORED[..STORED.len() - 1], &format!("{STORED}$"), &format!("{STORED}1")] {
            assert_eq!(check(stored), Err(FORM), "{stored}");
        }
        assert_eq!(check(&STORED.replace("37piHBB", "37piHBE")), Err(FORM));
        for salt in ["", "abcdefgh", "abcdefghijklmnopqrstuu", "abcdefghi=/", &"abcd".repeat(22)] {
            assert_eq!(check(&STORED.replace("abcdefghijklmnopqrstu/", salt)), Err(Refusal::Salt), "{salt}");
        }
    }
}
