//! What is measured of an engine's transactions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::StoreError;
use zonemint_base::clock::Clock;
use zonemint_telemetry::{Distribution, Exposition, real};

/// For how long a transaction that was given up is reported, if none has followed.
const REMEMBERED: Duration = Duration::from_mins(1);

/// For how long a commit shows that the next one will succeed, too.
const PROVES: Duration = Duration::from_secs(2);

/// How an engine's commits go. Clones share what was seen.
#[derive(Clone)]
pub(super) struct Commits {
    operations: Distribution,
    durations: Distribution,
    failures: Arc<AtomicU64>,
    unsettled: Arc<Mutex<Unsettled>>,
    clock: Clock,
}

/// What has been taken in hand and is not durable.
#[derive(Debug, Default)]
struct Unsettled {
    /// Transactions under way.
    under_way: u64,
    /// Since when none has become durable although one was to; none when the last one did.
    since: Option<Duration>,
    /// When the last one was given up.
    failed: Option<Duration>,
    /// When the last one became durable that inserted what a mint inserts.
    inserted: Option<Duration>,
}

impl Commits {
    pub(super) fn new() -> Self {
        Self {
            operations: Distribution::of_numbers(),
            durations: Distribution::of_times(),
            failures: Arc::default(),
            unsettled: Arc::default(),
            clock: Clock::system(),
        }
    }

    /// A transaction is taken in hand. Gives the moment, for [`Commits::done`].
    pub(super) fn begin(&self) -> Duration {
        let now = self.clock.uptime();
        let mut unsettled = self.unsettled();
        unsettled.under_way += 1;
        unsettled.since.get_or_insert(now);
        now
    }

    /// So many operations are durable; their transaction was begun at `since`. `inserted`: whether one of them was a mint, or did what
    /// a mint does.
    pub(super) fn done(&self, operations: usize, since: Duration, inserted: bool) {
        let now = self.clock.uptime();
        self.operations.saw(operations);
        self.durations.took(now.saturating_sub(since));
        let mut unsettled = self.unsettled();
        unsettled.under_way -= 1;
        unsettled.since = (unsettled.under_way > 0).then_some(now);
        if inserted {
            unsettled.inserted = Some(now);
        }
    }

    /// A transaction was given up.
    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut unsettled = self.unsettled();
        unsettled.under_way -= 1;
        unsettled.failed = Some(self.clock.uptime());
    }

    /// For how long nothing has become durable that was to. None when the last one did, and when nobody has tried for a while.
    pub(super) fn stalled(&self) -> Option<Duration> {
        let now = self.clock.uptime();
        let Unsettled { under_way, since, failed, .. } = *self.unsettled();
        let tried = under_way > 0 || failed.is_some_and(|failed| now.saturating_sub(failed) < REMEMBERED);
        since.filter(|_| tried).map(|since| now.saturating_sub(since))
    }

    /// Whether a mint has become durable a moment ago, and no transaction was given up since.
    pub(super) fn are_proven(&self) -> bool {
        let now = self.clock.uptime();
        let Unsettled { failed, inserted, .. } = *self.unsettled();
        inserted.is_some_and(|at| now.saturating_sub(at) < PROVES && failed.is_none_or(|failed| failed < at))
    }

    fn unsettled(&self) -> MutexGuard<'_, Unsettled> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the metrics, and how many jobs wait in `queue`: none when it is closed.
    fn measure<T>(&self, queue: Option<&mpsc::Sender<T>>, into: &mut Exposition) {
        into.distribution(
            "zonemint_store_commit_operations",
            "Operations that became durable together",
            &self.operations,
        );
        into.distribution(
            "zonemint_store_commit_duration_seconds",
            "How long a transaction took until it was durable",
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

/// The writes that wait for the next transaction.
pub(super) struct Queue<J> {
    jobs: Mutex<Option<mpsc::Sender<J>>>,
    pub(super) commits: Commits,
}

impl<J> Queue<J> {
    /// One that takes at most `limit` jobs, and where they are taken from.
    pub(super) fn new(limit: usize) -> (Self, mpsc::Receiver<J>) {
        let (jobs, receiver) = mpsc::channel(limit);
        (Self { jobs: Mutex::new(Some(jobs)), commits: Commits::new() }, receiver)
    }

    /// One that takes no jobs.
    pub(super) fn closed() -> Self {
        Self { jobs: Mutex::new(None), commits: Commits::new() }
    }

    pub(super) fn push(&self, job: J) -> Result<(), StoreError> {
        self.jobs().ok_or_else(StoreError::closed)?.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::closed(),
        })
    }

    /// Adds the metrics of the transactions and of the queue.
    pub(super) fn measure(&self, into: &mut Exposition) {
        self.commits.measure(self.jobs().as_ref(), into);
    }

    /// Takes no more jobs: who takes them ends once all are taken.
    pub(super) fn close(&self) {
        self.lock().take();
    }

    /// A copy: nothing is sent while other threads wait for the lock.
    fn jobs(&self) -> Option<mpsc::Sender<J>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<mpsc::Sender<J>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
