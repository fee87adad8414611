//! Imports many records from a file: batches, progress, and the report. Each command knows its records.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use serde_json::json;

use super::output::{Format, tabbed};
use super::progress::ProgressLine;
use super::{Failure, fail};

/// Lines whose records are stored in one transaction: a running server waits for no more than that.
const BATCH: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct TakeOver {
    /// The file; `-` for standard input
    file: PathBuf,
    /// Check everything, also for what exists already, and store nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl TakeOver {
    /// Opens the file, and reads nothing yet.
    pub(super) fn open(&self) -> Result<Box<dyn BufRead>, Failure> {
        if self.file.as_os_str() == "-" {
            return Ok(Box::new(io::stdin().lock()));
        }
        match File::open(&self.file) {
            Ok(file) => Ok(Box::new(BufReader::new(file))),
            Err(error) => fail(format!("{} cannot be read: {error}", self.file.display())),
        }
    }
}

/// A line with a record, or with the reason why it is refused.
pub(super) struct ImportLine<T> {
    pub(super) number: usize,
    /// What the record is called in messages.
    pub(super) name: Option<String>,
    pub(super) record: Result<T, Reason>,
}

/// Why a line is refused.
pub(super) struct Reason {
    text: String,
    /// The reason as the report counts it.
    counted_as: String,
}

impl Reason {
    /// `counted_as` is the text without the place that it names, if it names one.
    pub(super) fn of(text: String, counted_as: Option<&str>) -> Self {
        let counted_as = counted_as.map_or_else(|| text.clone(), str::to_owned);
        Self { text, counted_as }
    }
}

/// Imports what can be imported. `store` stores all records that it is given; or nothing, and says which are refused and why.
///
/// # Errors
/// [`Failure::No`] when something was refused. Another failure stops the import; the report says how far it came.
pub(super) async fn run<T: Clone>(
    what: &'static str,
    options: &TakeOver,
    format: Format,
    mut lines: impl Iterator<Item = ImportLine<T>>,
    mut store: impl AsyncFnMut(Vec<T>) -> Result<Vec<Option<String>>, Failure>,
) -> Result<(), Failure> {
    let mut report = Report::new(what, options.dry_run, format);
    let outcome = loop {
        let batch: Vec<_> = lines.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break Ok(());
        }
        if let Err(failure) = take(batch, &mut store, &mut report).await {
            break Err(failure);
        }
        report.line.show(format_args!("{what}: {} taken, {} refused", report.added, report.refused()));
    };
    report.end()?;
    outcome?;
    if report.refused.is_empty() { Ok(()) } else { Err(Failure::No) }
}

async fn take<T: Clone>(
    batch: Vec<ImportLine<T>>,
    store: &mut impl AsyncFnMut(Vec<T>) -> Result<Vec<Option<String>>, Failure>,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut refused = Vec::new();
    let mut good = Vec::new();
    for ImportLine { number, name, record } in batch {
        match record {
            Ok(record) => good.push((number, name, record)),
            Err(reason) => refused.push((number, name, reason)),
        }
    }
    let outcome = loop {
        if good.is_empty() {
            break Ok(());
        }
        let answers = match store(good.iter().map(|(.., record)| record.clone()).collect()).await {
            Ok(answers) => answers,
            Err(failure) => break Err(failure),
        };
        if answers.iter().all(Option::is_none) {
            report.added += good.len();
            break Ok(());
        }
        let mut rest = Vec::with_capacity(good.len());
        for ((number, name, record), answer) in good.into_iter().zip(answers) {
            match answer {
                None => rest.push((number, name, record)),
                Some(reason) => refused.push((number, name, Reason::of(reason, None))),
            }
        }
        good = rest;
    };
    refused.sort_by_key(|(number, ..)| *number);
    for (number, name, reason) in refused {
        report.refuse(number, name.as_deref(), reason)?;
    }
    outcome
}

struct Report {
    what: &'static str,
    dry_run: bool,
    format: Format,
    added: usize,
    /// How many lines, by what their reasons are counted as.
    refused: BTreeMap<String, usize>,
    line: ProgressLine,
}

impl Report {
    fn new(what: &'static str, dry_run: bool, format: Format) -> Self {
        Self { what, dry_run, format, added: 0, refused: BTreeMap::new(), line: ProgressLine::default() }
    }

    fn refuse(&mut self, line: usize, name: Option<&str>, reason: Reason) -> Result<(), Failure> {
        let Reason { text: reason, counted_as } = reason;
        *self.refused.entry(counted_as).or_default() += 1;
        self.line.clear();
        if self.format == Format::Json {
            return super::print(&format!("{}\n", json!({"line": line, "name": name, "reason": reason})));
        }
        match name {
            Some(name) => eprintln!("line {line} ({name}): {reason}"),
            None => eprintln!("line {line}: {reason}"),
        }
        Ok(())
    }

    fn refused(&self) -> usize {
        self.refused.values().sum()
    }

    /// How many were taken, and how many refused for each reason, the most first.
    fn table(&self) -> String {
        let mut reasons: Vec<_> = self.refused.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut table = format!("count  {}\n{:>5}  taken\n", self.what, self.added);
        if reasons.is_empty() {
            table.push_str("    0  refused\n");
        }
        for (reason, count) in reasons {
            let _ = writeln!(table, "{count:>5}  refused: {reason}");
        }
        if self.dry_run {
            table.push_str("Nothing was stored.\n");
        }
        table
    }

    fn end(&self) -> Result<(), Failure> {
        self.line.clear();
        let (added, refused, reasons) = (self.added, self.refused(), &self.refused);
        super::print(&match self.format {
            Format::Json => {
                let report = json!({"added": added, "refused": refused, "reasons": reasons, "dryRun": self.dry_run});
                format!("{report}\n")
            }
            Format::Plain => {
                let counts = reasons.iter().map(|(reason, count)| [count.to_string(), format!("refused: {reason}")]);
                tabbed(&std::iter::once([added.to_string(), "taken".to_owned()]).chain(counts).collect::<Vec<_>>())
            }
            Format::Table => self.table(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> TakeOver {
        TakeOver { file: "-".into(), dry_run: false }
    }

    fn take_over(lines: Vec<ImportLine<usize>>, taken: &[usize]) -> (Vec<usize>, bool) {
        let mut stored = Vec::new();
        let store = async |records: Vec<usize>| {
            assert!(records.len() <= BATCH);
            let answers: Vec<_> =
                records.iter().map(|record| taken.contains(record).then(|| "taken".to_owned())).collect();
            if answers.iter().all(Option::is_none) {
                stored.extend(records);
            }
            Ok(answers)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(run("numbers", &options(), Format::Json, lines.into_iter(), store));
        let all = match outcome {
            Ok(()) => true,
            Err(Failure::No) => false,
            Err(Failure::Settings) => panic!("no settings were read"),
            Err(Failure::Error(error)) => panic!("{error}"),
        };
        (stored, all)
    }

    fn line(number: usize) -> ImportLine<usize> {
        ImportLine { number, name: None, record: Ok(number) }
    }

    #[test]
    fn all_are_stored_in_batches() {
        let (stored, all) = take_over((1..=1_234).map(line).collect(), &[]);
        assert_eq!((stored, all), ((1..=1_234).collect(), true));
    }

    #[test]
    fn a_batch_is_stored_without_those_that_are_taken_or_cannot_be_read() {
        let mut lines: Vec<_> = (1..=700).map(line).collect();
        lines[2].record = Err(Reason::of("unreadable".to_owned(), None));
        let (stored, all) = take_over(lines, &[1, 500, 700]);
        assert_eq!((stored.len(), all), (696, false));
        assert!([1, 3, 500, 700].iter().all(|refused| !stored.contains(refused)));
    }

    #[test]
    fn the_report_counts_refusals_by_their_reasons() {
        let mut report = Report::new("users", false, Format::Table);
        assert_eq!(report.table(), "count  users\n    0  taken\n    0  refused\n");
        report.added = 12_345;
        for line in 1..=3 {
            let reason =
                Reason::of(format!("line {line} has the same name"), Some("an earlier line has the same name"));
            report.refuse(line + 10, None, reason).unwrap_or_else(|_| panic!("nothing is printed"));
        }
        report.refuse(99, Some("al"), Reason::of("a reason".to_owned(), None)).unwrap_or_else(|_| panic!("likewise"));
        report.dry_run = true;
        let expected = "count  users\n12345  taken\n    3  refused: an earlier line has the same name\n    1  refused: a reason\n\
                        Nothing was stored.\n";
        assert_eq!(report.table(), expected);
    }

    #[test]
    fn nothing_to_take_over_is_no_failure() {
        assert_eq!(take_over(Vec::new(), &[]), (Vec::new(), true));
    }
}
