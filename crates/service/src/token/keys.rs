//! Managing root keys: rotating, retiring and resealing them.

use super::keyring::{self, KeyringError, ReadAt};
use super::service::TokenService;
use crate::caller::Caller;
use zonemint_base::model::KeyId;
use zonemint_store::{Changed, SealedKey, StoreError};
use zonemint_telemetry::error_chain;

/// Secrets that are resealed in one transaction.
const SECRETS_AT_ONCE: usize = 500;
/// The least time between two reloads of the keyring for an unknown key, in milliseconds: a damaged row must not cause a reload at
/// each use of its token.
const RELOAD_EVERY_MS: u64 = 100;

/// A root key and what it is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootKeyRow {
    /// As it is kept.
    pub key: SealedKey,
    /// What it is good for now.
    pub state: KeyState,
    /// Whether it says that it was made later than now: by a clock that was ahead. Nothing depends on that moment.
    pub is_from_future: bool,
}

/// What a root key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// New tokens are made with it soon: [`super::HANDOVER_MS`] after this process got to know it, at the latest.
    Next,
    /// New tokens are made with it.
    Active,
    /// Its tokens are good.
    VerifyOnly,
    /// Its tokens are refused for good.
    Retired,
}

impl TokenService {
    /// Reloads key-encryption keys and root keys.
    ///
    /// # Errors
    /// [`KeyringError`] when some root key cannot be opened; those that can are in force then, and retired ones are not.
    pub async fn reload_keys(&self) -> Result<(), KeyringError> {
        let (_, fault) = self.read_keys().await?;
        fault.map_or(Ok(()), Err)
    }

    /// Reloads the keyring. Returns its rows, and why some root key cannot be opened.
    async fn read_keys(&self) -> Result<(Vec<SealedKey>, Option<KeyringError>), StoreError> {
        // One after the other: rows that were read earlier must not take the place of later ones.
        let _alone = self.reloading.lock().await;
        let rows = self.store.keys().await?;
        let read = self.key_source.read().await;
        let before = self.keyring();
        let keks = read.unwrap_or_else(|| before.key_encryption_keys().clone());
        let read_at = ReadAt::now(self.store.as_ref(), &self.clock, true);
        let (keyring, fault) = before.with(keks, rows.clone(), read_at);
        self.replace_keyring(keyring);
        Ok((rows, fault))
    }

    /// Reloads the keyring because a token needs a key that it lacks, unless the last reload was less than [`RELOAD_EVERY_MS`] ago.
    pub(super) async fn reload_for_missing_key(&self) {
        let mut last_ms = self.last_reload_ms.lock().await;
        let now_ms = self.clock.uptime_ms();
        if last_ms.is_some_and(|last_ms| now_ms.saturating_sub(last_ms) < RELOAD_EVERY_MS) {
            return;
        }
        *last_ms = Some(now_ms);
        if let Err(error) = self.reload_keys().await {
            tracing::warn!(error = %error_chain(&error), "a token needs a key that is not in the keyring, which cannot be read again");
        }
    }

    /// All root keys as the store has them, the last one in their order first, and what each is good for now.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError> {
        // The user of a key that cannot be opened gets the error.
        let (rows, _) = self.read_keys().await?;
        let (keyring, uptime_ms) = (self.keyring(), self.clock.uptime_ms());
        let active = keyring.active(uptime_ms);
        let now_ms = keyring::time_of_keys(self.store.as_ref(), &self.clock);
        let state = |row: &SealedKey| match row.retired_ms {
            Some(_) => KeyState::Retired,
            None if Some(row.id) == active => KeyState::Active,
            None if keyring.active_from_ms(row.id).is_some_and(|ms| ms > uptime_ms) => KeyState::Next,
            None => KeyState::VerifyOnly,
        };
        let whole = |key: SealedKey| RootKeyRow {
            state: state(&key),
            is_from_future: key.created_ms > now_ms.saturating_add(keyring::FUTURE_MS),
            key,
        };
        Ok(rows.into_iter().map(whole).collect())
    }

    /// Makes a root key that takes the place of the active one after [`super::HANDOVER_MS`].
    ///
    /// # Errors
    /// [`KeyringError`]; there is no new key then.
    pub async fn rotate_key(&self, by: &Caller) -> Result<KeyId, KeyringError> {
        let created_ms = keyring::time_of_keys(self.store.as_ref(), &self.clock);
        let key = self.keyring().new_root(&self.random, created_ms)?;
        let id = key.id;
        self.store.add_key(key, by.actor()).await?;
        self.reload_keys().await?;
        Ok(id)
    }

    /// Makes a root key the active one that is there and not retired: here at once, unless it was made within the last
    /// [`super::HANDOVER_MS`]; on other nodes when they hear of it. [`Changed::NotFound`] when it is retired or not there.
    ///
    /// # Errors
    /// [`KeyringError`] when it is not known whether it is the active one.
    pub async fn activate_key(&self, id: KeyId, by: &Caller) -> Result<Changed, KeyringError> {
        let changed = self.store.put_key_last(id, by.actor(), self.clock.now_ms()).await?;
        self.reload_keys().await?;
        Ok(changed)
    }

    /// Retires a root key for good: all tokens made with it are refused from now on. [`Changed::NotFound`] when it is retired
    /// already, or the only one.
    ///
    /// # Errors
    /// [`KeyringError`] when it is not known whether it was retired.
    pub async fn retire_key(&self, id: KeyId, by: &Caller) -> Result<Changed, KeyringError> {
        by.may_end_many()?;
        let changed = self.store.retire_key(id, by.actor(), self.clock.now_ms()).await?;
        self.reload_keys().await?;
        Ok(changed)
    }

    /// Counts the stored tokens made with a root key that are neither revoked nor expired. Reads all tokens.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub async fn tokens_under(&self, key: KeyId) -> Result<u64, StoreError> {
        self.store.tokens_under(key, self.clock.now_ms()).await
    }

    /// Seals by the first key-encryption key what is sealed by another one: root keys first, then secrets of other services'
    /// tokens, in batches. A second call continues where the first one stopped. `told` gets the number that are done.
    ///
    /// # Errors
    /// [`KeyringError`] when something does not open; what came before it is done.
    pub async fn rewrap(&self, by: &Caller, told: impl Fn(u64)) -> Result<u64, KeyringError> {
        self.reload_keys().await?;
        let keyring = self.keyring();
        let Some(current) = keyring.key_encryption_keys().ids().next() else { return Ok(0) };
        let keys = self.store.keys().await?;
        let resealed = keys.iter().filter_map(|row| keyring.reseal(row, &self.random).transpose());
        let resealed = resealed.collect::<Result<Vec<_>, _>>()?;
        let mut done = 0;
        if !resealed.is_empty() {
            done += self.store.reseal_keys(resealed, by.actor(), self.clock.now_ms()).await? as u64;
        }
        told(done);
        let mut after = None;
        loop {
            let secrets = self.store.secrets_not_under(current, after, SECRETS_AT_ONCE).await?;
            let Some(last) = secrets.last() else { return Ok(done) };
            after = Some(last.token);
            let anew = secrets.iter().map(|secret| keyring.reseal_imported(secret, &self.random));
            let anew = anew.collect::<Result<Vec<_>, _>>()?;
            done += self.store.reseal_secrets(anew, by.actor(), self.clock.now_ms()).await? as u64;
            told(done);
        }
    }
}
