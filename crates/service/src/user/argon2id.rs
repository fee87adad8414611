//! argon2id hashes (RFC 9106) as PHC strings, in memory that is used again.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::password::Password;
use super::settings::PasswordSettings;
use zonemint_base::model::PasswordHash;
use zonemint_base::random::Random;

/// Bytes of salt and of hash: RFC 9106 section 4 recommends 16 and at least 16.
const SALT_LENGTH: usize = 16;
const HASH_LENGTH: usize = 32;

/// A hash that is not argon2id as we write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored password hash cannot be used")]
pub(super) struct Unusable;

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Comparison {
    /// The password is the one.
    Match,
    /// The hash reads only the beginning of so long a password, and that is right: the rest may be anything.
    MatchOfBeginning,
    /// It is not.
    Mismatch,
}

impl Comparison {
    /// Compares two hashes in constant time.
    pub(super) fn of(found: &[u8], expected: &[u8]) -> Self {
        if bool::from(found.ct_eq(expected)) { Self::Match } else { Self::Mismatch }
    }
}

/// Working memory of one thread. Clearing tens of megabytes for each hash would cost a tenth of the hash itself, so it is
/// kept between hashes, which overwrite it, and wiped when it is let go.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// So many blocks of 1 KiB.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0.resize(count, Block::default());
        }
        &mut self.0[..count]
    }

    /// Blocks that are kept for the next hash.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.0.len()
    }

    /// Gives the memory back to the system.
    pub(super) fn release(&mut self) {
        self.0.iter_mut().for_each(|block| block.as_mut().zeroize());
        self.0 = Vec::new();
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.release();
    }
}

/// The cost of new hashes.
#[derive(Debug, Clone)]
pub(super) struct Cost(Params);

impl Cost {
    pub(super) fn new(settings: &PasswordSettings) -> Result<Self, Unusable> {
        Params::new(settings.memory_kib, settings.iterations, settings.parallelism, Some(HASH_LENGTH))
            .map(Self)
            .map_err(|_| Unusable)
    }

    /// Hashes a password under a new salt.
    pub(super) fn hash(
        &self,
        password: &Password,
        random: &Random,
        memory: &mut Memory,
    ) -> Result<PasswordHash, Unusable> {
        let salt: [u8; SALT_LENGTH] = random.bytes();
        let hash = digest(&self.0, password, &salt, HASH_LENGTH, memory)?;
        self.phc(&salt, &hash)
    }

    /// A hash that no password has, so that an unknown user costs the same time as a known one.
    pub(super) fn decoy(&self, random: &Random) -> Result<PasswordHash, Unusable> {
        self.phc(&random.bytes::<SALT_LENGTH>(), &random.bytes::<HASH_LENGTH>())
    }

    /// Whether a stored hash costs at least as much as a new one would.
    pub(super) fn covers(&self, stored: &PasswordHash) -> bool {
        params(stored.expose()).is_ok_and(|params| {
            params.m_cost() >= self.0.m_cost()
                && params.t_cost() >= self.0.t_cost()
                && params.p_cost() >= self.0.p_cost()
        })
    }

    fn phc(&self, salt: &[u8], hash: &[u8]) -> Result<PasswordHash, Unusable> {
        let phc = phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: phc::ParamsString::try_from(&self.0).map_err(|_| Unusable)?,
            salt: Some(phc::Salt::new(salt).map_err(|_| Unusable)?),
            hash: Some(phc::Output::new(hash).map_err(|_| Unusable)?),
        };
        Ok(PasswordHash::new(phc.to_string()))
    }
}

/// Whether a stored hash is of this kind.
pub(super) fn is_argon2id(stored: &PasswordHash) -> bool {
    stored.expose().starts_with("$argon2id$")
}

/// Compares a password with a stored hash, in constant time once both are hashes.
pub(super) fn compare(password: &Password, stored: &PasswordHash, memory: &mut Memory) -> Result<Comparison, Unusable> {
    let (params, salt, expected) = parse(stored.expose())?;
    let hash = digest(&params, password, salt.as_ref(), expected.len(), memory)?;
    Ok(Comparison::of(&hash, expected.as_bytes()))
}

/// The cost of a stored hash that [`compare`] takes.
pub(super) fn params(stored: &str) -> Result<Params, Unusable> {
    parse(stored).map(|(params, ..)| params)
}

fn parse(stored: &str) -> Result<(Params, phc::Salt, phc::Output), Unusable> {
    let stored = phc::PasswordHash::new(stored).map_err(|_| Unusable)?;
    let is_ours = stored.algorithm == Algorithm::Argon2id.ident() && stored.version == Some(Version::V0x13.into());
    match (stored.salt, stored.hash, Params::try_from(&stored)) {
        (Some(salt), Some(hash), Ok(params)) if is_ours => Ok((params, salt, hash)),
        _ => Err(Unusable),
    }
}

fn digest(
    params: &Params,
    password: &Password,
    salt: &[u8],
    length: usize,
    memory: &mut Memory,
) -> Result<Zeroizing<Vec<u8>>, Unusable> {
    let mut hash = Zeroizing::new(vec![0; length]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password.bytes(), salt, &mut hash, memory.blocks(params.block_count()))
        .map_err(|_| Unusable)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::PasswordField;

    fn presented(text: &str) -> Password {
        PasswordField::read(text).password().and_then(Password::presented).unwrap()
    }

    fn cost() -> Cost {
        Cost(Params::new(64, 1, 1, Some(HASH_LENGTH)).unwrap())
    }

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let (random, mut memory) = (Random::danger_seeded(1), Memory::default());
        let right = presented("correct horse");
        let wrong = presented("correct horsf");
        let stored = cost().hash(&right, &random, &mut memory).unwrap();
        assert!(stored.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", stored.expose());
        assert_eq!(compare(&right, &stored, &mut memory), Ok(Comparison::Match));
        assert_eq!(compare(&wrong, &stored, &mut memory), Ok(Comparison::Mismatch));
    }

    #[test]
    fn a_hash_of_lower_cost_is_to_be_replaced() {
        let (random, mut memory) = (Random::danger_seeded(1), Memory::default());
        let password = presented("correct horse");
        let stored = cost().hash(&password, &random, &mut memory).unwrap();
        assert!(cost().covers(&stored));
        assert!(!Cost(Params::new(65, 1, 1, Some(HASH_LENGTH)).unwrap()).covers(&stored));
        assert!(!cost().covers(&PasswordHash::new("$2b$10$abc".to_owned())));
    }

    #[test]
    fn the_reference_implementations_hash_is_understood() {
        // From the test suite of the argon2 reference implementation: argon2id, v=19, m=256 KiB, t=2, p=1.
        let stored = PasswordHash::new(
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4".to_owned(),
        );
        let password = presented("password");
        assert_eq!(compare(&password, &stored, &mut Memory::default()), Ok(Comparison::Match));
    }

    #[test]
    fn other_algorithms_and_broken_strings_are_unusable() {
        let password = presented("password");
        for phc in
            ["", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "$argon2id$"]
        {
            let stored = PasswordHash::new(phc.to_owned());
            assert_eq!(compare(&password, &stored, &mut Memory::default()), Err(Unusable));
        }
    }
}
