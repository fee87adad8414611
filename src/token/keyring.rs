//! Root keys, from which every token's secret is derived, and the key-encryption key that seals them in the store.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::clock::Clock;
use crate::macaroon::RootSecret;
use crate::model::{KeyId, TokenId, UserId};
use crate::random::Random;
use crate::store::{SealedKey, Store, StoreError};

const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 24;
/// Keeps a root key's ciphertext from being taken for anything else, and from being moved to another key's row.
const SEAL_CONTEXT: &[u8] = b"zonemint root key 1";
/// Keeps secrets of client tokens apart from all others derived from a root key (RFC 5869 section 3.2).
const CLIENT_TOKEN_CONTEXT: &[u8] = b"zonemint client token 1";

/// Opens the root keys in the store, and lies apart from it. Written as 64 hexadecimal digits.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct KeyEncryptionKey([u8; KEY_LENGTH]);

impl KeyEncryptionKey {
    /// Makes a new one.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// Reads the 64 digits; white space around them is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut key = Self([0; KEY_LENGTH]);
        if text.len() != 2 * KEY_LENGTH || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, digits) in key.0.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(key)
    }

    /// The text to keep in a file of mode 0600.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        use fmt::Write as _;
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_LENGTH + 1));
        for byte in self.0 {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
        text
    }

    /// A name for the key that does not tell it: the start of a hash.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let mut hash = Sha256::new();
        hash.update(b"zonemint key-encryption key id");
        hash.update(self.0);
        let hash: [u8; 32] = hash.finalize().into();
        let mut id = [0; 8];
        id.copy_from_slice(&hash[..8]);
        KeyId::from_bytes(id)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }

    fn seal(&self, id: KeyId, root: &[u8], random: &Random) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LENGTH] = random.bytes();
        let payload = Payload { msg: root, aad: &context(id) };
        let ciphertext = self.cipher().encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([nonce.as_slice(), &ciphertext].concat())
    }

    fn open(&self, id: KeyId, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
        let payload = Payload { msg: ciphertext, aad: &context(id) };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }
}

fn context(id: KeyId) -> Vec<u8> {
    [SEAL_CONTEXT, id.as_bytes()].concat()
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyEncryptionKey")
    }
}

/// Why there is no keyring to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The store failed.
    #[error("the keyring cannot be read")]
    Store(#[from] StoreError),
    /// The key-encryption key given is not the one that sealed a root key.
    #[error(
        "the root keys are sealed under the key-encryption key {wanted}, but the one given is {given}; restore the file \
         (or credential, or environment variable) that holds {wanted}"
    )]
    WrongKey {
        /// Which one is needed.
        wanted: KeyId,
        /// Which one there is.
        given: KeyId,
    },
    /// A row of the keyring was changed.
    #[error("the root key {0} does not open: its row in the store was changed")]
    Damaged(KeyId),
}

struct RootKey {
    id: KeyId,
    derive: Hkdf<Sha256>,
}

/// The root keys, opened. Newest first: the first one is active.
pub struct Keyring {
    active: RootKey,
    verify_only: Vec<RootKey>,
}

impl Keyring {
    /// Opens the store's root keys; makes the first one when there is none.
    ///
    /// # Errors
    /// [`KeyringError`] when the store fails, the key-encryption key is another one, or a row was changed.
    pub async fn open(
        store: &Arc<dyn Store>,
        kek: &KeyEncryptionKey,
        random: &Random,
        clock: &Clock,
    ) -> Result<Self, KeyringError> {
        let mut rows = store.keys().await?;
        if rows.is_empty() {
            let id = KeyId::new(random);
            let root = Zeroizing::new(random.bytes::<KEY_LENGTH>());
            let sealed = kek.seal(id, root.as_slice(), random).ok_or(KeyringError::Damaged(id))?;
            store.insert_first_key(SealedKey { id, sealed_by: kek.id(), sealed, created_ms: clock.now_ms() }).await?;
            rows = store.keys().await?;
        }
        let mut keys = rows
            .into_iter()
            .map(|row| {
                if row.sealed_by != kek.id() {
                    return Err(KeyringError::WrongKey { wanted: row.sealed_by, given: kek.id() });
                }
                let root = kek.open(row.id, &row.sealed).ok_or(KeyringError::Damaged(row.id))?;
                Ok(RootKey { id: row.id, derive: Hkdf::new(None, &root) })
            })
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let active = keys.next().ok_or(StoreError::Corrupt { what: "keyring" })?;
        Ok(Self { active, verify_only: keys.collect() })
    }

    /// The key that new tokens are made with.
    #[must_use]
    pub fn active(&self) -> KeyId {
        self.active.id
    }

    /// Derives a client token's secret (HKDF-SHA256, RFC 5869). The owner is part of the identity, so that a row moved to
    /// another user gives another secret. None when the keyring has no such root key.
    #[must_use]
    pub fn client_token_secret(&self, key: KeyId, token: TokenId, owner: UserId) -> Option<RootSecret> {
        let key = std::iter::once(&self.active).chain(&self.verify_only).find(|root| root.id == key)?;
        let mut secret = Zeroizing::new([0; KEY_LENGTH]);
        key.derive
            .expand_multi_info(&[CLIENT_TOKEN_CONTEXT, token.as_bytes(), owner.as_bytes()], secret.as_mut_slice())
            .ok()?;
        Some(RootSecret::new(secret.as_slice()))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("active", &self.active.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_root_key_opens_only_in_its_own_row_and_under_its_own_key() {
        let random = Random::danger_seeded(7);
        let (kek, other) = (KeyEncryptionKey::generate(&random), KeyEncryptionKey::generate(&random));
        let (id, moved) = (KeyId::new(&random), KeyId::new(&random));
        let sealed = kek.seal(id, &[1; 32], &random).unwrap();
        assert_eq!(kek.open(id, &sealed).unwrap().as_slice(), &[1; 32]);
        assert!(kek.open(moved, &sealed).is_none());
        assert!(other.open(id, &sealed).is_none());
        assert!(kek.open(id, &sealed[..20]).is_none());
    }

    #[test]
    fn a_key_encryption_key_survives_its_text() {
        let kek = KeyEncryptionKey::generate(&Random::danger_seeded(8));
        let again = KeyEncryptionKey::parse(&kek.expose()).unwrap();
        assert_eq!(again.id(), kek.id());
        for text in ["", "00", &"g".repeat(64), &"+1".repeat(32), &"0".repeat(65)] {
            assert!(KeyEncryptionKey::parse(text).is_none(), "{text:?} was accepted");
        }
    }
}
