//! Where the key-encryption keys come from.

use std::sync::Arc;

use async_trait::async_trait;

use super::keyring::KeyEncryptionKeys;

/// Where the key-encryption keys come from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// Reads them as they are now. None when they cannot be read; then the previous ones stay in use.
    async fn read(&self) -> Option<KeyEncryptionKeys>;
}

/// A source that can be shared.
pub type SharedKeySource = Arc<dyn KeySource>;

/// Always the same.
#[async_trait]
impl KeySource for KeyEncryptionKeys {
    async fn read(&self) -> Option<KeyEncryptionKeys> {
        Some(self.clone())
    }
}
