//! Schedules the deletion of expired tokens and old rows, and the correction of how many tokens accounts have, in small batches. `token`,
//! `user` and `store` define the ages.

use std::sync::Arc;

use zonemint_base::clock::{Clock, ticks};
use zonemint_service::token::{ExpiredTokens, TokenCounts, delete_old_uses};
use zonemint_service::user::delete_old_addresses;
use zonemint_store::{Settings, Store, StoreError, delete_old_changes};
use zonemint_telemetry::error_chain;

/// Tokens that one step reads, and the most rows of each other kind that it deletes: a few milliseconds of the store's time.
const BATCH_SIZE: usize = 500;
/// The pause after all tokens have been read, in milliseconds. A round reads every token, and an expired one has been there for days
/// already: an hour more does no harm, and an idle server does no work. The same for days of uses, of which a new one is old
/// enough once a day, and for addresses, which are found by a read of the whole table.
const LONG_REST_MS: u64 = 3_600_000;
/// The pause for changes, which are found by their age and need no round. An idle server sends no query for so long.
const SHORT_REST_MS: u64 = 60_000;

/// Deletes expired tokens, old changes, old days of uses and addresses without a recent sign-in. Each node of a shared store does it
/// by itself: the others do not find what one has deleted, so this is harmless, and no node has to be elected.
pub struct Purge {
    store: Arc<dyn Store>,
    settings: Settings,
    clock: Clock,
    expired: ExpiredTokens,
    tokens_from_ms: u64,
    changes_from_ms: u64,
    uses_from_ms: u64,
    addresses_from_ms: u64,
    counts: Option<TokenCounts>,
    counts_from_ms: u64,
}

/// What a step has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Tokens deleted.
    pub tokens: usize,
    /// Changes deleted.
    pub changes: usize,
    /// Days of uses deleted.
    pub uses: usize,
    /// Known addresses deleted.
    pub addresses: usize,
    /// Whether all kinds pause: all tokens have been read and counted, and no change, no day of uses and no address is old enough.
    pub at_rest: bool,
}

impl Purge {
    /// Begins with the store's first token.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, settings: &Settings, clock: Clock) -> Self {
        Self {
            expired: ExpiredTokens::kept_for(settings.keep_expired),
            settings: settings.clone(),
            store,
            clock,
            tokens_from_ms: 0,
            changes_from_ms: 0,
            uses_from_ms: 0,
            addresses_from_ms: 0,
            counts: None,
            counts_from_ms: 0,
        }
    }

    /// Corrects how many good tokens accounts have, too, if `token.max_per_account` is set.
    #[must_use]
    pub fn counting(self, max_per_account: u64) -> Self {
        Self { counts: TokenCounts::bounded_by(max_per_account), ..self }
    }

    /// Does one step, unless all kinds pause.
    ///
    /// # Errors
    /// [`StoreError`]; the next step does the same again.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        let (now_ms, uptime_ms, store) = (self.clock.now_ms(), self.clock.uptime_ms(), &*self.store);
        let mut step = Step::default();
        if uptime_ms >= self.tokens_from_ms {
            let (tokens, is_last) = self.expired.delete_some(store, BATCH_SIZE, now_ms).await?;
            step.tokens = tokens;
            if is_last {
                self.tokens_from_ms = uptime_ms.saturating_add(LONG_REST_MS);
            }
        }
        if uptime_ms >= self.changes_from_ms {
            step.changes = delete_old_changes(store, self.settings.keep_changes, BATCH_SIZE, now_ms).await?;
            if step.changes == 0 {
                self.changes_from_ms = uptime_ms.saturating_add(SHORT_REST_MS);
            }
        }
        if uptime_ms >= self.uses_from_ms {
            step.uses = delete_old_uses(store, BATCH_SIZE, now_ms).await?;
            if step.uses == 0 {
                self.uses_from_ms = uptime_ms.saturating_add(LONG_REST_MS);
            }
        }
        if uptime_ms >= self.addresses_from_ms {
            step.addresses = delete_old_addresses(store, BATCH_SIZE, now_ms).await?;
            if step.addresses == 0 {
                self.addresses_from_ms = uptime_ms.saturating_add(LONG_REST_MS);
            }
        }
        if let Some(counts) = &mut self.counts
            && uptime_ms >= self.counts_from_ms
            && counts.correct_some(store, self.clock.latest_ms()).await?
        {
            self.counts_from_ms = uptime_ms.saturating_add(LONG_REST_MS);
        }
        let counts_from_ms = self.counts.as_ref().map_or(u64::MAX, |_| self.counts_from_ms);
        let rests =
            [self.tokens_from_ms, self.changes_from_ms, self.uses_from_ms, self.addresses_from_ms, counts_from_ms];
        step.at_rest = rests.iter().all(|from| uptime_ms < *from);
        Ok(step)
    }

    /// Does a step every `store.purge`, without end.
    pub(super) async fn keep_on(mut self) {
        let mut ticks = ticks(self.settings.purge.duration());
        let mut failing = false;
        loop {
            ticks.tick().await;
            let outcome = self.step().await;
            if let Err(error) = &outcome
                && !failing
            {
                tracing::warn!(error = %error_chain(error), "cannot delete expired tokens and old changes now");
            }
            failing = outcome.is_err();
        }
    }
}
