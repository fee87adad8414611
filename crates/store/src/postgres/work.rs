//! The operations of one transaction, and the callers that wait for their answers.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use super::fault::Fault;
use super::operation::Operation;
use crate::answers::{Responder, WriteResult, give_all};
use crate::commits::Commits;
use crate::{LostWrites, StoreError};

/// Work that one transaction may hold. Bounds how long the first in the batch waits for the last.
pub(super) const BATCH: usize = 1_024;

/// An operation, and the caller that waits for its answer.
pub(super) struct Job {
    pub(super) operation: Operation,
    pub(super) responder: Responder,
}

/// Acknowledged writes that were found to be gone, for the caller that asks.
pub(super) type SharedLostWrites = Arc<Mutex<Vec<LostWrites>>>;

/// What others know of the database.
pub(super) struct Signals {
    /// Whether NOTIFY is understood.
    pub(super) notify: Arc<AtomicBool>,
    /// Changes when another server answers than before.
    pub(super) moved: watch::Receiver<u64>,
}

/// What each operation of a batch came to.
pub(super) type Answers = Vec<WriteResult>;

/// The jobs of one transaction, in the order in which they were asked for.
pub(super) struct Work {
    pub(super) operations: Vec<Operation>,
    responders: Vec<Responder>,
    commits: Commits,
    /// When they were taken, by the clock of `commits`.
    since: Duration,
}

impl Work {
    /// Takes all jobs.
    pub(super) fn of(jobs: &mut Vec<Job>, commits: &Commits) -> Self {
        let (operations, responders) = jobs.drain(..).map(|job| (job.operation, job.responder)).unzip();
        Self { operations, responders, commits: commits.clone(), since: commits.begin() }
    }

    /// Whether there is nothing in it but mints.
    pub(super) fn is_mints(&self) -> bool {
        self.operations.iter().all(|operation| operation.mint().is_some())
    }

    /// They are durable: sends the answers to the waiting callers.
    pub(super) fn answer(self, answers: Answers) {
        let inserted = self.operations.iter().any(|operation| operation.mint().is_some() || operation.is_proof());
        self.commits.done(self.operations.len(), self.since, inserted);
        self.answer_each(answers);
    }

    fn answer_each(self, answers: Answers) {
        give_all(self.responders.into_iter().zip(answers));
    }

    /// They failed: sends the error to the waiting callers.
    pub(super) fn fail(self, fault: Fault) {
        tracing::error!(error = fault.describe(), operations = self.operations.len(), "a transaction failed");
        self.commits.failed();
        let error = StoreError::from(fault);
        let answers = self.operations.iter().map(|_| Err(error.clone())).collect();
        self.answer_each(answers);
    }
}
