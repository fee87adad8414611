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
use crate::model::{KeyId, Token, TokenForm, TokenId, TokenSecret, UserId};
use crate::random::Random;
use crate::store::{SealedKey, Store, StoreError};

const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 24;
/// Keeps a root key's ciphertext from being taken for anything else, and from being moved to another key's row.
const SEAL_CONTEXT: &[u8] = b"zonemint root key 1";
/// Keeps secrets of client tokens apart from all others derived from a root key (RFC 5869 section 3.2).
const CLIENT_TOKEN_CONTEXT: &[u8] = b"zonemint client token 1";
const NAMED_TOKEN_CONTEXT: &[u8] = b"zonemint named token 1";
const TEMPORARY_TOKEN_CONTEXT: &[u8] = b"zonemint temporary tokens 1";
/// As [`SEAL_CONTEXT`], for the secrets of tokens that another service made.
const IMPORTED_CONTEXT: &[u8] = b"zonemint imported token 1";

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

    fn seal(&self, context: &[u8], secret: &[u8], random: &Random) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LENGTH] = random.bytes();
        let payload = Payload { msg: secret, aad: context };
        let ciphertext = self.cipher().encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([nonce.as_slice(), &ciphertext].concat())
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
        let payload = Payload { msg: ciphertext, aad: context };
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

/// A secret's bytes, wiped when dropped.
pub type RawSecret = Zeroizing<Vec<u8>>;

struct RootKey {
    id: KeyId,
    derive: Hkdf<Sha256>,
}

/// The root keys, opened. Newest first: the first one is active.
pub struct Keyring {
    kek: KeyEncryptionKey,
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
            let sealed = kek.seal(&context(id), root.as_slice(), random).ok_or(KeyringError::Damaged(id))?;
            store
                .insert_first_key(SealedKey {
                    id,
                    sealed_by: kek.id(),
                    sealed,
                    created_ms: clock.now_ms(),
                    retired_ms: None,
                })
                .await?;
            rows = store.keys().await?;
        }
        let mut keys = rows
            .into_iter()
            .map(|row| {
                if row.sealed_by != kek.id() {
                    return Err(KeyringError::WrongKey { wanted: row.sealed_by, given: kek.id() });
                }
                let root = kek.open(&context(row.id), &row.sealed).ok_or(KeyringError::Damaged(row.id))?;
                Ok(RootKey { id: row.id, derive: Hkdf::new(None, &root) })
            })
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let active = keys.next().ok_or(StoreError::Corrupt { what: "keyring" })?;
        Ok(Self { kek: kek.clone(), active, verify_only: keys.collect() })
    }

    /// The key that new tokens are made with.
    #[must_use]
    pub fn active(&self) -> KeyId {
        self.active.id
    }

    /// Whether the keyring has a root key.
    #[must_use]
    pub fn has(&self, key: KeyId) -> bool {
        self.keys().any(|root| root.id == key)
    }

    /// The ids of all root keys, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys().map(|root| root.id)
    }

    fn keys(&self) -> impl Iterator<Item = &RootKey> {
        std::iter::once(&self.active).chain(&self.verify_only)
    }

    /// The secret of all temporary tokens of one subject and generation (HKDF-SHA256, RFC 5869). None when the keyring has
    /// no such root key.
    #[must_use]
    pub fn temporary_token_secret(&self, key: KeyId, owner: UserId, generation: u64) -> Option<RootSecret> {
        self.danger_raw_temporary_secret(key, owner, generation).map(|secret| RootSecret::new(&secret))
    }

    /// As [`Keyring::temporary_token_secret`], in the form that other macaroon libraries take. Never for a server.
    #[must_use]
    pub fn danger_raw_temporary_secret(&self, key: KeyId, owner: UserId, generation: u64) -> Option<RawSecret> {
        self.derive(key, &[TEMPORARY_TOKEN_CONTEXT, owner.as_bytes(), &generation.to_be_bytes()])
    }

    fn derive(&self, key: KeyId, info: &[&[u8]]) -> Option<RawSecret> {
        let key = self.keys().find(|root| root.id == key)?;
        let mut secret = Zeroizing::new(vec![0; KEY_LENGTH]);
        key.derive.expand_multi_info(info, secret.as_mut_slice()).ok()?;
        Some(secret)
    }

    /// Seals the secret of a token that another service made: the token's id, and bytes that only this keyring opens.
    #[must_use]
    pub fn seal_imported(&self, token: TokenId, secret: &[u8], random: &Random) -> Option<TokenSecret> {
        let sealed = self.kek.seal(&[IMPORTED_CONTEXT, token.as_bytes()].concat(), secret, random)?;
        Some(TokenSecret::Imported { sealed_by: self.kek.id(), sealed })
    }

    /// The secret of a token that stands in the store. None when its key is not there any more.
    ///
    /// The owner is part of the identity that it is derived from, so that a row moved to another user gives another secret.
    /// The rest of the identifier is under the token's signature.
    #[must_use]
    pub fn secret(&self, token: &Token) -> Option<RootSecret> {
        self.danger_raw_secret(token).map(|secret| RootSecret::new(&secret))
    }

    /// As [`Keyring::secret`], in the form that other macaroon libraries take: whoever has it can make the token with any
    /// caveats. For comparing our tokens with theirs; never for a server.
    #[must_use]
    pub fn danger_raw_secret(&self, token: &Token) -> Option<RawSecret> {
        match &token.secret {
            TokenSecret::Derived(key) => {
                let context = match token.form {
                    TokenForm::Bare => CLIENT_TOKEN_CONTEXT,
                    TokenForm::Structured(_) => NAMED_TOKEN_CONTEXT,
                };
                self.derive(*key, &[context, token.id.as_bytes(), token.user.as_bytes()])
            }
            TokenSecret::Imported { sealed_by, sealed } if *sealed_by == self.kek.id() => {
                self.kek.open(&[IMPORTED_CONTEXT, token.id.as_bytes()].concat(), sealed)
            }
            TokenSecret::Imported { .. } => None,
        }
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
        let sealed = kek.seal(&context(id), &[1; 32], &random).unwrap();
        assert_eq!(kek.open(&context(id), &sealed).unwrap().as_slice(), &[1; 32]);
        assert!(kek.open(&context(moved), &sealed).is_none());
        assert!(other.open(&context(id), &sealed).is_none());
        assert!(kek.open(&context(id), &sealed[..20]).is_none());
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
