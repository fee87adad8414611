//! Password hashes that other programs made: which of them can be verified, and whether a password is behind one.
//!
//! A stored hash says itself what a login with it costs, so each kind bounds that: at most 1 GiB and about 5 s of one
//! core (measured in a release build on an EPYC server of 2026), which leaves a machine half as fast within 10 s. Each
//! also has a floor, below which the hash protects nobody whose row was read. This module makes no hashes and knows no
//! users; argon2id is only recognized here, and verified in `argon2id.rs`.
//!
//! Where the next thing goes: another kind is a file beside `bcrypt.rs`, a variant of [`Kind`] and a row of [`KINDS`].

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use argon2::password_hash::phc;
use argon2::{Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::argon2id::{Comparison, Unusable};
use super::bcrypt::Bcrypt;
use super::pbkdf2::Pbkdf2;
use super::scrypt::Scrypt;

/// Bytes of salt. Eight are the least of RFC 8018 section 4.1; 64 are more than anybody makes.
const SALT_BYTES: RangeInclusive<usize> = 8..=64;
/// Bytes of hash. Below 16, other passwords with the same hash come within reach; 64 is the most of the PHC string
/// format.
const HASH_BYTES: RangeInclusive<usize> = 16..=64;

/// argon2id's memory in KiB: the least is where it begins to be hard, the most is 1 GiB.
const ARGON2ID_MEMORY_KIB: RangeInclusive<u32> = 1_024..=1_048_576;
/// argon2id's memory in KiB times passes: 4 GiB take 5 s.
const ARGON2ID_WORK_KIB: RangeInclusive<u64> = 1_024..=4_194_304;
/// argon2id's lanes, which we compute one after the other. More than anybody has; a hundred thousand add a third.
const ARGON2ID_LANES: RangeInclusive<u32> = 1..=255;

/// A kind of hash that can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// RFC 9106, version 19; what we make ourselves.
    Argon2id,
    /// `$2a$`, `$2b$` and `$2y$`, which are the same for all that is not a bug.
    Bcrypt,
    /// PBKDF2-HMAC-SHA256 (RFC 8018), as a PHC string or as passlib writes it.
    Pbkdf2Sha256,
    /// PBKDF2-HMAC-SHA512, likewise.
    Pbkdf2Sha512,
    /// PBKDF2-HMAC-SHA512 as Onezone keeps it, in a PHC string whose name is ours.
    OnezonePbkdf2,
    /// RFC 7914.
    Scrypt,
}

/// How each kind begins.
const KINDS: [(&str, Kind); 8] = [
    ("$argon2id$", Kind::Argon2id),
    ("$2a$", Kind::Bcrypt),
    ("$2b$", Kind::Bcrypt),
    ("$2y$", Kind::Bcrypt),
    ("$pbkdf2-sha256$", Kind::Pbkdf2Sha256),
    ("$pbkdf2-sha512$", Kind::Pbkdf2Sha512),
    (ONEZONE, Kind::OnezonePbkdf2),
    ("$scrypt$", Kind::Scrypt),
];

/// How Onezone's hash begins when we keep it. No other program writes this name.
pub(super) const ONEZONE: &str = "$onezone-pbkdf2-sha512$";

/// How the kinds begin that are known and refused.
const REFUSED: [(&str, Refusal); 12] = [
    ("$apr1$", Refusal::Weak("apr1 (MD5)")),
    ("$1$", Refusal::Weak("MD5 crypt")),
    ("{SHA}", Refusal::Weak("SHA-1")),
    ("{SSHA}", Refusal::Weak("salted SHA-1")),
    ("$2$", Refusal::Unverified("bcrypt ($2$, before its repair)")),
    ("$2x$", Refusal::Unverified("bcrypt ($2x$, made by a faulty program)")),
    ("$5$", Refusal::Unverified("SHA-256 crypt")),
    ("$6$", Refusal::Unverified("SHA-512 crypt")),
    ("$7$", Refusal::Unverified("scrypt ($7$)")),
    ("$y$", Refusal::Unverified("yescrypt")),
    ("$argon2i$", Refusal::Unverified("argon2i")),
    ("$argon2d$", Refusal::Unverified("argon2d")),
];

/// Why a hash cannot be kept. The text is fit for whoever imports it, and holds nothing of the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing that is known; perhaps a password itself.
    #[error(
        "this is no password hash that is known here, and a password in clear text is not taken; make a bcrypt hash \
         with `htpasswd -B`"
    )]
    Unknown,
    /// A hash that tells the password to whoever reads it, and takes time.
    #[error("{0} hashes are too weak to be taken; make it anew with `htpasswd -B`, which makes bcrypt")]
    Weak(&'static str),
    /// A hash that has no verifier here.
    #[error("{0} hashes cannot be verified here; make it anew as argon2id, or as bcrypt with `htpasswd -B`")]
    Unverified(&'static str),
    /// A known kind, written otherwise than its kind is.
    #[error("a hash of {0} is written {form}", form = .0.form())]
    Form(Kind),
    /// The salt is no base64, too short or too long.
    #[error("the salt of the hash must be 8 to 64 bytes in base64 without padding")]
    Salt,
    /// The hash is no base64, too short or too long.
    #[error("the hash must be 16 to 64 bytes in base64 without padding")]
    Hash,
    /// The hash has another length than its parameters say.
    #[error("the hash must have as many bytes as its parameter l says")]
    Length,
    /// A parameter that makes the hash too weak to be taken, or too slow to be verified.
    #[error("the hash's {parameter} must be from {least} to {most}")]
    Cost {
        /// What is bounded, and its unit.
        parameter: &'static str,
        /// The least that is taken.
        least: u64,
        /// The most that is taken.
        most: u64,
    },
    /// No record of Onezone's.
    #[error("the hash must be 65 bytes: 32 of salt, a dot, and 32 of hash")]
    OnezoneRecord,
}

/// Tells whether an imported hash can be verified. No password is needed, and nothing is computed.
///
/// # Errors
/// [`Refusal`] tells what is wrong with it, and how to mend it where that is not plain.
pub fn check(stored: &str) -> Result<Kind, Refusal> {
    let (kind, rest) = recognize(stored)?;
    match kind {
        Kind::Argon2id => check_argon2id(stored)?,
        Kind::Bcrypt => drop(Bcrypt::parse(rest)?),
        Kind::Pbkdf2Sha256 | Kind::Pbkdf2Sha512 | Kind::OnezonePbkdf2 => drop(Pbkdf2::parse(kind, rest)?),
        Kind::Scrypt => drop(Scrypt::parse(rest)?),
    }
    Ok(kind)
}

/// Compares a password with a stored hash of any kind but argon2id, in constant time once both are hashes. It takes as
/// long as the hash says, up to some seconds: it belongs into the hash pool.
pub(super) fn compare(password: &[u8], stored: &str) -> Result<Comparison, Unusable> {
    let (kind, rest) = recognize(stored)?;
    match kind {
        Kind::Argon2id => Err(Unusable),
        Kind::Bcrypt => Ok(Bcrypt::parse(rest)?.compare(password)),
        Kind::Pbkdf2Sha256 | Kind::Pbkdf2Sha512 | Kind::OnezonePbkdf2 => {
            Ok(Pbkdf2::parse(kind, rest)?.compare(password))
        }
        Kind::Scrypt => Scrypt::parse(rest)?.compare(password),
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
    /// Whether so much memory is needed that no two comparisons of the kind are made at once.
    pub(super) fn is_large(&self) -> bool {
        self.memory > 64 << 20
    }
}

/// How many bytes of working memory a comparison with a stored hash takes; 0 for one that cannot be verified.
#[must_use]
pub fn memory(stored: &str) -> u64 {
    work(stored).map_or(0, |work| work.memory)
}

/// How long a comparison with a stored hash takes about, on one core of the machine that the bounds above were measured on.
/// None for one that cannot be verified.
pub(super) fn expected_time(stored: &str) -> Option<Duration> {
    work(stored).ok().map(|work| Duration::from_micros(work.micros))
}

pub(super) fn work(stored: &str) -> Result<Work, Refusal> {
    let (kind, rest) = recognize(stored)?;
    let (micros, memory) = match kind {
        Kind::Argon2id => {
            let stored = phc::PasswordHash::new(stored).map_err(|_| Refusal::Form(kind))?;
            let params = Params::try_from(&stored).map_err(|_| Refusal::Form(kind))?;
            let kib = u64::from(params.m_cost());
            // 4 GiB take 5 s.
            (kib * u64::from(params.t_cost()) * 5_000_000 / (4 << 20), kib << 10)
        }
        Kind::Bcrypt => (Bcrypt::parse(rest)?.expected_micros(), 0),
        Kind::Pbkdf2Sha256 | Kind::Pbkdf2Sha512 | Kind::OnezonePbkdf2 => {
            (Pbkdf2::parse(kind, rest)?.expected_micros(), 0)
        }
        Kind::Scrypt => {
            let scrypt = Scrypt::parse(rest)?;
            (scrypt.expected_micros(), scrypt.memory())
        }
    };
    Ok(Work { kind, micros, memory })
}

/// The kind of a hash, and what follows its prefix.
fn recognize(stored: &str) -> Result<(Kind, &str), Refusal> {
    if let Some(found) = KINDS.iter().find_map(|(prefix, kind)| Some((*kind, stored.strip_prefix(prefix)?))) {
        return Ok(found);
    }
    let known = REFUSED.iter().find(|(prefix, _)| stored.starts_with(prefix)).map(|(_, refusal)| *refusal);
    Err(known.unwrap_or(if is_des_crypt(stored) { Refusal::Weak("crypt (DES)") } else { Refusal::Unknown }))
}

/// Thirteen characters of crypt(3)'s alphabet. So may a password be, and neither is taken.
fn is_des_crypt(stored: &str) -> bool {
    stored.len() == 13 && stored.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(&byte))
}

/// Whether `argon2id.rs` can verify it, within our bounds.
fn check_argon2id(stored: &str) -> Result<(), Refusal> {
    const FORM: Refusal = Refusal::Form(Kind::Argon2id);
    let stored = phc::PasswordHash::new(stored).map_err(|_| FORM)?;
    if stored.version != Some(Version::V0x13.into()) {
        return Err(FORM);
    }
    let (Some(salt), Some(hash)) = (&stored.salt, &stored.hash) else { return Err(FORM) };
    let params = Params::try_from(&stored).map_err(|_| FORM)?;
    within("memory (m, in KiB)", params.m_cost(), &ARGON2ID_MEMORY_KIB)?;
    within("number of lanes (p)", params.p_cost(), &ARGON2ID_LANES)?;
    let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
    within("memory times passes (m times t, in KiB)", work, &ARGON2ID_WORK_KIB)?;
    if !SALT_BYTES.contains(&AsRef::<[u8]>::as_ref(salt).len()) {
        return Err(Refusal::Salt);
    }
    if HASH_BYTES.contains(&hash.len()) { Ok(()) } else { Err(Refusal::Hash) }
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

/// Splits `parameters$salt$hash`.
pub(super) fn fields(rest: &str) -> Option<[&str; 3]> {
    let mut fields = rest.split('$');
    let three = [fields.next()?, fields.next()?, fields.next()?];
    fields.next().is_none().then_some(three)
}

/// Reads a salt in base64 without padding.
pub(super) fn salt(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD_NO_PAD.decode(text).ok().filter(|salt| SALT_BYTES.contains(&salt.len())).ok_or(Refusal::Salt)
}

/// Reads a hash in base64 without padding.
pub(super) fn hash(text: &str) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let hash = STANDARD_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| Refusal::Hash)?;
    if HASH_BYTES.contains(&hash.len()) { Ok(hash) } else { Err(Refusal::Hash) }
}

/// Compares two hashes in constant time.
pub(super) fn verdict(found: &[u8], expected: &[u8]) -> Comparison {
    if bool::from(found.ct_eq(expected)) { Comparison::Match } else { Comparison::Mismatch }
}

impl From<Refusal> for Unusable {
    /// Hashes are checked before they are stored, so a refusal at login is a damaged row.
    fn from(_: Refusal) -> Self {
        Self
    }
}

impl Kind {
    /// How a hash of this kind is written.
    fn form(self) -> &'static str {
        match self {
            Self::Argon2id => "$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH",
            Self::Bcrypt => "$2b$COST$ and 53 characters of salt and hash; COST has two digits",
            Self::Pbkdf2Sha256 => {
                "$pbkdf2-sha256$i=ITERATIONS,l=BYTES$SALT$HASH or $pbkdf2-sha256$ITERATIONS$SALT$HASH"
            }
            Self::Pbkdf2Sha512 => {
                "$pbkdf2-sha512$i=ITERATIONS,l=BYTES$SALT$HASH or $pbkdf2-sha512$ITERATIONS$SALT$HASH"
            }
            Self::OnezonePbkdf2 => "$onezone-pbkdf2-sha512$i=ITERATIONS$SALT$HASH",
            Self::Scrypt => "$scrypt$ln=LOG2N,r=BLOCK,p=LANES$SALT$HASH",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Argon2id => "argon2id",
            Self::Bcrypt => "bcrypt",
            Self::Pbkdf2Sha256 => "PBKDF2-SHA256",
            Self::Pbkdf2Sha512 => "PBKDF2-SHA512",
            Self::OnezonePbkdf2 => "Onezone's PBKDF2",
            Self::Scrypt => "scrypt",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    /// argon2-cffi 25.1 made it of "correct horse battery staple".
    const ARGON2ID: &str =
        "$argon2id$v=19$m=1024,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$WHgvyW8Gptf87EcoCZ9qeI7pigT0zY+gonr224t6Rrg";

    #[test]
    fn argon2id_is_recognized_and_left_to_its_own_verifier() {
        assert_eq!(check(ARGON2ID), Ok(Kind::Argon2id));
        assert_eq!(compare(b"correct horse battery staple", ARGON2ID), Err(Unusable));
    }

    #[test]
    fn argon2id_that_its_verifier_would_refuse_is_refused() {
        let form = Err(Refusal::Form(Kind::Argon2id));
        assert_eq!(check("$argon2id$"), form);
        assert_eq!(check(&ARGON2ID.replace("v=19", "v=16")), form);
        assert_eq!(check(&ARGON2ID.replace("v=19$", "")), form);
        assert_eq!(check(&ARGON2ID.replace("p=1$", "p=1,x=1$")), form);
        assert_eq!(check(&ARGON2ID.replace("AAECAwQFBgcICQoLDA0ODw", "AAECAw")), form);
        assert_eq!(check(&ARGON2ID[..ARGON2ID.len() - 23]), Err(Refusal::Hash));
    }

    #[test]
    fn argon2id_that_is_too_cheap_or_too_dear_is_refused() {
        let with = |cost: &str| check(&ARGON2ID.replace("m=1024,t=2", cost));
        assert_eq!(with("m=1048576,t=4"), Ok(Kind::Argon2id));
        let memory = Refusal::Cost { parameter: "memory (m, in KiB)", least: 1_024, most: 1_048_576 };
        assert_eq!(with("m=1048577,t=1"), Err(memory));
        assert_eq!(with("m=1023,t=9"), Err(memory));
        assert!(with("m=1048576,t=5").unwrap_err().to_string().ends_with("must be from 1024 to 4194304"));
        assert!(with("m=1024,t=4294967295").is_err());
        let lanes = Refusal::Cost { parameter: "number of lanes (p)", least: 1, most: 255 };
        assert_eq!(check(&ARGON2ID.replace("m=1024,t=2,p=1$", "m=4096,t=2,p=256$")), Err(lanes));
    }

    #[test]
    fn weak_hashes_are_refused_with_the_way_to_mend_them() {
        // Made by passlib 1.7.4.
        for (stored, scheme) in [
            ("$apr1$saltsalt$PU9q8.HoFJEM7m9NSIooE1", "apr1 (MD5)"),
            ("$1$saltsalt$BsXyQbZiQujHkdhwPwdol.", "MD5 crypt"),
            ("sa6zCY2NLg.wE", "crypt (DES)"),
            ("{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=", "SHA-1"),
        ] {
            assert_eq!(check(stored), Err(Refusal::Weak(scheme)));
            let text = check(stored).unwrap_err().to_string();
            assert!(text.contains(scheme) && text.contains("htpasswd -B"), "{text}");
        }
    }

    #[test]
    fn hashes_without_a_verifier_are_named() {
        for stored in ["$5$x", "$6$x", "$7$x", "$y$x", "$2$x", "$2x$x", "$argon2i$v=19$x", "$argon2d$v=19$x"] {
            assert!(matches!(check(stored), Err(Refusal::Unverified(_))), "{stored}");
            assert_eq!(compare(b"password", stored), Err(Unusable));
        }
        for stored in ["", "$", "password", "$2b", "$argon2id", "pbkdf2_sha256$1000000$x$y", "{PLAIN}password"] {
            assert_eq!(check(stored), Err(Refusal::Unknown), "{stored}");
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
        let bcrypt = "$2b$16$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
        assert_eq!(millis(bcrypt), 4_000);
        assert_eq!(millis(&bcrypt.replace("$16$", "$12$")), 250);
        let pbkdf2 = "$pbkdf2-sha256$i=600000,l=32$AAECAwQFBgcICQoLDA0ODw$dHrv0WO6TTplluvGUzKcNCpMnnwd8jlNMK5NBd+OAA4";
        assert_eq!(millis(pbkdf2), 600);
        let scrypt = "$scrypt$ln=17,r=8,p=1$//77//77//77//77//77AQ$1NuoorhZ3S1puOirezvMeTvd8+dD6xejlXYEwueQRl4";
        assert_eq!(millis(scrypt), 625);
        let mib = |stored: &str| memory(stored) >> 20;
        assert_eq!((mib(scrypt), mib(&scrypt.replace("p=1", "p=4")), mib(bcrypt), mib("a password")), (128, 128, 0, 0));
        assert_eq!(mib(&ARGON2ID.replace("m=1024,t=2", "m=1048576,t=4")), 1_024);
        let is_large = |cost: &str| work(&ARGON2ID.replace("m=1024,t=2", cost)).unwrap().is_large();
        assert_eq!((is_large("m=65536,t=1"), is_large("m=65537,t=1")), (false, true));
        assert_eq!(expected_time("a password"), None);
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
