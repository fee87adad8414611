//! Follows the change feed, so that what was remembered of an earlier state is dropped, whichever process changed it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Store, StoreError, Topic};
use crate::clock::Clock;
use crate::model::Period;

/// Changes read at a time.
const PAGE: usize = 1_000;

/// Drops what is remembered of a topic.
pub type Forget = Box<dyn Fn(Topic) + Send + Sync>;

/// Whether what is remembered may still be believed.
#[derive(Debug, Clone)]
pub struct Freshness {
    followed_ms: Arc<AtomicU64>,
    max_staleness: Period,
    clock: Clock,
}

impl Freshness {
    /// Starts fresh. `max_staleness` is how long memory is believed without news of the feed.
    #[must_use]
    pub fn new(max_staleness: Period, clock: Clock) -> Self {
        let followed_ms = Arc::new(AtomicU64::new(clock.uptime_ms()));
        Self { followed_ms, max_staleness, clock }
    }

    /// False when the feed could not be followed for too long: then only the store may be believed.
    #[must_use]
    pub fn holds(&self) -> bool {
        let silence = self.clock.uptime_ms().saturating_sub(self.followed_ms.load(Ordering::Relaxed));
        silence <= self.max_staleness.ms()
    }

    fn renew(&self, at_uptime_ms: u64) {
        self.followed_ms.store(at_uptime_ms, Ordering::Relaxed);
    }
}

/// Reads the feed from where it is now.
pub struct Follower {
    store: Arc<dyn Store>,
    freshness: Freshness,
    clock: Clock,
    forget: Forget,
    seq: u64,
}

impl Follower {
    /// Notes where the feed is. Nothing may be remembered before this.
    ///
    /// # Errors
    /// [`StoreError`] when the feed cannot be read.
    pub async fn at_end(
        store: Arc<dyn Store>,
        freshness: Freshness,
        clock: Clock,
        forget: Forget,
    ) -> Result<Self, StoreError> {
        let seq = store.last_change().await?;
        Ok(Self { store, freshness, clock, forget, seq })
    }

    /// Follows for ever, looking every `interval`.
    pub async fn follow(mut self, interval: Period) {
        let mut ticks = tokio::time::interval(interval.duration());
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            ticks.tick().await;
            match self.catch_up().await {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    tracing::error!(error = %error, "the change feed cannot be followed");
                }
                Err(_) => {}
            }
        }
    }

    /// Reads all that is new.
    ///
    /// # Errors
    /// [`StoreError`] when the feed cannot be read; the next call goes on from where this one came to.
    pub async fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let asked_ms = self.clock.uptime_ms();
            let changes = self.store.changes_since(self.seq, PAGE).await?;
            for change in &changes {
                (self.forget)(change.topic);
                self.seq = change.seq;
            }
            if changes.len() < PAGE {
                self.freshness.renew(asked_ms);
                return Ok(());
            }
        }
    }
}
