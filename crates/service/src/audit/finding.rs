//! What verification finds, in words.

use std::fmt;
use std::ops::RangeInclusive;

use zonemint_store::Chain;

/// Something that is wrong with rows of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The chain.
    pub chain: Chain,
    /// The rows, by the numbers that they have, or had.
    pub rows: RangeInclusive<u64>,
    /// What is wrong.
    pub fault: Fault,
    /// Where; empty for all that there is.
    pub place: String,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// They do not fit to their hashes, or to the rows before them.
    Changed,
    /// What they say fits into the chain, their hashes do not.
    HashChanged,
    /// They hold what no row holds.
    Unreadable,
    /// They are not there.
    Missing,
    /// They are not there, and no archive row accounts for that.
    Removed,
    /// So many rows before them are not there, and they were renumbered.
    Renumbered(u64),
    /// They never were in this chain.
    Inserted,
    /// They stand in the place of another one.
    Moved(u64),
    /// They come after one with a higher number.
    Disordered,
    /// The note is not one of its action.
    Note,
    /// Others have noted another hash.
    Replaced(Witness, usize),
    /// They are not there, but others have noted the last one.
    CutOff(Witness),
    /// They are in a file and not in the store, whose chain ends with this row; 0 if it does not have the chain.
    PastStore(u64),
    /// They lie behind the end that the store knows.
    Beyond,
    /// What was expected is not among what was given.
    NotGiven,
}

/// The source of a claim about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// A checkpoint.
    Checkpoint(Chain, u64),
    /// An archive row.
    Archive(Chain, u64),
    /// The store's own note of the chain's end.
    Head,
    /// Whoever asked.
    Expected,
    /// Another source of the same rows.
    Source(String),
}

/// How a chain is called.
#[must_use]
pub fn called(chain: &Chain) -> String {
    match chain.as_str() {
        "" => "the embedded store's chain".to_owned(),
        name => format!("chain {name}"),
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint(chain, seq) => write!(f, "the checkpoint in row {seq} of {}", called(chain)),
            Self::Archive(chain, seq) => write!(f, "the archive row {seq} of {}", called(chain)),
            Self::Head => f.write_str("the store's note of where the chain ends"),
            Self::Expected => f.write_str("what was expected"),
            Self::Source(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (*self.rows.start(), *self.rows.end());
        write!(f, "{}", called(&self.chain))?;
        if !self.place.is_empty() {
            write!(f, " in {}", self.place)?;
        }
        let one = first == last;
        if one {
            write!(f, ": row {first} ")?;
        } else {
            write!(f, ": rows {first} to {last} ")?;
        }
        let number = |one_row: &'static str, more: &'static str| if one { one_row } else { more };
        match &self.fault {
            Fault::Changed if one && first > 1 => {
                write!(f, "was changed (or row {}, together with its hash)", first - 1)
            }
            Fault::Changed => {
                f.write_str(number("was changed", "were changed (the last maybe not: it follows one that was)"))
            }
            Fault::HashChanged => {
                f.write_str(number("has another hash than it had", "have other hashes than they had"))
            }
            Fault::Unreadable => f.write_str(number("cannot be read", "are missing or cannot be read")),
            Fault::Missing => f.write_str(number("is missing", "are missing")),
            Fault::Removed => {
                f.write_str(number("is missing", "are missing"))?;
                f.write_str(", and no archive row accounts for that")
            }
            Fault::Renumbered(1) => {
                f.write_str("and all after it were renumbered, because a row before it was removed")
            }
            Fault::Renumbered(count) => {
                write!(f, "and all after it were renumbered, because {count} rows before it were removed")
            }
            Fault::Inserted => f.write_str(number("was inserted", "were inserted")),
            Fault::Moved(to) => write!(f, "stands in the place of row {to}"),
            Fault::Disordered => f.write_str("comes after a later one"),
            Fault::Note => f.write_str("has a note that is not one of its action"),
            Fault::Replaced(witness, more) => {
                write!(f, "is not the one that {witness} names: it was replaced, and maybe rows before it")?;
                if *more > 0 { write!(f, " ({more} later rows as well)") } else { Ok(()) }
            }
            Fault::CutOff(witness) => {
                f.write_str(number("is missing", "are missing"))?;
                write!(f, " at the end: {witness} names row {last}")
            }
            Fault::PastStore(end) => {
                write!(f, "{} not in the store: the trail goes on past it. ", number("is", "are"))?;
                match end {
                    0 => f.write_str("The store has nothing of this chain; ")?,
                    end => write!(f, "In the store this chain ends at row {end}, in the files at row {last}; ")?,
                }
                let command = if self.chain.as_str().is_empty() { "restore" } else { "replay" };
                write!(f, "it was put back: `zonemint store {command} --audit`")
            }
            Fault::Beyond => f.write_str("lies behind the end that the store has noted: it was appended by no node"),
            Fault::NotGiven => {
                f.write_str("was expected, but lies before the first row: name the file that it was archived in, too")
            }
        }
    }
}

/// Puts findings in order, and those of a kind that follow one another together.
pub(super) fn gathered(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|one, other| {
        (&one.chain, &one.place, one.rows.start()).cmp(&(&other.chain, &other.place, other.rows.start()))
    });
    let mut gathered: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        let joins = |last: &Finding| {
            let follows = last.rows.end().checked_add(1) == Some(*finding.rows.start());
            let kind = matches!(
                finding.fault,
                Fault::Changed | Fault::HashChanged | Fault::Unreadable | Fault::Missing | Fault::Inserted
            );
            let alike = (&last.chain, &last.place, &last.fault) == (&finding.chain, &finding.place, &finding.fault);
            follows && kind && alike
        };
        match gathered.last_mut() {
            Some(last) if joins(last) => last.rows = *last.rows.start()..=*finding.rows.end(),
            _ => gathered.push(finding),
        }
    }
    gathered
}
