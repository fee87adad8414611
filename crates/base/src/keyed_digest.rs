//! Digests of secret texts, as the keys of caches: a cache then has no text that a memory image could show.

use sha2::{Digest as _, Sha256};

use crate::random::Random;

/// A SHA-256 over a random block and a text.
pub type Digest = [u8; 32];

/// Makes digests of texts after one random block. Without the block nobody can find two texts of the same digest.
pub struct KeyedDigest(Sha256);

crate::opaque_debug!(KeyedDigest);

impl KeyedDigest {
    /// Takes a random block, which fills one block of SHA-256.
    #[must_use]
    pub fn new(random: &Random) -> Self {
        Self(Sha256::new_with_prefix(random.bytes::<64>()))
    }

    /// The digest of a text: the same one each time, and another one for each [`KeyedDigest`].
    #[must_use]
    pub fn of(&self, text: &str) -> Digest {
        self.0.clone().chain_update(text).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_digest_and_another_block_gives_another() {
        let [one, other] = [(); 2].map(|()| KeyedDigest::new(&Random::system()));
        assert_eq!(one.of("token"), one.of("token"));
        assert_ne!(one.of("token"), one.of("another"));
        assert_ne!(one.of("token"), other.of("token"));
    }
}
