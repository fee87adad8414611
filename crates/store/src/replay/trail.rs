//! Which rows follow a store, chain by chain.

use std::collections::BTreeMap;

use crate::{AuditRow, Chain, Head};

/// Why a row is none of the trail that follows the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrailError {
    /// It does not follow the row before.
    #[error("row {0} was changed, or is of another store: its hash does not follow from the row before")]
    Hash(u64),
    /// It is not the row that the store has.
    #[error("row {0} is another one in the backup: this trail is of another store")]
    Other(u64),
    /// The trail has it twice, and differently.
    #[error("row {0} is another one further up: these are trails of two stores")]
    Another(u64),
    /// Rows are missing.
    #[error("rows {from} to {to} are missing")]
    Gap {
        /// The first one.
        from: u64,
        /// The last one.
        to: u64,
    },
    /// It is of another chain.
    #[error("it is of the chain {0:?}, which the backup does not have so far")]
    Chain(String),
    /// Its note does not name what its action needs.
    #[error("the note of row {0} cannot be read")]
    Note(u64),
}

/// How far a trail has come in each chain. Rows of one chain come in order; between chains there is no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail(BTreeMap<Chain, ChainProgress>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct ChainProgress {
    /// Where the store ends.
    stored: (u64, [u8; 32]),
    /// Where the trail has come to.
    reached: (u64, [u8; 32]),
    /// How the hashes of the rows behind the store begin: files may overlap, and must agree where they do.
    taken: Vec<[u8; 8]>,
    /// Whether a row is the last one of the store, or follows it.
    joined: bool,
}

impl Trail {
    /// One that follows a store whose chains end here.
    #[must_use]
    pub fn after(ends: &[Head]) -> Self {
        let chains = ends.iter().map(|Head { chain, seq, hash }| (chain.clone(), ChainProgress::after((*seq, *hash))));
        Self(chains.collect())
    }

    /// Whether the store has a row of this chain and number, or has archived it.
    #[must_use]
    pub fn is_stored(&self, row: &AuditRow) -> bool {
        self.0.get(&row.chain).is_some_and(|progress| row.seq <= progress.stored.0)
    }

    /// Takes a row that the store has; `hash` is the one that it has there, none if it was archived.
    ///
    /// # Errors
    /// [`TrailError::Other`].
    pub fn compare(&mut self, row: &AuditRow, hash: Option<[u8; 32]>) -> Result<(), TrailError> {
        let progress = self.progress(&row.chain);
        let is_last = row.seq == progress.stored.0;
        let expected = hash.or_else(|| is_last.then_some(progress.stored.1));
        if expected.is_some_and(|expected| expected != row.hash) {
            return Err(TrailError::Other(row.seq));
        }
        progress.joined |= is_last;
        Ok(())
    }

    /// Takes a row that the store does not have. False when the trail has had it already.
    ///
    /// # Errors
    /// [`TrailError`] when it does not follow the row before.
    pub fn follow(&mut self, row: &AuditRow) -> Result<bool, TrailError> {
        let progress = self.progress(&row.chain);
        let (seq, hash) = progress.reached;
        if row.seq <= seq {
            let index = row.seq.checked_sub(progress.stored.0 + 1).and_then(|index| usize::try_from(index).ok());
            let taken = index.and_then(|index| progress.taken.get(index));
            return if taken == Some(&beginning(&row.hash)) { Ok(false) } else { Err(TrailError::Another(row.seq)) };
        }
        if row.seq > seq + 1 {
            return Err(TrailError::Gap { from: seq + 1, to: row.seq - 1 });
        }
        if row.chained(&hash) != row.hash {
            return Err(TrailError::Hash(row.seq));
        }
        progress.joined = true;
        progress.taken.push(beginning(&row.hash));
        progress.reached = (row.seq, row.hash);
        Ok(true)
    }

    /// Where the trail has come to in each chain, in the order of their names; where the store ends in those that it does not have.
    #[must_use]
    pub fn reached(&self) -> Vec<Head> {
        let head = |(chain, progress): (&Chain, &ChainProgress)| {
            let (seq, hash) = progress.reached;
            Head { chain: chain.clone(), seq, hash }
        };
        self.0.iter().map(head).collect()
    }

    /// Where the trail has come to in one chain.
    #[must_use]
    pub fn end_of(&self, chain: &Chain) -> (u64, [u8; 32]) {
        self.0.get(chain).map_or((0, chain.genesis()), |progress| progress.reached)
    }

    /// The chains of the store whose end no row is, and none follows, with the number of their last row.
    #[must_use]
    pub fn not_reached(&self) -> Vec<(Chain, u64)> {
        let apart = self.0.iter().filter(|(_, progress)| !progress.joined);
        apart.map(|(chain, progress)| (chain.clone(), progress.stored.0)).collect()
    }

    /// How many rows follow the store.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.values().map(|progress| progress.reached.0 - progress.stored.0).sum()
    }

    fn progress(&mut self, chain: &Chain) -> &mut ChainProgress {
        self.0.entry(chain.clone()).or_insert_with(|| ChainProgress::after((0, chain.genesis())))
    }
}

impl ChainProgress {
    fn after(end: (u64, [u8; 32])) -> Self {
        Self { stored: end, reached: end, taken: Vec::new(), joined: end.0 == 0 }
    }
}

fn beginning(hash: &[u8; 32]) -> [u8; 8] {
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, AuditAction, AuditEntry};

    fn chain(name: &str) -> Chain {
        Chain::parse(name).unwrap()
    }

    /// The first rows of a chain.
    fn rows(name: &str, count: u64) -> Vec<AuditRow> {
        let mut end = (0, chain(name).genesis());
        let row = |at_ms| {
            let row = AuditEntry::new(AuditAction::TokenPurge, Actor::System).chained(chain(name), end, at_ms);
            end = (row.seq, row.hash);
            row
        };
        (0..count).map(row).collect()
    }

    fn end(row: &AuditRow) -> Head {
        Head { chain: row.chain.clone(), seq: row.seq, hash: row.hash }
    }

    fn take(trail: &mut Trail, row: &AuditRow) -> Result<(), TrailError> {
        if trail.is_stored(row) { trail.compare(row, None) } else { trail.follow(row).map(|_| ()) }
    }

    #[test]
    fn each_chain_is_followed_by_itself_and_rows_of_several_come_in_any_order() {
        let (one, two) = (rows("one", 4), rows("two", 3));
        let mut trail = Trail::after(&[end(&one[1]), end(&two[0])]);
        for row in [&two[0], &one[2], &two[1], &one[3], &two[2]] {
            take(&mut trail, row).unwrap();
        }
        assert_eq!(trail.reached(), [end(&one[3]), end(&two[2])]);
        assert_eq!((trail.rows(), trail.not_reached()), (4, vec![]));
        assert_eq!([&one[2], &one[3]].map(|row| trail.follow(row)), [Ok(false), Ok(false)], "files may overlap");
        let other = AuditRow { hash: [9; 32], ..one[2].clone() };
        assert_eq!(trail.follow(&other), Err(TrailError::Another(3)));
    }

    #[test]
    fn a_chain_that_the_store_does_not_have_begins_with_its_first_row() {
        let late = rows("late", 2);
        let mut trail = Trail::after(&[]);
        assert_eq!(take(&mut trail, &late[1]), Err(TrailError::Gap { from: 1, to: 1 }));
        for row in &late {
            take(&mut trail, row).unwrap();
        }
        assert_eq!(trail.end_of(&chain("late")), (2, late[1].hash));
    }

    #[test]
    fn a_chain_whose_end_the_trail_does_not_have_is_named() {
        let (one, two) = (rows("one", 3), rows("two", 5));
        let mut trail = Trail::after(&[end(&one[2]), end(&two[3])]);
        take(&mut trail, &one[1]).unwrap();
        take(&mut trail, &two[4]).unwrap();
        assert_eq!(trail.not_reached(), [(chain("one"), 3)]);
    }

    #[test]
    fn the_last_row_is_compared_though_it_is_archived() {
        let (one, mut other) = (rows("one", 2), rows("one", 2));
        other[1].hash = [7; 32];
        let mut trail = Trail::after(&[end(&one[1])]);
        assert_eq!(take(&mut trail, &other[1]), Err(TrailError::Other(2)));
        assert_eq!(take(&mut trail, &other[0]), Ok(()), "nobody knows it any more");
    }
}
