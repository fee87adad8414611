//! Randomness, passed in: the operating system's CSPRNG, or a generator that a test seeds.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
#[expect(clippy::disallowed_types, reason = "this is where chance comes from")]
use rand::rngs::SysRng;
use rand::{Rng as _, SeedableRng as _, TryRng as _};

/// A source of random bytes. Cheap to clone; clones share their state.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    System(Arc<Mutex<Drawn>>),
    Seeded(Arc<Mutex<StdRng>>),
}

/// Bytes from the operating system, each of which is used once. A system call for each token would take a hundredth of the time of a
/// mint.
struct Drawn {
    bytes: [u8; Self::AT_ONCE],
    used: usize,
}

impl Drawn {
    /// About as many as the tokens of one transaction need.
    const AT_ONCE: usize = 512;

    fn fill(&mut self, out: &mut [u8]) {
        for part in out.chunks_mut(Self::AT_ONCE) {
            if Self::AT_ONCE - self.used < part.len() {
                fill_by_system(&mut self.bytes);
                self.used = 0;
            }
            part.copy_from_slice(&self.bytes[self.used..self.used + part.len()]);
            self.used += part.len();
        }
    }
}

#[expect(clippy::expect_used, reason = "without randomness there is no safe way on")]
fn fill_by_system(bytes: &mut [u8]) {
    SysRng.try_fill_bytes(bytes).expect("the operating system gives random bytes");
}

impl Random {
    /// The operating system's cryptographic generator.
    #[must_use]
    pub fn system() -> Self {
        let none = Drawn { bytes: [0; Drawn::AT_ONCE], used: Drawn::AT_ONCE };
        Self(Source::System(Arc::new(Mutex::new(none))))
    }

    /// A generator that repeats itself. For tests; never for a server.
    #[must_use]
    pub fn danger_seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// Random bytes, also for secrets.
    ///
    /// # Panics
    /// When the operating system has no randomness: no token or key would be safe then.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System(_) => fill_by_system(&mut bytes),
            Source::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
        }
        bytes
    }

    /// Random bytes that are not secret, as for identifiers: they may have been drawn a while ago. Two copies of a virtual machine that
    /// was suspended in between continue with the same bytes.
    ///
    /// # Panics
    /// As [`Random::bytes`].
    #[must_use]
    pub fn identifier<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System(drawn) => drawn.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut bytes),
            Source::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
        }
        bytes
    }
}

crate::opaque_debug!(Random);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_byte_of_the_system_is_handed_out_twice() {
        let random = Random::system();
        let drawn: HashSet<[u8; 26]> = (0..1_000).map(|_| random.clone().identifier()).collect();
        assert_eq!(drawn.len(), 1_000);
        let long = random.identifier::<2_000>();
        let parts: HashSet<_> = long.chunks(8).collect();
        assert_eq!(parts.len(), 250);
        assert!(!parts.contains(&[0; 8][..]));
    }
}
