//! The notes of rows that speak of chains, and the text of a chain's end. Each has one spelling; nothing else is accepted.
//!
//! ```text
//! end         = chain ":" number ":" 64 hexadecimal digits
//! checkpoint  = "heads=" end *( "," end )               ; in the order of the chains' names
//! archive     = "through=" end [ " previous=" 64 hexadecimal digits ]
//! ```

use std::fmt::{self, Write as _};

use zonemint_base::model::{from_hex, hex};
use zonemint_store::{Chain, Head};

/// A text that is no end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not the end of a chain: expected CHAIN:NUMBER:HASH as `zonemint audit verify` prints it, with 64 hexadecimal digits"
)]
pub struct NotAnEnd(String);

/// A row that stands in a chain: its chain, number and hash. Written `CHAIN:NUMBER:HASH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End(pub Head);

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.0.chain.as_str(), self.0.seq, hex(&self.0.hash))
    }
}

impl std::str::FromStr for End {
    type Err = NotAnEnd;

    fn from_str(text: &str) -> Result<Self, NotAnEnd> {
        let parse = || {
            let (chain, rest) = text.split_once(':')?;
            let (number, hash) = rest.split_once(':')?;
            let seq: u64 = number.parse().ok()?;
            let end = Head { chain: Chain::parse(chain)?, seq, hash: from_hex(hash)? };
            (seq > 0 && seq.to_string() == number).then_some(Self(end))
        };
        parse().ok_or_else(|| NotAnEnd(text.to_owned()))
    }
}

/// The note of a checkpoint: where other chains end.
#[must_use]
pub fn checkpoint(ends: &[Head]) -> String {
    let ends: Vec<_> = ends.iter().map(|head| End(head.clone()).to_string()).collect();
    format!("heads={}", ends.join(","))
}

/// Takes back what [`checkpoint`] gave.
#[must_use]
pub fn parse_checkpoint(note: &str) -> Option<Vec<Head>> {
    let ends: Option<Vec<Head>> =
        note.strip_prefix("heads=")?.split(',').map(|end| Some(end.parse::<End>().ok()?.0)).collect();
    ends.filter(|ends| ends.is_sorted_by(|one, other| one.chain < other.chain))
}

/// What an archive row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// The last row that was archived, and the first that stayed.
    pub through: Head,
    /// The hash that this row follows, so that it can be checked without the one before.
    pub previous: Option<[u8; 32]>,
}

impl Archived {
    /// Its note.
    #[must_use]
    pub fn note(&self) -> String {
        let mut note = format!("through={}", End(self.through.clone()));
        if let Some(previous) = &self.previous {
            let _ = write!(note, " previous={}", hex(previous));
        }
        note
    }

    /// Takes back what [`Archived::note`] gave.
    #[must_use]
    pub fn parse(note: &str) -> Option<Self> {
        let (through, previous) = match note.split_once(' ') {
            None => (note, None),
            Some((through, previous)) => (through, Some(from_hex(previous.strip_prefix("previous=")?)?)),
        };
        let End(through) = through.strip_prefix("through=")?.parse().ok()?;
        Some(Self { through, previous })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(chain: &str, seq: u64) -> Head {
        Head { chain: Chain::parse(chain).unwrap(), seq, hash: [0xab; 32] }
    }

    #[test]
    fn an_end_has_one_spelling() {
        let hash = "ab".repeat(32);
        for (chain, text) in [("", format!(":7:{hash}")), ("node-1.a", format!("node-1.a:7:{hash}"))] {
            assert_eq!(End(end(chain, 7)).to_string(), text);
            assert_eq!(text.parse(), Ok(End(end(chain, 7))));
        }
        for text in [
            "",
            "a",
            "a:7",
            "a:7:",
            &format!("a:0:{hash}"),
            &format!("a:07:{hash}"),
            &format!("a:+7:{hash}"),
            &format!("a b:7:{hash}"),
            &format!("a:7:{}", "AB".repeat(32)),
            &format!("a:7:{hash}00"),
            &format!("a:7:{hash}:"),
            &format!("a:18446744073709551616:{hash}"),
        ] {
            assert!(text.parse::<End>().is_err(), "{text}");
        }
    }

    #[test]
    fn notes_are_taken_back_and_nothing_else_is() {
        let ends = [end("a", 1), end("b", 22)];
        let note = checkpoint(&ends);
        assert_eq!(parse_checkpoint(&note), Some(ends.to_vec()));
        for wrong in [
            "",
            "heads=",
            &note.replace("heads=", "head="),
            &format!("{note} "),
            &format!("{note},"),
            &checkpoint(&[end("b", 22), end("a", 1)]),
            &checkpoint(&[end("a", 1), end("a", 1)]),
        ] {
            assert_eq!(parse_checkpoint(wrong), None, "{wrong}");
        }
        for previous in [None, Some([1; 32])] {
            let archived = Archived { through: end("", 9), previous };
            assert_eq!(Archived::parse(&archived.note()), Some(archived.clone()));
            for wrong in [format!("{} ", archived.note()), archived.note().replace("through", "thru")] {
                assert_eq!(Archived::parse(&wrong), None, "{wrong}");
            }
        }
    }
}
