//! Chains: what one node has written, numbered without gaps in the order of its commits.
//!
//! Each node writes audit rows and changes into a chain of its own, so that no node waits for another. What is committed of a
//! chain is at every moment its beginning, without gaps; a reader that keeps a position in each chain can therefore not be
//! past a row that is committed late. An embedded store has one chain.

use std::sync::Arc;

use sha2::{Digest, Sha256};

const GENESIS_CONTEXT: &[u8] = b"zonemint audit chain 1";

/// A chain's name: that of the node that writes it; empty for the one chain of an embedded store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
