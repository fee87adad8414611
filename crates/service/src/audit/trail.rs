//! Reading audit rows: from a store, past rows that cannot be read, and from files.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::finding::{Fault, Finding, Witness};
use super::line;
use super::verification::{Report, Source, SourceId, Survey, Verification};
use zonemint_base::lines::{Line, LineError, Lines};
use zonemint_store::{AuditRow, Head, Store, StoreError};

/// Rows read at a time.
pub const PAGE: usize = 1_000;
/// Attempts to verify while rows are archived at the same time.
const ATTEMPTS: usize = 3;

/// What stands at a place of a chain.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A row.
    Row(AuditRow),
    /// One that cannot be read.
    Unreadable(u64),
}

impl Entry {
    /// Its number.
    #[must_use]
    pub fn seq(&self) -> u64 {
        match self {
            Self::Row(row) => row.seq,
            Self::Unreadable(seq) => *seq,
        }
    }
}

/// Why the trail could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store failed.
    #[error("the audit rows cannot be read")]
    Store(#[from] StoreError),
    /// A file cannot be read.
    #[error("{0} cannot be read")]
    File(String, #[source] io::Error),
    /// A line of a file is no row.
    #[error("line {line} of {file} is not an audit row: {reason}")]
    Line {
        /// The file.
        file: String,
        /// The line's number.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Rows have left while they were read.
    #[error("rows were archived while they were verified; run it again when that is over")]
    Archived,
}

/// Reads a chain after `seq` up to its end, at most [`PAGE`] rows; an empty page ends it.
///
/// # Errors
/// [`StoreError`] when the store fails, but not for rows that cannot be read.
pub async fn page(store: &Arc<dyn Store>, end: &Head, after: u64) -> Result<Vec<Entry>, StoreError> {
    if after >= end.seq {
        return Ok(Vec::new());
    }
    let mut limit = usize::try_from(end.seq - after).map_or(PAGE, |rows| rows.min(PAGE));
    loop {
        match store.audit_after(&end.chain, after, limit).await {
            Ok(rows) => {
                let rows = rows.into_iter().take_while(|row| row.seq <= end.seq);
                return Ok(rows.map(Entry::Row).collect());
            }
            // The one that cannot be read is looked for by asking for fewer and fewer.
            Err(StoreError::Corrupt { .. }) if limit > 1 => limit /= 2,
            Err(StoreError::Corrupt { .. }) => return Ok(vec![Entry::Unreadable(after + 1)]),
            Err(error) => return Err(error),
        }
    }
}

/// Reads a chain after `seq` up to its end.
async fn each_after(
    store: &Arc<dyn Store>,
    end: &Head,
    mut after: u64,
    mut take: impl FnMut(Entry),
) -> Result<(), StoreError> {
    loop {
        let page = page(store, end, after).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq();
        page.into_iter().for_each(&mut take);
    }
}

/// The number of a chain's first row at a moment or later; the number after its end if there is none. Rows are in the order
/// of time, but for small steps of clocks.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub async fn first_at(store: &Arc<dyn Store>, end: &Head, at_ms: u64) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, end.seq);
    while low < high {
        let middle = low + (high - low) / 2;
        let early = match store.audit_after(&end.chain, middle, 1).await {
            Ok(rows) => match rows.first() {
                Some(row) if row.at_ms < at_ms => Some(row.seq),
                _ => None,
            },
            Err(StoreError::Corrupt { .. }) => None,
            Err(error) => return Err(error),
        };
        match early {
            Some(seq) => low = seq.max(middle + 1),
            None => high = middle,
        }
    }
    Ok(low + 1)
}

/// Verifies a store's chains, files, or both together.
///
/// # Errors
/// [`VerifyError`] when something cannot be read. What is wrong with the rows stands in the report.
pub async fn verify(
    store: Option<&Arc<dyn Store>>,
    files: &[PathBuf],
    expected: &[Head],
) -> Result<Report, VerifyError> {
    for _ in 0..ATTEMPTS {
        if let Some(report) = attempt(store, files, expected).await? {
            return Ok(report);
        }
    }
    Err(VerifyError::Archived)
}

async fn attempt(
    store: Option<&Arc<dyn Store>>,
    files: &[PathBuf],
    expected: &[Head],
) -> Result<Option<Report>, VerifyError> {
    let mut survey = Survey::default();
    for end in expected {
        survey.expect(end.clone(), Witness::Expected);
    }
    let mut sources = Vec::with_capacity(files.len());
    for path in files {
        let source = survey.source(Source::File(path.display().to_string()));
        sources.push((source, path));
        read_file(path, |row, previous| survey.row(source, &row, previous))?;
    }
    let mut in_store = None;
    if let Some(store) = store {
        let (here, heads) = (survey.source(Source::Store), store.heads().await?);
        for head in &heads {
            survey_chain(store, here, head, &mut survey).await?;
        }
        in_store = Some((store, here, heads));
    }
    let mut check = survey.done();
    for (source, path) in sources {
        read_file(path, |row, _| check.row(source, row))?;
    }
    if let Some((store, here, heads)) = in_store {
        for head in &heads {
            if !check_chain(store, here, head, &mut check).await? {
                return Ok(None);
            }
        }
    }
    Ok(Some(check.finish()))
}

async fn survey_chain(
    store: &Arc<dyn Store>,
    here: SourceId,
    head: &Head,
    survey: &mut Survey,
) -> Result<(), StoreError> {
    survey.expect(head.clone(), Witness::Head);
    each_after(store, head, 0, |entry| match entry {
        Entry::Row(row) => survey.row(here, &row, None),
        Entry::Unreadable(seq) => survey.unreadable(here, &head.chain, seq),
    })
    .await
}

/// False when the first row is another one than in the survey.
async fn check_chain(
    store: &Arc<dyn Store>,
    here: SourceId,
    head: &Head,
    check: &mut Verification,
) -> Result<bool, StoreError> {
    let mut after = 0;
    loop {
        let page = page(store, head, after).await?;
        if after == 0 && page.first().is_some_and(|first| !check.begins_with(here, &head.chain, first.seq())) {
            return Ok(false);
        }
        let Some(last) = page.last() else { break };
        after = last.seq();
        for entry in page {
            match entry {
                Entry::Row(row) => check.row(here, row),
                Entry::Unreadable(seq) => check.unreadable(here, &head.chain, seq),
            }
        }
    }
    let beyond = match store.audit_after(&head.chain, head.seq, 1).await {
        Ok(rows) => rows.first().map(|row| row.seq),
        Err(StoreError::Corrupt { .. }) => Some(head.seq + 1),
        Err(error) => return Err(error),
    };
    if let Some(seq) = beyond {
        // A row is committed together with the head that it makes.
        let now = store.heads().await?;
        if !now.iter().any(|now| now.chain == head.chain && now.seq >= seq) {
            let chain = head.chain.clone();
            check.found(Finding { chain, rows: seq..=seq, fault: Fault::Beyond, place: String::new() });
        }
    }
    Ok(true)
}

/// Reads rows that were exported or archived. The hash that each follows is given, where the file has it.
///
/// # Errors
/// [`VerifyError`] for a file that cannot be read, and for a line that is no row.
fn read_file(path: &Path, mut each: impl FnMut(AuditRow, Option<[u8; 32]>)) -> Result<(), VerifyError> {
    let file = path.display().to_string();
    let input = File::open(path).map_err(|error| VerifyError::File(file.clone(), error))?;
    let mut lines = Lines::new(BufReader::new(input));
    while let Some((number, text)) = lines.next() {
        let told = |reason: String| VerifyError::Line { file: file.clone(), line: number, reason };
        match text {
            Line::Text(text) => {
                let (row, previous) = line::parse(text).map_err(|error| told(error.to_string()))?;
                each(row, previous);
            }
            Line::Bad(LineError::Read(error)) => return Err(VerifyError::File(file.clone(), error)),
            Line::Bad(error @ (LineError::TooLong | LineError::NotUtf8)) => return Err(told(error.to_string())),
        }
    }
    Ok(())
}

/// The last rows of a chain, at most `count`, oldest first.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub async fn last_rows(store: &Arc<dyn Store>, end: &Head, count: u64) -> Result<Vec<Entry>, StoreError> {
    let mut rows = Vec::new();
    each_after(store, end, end.seq.saturating_sub(count), |entry| rows.push(entry)).await?;
    Ok(rows)
}
