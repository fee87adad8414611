//! Where batches are written: two connections, of which one stores a batch while the other one commits the batch before.
//!
//! A batch of mints costs two round trips. The first stores the tokens, and needs nothing of what came before; the second
//! moves the chain on, writes its rows and commits. So they overlap, and neither side waits for the other. All else, and
//! whatever failed at the first try, is done one batch at a time with the chain locked from the start.
//!
//! When the connection breaks while a commit is under way, nobody knows whether it took place. Then a new connection waits
//! until the old transaction has ended, and looks whether what it was to leave behind is there: if so the answers stand, if
//! not the batch is run again, from the same end of the chain, so that only one of the two can be committed. What cannot be
//! found out in time is answered with an error.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use tokio::sync::mpsc;

use super::batch::{self, Batch, Limits};
use super::callers::{self, Lock};
use super::connect::Connector;
use super::fault::Fault;
use super::mints::{Minted, Run};
use super::operation::{Answer, Operation, Ran};
use super::sealed::{End, Found, Trace, Written};
use super::writer::{Answers, BATCH, Job, Lost, Work};
use crate::clock::Clock;
use crate::store::commits::Commits;
use crate::store::{Actor, AuditAction, AuditEntry, Chain, StoreError};

/// How often a batch that failed is tried again before its time is over.
const PACE: Duration = Duration::from_millis(50);

/// How long a lock is waited for at first. Then mints of the accounts are kept back, and what is still locked is left out or waited for as
/// long as for any statement.
pub(super) const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Which try it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    First,
    /// A lock was waited for in vain.
    Again,
}

/// Answers that wait for it to be known whether their transaction was committed.
pub(super) struct Pending {
    /// None where nothing would show it: then the batch may be run again.
    trace: Option<Trace>,
    /// Where the chain ended before it, and where it does if it was committed.
    start: End,
    end: End,
    answers: Answers,
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
struct Stored {
    work: Work,
    answers: Answers,
    written: Written,
}

/// What is needed to write.
pub(super) struct Desk {
    place: Place,
    /// The second one is made when it is first needed.
    sessions: [Option<ClientWrapper>; 2],
    /// Where the chain ends: known from a commit on, until something fails.
    end: Option<End>,
    /// Where it ended with the last commit that was answered.
    acknowledged: Option<End>,
    lost: Lost,
    /// Whether mints are kept back from accounts of the present batch.
    marked: bool,
}

/// Where is written to, and how.
struct Place {
    connector: Connector,
    chain: Chain,
    /// Whether NOTIFY is understood.
    notify: Arc<AtomicBool>,
    commits: Commits,
    clock: Clock,
}

impl Desk {
    pub(super) fn new(
        connector: Connector,
        session: ClientWrapper,
        chain: Chain,
        notify: Arc<AtomicBool>,
        (commits, clock, lost): (Commits, Clock, Lost),
    ) -> Self {
        Self {
            place: Place { connector, chain, notify, commits, clock },
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
        let Some(mut end) = self.end.take_if(|_| first.is_mints()) else { return vec![first.into()] };
        let acknowledged = &mut self.acknowledged;
        let [this, other] = &mut self.sessions;
        let (mut this, mut other) = (this, other);
        let mut stored = match self.place.store(this, first).await {
            Ok(stored) => stored,
            Err(unsettled) => return vec![unsettled],
        };
        loop {
            let (committed, next) = self.place.commit_and_store((this, stored, end), other, jobs, queued).await;
            end = match committed {
                Ok(end) => *acknowledged.insert(end),
                Err(unsettled) => return left(unsettled, next, (other, &self.place.commits), queued),
            };
            let next = match next {
                Some(next) => next,
                None if queued.is_empty() => {
                    self.end = Some(end);
                    return Vec::new();
                }
                None => self.place.store(other, Work::of(queued, &self.place.commits)).await,
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
        let connector = &self.place.connector;
        let deadline = 2 * connector.statement_timeout() + connector.connect_timeout();
        let settled = tokio::time::timeout(deadline, self.persist(operations, &mut pending)).await;
        if settled.is_ok() && self.marked {
            self.unmark_changing().await;
        }
        settled.unwrap_or_else(|_| {
            // The connection is in the midst of something.
            self.sessions[0] = None;
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
        let mut which = Try::First;
        loop {
            pace.tick().await;
            let fault = match self.attempt(operations, pending, which).await {
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
                tell(&fault);
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
        let Place { connector, chain, clock, .. } = &self.place;
        let patience = connector.patience();
        let until_ms = clock.latest_ms().saturating_add(u64::try_from(2 * patience.as_millis()).unwrap_or(0));
        if let Err(fault) = callers::mark_changing(session, patience, chain, &accounts, until_ms).await {
            tracing::warn!(error = fault.told(), "mints could not be asked to wait for a change");
        }
    }

    async fn unmark_changing(&mut self) {
        let Some(session) = &self.sessions[0] else { return };
        self.marked = false;
        let Place { connector, chain, .. } = &self.place;
        if let Err(fault) = callers::unmark_changing(session, connector.patience(), chain).await {
            tracing::warn!(error = fault.told(), "mints could not be told that they need not wait any more");
        }
    }

    async fn roll_back(&mut self) {
        let Some(session) = &self.sessions[0] else { return };
        let patience = self.place.connector.patience();
        if let Err(fault) = batch::timed(patience, session.batch_execute("ROLLBACK")).await {
            tracing::warn!(error = fault.told(), "a failed transaction could not be rolled back");
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
            Try::First => (Lock::Shared, self.place.limits(FIRST_WAIT)),
            Try::Again => (Lock::SharedIfFree, self.place.patient_limits()),
        };
        let place = &self.place;
        let session = place.session(&mut self.sessions[0]).await?;
        if let Some((waiting, trace)) = pending.as_ref().and_then(|waiting| Some((waiting, waiting.trace?))) {
            // The old transaction may hold the chain for longer than a lock is waited for.
            let waits = |fault: Fault| if fault.is_race() { Fault::Overtaken } else { fault };
            if batch::is_committed(session, &place.chain, place.patient_limits(), trace).await.map_err(waits)? {
                tracing::info!("a transaction whose end was not seen is committed");
                self.acknowledged = Some(waiting.end);
                return Ok(pending.take().map(|pending| pending.answers).unwrap_or_default());
            }
        }
        let (first, rest) = leading_run(operations);
        let mut run = Run::new(first, place.clock.latest_ms(), lock);
        let mut batch = Batch::begin(session, &place.chain, limits, &mut run).await?;
        if let Some((start, trace)) = pending.as_ref().and_then(|waiting| Some((waiting.start, waiting.trace?)))
            && Some(start) != batch.end()
            && batch.find(trace).await? == Found::It
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
            let note = Some(lost.to_string());
            let entry = AuditEntry { note, ..AuditEntry::new(AuditAction::StorePutBack, Actor::System) };
            batch.append(entry, batch.now_ms());
        }
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
                Ran::Refuse(refusal) => {
                    batch.run("ROLLBACK").await?;
                    return Ok(vec![Err(refusal)]);
                }
            }
        } else {
            run_all(&mut batch, rest, &mut answers, (which, lock)).await?;
        }
        let start = batch.end().ok_or(Fault::Corrupt("head"))?;
        let sealed = batch.written().seal(&place.chain, start);
        *pending = Some(Pending { trace: sealed.trace(), start, end: sealed.end(), answers });
        match sealed.commit(session, place.connector.patience(), place.notifies()).await {
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

impl Place {
    fn limits(&self, lock: Duration) -> Limits {
        let statement = self.connector.statement_timeout();
        Limits { patience: self.connector.patience(), statement, lock: lock.min(statement) }
    }

    /// Of a transaction that waits for a lock as long as for anything.
    fn patient_limits(&self) -> Limits {
        self.limits(self.connector.statement_timeout())
    }

    fn notifies(&self) -> bool {
        self.notify.load(Ordering::Relaxed)
    }

    /// The session, or a new one in its place.
    async fn session<'a>(&self, session: &'a mut Option<ClientWrapper>) -> Result<&'a ClientWrapper, Fault> {
        if session.as_ref().is_none_or(|session| session.is_closed()) {
            *session = Some(self.connector.session().await?);
        }
        session.as_ref().ok_or(Fault::Silence)
    }

    /// Commits what is stored, and stores the next batch meanwhile, unless nothing is asked for in that time.
    async fn commit_and_store(
        &self,
        (session, stored, end): (&mut Option<ClientWrapper>, Stored, End),
        other: &mut Option<ClientWrapper>,
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
    async fn store(&self, session: &mut Option<ClientWrapper>, work: Work) -> Result<Stored, Unsettled> {
        if !work.is_mints() {
            return Err(work.into());
        }
        match self.try_store(session, &work.operations).await {
            Ok((answers, written)) => Ok(Stored { work, answers, written }),
            Err(fault) => {
                tell(&fault);
                *session = None;
                Err(work.into())
            }
        }
    }

    async fn try_store(
        &self,
        session: &mut Option<ClientWrapper>,
        operations: &[Operation],
    ) -> Result<(Answers, Written), Fault> {
        batch::timed(self.connector.connect_timeout() + self.connector.patience(), async {
            let session = self.session(session).await?;
            let (mints, _) = leading_run(operations);
            let mut run = Run::new(mints, self.clock.latest_ms(), Lock::Shared);
            let mut batch = Batch::begin_ahead(session, &self.chain, self.limits(FIRST_WAIT), &mut run).await?;
            let mut answers = Answers::with_capacity(operations.len());
            add(&mut answers, run.answers(&mut batch).await?);
            Ok::<_, Fault>((answers, batch.written()))
        })
        .await
    }

    /// Commits what is stored after `end`, and answers. Says where the chain ends then.
    async fn commit(&self, session: &mut Option<ClientWrapper>, stored: Stored, end: End) -> Result<End, Unsettled> {
        let Stored { work, answers, written } = stored;
        let sealed = written.seal(&self.chain, end);
        let patience = self.connector.patience();
        let committed = match session {
            // A commit itself may take two of these periods. A server that hangs does not even prepare a statement.
            Some(session) => batch::timed(3 * patience, sealed.commit(session, patience, self.notifies())).await,
            None => Err(Fault::Silence),
        };
        match committed {
            Ok(()) => {
                work.answer(answers);
                Ok(sealed.end())
            }
            Err(fault) => {
                tell(&fault);
                *session = None;
                let unknown = !fault.is_answer() || fault.is_lost();
                let pending =
                    unknown.then(|| Pending { trace: sealed.trace(), start: end, end: sealed.end(), answers });
                Err(Unsettled { work, pending })
            }
        }
    }
}

fn tell(fault: &Fault) {
    tracing::warn!(error = fault.told(), "a transaction is tried again");
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

/// What remains to be done after a commit that failed.
fn left(
    failed: Unsettled,
    next: Option<Result<Stored, Unsettled>>,
    (session, commits): (&mut Option<ClientWrapper>, &Commits),
    queued: &mut Vec<Job>,
) -> Vec<Unsettled> {
    let mut left = vec![failed];
    match next {
        Some(Ok(stored)) => {
            // Its transaction holds locks that the one before may need.
            *session = None;
            left.push(stored.work.into());
        }
        Some(Err(unsettled)) => left.push(unsettled),
        None => {}
    }
    if !queued.is_empty() {
        left.push(Work::of(queued, commits).into());
    }
    left
}

/// Appends what became of mints.
fn add(answers: &mut Answers, minted: Vec<Minted>) {
    answers.extend(minted.into_iter().map(|minted| minted.map(Answer::Inserted)));
}

/// The mints that come first, and what follows them.
fn leading_run(operations: &[Operation]) -> (Vec<super::mints::Mint<'_>>, &[Operation]) {
    let mints: Vec<_> = operations.iter().map_while(Operation::mint).collect();
    let rest = &operations[mints.len()..];
    (mints, rest)
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
) -> Result<Result<Answer, StoreError>, Fault> {
    let waypoint = batch.waypoint();
    batch.run("SAVEPOINT job").await?;
    let answer = match operation.run(batch).await {
        Ok(Ran::Keep(answer)) => {
            batch.run("RELEASE SAVEPOINT job").await?;
            return Ok(Ok(answer));
        }
        Ok(Ran::Undo(answer)) => Ok(answer),
        Ok(Ran::Refuse(refusal)) => Err(refusal),
        Err(fault) if fault.is_lost() || fault.is_passing() => return Err(fault),
        Err(fault) if fault.is_locked() && which == Try::First => return Err(fault),
        Err(fault) => {
            tracing::warn!(error = fault.told(), "an operation failed and was undone");
            Err(StoreError::from(fault))
        }
    };
    batch.run("ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job").await?;
    batch.back_to(waypoint);
    Ok(answer)
}
