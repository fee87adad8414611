//! The root secret as a type that cannot be printed.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::chain;
use super::signature::Signature;

/// The secret that a macaroon's chain starts from, already turned into the chain's first key: wiped on drop, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RootSecret(Signature);

impl RootSecret {
    /// Any length is accepted, because the format derives its own key from it; ours are 32 bytes of HKDF output.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(chain::derive(secret))
    }

    pub(super) fn derived(&self) -> &Signature {
        &self.0
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootSecret")
    }
}
