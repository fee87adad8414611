//! What every kind of stored hash has, and the bounds that kinds share.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::argon2id::{Comparison, Memory, Unusable};
use super::hash_refusal::Refusal;

/// A stored hash that was read, and whose cost is within the bounds of its kind.
pub(super) trait StoredHash {
    /// Compares a password, in constant time once both are hashes.
    fn compare(&self, password: &[u8], memory: &mut Memory) -> Result<Comparison, Unusable>;

    /// Microseconds of one core for a password of so many bytes.
    fn expected_micros(&self, bytes: usize) -> u64;

    /// Bytes of working memory.
    fn memory(&self) -> u64 {
        0
    }

    /// Bytes of the digest that HMAC replaces a long password by. None where the password is not a key of HMAC.
    fn digest_bytes(&self) -> Option<usize> {
        None
    }
}

/// Bytes of salt. RFC 8018 section 4.1 recommends at least 8; no known program makes more than 64.
pub(super) const SALT_BYTES: RangeInclusive<usize> = 8..=64;
/// Bytes of hash. Below 16, other passwords with the same hash come within reach; 64 is the most of the PHC string
/// format.
const HASH_BYTES: RangeInclusive<usize> = 16..=64;

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

/// Reads a salt in base64 without padding.
pub(super) fn salt(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD_NO_PAD.decode(text).ok().filter(|salt| SALT_BYTES.contains(&salt.len())).ok_or(Refusal::Salt)
}

/// Reads a hash in base64 without padding.
pub(super) fn hash(text: &str) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    hash_within(text, &HASH_BYTES)
}

/// Reads a hash in base64 without padding, whose number of bytes must be in a range.
pub(super) fn hash_within(text: &str, bytes: &RangeInclusive<usize>) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let hash = STANDARD_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| Refusal::Hash)?;
    if bytes.contains(&hash.len()) { Ok(hash) } else { Err(Refusal::Hash) }
}
