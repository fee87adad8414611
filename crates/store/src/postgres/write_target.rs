//! The database as the target of writes: its connections' settings and limits, and how a batch of mints is stored ahead of its commit.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::batch::Batch;
use super::callers::Lock;
use super::connect::Connector;
use super::fault::Fault;
use super::limits::{self, Limits};
use super::mint_run::{Mint, Minted, Run};
use super::operation::Operation;
use super::sealed::{End, PendingRecords, Trace};
use super::session::Session;
use super::work::{Answers, BATCH, Job, Signals, Work};
use crate::command::Outcome;
use crate::commits::Commits;
use crate::{Chain, LostWrites};
use zonemint_base::clock::Clock;

/// How long a lock is waited for at first. Then mints of the accounts are kept back, and what is still locked is left out or waited for as
/// long as for any statement.
pub(super) const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Answers that wait for it to be known whether their transaction was committed.
pub(super) struct Pending {
    /// None where nothing would show it: then the batch may be run again.
    pub(super) trace: Option<Trace>,
    /// Where the chain ended before it, and where it does if it was committed.
    pub(super) start: End,
    pub(super) end: End,
    /// What it says to be lost.
    pub(super) lost: Option<LostWrites>,
    pub(super) answers: Answers,
}

/// A batch that is to be done by itself.
pub(super) struct Unsettled {
    pub(super) work: Work,
    /// When it may be committed already.
    pub(super) pending: Option<Pending>,
}

impl From<Work> for Unsettled {
    fn from(work: Work) -> Self {
        Self { work, pending: None }
    }
}

/// Mints that are stored, in a transaction that is still to be committed.
pub(super) struct Stored {
    pub(super) work: Work,
    pub(super) answers: Answers,
    pub(super) written: PendingRecords,
}

/// The database that is written to, and how.
pub(super) struct WriteTarget {
    pub(super) connector: Connector,
    pub(super) chain: Chain,
    pub(super) signals: Signals,
    pub(super) commits: Commits,
    pub(super) clock: Clock,
}

impl WriteTarget {
    pub(super) fn limits(&self, lock: Duration) -> Limits {
        let statement = self.connector.statement_timeout();
        Limits { timeout: self.connector.answer_timeout(), statement, lock: lock.min(statement) }
    }

    /// Of a transaction that waits for a lock as long as for anything.
    pub(super) fn full_limits(&self) -> Limits {
        self.limits(self.connector.statement_timeout())
    }

    pub(super) fn notifies(&self) -> bool {
        self.signals.notify.load(Ordering::Relaxed)
    }

    /// The session, or a new one in its place.
    pub(super) async fn session<'a>(&self, session: &'a mut Option<Session>) -> Result<&'a Session, Fault> {
        if session.as_ref().is_none_or(Session::is_closed) {
            *session = Some(self.connector.session().await?);
        }
        session.as_ref().ok_or(Fault::Silence)
    }

    /// Commits what is stored, and stores the next batch meanwhile, unless nothing is asked for in that time.
    pub(super) async fn commit_and_store(
        &self,
        (session, stored, end): (&mut Option<Session>, Stored, End),
        other: &mut Option<Session>,
        jobs: &mut mpsc::Receiver<Job>,
        queued: &mut Vec<Job>,
    ) -> (Result<End, Unsettled>, Option<Result<Stored, Unsettled>>) {
        // About half of all that is on its way, so that both connections have as much to do.
        let half = usize::midpoint(stored.work.operations.len(), jobs.len()).clamp(1, BATCH);
        let mut commit = Box::pin(self.commit(session, stored, end));
        tokio::select! {
            biased;
            committed = &mut commit => (committed, None),
            () = gather(jobs, queued, half) => {
                let (committed, next) = tokio::join!(commit, self.store(other, Work::of(queued, &self.commits)));
                (committed, Some(next))
            }
        }
    }

    /// Stores a batch without committing it, if it is of mints only.
    pub(super) async fn store(&self, session: &mut Option<Session>, work: Work) -> Result<Stored, Unsettled> {
        if !work.is_mints() {
            return Err(work.into());
        }
        match self.try_store(session, &work.operations).await {
            Ok((answers, written)) => Ok(Stored { work, answers, written }),
            Err(fault) => {
                log_retry(&fault);
                *session = None;
                Err(work.into())
            }
        }
    }

    async fn try_store(
        &self,
        session: &mut Option<Session>,
        operations: &[Operation],
    ) -> Result<(Answers, PendingRecords), Fault> {
        let stored = Box::pin(async {
            let session = self.session(session).await?;
            let (mints, _) = leading_run(operations);
            let mut run = Run::new(mints, self.clock.latest_ms(), Lock::Shared);
            let mut batch = Batch::begin_ahead(session, &self.chain, self.limits(FIRST_WAIT), &mut run).await?;
            let mut answers = Answers::with_capacity(operations.len());
            add(&mut answers, run.answers(&mut batch).await?);
            Ok::<_, Fault>((answers, batch.written()))
        });
        let stored = limits::timed(self.connector.connect_timeout() + self.connector.answer_timeout(), stored);
        unless_moved(self.signals.moved.clone(), stored).await
    }

    /// Commits what is stored after `end`, and answers. Says where the chain ends then.
    pub(super) async fn commit(
        &self,
        session: &mut Option<Session>,
        stored: Stored,
        end: End,
    ) -> Result<End, Unsettled> {
        let Stored { work, answers, written } = stored;
        let sealed = written.seal(&self.chain, end);
        let timeout = self.connector.answer_timeout();
        let committed = match session {
            // A commit itself may take two of these periods. A server that hangs does not even prepare a statement.
            Some(session) => {
                let commit = limits::timed(3 * timeout, sealed.commit(session, timeout, self.notifies()));
                unless_moved(self.signals.moved.clone(), commit).await
            }
            None => Err(Fault::Silence),
        };
        match committed {
            Ok(()) => {
                work.answer(answers);
                Ok(sealed.end())
            }
            Err(fault) => {
                log_retry(&fault);
                *session = None;
                let unknown = !fault.is_answer() || fault.is_lost();
                let pending = unknown.then(|| Pending {
                    trace: sealed.trace(),
                    start: end,
                    end: sealed.end(),
                    lost: None,
                    answers,
                });
                Err(Unsettled { work, pending })
            }
        }
    }
}

/// Waits for work of a server until it is known that another one has taken its place.
pub(super) async fn unless_moved<T>(
    mut moved: watch::Receiver<u64>,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    tokio::select! {
        biased;
        done = work => done,
        Ok(()) = moved.changed() => Err(Fault::Moved),
    }
}

/// Logs that a transaction is tried again, and why.
pub(super) fn log_retry(fault: &Fault) {
    tracing::warn!(error = fault.describe(), "a transaction is tried again");
}

/// Waits until `least` jobs have queued up. What is there when it is no longer waited for stays in `queued`.
async fn gather(jobs: &mut mpsc::Receiver<Job>, queued: &mut Vec<Job>, least: usize) {
    while queued.len() < least {
        if jobs.recv_many(queued, least - queued.len()).await == 0 {
            // No more will come.
            return std::future::pending().await;
        }
    }
}

/// Appends what became of mints.
pub(super) fn add(answers: &mut Answers, minted: Vec<Minted>) {
    answers.extend(minted.into_iter().map(|minted| minted.map(Outcome::Inserted)));
}

/// The mints that come first, and what follows them.
pub(super) fn leading_run(operations: &[Operation]) -> (Vec<Mint<'_>>, &[Operation]) {
    let mints: Vec<_> = operations.iter().map_while(Operation::mint).collect();
    let rest = &operations[mints.len()..];
    (mints, rest)
}
