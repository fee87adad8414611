//! Compares zonemint's macaroons with other implementations of the format: the crates `macaroon` and `libmacaroon`
//! (`tests/agreement.rs`, `tests/service.rs`, `benches/tokens.rs`), and pymacaroons (`examples/emit.rs`, `pymacaroons_check.py`).
//!
//! The package stands apart from the server's because `macaroon` compiles libsodium in C. This file knows what goes into a
//! token, [`service`] has the whole service mint them, and neither knows the other implementations. Another implementation is another file under `tests/`.

pub mod service;

use zonemint::macaroon::{Macaroon, RootSecret};

/// What goes into a token that every implementation can mint.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Any bytes; each implementation derives its own key from them.
    pub secret: Vec<u8>,
    /// For show only.
    pub location: String,
    /// At least one byte, no ASCII control characters.
    pub identifier: Vec<u8>,
    /// First-party caveats, each of at least one byte, no ASCII control characters.
    pub caveats: Vec<Vec<u8>>,
}

impl Recipe {
    /// Ours.
    ///
    /// # Panics
    /// When a field cannot be minted.
    #[must_use]
    pub fn token(&self) -> Macaroon {
        let secret = RootSecret::new(&self.secret);
        let minted = Macaroon::mint(&secret, &self.location, &self.identifier);
        let narrowed = minted.and_then(|mut token| {
            self.caveats.iter().try_for_each(|caveat| token.narrow(caveat))?;
            Ok(token)
        });
        narrowed.unwrap_or_else(|error| panic!("{self:?} cannot be minted: {error}"))
    }
}
