//! The one thread that writes: all writes that have queued up become one transaction (group commit).
//!
//! An answer is sent only after the commit that made it durable. While one commit waits for the disk the next batch queues
//! up, so the batch grows with the load and no timer is needed.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::batch::{Batch, Mint};
use super::commands::{self, Execution};
use super::error::engine_error;
use crate::answers::{Responder, WriteResult, give_all};
use crate::command::{Command, Stamp};
use crate::commits::{Commits, Queue};
use crate::{Actor, StoreError};
use zonemint_base::clock::Clock;
use zonemint_base::model::Token;
use zonemint_telemetry::{Exposition, Task, error_chain, task, traces};

/// Work that one transaction may hold. Bounds how long the first in the batch waits for the last.
const BATCH: usize = 1024;

/// How long this may take before the store counts as one that cannot write.
const PROVE: Duration = Duration::from_secs(10);

enum Job {
    Mint(Box<Mint>),
    Other(Box<Write>),
}

/// A command, and the caller that waits for its outcome.
struct Write {
    command: Command,
    stamp: Stamp,
    responder: Responder,
}

/// Hands work to the writing thread.
pub(super) struct Writer {
    queue: Queue<Job>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread. `limit` bounds the jobs that wait; `clock` says whether a caller's token is over.
    pub(super) fn start(connection: Connection, limit: usize, clock: Clock) -> std::io::Result<Self> {
        let (queue, receiver) = Queue::new(limit);
        let thread = task::vital_thread(Task::StoreWriter, "store-writer".to_owned(), {
            let commits = queue.commits.clone();
            move || write(connection, receiver, &commits, &clock)
        })?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Takes no work.
    pub(super) fn closed() -> Self {
        Self { queue: Queue::closed(), thread: Mutex::new(None) }
    }

    /// Runs a command in the next transaction, if its caller still has the right to it. The command is queued at once; the returned
    /// future waits until it is durable.
    pub(super) fn run(&self, command: Command, stamp: Stamp) -> impl Future<Output = WriteResult> + use<> {
        let (responder, receiver) = Responder::here();
        self.hand_over(Job::Other(Box::new(Write { command, stamp, responder })), receiver)
    }

    /// Adds a token and its audit row in the next transaction, in the same way.
    pub(super) fn mint(&self, token: Token, by: Actor, at_ms: u64) -> impl Future<Output = WriteResult> + use<> {
        let (responder, receiver) = Responder::here();
        self.hand_over(Job::Mint(Box::new(Mint { token, by, at_ms, responder })), receiver)
    }

    /// Not async: a future that holds the work until it is polled is as long as all that it is moved through together.
    fn hand_over(
        &self,
        job: Job,
        receiver: oneshot::Receiver<WriteResult>,
    ) -> impl Future<Output = WriteResult> + use<> {
        let span = traces::span("store.write");
        let queued = self.queue.push(job);
        async move {
            let answer = match queued {
                Ok(()) => receiver.await.unwrap_or_else(|_| {
                    Err(StoreError::unavailable("the transaction failed before it came to this operation"))
                }),
                Err(refused) => Err(refused),
            };
            span.end();
            answer
        }
    }

    /// Has pages written as they are, and synced, unless a transaction has become durable a moment ago.
    pub(super) async fn prove(&self) -> Result<(), StoreError> {
        if self.queue.commits.are_proven() {
            return Ok(());
        }
        let written = self.run(Command::Prove {}, (Actor::System, 0));
        let written = tokio::time::timeout(PROVE, written).await;
        let too_slow = || StoreError::unavailable(format!("nothing could be written for {} s", PROVE.as_secs()));
        written.unwrap_or_else(|_| Err(too_slow())).map(drop)
    }

    /// For how long nothing has become durable that was to.
    pub(super) fn stalled(&self) -> Option<Duration> {
        self.queue.commits.stalled()
    }

    /// Adds the metrics of the transactions.
    pub(super) fn measure(&self, into: &mut Exposition) {
        self.queue.measure(into);
    }

    /// Takes no more work, finishes what is queued, and ends the thread.
    pub(super) fn close(&self) {
        self.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic is logged where it happens.
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn write(connection: Connection, mut jobs: mpsc::Receiver<Job>, commits: &Commits, clock: &Clock) {
    let mut queued = Vec::with_capacity(BATCH);
    while jobs.blocking_recv_many(&mut queued, BATCH) > 0 {
        commit(&connection, &mut queued, commits, clock);
    }
    if let Err((_, error)) = connection.close() {
        tracing::error!(error = %error_chain(&error), "the store could not be closed cleanly; it is recovered at the next start");
    }
}

fn commit(connection: &Connection, queued: &mut Vec<Job>, commits: &Commits, clock: &Clock) {
    let (began, operations) = (commits.begin(), queued.len());
    let mut answers = Vec::with_capacity(queued.len());
    let outcome = transact(connection, queued, &mut answers, clock);
    // Jobs that the transaction did not reach before it failed are answered by the end of their channel.
    queued.clear();
    match &outcome {
        // What one table has room for, the others have.
        Ok(()) => commits.done(operations, began, true),
        Err(_) => commits.failed(),
    }
    let outcome = outcome.map_err(|error| {
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::error!(error = %error_chain(&error), "a failed transaction could not be rolled back");
        }
        tracing::error!(error = %error_chain(&error), operations = answers.len(), "a transaction failed");
        StoreError::Unavailable(engine_error(&error))
    });
    give_all(answers.into_iter().map(|(responder, told)| (responder, outcome.clone().and(told))));
}

fn transact(
    connection: &Connection,
    queued: &mut Vec<Job>,
    answers: &mut Vec<(Responder, WriteResult)>,
    clock: &Clock,
) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let now_ms = clock.latest_ms();
    let mut batch = Batch::new(connection, now_ms);
    for job in queued.drain(..) {
        let Write { command, stamp, responder } = match job {
            Job::Mint(mint) => {
                batch.mint(*mint, answers)?;
                continue;
            }
            Job::Other(write) => *write,
        };
        batch.write_minted(answers)?;
        // The others in the batch go on when this one fails. It costs less without: then a failure takes the whole batch with it.
        let is_guarded = !matches!(command, Command::RecordTemporary { .. });
        let head = batch.head();
        if is_guarded {
            connection.prepare_cached("SAVEPOINT job")?.execute([])?;
        }
        let is_kept = match commands::run(&mut batch, &command, &stamp) {
            Ok(Execution { answer: told, is_kept }) => {
                answers.push((responder, told));
                is_kept
            }
            Err(error) => {
                answers.push((responder, Err(StoreError::Unavailable(engine_error(&error)))));
                if !is_guarded || connection.is_autocommit() {
                    return Err(error);
                }
                tracing::warn!(error = %error_chain(&error), "an operation failed and was undone");
                false
            }
        };
        match (is_guarded, is_kept) {
            (false, _) => {}
            (true, true) => {
                connection.prepare_cached("RELEASE job")?.execute([])?;
            }
            (true, false) => {
                connection.execute_batch("ROLLBACK TO job; RELEASE job")?;
                batch.undone_to(head);
            }
        }
    }
    batch.write_minted(answers)?;
    drop(batch);
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}
