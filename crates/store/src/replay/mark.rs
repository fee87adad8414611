//! The mark of a replay: what the run that goes on must know of the one that was cut off.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::{Chain, Effect, Head, Mark};
use zonemint_base::model::{from_hex, hex};

/// Its name in the store. While it is there the store is not to be served.
pub const MARK: &str = "replay";

/// What the mark says. The first run decides it, and a run that goes on makes the same plan from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReplayProgress {
    /// When the first run began, in milliseconds since the Unix epoch.
    pub(super) at_ms: u64,
    /// Of the list of effects ([`digest`]).
    pub(super) digest: String,
    /// How many of the effects are applied.
    pub(super) done: usize,
    /// Where the chains of the store ended before the first run.
    pub(super) ends: Vec<Head>,
}

impl ReplayProgress {
    /// The mark that says so.
    pub(super) fn mark(&self) -> Mark {
        let Self { at_ms, digest, done, ends } = self;
        let mut value = format!("at={at_ms} effects={digest}:{done}");
        for Head { chain, seq, hash } in ends {
            let _ = write!(value, " end={}:{seq}:{}", chain.as_str(), hex(hash));
        }
        mark(Some(value))
    }

    /// Takes back the text of [`ReplayProgress::mark`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let at_ms = parts.next()?.strip_prefix("at=")?.parse().ok()?;
        let (digest, done) = parts.next()?.strip_prefix("effects=")?.split_once(':')?;
        let ends = parts.map(end).collect::<Option<_>>()?;
        Some(Self { at_ms, digest: digest.to_owned(), done: done.parse().ok()?, ends })
    }

    /// Where the chains ended, for the note of the audit row.
    pub(super) fn backup(&self) -> String {
        let ends = self.ends.iter().map(|end| format!("{}:{}", end.chain.as_str(), end.seq));
        ends.collect::<Vec<_>>().join(",")
    }
}

/// The mark with this text.
pub(super) fn mark(value: Option<String>) -> Mark {
    Mark { name: MARK.to_owned(), value }
}

fn end(text: &str) -> Option<Head> {
    let mut parts = text.strip_prefix("end=")?.splitn(3, ':');
    let (chain, seq, hash) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Head { chain: Chain::parse(chain)?, seq: seq.parse().ok()?, hash: from_hex(hash)? })
}

/// Identifies a list of effects: 16 hexadecimal digits.
pub(super) fn digest(effects: &[Effect]) -> String {
    let mut hash = Sha256::new();
    for effect in effects {
        hash.update(format!("{effect}\n"));
    }
    hex(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let head = |name, seq| Head { chain: Chain::parse(name).unwrap(), seq, hash: [7; 32] };
        for ends in [vec![], vec![head("", 3), head("node-1.example", 99)]] {
            let begun = ReplayProgress { at_ms: 5, digest: digest(&[Effect::RevokeEveryToken(1)]), done: 400, ends };
            assert_eq!(begun.digest.len(), 16);
            assert_eq!(ReplayProgress::parse(begun.mark().value.as_deref().unwrap()), Some(begun));
        }
    }

    #[test]
    fn a_mark_of_another_form_is_not_taken() {
        for text in ["", "node:478", "at=1 effects=ab:0 node:478", "at=1 effects=ab:0 end=node:1:ab"] {
            assert_eq!(ReplayProgress::parse(text), None, "{text}");
        }
    }

    #[test]
    fn lists_of_effects_that_differ_have_different_digests() {
        let lists = [vec![], vec![Effect::RevokeEveryToken(1)], vec![Effect::RaiseEveryGeneration(1)]];
        let digests = lists.map(|list| digest(&list));
        assert!(digests[0] != digests[1] && digests[1] != digests[2]);
    }
}
