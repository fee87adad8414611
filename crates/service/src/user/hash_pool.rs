//! The bounded pool that hashes passwords.

use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Select, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use super::argon2id::Memory;
use super::settings::PasswordSettings;
use zonemint_base::clock::Clock;
use zonemint_telemetry::{Distribution, Exposition, Task, real, task, traces};

/// How long an idle thread keeps its working memory.
const KEEP_MEMORY: Duration = Duration::from_secs(2);
/// Hashing yields to everything else that wants the processor, so that a storm of logins does not slow verification.
const NICENESS: i32 = 10;

/// No thread is free, and the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub(super) struct Full;

/// A queue of the pool. Each has a capacity of its own; a free thread takes from either, in no order between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    /// Somebody at an address where the account has signed in before, or who is signed in. A quarter of the room.
    Known,
    /// Everybody else.
    Other,
}

/// How much memory a hash takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// About as much as ours.
    Ordinary,
    /// So much that one thread alone computes such hashes, one after the other, and keeps nothing of the memory. They wait among
    /// the others first, so that this takes as long and is refused as soon as for any hash.
    Large,
}

/// What was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done<T> {
    pub(super) value: T,
    /// When a thread took it up first, in the time of the clock's uptime.
    pub(super) begun: Duration,
}

struct Job {
    size: Size,
    begun: Option<Duration>,
    work: Work,
}

/// Is given the moment at which it was taken up first.
type Work = Box<dyn FnOnce(&mut Memory, Duration) + Send>;

/// Threads that do nothing but hash. Dropping the pool ends them.
pub(super) struct HashPool {
    known: Sender<Job>,
    other: Sender<Job>,
    /// Kept open for the one thread that takes from it, also where there is no other.
    _large: Sender<Job>,
    /// How long hashing takes, without the time in the queue.
    durations: Distribution,
    clock: Clock,
}

impl HashPool {
    pub(super) fn start(settings: &PasswordSettings, clock: Clock) -> std::io::Result<Self> {
        let threads = match settings.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let kept = (settings.queue / 4).max(1);
        let (known, queue_of_known) = bounded::<Job>(kept);
        let (other, queue_of_others) = bounded::<Job>((settings.queue - settings.queue / 4).max(1));
        let (large, queue_of_large) = bounded::<Job>(settings.queue);
        for number in 0..threads {
            let mut queues = vec![queue_of_known.clone(), queue_of_others.clone()];
            // One thread alone computes large hashes; the others hand them over.
            let large = if number == 0 {
                queues.push(queue_of_large.clone());
                None
            } else {
                Some(large.clone())
            };
            let clock = clock.clone();
            task::keep_thread(Task::PasswordHash, format!("hash-{number}"), move || {
                let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
                work_off(&queues, large.as_ref(), &clock);
            })?;
        }
        Ok(Self { known, other, _large: large, durations: Distribution::of_times(), clock })
    }

    /// Runs `work` on one of the threads. Work whose caller has gone before it started is skipped; once started it holds
    /// its thread to the end, so callers that give up cannot make more run at once than there are threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        queue: Queue,
        size: Size,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<Done<T>, Full> {
        let hashing = traces::span("password.hash");
        let waiting = hashing.part("password.queue");
        let (sender, receiver) = oneshot::channel();
        let (durations, clock) = (self.durations.clone(), self.clock.clone());
        let work = Box::new(move |memory: &mut Memory, begun| {
            waiting.end();
            if !sender.is_closed() {
                let started = clock.uptime();
                let value = work(memory);
                durations.took(clock.uptime().saturating_sub(started));
                let _ = sender.send(Done { value, begun });
            }
        });
        let jobs = match queue {
            Queue::Known => &self.known,
            Queue::Other => &self.other,
        };
        jobs.try_send(Job { size, begun: None, work }).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Full,
        })?;
        let done = receiver.await.map_err(|_| Full);
        hashing.end();
        done
    }
}

/// Does what waits in the queues until the pool is gone. `large` is where large hashes are handed over to, by threads that do not
/// compute them; one for which there is no room is dropped, and so answered as when there is none in the queue.
fn work_off(queues: &[Receiver<Job>], large: Option<&Sender<Job>>, clock: &Clock) {
    let mut select = Select::new();
    for queue in queues {
        select.recv(queue);
    }
    let mut memory = Memory::default();
    loop {
        let ready = select.select_timeout(KEEP_MEMORY).unwrap_or_else(|_| {
            memory.release();
            select.select()
        });
        let queue = &queues[ready.index()];
        let Ok(Job { size, begun, work }) = ready.recv(queue) else { break };
        let begun = begun.unwrap_or_else(|| clock.uptime());
        match (size, large) {
            (Size::Large, Some(large)) => drop(large.try_send(Job { size, begun: Some(begun), work })),
            (Size::Large, None) => {
                work(&mut memory, begun);
                memory.release();
            }
            (Size::Ordinary, _) => work(&mut memory, begun),
        }
    }
}

impl HashPool {
    /// Adds the durations of hashing and the lengths of the queues.
    pub(super) fn measure(&self, into: &mut Exposition) {
        let queues = [&self.known, &self.other];
        let waiting = queues.iter().map(|queue| queue.len() as u64).sum();
        let most = queues.iter().map(|queue| queue.capacity().unwrap_or(0) as u64).sum();
        into.distribution(
            "zonemint_password_hash_duration_seconds",
            "How long hashing a password takes, without the time in the queue",
            &self.durations,
        );
        into.gauge("zonemint_password_hash_queue_length", "Passwords that wait to be hashed", real(waiting));
        into.gauge("zonemint_password_hash_queue_limit", "Beyond so many, logins are answered 503", real(most));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn pool(threads: usize, queue: usize) -> HashPool {
        let settings = PasswordSettings { memory_kib: 19_456, iterations: 2, parallelism: 1, threads, queue };
        HashPool::start(&settings, Clock::system()).unwrap()
    }

    #[tokio::test]
    async fn work_beyond_the_queue_is_turned_away() {
        let pool = Arc::new(pool(1, 1));
        let (started, wait_started) = oneshot::channel();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let running = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move {
                pool.run(Queue::Other, Size::Ordinary, move |_| {
                    let _ = started.send(());
                    let _ = held.recv();
                })
                .await
            }
        });
        wait_started.await.unwrap();
        let mut queued = Box::pin(pool.run(Queue::Other, Size::Ordinary, |_| ()));
        assert!(futures_util::poll!(&mut queued).is_pending());
        assert_eq!(pool.run(Queue::Other, Size::Ordinary, |_| ()).await, Err(Full));
        let mut known = Box::pin(pool.run(Queue::Known, Size::Ordinary, |_| ()));
        assert!(futures_util::poll!(&mut known).is_pending(), "room is kept for known addresses");
        release.send(()).unwrap();
        for done in [running.await.unwrap(), queued.await, known.await] {
            assert!(done.is_ok());
        }
    }

    #[tokio::test]
    async fn large_hashes_are_computed_one_at_a_time_and_keep_no_memory() {
        let pool = Arc::new(pool(3, 8));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (begin, has_begun) = std::sync::mpsc::channel::<()>();
        let mut first = Box::pin(pool.run(Queue::Other, Size::Large, move |memory| {
            begin.send(()).unwrap();
            memory.blocks(9);
            held.recv().is_ok()
        }));
        assert!(futures_util::poll!(&mut first).is_pending());
        has_begun.recv().unwrap();
        let mut second = Box::pin(pool.run(Queue::Known, Size::Large, |memory| memory.kept()));
        assert!(futures_util::poll!(&mut second).is_pending());
        for _ in 0..20 {
            pool.run(Queue::Other, Size::Ordinary, |_| ()).await.unwrap();
        }
        assert!(futures_util::poll!(&mut second).is_pending(), "two threads are free, and neither takes it");
        release.send(()).unwrap();
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        assert_eq!((first.value, second.value), (true, 0));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_is_skipped() {
        let pool = pool(1, 8);
        let ran = Arc::new(AtomicUsize::new(0));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let mut first = Box::pin(pool.run(Queue::Other, Size::Ordinary, move |_| held.recv().is_ok()));
        assert!(futures_util::poll!(&mut first).is_pending());
        let counter = Arc::clone(&ran);
        let mut abandoned =
            Box::pin(pool.run(Queue::Other, Size::Ordinary, move |_| counter.fetch_add(1, Ordering::SeqCst)));
        assert!(futures_util::poll!(&mut abandoned).is_pending());
        drop(abandoned);
        release.send(()).unwrap();
        assert!(first.await.unwrap().value);
        pool.run(Queue::Other, Size::Ordinary, |_| ()).await.unwrap();
        assert_eq!(ran.load(Ordering::SeqCst), 0);
    }
}
