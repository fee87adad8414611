//! Keys and secrets as they are stored: sealed.

use zonemint_base::model::{KeyId, TokenId};

/// A root key as it is kept: sealed under a key-encryption key that the store does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// The root key's id.
    pub id: KeyId,
    /// Which key-encryption key opens it.
    pub sealed_by: KeyId,
    /// Nonce and ciphertext; empty once the key is retired.
    pub sealed: Vec<u8>,
    /// Its place in the order of keys: tokens are made with the one of the highest number. None until the store gives it one, and for
    /// a key that a node of the version before has added since: these come last.
    pub number: Option<u64>,
    /// When it was made, in milliseconds since the Unix epoch, by the database's clock where nodes share one.
    pub created_ms: u64,
    /// When it was retired: its tokens are refused for good.
    pub retired_ms: Option<u64>,
}

impl SealedKey {
    /// A key that is made now, and has no number yet.
    #[must_use]
    pub fn new(id: KeyId, sealed_by: KeyId, sealed: Vec<u8>, created_ms: u64) -> Self {
        Self { id, sealed_by, sealed, number: None, created_ms, retired_ms: None }
    }
}

/// A secret of a token of another service, sealed under a key-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// The token.
    pub token: TokenId,
    /// Which key-encryption key opens it.
    pub sealed_by: KeyId,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
}

/// What takes the place of something sealed, if that is still sealed by `from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resealed<T> {
    /// The key-encryption key that it was opened with.
    pub from: KeyId,
    /// The same, sealed by another one.
    pub to: T,
}
