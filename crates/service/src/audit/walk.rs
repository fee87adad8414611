//! One chain, row by row: each must fit to the hash of the one before.
//!
//! A hash tells that something is wrong, not what. Rows that do not fit are kept aside, as suspects, until what comes after
//! them tells more: whether a row's hash is still the one that the next follows, whether another one fits into its place,
//! whether all fit again when counted otherwise.

use std::ops::RangeInclusive;

use super::finding::{Fault, Finding};
use zonemint_store::{AuditRow, Chain};

type Hash = [u8; 32];

/// Suspects kept aside. What is more was damaged all over, and is reported as it stands.
const MOST_SUSPECTS: usize = 256;
/// The most rows removed before renumbering that are still counted.
const MOST_RENUMBERED: u64 = 16;

pub(super) struct Walk {
    chain: Chain,
    place: String,
    last: Option<Last>,
    /// What the first row follows, if that is known.
    before: Option<Hash>,
    /// How much higher the rows' true numbers are.
    shift: i64,
    suspects: Vec<Suspect>,
    findings: Vec<Finding>,
}

struct Last {
    seq: u64,
    /// None when it could not be read.
    hash: Option<Hash>,
    /// What its hash should be, if it is a suspect.
    computed: Option<Hash>,
}

struct Suspect {
    row: AuditRow,
    /// Its true number.
    number: u64,
    before: Hash,
}

/// Whether a row has the hash that it would have with this number, after this hash.
fn fits(row: &AuditRow, number: u64, before: &Hash) -> bool {
    hash(row, number, before) == row.hash
}

fn hash(row: &AuditRow, number: u64, before: &Hash) -> Hash {
    if row.seq == number {
        return row.chained(before);
    }
    AuditRow { seq: number, ..row.clone() }.chained(before)
}

impl Walk {
    /// `before` is the hash that the first row follows; none when that row is to be believed.
    pub(super) fn new(chain: Chain, place: String, before: Option<Hash>) -> Self {
        Self { chain, place, last: None, before, shift: 0, suspects: Vec::new(), findings: Vec::new() }
    }

    pub(super) fn row(&mut self, row: AuditRow) {
        let seq = row.seq;
        let Some(before) = self.comes_to(seq) else { return };
        let Some(before) = before else { return self.accept(seq, row.hash) };
        let number = seq.saturating_add_signed(self.shift);
        if fits(&row, number, &before)
            || self.only_the_hash_was_changed(&row, number)
            || self.was_renumbered(&row, number)
        {
            return self.accept(seq, row.hash);
        }
        let computed = Some(hash(&row, number, &before));
        self.last = Some(Last { seq, hash: Some(row.hash), computed });
        self.suspects.push(Suspect { row, number, before });
        if self.suspects.len() >= MOST_SUSPECTS {
            self.settle();
        }
    }

    /// Notes a row that is there, or should be, and cannot be read.
    pub(super) fn unreadable(&mut self, seq: u64) {
        if self.comes_to(seq).is_some() {
            self.find(seq..=seq, Fault::Unreadable);
            self.last = Some(Last { seq, hash: None, computed: None });
        }
    }

    /// What was found.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.settle();
        self.findings
    }

    /// The hash that the row of this number follows, if that is known. None when the row comes too late.
    #[expect(clippy::option_option, reason = "the outer one tells whether the row is in its turn")]
    fn comes_to(&mut self, seq: u64) -> Option<Option<Hash>> {
        let Some(last) = &self.last else { return Some(self.before) };
        let (next, hash) = (last.seq.saturating_add(1), last.hash);
        if seq < next {
            self.find(seq..=seq, Fault::Disordered);
            return None;
        }
        if seq > next {
            self.find(next..=seq - 1, Fault::Missing);
            return Some(None);
        }
        Some(hash)
    }

    fn accept(&mut self, seq: u64, hash: Hash) {
        self.last = Some(Last { seq, hash: Some(hash), computed: None });
    }

    /// Whether the row follows what the hash of the one before should be.
    fn only_the_hash_was_changed(&mut self, row: &AuditRow, number: u64) -> bool {
        let Some(Last { seq, computed: Some(computed), .. }) = self.last else { return false };
        if !fits(row, number, &computed) {
            return false;
        }
        self.suspects.pop();
        self.find(seq..=seq, Fault::HashChanged);
        true
    }

    /// Whether the row, and the suspect before it, fit when they are counted otherwise.
    fn was_renumbered(&mut self, row: &AuditRow, number: u64) -> bool {
        let Some(suspect) = self.suspects.last().filter(|suspect| suspect.row.seq.checked_add(1) == Some(row.seq))
        else {
            return false;
        };
        let (seq, hash) = (suspect.row.seq, suspect.row.hash);
        if let Some(count) = (1..=MOST_RENUMBERED).find(|count| fits(row, number.saturating_add(*count), &hash)) {
            self.suspects.pop();
            self.shift = self.shift.saturating_add_unsigned(count);
            self.find(seq..=seq, Fault::Renumbered(count));
            return true;
        }
        let place = |index: usize| seq.checked_sub((self.suspects.len() - 1 - index) as u64);
        let run = (0..self.suspects.len() - 1).filter(|index| Some(self.suspects[*index].row.seq) == place(*index));
        let start = run.into_iter().find(|index| {
            let Suspect { number, before, .. } = &self.suspects[*index];
            fits(&suspect.row, *number, before) && fits(row, number.saturating_add(1), &hash)
        });
        let Some(start) = start else { return false };
        let first = self.suspects[start].row.seq;
        self.suspects.truncate(start);
        self.shift = self.shift.saturating_sub_unsigned(seq - first);
        self.find(first..=seq - 1, Fault::Inserted);
        true
    }

    /// Finds out what became of the suspects, by looking which of them fits into which place.
    fn settle(&mut self) {
        let suspects = std::mem::take(&mut self.suspects);
        let mut homes: Vec<Option<usize>> = Vec::with_capacity(suspects.len());
        let mut previous: Option<(u64, Hash)> = None;
        for (index, Suspect { row, number, before }) in suspects.iter().enumerate() {
            let before = match previous {
                Some((seq, hash)) if seq.checked_add(1) == Some(row.seq) => hash,
                _ => *before,
            };
            let fitting = |other: &usize| fits(&suspects[*other].row, *number, &before);
            let found = std::iter::once(index).chain(0..suspects.len()).find(fitting);
            previous = Some((row.seq, suspects[found.unwrap_or(index)].row.hash));
            homes.push(found);
        }
        for (index, suspect) in suspects.iter().enumerate() {
            let seq = suspect.row.seq;
            let home = homes.iter().position(|found| *found == Some(index));
            match (homes[index], home) {
                (_, Some(home)) if home == index => {}
                (_, Some(home)) => self.find(suspects[home].row.seq..=suspects[home].row.seq, Fault::Moved(seq)),
                (Some(_), None) => self.find(seq..=seq, Fault::Inserted),
                (None, None) => self.find(seq..=seq, Fault::Changed),
            }
            // That a place behind the end was ever taken, nothing says.
            let is_end = self.last.as_ref().is_some_and(|last| last.seq == seq);
            if homes[index].is_none() && home.is_some() && !is_end {
                self.find(seq..=seq, Fault::Missing);
            }
        }
    }

    fn find(&mut self, rows: RangeInclusive<u64>, fault: Fault) {
        let (chain, place) = (self.chain.clone(), self.place.clone());
        self.findings.push(Finding { chain, rows, fault, place });
    }
}
