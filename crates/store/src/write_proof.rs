//! Whether a mint would be stored, for those who decide where to send requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::{Store, StoreError};
use zonemint_base::clock::Clock;
use zonemint_telemetry::{Task, task};

/// For how long the result of a look is returned again. There is at most one look in this time, however often it is asked for.
const KEPT: Duration = Duration::from_secs(2);

/// What a look came to.
#[derive(Debug, Clone)]
pub enum Proven {
    /// A mint would be stored.
    Yes,
    /// It is not known yet. The look before, if there was one, said yes.
    Pending,
    /// A mint would not be stored, and why.
    No(StoreError),
}

/// Looks whether a mint would be stored, once for all who ask at the same time.
pub struct WriteProof {
    state: Arc<State>,
    clock: Clock,
}

#[derive(Default)]
struct State {
    looks: Mutex<Looks>,
    ended: Notify,
}

#[derive(Default)]
struct Looks {
    under_way: Option<JoinHandle<()>>,
    /// What the last one came to, and when it ended by the clock's uptime.
    last: Option<(Duration, Result<(), StoreError>)>,
}

impl Default for WriteProof {
    fn default() -> Self {
        Self { state: Arc::default(), clock: Clock::system() }
    }
}

impl WriteProof {
    /// Waits for an answer for up to `within`. A look goes on when nobody waits for it any more: what it holds, it gives back.
    pub async fn look(&self, store: &Arc<dyn Store>, within: Duration) -> Proven {
        let mut ended = std::pin::pin!(self.state.ended.notified());
        ended.as_mut().enable();
        let asked = self.clock.uptime();
        {
            let mut looks = self.state.looks();
            if let Some((at, outcome)) = &looks.last
                && asked.saturating_sub(*at) < KEPT
            {
                return told(outcome.clone());
            }
            if looks.under_way.as_ref().is_none_or(JoinHandle::is_finished) {
                let (state, store, clock) = (Arc::clone(&self.state), Arc::clone(store), self.clock.clone());
                looks.under_way = Some(task::once(Task::WriteProof, async move {
                    let outcome = store.prove().await;
                    state.looks().last = Some((clock.uptime(), outcome));
                    state.ended.notify_waiters();
                }));
            }
        }
        let in_time = tokio::time::timeout(within, ended).await.is_ok();
        match &self.state.looks().last {
            Some((_, outcome)) if in_time => told(outcome.clone()),
            Some((_, Err(error))) => Proven::No(error.clone()),
            _ => Proven::Pending,
        }
    }
}

impl State {
    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(outcome: Result<(), StoreError>) -> Proven {
    outcome.map_or_else(Proven::No, |()| Proven::Yes)
}
