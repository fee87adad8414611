//! What is measured of an engine's transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::telemetry::{Distribution, Exposition, real};

/// How an engine's commits go. Clones share what was seen.
#[derive(Clone)]
pub(super) struct Commits {
    operations: Distribution,
    durations: Distribution,
    failures: Arc<AtomicU64>,
    clock: Clock,
}

impl Commits {
    pub(super) fn new() -> Self {
        Self {
            operations: Distribution::of_numbers(),
            durations: Distribution::of_times(),
            failures: Arc::default(),
            clock: Clock::system(),
        }
    }

    /// A moment, for [`Commits::done`].
    pub(super) fn now(&self) -> Duration {
        self.clock.uptime()
    }

    /// So many operations are durable; their transaction was begun at `since`.
    pub(super) fn done(&self, operations: usize, since: Duration) {
        self.operations.saw(operations);
        self.durations.took(self.clock.uptime().saturating_sub(since));
    }

    /// A transaction was given up.
    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells all that, and how many wait in `queue`, which is closed when there is none.
    pub(super) fn measure<T>(&self, queue: Option<&mpsc::Sender<T>>, into: &mut Exposition) {
        into.distribution(
            "zonemint_store_commit_operations",
            "Operations that became durable together",
            &self.operations,
        );
        into.distribution(
            "zonemint_store_commit_duration_seconds",
            "How long a transaction took, from its beginning until it was durable",
            &self.durations,
        );
        let failures = self.failures.load(Ordering::Relaxed);
        into.counter("zonemint_store_commit_failures", "Transactions that were given up", failures);
        if let Some(queue) = queue {
            let (most, free) = (queue.max_capacity(), queue.capacity());
            into.gauge(
                "zonemint_store_queue_length",
                "Writes that wait for the next transaction",
                real((most - free) as u64),
            );
            into.gauge("zonemint_store_queue_limit", "Beyond so many, writes are answered 503", real(most as u64));
        }
    }
}
