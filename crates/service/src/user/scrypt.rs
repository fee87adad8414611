//! scrypt hashes (RFC 7914) as PHC strings; passlib writes the same.

use std::ops::RangeInclusive;

use ::scrypt::{Params, scrypt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::argon2id::{Comparison, Memory, Unusable};
use super::encoding::{decimal, fields};
use super::hash_kind::Kind;
use super::hash_refusal::Refusal;
use super::stored_hash::{StoredHash, hash, salt, within};

/// Binary logarithm of N, so that the product below cannot overflow.
const LOG_N: RangeInclusive<u32> = 1..=23;
/// r and p, as programs make them: both together make at most 256 KiB of memory that N has no part in.
const BLOCK: RangeInclusive<u32> = 1..=32;
const LANES: RangeInclusive<u32> = 1..=64;
/// 128 · N · r, the memory in bytes, times p, because we compute one lane after the other: 1 GiB takes 2 to 5 s. Below
/// 1 MiB for one lane it is no harder to try passwords than without memory.
const MEMORY: RangeInclusive<u64> = 1_048_576..=1_073_741_824;

/// A hash that has been read.
pub(super) struct Scrypt {
    params: Params,
    /// 128 · r · (N + p): bytes of memory.
    memory: u64,
    /// 128 · N · r · p.
    work: u64,
    salt: Vec<u8>,
    hash: Zeroizing<Vec<u8>>,
}

/// A hash in the text that [`Scrypt`] reads, of N itself, r and p as other programs write them. None when one is no number,
/// or N no power of two.
pub(super) fn text([cost, block, lanes]: [&str; 3], salt: &[u8], hash: &[u8]) -> Option<String> {
    let (cost, block, lanes) = (decimal(cost)?, decimal(block)?, decimal(lanes)?);
    let log_n = cost.is_power_of_two().then(|| cost.trailing_zeros())?;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    Some(format!("$scrypt$ln={log_n},r={block},p={lanes}${salt}${hash}"))
}

impl Scrypt {
    /// Reads what follows `$scrypt$`.
    pub(super) fn parse(rest: &str) -> Result<Self, Refusal> {
        const FORM: Refusal = Refusal::Form(Kind::Scrypt);
        let [parameters, salt_text, hash_text] = fields(rest).ok_or(FORM)?;
        let (log_n, others) = parameters.strip_prefix("ln=").and_then(|text| text.split_once(",r=")).ok_or(FORM)?;
        let (block, lanes) = others.split_once(",p=").ok_or(FORM)?;
        let (log_n, block, lanes) =
            (decimal(log_n).ok_or(FORM)?, decimal(block).ok_or(FORM)?, decimal(lanes).ok_or(FORM)?);
        within("binary logarithm of N (ln)", log_n, &LOG_N)?;
        within("block size (r)", block, &BLOCK)?;
        within("number of lanes (p)", lanes, &LANES)?;
        let lane = (128 * u64::from(block)) << log_n;
        let work = lane * u64::from(lanes);
        within("memory (128 times N times r, in bytes)", lane, &MEMORY)?;
        within("memory times lanes (128 times N times r times p, in bytes)", work, &MEMORY)?;
        let params = u8::try_from(log_n).ok().and_then(|log_n| Params::new(log_n, block, lanes).ok()).ok_or(FORM)?;
        let memory = lane + 128 * u64::from(block) * u64::from(lanes);
        Ok(Self { params, memory, work, salt: salt(salt_text)?, hash: hash(hash_text)? })
    }
}

impl StoredHash for Scrypt {
    /// Of one lane at a time, and the blocks of all.
    fn memory(&self) -> u64 {
        self.memory
    }

    /// Of HMAC-SHA256.
    fn digest_bytes(&self) -> Option<usize> {
        Some(32)
    }

    /// 1 GiB takes up to 5 s.
    fn expected_micros(&self, _: usize) -> u64 {
        self.work * 5_000_000 / *MEMORY.end()
    }

    /// The working memory, up to 1 GiB, is not wiped: the `scrypt` crate owns it.
    fn compare(&self, password: &[u8], _: &mut Memory) -> Result<Comparison, Unusable> {
        let mut hash = Zeroizing::new(vec![0; self.hash.len()]);
        scrypt(password, &self.salt, &self.params, &mut hash).map_err(|_| Unusable)?;
        Ok(Comparison::of(&hash, &self.hash))
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::user::foreign_hash::compare_one as compare;
    use crate::user::foreign_hash::{check, memory};

    /// RFC 7914 section 12, third vector: "pleaseletmein" and "`SodiumChloride`"; 7023bdcb…
    const RFC: &str = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$\
        cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw";

    #[test]
    fn the_rfcs_vector_and_passlibs_hash_match() {
        assert_eq!(check(RFC), Ok(Kind::Scrypt));
        assert_eq!(compare(b"pleaseletmein", RFC), Ok(Comparison::Match));
        assert_eq!(compare(b"pleaseletmeout", RFC), Ok(Comparison::Mismatch));
        // passlib 1.7.4.
        let stored = "$scrypt$ln=10,r=8,p=2$//77//77//77//77//77AQ$1NuoorhZ3S1puOirezvMeTvd8+dD6xejlXYEwueQRl4";
        assert_eq!(compare(b"correct horse battery staple", stored), Ok(Comparison::Match));
    }

    #[test]
    fn the_rfcs_vectors_with_short_salts_match_too() {
        // RFC 7914 section 12, first and second vector, cut to 16 bytes. Their salts are too short to be taken as text.
        for (password, salt, (log_n, block, lanes), hash) in [
            (&b""[..], &b""[..], (4, 1, 1), 0x77d6_5762_3865_7b20_3b19_ca42_c18a_0497_u128),
            (b"password", b"NaCl", (10, 8, 16), 0xfdba_be1c_9d34_7200_7856_e719_0d01_e9fe),
        ] {
            let stored = Scrypt {
                memory: 1 << 20,
                params: Params::new(log_n, block, lanes).unwrap(),
                work: 0,
                salt: salt.to_vec(),
                hash: Zeroizing::new(hash.to_be_bytes().to_vec()),
            };
            assert_eq!(stored.compare(password, &mut Memory::default()), Ok(Comparison::Match));
        }
    }

    #[test]
    fn a_zero_byte_does_not_make_a_longer_password_match() {
        // Python 3.11's `hashlib.scrypt` made it of "correct horse".
        let stored = "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea+fVr03sWV770kp5wLOLoEakziKhqE";
        assert_eq!(compare(b"correct horse", stored), Ok(Comparison::Match));
        assert_eq!(compare(b"correct horse\0", stored), Ok(Comparison::Mismatch));
    }

    #[test]
    fn the_digest_of_a_long_password_does_not_match() {
        // Python 3.11's `hashlib.scrypt` made it of 100 times "x".
        let stored = "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$Tkn09KwzE2KiCJqQkCpfbsEgDw6BEU84gJH6STlTN5I";
        assert_eq!(compare(&[b'x'; 100], stored), Ok(Comparison::Match));
        assert_eq!(compare(&Sha256::digest([b'x'; 100]), stored), Ok(Comparison::Mismatch));
    }

    #[test]
    fn costs_beyond_the_bounds_are_refused() {
        for good in
            ["ln=10,r=8,p=1", "ln=20,r=8,p=1", "ln=19,r=8,p=2", "ln=23,r=1,p=1", "ln=13,r=1,p=64", "ln=18,r=32,p=1"]
        {
            assert_eq!(check(&RFC.replace("ln=14,r=8,p=1", good)), Ok(Kind::Scrypt), "{good}");
        }
        for bad in [
            "ln=9,r=8,p=16", "ln=21,r=8,p=1", "ln=20,r=8,p=2", "ln=20,r=9,p=1", "ln=0,r=1024,p=1", "ln=64,r=8,p=1",
            "ln=13,r=1,p=65", "ln=13,r=33,p=1", "ln=14,r=0,p=1", "ln=14,r=8,p=0", "ln=1,r=4294967295,p=1",
            "ln=10,r=8,p=4294967295",
        ] {
            let stored = RFC.replace("ln=14,r=8,p=1", bad);
            assert!(matches!(check(&stored), Err(Refusal::Cost { .. })), "{bad}");
            assert_eq!(compare(b"pleaseletmein", &stored), Err(Unusable));
        }
    }

    #[test]
    fn the_blocks_of_all_lanes_count_as_memory() {
        assert_eq!(memory(&RFC.replace("ln=14,r=8,p=1", "ln=10,r=32,p=64")), 128 * 32 * (1_024 + 64));
    }

    #[test]
    fn other_forms_are_refused() {
        for parameters in
            ["", "ln=14", "ln=14,r=8", "r=8,ln=14,p=1", "n=16384,r=8,p=1", "ln=014,r=8,p=1", "ln=14,r=8,p=1,x=1"]
        {
            let stored = RFC.replace("ln=14,r=8,p=1", parameters);
            assert_eq!(check(&stored), Err(Refusal::Form(Kind::Scrypt)), "{parameters}");
        }
        assert_eq!(check(&format!("{RFC}$")), Err(Refusal::Form(Kind::Scrypt)));
        assert_eq!(check(&RFC.replace("U29kaXVtQ2hsb3JpZGU", "TmFDbA")), Err(Refusal::Salt));
        assert_eq!(check(&RFC[..50]), Err(Refusal::Hash));
    }
}
