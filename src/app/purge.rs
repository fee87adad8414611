//! What has had its time leaves the store, in small steps.

use std::sync::Arc;

use crate::clock::Clock;
use crate::model::TokenId;
use crate::store::{Settings, Store, StoreError};
use crate::telemetry::error_chain;
use crate::token::oldest_day;
use crate::user::ADDRESSES_KEPT_MS;

/// Tokens that one step looks at, and changes that it takes away at the most: a few milliseconds of the store's time.
const STEP: usize = 500;
/// How long nothing is done once all tokens have been looked at, in milliseconds. A round reads every token there is, and an
/// expired one has been there for days already: an hour more costs nobody anything, and an idle server does no work.
const TOKENS_REST_MS: u64 = 3_600_000;
/// The same for changes, which are found by their age and need no round. So long an idle server does not ask.
const CHANGES_REST_MS: u64 = 60_000;
/// And for days of uses, of which a new one is old enough once a day.
const USES_REST_MS: u64 = 3_600_000;
/// And for addresses, to find which the whole table is read.
const ADDRESSES_REST_MS: u64 = 3_600_000;

/// Takes away expired tokens, old changes, old days of uses and addresses that nobody has signed in from for long. Several nodes of a shared store do it each for itself: what one
/// has taken away the others do not find, so that is harmless, and none has to be chosen.
pub struct Purge {
    store: Arc<dyn Store>,
    settings: Settings,
    clock: Clock,
    place: Option<TokenId>,
    tokens_from_ms: u64,
    changes_from_ms: u64,
    uses_from_ms: u64,
    addresses_from_ms: u64,
}

/// What a step has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Tokens taken away.
    pub tokens: usize,
    /// Changes taken away.
    pub changes: usize,
    /// Days of uses taken away.
    pub uses: usize,
    /// Known addresses taken away.
    pub addresses: usize,
    /// Whether it is time to rest: all tokens have been looked at, and no change, no day of uses and no address is old enough.
    pub at_rest: bool,
}

impl Purge {
    /// Begins with the store's first token.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, settings: &Settings, clock: Clock) -> Self {
        let settings = settings.clone();
        Self {
            store,
            settings,
            clock,
            place: None,
            tokens_from_ms: 0,
            changes_from_ms: 0,
            uses_from_ms: 0,
            addresses_from_ms: 0,
        }
    }

    /// Does one step, unless it is time to rest.
    ///
    /// # Errors
    /// [`StoreError`]; the next step does the same again.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        let (now_ms, uptime_ms) = (self.clock.now_ms(), self.clock.uptime_ms());
        let mut step = Step::default();
        if uptime_ms >= self.tokens_from_ms {
            let ended_before_s = now_ms.saturating_sub(self.settings.keep_expired.ms()) / 1_000;
            let purged = self.store.purge_tokens(ended_before_s, self.place, STEP, now_ms).await?;
            (step.tokens, self.place) = (purged.removed, purged.next);
            if self.place.is_none() {
                self.tokens_from_ms = uptime_ms.saturating_add(TOKENS_REST_MS);
            }
        }
        if uptime_ms >= self.changes_from_ms {
            let before_ms = now_ms.saturating_sub(self.settings.keep_changes.ms());
            step.changes = self.store.purge_changes(before_ms, STEP).await?;
            if step.changes == 0 {
                self.changes_from_ms = uptime_ms.saturating_add(CHANGES_REST_MS);
            }
        }
        if uptime_ms >= self.uses_from_ms {
            step.uses = self.store.purge_uses(oldest_day(now_ms / 1_000), STEP).await?;
            if step.uses == 0 {
                self.uses_from_ms = uptime_ms.saturating_add(USES_REST_MS);
            }
        }
        if uptime_ms >= self.addresses_from_ms {
            let before_ms = now_ms.saturating_sub(ADDRESSES_KEPT_MS);
            step.addresses = self.store.purge_addresses(before_ms, STEP).await?;
            if step.addresses == 0 {
                self.addresses_from_ms = uptime_ms.saturating_add(ADDRESSES_REST_MS);
            }
        }
        step.at_rest = [self.tokens_from_ms, self.changes_from_ms, self.uses_from_ms, self.addresses_from_ms]
            .iter()
            .all(|from| uptime_ms < *from);
        Ok(step)
    }

    /// Does a step every `store.purge`, for ever.
    pub(super) async fn keep_on(mut self) {
        let mut ticks = tokio::time::interval(self.settings.purge.duration());
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            ticks.tick().await;
            let outcome = self.step().await;
            if let Err(error) = &outcome
                && !failing
            {
                tracing::warn!(error = %error_chain(error), "what has expired cannot be taken away now");
            }
            failing = outcome.is_err();
        }
    }
}
