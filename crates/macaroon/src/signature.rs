//! Signatures as a type that cannot be printed.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// An HMAC-SHA256 output. The holder of the last one of a chain can extend that chain, so it is treated as a secret.
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

/// The signature of a macaroon is not the one computed from its root secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not belong to this secret")]
pub struct SignatureMismatch;
