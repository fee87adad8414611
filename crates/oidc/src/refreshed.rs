//! A cached document of a provider, which one task at a time fetches again.
//!
//! The fetch is a task of its own: a caller that goes away does not end it, so that callers cannot keep it from ending.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::error::Outage;
use crate::limits::PAUSE;
use zonemint_base::clock::Clock;
use zonemint_telemetry::task::{self, Task};

/// Younger than this, a document is not fetched again.
const FRESH: Duration = Duration::from_mins(10);
/// Up to this age it is used while it is fetched again.
const USED_MEANWHILE: Duration = Duration::from_mins(20);
/// Up to this age it is used if the provider cannot be reached: a key that it withdrew is accepted no longer than this.
const STALEST: Duration = Duration::from_hours(1);
/// The least time between two fetches because something was not in the document, as an unknown key.
pub(crate) const INTERVAL: Duration = Duration::from_secs(10);

/// Which document a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Any that is fresh enough.
    Cached,
    /// A newer one, unless it was fetched within [`INTERVAL`].
    Newer,
}

/// The cache of one document.
pub(crate) struct Refreshed<T>(Arc<Inner<T>>);

struct Inner<T> {
    clock: Clock,
    state: Mutex<State<T>>,
}

struct State<T> {
    document: Option<(Arc<T>, Duration)>,
    failed: Option<(Outage, Duration)>,
    started: Option<Duration>,
    /// Closed when the fetch has ended.
    fetching: Option<watch::Receiver<()>>,
}

/// What to do for a caller.
enum Step<T> {
    Use(Result<Arc<T>, Outage>),
    Fetch,
    Wait(watch::Receiver<()>),
}

impl<T: Send + Sync + 'static> Refreshed<T> {
    pub(crate) fn new(clock: Clock) -> Self {
        let state = State { document: None, failed: None, started: None, fetching: None };
        Self(Arc::new(Inner { clock, state: Mutex::new(state) }))
    }

    /// The document, fetched by `fetch` if the one in the cache is not what is needed.
    pub(crate) async fn get<F>(&self, need: Need, fetch: impl FnOnce() -> F) -> Result<Arc<T>, Outage>
    where
        F: Future<Output = Result<T, Outage>> + Send + 'static,
    {
        let (mut ended, meanwhile) = {
            let mut state = self.0.lock();
            let now = self.0.clock.uptime();
            let receiver = match state.step(now, need) {
                Step::Use(result) => return result,
                Step::Wait(receiver) => receiver,
                Step::Fetch => self.start(&mut state, now, fetch()),
            };
            let meanwhile = (need == Need::Cached).then(|| state.usable(now, USED_MEANWHILE)).flatten();
            (receiver, meanwhile)
        };
        if let Some(document) = meanwhile {
            return Ok(document);
        }
        // An error is the end of the fetch, also by a panic.
        while ended.changed().await.is_ok() {}
        self.0.lock().outcome(self.0.clock.uptime(), need)
    }

    fn start(
        &self,
        state: &mut State<T>,
        now: Duration,
        fetch: impl Future<Output = Result<T, Outage>> + Send + 'static,
    ) -> watch::Receiver<()> {
        let (ended, receiver) = watch::channel(());
        state.started = Some(now);
        state.fetching = Some(receiver.clone());
        let inner = Arc::clone(&self.0);
        task::once(Task::IdentityProvider, async move {
            let result = fetch.await;
            inner.lock().finish(inner.clock.uptime(), result);
            drop(ended);
        });
        receiver
    }
}

impl<T> Inner<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn step(&self, now: Duration, need: Need) -> Step<T> {
        if need == Need::Cached
            && let Some(document) = self.usable(now, FRESH)
        {
            return Step::Use(Ok(document));
        }
        // A closed channel is of a fetch that has ended.
        if let Some(fetching) = self.fetching.as_ref().filter(|fetching| fetching.has_changed().is_ok()) {
            return Step::Wait(fetching.clone());
        }
        let is_paused = self.failed.as_ref().is_some_and(|(_, at)| now.saturating_sub(*at) < PAUSE);
        let is_new = self.started.is_some_and(|started| now.saturating_sub(started) < INTERVAL);
        if is_paused || need == Need::Newer && is_new { Step::Use(self.outcome(now, need)) } else { Step::Fetch }
    }

    /// The document, if it is not older than this.
    fn usable(&self, now: Duration, oldest: Duration) -> Option<Arc<T>> {
        let (document, at) = self.document.as_ref()?;
        (now.saturating_sub(*at) < oldest).then(|| Arc::clone(document))
    }

    fn outcome(&self, now: Duration, need: Need) -> Result<Arc<T>, Outage> {
        match (&self.failed, self.usable(now, STALEST)) {
            // What is needed may be in the document that could not be fetched.
            (Some((outage, _)), _) if need == Need::Newer => Err(outage.clone()),
            (_, Some(document)) => Ok(document),
            (Some((outage, _)), None) => Err(outage.clone()),
            // The fetch has ended without a result: it panicked.
            (None, None) => Err(Outage::Busy),
        }
    }

    fn finish(&mut self, now: Duration, result: Result<T, Outage>) {
        match result {
            Ok(document) => {
                self.document = Some((Arc::new(document), now));
                self.failed = None;
            }
            Err(outage) => self.failed = Some((outage, now)),
        }
    }
}
