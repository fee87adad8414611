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
//! Where the next thing goes: another kind is a file next to `bcrypt.rs`, a variant of [`Kind`] and of [`Parsed`] and a
//! row of [`KINDS`].

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use argon2::password_hash::phc;
use argon2::{Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::argon2id::{Comparison, Memory, Unusable};
use super::bcrypt::Bcrypt;
use super::bcrypt_sha256::BcryptSha256;
use super::foreign_argon2::Argon2Hash;
use super::hash_refusal::Refusal;
use super::pbkdf2::Pbkdf2;
use super::scrypt::{self, Scrypt};
use super::sha_crypt::ShaCrypt;
use super::yescrypt::Yescrypt;

/// Bytes of salt. Eight are the least of RFC 8018 section 4.1; 64 are more than anybody makes.
pub(super) const SALT_BYTES: RangeInclusive<usize> = 8..=64;
/// Bytes of hash. Below 16, other passwords with the same hash come within reach; 64 is the most of the PHC string
/// format.
const HASH_BYTES: RangeInclusive<usize> = 16..=64;

/// Bytes of each spelling of the password that takes longest: see [`Password::dearest`](super::password::Password).
const DEAREST: [usize; 3] = [1_024; 3];

/// A kind of hash that can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// RFC 9106, version 19; what we make ourselves.
    Argon2id,
    /// argon2id, argon2i and argon2d of other programs, in versions 19 and 16.
    Argon2,
    /// `$2a$`, `$2b$` and `$2y$`, which are the same for all that is not a bug.
    Bcrypt,
    /// bcrypt of SHA-256 of the password, as Django or passlib makes it.
    BcryptSha256,
    /// PBKDF2-HMAC-SHA1 (RFC 8018), as a PHC string or as passlib writes it.
    Pbkdf2Sha1,
    /// PBKDF2-HMAC-SHA256, likewise.
    Pbkdf2Sha256,
    /// PBKDF2-HMAC-SHA512, likewise.
    Pbkdf2Sha512,
    /// PBKDF2-HMAC-SHA512 as Onezone keeps it, in a PHC string whose name is ours.
    OnezonePbkdf2,
    /// RFC 7914.
    Scrypt,
    /// crypt(3)'s `$5$`.
    Sha256Crypt,
    /// crypt(3)'s `$6$`.
    Sha512Crypt,
    /// crypt(3)'s `$y$`.
    Yescrypt,
}

/// How each kind begins in the store.
const KINDS: [(&str, Kind); 15] = [
    ("$argon2id$", Kind::Argon2id),
    (ARGON2, Kind::Argon2),
    ("$2a$", Kind::Bcrypt),
    ("$2b$", Kind::Bcrypt),
    ("$2y$", Kind::Bcrypt),
    ("bcrypt_sha256$", Kind::BcryptSha256),
    ("$bcrypt-sha256$", Kind::BcryptSha256),
    ("$pbkdf2-sha1$", Kind::Pbkdf2Sha1),
    ("$pbkdf2-sha256$", Kind::Pbkdf2Sha256),
    ("$pbkdf2-sha512$", Kind::Pbkdf2Sha512),
    (ONEZONE, Kind::OnezonePbkdf2),
    ("$scrypt$", Kind::Scrypt),
    ("$5$", Kind::Sha256Crypt),
    ("$6$", Kind::Sha512Crypt),
    ("$y$", Kind::Yescrypt),
];

/// How another program's argon2 begins when we keep it, which is how `OpenLDAP` writes it. The mark tells it from ours: it may
/// have been made of a password that is not in NFC.
pub(super) const ARGON2: &str = "{ARGON2}";
/// How Onezone's hash begins when we keep it. No other program writes this name.
pub(super) const ONEZONE: &str = "$onezone-pbkdf2-sha512$";

/// A stored hash that has been read, and whose cost is within the bounds of its kind.
enum Parsed {
    Own(Params),
    Argon2(Argon2Hash),
    Bcrypt(Bcrypt),
    BcryptSha256(BcryptSha256),
    Pbkdf2(Pbkdf2),
    Scrypt(Scrypt),
    ShaCrypt(ShaCrypt),
    Yescrypt(Yescrypt),
}

/// Tells whether a stored hash can be verified. No password is needed, and nothing is computed.
///
/// # Errors
/// [`Refusal`] tells what is wrong with it, and how to mend it where that is not plain.
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
    let (_, parsed) = parse(stored)?;
    for password in spellings {
        // After the hash, so that it takes the same time.
        match parsed.compare(password, memory)? {
            matched @ (Comparison::Match | Comparison::MatchOfBeginning) if parsed.is_proof(password) => {
                return Ok(matched);
            }
            Comparison::Match | Comparison::MatchOfBeginning | Comparison::Mismatch => {}
        }
    }
    Ok(Comparison::Mismatch)
}

impl Parsed {
    fn compare(&self, password: &[u8], memory: &mut Memory) -> Result<Comparison, Unusable> {
        match self {
            Self::Own(_) => Err(Unusable),
            Self::Argon2(hash) => hash.compare(password, memory),
            Self::Bcrypt(hash) => Ok(hash.compare(password)),
            Self::BcryptSha256(hash) => hash.compare(password),
            Self::Pbkdf2(hash) => Ok(hash.compare(password)),
            Self::Scrypt(hash) => hash.compare(password),
            Self::ShaCrypt(hash) => hash.compare(password),
            Self::Yescrypt(hash) => hash.compare(password),
        }
    }

    /// Whether a password that matches is the one that was hashed. A zero byte is not: HMAC pads its key with zero bytes, bcrypt
    /// repeats the key behind one, and crypt(3) stops there, so other passwords match the same hash. Nor is an empty password,
    /// which is what programs hash for accounts that have none. HMAC replaces a key that is longer than its block by the digest of
    /// it, so what is as long as a digest has to be printable text, as no digest is.
    fn is_proof(&self, password: &[u8]) -> bool {
        let is_digest = self.digest_bytes() == Some(password.len()) && !is_printable(password);
        !password.is_empty() && !password.contains(&0) && !is_digest
    }

    /// Bytes of what HMAC replaces a long password by; none where the password is no key of HMAC.
    fn digest_bytes(&self) -> Option<usize> {
        match self {
            Self::Pbkdf2(hash) => Some(hash.digest_bytes()),
            Self::Scrypt(_) => Some(scrypt::DIGEST_BYTES),
            Self::Own(_)
            | Self::Argon2(_)
            | Self::Bcrypt(_)
            | Self::BcryptSha256(_)
            | Self::ShaCrypt(_)
            | Self::Yescrypt(_) => None,
        }
    }

    /// Microseconds of one core for a password of so many bytes.
    fn expected_micros(&self, bytes: usize) -> u64 {
        match self {
            // 4 GiB take 5 s.
            Self::Own(params) => {
                (u64::from(params.m_cost()) * u64::from(params.t_cost())).saturating_mul(5_000_000) / (4 << 20)
            }
            Self::Argon2(hash) => hash.expected_micros(),
            Self::Bcrypt(hash) => hash.expected_micros(),
            Self::BcryptSha256(hash) => hash.expected_micros(),
            Self::Pbkdf2(hash) => hash.expected_micros(),
            Self::Scrypt(hash) => hash.expected_micros(),
            Self::ShaCrypt(hash) => hash.expected_micros(bytes),
            Self::Yescrypt(hash) => hash.expected_micros(),
        }
    }

    /// Bytes of working memory.
    fn memory(&self) -> u64 {
        match self {
            Self::Own(params) => u64::from(params.m_cost()) << 10,
            Self::Argon2(hash) => hash.memory(),
            Self::Bcrypt(_) | Self::BcryptSha256(_) | Self::Pbkdf2(_) | Self::ShaCrypt(_) => 0,
            Self::Scrypt(hash) => hash.memory(),
            Self::Yescrypt(hash) => hash.memory(),
        }
    }
}

/// What a comparison with a stored hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) kind: Kind,
    /// Microseconds of one core, as estimated by [`expected_time`].
    pub(super) micros: u64,
    /// Bytes of working memory; nothing is said of a few thousand.
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
    let (kind, parsed) = parse(stored)?;
    let compared = if kind == Kind::Argon2id { &spellings[..spellings.len().min(1)] } else { spellings };
    let micros = compared.iter().map(|bytes| parsed.expected_micros(*bytes)).sum();
    Ok(Work { kind, micros, memory: parsed.memory() })
}

/// The kind of a stored hash, and what it says.
fn parse(stored: &str) -> Result<(Kind, Parsed), Refusal> {
    let found = KINDS.iter().find_map(|(prefix, kind)| Some((*kind, stored.strip_prefix(prefix)?)));
    let (kind, rest) = found.ok_or(Refusal::Unknown)?;
    let parsed = match kind {
        Kind::Argon2id => Parsed::Own(own_params(stored)?),
        Kind::Argon2 => Parsed::Argon2(Argon2Hash::parse(rest)?),
        Kind::Bcrypt => Parsed::Bcrypt(Bcrypt::parse(rest)?),
        Kind::BcryptSha256 => Parsed::BcryptSha256(BcryptSha256::parse(stored)?),
        Kind::Pbkdf2Sha1 | Kind::Pbkdf2Sha256 | Kind::Pbkdf2Sha512 | Kind::OnezonePbkdf2 => {
            Parsed::Pbkdf2(Pbkdf2::parse(kind, rest)?)
        }
        Kind::Scrypt => Parsed::Scrypt(Scrypt::parse(rest)?),
        Kind::Sha256Crypt | Kind::Sha512Crypt => Parsed::ShaCrypt(ShaCrypt::parse(kind, stored, rest)?),
        Kind::Yescrypt => Parsed::Yescrypt(Yescrypt::parse(stored, rest)?),
    };
    Ok((kind, parsed))
}

/// The cost of a hash that `argon2id.rs` can verify. There is no bound: the settings have one.
fn own_params(stored: &str) -> Result<Params, Refusal> {
    const FORM: Refusal = Refusal::Form(Kind::Argon2id);
    let stored = phc::PasswordHash::new(stored).map_err(|_| FORM)?;
    if stored.version != Some(Version::V0x13.into()) || stored.salt.is_none() || stored.hash.is_none() {
        return Err(FORM);
    }
    Params::try_from(&stored).map_err(|_| FORM)
}

/// Checks a cost against its bounds.
pub(super) fn within<T: Copy + PartialOrd + Into<u64>>(
    parameter: &'static str,
    value: T,
    bounds: &RangeInclusive<T>,
) -> Result<(), Refusal> {
    if bounds.contains(&value) {
        return Ok(());
    }
    Err(Refusal::Cost { parameter, least: (*bounds.start()).into(), most: (*bounds.end()).into() })
}

/// Reads a decimal number that has one spelling: digits, no sign, no zero in front. What is beyond u32 becomes its
/// maximum, which no bound allows.
pub(super) fn decimal(text: &str) -> Option<u32> {
    let good = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    (good && !text.is_empty()).then(|| text.parse().unwrap_or(u32::MAX))
}

/// Splits at each `$` into so many fields.
pub(super) fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    let fields: Vec<_> = text.split('$').collect();
    fields.try_into().ok()
}

/// Reads a salt in base64 without padding.
pub(super) fn salt(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD_NO_PAD.decode(text).ok().filter(|salt| SALT_BYTES.contains(&salt.len())).ok_or(Refusal::Salt)
}

/// Reads a hash in base64 without padding.
pub(super) fn hash(text: &str) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    hash_within(text, &HASH_BYTES)
}

/// Reads a hash of so many bytes in base64 without padding.
pub(super) fn hash_within(text: &str, bytes: &RangeInclusive<usize>) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let hash = STANDARD_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| Refusal::Hash)?;
    if bytes.contains(&hash.len()) { Ok(hash) } else { Err(Refusal::Hash) }
}

/// The number of bytes that a text in crypt(3)'s base64 stands for, if it has the one spelling of them: without padding, and
/// without bits beyond the last byte.
pub(super) fn crypt_bytes(text: &str) -> Option<usize> {
    const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let value = |byte: u8| ALPHABET.iter().position(|one| *one == byte);
    let last = text.bytes().try_fold(0, |_, byte| value(byte))?;
    // The first character of a byte or two holds the lowest bits.
    let is_short = match text.len() % 4 {
        0 => true,
        2 => last < 1 << 2,
        3 => last < 1 << 4,
        _ => false,
    };
    is_short.then_some(text.len() * 6 / 8)
}

/// Whether bytes are a text in UTF-8 without control characters.
fn is_printable(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control))
}

/// Compares two hashes in constant time.
pub(super) fn verdict(found: &[u8], expected: &[u8]) -> Comparison {
    if bool::from(found.ct_eq(expected)) { Comparison::Match } else { Comparison::Mismatch }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Argon2id => "argon2id",
            Self::Argon2 => "argon2",
            Self::Bcrypt => "bcrypt",
            Self::BcryptSha256 => "bcrypt of SHA-256",
            Self::Pbkdf2Sha1 => "PBKDF2-SHA1",
            Self::Pbkdf2Sha256 => "PBKDF2-SHA256",
            Self::Pbkdf2Sha512 => "PBKDF2-SHA512",
            Self::OnezonePbkdf2 => "Onezone's PBKDF2",
            Self::Scrypt => "scrypt",
            Self::Sha256Crypt => "SHA-256 crypt",
            Self::Sha512Crypt => "SHA-512 crypt",
            Self::Yescrypt => "yescrypt",
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    /// Compares a password of one spelling.
    pub(in crate::user) fn compare(password: &[u8], stored: &str) -> Result<Comparison, Unusable> {
        super::compare(&[Zeroizing::new(password.to_vec())], stored, &mut Memory::default())
    }

    /// argon2-cffi 25.1 made it of "correct horse battery staple".
    const ARGON2ID: &str =
        "$argon2id$v=19$m=1024,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$WHgvyW8Gptf87EcoCZ9qeI7pigT0zY+gonr224t6Rrg";

    #[test]
    fn argon2id_is_recognized_and_left_to_its_own_verifier() {
        assert_eq!(check(ARGON2ID), Ok(Kind::Argon2id));
        assert_eq!(compare(b"correct horse battery staple", ARGON2ID), Err(Unusable));
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
            assert_eq!(compare(b"password", stored), Err(Unusable));
        }
    }

    #[test]
    fn each_spelling_is_tried() {
        // bcrypt 4.0.1 (Python) made it of "correct horse battery staple".
        let stored = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
        let spelled = |texts: &[&str]| {
            let spellings: Vec<_> = texts.iter().map(|text| Zeroizing::new(text.as_bytes().to_vec())).collect();
            super::compare(&spellings, stored, &mut Memory::default())
        };
        assert_eq!(spelled(&["one", "another", "correct horse battery staple"]), Ok(Comparison::Match));
        assert_eq!(spelled(&["one", "another"]), Ok(Comparison::Mismatch));
        assert_eq!(spelled(&[]), Ok(Comparison::Mismatch));
    }

    #[test]
    fn crypts_base64_has_one_spelling() {
        assert_eq!(crypt_bytes(""), Some(0));
        assert_eq!(crypt_bytes("z1"), Some(1));
        assert_eq!(crypt_bytes("zzD"), Some(2));
        assert_eq!(crypt_bytes("zzzz"), Some(3));
        for text in ["z", "z2", "zzE", "zzzzz", "zz+z", "zz\u{e9}"] {
            assert_eq!(crypt_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("4294967295"), Some(u32::MAX));
        assert_eq!(decimal("99999999999999999999"), Some(u32::MAX));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "1e3", "\u{661}"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
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
            prefix in 0..KINDS.len(),
            rest in "[$a-z0-9=,./+\u{e9}-]{0,80}",
            any in any::<String>(),
        ) {
            for stored in [format!("{}{rest}", KINDS[prefix].0), any] {
                if let Err(refusal) = check(&stored) {
                    prop_assert!(rest.len() < 20 || !refusal.to_string().contains(&rest));
                }
            }
        }
    }
}
