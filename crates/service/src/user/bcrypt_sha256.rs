//! bcrypt of SHA-256 of the password, which reads all of it: as Django (`bcrypt_sha256`) and passlib (`bcrypt_sha256`) make
//! it. Each gives bcrypt a text of at most 64 characters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::argon2id::{Comparison, Memory, Unusable};
use super::bcrypt::Bcrypt;
use super::encoding::{decimal, fields};
use super::hash_kind::Kind;
use super::hash_refusal::Refusal;
use super::stored_hash::StoredHash;
use zonemint_base::model::hex;

const FORM: Refusal = Refusal::Form(Kind::BcryptSha256);

/// A hash that has been read.
pub(super) struct BcryptSha256 {
    key: KeyText,
    bcrypt: Bcrypt,
}

/// What is given to bcrypt.
enum KeyText {
    /// SHA-256 in hexadecimal: Django.
    Hexadecimal,
    /// SHA-256 in base64: passlib before 1.7.3.
    Base64,
    /// HMAC-SHA256 in base64, whose key is the salt as it is written: passlib since 1.7.3.
    Base64Keyed { salt: String },
}

impl BcryptSha256 {
    /// Reads a whole hash: `bcrypt_sha256$$2b$12$…`, `$bcrypt-sha256$v=2,t=2b,r=12$SALT$HASH` or
    /// `$bcrypt-sha256$2b,12$SALT$HASH`.
    pub(super) fn parse(stored: &str) -> Result<Self, Refusal> {
        if let Some(bcrypt) = stored.strip_prefix("bcrypt_sha256$") {
            let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| bcrypt.strip_prefix(prefix)).ok_or(FORM)?;
            return Ok(Self { key: KeyText::Hexadecimal, bcrypt: Bcrypt::parse(rest)? });
        }
        let [parameters, salt, hash] = stored.strip_prefix("$bcrypt-sha256$").and_then(fields).ok_or(FORM)?;
        let (key, cost) = match parameters.strip_prefix("v=2,t=2b,r=") {
            Some(cost) => (KeyText::Base64Keyed { salt: salt.to_owned() }, cost),
            None => (
                KeyText::Base64,
                parameters.strip_prefix("2a,").or_else(|| parameters.strip_prefix("2b,")).ok_or(FORM)?,
            ),
        };
        let cost = decimal(cost).ok_or(FORM)?;
        Ok(Self { key, bcrypt: Bcrypt::parse(&format!("{cost:02}${salt}{hash}"))? })
    }
}

impl StoredHash for BcryptSha256 {
    fn expected_micros(&self, bytes: usize) -> u64 {
        self.bcrypt.expected_micros(bytes)
    }

    fn compare(&self, password: &[u8], memory: &mut Memory) -> Result<Comparison, Unusable> {
        self.bcrypt.compare(self.key.of(password)?.as_bytes(), memory)
    }
}

impl KeyText {
    fn of(&self, password: &[u8]) -> Result<Zeroizing<String>, Unusable> {
        let digest = || Zeroizing::new(<[u8; 32]>::from(Sha256::digest(password)));
        Ok(Zeroizing::new(match self {
            Self::Hexadecimal => hex(digest().as_slice()),
            Self::Base64 => STANDARD.encode(digest().as_slice()),
            Self::Base64Keyed { salt } => {
                let mut mac = Hmac::<Sha256>::new_from_slice(salt.as_bytes()).map_err(|_| Unusable)?;
                mac.update(password);
                STANDARD.encode(mac.finalize().into_bytes())
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::foreign_hash::check;
    use crate::user::foreign_hash::compare_one as compare;

    const PASSWORD: &[u8] = b"correct horse battery staple";
    /// Django 5.2 made it of [`PASSWORD`].
    const DJANGO: &str = "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK";
    /// passlib 1.7.4, in its two versions.
    const PASSLIB: &str = "$bcrypt-sha256$v=2,t=2b,r=4$abcdefghijklmnopqrstuu$h8GCYhBqatMGV8VIjRD4nhRxM87r3yu";
    const PASSLIB_1: &str = "$bcrypt-sha256$2a,4$bbcdefghijklmnopqrstuu$ETXDV988Csycs5cNC9YQJRLBrS22Kcq";

    #[test]
    fn hashes_of_django_and_passlib_match_their_password_only() {
        for stored in [DJANGO, PASSLIB, PASSLIB_1] {
            assert_eq!(check(stored), Ok(Kind::BcryptSha256), "{stored}");
            assert_eq!(compare(PASSWORD, stored), Ok(Comparison::Match), "{stored}");
            assert_eq!(compare(b"correct horse battery stapler", stored), Ok(Comparison::Mismatch), "{stored}");
        }
    }

    #[test]
    fn all_of_a_long_password_counts() {
        // Of 100 times "x".
        for stored in [
            "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuut2SshH6UbGkn9RXLOv/njlCqQS.IYXK",
            "$bcrypt-sha256$2b,4$abcdefghijklmnopqrstuu$MStnCU0ISmwB6DYVG67BQ54kYyEazIO",
        ] {
            assert_eq!(compare(&[b'x'; 100], stored), Ok(Comparison::Match), "{stored}");
            assert_eq!(compare(&[b'x'; 101], stored), Ok(Comparison::Mismatch), "{stored}");
        }
    }

    #[test]
    fn other_forms_and_costs_are_refused() {
        for stored in [
            "bcrypt_sha256$",
            &DJANGO.replace("$$2b$", "$$2x$"),
            &DJANGO.replace("$$2b$", "$2b$"),
            &PASSLIB.replace("v=2", "v=3"),
            &PASSLIB.replace("r=4", "r=04"),
            &PASSLIB.replace("t=2b", "t=2a"),
            &PASSLIB_1.replace("2a,4", "2y,4"),
            &format!("{PASSLIB}$"),
        ] {
            assert_eq!(check(stored), Err(FORM), "{stored}");
        }
        assert_eq!(check(&PASSLIB[..PASSLIB.len() - 1]), Err(Refusal::Form(Kind::Bcrypt)));
        let cost = Err(Refusal::Cost { parameter: "cost", least: 4, most: 16 });
        assert_eq!(check(&DJANGO.replace("$04$", "$17$")), cost);
        assert_eq!(check(&PASSLIB.replace("r=4", "r=17")), cost);
        assert_eq!(check(&PASSLIB.replace("r=4", "r=3")), cost);
    }
}
