//! Root keys, from which every token's secret is derived, and the key-encryption key that seals them in the store.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::caller::Denied;
use zonemint_base::clock::Clock;
use zonemint_base::model::{KeyId, Token, TokenForm, TokenId, TokenSecret, UserId, read_hex};
use zonemint_base::random::Random;
use zonemint_macaroon::RootSecret;
use zonemint_store::{Actor, DatabaseClock, Resealed, SealedKey, SealedSecret, Store, StoreError};

const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 24;
/// Keeps a root key's ciphertext from being taken for anything else, and from being moved to another key's row.
const SEAL_CONTEXT: &[u8] = b"zonemint root key 1";
/// Keeps secrets of client tokens apart from all others derived from a root key (RFC 5869 section 3.2).
const CLIENT_TOKEN_CONTEXT: &[u8] = b"zonemint client token 1";
const NAMED_TOKEN_CONTEXT: &[u8] = b"zonemint named token 1";
const TEMPORARY_TOKEN_CONTEXT: &[u8] = b"zonemint temporary tokens 1";
const ADDRESS_CONTEXT: &[u8] = b"zonemint known addresses 1";
const CURSOR_CONTEXT: &[u8] = b"zonemint cursors 1";
const SESSION_CONTEXT: &[u8] = b"zonemint TLS sessions 1";
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

    /// Reads the 64 digits, in either case; white space around them is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = Self([0; KEY_LENGTH]);
        read_hex(text.trim(), &mut key.0).map(|()| key)
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
        KeyId::from_bytes(std::array::from_fn(|at| hash[at]))
    }

    fn seal(&self, context: &[u8], secret: &[u8], random: &Random) -> Option<Vec<u8>> {
        seal(&self.0, context, secret, random)
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        open(&self.0, context, sealed)
    }
}

/// Encrypts, so that nothing else opens it than the same key with the same context.
pub(super) fn seal(key: &[u8; KEY_LENGTH], context: &[u8], secret: &[u8], random: &Random) -> Option<Vec<u8>> {
    let nonce: [u8; NONCE_LENGTH] = random.bytes();
    let payload = Payload { msg: secret, aad: context };
    let ciphertext = XChaCha20Poly1305::new(key.into()).encrypt(&XNonce::from(nonce), payload).ok()?;
    Some([nonce.as_slice(), &ciphertext].concat())
}

pub(super) fn open(key: &[u8; KEY_LENGTH], context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
    let payload = Payload { msg: ciphertext, aad: context };
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

fn context(id: KeyId) -> Vec<u8> {
    [SEAL_CONTEXT, id.as_bytes()].concat()
}

zonemint_base::opaque_debug!(KeyEncryptionKey);

/// The key-encryption keys that there are: the first one seals, each of them opens.
#[derive(Clone)]
pub struct KeyEncryptionKeys(Vec<KeyEncryptionKey>);

impl KeyEncryptionKeys {
    /// Takes one or several, parted by white space, as in a file with one a line. None when there is none, or one cannot be read.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let keys = text.split_whitespace().map(KeyEncryptionKey::parse).collect::<Option<Vec<_>>>()?;
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Takes one.
    #[must_use]
    pub fn of(key: KeyEncryptionKey) -> Self {
        Self(vec![key])
    }

    /// The names of the keys, that of the sealing one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.iter().map(KeyEncryptionKey::id)
    }

    fn sealing(&self) -> Option<&KeyEncryptionKey> {
        self.0.first()
    }

    fn find(&self, id: KeyId) -> Option<&KeyEncryptionKey> {
        self.0.iter().find(|key| key.id() == id)
    }

    fn wrong(&self, wanted: KeyId) -> KeyringError {
        let given: Vec<_> = self.ids().map(|id| id.to_string()).collect();
        KeyringError::WrongKey { wanted, given: given.join(" and ") }
    }
}

zonemint_base::opaque_debug!(KeyEncryptionKeys);

/// Why there is no keyring to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The store failed.
    #[error("the keyring cannot be read")]
    Store(#[from] StoreError),
    /// The caller may not do it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The key-encryption key given is not the one that sealed a root key.
    #[error(
        "the root keys are sealed under the key-encryption key {wanted}, but the one given is {given}; restore the file \
         (or credential, or environment variable) that holds {wanted}"
    )]
    WrongKey {
        /// Which one is needed.
        wanted: KeyId,
        /// Which ones there are.
        given: String,
    },
    /// A row of the keyring was changed.
    #[error("the root key {0} does not open: its row in the store was changed")]
    Damaged(KeyId),
    /// As [`KeyringError::Damaged`], of a secret of another service's token.
    #[error("the secret of the token {0} does not open: its row in the store was changed")]
    DamagedSecret(TokenId),
}

fn unseal(keks: &KeyEncryptionKeys, row: &SealedKey, active_from_ms: u64) -> Result<RootKey, KeyringError> {
    let kek = keks.find(row.sealed_by).ok_or_else(|| keks.wrong(row.sealed_by))?;
    let root = kek.open(&context(row.id), &row.sealed).ok_or(KeyringError::Damaged(row.id))?;
    Ok(RootKey { id: row.id, active_from_ms, derive: Hkdf::new(None, &root) })
}

/// A secret's bytes, wiped when dropped.
pub type RawSecret = Zeroizing<Vec<u8>>;

struct RootKey {
    id: KeyId,
    /// From which moment on every node knows it, in the time of [`Clock::uptime_ms`].
    active_from_ms: u64,
    derive: Hkdf<Sha256>,
}

/// The moment at which rows of the keyring are read, in the times that say how old a key is.
#[derive(Clone, Copy)]
pub(super) struct ReadAt {
    uptime_ms: u64,
    /// By the clock that wrote when keys were made: the database's, where nodes share one.
    written_ms: u64,
    /// Whether the process has read the keyring before, and so had every key of it that was there then.
    again: bool,
}

impl ReadAt {
    /// The moment that it is now.
    pub(super) fn now(store: &dyn Store, clock: &Clock, again: bool) -> Self {
        Self { uptime_ms: clock.uptime_ms(), written_ms: time_of_keys(store, clock), again }
    }

    /// From when on tokens are made with a key that is read for the first time. Only its age is believed: a moment that another
    /// clock wrote may lie years ahead. Then the key waits as a new one does, and not at all when the process starts with it.
    fn active_from_ms(self, row: &SealedKey) -> u64 {
        let wait_ms = match self.written_ms.checked_sub(row.created_ms) {
            Some(age_ms) => HANDOVER_MS.saturating_sub(age_ms),
            None if self.again || row.created_ms - self.written_ms <= FUTURE_MS => HANDOVER_MS,
            None => 0,
        };
        self.uptime_ms.saturating_add(wait_ms)
    }
}

/// From here on a key is one of the future, in milliseconds: made by a clock that was ahead, and not just by another one.
pub(super) const FUTURE_MS: u64 = 5_000;

/// The time that is written of a key that is made now, in milliseconds since the Unix epoch.
pub(super) fn time_of_keys(store: &dyn Store, clock: &Clock) -> u64 {
    store.database_clock().map_or_else(|| clock.now_ms(), DatabaseClock::now_ms)
}

/// The root keys that are not retired, opened. Each of them verifies; one of them is active.
pub struct Keyring {
    keks: KeyEncryptionKeys,
    /// In their order, the last one first.
    roots: Vec<Arc<RootKey>>,
}

/// How long a new root key only verifies, in milliseconds: so long, at the most, until every node knows it.
pub const HANDOVER_MS: u64 = 1_000;

impl Keyring {
    /// Opens the store's root keys; makes the first one when there is none, and a new one when all are retired, as they can be
    /// after a restore.
    ///
    /// # Errors
    /// [`KeyringError`] when the store fails, the key-encryption key is another one, or a row was changed.
    pub async fn open(
        store: &Arc<dyn Store>,
        keks: &KeyEncryptionKeys,
        random: &Random,
        clock: &Clock,
    ) -> Result<Self, KeyringError> {
        let none = Self { keks: keks.clone(), roots: Vec::new() };
        let mut rows = store.keys().await?;
        let now_ms = time_of_keys(store.as_ref(), clock);
        if rows.is_empty() {
            store.insert_first_key(none.new_root(random, now_ms)?).await?;
            rows = store.keys().await?;
        } else if rows.iter().all(|row| row.retired_ms.is_some()) {
            store.add_key(none.new_root(random, now_ms)?, Actor::System).await?;
            rows = store.keys().await?;
        }
        let (keyring, fault) = none.with(keks.clone(), rows, ReadAt::now(store.as_ref(), clock, false));
        fault.map_or(Ok(keyring), Err)
    }

    /// Opens root keys, and makes none. None of them counts as new.
    ///
    /// # Errors
    /// [`KeyringError`] when one that is not retired does not open, or there is none.
    pub fn of(keks: &KeyEncryptionKeys, rows: Vec<SealedKey>) -> Result<Self, KeyringError> {
        let read_at = ReadAt { uptime_ms: 0, written_ms: u64::MAX, again: false };
        let (keyring, fault) = Self { keks: keks.clone(), roots: Vec::new() }.with(keks.clone(), rows, read_at);
        fault.map_or(Ok(keyring), Err)
    }

    /// The keyring as the store has it now. A root key that was open stays open, whatever it is sealed under now. A key
    /// that cannot be opened is left out, and the error is returned.
    pub(super) fn with(
        &self,
        keks: KeyEncryptionKeys,
        rows: Vec<SealedKey>,
        read_at: ReadAt,
    ) -> (Self, Option<KeyringError>) {
        let mut fault = None;
        let mut roots = Vec::new();
        for row in rows.into_iter().filter(|row| row.retired_ms.is_none()) {
            let known = self.find(row.id).cloned().map(Ok);
            match known.unwrap_or_else(|| unseal(&keks, &row, read_at.active_from_ms(&row)).map(Arc::new)) {
                Ok(root) => roots.push(root),
                Err(error) => fault = Some(error),
            }
        }
        if roots.is_empty() && fault.is_none() {
            fault = Some(StoreError::Corrupt { what: "keyring" }.into());
        }
        (Self { keks, roots }, fault)
    }

    /// A new root key, sealed.
    pub(super) fn new_root(&self, random: &Random, created_ms: u64) -> Result<SealedKey, KeyringError> {
        let id = KeyId::new(random);
        let root = Zeroizing::new(random.bytes::<KEY_LENGTH>());
        let kek = self.keks.sealing().ok_or(KeyringError::Damaged(id))?;
        let sealed = kek.seal(&context(id), root.as_slice(), random).ok_or(KeyringError::Damaged(id))?;
        Ok(SealedKey::new(id, kek.id(), sealed, created_ms))
    }

    /// The same root key, sealed by the key-encryption key that seals now. None when it is so already.
    pub(super) fn reseal(&self, row: &SealedKey, random: &Random) -> Result<Option<Resealed<SealedKey>>, KeyringError> {
        let damaged = || KeyringError::Damaged(row.id);
        let to = self.keks.sealing().ok_or_else(damaged)?;
        if row.sealed_by == to.id() || row.retired_ms.is_some() {
            return Ok(None);
        }
        let from = self.keks.find(row.sealed_by).ok_or_else(|| self.keks.wrong(row.sealed_by))?;
        let root = from.open(&context(row.id), &row.sealed).ok_or_else(damaged)?;
        let sealed = to.seal(&context(row.id), &root, random).ok_or_else(damaged)?;
        Ok(Some(Resealed { from: row.sealed_by, to: SealedKey { sealed_by: to.id(), sealed, ..row.clone() } }))
    }

    /// As [`Keyring::reseal`], for the secret of another service's token.
    pub(super) fn reseal_imported(
        &self,
        secret: &SealedSecret,
        random: &Random,
    ) -> Result<Resealed<SealedSecret>, KeyringError> {
        let context = [IMPORTED_CONTEXT, secret.token.as_bytes()].concat();
        let damaged = || KeyringError::DamagedSecret(secret.token);
        let to = self.keks.sealing().ok_or_else(damaged)?;
        let from = self.keks.find(secret.sealed_by).ok_or_else(|| self.keks.wrong(secret.sealed_by))?;
        let clear = from.open(&context, &secret.sealed).ok_or_else(damaged)?;
        let sealed = to.seal(&context, &clear, random).ok_or_else(damaged)?;
        Ok(Resealed { from: secret.sealed_by, to: SealedSecret { token: secret.token, sealed_by: to.id(), sealed } })
    }

    /// The key-encryption keys that this keyring was opened with.
    #[must_use]
    pub fn key_encryption_keys(&self) -> &KeyEncryptionKeys {
        &self.keks
    }

    /// The key that new tokens are made with: the last in order that every node knows by now ([`HANDOVER_MS`]), or else the first
    /// one. None when there is none at all. `uptime_ms` is that of the clock by which the keyring was read.
    #[must_use]
    pub fn active(&self, uptime_ms: u64) -> Option<KeyId> {
        let handed_over = self.roots.iter().find(|root| root.active_from_ms <= uptime_ms);
        handed_over.or(self.roots.last()).map(|root| root.id)
    }

    /// From when on every node knows a key, in the time of [`Clock::uptime_ms`]. None when it is not in the keyring.
    pub(super) fn active_from_ms(&self, key: KeyId) -> Option<u64> {
        self.find(key).map(|root| root.active_from_ms)
    }

    /// Whether the keyring has a root key.
    #[must_use]
    pub fn has(&self, key: KeyId) -> bool {
        self.find(key).is_some()
    }

    /// The ids of all root keys, the last one in order first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.roots.iter().map(|root| root.id)
    }

    fn find(&self, key: KeyId) -> Option<&Arc<RootKey>> {
        self.roots.iter().find(|root| root.id == key)
    }

    /// Whether this keyring lacks what a token's secret is made of, so that a newer one may have it.
    pub(super) fn lacks(&self, secret: &TokenSecret) -> bool {
        match secret {
            TokenSecret::Derived(key) => !self.has(*key),
            TokenSecret::Imported { sealed_by, .. } => self.keks.find(*sealed_by).is_none(),
        }
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

    /// Keys for hashes of the addresses that accounts sign in from: one of each root key, that of the active one first. So what
    /// was hashed before a rotation is found after it, by every node, until the root key is retired.
    #[must_use]
    pub fn address_keys(&self, uptime_ms: u64) -> Vec<RawSecret> {
        let active = self.active(uptime_ms);
        let others = self.ids().filter(|id| Some(*id) != active);
        active.into_iter().chain(others).filter_map(|id| self.derive(id, &[ADDRESS_CONTEXT])).collect()
    }

    /// Seals where a page ended, with a key of the active root key; `about` says what it is the page of.
    pub(super) fn seal_cursor(&self, about: &[u8], place: &[u8], random: &Random, uptime_ms: u64) -> Option<Vec<u8>> {
        seal(&*self.cursor_key(self.active(uptime_ms)?)?, about, place, random)
    }

    /// Takes back what [`Keyring::seal_cursor`] has sealed about the same, by any node, as long as the root key is not retired.
    pub(super) fn open_cursor(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.ids().find_map(|id| Some(open(&*self.cursor_key(id)?, about, sealed)?.to_vec()))
    }

    fn cursor_key(&self, root: KeyId) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
        self.derive_key(root, &[CURSOR_CONTEXT])
    }

    /// The key of a root key for TLS sessions: another one for each `name` and certificate chain. None when the keyring has no such
    /// root key.
    pub(super) fn session_key(
        &self,
        root: KeyId,
        name: &[u8; 16],
        chain: &[u8; 32],
    ) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
        self.derive_key(root, &[SESSION_CONTEXT, name, chain])
    }

    fn derive_key(&self, root: KeyId, info: &[&[u8]]) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
        let key = self.derive(root, info)?;
        key.as_slice().try_into().ok().map(Zeroizing::new)
    }

    fn derive(&self, key: KeyId, info: &[&[u8]]) -> Option<RawSecret> {
        let key = self.find(key)?;
        let mut secret = Zeroizing::new(vec![0; KEY_LENGTH]);
        key.derive.expand_multi_info(info, secret.as_mut_slice()).ok()?;
        Some(secret)
    }

    /// Seals the secret of a token that another service made: the token's id, and bytes that only this keyring opens.
    #[must_use]
    pub fn seal_imported(&self, token: TokenId, secret: &[u8], random: &Random) -> Option<TokenSecret> {
        let kek = self.keks.sealing()?;
        let sealed = kek.seal(&[IMPORTED_CONTEXT, token.as_bytes()].concat(), secret, random)?;
        Some(TokenSecret::Imported { sealed_by: kek.id(), sealed })
    }

    /// The secret of a token that stands in the store. None when its key is not there any more.
    ///
    /// The owner is part of the identity that it is derived from, so that a row moved to another user gives another secret.
    /// The rest of the identifier is under the token's signature.
    #[must_use]
    pub fn secret(&self, token: &Token) -> Option<RootSecret> {
        self.danger_raw_secret(token).map(|secret| RootSecret::new(&secret))
    }

    /// As [`Keyring::secret`], in the form that other macaroon libraries take: it suffices to mint the token with any
    /// caveats. For comparing our tokens with theirs; never for a server.
    #[must_use]
    pub fn danger_raw_secret(&self, token: &Token) -> Option<RawSecret> {
        match &token.secret {
            TokenSecret::Derived(key) => {
                let context = match token.form {
                    TokenForm::Bare => CLIENT_TOKEN_CONTEXT,
                    TokenForm::Structured(_) => NAMED_TOKEN_CONTEXT,
                };
                // A token that was made here has 32 or 18 bytes, and an account 16 or 18: no two pairs are as long together.
                self.derive(*key, &[context, token.id.as_bytes(), token.user.as_bytes()])
            }
            TokenSecret::Imported { sealed_by, sealed } => {
                self.keks.find(*sealed_by)?.open(&[IMPORTED_CONTEXT, token.id.as_bytes()].concat(), sealed)
            }
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
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
