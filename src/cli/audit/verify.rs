//! `zonemint audit verify`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::output::written;
use crate::cli::output::Format;
use crate::cli::{Common, Failure, print};
use zonemint_service::audit::{self, ChainSpan, End, Finding, called};
use zonemint_store::{Head, Store};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Exported or archived files
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Verify the files together with the store: rows that are in neither are missing
    #[arg(long, requires = "files")]
    with_store: bool,
    /// A row that must exist, as it was printed when the chain ended with it; may be repeated
    #[arg(long, value_name = "CHAIN:NUMBER:HASH")]
    expect: Vec<End>,
    #[command(flatten)]
    pub(super) common: Common,
}

impl Arguments {
    /// Whether the files are verified alone.
    pub(super) fn is_without_store(&self) -> bool {
        !self.files.is_empty() && !self.with_store
    }
}

pub(super) async fn run(store: Option<&Arc<dyn Store>>, arguments: &Arguments) -> Result<(), Failure> {
    let expected: Vec<Head> = arguments.expect.iter().map(|end| end.0.clone()).collect();
    let (report, format) = (audit::verify(store, &arguments.files, &expected).await?, arguments.common.output.format());
    if !report.findings.is_empty() {
        print(&list(&report.findings, format))?;
        return Err(Failure::No);
    }
    let objects = report.chains.iter().map(|ChainSpan { end, first }| {
        let (chain, last) = (end.chain.as_str(), end.seq);
        json!({"chain": chain, "first": first, "last": last, "end": End(end.clone()).to_string()})
    });
    print(&written(format, objects, || ends(&report.chains)))
}

/// Says that all rows are good, and where the chains end.
fn ends(chains: &[ChainSpan]) -> String {
    let mut text = String::new();
    for seen in chains {
        let _ = writeln!(text, "{}: rows {} to {} are good", called(&seen.end.chain), seen.first, seen.end.seq);
    }
    if chains.is_empty() {
        text.push_str("there are no rows\n");
    } else {
        text.push_str("The chains end here; keep this elsewhere, to be given to --expect:\n");
    }
    for seen in chains {
        let _ = writeln!(text, "{}", End(seen.end.clone()));
    }
    text
}

/// What is wrong, one finding a line.
pub(super) fn list(findings: &[Finding], format: Format) -> String {
    let objects = findings.iter().map(|finding| {
        let (chain, rows) = (finding.chain.as_str(), &finding.rows);
        json!({"chain": chain, "first": rows.start(), "last": rows.end(), "finding": finding.to_string()})
    });
    written(format, objects, || findings.iter().map(|finding| finding.to_string() + "\n").collect())
}
