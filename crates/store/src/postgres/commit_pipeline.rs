//! The commit pipeline: two connections, of which one stores a batch while the other one commits the batch before.
//!
//! A batch of mints costs two round trips. The first stores the tokens, and needs nothing of what came before; the second
//! moves the chain on, writes its rows and commits. So they overlap, and neither side waits for the other. All other work, and
//! batches that failed at the first try, are done one at a time with the chain locked from the start.
//!
//! When the connection breaks during a commit, it is not known whether the commit took place. Then a new connection waits until the
//! old transaction has ended, and looks for the rows that it was to write. If they are there, the answers stand. If not, the batch
//! is run again from the same end of the chain, so that only one of the two can be committed. A batch whose outcome is not known in
//! time is answered with an error.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::mpsc;

use super::batch::{self, Batch};
use super::callers::{self, Lock};
use super::connect::Connector;
use super::fault::Fault;
use super::limits;
use super::mint_run::Run;
use super::operation::{Execution, Operation};
use super::sealed::{End, Lookup};
use super::session::Session;
use super::work::{Answers, Job, SharedLostWrites, Signals, Work};
use super::write_target::{
    FIRST_WAIT, Pending, Stored, Unsettled, WriteTarget, add, leading_run, log_retry, unless_moved,
};
use crate::command::Outcome;
use crate::commits::Commits;
use crate::{AuditEntry, Chain, StoreError};
use zonemint_base::clock::{Clock, ticks};

/// How often a batch that failed is tried again before its time is over.
const PACE: Duration = Duration::from_millis(50);

/// Which try it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    First,
    /// A lock was not free in time.
    Again,
}

/// Writes batches.
pub(super) struct CommitPipeline {
    target: WriteTarget,
    /// The second one is made when it is first needed.
    sessions: [Option<Session>; 2],
    /// Where the chain ends: known from a commit on, until something fails.
    end: Option<End>,
    /// Where it ended with the last commit that was answered.
    acknowledged: Option<End>,
    lost: SharedLostWrites,
    /// Whether mints are kept back from accounts of the present batch.
    marked: bool,
}

impl CommitPipeline {
    pub(super) fn new(
        connector: Connector,
        session: Session,
        chain: Chain,
        signals: Signals,
        (commits, clock, lost): (Commits, Clock, SharedLostWrites),
    ) -> Self {
        Self {
            target: WriteTarget { connector, chain, signals, commits, clock },
            sessions: [Some(session), None],
            end: None,
            acknowledged: None,
            lost,
            marked: false,
        }
    }

    /// Stores each batch of mints while the one before is committed, for as long as there are any. `queued` is empty before
    /// and after. Returns what is to be done one by one, in this order.
    pub(super) async fn overlap(
        &mut self,
        first: Work,
        jobs: &mut mpsc::Receiver<Job>,
        queued: &mut Vec<Job>,
    ) -> Vec<Unsettled> {
        self.leave_former_server();
        let Some(mut end) = self.end.take_if(|_| first.is_mints()) else { return vec![first.into()] };
        let acknowledged = &mut self.acknowledged;
        let [this, other] = &mut self.sessions;
        let (mut this, mut other) = (this, other);
        let mut stored = match Box::pin(self.target.store(this, first)).await {
            Ok(stored) => stored,
            Err(unsettled) => return vec![unsettled],
        };
        loop {
            let (committed, next) =
                Box::pin(self.target.commit_and_store((this, stored, end), other, jobs, queued)).await;
            end = match committed {
                Ok(end) => *acknowledged.insert(end),
                Err(unsettled) => return unfinished(unsettled, next, (other, &self.target.commits), queued),
            };
            let next = match next {
                Some(next) => next,
                None if queued.is_empty() => {
                    self.end = Some(end);
                    return Vec::new();
                }
                None => Box::pin(self.target.store(other, Work::of(queued, &self.target.commits))).await,
            };
            stored = match next {
                Ok(stored) => stored,
                Err(unsettled) => return vec![unsettled],
            };
            std::mem::swap(&mut this, &mut other);
        }
    }

    /// Runs a batch by itself, until it is known to be committed, or not, or its time is over.
    pub(super) async fn settle(
        &mut self,
        operations: &[Operation],
        mut pending: Option<Pending>,
    ) -> Result<Answers, Fault> {
        let connector = &self.target.connector;
        let deadline = 2 * connector.statement_timeout() + connector.connect_timeout();
        let settled = tokio::time::timeout(deadline, self.persist(operations, &mut pending)).await;
        if settled.is_ok() && self.marked {
            self.unmark_changing().await;
        }
        settled.unwrap_or_else(|_| {
            // The connection may still run a statement.
            self.sessions[0] = None;
            if pending.is_some() {
                tracing::error!("cannot determine in time whether a transaction was committed");
            }
            Err(Fault::Silence)
        })
    }

    /// Drops connections to a server that another one has taken the place of. They may hang.
    fn leave_former_server(&mut self) {
        if self.target.signals.moved.has_changed().unwrap_or(false) {
            self.target.signals.moved.mark_unchanged();
            (self.sessions, self.end) = ([None, None], None);
        }
    }

    async fn persist(&mut self, operations: &[Operation], pending: &mut Option<Pending>) -> Result<Answers, Fault> {
        let mut pace = ticks(PACE);
        let mut told = false;
        let mut which = Try::First;
        loop {
            pace.tick().await;
            self.leave_former_server();
            let moved = self.target.signals.moved.clone();
            let fault = match unless_moved(moved, Box::pin(self.attempt(operations, pending, which))).await {
                Ok(answers) => return Ok(answers),
                Err(fault) => fault,
            };
            if fault.is_lost() {
                self.sessions[0] = None;
            } else {
                self.roll_back().await;
            }
            if fault.is_locked() && which == Try::First {
                which = Try::Again;
                self.mark_changing(operations).await;
            } else if !fault.is_lost() && !fault.is_passing() {
                return Err(fault);
            }
            if !told {
                log_retry(&fault);
                told = true;
            }
        }
    }

    /// Has mints leave alone the accounts that operations change, for as long as these may take. Without success the operations
    /// have to wait for the mints.
    async fn mark_changing(&mut self, operations: &[Operation]) {
        let accounts: BTreeSet<_> = operations.iter().flat_map(Operation::accounts).collect();
        let Some(session) = self.sessions[0].as_ref().filter(|_| !accounts.is_empty()) else { return };
        self.marked = true;
        let WriteTarget { connector, chain, clock, .. } = &self.target;
        let timeout = connector.answer_timeout();
        let until_ms = clock.latest_ms().saturating_add(u64::try_from(2 * timeout.as_millis()).unwrap_or(0));
        if let Err(fault) = callers::mark_changing(session, timeout, chain, &accounts, until_ms).await {
            tracing::warn!(error = fault.describe(), "cannot make mints wait for a change");
        }
    }

    async fn unmark_changing(&mut self) {
        let Some(session) = &self.sessions[0] else { return };
        self.marked = false;
        let WriteTarget { connector, chain, .. } = &self.target;
        if let Err(fault) = callers::unmark_changing(session, connector.answer_timeout(), chain).await {
            tracing::warn!(error = fault.describe(), "cannot release mints that wait for a change");
        }
    }

    async fn roll_back(&mut self) {
        let Some(session) = &self.sessions[0] else { return };
        let timeout = self.target.connector.answer_timeout();
        if let Err(fault) = limits::timed(timeout, session.batch_execute("ROLLBACK")).await {
            tracing::warn!(error = fault.describe(), "a failed transaction could not be rolled back");
            self.sessions[0] = None;
        }
    }

    async fn attempt(
        &mut self,
        operations: &[Operation],
        pending: &mut Option<Pending>,
        which: Try,
    ) -> Result<Answers, Fault> {
        self.end = None;
        let (lock, limits) = match which {
            Try::First => (Lock::Shared, self.target.limits(FIRST_WAIT)),
            Try::Again => (Lock::SharedIfFree, self.target.full_limits()),
        };
        let target = &self.target;
        let session = target.session(&mut self.sessions[0]).await?;
        if let Some((waiting, trace)) = pending.as_ref().and_then(|waiting| Some((waiting, waiting.trace?))) {
            // The old transaction may hold the chain for longer than a lock is waited for.
            let waits = |fault: Fault| if fault.is_race() { Fault::Overtaken } else { fault };
            if batch::is_committed(session, &target.chain, target.full_limits(), trace).await.map_err(waits)? {
                tracing::info!("a transaction with an unknown outcome is committed");
                self.acknowledged = Some(waiting.end);
                self.lost.lock().unwrap_or_else(PoisonError::into_inner).extend(waiting.lost);
                return Ok(pending.take().map(|pending| pending.answers).unwrap_or_default());
            }
        }
        let (first, rest) = leading_run(operations);
        let mut run = Run::new(first, target.clock.latest_ms(), lock);
        let mut batch = Batch::begin(session, &target.chain, limits, &mut run).await?;
        if let Some((start, trace)) = pending.as_ref().and_then(|waiting| Some((waiting.start, waiting.trace?)))
            && Some(start) != batch.end()
            && batch.find(trace).await? == Lookup::It
        {
            // The old transaction was committed after it was looked for.
            return Err(Fault::Overtaken);
        }
        // From here on it cannot be: the chain is locked, and will not end where it was to begin.
        *pending = None;
        let lost = match self.acknowledged {
            Some(end) => batch.lost(end).await?,
            None => None,
        };
        if let Some(lost) = lost {
            batch.append(AuditEntry::noticed(lost.note()), batch.now_ms());
        }
        let mut answers = Answers::with_capacity(operations.len());
        add(&mut answers, run.answers(&mut batch).await?);
        if let [only] = operations
            && !rest.is_empty()
        {
            match only.run(&mut batch).await? {
                Execution::Keep(answer) => answers.push(Ok(answer)),
                Execution::Undo(answer) => {
                    batch.run("ROLLBACK").await?;
                    return Ok(vec![Ok(answer)]);
                }
                Execution::Refuse(refusal) => {
                    batch.run("ROLLBACK").await?;
                    return Ok(vec![Err(refusal)]);
                }
            }
        } else {
            run_all(&mut batch, rest, &mut answers, (which, lock)).await?;
        }
        let start = batch.end().ok_or(Fault::Corrupt("head"))?;
        let sealed = batch.written().seal(&target.chain, start);
        *pending = Some(Pending { trace: sealed.trace(), start, end: sealed.end(), lost, answers });
        match sealed.commit(session, target.connector.answer_timeout(), target.notifies()).await {
            Ok(()) => {
                self.end = Some(sealed.end());
                self.acknowledged = self.end;
                self.lost.lock().unwrap_or_else(PoisonError::into_inner).extend(lost);
            }
            Err(fault) => {
                if fault.is_answer() && !fault.is_lost() {
                    // It is known not to be committed.
                    *pending = None;
                }
                return Err(fault);
            }
        }
        Ok(pending.take().map(|pending| pending.answers).unwrap_or_default())
    }
}

/// What remains to be done after a commit that failed.
fn unfinished(
    failed: Unsettled,
    next: Option<Result<Stored, Unsettled>>,
    (session, commits): (&mut Option<Session>, &Commits),
    queued: &mut Vec<Job>,
) -> Vec<Unsettled> {
    let mut unfinished = vec![failed];
    match next {
        Some(Ok(stored)) => {
            // Its transaction holds locks that the one before may need.
            *session = None;
            unfinished.push(stored.work.into());
        }
        Some(Err(unsettled)) => unfinished.push(unsettled),
        None => {}
    }
    if !queued.is_empty() {
        unfinished.push(Work::of(queued, commits).into());
    }
    unfinished
}

/// Runs of mints together, all else one by one, in the order in which they were asked for.
async fn run_all(
    batch: &mut Batch<'_>,
    mut rest: &[Operation],
    answers: &mut Answers,
    (which, lock): (Try, Lock),
) -> Result<(), Fault> {
    while let Some((operation, others)) = rest.split_first() {
        answers.push(run_guarded(batch, operation, which).await?);
        let (mints, others) = leading_run(others);
        if !mints.is_empty() {
            let mut run = Run::new(mints, batch.now_ms(), lock);
            run.prepare(batch.client()).await?;
            run.send(batch.client()).await?;
            add(answers, run.answers(batch).await?);
        }
        rest = others;
    }
    Ok(())
}

/// Runs one operation so that its failure is not that of the others.
async fn run_guarded(
    batch: &mut Batch<'_>,
    operation: &Operation,
    which: Try,
) -> Result<Result<Outcome, StoreError>, Fault> {
    let waypoint = batch.waypoint();
    batch.run("SAVEPOINT job").await?;
    let answer = match operation.run(batch).await {
        Ok(Execution::Keep(answer)) => {
            batch.run("RELEASE SAVEPOINT job").await?;
            return Ok(Ok(answer));
        }
        Ok(Execution::Undo(answer)) => Ok(answer),
        Ok(Execution::Refuse(refusal)) => Err(refusal),
        Err(fault) if fault.is_lost() || fault.is_passing() => return Err(fault),
        Err(fault) if fault.is_locked() && which == Try::First => return Err(fault),
        Err(fault) => {
            tracing::warn!(error = fault.describe(), "an operation failed and was undone");
            Err(StoreError::from(fault))
        }
    };
    batch.run("ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job").await?;
    batch.back_to(waypoint);
    Ok(answer)
}
