//! Goes through all good tokens of a store, and counts how long they live.
//!
//! No index has the ends of tokens, so all of them are read in batches ([`GoodTokens`]): by the server for its
//! metrics, with an hour's pause between rounds, and by the operator's commands.

use std::collections::HashSet;
use std::mem;
use std::sync::Arc;

use super::life::Lives;
use super::service::TokenService;
use zonemint_base::clock::ticks;
use zonemint_base::model::{KeyId, Life, Period, Token, TokenId, TokenSecret, UserId};
use zonemint_caveat as caveat;
use zonemint_store::{Store, StoreError};
use zonemint_telemetry::error_chain;

/// Records that one step looks at: a few milliseconds of the store's time.
const STEP: usize = 500;
/// The pause after a round, in milliseconds. A round reads every token, and ends are counted by the day.
const REST_MS: u64 = 3_600_000;

/// All tokens of a store that are good at a moment: neither deleted nor revoked nor expired, of a root key that is not retired and
/// of an account that is not removed. A step at a time.
pub struct GoodTokens {
    store: Arc<dyn Store>,
    now_ms: u64,
    retired: HashSet<KeyId>,
    removed: HashSet<UserId>,
    place: Place,
}

/// What is read next.
enum Place {
    Users(Option<UserId>),
    Tokens(Option<TokenId>),
    End,
}

impl GoodTokens {
    /// Begins at a moment in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`StoreError`] when the root keys cannot be read.
    pub async fn at(store: &Arc<dyn Store>, now_ms: u64) -> Result<Self, StoreError> {
        let keys = store.keys().await?;
        let retired = keys.iter().filter(|key| key.retired_ms.is_some()).map(|key| key.id).collect();
        Ok(Self { store: Arc::clone(store), now_ms, retired, removed: HashSet::new(), place: Place::Users(None) })
    }

    /// The next tokens, of a few hundred records; that may be none. None at all at the end.
    ///
    /// # Errors
    /// [`StoreError`]; the next step does the same again.
    pub async fn step(&mut self) -> Result<Option<Vec<Token>>, StoreError> {
        if let Place::Users(after) = self.place {
            let users = self.store.dump_users(after, STEP).await?;
            self.removed.extend(users.iter().filter(|row| row.removed_ms.is_some()).map(|row| row.user.id));
            let last = users.last().filter(|_| users.len() == STEP).map(|row| row.user.id);
            if last.is_some() {
                self.place = Place::Users(last);
                return Ok(Some(Vec::new()));
            }
            self.place = Place::Tokens(None);
        }
        let Place::Tokens(after) = self.place else { return Ok(None) };
        let rows = self.store.dump_tokens(after, STEP).await?;
        let last = rows.last().filter(|_| rows.len() == STEP).map(|row| row.token.id);
        self.place = if last.is_some() { Place::Tokens(last) } else { Place::End };
        let living = rows.into_iter().filter(|row| row.deleted_ms.is_none()).map(|row| row.token);
        Ok(Some(living.filter(|token| self.is_good(token)).collect()))
    }

    fn is_done(&self) -> bool {
        matches!(self.place, Place::End)
    }

    fn is_good(&self, token: &Token) -> bool {
        let is_retired = matches!(&token.secret, TokenSecret::Derived(key) if self.retired.contains(key));
        let is_over = caveat::valid_until(&token.caveats).is_some_and(|until| until <= self.now_ms / 1_000);
        let is_revoked = token.revoked_ms.is_some_and(|ms| ms <= self.now_ms);
        !is_retired && !is_over && !is_revoked && !self.removed.contains(&token.user)
    }
}

impl TokenService {
    /// Counts how long tokens live: a step every `pace`, and a pause after each round. Never returns.
    pub async fn keep_counting_lives(&self, pace: Period) {
        let mut ticks = ticks(pace.duration());
        let (mut round, mut lives, mut from_ms, mut is_failing) = (None, Lives::default(), 0, false);
        loop {
            ticks.tick().await;
            if self.clock.uptime_ms() < from_ms {
                continue;
            }
            let outcome = self.count_some(&mut round, &mut lives).await;
            if let Err(error) = &outcome
                && !is_failing
            {
                tracing::warn!(error = %error_chain(error), "cannot count how long tokens live");
            }
            is_failing = outcome.is_err();
            if outcome.is_ok_and(|is_done| is_done) {
                self.metrics.lives.set(mem::take(&mut lives));
                from_ms = self.clock.uptime_ms().saturating_add(REST_MS);
            }
        }
    }

    /// One step of a round, which it begins and ends. Whether that was the last one.
    async fn count_some(&self, round: &mut Option<GoodTokens>, lives: &mut Lives) -> Result<bool, StoreError> {
        let now_ms = self.clock.now_ms();
        let walk = match round {
            Some(walk) => walk,
            None => round.insert(GoodTokens::at(&self.store, now_ms).await?),
        };
        let tokens = walk.step().await?.unwrap_or_default();
        let longest_s = self.settings.longest_life_s();
        tokens.iter().filter_map(Life::of).for_each(|life| lives.count(life, longest_s, now_ms / 1_000));
        let is_done = walk.is_done();
        if is_done {
            *round = None;
        }
        Ok(is_done)
    }
}
