//! `zonemint audit verify`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::super::output::{Format, Output, json_lines, tabbed};
use super::super::{Failure, Location, run_to_end};
use zonemint_service::audit::{self, ChainSpan, End, Finding, Report, VerifyError, called};
use zonemint_store::{Head, Store};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Files that were exported or archived
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Verify the files as one with the store: what is in neither is missing
    #[arg(long, requires = "files")]
    with_store: bool,
    /// A row that has to be there, as it was printed when the chain ended with it; may be repeated
    #[arg(long, value_name = "CHAIN:NUMBER:HASH")]
    expect: Vec<End>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    pub(super) location: Location,
}

impl Arguments {
    /// Verifies files for themselves. None when the store is wanted.
    pub(super) fn without_store(&self) -> Option<Result<(), Failure>> {
        if self.files.is_empty() || self.with_store {
            return None;
        }
        Some(run_to_end(async { describe(self.verify(None).await?, self.output.format()) }))
    }

    async fn verify(&self, store: Option<&Arc<dyn Store>>) -> Result<Report, VerifyError> {
        let expected: Vec<Head> = self.expect.iter().map(|end| end.0.clone()).collect();
        audit::verify(store, &self.files, &expected).await
    }
}

pub(super) async fn run(store: &Arc<dyn Store>, arguments: &Arguments) -> Result<(), Failure> {
    describe(arguments.verify(Some(store)).await?, arguments.output.format())
}

fn describe(report: Report, format: Format) -> Result<(), Failure> {
    if !report.findings.is_empty() {
        super::super::print(&list(&report.findings, format))?;
        return Err(Failure::No);
    }
    super::super::print(&match format {
        Format::Table => ends(report.chains),
        Format::Json => json_lines(report.chains.into_iter().map(|ChainSpan { end, first }| {
            let (chain, last) = (end.chain.as_str().to_owned(), end.seq);
            json!({"chain": chain, "first": first, "last": last, "end": End(end).to_string()})
        })),
        Format::Plain => tabbed(&report.chains.into_iter().map(as_fields).collect::<Vec<_>>()),
    })
}

fn as_fields(ChainSpan { end, first }: ChainSpan) -> [String; 4] {
    [end.chain.as_str().to_owned(), first.to_string(), end.seq.to_string(), End(end).to_string()]
}

/// For people: that all is good, and where the chains end.
fn ends(chains: Vec<ChainSpan>) -> String {
    let mut text = String::new();
    for seen in &chains {
        let _ = writeln!(text, "{}: rows {} to {} are good", called(&seen.end.chain), seen.first, seen.end.seq);
    }
    if chains.is_empty() {
        text.push_str("there are no rows\n");
    } else {
        text.push_str("The chains end here; keep this elsewhere, to be given to --expect:\n");
    }
    for seen in chains {
        let _ = writeln!(text, "{}", End(seen.end));
    }
    text
}

/// What is wrong, a line each.
pub(super) fn list(findings: &[Finding], format: Format) -> String {
    let fields = |finding: &Finding| {
        [
            finding.chain.as_str().to_owned(),
            finding.rows.start().to_string(),
            finding.rows.end().to_string(),
            finding.to_string(),
        ]
    };
    match format {
        Format::Table => findings.iter().map(|finding| finding.to_string() + "\n").collect(),
        Format::Json => json_lines(findings.iter().map(|finding| {
            let (chain, rows) = (finding.chain.as_str(), &finding.rows);
            json!({"chain": chain, "first": rows.start(), "last": rows.end(), "finding": finding.to_string()})
        })),
        Format::Plain => tabbed(&findings.iter().map(fields).collect::<Vec<_>>()),
    }
}
