//! One thread for each core that the process may use, up to 16, each with a runtime of its own.
//!
//! A connection stays on the core that accepted it. No part of a request moves to another thread, so no core waits for the locks of
//! another one or wakes it: a verification takes a fifth less processor time than on one runtime that moves tasks between threads.

use std::future::ready;
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::descriptors;
use zonemint_telemetry::{Task, task};

/// The most cores. Each new connection wakes all idle ones, and so many verify more requests than a network delivers.
const MOST: usize = 16;
/// To how many cores one core yields at once.
const YIELD_TO: usize = 4;
/// For how long a blocked core can keep others from accepting.
const STUCK: Duration = Duration::from_millis(1);

/// The threads that serve. They end when the last clone is dropped, together with all tasks that still run there.
#[derive(Clone)]
pub struct Cores {
    all: Arc<[Core]>,
    /// For how many connections there are file descriptors.
    pub(super) max_connections: usize,
    /// End the threads when they are dropped.
    _running: Arc<[oneshot::Sender<()>]>,
}

struct Core {
    runtime: Handle,
    /// Open connections that it has accepted.
    connections: AtomicUsize,
}

impl Cores {
    /// Starts the threads. Raises the limit of file descriptors for them and for so many connections, if the system allows it.
    ///
    /// # Errors
    /// An error of the operating system when a thread or its event queue cannot be created.
    pub fn start(max_connections: usize) -> io::Result<Self> {
        let max_connections = descriptors::provide(max_connections, number());
        let started = (0..number()).map(Core::start).collect::<io::Result<Vec<_>>>()?;
        let (cores, running): (Vec<_>, Vec<_>) = started.into_iter().unzip();
        Ok(Self { all: cores.into(), max_connections, _running: running.into() })
    }

    /// Each of them.
    pub(super) fn each(&self) -> impl Iterator<Item = OnCore> {
        (0..self.all.len()).map(|at| OnCore { cores: Arc::clone(&self.all), at })
    }

    /// Waits until each core has run one more task.
    pub async fn have_had_a_turn(&self) {
        turn_of(self.all.iter()).await;
    }
}

/// As many as the process may use at once, or [`MOST`].
fn number() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MOST)
}

async fn turn_of(cores: impl Iterator<Item = &Core>) {
    join_all(cores.map(|core| core.runtime.spawn(ready(())))).await;
}

impl Core {
    fn start(number: usize) -> io::Result<(Self, oneshot::Sender<()>)> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel();
        task::vital_thread(Task::Serve, format!("serve-{number}"), move || {
            // Nothing is ever sent.
            let _ = runtime.block_on(ended);
            // Does not wait for threads that still run blocking work.
            runtime.shutdown_background();
        })?;
        Ok((Self { runtime: handle, connections: AtomicUsize::new(0) }, running))
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// One of the cores, for its own tasks.
#[derive(Clone)]
pub(super) struct OnCore {
    cores: Arc<[Core]>,
    at: usize,
}

impl OnCore {
    /// Starts a task there, without which the process is of no use.
    pub(super) fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let _entered = self.cores[self.at].runtime.enter();
        task::vital(Task::Serve, work)
    }

    /// Whether another core has fewer connections.
    pub(super) fn is_ahead(&self) -> bool {
        self.behind().next().is_some()
    }

    /// Lets cores with fewer connections accept first. A core accepts faster than others wake up: it would take all connections that are
    /// opened at once, and keep them.
    pub(super) async fn give_way(self) {
        // In its first turn a core is notified of the connection, and in the second one it has accepted it.
        let turns = async {
            for _ in 0..2 {
                turn_of(self.behind().take(YIELD_TO)).await;
            }
        };
        // Does not wait for a blocked core.
        let _ = timeout(STUCK, turns).await;
    }

    fn behind(&self) -> impl Iterator<Item = &Core> {
        let own = self.cores[self.at].connections();
        self.cores.iter().filter(move |core| core.connections() < own)
    }

    /// Counts a connection that is accepted now. Dropping [`OnCore::place`] uncounts it.
    pub(super) fn count(&self) {
        self.cores[self.at].connections.fetch_add(1, Ordering::Relaxed);
    }

    /// The place of a connection that was counted.
    pub(super) fn place(&self) -> CorePlace {
        CorePlace(self.clone())
    }
}

/// The count of an open connection on a core.
pub(super) struct CorePlace(OnCore);

impl Drop for CorePlace {
    fn drop(&mut self) {
        self.0.cores[self.0.at].connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_core_runs_its_own_tasks_until_nobody_holds_it() {
        let cores = Cores::start(1).unwrap();
        let name = async || thread::current().name().unwrap_or_default().to_owned();
        let names: Vec<_> = cores.each().map(|core| core.run(name())).collect();
        let names: Vec<_> = join_all(names).await.into_iter().map(Result::unwrap).collect();
        let expected: Vec<_> = (0..names.len()).map(|number| format!("serve-{number}")).collect();
        assert_eq!((names.is_empty(), names), (false, expected));
        cores.have_had_a_turn().await;
        let endless = cores.each().map(|core| {
            let own = core.clone();
            core.run(async move {
                std::future::pending::<()>().await;
                drop(own);
            })
        });
        let endless: Vec<_> = endless.collect();
        drop(cores);
        for task in endless {
            assert!(task.await.unwrap_err().is_cancelled());
        }
    }

    #[tokio::test]
    async fn a_core_that_is_stuck_has_no_turn_and_keeps_nobody_from_accepting() {
        let cores = Cores::start(1).unwrap();
        let (go_on, stuck) = std::sync::mpsc::channel::<()>();
        cores.all[0].runtime.spawn(async move { stuck.recv() });
        let mut turn = Box::pin(cores.have_had_a_turn());
        assert!(futures_util::poll!(&mut turn).is_pending());
        let beside = Core::start(1).unwrap();
        let stuck = Core { runtime: cores.all[0].runtime.clone(), connections: AtomicUsize::new(0) };
        let own = OnCore { cores: [stuck, beside.0].into(), at: 1 };
        assert!(!own.is_ahead());
        own.count();
        let place = own.place();
        assert!(own.is_ahead());
        own.clone().give_way().await;
        drop(place);
        assert!(!own.is_ahead());
        drop(go_on);
        turn.await;
    }
}
