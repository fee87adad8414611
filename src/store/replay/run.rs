//! A replay on an opened store, in steps, each one transaction.
//!
//! The trail is read twice. The first time ([`Replay`]) its rows are verified and planned for, and nothing is written. Then the
//! effects are applied, and only then, the second time ([`TrailLoader`]), the rows themselves are put into the store. So a replay that
//! is cut off has at most taken away too early; the same command goes on. Until it has come to its end a mark keeps the store
//! from being served.

use std::collections::BTreeMap;

use super::{Plan, Replayed, Tally, Trail, TrailError};
use crate::model::{User, UserId};
use crate::store::{Actor, AuditAction, AuditEntry, AuditRow, Chain, Head, Mark, Rows, Store, StoreError};

/// Its name in the store. While it is there the store is not to be served. Its text says where the chains ended before.
pub const MARK: &str = "replay";

/// Effects or rows of one transaction. Each costs a round trip to the database, and all together must not take too long.
const STEP: usize = 200;
/// Rows of the store that are read at a time, to be compared.
const PAGE: usize = 1_000;

/// Why a replay does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No row of the trail is the last one of a chain in the store, or follows it.
    #[error(
        "the trail does not reach the end of the chain {chain:?} in the store, row {seq}: files are missing, or were exported before \
         the backup was made"
    )]
    TrailTooShort {
        /// Which chain.
        chain: String,
        /// Its last row in the store.
        seq: u64,
    },
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
    ends: Vec<Head>,
    /// Of an earlier run that was cut off.
    mark: Option<String>,
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
    /// [`StoreError`].
    pub async fn begin(store: &'a dyn Store) -> Result<Self, StoreError> {
        let (ends, mark) = (store.heads().await?, store.mark(MARK).await?);
        let trail = Trail::after(&ends);
        Ok(Self { store, ends, mark, trail, plan: Plan::default(), stored: BTreeMap::new() })
    }

    /// Where the chains of the store end.
    #[must_use]
    pub fn ends(&self) -> &[Head] {
        &self.ends
    }

    /// Where the trail has come to.
    #[must_use]
    pub fn reached(&self) -> Vec<Head> {
        self.trail.reached()
    }

    /// Whether an earlier run was cut off.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.mark.is_some()
    }

    /// Takes the next row of its chain. Rows that the store has itself are compared.
    ///
    /// # Errors
    /// Outside, [`StoreError`]; inside, why the row is none that follows.
    pub async fn row(&mut self, row: &AuditRow) -> Result<Result<(), TrailError>, StoreError> {
        if self.trail.is_stored(row) {
            let hash = self.stored_hash(&row.chain, row.seq).await?;
            return Ok(self.trail.compare(row, hash));
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
            let rows = self.store.audit_after(chain, seq.saturating_sub(1), PAGE).await?;
            *page = Page { from: seq, hashes: rows.into_iter().map(|row| (row.seq, row.hash)).collect() };
        }
        Ok(page.hashes.get(&seq).copied())
    }

    /// Sets the mark: from now on nothing serves the store.
    ///
    /// # Errors
    /// [`ReplayError`]; with [`ReplayError::TrailTooShort`] nothing was written.
    pub async fn lock(self) -> Result<LockedReplay<'a>, ReplayError> {
        for (chain, seq) in self.trail.not_reached() {
            // A chain whose last row is in an archive is one that has long ended.
            if !self.store.audit_after(&chain, seq - 1, 1).await?.is_empty() {
                return Err(ReplayError::TrailTooShort { chain: chain.as_str().to_owned(), seq });
            }
        }
        let before = self.mark.clone().unwrap_or_else(|| backup_ends(&self.ends));
        self.store.set_mark(Mark { name: MARK.to_owned(), value: Some(before.clone()) }).await?;
        Ok(LockedReplay { replay: self, before })
    }

    /// Takes away what the trail says.
    async fn apply(&self, at_ms: u64) -> Result<Replayed, StoreError> {
        let keys: Vec<_> = self.store.keys().await?.iter().map(|key| key.id).collect();
        let mut tally = self.plan.tally(&keys);
        for step in self.plan.effects(at_ms).chunks(STEP) {
            let records = self.store.apply(step.to_vec(), at_ms).await?;
            step.iter().zip(records).for_each(|(effect, records)| tally.add(effect, records));
        }
        if self.goes_on() {
            let Tally { passwords, sign_ins, privileges, .. } = self.plan.affected();
            tally = Tally { passwords, sign_ins, privileges, ..tally };
        }
        self.with_names(tally).await
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

/// A trail that was verified, and a store that nothing serves.
pub struct LockedReplay<'a> {
    replay: Replay<'a>,
    before: String,
}

impl<'a> LockedReplay<'a> {
    /// Takes away what the trail says. The rows must be given once more then.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn apply(self, at_ms: u64) -> Result<TrailLoader<'a>, ReplayError> {
        let Self { replay, before } = self;
        let done = replay.apply(at_ms).await?;
        let Replay { store, ends, trail: reached, .. } = replay;
        Ok(TrailLoader { store, trail: Trail::after(&ends), reached, before, done, rows: Vec::new() })
    }
}

fn backup_ends(ends: &[Head]) -> String {
    ends.iter().map(|end| format!("{}:{}", end.chain.as_str(), end.seq)).collect::<Vec<_>>().join(",")
}

/// A trail whose effects are applied, and whose rows are being put into the store.
pub struct TrailLoader<'a> {
    store: &'a dyn Store,
    trail: Trail,
    /// What the trail was the first time.
    reached: Trail,
    before: String,
    done: Replayed,
    rows: Vec<AuditRow>,
}

impl TrailLoader<'_> {
    /// Takes the next row again.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn row(&mut self, row: AuditRow) -> Result<(), ReplayError> {
        if self.trail.is_stored(&row) || !self.trail.follow(&row).map_err(ReplayError::ChangedRow)? {
            return Ok(());
        }
        self.rows.push(row);
        if self.rows.len() < STEP {
            return Ok(());
        }
        Ok(self.load().await?)
    }

    async fn load(&mut self) -> Result<(), StoreError> {
        let rows = Rows::Audit(std::mem::take(&mut self.rows));
        self.store.load(rows, Mark { name: MARK.to_owned(), value: Some(self.before.clone()) }).await
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
        let note = Some(format!("backup={} {}", self.before, self.done.note()));
        let entry = AuditEntry { note, ..AuditEntry::new(AuditAction::StoreRestore, Actor::Operator) };
        let chain = self.store.chain();
        let end = self.trail.end_of(&chain);
        // In one transaction: else the chain would go on past the trail while the mark is there.
        let row = entry.chained(chain, end, at_ms);
        self.store.load(Rows::Audit(vec![row]), Mark { name: MARK.to_owned(), value: None }).await?;
        Ok(self.done)
    }
}
