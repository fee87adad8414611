//! Password hashes that other programs made: which of them can be verified, and whether a password is behind one.
//!
//! A stored hash says itself what a login with it costs, so each kind bounds that: at most 1 GiB (of scrypt 256 KiB more)
//! and about 5 s of one core (measured in a release build on an EPYC server of 2026), which leaves a machine half as fast
//! within 10 s. A password with letters beyond ASCII is compared in up to three spellings, each for that time. Each kind also has a
//! floor, below which the hash protects nobody whose row was read. This module makes no hashes and knows no users; our
//! own argon2id is only recognized here, and verified in `argon2id.rs`.
//!
//! Here are the forms in which hashes are stored. How other programs write them down is in `exported/`.
//!
//! Where the next thing goes: another kind is a file next to `bcrypt.rs`, a variant of [`Kind`], a row of
//! [`PREFIXES`] and an arm of [`parse`].

use std::time::Duration;

use argon2::Params;
use zeroize::Zeroizing;

use super::argon2id::{self, Comparison, Memory, Unusable};
use super::bcrypt::Bcrypt;
use super::bcrypt_sha256::BcryptSha256;
use super::foreign_argon2::Argon2Hash;
use super::hash_kind::{Kind, PREFIXES};
use super::hash_refusal::Refusal;
use super::pbkdf2::Pbkdf2;
use super::scrypt::Scrypt;
use super::sha_crypt::ShaCrypt;
use super::stored_hash::StoredHash;
use super::yescrypt::Yescrypt;

/// Bytes of each spelling of the password that takes longest: see [`Password::dearest`](super::password::Password).
const DEAREST: [usize; 3] = [1_024; 3];

/// Finds out whether a stored hash can be verified. No password is needed, and nothing is computed.
///
/// # Errors
/// [`Refusal`] names the fault, and how to correct it where that is not obvious.
pub fn check(stored: &str) -> Result<Kind, Refusal> {
    Ok(parse(stored)?.0)
}

/// Compares a password, in the bytes that it may have been hashed as, with a stored hash of any kind but our own; in constant
/// time once both are hashes. It takes as long as the hash says, up to some seconds: it belongs into the hash pool.
pub(super) fn compare(
    spellings: &[Zeroizing<Vec<u8>>],
    stored: &str,
    memory: &mut Memory,
) -> Result<Comparison, Unusable> {
    let (_, hash) = parse(stored)?;
    for password in spellings {
        // After the hash, so that it takes the same time.
        match hash.compare(password, memory)? {
            matched @ (Comparison::Match | Comparison::MatchOfBeginning) if is_proof(&*hash, password) => {
                return Ok(matched);
            }
            Comparison::Match | Comparison::MatchOfBeginning | Comparison::Mismatch => {}
        }
    }
    Ok(Comparison::Mismatch)
}

/// Whether a password that matches is the one that was hashed. HMAC pads its key with zero bytes, bcrypt repeats the key behind a
/// zero byte, and crypt(3) stops there, so other passwords match the same hash: one with a zero byte is no proof. An empty password
/// is none either: programs hash it for accounts that have no password. HMAC replaces a key that is longer than its block by its
/// digest. So a password as long as a digest must be printable text, which no digest is.
fn is_proof(hash: &dyn StoredHash, password: &[u8]) -> bool {
    let is_digest = hash.digest_bytes() == Some(password.len()) && !is_printable(password);
    !password.is_empty() && !password.contains(&0) && !is_digest
}

/// What a comparison with a stored hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) kind: Kind,
    /// Microseconds of one core, as estimated by [`expected_time`].
    pub(super) micros: u64,
    /// Bytes of working memory, without a few thousand.
    pub(super) memory: u64,
}

impl Work {
    /// Whether so much more memory is needed than for one of ours that no two comparisons of the kind are made at once. The bound
    /// is scrypt with 32 MiB, which Werkzeug makes, and its lanes.
    pub(super) fn is_large(&self, own: &Self) -> bool {
        self.memory > own.memory.max(33 << 20)
    }
}

/// How many bytes of working memory a comparison with a stored hash takes; 0 for one that cannot be verified.
#[must_use]
pub fn memory(stored: &str) -> u64 {
    work(stored, &DEAREST).map_or(0, |work| work.memory)
}

/// How long it takes about to refuse the password that takes longest, on one core of the machine that the bounds above were
/// measured on. None for a hash that cannot be verified.
pub(super) fn expected_time(stored: &str) -> Option<Duration> {
    work(stored, &DEAREST).ok().map(|work| Duration::from_micros(work.micros))
}

/// What it costs to refuse a password whose spellings have so many bytes. Ours are compared in the first only.
pub(super) fn work(stored: &str, spellings: &[usize]) -> Result<Work, Refusal> {
    let (kind, hash) = parse(stored)?;
    let compared = if kind == Kind::Argon2id { &spellings[..spellings.len().min(1)] } else { spellings };
    let micros = compared.iter().map(|bytes| hash.expected_micros(*bytes)).sum();
    Ok(Work { kind, micros, memory: hash.memory() })
}

/// The kind of a stored hash, and the hash itself, whose cost is within the bounds of its kind.
fn parse(stored: &str) -> Result<(Kind, Box<dyn StoredHash>), Refusal> {
    let found = PREFIXES.iter().find_map(|(prefix, kind)| Some((*kind, stored.strip_prefix(prefix)?)));
    let (kind, rest) = found.ok_or(Refusal::Unknown)?;
    let hash: Box<dyn StoredHash> = match kind {
        Kind::Argon2id => Box::new(OwnHash(argon2id::params(stored).map_err(|_| Refusal::Form(Kind::Argon2id))?)),
        Kind::Argon2 => Box::new(Argon2Hash::parse(rest)?),
        Kind::Bcrypt => Box::new(Bcrypt::parse(rest)?),
        Kind::BcryptSha256 => Box::new(BcryptSha256::parse(stored)?),
        Kind::Pbkdf2Sha1 | Kind::Pbkdf2Sha256 | Kind::Pbkdf2Sha512 | Kind::OnezonePbkdf2 => {
            Box::new(Pbkdf2::parse(kind, rest)?)
        }
        Kind::Scrypt => Box::new(Scrypt::parse(rest)?),
        Kind::Sha256Crypt | Kind::Sha512Crypt => Box::new(ShaCrypt::parse(kind, stored, rest)?),
        Kind::Yescrypt => Box::new(Yescrypt::parse(stored, rest)?),
    };
    Ok((kind, hash))
}

/// The cost of a hash of ours, which `argon2id.rs` verifies. The settings bound it.
struct OwnHash(Params);

impl StoredHash for OwnHash {
    fn compare(&self, _: &[u8], _: &mut Memory) -> Result<Comparison, Unusable> {
        Err(Unusable)
    }

    /// 4 GiB take 5 s.
    fn expected_micros(&self, _: usize) -> u64 {
        (u64::from(self.0.m_cost()) * u64::from(self.0.t_cost())).saturating_mul(5_000_000) / (4 << 20)
    }

    fn memory(&self) -> u64 {
        u64::from(self.0.m_cost()) << 10
    }
}

/// Whether bytes are a text in UTF-8 without control characters.
fn is_printable(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control))
}

/// Compares a password of one spelling.
#[cfg(test)]
pub(super) fn compare_one(password: &[u8], stored: &str) -> Result<Comparison, Unusable> {
    compare(&[Zeroizing::new(password.to_vec())], stored, &mut Memory::default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;
    use crate::user::hash_kind::ARGON2;

    /// argon2-cffi 25.1 made it of "correct horse battery staple".
    const ARGON2ID: &str =
        "$argon2id$v=19$m=1024,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$WHgvyW8Gptf87EcoCZ9qeI7pigT0zY+gonr224t6Rrg";

    #[test]
    fn argon2id_is_recognized_and_left_to_its_own_verifier() {
        assert_eq!(check(ARGON2ID), Ok(Kind::Argon2id));
        assert_eq!(compare_one(b"correct horse battery staple", ARGON2ID), Err(Unusable));
        assert_eq!(check(&ARGON2ID.replace("m=1024", "m=4194304")), Ok(Kind::Argon2id), "the settings allow it");
    }

    #[test]
    fn argon2id_that_its_verifier_would_refuse_is_refused() {
        let form = Err(Refusal::Form(Kind::Argon2id));
        assert_eq!(check("$argon2id$"), form);
        assert_eq!(check(&ARGON2ID.replace("v=19", "v=16")), form);
        assert_eq!(check(&ARGON2ID.replace("v=19$", "")), form);
        assert_eq!(check(&ARGON2ID.replace("p=1$", "p=1,x=1$")), form);
        assert_eq!(check(&ARGON2ID.replace("AAECAwQFBgcICQoLDA0ODw", "AAECAw")), form);
        assert_eq!(check(&ARGON2ID[..ARGON2ID.len() - 44]), form);
    }

    #[test]
    fn what_is_not_stored_is_unknown() {
        for stored in ["", "$", "password", "$2b", "$argon2id", "pbkdf2_sha256$1000000$x$y", "$1$x", "{SSHA}x"] {
            assert_eq!(check(stored), Err(Refusal::Unknown), "{stored}");
            assert_eq!(compare_one(b"password", stored), Err(Unusable));
        }
    }

    #[test]
    fn each_spelling_is_tried() {
        // bcrypt 4.0.1 (Python) made it of "correct horse battery staple".
        let stored = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
        let spelled = |texts: &[&str]| {
            let spellings: Vec<_> = texts.iter().map(|text| Zeroizing::new(text.as_bytes().to_vec())).collect();
            compare(&spellings, stored, &mut Memory::default())
        };
        assert_eq!(spelled(&["one", "another", "correct horse battery staple"]), Ok(Comparison::Match));
        assert_eq!(spelled(&["one", "another"]), Ok(Comparison::Mismatch));
        assert_eq!(spelled(&[]), Ok(Comparison::Mismatch));
    }

    #[test]
    fn the_expected_time_follows_the_cost() {
        let millis = |stored: &str| expected_time(stored).unwrap().as_millis();
        assert_eq!(millis(&ARGON2ID.replace("m=1024,t=2", "m=1048576,t=4")), 5_000);
        assert_eq!(millis(&ARGON2ID.replace("m=1024,t=2", "m=19456,t=2")), 46);
        let argon2 = format!("{ARGON2}{}", ARGON2ID.replace("m=1024,t=2", "m=1048576,t=4"));
        assert_eq!(millis(&argon2), 3 * 5_000, "a foreign hash, in three spellings");
        let bcrypt = "$2b$16$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
        assert_eq!(millis(bcrypt), 3 * 4_000);
        assert_eq!(millis(&bcrypt.replace("$16$", "$12$")), 3 * 250);
        let pbkdf2 = "$pbkdf2-sha256$i=600000,l=32$AAECAwQFBgcICQoLDA0ODw$dHrv0WO6TTplluvGUzKcNCpMnnwd8jlNMK5NBd+OAA4";
        assert_eq!(millis(pbkdf2), 3 * 600);
        let scrypt = "$scrypt$ln=17,r=8,p=1$//77//77//77//77//77AQ$1NuoorhZ3S1puOirezvMeTvd8+dD6xejlXYEwueQRl4";
        assert_eq!(millis(scrypt), 3 * 625);
        let mib = |stored: &str| memory(stored) >> 20;
        assert_eq!((mib(scrypt), mib(&scrypt.replace("p=1", "p=4")), mib(bcrypt), mib("a password")), (128, 128, 0, 0));
        assert_eq!((mib(&ARGON2ID.replace("m=1024,t=2", "m=1048576,t=4")), mib(&argon2)), (1_024, 1_024));
        let work_of = |cost: &str| work(&ARGON2ID.replace("m=1024,t=2", cost), &DEAREST).unwrap();
        let is_large = |cost: &str, own: &str| work_of(cost).is_large(&work_of(own));
        assert_eq!((is_large("m=33792,t=1", "m=19456,t=2"), is_large("m=33793,t=1", "m=19456,t=2")), (false, true));
        assert_eq!((is_large("m=65536,t=1", "m=65536,t=2"), is_large("m=65537,t=1", "m=65536,t=2")), (false, true));
        let werkzeug = scrypt.replace("ln=17", "ln=15");
        assert!(!work(&werkzeug, &DEAREST).unwrap().is_large(&work_of("m=19456,t=2")));
        assert_eq!(expected_time("a password"), None);
        assert_eq!(work(bcrypt, &[8]).unwrap().micros, 4_000_000);
    }

    proptest! {
        #[test]
        fn no_text_panics_or_is_told_again(
            prefix in 0..PREFIXES.len(),
            rest in "[$a-z0-9=,./+\u{e9}-]{0,80}",
            any in any::<String>(),
        ) {
            for stored in [format!("{}{rest}", PREFIXES[prefix].0), any] {
                if let Err(refusal) = check(&stored) {
                    prop_assert!(rest.len() < 20 || !refusal.to_string().contains(&rest));
                }
            }
        }
    }
}
