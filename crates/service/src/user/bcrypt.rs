//! bcrypt hashes (Provos and Mazières, 1999) in the form of OpenBSD's crypt(3), as `htpasswd -B` makes them.
//!
//! bcrypt hashes the first 72 bytes of a password, with the zero byte that ends it, and no more: two passwords that
//! begin with the same 72 bytes match one hash. So a good login with a longer one does not replace the hash by argon2id,
//! which would keep what may be a mistyped end.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use zeroize::Zeroizing;

use super::argon2id::{Comparison, Memory, Unusable};
use super::hash_kind::Kind;
use super::hash_refusal::Refusal;
use super::stored_hash::{StoredHash, within};

/// Binary logarithm of the rounds. bcrypt defines 4 to 31; 16 takes 4 s, and each step doubles it.
const COST: RangeInclusive<u32> = 4..=16;
/// Bytes of a password that count, with the zero at its end.
const KEY_BYTES: usize = 72;
/// Bytes of the hash that are kept of the 24 that are computed.
const HASH_BYTES: usize = 23;
/// Characters of 16 bytes of salt, and of salt and hash together.
const SALT_CHARACTERS: usize = 22;
const CHARACTERS: usize = 53;

/// crypt(3) looks at no bits beyond the last byte, and programs are known that set them.
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));

/// A hash that has been read.
pub(super) struct Bcrypt {
    cost: u32,
    salt: [u8; 16],
    hash: Zeroizing<[u8; HASH_BYTES]>,
}

impl Bcrypt {
    /// Reads what follows `$2b$`.
    pub(super) fn parse(rest: &str) -> Result<Self, Refusal> {
        const FORM: Refusal = Refusal::Form(Kind::Bcrypt);
        let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', b'$', text @ ..] = rest.as_bytes() else { return Err(FORM) };
        let cost = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
        within("cost", cost, &COST)?;
        if text.len() != CHARACTERS {
            return Err(FORM);
        }
        let (salt, hash) = text.split_at(SALT_CHARACTERS);
        let salt = BASE64.decode(salt).ok().and_then(|salt| salt.try_into().ok()).ok_or(FORM)?;
        let hash = BASE64.decode(hash).map(Zeroizing::new).map_err(|_| FORM)?;
        let hash = Zeroizing::new(hash.as_slice().try_into().map_err(|_| FORM)?);
        Ok(Self { cost, salt, hash })
    }
}

impl StoredHash for Bcrypt {
    /// Cost 16 takes 4 s.
    fn expected_micros(&self, _: usize) -> u64 {
        4_000_000 >> (*COST.end() - self.cost)
    }

    /// The password must have no zero byte: the key is repeated, so `a\0a` hashes as `a`.
    fn compare(&self, password: &[u8], _: &mut Memory) -> Result<Comparison, Unusable> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let length = password.len().min(KEY_BYTES);
        key[..length].copy_from_slice(&password[..length]);
        let hash = Zeroizing::new(::bcrypt::bcrypt(self.cost, self.salt, &key[..KEY_BYTES.min(length + 1)]));
        Ok(match Comparison::of(&hash[..HASH_BYTES], self.hash.as_slice()) {
            Comparison::Match if password.len() > KEY_BYTES => Comparison::MatchOfBeginning,
            comparison => comparison,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::user::argon2id::{Comparison, Unusable};
    use crate::user::foreign_hash::check;
    use crate::user::foreign_hash::compare_one as compare;
    use crate::user::hash_kind::Kind;
    use crate::user::hash_refusal::Refusal;

    /// bcrypt 4.0.1 (Python) made it of "correct horse battery staple".
    const STORED: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";

    #[test]
    fn hashes_of_public_test_suites_match_their_passwords() {
        for (password, stored) in [
            // crypt_blowfish, wrapper.c.
            ("U*U".as_bytes(), "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            (b"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
            (b"U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
            (b"\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"),
            // jBCrypt, TestBCrypt.java.
            (b"a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
            (b"abcdefghijklmnopqrstuvwxyz", "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz."),
        ] {
            assert_eq!(check(stored), Ok(Kind::Bcrypt));
            assert_eq!(compare(password, stored), Ok(Comparison::Match), "{stored}");
            assert_eq!(compare(b"another", stored), Ok(Comparison::Mismatch), "{stored}");
        }
    }

    #[test]
    fn its_three_letters_are_one_algorithm() {
        for letter in ["$2a$", "$2b$", "$2y$"] {
            let stored = STORED.replace("$2b$", letter);
            assert_eq!(compare(b"correct horse battery staple", &stored), Ok(Comparison::Match));
        }
    }

    #[test]
    fn the_first_72_bytes_count_and_no_others() {
        // bcrypt 4.0.1 (Python): 72 and 71 times "x".
        let full = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
        let less = "$2b$04$abcdefghijklmnopqrstuu.gc7UY/21CSNJGJg21jJzx9QiOpJ9bO";
        assert_eq!(compare(&[b'x'; 72], full), Ok(Comparison::Match));
        assert_eq!(compare(&[b'x'; 73], full), Ok(Comparison::MatchOfBeginning));
        assert_eq!(compare(&[b'x'; 100], full), Ok(Comparison::MatchOfBeginning));
        assert_eq!(compare(&[b'x'; 71], full), Ok(Comparison::Mismatch));
        assert_eq!(compare(&[b'x'; 71], less), Ok(Comparison::Match));
        assert_eq!(compare(&[b'x'; 72], less), Ok(Comparison::Mismatch));
    }

    #[test]
    fn a_zero_byte_does_not_make_a_longer_password_match() {
        // bcrypt 4.0.1 (Python) made it of the empty password.
        let empty = "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq";
        assert_eq!(compare(b"\0", empty), Ok(Comparison::Mismatch));
        // jBCrypt, TestBCrypt.java: "a".
        let letter = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe";
        assert_eq!(compare(b"a\0a", letter), Ok(Comparison::Mismatch));
    }

    #[test]
    fn bits_beyond_the_salt_do_not_matter() {
        let stored = STORED.replace("stuu7", "stuv7");
        assert_eq!(compare(b"correct horse battery staple", &stored), Ok(Comparison::Match));
    }

    #[test]
    fn costs_beyond_the_bounds_are_refused() {
        for cost in ["00", "03", "17", "31", "99"] {
            let stored = STORED.replace("$04$", &format!("${cost}$"));
            assert_eq!(check(&stored), Err(Refusal::Cost { parameter: "cost", least: 4, most: 16 }));
            assert_eq!(compare(b"password", &stored), Err(Unusable));
        }
        assert_eq!(check(&STORED.replace("$04$", "$16$")), Ok(Kind::Bcrypt));
    }

    #[test]
    fn other_forms_are_refused() {
        for stored in [
            "$2b$",
            "$2b$4$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
            "$2b$+4$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
            &STORED[..59],
            &format!("{STORED}x"),
            &STORED.replace("stuu7", "st$u7"),
            &STORED.replace("stuu7", "st\u{e9}7"),
            &STORED.replace("Lah", "La+"),
        ] {
            assert_eq!(check(stored), Err(Refusal::Form(Kind::Bcrypt)), "{stored}");
        }
    }
}
