//! Verification: rows go in, findings come out. Nothing is read here, and rows are not kept.
//!
//! All rows are shown twice. The first time ([`Survey`]) it is noted where each part of a chain begins and ends, and what rows
//! say of other rows: checkpoints, archive rows, ends that are expected. The second time ([`Verification`]) each row is checked
//! against the one before it and against what others say of it. What is kept grows with the checkpoints, about 100 bytes for
//! each end that one of them notes, and not with the rows.

use std::collections::BTreeMap;

use super::finding::{Fault, Finding, Witness, gathered};
use super::note::{self, Archived};
use super::walk::Walk;
use zonemint_store::{AuditAction, AuditRow, Chain, Head};

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// The store, in which each chain has to be whole but for what was archived.
    Store,
    /// A file of this name, which may hold any part of a chain.
    File(String),
}

/// The number of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SourceId(usize);

/// The chains that may record the archiving of another chain: those that commands write. Each chain may record its own.
const OPERATORS: [&str; 2] = ["", "operator"];

/// What is known before rows are checked.
#[derive(Debug, Default)]
pub(super) struct Survey {
    sources: Vec<Source>,
    chains: BTreeMap<Chain, ChainFacts>,
    notes: Vec<Finding>,
}

#[derive(Debug, Default)]
struct ChainFacts {
    segments: Vec<Segment>,
    /// Where the store says that the chain ends.
    store_end: Option<u64>,
    claims: Vec<Claim>,
    archived: Vec<Archived>,
}

/// The rows of one chain in one source.
#[derive(Debug)]
struct Segment {
    source: SourceId,
    first: Mark,
    last: Mark,
    rows: u64,
    /// What the file says that the first row follows.
    previous: Option<[u8; 32]>,
}

/// A row's number, and its hash if that can be read.
#[derive(Debug, Clone, Copy)]
struct Mark {
    seq: u64,
    hash: Option<[u8; 32]>,
}

/// What somebody says of a row.
#[derive(Debug)]
struct Claim {
    seq: u64,
    hash: [u8; 32],
    by: Witness,
}

/// A chain as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainSpan {
    /// Its last row.
    pub end: Head,
    /// The number of its first row.
    pub first: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// What is wrong, in the order of chains and rows.
    pub findings: Vec<Finding>,
    /// The chains, in the order of their names.
    pub chains: Vec<ChainSpan>,
    /// How many rows were checked.
    pub rows: u64,
}

impl Survey {
    /// Adds a source.
    pub(super) fn source(&mut self, source: Source) -> SourceId {
        self.sources.push(source);
        SourceId(self.sources.len() - 1)
    }

    /// Notes that a chain has to have this row.
    pub(super) fn expect(&mut self, row: Head, by: Witness) {
        let Head { chain, seq, hash } = row;
        let known = self.chains.entry(chain).or_default();
        if by == Witness::Head {
            known.store_end = Some(seq);
        }
        known.claims.push(Claim { seq, hash, by });
    }

    /// Takes a row. `previous` is the hash that it follows, if the source has it.
    pub(super) fn row(&mut self, source: SourceId, row: &AuditRow, previous: Option<[u8; 32]>) {
        self.reach(source, &row.chain, Mark { seq: row.seq, hash: Some(row.hash) }, previous);
        let note = row.note.as_deref().unwrap_or_default();
        let (chain, seq) = (row.chain.clone(), row.seq);
        match row.action {
            AuditAction::AuditCheckpoint => match note::parse_checkpoint(note) {
                Some(ends) => ends.into_iter().for_each(|end| {
                    self.expect(end, Witness::Checkpoint(chain.clone(), seq));
                }),
                None => self.bad_note(source, chain, seq),
            },
            AuditAction::AuditArchive => match Archived::parse(note) {
                Some(archived) => {
                    self.expect(archived.through.clone(), Witness::Archive(chain.clone(), seq));
                    if chain == archived.through.chain || OPERATORS.contains(&chain.as_str()) {
                        self.chains.entry(archived.through.chain.clone()).or_default().archived.push(archived);
                    }
                }
                None => self.bad_note(source, chain, seq),
            },
            _ => {}
        }
    }

    /// Takes note of a row that cannot be read.
    pub(super) fn unreadable(&mut self, source: SourceId, chain: &Chain, seq: u64) {
        self.reach(source, chain, Mark { seq, hash: None }, None);
    }

    fn reach(&mut self, source: SourceId, chain: &Chain, mark: Mark, previous: Option<[u8; 32]>) {
        let known = self.chains.entry(chain.clone()).or_default();
        match known.segments.iter_mut().find(|segment| segment.source == source) {
            None => known.segments.push(Segment { source, first: mark, last: mark, rows: 1, previous }),
            Some(segment) => {
                segment.rows += 1;
                if mark.seq > segment.last.seq {
                    segment.last = mark;
                }
            }
        }
    }

    fn bad_note(&mut self, source: SourceId, chain: Chain, seq: u64) {
        let place = self.sources[source.0].place();
        self.notes.push(Finding { chain, rows: seq..=seq, fault: Fault::Note, place });
    }

    /// All rows have been taken once.
    pub(super) fn done(self) -> Verification {
        let Self { sources, mut chains, notes: mut findings } = self;
        let mut walks = BTreeMap::new();
        for (chain, known) in &mut chains {
            known.link(&sources);
            for segment in &known.segments {
                let walk = Walk::new(chain.clone(), sources[segment.source.0].place(), known.before(chain, segment));
                walks.insert((segment.source, chain.clone()), Checked { walk, next: 0 });
            }
            known.find_holes(chain, &sources, &mut findings);
        }
        Verification { sources, chains, walks, refuted: BTreeMap::new(), findings }
    }
}

impl Source {
    fn place(&self) -> String {
        match self {
            Self::Store => String::new(),
            Self::File(name) => name.clone(),
        }
    }

    fn called(&self) -> String {
        match self {
            Self::Store => "the store".to_owned(),
            Self::File(name) => name.clone(),
        }
    }
}

impl ChainFacts {
    /// Lets the first and the last row of each part speak of the rows of others, and puts all in order.
    fn link(&mut self, sources: &[Source]) {
        self.segments.sort_by_key(|segment| (segment.first.seq, segment.source));
        if self.segments.len() > 1 {
            for segment in &self.segments {
                for Mark { seq, hash } in [segment.first, segment.last] {
                    let by = Witness::Source(sources[segment.source.0].called());
                    self.claims.extend(hash.map(|hash| Claim { seq, hash, by }));
                }
            }
        }
        self.claims.sort_by_key(|claim| claim.seq);
        self.claims.dedup_by(|later, first| later.seq == first.seq && later.hash == first.hash);
    }

    /// What the first row of a part follows, if that is known.
    fn before(&self, chain: &Chain, segment: &Segment) -> Option<[u8; 32]> {
        let first = segment.first;
        if first.seq == 1 {
            return Some(chain.genesis());
        }
        let neighbour = self.segments.iter().find(|other| other.last.seq.checked_add(1) == Some(first.seq));
        let archived = self.archived.iter().find(|archived| Some(archived.through.hash) == first.hash);
        neighbour
            .and_then(|other| other.last.hash)
            .or_else(|| archived.and_then(|archived| archived.previous))
            .or(segment.previous)
    }

    /// Looks for rows that are in no source, and for a beginning that nothing accounts for.
    fn find_holes(&self, chain: &Chain, sources: &[Source], findings: &mut Vec<Finding>) {
        let mut found = |rows, fault| {
            findings.push(Finding { chain: chain.clone(), rows, fault, place: String::new() });
        };
        let in_store = self.segments.iter().find(|segment| sources[segment.source.0] == Source::Store);
        let begins = in_store.map_or(1, |segment| segment.first.seq);
        if begins > 1 {
            let archived = self.archived.iter().map(|archived| archived.through.seq).max();
            if archived.is_none_or(|through| through < begins) {
                found(archived.unwrap_or(1)..=begins - 1, Fault::Removed);
            }
        }
        let last = self.segments.iter().map(|segment| segment.last.seq).max().unwrap_or(0);
        let end = self.store_end.max(in_store.map(|segment| segment.last.seq)).unwrap_or(0);
        if sources.contains(&Source::Store) && last > end {
            found(end + 1..=last, Fault::PastStore(end));
        }
        let mut reached = self.segments.first().map_or(0, |segment| segment.last.seq);
        for segment in &self.segments {
            if segment.first.seq > reached.saturating_add(1) {
                found(reached + 1..=segment.first.seq - 1, Fault::Missing);
            }
            reached = reached.max(segment.last.seq);
        }
    }
}

/// Checks rows, after a [`Survey`] of them.
pub(super) struct Verification {
    sources: Vec<Source>,
    chains: BTreeMap<Chain, ChainFacts>,
    walks: BTreeMap<(SourceId, Chain), Checked>,
    /// Of each chain, by number, whose claim did not hold.
    refuted: BTreeMap<(Chain, u64), Witness>,
    findings: Vec<Finding>,
}

struct Checked {
    walk: Walk,
    /// The next claim that a row may meet.
    next: usize,
}

impl Verification {
    /// Takes a row again, in the order of the survey.
    pub(super) fn row(&mut self, source: SourceId, row: AuditRow) {
        let Some(checked) = self.walks.get_mut(&(source, row.chain.clone())) else { return };
        let claims = self.chains.get(&row.chain).map_or(&[][..], |known| &known.claims);
        while let Some(claim) = claims.get(checked.next).filter(|claim| claim.seq <= row.seq) {
            if claim.seq == row.seq && claim.hash != row.hash {
                self.refuted.entry((row.chain.clone(), row.seq)).or_insert_with(|| claim.by.clone());
            }
            checked.next += 1;
        }
        checked.walk.row(row);
    }

    /// Takes a row again that cannot be read.
    pub(super) fn unreadable(&mut self, source: SourceId, chain: &Chain, seq: u64) {
        if let Some(checked) = self.walks.get_mut(&(source, chain.clone())) {
            checked.walk.unreadable(seq);
        }
    }

    /// Adds what was found elsewhere.
    pub(super) fn found(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether a part began with this row in the survey.
    pub(super) fn begins_with(&self, source: SourceId, chain: &Chain, seq: u64) -> bool {
        let segments = self.chains.get(chain).map_or(&[][..], |known| &known.segments);
        segments.iter().any(|segment| segment.source == source && segment.first.seq == seq)
    }

    /// All rows have been taken twice.
    pub(super) fn finish(self) -> Report {
        let Self { sources, chains, walks, mut refuted, mut findings } = self;
        for checked in walks.into_values() {
            findings.extend(checked.walk.finish());
        }
        // A checkpoint that was changed itself is no witness.
        let is_faulty = |chain: &Chain, seq: u64| {
            let here = |finding: &&Finding| finding.chain == *chain && finding.rows.contains(&seq);
            findings.iter().filter(here).any(|finding| matches!(finding.fault, Fault::Changed | Fault::Inserted))
        };
        let is_good = |by: &Witness| match by {
            Witness::Checkpoint(chain, seq) | Witness::Archive(chain, seq) => !is_faulty(chain, *seq),
            Witness::Head | Witness::Expected | Witness::Source(_) => true,
        };
        refuted.retain(|_, by| is_good(by));
        let has_store = sources.contains(&Source::Store);
        let counts = |by: &Witness| is_good(by) && (has_store || matches!(by, Witness::Expected | Witness::Head));
        let ends: Vec<_> = chains.iter().flat_map(|(chain, known)| known.ends(chain, counts)).collect();
        findings.extend(ends);
        for chain in chains.keys() {
            let mut here = refuted.iter().filter(|((other, _), _)| other == chain);
            if let Some(((_, seq), by)) = here.next() {
                let fault = Fault::Replaced(by.clone(), here.count());
                findings.push(Finding { chain: chain.clone(), rows: *seq..=*seq, fault, place: String::new() });
            }
        }
        let rows = chains.values().flat_map(|known| &known.segments).map(|segment| segment.rows).sum();
        let chains = chains.iter().filter_map(|(chain, known)| known.span(chain)).collect();
        Report { findings: gathered(findings), chains, rows }
    }
}

impl ChainFacts {
    fn span(&self, chain: &Chain) -> Option<ChainSpan> {
        let first = self.segments.first()?.first.seq;
        let last = self.segments.iter().map(|segment| segment.last).max_by_key(|last| last.seq)?;
        Some(ChainSpan { end: Head { chain: chain.clone(), seq: last.seq, hash: last.hash? }, first })
    }

    /// Claims of valid witnesses about rows after the last, and expected rows before the first. Without the store,
    /// checkpoints may well speak of rows that are in none of the files.
    fn ends(&self, chain: &Chain, counts: impl Fn(&Witness) -> bool) -> Vec<Finding> {
        let last = self.segments.iter().map(|segment| segment.last.seq).max().unwrap_or(0);
        let first = self.segments.first().map_or(1, |segment| segment.first.seq);
        let finding = |rows, fault| Finding { chain: chain.clone(), rows, fault, place: String::new() };
        let beyond = self.claims.iter().rev().take_while(|claim| claim.seq > last).find(|claim| counts(&claim.by));
        let cut = beyond.map(|claim| finding(last + 1..=claim.seq, Fault::CutOff(claim.by.clone())));
        let early = self.claims.iter().take_while(|claim| claim.seq < first);
        let early = early.filter(|claim| claim.by == Witness::Expected);
        cut.into_iter().chain(early.map(|claim| finding(claim.seq..=claim.seq, Fault::NotGiven))).collect()
    }
}
