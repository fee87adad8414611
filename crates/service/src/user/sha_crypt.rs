//! SHA-256 crypt and SHA-512 crypt (Drepper, 2007), as crypt(3) and passlib write them. The `sha-crypt` crate hashes.

use std::ops::RangeInclusive;

use ::sha_crypt::{Algorithm, PasswordVerifier as _, password_hash};

use super::argon2id::{Comparison, Memory, Unusable};
use super::encoding::{crypt_bytes, decimal};
use super::hash_kind::Kind;
use super::hash_refusal::Refusal;
use super::stored_hash::{StoredHash, within};

/// Rounds. The least is the algorithm's; a million take 2 s with SHA-512 and up to 5 s with SHA-256 on a processor
/// without instructions for it, for a password of the greatest length. passlib makes 656,000.
const ROUNDS: RangeInclusive<u32> = 1_000..=1_000_000;
/// The rounds of a hash that names none.
const DEFAULT_ROUNDS: u32 = 5_000;
/// Characters of salt, which is hashed as it is written. The algorithm reads 16.
const SALT_CHARACTERS: RangeInclusive<usize> = 8..=16;
/// Bytes of a password. crypt(3) of libxcrypt takes no more, and the time of each round grows with them.
const MOST_BYTES: usize = 511;

/// A hash that has been read.
pub(super) struct ShaCrypt {
    algorithm: Algorithm,
    rounds: u32,
    stored: String,
}

impl ShaCrypt {
    /// Reads a whole hash, and what follows the kind's prefix.
    pub(super) fn parse(kind: Kind, stored: &str, rest: &str) -> Result<Self, Refusal> {
        let form = Refusal::Form(kind);
        let (algorithm, hash_bytes) = match kind {
            Kind::Sha256Crypt => (Algorithm::Sha256Crypt, 32),
            Kind::Sha512Crypt => (Algorithm::Sha512Crypt, 64),
            _ => return Err(form),
        };
        let (rounds, rest) = match rest.strip_prefix("rounds=").map(|rest| rest.split_once('$')) {
            Some(Some((rounds, rest))) => (decimal(rounds).ok_or(form)?, rest),
            Some(None) => return Err(form),
            None => (DEFAULT_ROUNDS, rest),
        };
        let (salt, hash) = rest.split_once('$').ok_or(form)?;
        within("number of rounds", rounds, &ROUNDS)?;
        if !SALT_CHARACTERS.contains(&salt.len()) || !salt.bytes().all(is_salt) {
            return Err(Refusal::Salt);
        }
        if crypt_bytes(hash) != Some(hash_bytes) {
            return Err(form);
        }
        Ok(Self { algorithm, rounds, stored: stored.to_owned() })
    }
}

impl StoredHash for ShaCrypt {
    /// A round hashes the password about twice.
    fn expected_micros(&self, bytes: usize) -> u64 {
        let hashed = 2 * bytes.min(MOST_BYTES) as u64;
        let nanos = if self.algorithm == Algorithm::Sha256Crypt { 300 + 4 * hashed } else { 300 + 3 * hashed / 2 };
        u64::from(self.rounds) * nanos / 1_000
    }

    /// A password that is longer than crypt(3) takes never matches.
    fn compare(&self, password: &[u8], _: &mut Memory) -> Result<Comparison, Unusable> {
        let key = &password[..password.len().min(MOST_BYTES)];
        let verified = ::sha_crypt::ShaCrypt::from(self.algorithm).verify_password(key, self.stored.as_str());
        match verified {
            Ok(()) if key.len() == password.len() => Ok(Comparison::Match),
            Ok(()) | Err(password_hash::Error::PasswordInvalid) => Ok(Comparison::Mismatch),
            Err(_) => Err(Unusable),
        }
    }
}

/// What the modular crypt format has in its fields, without what other forms use.
fn is_salt(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"./".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::foreign_hash::check;
    use crate::user::foreign_hash::compare_one as compare;

    const PASSWORD: &[u8] = b"correct horse battery staple";
    /// libxcrypt 4.4 made them of [`PASSWORD`].
    const SHA256: &str = "$5$rounds=1000$abcdefghijklmnop$zCl7G1SiQQ2lcZ049EL4.iFtt1OCJ5FKX/mQTZzm1b4";
    const SHA512: &str = "$6$rounds=1000$abcdefghijklmnop$\
        .12ralu0VpplAOYtSBkpqdVzPGgdkfbtivUWA0LX7KIeYnFQCdS3hk6148ML8N0Txdl9pQNrjbIBWi.8leyjo.";

    #[test]
    fn hashes_of_libxcrypt_match_their_password_only() {
        for (stored, kind) in [
            (SHA256, Kind::Sha256Crypt),
            (SHA512, Kind::Sha512Crypt),
            ("$5$saltsalt$3hGFMknrJ4ZpFPe7XZe397oIMEp7sbvqrcsX/ONJ3i.", Kind::Sha256Crypt),
            (
                "$6$saltsalt$CPgxBHZBXfhC6lX1yxpdEsbQfXmg3WXVj8AoVwyNFLfb5AtbfM8k6A8yehv1z6sgzoH/DUIs7YK9hVnGhTjhW/",
                Kind::Sha512Crypt,
            ),
        ] {
            assert_eq!(check(stored), Ok(kind), "{stored}");
            assert_eq!(compare(PASSWORD, stored), Ok(Comparison::Match), "{stored}");
            assert_eq!(compare(b"correct horse battery stapler", stored), Ok(Comparison::Mismatch), "{stored}");
        }
    }

    #[test]
    fn long_passwords_match_up_to_what_crypt_takes() {
        // libxcrypt 4.4 made them of 511 times "x"; of 512 it makes none.
        for stored in [
            "$5$rounds=1000$abcdefghijklmnop$RZc3eW5fZajJ//t5zIAqPsZAt66fFsHN5Wly6oI8LJ4",
            "$6$rounds=1000$abcdefghijklmnop$\
             3gYlhqpQ/tGbM/DOo1/T9YIMs..dboPaNBINyxDWoaFoACa3pwzc0j1Vxww3NnfZN0h2RLcTVpIIJThrHwzJG0",
        ] {
            assert_eq!(compare(&[b'x'; 511], stored), Ok(Comparison::Match), "{stored}");
            assert_eq!(compare(&[b'x'; 510], stored), Ok(Comparison::Mismatch), "{stored}");
            assert_eq!(compare(&[b'x'; 512], stored), Ok(Comparison::Mismatch), "{stored}");
        }
    }

    #[test]
    fn rounds_beyond_the_bounds_are_refused() {
        let cost = Err(Refusal::Cost { parameter: "number of rounds", least: 1_000, most: 1_000_000 });
        for rounds in ["0", "999", "1000001", "999999999", "4294967296"] {
            let stored = SHA512.replace("=1000$", &format!("={rounds}$"));
            assert_eq!(check(&stored), cost, "{rounds}");
            assert_eq!(compare(PASSWORD, &stored), Err(Unusable));
        }
        assert_eq!(check(&SHA512.replace("=1000$", "=1000000$")), Ok(Kind::Sha512Crypt));
    }

    #[test]
    fn a_long_password_is_expected_to_take_longer_up_to_what_is_read() {
        let (_, rest) = SHA512.split_at(3);
        let hash = ShaCrypt::parse(Kind::Sha512Crypt, SHA512, rest).unwrap();
        let micros = [8, 100, 511, 512, 1_024].map(|bytes| hash.expected_micros(bytes));
        assert!(micros.is_sorted() && micros[1] < micros[2] && micros[2] == micros[4], "{micros:?}");
    }

    #[test]
    fn other_forms_are_refused() {
        for stored in [
            "$6$",
            "$6$rounds=1000",
            "$6$rounds=1000$",
            &SHA512.replace("rounds=1000", "rounds=01000"),
            &SHA512.replace("$.12", "$..12"),
            &SHA512[..SHA512.len() - 1],
            &SHA512.replace("leyjo.", "leyjo2"),
            &format!("{SHA512}$"),
        ] {
            assert_eq!(check(stored), Err(Refusal::Form(Kind::Sha512Crypt)), "{stored}");
        }
        assert_eq!(check(&SHA256.replace("mQTZzm1b4", "mQTZzm1bE")), Err(Refusal::Form(Kind::Sha256Crypt)));
        for salt in ["", "abcdefg", "abcdefghijklmnopq", "abcdefg=", "abcdefg\u{e9}"] {
            assert_eq!(check(&SHA512.replace("abcdefghijklmnop", salt)), Err(Refusal::Salt), "{salt}");
        }
    }
}
