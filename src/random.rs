//! Chance, passed in: the operating system's CSPRNG, or one that a test seeds.

use std::fmt;
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
    System,
    Seeded(Arc<Mutex<StdRng>>),
}

impl Random {
    /// The operating system's cryptographic generator.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A generator that repeats itself. For tests; never for a server.
    #[must_use]
    pub fn danger_seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// Fills an array with random bytes.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing that we make would be safe then.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            #[expect(clippy::expect_used, reason = "without randomness there is no safe way on")]
            Source::System => SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes"),
            Source::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
        }
        bytes
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}
