//! A replay on an opened store, in steps, each one transaction.
//!
//! The trail is read twice. The first time ([`Replay`]) its rows are verified and planned for, and nothing is written. Then the
//! effects are applied, and only then, the second time ([`TrailLoader`]), the rows themselves are put into the store. Until the
//! replay has come to its end a mark keeps the store from being served.
//!
//! A replay that is cut off goes on with the same command. It plans from where the chains ended before the first run, and so has
//! the same effects; the mark says how many of these are applied, and changes in the same transactions. So each effect is
//! applied once: a generation that was ended twice would hide a later end of it from the next replay.

use std::collections::BTreeMap;

use super::mark::{MARK, ReplayProgress, digest, mark};
use super::{Plan, Replayed, Tally, Trail, TrailError};
use crate::{Actor, AuditAction, AuditEntry, AuditRow, Chain, Effect, Head, PAGE_SIZE, Rows, Store, StoreError};
use zonemint_base::model::{User, UserId};

/// Effects or rows of one transaction. Each effect costs a round trip to the database, and all together must not take too long.
const EFFECTS_PER_TRANSACTION: usize = 200;

/// Why a replay does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No row of the trail is the last one of a chain in the store, or follows it.
    #[error(
        "the trail does not reach the end of the chain {chain:?} in the store, row {seq}: files are missing, or were exported before \
         the backup was made. One of the files must contain row {seq} of the chain {chain:?}"
    )]
    TrailTooShort {
        /// Which chain.
        chain: String,
        /// Its last row in the store.
        seq: u64,
    },
    /// The same, and the last row of that chain says that a trail was replayed.
    #[error(
        "a replay on this store is complete: row {seq} of the chain {chain:?} records it, and no file contains that row. \
         For the same trail nothing remains to be done. To replay another one, restore the backup again. If the backup holds that row \
         itself, one of the files must contain it"
    )]
    Finished {
        /// Which chain.
        chain: String,
        /// Its last row in the store.
        seq: u64,
    },
    /// The mark of the run that was cut off is of another version of this program.
    #[error("the mark of the replay that was cut off cannot be read: restore the backup again")]
    Mark,
    /// A command has written meanwhile.
    #[error(
        "the store was changed while the trail was read: let no node and no command run, and run the command again"
    )]
    StoreChanged,
    /// The second time other rows were read than the first time.
    #[error("the files of the trail were changed while they were read; run the command again")]
    Changed,
    /// A row is none that follows, the second time.
    #[error("the files of the trail were changed while they were read: {0}; run the command again")]
    ChangedRow(TrailError),
    /// The store failed. The same command goes on where this one stopped.
    #[error("the store failed; run the command again to go on")]
    Store(#[from] StoreError),
}

/// A trail that is being verified. Nothing is written yet.
pub struct Replay<'a> {
    store: &'a dyn Store,
    /// Where the chains of the store end now.
    ends: Vec<Head>,
    /// Of an earlier run that was cut off: its text, and what that says.
    begun: Option<(String, ReplayProgress)>,
    trail: Trail,
    plan: Plan,
    stored: BTreeMap<Chain, Page>,
}

/// Hashes of rows of a chain, of all that the store has from one number to another.
#[derive(Default)]
struct Page {
    from: u64,
    hashes: BTreeMap<u64, [u8; 32]>,
}

impl<'a> Replay<'a> {
    /// Begins with the store as it is.
    ///
    /// # Errors
    /// [`ReplayError::Mark`], [`ReplayError::Store`].
    pub async fn begin(store: &'a dyn Store) -> Result<Self, ReplayError> {
        let (ends, text) = (store.heads().await?, store.mark(MARK).await?);
        let begun = match text {
            Some(text) => ReplayProgress::parse(&text).map(|begun| Some((text, begun))).ok_or(ReplayError::Mark)?,
            None => None,
        };
        let trail = Trail::after(begun.as_ref().map_or(&ends, |(_, begun)| &begun.ends));
        Ok(Self { store, ends, begun, trail, plan: Plan::default(), stored: BTreeMap::new() })
    }

    /// Where the chains of the store ended before the trail was replayed.
    #[must_use]
    pub fn ends(&self) -> &[Head] {
        self.begun.as_ref().map_or(&self.ends, |(_, begun)| &begun.ends)
    }

    /// Where the trail has come to.
    #[must_use]
    pub fn reached(&self) -> Vec<Head> {
        self.trail.reached()
    }

    /// Whether an earlier run was cut off.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.begun.is_some()
    }

    /// Takes the next row of its chain. Rows that the store has itself are compared.
    ///
    /// # Errors
    /// Outside, [`StoreError`]; inside, why the row is none that follows.
    pub async fn row(&mut self, row: &AuditRow) -> Result<Result<(), TrailError>, StoreError> {
        let hash = if has(&self.ends, row) { self.stored_hash(&row.chain, row.seq).await? } else { None };
        if self.trail.is_stored(row) {
            return Ok(self.trail.compare(row, hash));
        }
        // Rows that an earlier run has stored are compared as well, and are part of the plan, too.
        if hash.is_some_and(|hash| hash != row.hash) {
            return Ok(Err(TrailError::Other(row.seq)));
        }
        Ok(match self.trail.follow(row) {
            Ok(true) => self.plan.take(row),
            other => other.map(|_| ()),
        })
    }

    async fn stored_hash(&mut self, chain: &Chain, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
        let page = self.stored.entry(chain.clone()).or_default();
        let last = page.hashes.last_key_value().map_or(0, |(seq, _)| *seq);
        if !(page.from..=last).contains(&seq) {
            let rows = self.store.audit_after(chain, seq.saturating_sub(1), PAGE_SIZE).await?;
            *page = Page { from: seq, hashes: rows.into_iter().map(|row| (row.seq, row.hash)).collect() };
        }
        Ok(page.hashes.get(&seq).copied())
    }

    /// Sets the mark: from now on nothing serves the store. `now_ms` counts for the first run.
    ///
    /// # Errors
    /// [`ReplayError`]; unless it is [`ReplayError::Store`], nothing was changed.
    pub async fn lock(self, now_ms: u64) -> Result<LockedReplay<'a>, ReplayError> {
        self.refuse_short().await?;
        let at_ms = self.begun.as_ref().map_or(now_ms, |(_, begun)| begun.at_ms);
        let effects = self.plan.effects(at_ms);
        let digest = digest(&effects);
        let same = self.begun.as_ref().filter(|(_, begun)| begun.digest == digest);
        let done = same.map_or(0, |(_, begun)| begun.done.min(effects.len()));
        let begun = ReplayProgress { at_ms, digest, done, ends: self.ends().to_vec() };
        self.store.set_mark(begun.mark()).await?;
        // A command that had opened the store before may have written since the heads were read.
        if self.store.heads().await? != self.ends {
            self.store.set_mark(mark(self.begun.map(|(text, _)| text))).await?;
            return Err(ReplayError::StoreChanged);
        }
        Ok(LockedReplay { replay: self, effects, begun })
    }

    /// Every chain of the store must be reached, and nothing of it may lie behind the trail.
    async fn refuse_short(&self) -> Result<(), ReplayError> {
        let mut apart = self.trail.not_reached();
        let behind = self.ends.iter().filter(|end| self.trail.end_of(&end.chain).0 < end.seq);
        apart.extend(behind.map(|end| (end.chain.clone(), end.seq)));
        for (chain, seq) in &apart {
            let rows = self.store.audit_after(chain, seq - 1, 1).await?;
            if rows.first().is_some_and(Replayed::is_recorded_by) {
                return Err(ReplayError::Finished { chain: chain.as_str().to_owned(), seq: *seq });
            }
        }
        match apart.first() {
            Some((chain, seq)) => Err(ReplayError::TrailTooShort { chain: chain.as_str().to_owned(), seq: *seq }),
            None => Ok(()),
        }
    }

    /// Finds out how those are called whom something was taken from, and leaves out who is not there any more, or has got it
    /// again.
    async fn with_names(&self, tally: Tally) -> Result<Replayed, StoreError> {
        Ok(Replayed {
            rows: Some(self.trail.rows()),
            passwords: self.names(tally.passwords, |user| user.password.is_none()).await?,
            sign_ins: self.names(tally.sign_ins, |user| !user.basic_auth).await?,
            privileges: self.names(tally.privileges, |user| user.privileges.is_empty()).await?,
            ..tally.done
        })
    }

    async fn names(&self, ids: Vec<UserId>, is_so: fn(&User) -> bool) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(user) = self.store.user(id).await?.filter(is_so) {
                names.push(user.name.map_or_else(|| id.to_string(), |name| name.to_string()));
            }
        }
        names.sort();
        Ok(names)
    }
}

/// Whether a store whose chains end here has a row of this chain and number, or has archived it.
fn has(ends: &[Head], row: &AuditRow) -> bool {
    ends.iter().any(|end| end.chain == row.chain && row.seq <= end.seq)
}

/// A trail that was verified, and a store that nothing serves.
pub struct LockedReplay<'a> {
    replay: Replay<'a>,
    effects: Vec<Effect>,
    begun: ReplayProgress,
}

impl<'a> LockedReplay<'a> {
    /// Takes away what the trail says, as far as no earlier run has. The rows must be given once more then.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn apply(self, now_ms: u64) -> Result<TrailLoader<'a>, ReplayError> {
        let Self { replay, effects, mut begun } = self;
        let keys: Vec<_> = replay.store.keys().await?.iter().map(|key| key.id).collect();
        let mut tally = replay.plan.tally(&keys);
        for step in effects[begun.done..].chunks(EFFECTS_PER_TRANSACTION) {
            begun.done += step.len();
            let records = replay.store.apply(step.to_vec(), now_ms, begun.mark()).await?;
            step.iter().zip(records).for_each(|(effect, records)| tally.add(effect, records));
        }
        if replay.goes_on() {
            let Tally { passwords, sign_ins, privileges, .. } = replay.plan.affected();
            tally = Tally { passwords, sign_ins, privileges, ..tally };
        }
        let done = replay.with_names(tally).await?;
        let Replay { store, ends, trail: reached, .. } = replay;
        Ok(TrailLoader {
            store,
            trail: Trail::after(&begun.ends),
            reached,
            stored: ends,
            begun,
            done,
            rows: Vec::new(),
        })
    }
}

/// A trail whose effects are applied, and whose rows are being put into the store.
pub struct TrailLoader<'a> {
    store: &'a dyn Store,
    trail: Trail,
    /// What the trail was the first time.
    reached: Trail,
    /// Where the chains of the store ended when this run began.
    stored: Vec<Head>,
    begun: ReplayProgress,
    done: Replayed,
    rows: Vec<AuditRow>,
}

impl TrailLoader<'_> {
    /// Takes the next row again.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn row(&mut self, row: AuditRow) -> Result<(), ReplayError> {
        if self.trail.is_stored(&row)
            || !self.trail.follow(&row).map_err(ReplayError::ChangedRow)?
            || has(&self.stored, &row)
        {
            return Ok(());
        }
        self.rows.push(row);
        if self.rows.len() < EFFECTS_PER_TRANSACTION {
            return Ok(());
        }
        Ok(self.load().await?)
    }

    async fn load(&mut self) -> Result<(), StoreError> {
        self.store.load(Rows::Audit(std::mem::take(&mut self.rows)), self.begun.mark()).await
    }

    /// Records what was done, and takes the mark away.
    ///
    /// # Errors
    /// [`ReplayError`]; the mark is still there then.
    pub async fn finish(mut self, at_ms: u64) -> Result<Replayed, ReplayError> {
        if self.trail.reached() != self.reached.reached() {
            return Err(ReplayError::Changed);
        }
        self.load().await?;
        let note = Some(format!("backup={} {}", self.begun.backup(), self.done.note()));
        let entry = AuditEntry { note, ..AuditEntry::new(AuditAction::StoreRestore, Actor::Operator) };
        let chain = self.store.chain();
        let end = self.trail.end_of(&chain);
        // In one transaction: else the chain would go on past the trail while the mark is there.
        let row = entry.chained(chain, end, at_ms);
        self.store.load(Rows::Audit(vec![row]), mark(None)).await?;
        Ok(self.done)
    }
}
