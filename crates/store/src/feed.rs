//! The change feed: what was changed, chain by chain, and how a reader knows whether its position is still in it.
//!
//! A database can fail over to an asynchronous standby, or be restored from a backup under running nodes. Then it loses the end of a
//! chain, and other changes get the same numbers. So a number alone does not show that nothing was missed. Each change holds a hash
//! over itself and the change before, so one hash stands for all changes up to it.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::{Break, Chain, LostWrites, Topic, columns};

const CONTEXT: &[u8] = b"zonemint change chain 1";

/// One row of the change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The chain that it belongs to.
    pub chain: Chain,
    /// Rises by one with every change of the chain.
    pub seq: u64,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What was changed.
    pub topic: Topic,
    /// Hash over this change and the one before; none where a program wrote it that knew no hashes.
    pub hash: Option<[u8; 32]>,
}

impl Change {
    /// The change that follows the end of a chain.
    #[must_use]
    pub fn following(chain: Chain, end: Cursor, topic: Topic, at_ms: u64) -> Self {
        let mut change = Self { chain, seq: end.seq + 1, at_ms, topic, hash: None };
        change.hash = Some(change.chained(end.hash));
        change
    }

    /// Where a reader is that has seen this change.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { seq: self.seq, hash: self.hash }
    }

    /// The hash that this change has after one with the hash `previous`; after one without, or as the first, it follows the name
    /// of its chain.
    ///
    /// Every field has a fixed length, or its length before it, so that no two changes give the same bytes.
    #[must_use]
    pub fn chained(&self, previous: Option<[u8; 32]>) -> [u8; 32] {
        let (kind, id) = columns::topic(&self.topic);
        let length = |bytes: &[u8]| [u8::try_from(bytes.len()).unwrap_or(u8::MAX)];
        let previous = previous.unwrap_or_else(|| {
            Sha256::new().chain_update(CONTEXT).chain_update(self.chain.as_str().as_bytes()).finalize().into()
        });
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at_ms.to_be_bytes());
        for bytes in [kind.as_bytes(), id] {
            hash.update(length(bytes));
            hash.update(bytes);
        }
        hash.finalize().into()
    }
}

/// Where one chain ends, or how far it was read: a change's number and hash. The default is before the first change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The number; 0 for none.
    pub seq: u64,
    /// The hash, where there is one.
    pub hash: Option<[u8; 32]>,
}

impl Cursor {
    /// Whether nothing but a number tells which change it is.
    fn is_unhashed(self) -> bool {
        self.seq > 0 && self.hash.is_none()
    }
}

/// A reader's position in the change feed: of each chain, the last change seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(BTreeMap<Chain, Cursor>);

/// What was read from the change feed at one moment.
#[derive(Debug, Clone)]
pub struct FeedPage {
    /// Where the chains end. All that was committed before it was asked for is in it.
    pub ends: Position,
    /// What follows the reader's position, in the order of each chain.
    pub changes: Vec<Change>,
    /// Who answered.
    pub source: Source,
    /// What of this process's own writes was found to be gone since the feed was read last.
    pub lost: Vec<LostWrites>,
}

/// Which database answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Another number for each connection that was made.
    pub connection: u64,
    /// The server's identity and timeline, where the database tells them.
    pub server: Option<String>,
}

impl Position {
    /// The last change seen of a chain.
    #[must_use]
    pub fn of(&self, chain: &Chain) -> Cursor {
        self.0.get(chain).copied().unwrap_or_default()
    }

    /// Notes where a chain ends.
    pub fn set(&mut self, chain: Chain, end: Cursor) {
        self.0.insert(chain, end);
    }

    /// Compares with where the chains end now. Takes over hashes that were missing.
    ///
    /// # Errors
    /// [`Break`] when a chain does not hold what was seen of it.
    pub fn compare(&mut self, ends: &Self) -> Result<(), Break> {
        for (chain, seen) in &mut self.0 {
            let end = ends.of(chain);
            let same = match (seen.hash, end.hash) {
                // What was written without a hash may get one later.
                (None, _) => true,
                (hash, now) => hash == now,
            };
            if end.seq < seen.seq || end.seq == seen.seq && !same {
                return Err(Break::PutBack { chain: chain.clone(), seq: seen.seq });
            }
            if end.seq == seen.seq {
                *seen = end;
            }
        }
        Ok(())
    }

    /// Takes a change as seen.
    ///
    /// # Errors
    /// [`Break`] when it does not follow the last one that was seen.
    pub fn see(&mut self, change: &Change) -> Result<(), Break> {
        let seen = self.of(&change.chain);
        if change.seq != seen.seq + 1 {
            return Err(Break::Missed { chain: change.chain.clone(), seq: seen.seq + 1 });
        }
        match change.hash {
            None if seen.hash.is_some() => return Err(Break::Unhashed),
            // What comes after a change without a hash cannot be compared.
            Some(hash) if !seen.is_unhashed() && hash != change.chained(seen.hash) => {
                return Err(Break::PutBack { chain: change.chain.clone(), seq: seen.seq });
            }
            _ => {}
        }
        self.set(change.chain.clone(), change.cursor());
        Ok(())
    }

    /// The chains of which something is seen, and the last change seen.
    pub fn iter(&self) -> impl Iterator<Item = (&Chain, Cursor)> {
        self.0.iter().map(|(chain, cursor)| (chain, *cursor))
    }
}

/// Looks whether all changes that a store holds follow one another.
#[derive(Debug, Default)]
pub(super) struct FeedCheck {
    position: Position,
    damaged: BTreeSet<Chain>,
}

impl FeedCheck {
    /// Takes the next change; they come in the order of each chain.
    pub(super) fn see(&mut self, change: &Change) {
        let is_first = self.position.of(&change.chain) == Cursor::default();
        if !is_first && matches!(self.position.see(change), Err(Break::PutBack { .. } | Break::Missed { .. })) {
            self.damaged.insert(change.chain.clone());
        }
        // The first one that is kept follows what was purged.
        self.position.set(change.chain.clone(), change.cursor());
    }

    /// What is wrong, each as a sentence, where the chains end at `ends`.
    pub(super) fn findings(mut self, ends: &Position) -> Vec<String> {
        let ended = ends.iter().filter(|(chain, end)| {
            let last = self.position.of(chain);
            last.seq != end.seq || end.hash.is_some() && last.hash.is_some() && last.hash != end.hash
        });
        let ended: Vec<Chain> = ended.map(|(chain, _)| chain.clone()).collect();
        self.damaged.extend(ended);
        let tell = |chain: Chain| format!("the changes of the chain {:?} do not follow one another", chain.as_str());
        self.damaged.into_iter().map(tell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_base::model::UserId;

    fn chain(name: &str) -> Chain {
        Chain::parse(name).unwrap()
    }

    /// Changes of one chain, told apart by `history`.
    fn written(name: &str, count: u8, history: u8) -> Vec<Change> {
        let mut end = Cursor::default();
        (0..count)
            .map(|number| {
                let topic = Topic::User(UserId::from_bytes([number; 16]));
                let change = Change::following(chain(name), end, topic, u64::from(history));
                end = change.cursor();
                change
            })
            .collect()
    }

    fn unhashed(mut changes: Vec<Change>) -> Vec<Change> {
        for change in &mut changes {
            change.hash = None;
        }
        changes
    }

    fn after(changes: &[Change]) -> Position {
        let mut position = Position::default();
        for change in changes {
            position.see(change).unwrap();
        }
        position
    }

    fn put_back(name: &str, seq: u64) -> Result<(), Break> {
        Err(Break::PutBack { chain: chain(name), seq })
    }

    #[test]
    fn each_chain_is_counted_by_itself() {
        let mut position = after(&written("a", 2, 0));
        let others = written("b", 3, 0);
        position.see(&others[0]).unwrap();
        assert_eq!(position.see(&others[2]), Err(Break::Missed { chain: chain("b"), seq: 2 }));
        assert_eq!([position.of(&chain("a")).seq, position.of(&chain("b")).seq], [2, 1]);
        assert_ne!(written("a", 1, 0)[0].hash, others[0].hash, "a change of one chain fits into no other");
    }

    #[test]
    fn a_chain_that_was_put_back_is_told_from_one_that_only_grew() {
        let (before, lost) = (written("a", 3, 1), written("a", 5, 1));
        // The first three are the same, what follows is not.
        let again = |count: u8| {
            let mut changes = before.clone();
            let mut end = before[2].cursor();
            for _ in 3..count {
                changes.push(Change::following(chain("a"), end, Topic::Keys, 2));
                end = changes[changes.len() - 1].cursor();
            }
            changes
        };
        for (ends, expected) in [
            (lost.clone(), Ok(())),
            (before.clone(), put_back("a", 5)),
            (again(4), put_back("a", 5)),
            (again(5), put_back("a", 5)),
            (Vec::new(), put_back("a", 5)),
        ] {
            assert_eq!(after(&lost).compare(&after(&ends)), expected, "{} changes", ends.len());
        }
        // The chain is longer than it was: its end says nothing, the next change does.
        let mut position = after(&lost);
        position.compare(&after(&again(7))).unwrap();
        assert_eq!(position.see(&again(7)[5]), put_back("a", 5));
        // Nothing that was seen is gone.
        let mut position = after(&before);
        position.compare(&after(&again(7))).unwrap();
        assert_eq!(again(7)[3..].iter().try_for_each(|change| position.see(change)), Ok(()));
    }

    #[test]
    fn whatever_is_in_a_change_is_in_its_hash() {
        let change = &written("a", 2, 1)[1];
        let previous = written("a", 1, 1)[0].hash;
        assert_eq!(change.hash, Some(change.chained(previous)));
        let others = [
            Change { seq: 3, ..change.clone() },
            Change { at_ms: 2, ..change.clone() },
            Change { topic: Topic::Keys, ..change.clone() },
            Change { topic: Topic::User(UserId::from_bytes([9; 16])), ..change.clone() },
        ];
        assert!(others.iter().all(|other| Some(other.chained(previous)) != change.hash));
        assert_ne!(Some(change.chained(None)), change.hash);
    }

    #[test]
    fn changes_without_hashes_are_followed_until_one_comes_after_a_hash() {
        let old = unhashed(written("a", 2, 1));
        let mut position = after(&old);
        // A program that knows hashes goes on.
        let new = Change::following(chain("a"), position.of(&chain("a")), Topic::Keys, 3);
        position.see(&new).unwrap();
        // And one that does not, once more: it may have been put back before.
        let older = Change { seq: 4, hash: None, ..new };
        assert_eq!(position.see(&older), Err(Break::Unhashed));
    }

    #[test]
    fn a_hash_that_was_missing_is_taken_over_and_does_not_go_away() {
        let hashed = written("a", 2, 1);
        let mut position = after(&unhashed(hashed.clone()));
        position.compare(&after(&hashed)).unwrap();
        assert_eq!(position, after(&hashed));
        assert_eq!(position.compare(&after(&unhashed(hashed))), put_back("a", 2));
    }

    #[test]
    fn before_the_first_change_nothing_is_missing() {
        let mut position = after(&[]);
        position.compare(&after(&written("a", 2, 1))).unwrap();
        position.see(&written("a", 2, 1)[0]).unwrap();
        let forged = Change { hash: Some([7; 32]), ..written("b", 1, 1)[0].clone() };
        assert_eq!(position.see(&forged), put_back("b", 0), "it follows something that was not read");
    }

    #[test]
    fn a_check_finds_changes_that_do_not_follow_one_another() {
        let check = |changes: &[Change], ends: &Position| {
            let mut check = FeedCheck::default();
            for change in changes {
                check.see(change);
            }
            check.findings(ends)
        };
        let good = written("a", 4, 1);
        let ends = after(&good);
        let damaged = ["the changes of the chain \"a\" do not follow one another"];
        assert_eq!(check(&good, &ends), [""; 0]);
        assert_eq!(check(&good[2..], &ends), [""; 0], "the first ones are purged");
        assert_eq!(check(&unhashed(good.clone()), &ends), [""; 0], "there is nothing to compare");
        assert_eq!(check(&good[..3], &ends), damaged, "the last one is gone");
        assert_eq!(check(&[], &ends), damaged, "all are gone");
        assert_eq!(check(&[good[0].clone(), good[3].clone()], &ends), damaged, "some are gone");
        let mut changed = good.clone();
        changed[1].at_ms += 1;
        assert_eq!(check(&changed, &ends), damaged);
        let other = written("a", 4, 2);
        assert_eq!(check(&other, &ends), damaged, "the end is another one");
    }
}
