//! Chains: what one node has written, numbered without gaps in the order of its commits.
//!
//! Each node writes audit rows and changes into a chain of its own, so that no node waits for another. What is committed of a
//! chain is at every moment its beginning, without gaps; a reader that keeps a place for each chain can therefore not be
//! past a row that is committed late. An embedded store has one chain.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Change;

const GENESIS_CONTEXT: &[u8] = b"zonemint audit chain 1";

/// A chain's name: that of the node that writes it; empty for the one chain of an embedded store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chain(Arc<str>);

impl Chain {
    /// Longest name, in bytes: that of a label of a host name.
    pub const LONGEST: usize = 63;

    /// The one of an embedded store.
    #[must_use]
    pub fn embedded() -> Self {
        Self(Arc::from(""))
    }

    /// Takes a name of ASCII letters, digits, dots, hyphens and underscores, or the empty one. None for any other.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        (name.len() <= Self::LONGEST && name.bytes().all(allowed)).then(|| Self(Arc::from(name)))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the first audit row follows. It depends on the name, so that rows of one chain fit into no other.
    #[must_use]
    pub fn genesis(&self) -> [u8; 32] {
        if self.0.is_empty() {
            return [0; 32];
        }
        Sha256::new().chain_update(GENESIS_CONTEXT).chain_update(self.0.as_bytes()).finalize().into()
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain({:?})", self.as_str())
    }
}

/// Where a chain of audit rows ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which chain.
    pub chain: Chain,
    /// The number of its last row.
    pub seq: u64,
    /// The hash of that row.
    pub hash: [u8; 32],
}

/// A reader's place in the change feed: of each chain, the last change seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(BTreeMap<Chain, u64>);

impl Position {
    /// The last change seen of a chain; 0 for none.
    #[must_use]
    pub fn of(&self, chain: &Chain) -> u64 {
        self.0.get(chain).copied().unwrap_or(0)
    }

    /// Notes that all changes of a chain up to `seq` are seen.
    pub fn advance(&mut self, chain: Chain, seq: u64) {
        self.0.insert(chain, seq);
    }

    /// Notes that a change is seen. False when some before it have not been: they are not there any more.
    #[must_use]
    pub fn see(&mut self, change: &Change) -> bool {
        let expected = self.of(&change.chain) + 1;
        self.advance(change.chain.clone(), change.seq);
        change.seq == expected
    }

    /// The chains of which something is seen, and the last change seen.
    pub fn iter(&self) -> impl Iterator<Item = (&Chain, u64)> {
        self.0.iter().map(|(chain, seq)| (chain, *seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Topic;

    #[test]
    fn names_are_those_of_hosts() {
        for name in ["", "node-1.example.org", "Zonemint_0", &"x".repeat(63)] {
            assert_eq!(Chain::parse(name).unwrap().as_str(), name);
        }
        for name in ["a b", "a/b", "ä", "a\n", &"x".repeat(64)] {
            assert_eq!(Chain::parse(name), None, "{name:?}");
        }
        assert_ne!(Chain::parse("a").unwrap().genesis(), Chain::parse("b").unwrap().genesis());
    }

    #[test]
    fn a_place_knows_what_it_has_missed() {
        let mut place = Position::default();
        let [a, b] = ["a", "b"].map(|name| Chain::parse(name).unwrap());
        let change = |chain: &Chain, seq| Change { chain: chain.clone(), seq, topic: Topic::Keys };
        assert!(place.see(&change(&a, 1)));
        assert!(place.see(&change(&b, 1)), "each chain is counted by itself");
        assert!(place.see(&change(&a, 2)));
        assert!(!place.see(&change(&b, 3)), "2 is missing");
        assert_eq!((place.of(&a), place.of(&b)), (2, 3));
    }
}
