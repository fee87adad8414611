//! The one task that writes: whatever has queued up becomes one transaction (group commit).
//!
//! An answer is sent only after the commit that made it durable. While one commit is under way the next batch queues up, so
//! the batch grows with the load and no timer is needed. A batch of mints costs two round trips.
//!
//! When the connection breaks while a commit is under way, nobody knows whether it took place. Then a new connection waits
//! until the old transaction has ended, and looks whether what it was to leave behind is there: if so the answers stand, if
//! not the batch is run again. What cannot be found out in time is answered with an error.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::batch::{self, Batch, Trace};
use super::connect::Connector;
use super::fault::Fault;
use super::mints::Run;
use super::operation::{Answer, Answered, Operation, Ran};
use crate::store::{Chain, EngineError, Inserted, StoreError};

/// Work that one transaction may hold. Bounds how long the first in the batch waits for the last.
const BATCH: usize = 1_024;
/// How often a batch that failed is tried again before its time is over.
const PACE: Duration = Duration::from_millis(50);

struct Job {
    operation: Operation,
    answer: oneshot::Sender<Result<Answer, StoreError>>,
}

/// Hands work to the writing task.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the task on a connection. `queue` bounds the jobs that wait; `notify` says whether NOTIFY is understood.
    pub(super) fn start(
        connector: Connector,
        session: ClientWrapper,
        chain: Chain,
        queue: usize,
        notify: Arc<AtomicBool>,
    ) -> Self {
        let (jobs, receiver) = mpsc::channel(queue);
        let desk = Desk { connector, session: Some(session), chain, notify };
        let task = tokio::spawn(desk.write(receiver));
        Self { jobs: Mutex::new(Some(jobs)), task: Mutex::new(Some(task)) }
    }

    /// Does `operation` in the next transaction and waits until it is durable.
    pub(super) async fn run<T: Answered>(&self, operation: Operation) -> Result<T, StoreError> {
        let (answer, receiver) = oneshot::channel();
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(jobs) = jobs else { return Err(closed()) };
        jobs.try_send(Job { operation, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => closed(),
        })?;
        drop(jobs);
        let answer = receiver.await.unwrap_or_else(|_| Err(closed()))?;
        T::from_answer(answer).ok_or_else(|| other("an operation was given another one's answer"))
    }

    /// Takes no more work, finishes what is queued, and ends the task.
    pub(super) async fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && task.await.is_err_and(|error| error.is_panic())
        {
            tracing::error!("the store's writing task ended with a panic");
        }
    }
}

pub(super) fn closed() -> StoreError {
    other("the store is closed")
}

fn other(told: &str) -> StoreError {
    StoreError::Unavailable(EngineError(told.to_owned()))
}

/// What each operation of a batch came to.
type Answers = Vec<Result<Answer, StoreError>>;

/// Answers that wait for it to be known whether their transaction was committed.
struct Pending {
    trace: Trace,
    answers: Answers,
}

/// Where batches are written.
struct Desk {
    connector: Connector,
    session: Option<ClientWrapper>,
    chain: Chain,
    notify: Arc<AtomicBool>,
}

impl Desk {
    async fn write(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut queued = Vec::with_capacity(BATCH);
        while jobs.recv_many(&mut queued, BATCH).await > 0 {
            let (operations, waiting): (Vec<_>, Vec<_>) =
                queued.drain(..).map(|job: Job| (job.operation, job.answer)).unzip();
            let answers = Box::pin(self.settle(&operations)).await.unwrap_or_else(|fault| {
                tracing::error!(error = fault.told(), operations = operations.len(), "a transaction failed");
                let error = StoreError::from(fault);
                operations.iter().map(|_| Err(error.clone())).collect()
            });
            for (waiting, answer) in waiting.into_iter().zip(answers) {
                // The receiver is gone when its request was abandoned; the work is done all the same.
                let _ = waiting.send(answer);
            }
        }
    }

    /// Runs a batch until it is known to be committed, or not, or its time is over.
    async fn settle(&mut self, operations: &[Operation]) -> Result<Answers, Fault> {
        let deadline = 2 * self.connector.statement_timeout() + self.connector.connect_patience();
        let mut pending = None;
        let settled = tokio::time::timeout(deadline, self.persist(operations, &mut pending)).await;
        settled.unwrap_or_else(|_| {
            // The connection is in the midst of something.
            self.session = None;
            if pending.is_some() {
                tracing::error!("whether a transaction was committed could not be found out in time");
            }
            Err(Fault::Silence)
        })
    }

    async fn persist(&mut self, operations: &[Operation], pending: &mut Option<Pending>) -> Result<Answers, Fault> {
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut told = false;
        loop {
            pace.tick().await;
            let fault = match self.attempt(operations, pending).await {
                Ok(answers) => return Ok(answers),
                Err(fault) => fault,
            };
            if fault.is_lost() {
                self.session = None;
            } else {
                self.roll_back().await;
            }
            if !fault.is_lost() && !fault.is_passing() {
                return Err(fault);
            }
            if !told {
                tracing::warn!(error = fault.told(), "a transaction is tried again");
                told = true;
            }
        }
    }

    async fn roll_back(&mut self) {
        let Some(session) = &self.session else { return };
        if let Err(fault) = batch::timed(self.connector.patience(), session.batch_execute("ROLLBACK")).await {
            tracing::warn!(error = fault.told(), "a failed transaction could not be rolled back");
            self.session = None;
        }
    }

    async fn attempt(&mut self, operations: &[Operation], pending: &mut Option<Pending>) -> Result<Answers, Fault> {
        let session = match &self.session {
            Some(session) if !session.is_closed() => session,
            _ => self.session.insert(self.connector.session().await?),
        };
        let limits = (self.connector.patience(), self.connector.statement_timeout());
        if let Some(waiting) = pending {
            // The old transaction may hold the chain for longer than a lock is waited for.
            let waits = |fault: Fault| if fault.is_race() { Fault::Overtaken } else { fault };
            if batch::is_committed(session, &self.chain, limits, &waiting.trace).await.map_err(waits)? {
                tracing::info!("a transaction whose end was not seen is committed");
                return Ok(pending.take().map(|pending| pending.answers).unwrap_or_default());
            }
            *pending = None;
        }
        let (first, rest) = leading_run(operations);
        let notify = self.notify.load(Ordering::Relaxed);
        let mut run = Run::new(first);
        let mut batch = Batch::begin(session, &self.chain, limits, &mut run, notify).await?;
        let mut answers = Answers::with_capacity(operations.len());
        add(&mut answers, run.answers(&mut batch).await?);
        if let [only] = operations
            && !rest.is_empty()
        {
            match only.run(&mut batch).await? {
                Ran::Keep(answer) => answers.push(Ok(answer)),
                Ran::Undo(answer) => {
                    batch.run("ROLLBACK").await?;
                    return Ok(vec![Ok(answer)]);
                }
            }
        } else {
            run_all(&mut batch, rest, &mut answers).await?;
        }
        let mut sealed = batch.seal();
        let trace = std::mem::replace(&mut sealed.trace, Trace::None);
        *pending = Some(Pending { trace, answers });
        match sealed.commit().await {
            Ok(()) => {}
            Err(fault) if fault.is_answer() && !fault.is_lost() => {
                // It is known not to be committed.
                *pending = None;
                return Err(fault);
            }
            Err(fault) => return Err(fault),
        }
        Ok(pending.take().map(|pending| pending.answers).unwrap_or_default())
    }
}

/// Appends what became of mints.
fn add(answers: &mut Answers, minted: Vec<Inserted>) {
    answers.extend(minted.into_iter().map(|inserted| Ok(Answer::Inserted(inserted))));
}

/// The mints that come first, and what follows them.
fn leading_run(operations: &[Operation]) -> (Vec<super::mints::Mint<'_>>, &[Operation]) {
    let mints: Vec<_> = operations.iter().map_while(Operation::mint).collect();
    let rest = &operations[mints.len()..];
    (mints, rest)
}

/// Runs of mints together, all else one by one, in the order in which they were asked for.
async fn run_all(batch: &mut Batch<'_>, mut rest: &[Operation], answers: &mut Answers) -> Result<(), Fault> {
    while let Some((operation, others)) = rest.split_first() {
        answers.push(run_guarded(batch, operation).await?);
        let (mints, others) = leading_run(others);
        if !mints.is_empty() {
            let mut run = Run::new(mints);
            run.prepare(batch.client()).await?;
            run.send(batch.client()).await?;
            add(answers, run.answers(batch).await?);
        }
        rest = others;
    }
    Ok(())
}

/// Runs one operation so that its failure is not that of the others.
async fn run_guarded(batch: &mut Batch<'_>, operation: &Operation) -> Result<Result<Answer, StoreError>, Fault> {
    let waypoint = batch.waypoint();
    batch.run("SAVEPOINT job").await?;
    let answer = match operation.run(batch).await {
        Ok(Ran::Keep(answer)) => {
            batch.run("RELEASE SAVEPOINT job").await?;
            return Ok(Ok(answer));
        }
        Ok(Ran::Undo(answer)) => Ok(answer),
        Err(fault) if fault.is_lost() || fault.is_passing() => return Err(fault),
        Err(fault) => {
            tracing::warn!(error = fault.told(), "an operation failed and was undone");
            Err(StoreError::from(fault))
        }
    };
    batch.run("ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job").await?;
    batch.back_to(waypoint);
    Ok(answer)
}
