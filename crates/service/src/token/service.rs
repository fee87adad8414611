//! The token service's state: the keyring, and what is remembered of stored tokens.

use std::collections::HashMap;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::geo::Geo;
use zonemint_base::clock::Clock;
use zonemint_base::model::{KeyId, LastUse, Token, TokenId, TokenSecret, TokenUse, UserId};
use zonemint_base::random::Random;
use zonemint_caveat::{Request, TokenKind};
use zonemint_macaroon::Limits;
use zonemint_store::{DatabaseClock, Freshness, ReadThrough, Severity, Store, StoreError, Topic};

use super::error::MintError;
use super::key_source::SharedKeySource;
use super::keyring::{Keyring, RawSecret};
use super::metrics::Metrics;
use super::remembered::{Reading, Remembered, TextCount};
use super::settings::Settings;
use super::signed_texts::SignedTexts;
use super::use_counts::Uses;
use zonemint_telemetry::{Exposition, Lookup, Tally, real};

/// Users whose generation of temporary tokens is remembered.
const REMEMBERED_GENERATIONS: usize = 50_000;
pub(super) const MINUTES_OF_DAY: u32 = 24 * 60;

/// Mints, verifies, lists and revokes tokens. Share it by `Arc`.
pub struct TokenService {
    pub(super) store: Arc<dyn Store>,
    pub(super) settings: Settings,
    pub(super) limits: Limits,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) geo: Geo,
    keyring: RwLock<Arc<Keyring>>,
    pub(super) key_source: SharedKeySource,
    pub(super) last_reload_ms: tokio::sync::Mutex<Option<u64>>,
    pub(super) reloading: tokio::sync::Mutex<()>,
    pub(super) metrics: Metrics,
    pub(super) remembered: ReadThrough<TokenId, Arc<Remembered>>,
    pub(super) generations: ReadThrough<UserId, u64>,
    pub(super) signed_texts: SignedTexts,
    pub(super) uses: Mutex<HashMap<TokenId, TokenUse>>,
    pub(super) counts: Uses,
    pub(super) freshness: Freshness,
    /// When accounts without room for another token were counted last, in milliseconds since this process began.
    pub(super) counted_ms: Mutex<HashMap<UserId, u64>>,
}

/// What the service gets in addition to its settings.
pub struct Parts {
    /// Where tokens are kept.
    pub store: Arc<dyn Store>,
    /// The root keys.
    pub keyring: Keyring,
    /// Where the keys that open them come from.
    pub key_source: SharedKeySource,
    /// Where addresses are.
    pub geo: Geo,
    /// Whether what is remembered may be believed.
    pub freshness: Freshness,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
}

impl TokenService {
    /// Puts the service together.
    #[must_use]
    pub fn new(settings: Settings, parts: Parts) -> Self {
        let Parts { store, keyring, key_source, geo, freshness, clock, random } = parts;
        Self {
            store,
            limits: settings.limits(),
            metrics: Metrics::default(),
            remembered: ReadThrough::new(settings.cache_entries),
            generations: ReadThrough::new(REMEMBERED_GENERATIONS),
            signed_texts: SignedTexts::new(&random),
            uses: Mutex::default(),
            counts: Uses::default(),
            counted_ms: Mutex::default(),
            settings,
            clock,
            random,
            geo,
            keyring: RwLock::new(Arc::new(keyring)),
            key_source,
            last_reload_ms: tokio::sync::Mutex::default(),
            reloading: tokio::sync::Mutex::default(),
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

    /// Keys for hashes of addresses, as [`Keyring::address_keys`] gives them.
    #[must_use]
    pub fn address_keys(&self) -> Vec<RawSecret> {
        self.keyring().address_keys(self.clock.uptime_ms())
    }

    /// The key that new tokens are made with. None are made by a clock that is wrong: they would begin and end at wrong moments.
    pub(super) fn active_key(&self) -> Result<KeyId, MintError> {
        if let Some(skew) = self.store.database_clock().and_then(DatabaseClock::skew)
            && skew.severity == Severity::Refused
        {
            return Err(MintError::ClockSkew(skew));
        }
        self.keyring().active(self.clock.uptime_ms()).ok_or(MintError::NoKey)
    }

    pub(super) fn replace_keyring(&self, keyring: Keyring) {
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }

    /// Drops what is cached of a topic of the change feed.
    pub fn forget(&self, topic: Topic) {
        match topic {
            Topic::Token(id) => {
                self.remembered.forget(&id);
            }
            Topic::User(id) => {
                self.generations.forget(&id);
            }
            Topic::Everything => {
                self.remembered.forget_all();
                self.generations.forget_all();
            }
            Topic::Keys | Topic::Names => {}
        }
    }

    /// A request with the time of now, which never goes back. The caller fills in the rest.
    #[must_use]
    pub fn request(&self, token: TokenKind) -> Request {
        Request { token, ..Request::at(self.clock.latest_s()) }
    }

    pub(super) async fn look_up(&self, id: TokenId, reading: Reading) -> Result<Option<Arc<Remembered>>, StoreError> {
        if reading == Reading::Stored || !self.freshness.holds() {
            return self.read_stored(id).await;
        }
        self.remembered.get(&id, &self.metrics.tokens, async || self.read_stored(id).await).await
    }

    async fn read_stored(&self, id: TokenId) -> Result<Option<Arc<Remembered>>, StoreError> {
        let Some(token) = self.store.token(id).await? else { return Ok(None) };
        if self.keyring().lacks(&token.secret) {
            // Another node may have minted it with a key that has not come by the change feed yet.
            self.reload_for_missing_key().await;
        }
        Ok(self.remember(&token))
    }

    fn remember(&self, token: &Token) -> Option<Arc<Remembered>> {
        let key = match token.secret {
            TokenSecret::Derived(key) => Some(key),
            TokenSecret::Imported { .. } => None,
        };
        Some(Arc::new(Remembered {
            owner: token.user,
            form: token.form,
            kind: token.kind,
            key,
            secret: self.keyring().secret(token)?,
            revoked_ms: token.revoked_ms,
            last_noted: AtomicU32::new(token.last_used_day.unwrap_or(0).saturating_mul(MINUTES_OF_DAY)),
            texts: TextCount::default(),
        }))
    }

    /// The generation of temporary tokens that is good now; none for a user who is not there.
    pub(super) async fn generation(&self, user: UserId, reading: Reading) -> Result<Option<u64>, StoreError> {
        let read = async || Ok::<_, StoreError>(self.store.user(user).await?.map(|user| user.generation));
        if reading == Reading::Stored || !self.freshness.holds() {
            return read().await;
        }
        self.generations.get(&user, &self.metrics.generations, read).await
    }

    /// A stored token's last use, if it is to be shown.
    #[must_use]
    pub fn last_use<'a>(&self, token: &'a Token) -> Option<&'a LastUse> {
        token.last_use.as_ref().filter(|_| self.settings.keep_last_use)
    }

    /// Adds what was counted. Returns each cache's name, lookups and entries, because the metrics of all caches are written together.
    #[must_use]
    pub fn measure(&self, into: &mut Exposition) -> [(&'static str, &Tally<Lookup>, f64); 3] {
        let Metrics { minted, verdicts, tokens, generations, signed_texts, lives } = &self.metrics;
        into.tally("zonemint_tokens_minted", "Tokens minted, durable when counted", "kind", minted);
        into.tally("zonemint_token_verifications", "Tokens judged, by the verdict", "result", verdicts);
        lives.measure(into);
        [
            ("tokens", tokens, real(self.remembered.len() as u64)),
            ("generations", generations, real(self.generations.len() as u64)),
            ("signed_texts", signed_texts, real(self.signed_texts.len() as u64)),
        ]
    }
}
