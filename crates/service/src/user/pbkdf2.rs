//! PBKDF2 hashes (RFC 8018) with SHA-1, SHA-256 and SHA-512: PHC strings, what passlib writes, and Onezone's own.
//!
//! Onezone keeps 32 bytes of salt, a dot and 32 bytes of PBKDF2-HMAC-SHA512 of 2048 iterations, and says none of it in
//! the record. We keep it as `$onezone-pbkdf2-sha512$i=2048$SALT$HASH`, so that the row carries all that it takes and
//! still tells where it came from.

use std::ops::RangeInclusive;

use ::pbkdf2::pbkdf2_hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::argon2id::{Comparison, Memory, Unusable};
use super::encoding::{decimal, fields};
use super::hash_kind::{Kind, ONEZONE};
use super::hash_refusal::Refusal;
use super::stored_hash::{StoredHash, hash, salt, within};
use zonemint_base::model::PasswordHash;

/// Iterations, times the blocks of output that each makes. RFC 8018 section 4.2 recommends at least 1000. Five millions
/// take 2.5 s with SHA-512, and up to 5 s with SHA-256 on a processor without instructions for it. OWASP recommended
/// 600,000 in 2023.
const ITERATIONS: RangeInclusive<u32> = 1_000..=5_000_000;
/// The most with SHA-1, which is faster: 5 s without instructions for it. Keycloak makes 1,300,000 for each of four blocks.
const MOST_OF_SHA1: u32 = 8_000_000;
/// The number that is fixed in Onezone's source (`onedata_passwords.erl`, `PBKDF2_ITERATIONS`).
const ONEZONE_ITERATIONS: u32 = 2_048;
/// Bytes of salt and of hash in Onezone's record.
const ONEZONE_SALT: usize = 32;
const ONEZONE_HASH: usize = 32;

/// A hash that has been read.
pub(super) struct Pbkdf2 {
    function: Function,
    iterations: u32,
    salt: Vec<u8>,
    hash: Zeroizing<Vec<u8>>,
}

/// The hash function beneath HMAC.
#[derive(Debug, Clone, Copy)]
pub(super) enum Function {
    Sha1,
    Sha256,
    Sha512,
}

/// A hash in the text that [`Pbkdf2`] reads.
pub(super) fn text(function: Function, iterations: u32, salt: &[u8], hash: &[u8]) -> String {
    let function = function.name();
    format!("$pbkdf2-{function}$i={iterations}${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash))
}

/// Takes Onezone's record as a hash that [`Pbkdf2`] reads.
pub(super) fn from_onezone(record: &[u8]) -> Result<PasswordHash, Refusal> {
    match record.split_first_chunk::<ONEZONE_SALT>() {
        Some((salt, [b'.', hash @ ..])) if hash.len() == ONEZONE_HASH => Ok(PasswordHash::new(format!(
            "{ONEZONE}i={ONEZONE_ITERATIONS}${}${}",
            STANDARD_NO_PAD.encode(salt),
            STANDARD_NO_PAD.encode(hash)
        ))),
        _ => Err(Refusal::OnezoneRecord),
    }
}

impl Pbkdf2 {
    /// Reads what follows the kind's prefix.
    pub(super) fn parse(kind: Kind, rest: &str) -> Result<Self, Refusal> {
        let form = Refusal::Form(kind);
        let function = match kind {
            Kind::Pbkdf2Sha1 => Function::Sha1,
            Kind::Pbkdf2Sha256 => Function::Sha256,
            Kind::Pbkdf2Sha512 | Kind::OnezonePbkdf2 => Function::Sha512,
            _ => return Err(form),
        };
        let [parameters, salt_text, hash_text] = fields(rest).ok_or(form)?;
        let (iterations, length, salt, hash) = if let Some(parameters) = parameters.strip_prefix("i=") {
            let (iterations, length) = match parameters.split_once(",l=") {
                Some((iterations, length)) => (iterations, Some(decimal(length).ok_or(form)?)),
                None => (parameters, None),
            };
            (iterations, length, salt(salt_text)?, hash(hash_text)?)
        } else if kind == Kind::OnezonePbkdf2 {
            return Err(form);
        } else {
            // passlib writes a dot for the plus of base64.
            (parameters, None, salt(&salt_text.replace('.', "+"))?, hash(&Zeroizing::new(hash_text.replace('.', "+")))?)
        };
        let iterations = decimal(iterations).ok_or(form)?;
        if length.is_some_and(|length| usize::try_from(length) != Ok(hash.len())) {
            return Err(Refusal::Length);
        }
        let blocks = u32::try_from(hash.len().div_ceil(function.digest_bytes())).map_err(|_| Refusal::Hash)?;
        let most = function.row().2 / blocks;
        within("number of iterations", iterations, &(*ITERATIONS.start()..=most))?;
        Ok(Self { function, iterations, salt, hash })
    }
}

impl StoredHash for Pbkdf2 {
    /// Five million iterations take 2.5 s with SHA-512, and up to 5 s with SHA-256 and 3 s with SHA-1.
    fn expected_micros(&self, _: usize) -> u64 {
        let blocks = self.hash.len().div_ceil(self.function.digest_bytes()) as u64;
        let iterations = u64::from(self.iterations) * blocks;
        match self.function {
            Function::Sha1 => iterations * 6 / 10,
            Function::Sha256 => iterations,
            Function::Sha512 => iterations / 2,
        }
    }

    fn digest_bytes(&self) -> Option<usize> {
        Some(self.function.digest_bytes())
    }

    fn compare(&self, password: &[u8], _: &mut Memory) -> Result<Comparison, Unusable> {
        let mut hash = Zeroizing::new(vec![0; self.hash.len()]);
        match self.function {
            Function::Sha1 => pbkdf2_hmac::<Sha1>(password, &self.salt, self.iterations, &mut hash),
            Function::Sha256 => pbkdf2_hmac::<Sha256>(password, &self.salt, self.iterations, &mut hash),
            Function::Sha512 => pbkdf2_hmac::<Sha512>(password, &self.salt, self.iterations, &mut hash),
        }
        Ok(Comparison::of(&hash, &self.hash))
    }
}

impl Function {
    /// As in PHC strings and in Werkzeug's.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha512].into_iter().find(|function| function.name() == name)
    }

    fn name(self) -> &'static str {
        self.row().0
    }

    /// Bytes of a digest, which one round of iterations makes. No hash that is taken has more than four such blocks.
    fn digest_bytes(self) -> usize {
        self.row().1
    }

    /// The name, bytes of a digest, and iterations that may be made for one block.
    fn row(self) -> (&'static str, usize, u32) {
        match self {
            Self::Sha1 => ("sha1", 20, MOST_OF_SHA1),
            Self::Sha256 => ("sha256", 32, *ITERATIONS.end()),
            Self::Sha512 => ("sha512", 64, *ITERATIONS.end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;

    use super::*;
    use crate::user::argon2id::Unusable;
    use crate::user::foreign_hash::check;
    use crate::user::foreign_hash::compare_one as compare;

    const PASSWORD: &[u8] = b"correct horse battery staple";
    /// Python 3.11's `hashlib.pbkdf2_hmac` made it of [`PASSWORD`].
    const PHC_256: &str =
        "$pbkdf2-sha256$i=2000,l=32$AAECAwQFBgcICQoLDA0ODw$dHrv0WO6TTplluvGUzKcNCpMnnwd8jlNMK5NBd+OAA4";
    const PHC_512: &str = "$pbkdf2-sha512$i=2000$AAECAwQFBgcICQoLDA0ODw$\
        +X48vYmR2mMJfFymnu1uM9/WxueLy+2NapZFLrFIijuR46Ui3mfB2L1IpphhugfcKK9dXkv+LeHUngQmOV3zog";
    /// passlib 1.7.4 made it of [`PASSWORD`], with a salt that is full of what is `+` elsewhere.
    const PASSLIB_512: &str = "$pbkdf2-sha512$2000$//77//77//77//77//77AQ$\
        E.8a0heU1WzP/lrITAVakKDCJJu8.KrI9skxsRfWn9zZlCi5mQ5P.XmGkwSeJi0ZsPE8bTAiqOXhI9UVNIf3Wg";

    #[test]
    fn a_zero_byte_does_not_make_a_longer_password_match() {
        // Python 3.11's `hashlib.pbkdf2_hmac` made them of "correct horse"; Onezone's record is of this form.
        for stored in [
            "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$yRTMTwbMbo9G0VfjobWqerzuuxe7BETNTErBbKKumGQ",
            "$onezone-pbkdf2-sha512$i=2048$AAECAwQFBgcICQoLDA0ODw$O/2hx4vpIzY3+twNtgbaBcElT1Ptr1z0K8xSuEMsguY",
        ] {
            assert_eq!(compare(b"correct horse", stored), Ok(Comparison::Match), "{stored}");
            assert_eq!(compare(b"correct horse\0", stored), Ok(Comparison::Mismatch), "{stored}");
            assert_eq!(compare(b"correct horse\0\0\0", stored), Ok(Comparison::Mismatch), "{stored}");
        }
    }

    #[test]
    fn the_digest_of_a_long_password_does_not_match() {
        // Python 3.11's `hashlib.pbkdf2_hmac` made them of 100 and 200 times "x".
        let (hundred, two_hundred) = ([b'x'; 100], [b'x'; 200]);
        for (password, digest, stored) in [
            (
                &hundred[..],
                Sha1::digest(hundred).to_vec(),
                "$pbkdf2-sha1$i=1000$AAECAwQFBgcICQoLDA0ODw$wR2tDfNB0P0AnWqWyj02yLJv8tk",
            ),
            (
                &hundred[..],
                Sha256::digest(hundred).to_vec(),
                "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$c2FClVTtFlnY2ej5T2X/FXmKPEc5tTDgDWilyVVA2rI",
            ),
            (
                &two_hundred[..],
                Sha512::digest(two_hundred).to_vec(),
                "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoLDA0ODw$\
                 8drVwll7oZKOQ6xaxtM9hQwRyNu4dZehXVEKusdIdPhhZTaoiF0uZxdnvn1LpNckMYZUMapsdcqlejUJRtNeWg",
            ),
        ] {
            assert_eq!(compare(password, stored), Ok(Comparison::Match), "{stored}");
            assert_eq!(compare(&digest, stored), Ok(Comparison::Mismatch), "{stored}");
        }
    }

    #[test]
    fn a_printable_password_of_a_digests_length_matches() {
        // Python 3.11's `hashlib.pbkdf2_hmac` made it.
        let stored = "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$o0CYWhHLi9HCBlJkDvi75DhSnOg1LdFHPrs1kFwQJ2I";
        let password = "\u{43f}\u{440}\u{430}\u{432}\u{438}\u{43b}\u{44c}\u{43d}\u{430}\u{44f}\
                        \u{43b}\u{43e}\u{448}\u{430}\u{434}\u{44c}";
        assert_eq!(password.len(), 32);
        assert_eq!(compare(password.as_bytes(), stored), Ok(Comparison::Match));
    }

    #[test]
    fn an_empty_password_never_matches() {
        // Python 3.11's `hashlib.pbkdf2_hmac` made it of the empty password.
        let empty = "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$xbMBsf1hvO1j8AZCojBOxnRRn7182DxLyD2v4XQ/mFU";
        assert_eq!(compare(b"", empty), Ok(Comparison::Mismatch));
    }

    #[test]
    fn hashes_of_hashlib_and_passlib_match_their_password_only() {
        for (stored, kind) in [
            (PHC_256, Kind::Pbkdf2Sha256),
            (PHC_512, Kind::Pbkdf2Sha512),
            ("$pbkdf2-sha512$i=2000,l=20$AAECAwQFBgcICQoLDA0ODw$+X48vYmR2mMJfFymnu1uM9/Wxuc", Kind::Pbkdf2Sha512),
            (
                "$pbkdf2-sha256$2000$//77//77//77//77//77AQ$XHbh7beqgDc7gNrAoF.UNoTRoKmo6w3zX7Yz3R89mD8",
                Kind::Pbkdf2Sha256,
            ),
            (PASSLIB_512, Kind::Pbkdf2Sha512),
            ("$pbkdf2-sha1$2000$AAECAwQFBgcICQoLDA0ODw$UXbxRh7bux42T9U12XPCHYvvoCw", Kind::Pbkdf2Sha1),
            (
                "$pbkdf2-sha1$i=1000$AAECAwQFBgcICQoLDA0ODw$\
                 AOm/kOb/+YAZ3ZwSogYgNu9fO1g98616UUT2x3Jzcezc674WB6rf1PmFu7KUTJ/kBMpXzOJ47gHQ2i8osqaCHQ",
                Kind::Pbkdf2Sha1,
            ),
        ] {
            assert_eq!(check(stored), Ok(kind));
            assert_eq!(compare(PASSWORD, stored), Ok(Comparison::Match), "{stored}");
            assert_eq!(compare(b"correct horse battery stapler", stored), Ok(Comparison::Mismatch));
        }
    }

    #[test]
    fn the_long_vector_of_rfc_6070_for_these_functions_matches() {
        // Its input under SHA-256 (348c89db…, which makes two blocks) and SHA-512 (8c0511f4…), as published for them
        // since; said again by Python 3.11's hashlib.
        let password = [&b"password"[..], b"PASSWORD", b"password"].concat();
        let salt = "c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0";
        for stored in [
            format!("$pbkdf2-sha256$i=4096${salt}$NIyJ28vTKy8y2BS4EW6EzysXNH68GAAYHE4qH7jdU+HGNVGMfaxH6Q"),
            format!(
                "$pbkdf2-sha512$i=4096${salt}$\
                 jAUR9Mbll8asYxXY8DYuIl88UBSVuiO4aMAFF03E7nERW1n55gzZUy+jPg91rv4wIlxYOhhs2CvU2uqXJKPTuA"
            ),
        ] {
            assert_eq!(compare(&password, &stored), Ok(Comparison::Match));
        }
    }

    #[test]
    fn onezones_record_becomes_a_string_that_carries_everything() {
        // Salt 0, 1, 2…; hash made by Python 3.11's hashlib of "password".
        let mut record: Vec<u8> = (0..32).collect();
        record.push(b'.');
        record.extend(STANDARD_NO_PAD.decode("rza447QCXD0QvbCq5T1iCqeZKHzN4PESH1sFqov/1/8").unwrap());
        let stored = from_onezone(&record).unwrap();
        assert_eq!(
            stored.expose(),
            "$onezone-pbkdf2-sha512$i=2048$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8$\
             rza447QCXD0QvbCq5T1iCqeZKHzN4PESH1sFqov/1/8"
        );
        assert_eq!(check(stored.expose()), Ok(Kind::OnezonePbkdf2));
        assert_eq!(compare(b"password", stored.expose()), Ok(Comparison::Match));
        assert_eq!(compare(b"Password", stored.expose()), Ok(Comparison::Mismatch));
        assert!(argon2::password_hash::phc::PasswordHash::new(stored.expose()).is_ok());
    }

    #[test]
    fn other_records_are_not_onezones() {
        let good = [b'.'; 65];
        assert!(from_onezone(&good).is_ok());
        let mut no_dot = good;
        no_dot[32] = b',';
        for record in [&[][..], &good[..32], &good[..33], &good[..64], &[b'.'; 66], &no_dot] {
            assert_eq!(from_onezone(record), Err(Refusal::OnezoneRecord));
        }
    }

    #[test]
    fn iterations_beyond_the_bounds_are_refused() {
        let cost = |most| Err(Refusal::Cost { parameter: "number of iterations", least: 1_000, most });
        for iterations in ["0", "1", "999", "5000001", "4294967296"] {
            let stored = PHC_512.replace("2000", iterations);
            assert_eq!(check(&stored), cost(5_000_000));
            assert_eq!(compare(PASSWORD, &stored), Err(Unusable));
        }
        assert_eq!(check(&PASSLIB_512.replace("$2000$", "$5000001$")), cost(5_000_000));
        assert_eq!(check(&PHC_512.replace("2000", "5000000")), Ok(Kind::Pbkdf2Sha512));
        let two_blocks = PHC_512.replace("sha512", "sha256").replace("2000", "2500001");
        assert_eq!(check(&two_blocks), cost(2_500_000));
        let four_blocks = PHC_512.replace("sha512", "sha1").replace("2000", "2000001");
        assert_eq!(check(&four_blocks), cost(2_000_000));
    }

    #[test]
    fn salts_and_hashes_of_other_lengths_and_alphabets_are_refused() {
        assert_eq!(check("$pbkdf2-sha256$i=2000$AAECAwQFBg$dHrv0WO6TTplluvGUzKcNA"), Err(Refusal::Salt));
        assert_eq!(check(&PHC_256.replace("ODw$", "ODw=$")), Err(Refusal::Salt));
        assert_eq!(check(&PHC_256.replace("ODw$", "ODx$")), Err(Refusal::Salt));
        assert_eq!(check(&PHC_256.replace("+OAA4", ".OAA4")), Err(Refusal::Hash));
        assert_eq!(check(&PHC_256.replace("l=32", "l=31")), Err(Refusal::Length));
        assert_eq!(check("$pbkdf2-sha256$i=2000$AAECAwQFBgc$dHrv0WO6TTplluvGUzKc"), Err(Refusal::Hash));
        assert_eq!(check(&format!("{PHC_512}AAAA")), Err(Refusal::Hash));
    }

    #[test]
    fn other_forms_are_refused() {
        for parameters in ["", "i=", "i=02000", "i=2000,l=", "l=32,i=2000", "i=2000,x=1", "v=1$i=2000", "+2000"] {
            let stored = PHC_256.replace("i=2000,l=32", parameters);
            assert_eq!(check(&stored), Err(Refusal::Form(Kind::Pbkdf2Sha256)), "{stored}");
        }
        let onezone = PHC_512.replace("$pbkdf2-sha512$i=", ONEZONE);
        assert_eq!(check(&onezone), Err(Refusal::Form(Kind::OnezonePbkdf2)));
    }
}
