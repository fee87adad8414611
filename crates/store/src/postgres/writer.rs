//! The one task that writes: all writes that have queued up become one transaction (group commit).
//!
//! An answer is sent only after the commit that made it durable. While one commit is under way the next batch queues up, so
//! the batch grows with the load and no timer is needed. `commit_pipeline.rs` says how a batch gets into the database.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::commit_pipeline::CommitPipeline;
use super::connect::Connector;
use super::fault::Fault;
use super::operation::Operation;
use super::session::Session;
use super::work::{BATCH, Job, SharedLostWrites, Signals, Work};
use super::write_target::Unsettled;
use crate::answers::Responder;
use crate::command::{Command, Outcome};
use crate::commits::{Commits, Queue};
use crate::{Actor, Chain, LostWrites, StoreError};
use zonemint_base::clock::Clock;
use zonemint_telemetry::{Exposition, Task, task, traces};

/// Hands work to the writing task.
pub(super) struct Writer {
    queue: Queue<Job>,
    task: Mutex<Option<JoinHandle<()>>>,
    lost: SharedLostWrites,
    /// How long a caller is kept waiting.
    timeout: Duration,
}

impl Writer {
    /// Starts the task on a connection. `limit` bounds the jobs that wait, `clock` says whether a caller's token is over.
    pub(super) fn start(
        connector: Connector,
        session: Session,
        chain: Chain,
        limit: usize,
        signals: Signals,
        clock: Clock,
    ) -> Self {
        let (queue, receiver) = Queue::new(limit);
        let commits = queue.commits.clone();
        let timeout = connector.connect_timeout() + connector.statement_timeout();
        let lost = SharedLostWrites::default();
        let pipeline =
            CommitPipeline::new(connector, session, chain, signals, (commits.clone(), clock, Arc::clone(&lost)));
        let task = task::vital(Task::StoreWriter, write(pipeline, receiver, commits));
        Self { queue, task: Mutex::new(Some(task)), lost, timeout }
    }

    /// Has a transaction committed that does what a mint does and changes nothing, unless a mint has become durable a moment ago.
    pub(super) async fn prove(&self) -> Result<(), StoreError> {
        if self.queue.commits.are_proven() {
            return Ok(());
        }
        let proven = self.run(Operation { command: Command::Prove {}, stamp: (Actor::System, 0) });
        let proven = tokio::time::timeout(self.timeout, proven).await;
        proven.unwrap_or_else(|_| Err(Fault::Silence.into())).map(drop)
    }

    /// Does `operation` in the next transaction and waits until it is durable. A caller of the API gets an error after the timeout,
    /// although the operation may still be done.
    pub(super) async fn run(&self, operation: Operation) -> Result<Outcome, StoreError> {
        let _span = traces::span("store.write");
        let (responder, receiver) = Responder::here();
        let is_caller = operation.caller().is_some();
        self.queue.push(Job { operation, responder })?;
        let answer = if is_caller {
            tokio::time::timeout(self.timeout, receiver).await.map_err(|_| StoreError::from(Fault::Silence))?
        } else {
            receiver.await
        };
        answer.unwrap_or_else(|_| Err(StoreError::closed()))
    }

    /// Acknowledged writes that were found to be gone since this was last asked.
    pub(super) fn take_lost(&self) -> Vec<LostWrites> {
        std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// For how long nothing has become durable that was to.
    pub(super) fn stalled(&self) -> Option<Duration> {
        self.queue.commits.stalled()
    }

    /// Adds the metrics of the transactions.
    pub(super) fn measure(&self, into: &mut Exposition) {
        self.queue.measure(into);
    }

    /// Takes no more work, finishes what is queued, and ends the task.
    pub(super) async fn close(&self) {
        self.queue.close();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // A panic is logged where it happens.
            let _ = task.await;
        }
    }
}

async fn write(mut pipeline: CommitPipeline, mut jobs: mpsc::Receiver<Job>, commits: Commits) {
    let mut queued = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut queued, BATCH).await > 0 {
        let first = Work::of(&mut queued, &commits);
        for Unsettled { work, pending } in pipeline.overlap(first, &mut jobs, &mut queued).await {
            match Box::pin(pipeline.settle(&work.operations, pending)).await {
                Ok(answers) => work.answer(answers),
                Err(fault) => work.fail(fault),
            }
        }
    }
}
