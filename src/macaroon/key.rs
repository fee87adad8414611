//! Secrets and signatures as types that cannot be printed.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::chain;

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

/// An HMAC-SHA256 output. Whoever holds the last one of a chain can extend that chain, so it is treated as a secret.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Signature(pub(super) [u8; Self::LENGTH]);

impl Signature {
    pub(super) const LENGTH: usize = 32;

    /// Compares in constant time.
    pub(super) fn matches(&self, presented: &[u8]) -> Result<(), SignatureMismatch> {
        if bool::from(self.0.as_slice().ct_eq(presented)) { Ok(()) } else { Err(SignatureMismatch) }
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature")
    }
}

/// The signature of a macaroon is not the one its root secret gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not belong to this secret")]
pub struct SignatureMismatch;
