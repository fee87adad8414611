//! The token service's state: the keyring, and what is remembered of stored tokens.

use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::sync::Cache;

use crate::clock::Clock;
use crate::macaroon::Limits;
use crate::model::{KeyId, Token, TokenId, UserId};
use crate::random::Random;
use crate::store::{Actor, Changed, Freshness, Store, StoreError, Subject};

use super::keyring::Keyring;
use super::mint::{Authority, MintError};
use super::settings::Settings;
use super::verify::VerifyError;

/// Tokens read from the store at a time when listing.
const PAGE: usize = 500;

/// What verification needs of a stored token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remembered {
    pub(super) owner: UserId,
    pub(super) key: KeyId,
    pub(super) revoked: bool,
}

/// Mints, verifies, lists and revokes client tokens. Share it by `Arc`.
pub struct TokenService {
    pub(super) store: Arc<dyn Store>,
    pub(super) settings: Settings,
    pub(super) limits: Limits,
    pub(super) clock: Clock,
    pub(super) random: Random,
    keyring: RwLock<Arc<Keyring>>,
    remembered: Cache<TokenId, Remembered>,
    freshness: Freshness,
}

impl TokenService {
    /// Puts the service together.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        keyring: Keyring,
        settings: Settings,
        freshness: Freshness,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self {
            store,
            limits: settings.limits(),
            remembered: Cache::new(settings.cache_entries),
            settings,
            clock,
            random,
            keyring: RwLock::new(Arc::new(keyring)),
            freshness,
        }
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The root keys in force.
    #[must_use]
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the keyring after it was changed in the store.
    pub fn replace_keyring(&self, keyring: Keyring) {
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }

    /// Drops what is remembered of a subject of the change feed.
    pub fn forget(&self, subject: Subject) {
        match subject {
            Subject::Token(id) => {
                self.remembered.remove(&id);
            }
            Subject::User(_) | Subject::Keys => {}
        }
    }

    pub(super) async fn look_up(&self, id: TokenId) -> Result<Option<Remembered>, StoreError> {
        if !self.freshness.holds() {
            return Ok(self.store.token(id).await?.as_ref().map(remember));
        }
        // A revocation that comes between the read and the insertion removes the placeholder, and with it the insertion.
        match self.remembered.get_value_or_guard_async(&id).await {
            Ok(remembered) => Ok(Some(remembered)),
            Err(placeholder) => {
                let remembered = self.store.token(id).await?.as_ref().map(remember);
                if let Some(remembered) = remembered {
                    let _ = placeholder.insert(remembered);
                }
                Ok(remembered)
            }
        }
    }

    /// Texts of a user's tokens that are good now, newest first: one page, and where the next one starts.
    ///
    /// A caller that showed a token sees only tokens that allow no more than its own.
    ///
    /// # Errors
    /// [`MintError`] when the store fails or a token cannot be derived.
    pub async fn list(
        &self,
        user: UserId,
        authority: &Authority,
        before: Option<TokenId>,
    ) -> Result<(Vec<String>, Option<TokenId>), MintError> {
        let page = self.store.tokens_of(user, before, PAGE).await?;
        let next = if page.len() == PAGE { page.last().map(|token| token.id) } else { None };
        let request = crate::caveat::Request { now: self.clock.now_s() };
        let texts = page
            .iter()
            .filter(|token| token.caveats.iter().all(|caveat| caveat.check(&request).is_ok()))
            .filter(|token| authority.covers(&token.caveats))
            // A token whose root key is retired is refused, so it is not good, and not listed.
            .filter(|token| self.keyring().client_token_secret(token.key, token.id, token.user).is_some())
            .map(|token| Ok(self.derive(token)?.to_text(self.settings.alphabet)))
            .collect::<Result<_, MintError>>()?;
        Ok((texts, next))
    }

    /// Revokes one of a user's tokens, named by its identifier or by its text. A narrowed token stands for the one that it
    /// comes from. When this has answered, the token is refused here, and everywhere within the feed's interval.
    ///
    /// # Errors
    /// [`StoreError`] when it is not known whether the token is revoked.
    pub async fn revoke(&self, user: UserId, named: &str) -> Result<Changed, StoreError> {
        let id = match TokenId::parse(named.as_bytes()) {
            Ok(id) => id,
            Err(_) => match self.authenticate(named).await {
                Ok((id, _, _)) => id,
                Err(VerifyError::Refused(_)) => return Ok(Changed::NotFound),
                Err(VerifyError::Store(error)) => return Err(error),
            },
        };
        let changed = self.store.revoke_token(user, id, Actor::User(user), self.clock.now_ms()).await?;
        self.forget(Subject::Token(id));
        Ok(changed)
    }
}

fn remember(token: &Token) -> Remembered {
    Remembered { owner: token.user, key: token.key, revoked: token.revoked_ms.is_some() }
}
