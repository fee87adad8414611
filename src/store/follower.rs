//! Follows the change feed, so that what was remembered of an earlier state is dropped, whichever process changed it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use super::{Position, Store, StoreError, Topic};
use crate::clock::Clock;
use crate::model::Period;
use crate::telemetry::{Exposition, error_chain, real};

/// Changes read at a time.
const PAGE: usize = 1_000;

/// Why what was remembered could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum CannotFollow {
    /// The feed could not be read.
    #[error("the change feed cannot be read")]
    Store(#[from] StoreError),
    /// What is kept ready of the store could not be read anew.
    #[error("a change cannot be taken over")]
    Reload(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Who remembers something.
#[async_trait]
pub trait Forget: Send + Sync {
    /// Drops what is remembered of a topic, other than of [`Topic::Keys`].
    fn forget(&self, topic: Topic);
    /// Reads the keyring anew.
    ///
    /// # Errors
    /// [`CannotFollow`] when it cannot be read or opened; it is tried again with the next look at the feed.
    async fn reload_keys(&self) -> Result<(), CannotFollow>;
}

/// Whether what is remembered may still be believed.
#[derive(Debug, Clone)]
pub struct Freshness {
    followed_ms: Arc<AtomicU64>,
    changes: Arc<AtomicU64>,
    max_staleness: Period,
    clock: Clock,
}

impl Freshness {
    /// Starts fresh. `max_staleness` is how long memory is believed without news of the feed.
    #[must_use]
    pub fn new(max_staleness: Period, clock: Clock) -> Self {
        let followed_ms = Arc::new(AtomicU64::new(clock.uptime_ms()));
        Self { followed_ms, changes: Arc::default(), max_staleness, clock }
    }

    /// False when the feed could not be followed for too long: then only the store may be believed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lag_ms() <= self.max_staleness.ms()
    }

    /// Milliseconds since a look at the feed began that found its end.
    fn lag_ms(&self) -> u64 {
        self.clock.uptime_ms().saturating_sub(self.followed_ms.load(Ordering::Relaxed))
    }

    /// Tells how far behind the feed this process is.
    pub fn measure(&self, into: &mut Exposition) {
        let seconds = |ms: u64| real(ms) / 1_000.0;
        into.gauge(
            "zonemint_feed_lag_seconds",
            "Time since a look at the change feed began that found its end",
            seconds(self.lag_ms()),
        );
        into.gauge(
            "zonemint_feed_lag_limit_seconds",
            "Beyond this lag nothing that is remembered is believed: token.max_staleness",
            seconds(self.max_staleness.ms()),
        );
        let changes = self.changes.load(Ordering::Relaxed);
        into.counter("zonemint_feed_changes", "Changes read from the feed, its own included", changes);
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
    memory: Arc<dyn Forget>,
    place: Position,
    keys_changed: bool,
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
        memory: Arc<dyn Forget>,
    ) -> Result<Self, StoreError> {
        let place = store.feed_end().await?;
        // Between the keyring's being read and this moment it may have been changed.
        Ok(Self { store, freshness, clock, memory, place, keys_changed: true })
    }

    /// Follows for ever, looking every `interval`, and at once when the store hints at news.
    pub async fn follow(mut self, interval: Period) {
        let mut ticks = tokio::time::interval(interval.duration());
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            let store = Arc::clone(&self.store);
            tokio::select! {
                _ = ticks.tick() => {}
                () = store.hinted() => {}
            }
            let outcome = self.catch_up().await;
            match &outcome {
                Ok(()) if failing => tracing::info!("the change feed is followed again"),
                Err(error) if !failing => {
                    tracing::error!(error = %error_chain(error), "the change feed cannot be followed");
                }
                Ok(()) | Err(_) => {}
            }
            failing = outcome.is_err();
        }
    }

    /// Reads all that is new.
    ///
    /// # Errors
    /// [`CannotFollow`] when the feed or the keyring cannot be read; the next call goes on from where this one came to.
    pub async fn catch_up(&mut self) -> Result<(), CannotFollow> {
        loop {
            let asked_ms = self.clock.uptime_ms();
            let changes = self.store.changes_after(&self.place, PAGE).await?;
            self.freshness.changes.fetch_add(changes.len() as u64, Ordering::Relaxed);
            for change in &changes {
                if !self.place.see(change) {
                    self.memory.forget(Topic::Everything);
                    self.keys_changed = true;
                }
                match change.topic {
                    Topic::Keys => self.keys_changed = true,
                    topic => self.memory.forget(topic),
                }
            }
            if changes.len() < PAGE {
                if self.keys_changed {
                    self.memory.reload_keys().await?;
                    self.keys_changed = false;
                }
                self.freshness.renew(asked_ms);
                return Ok(());
            }
        }
    }
}
