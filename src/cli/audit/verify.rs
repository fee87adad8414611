//! `zonemint audit verify`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::{Failure, Location, run_to_end};
use crate::audit::{self, End, Report, VerifyError, called};
use crate::store::{Head, Store};

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
    pub(super) location: Location,
}

impl Arguments {
    /// Verifies files for themselves. None when the store is wanted.
    pub(super) fn without_store(&self) -> Option<Result<(), Failure>> {
        if self.files.is_empty() || self.with_store {
            return None;
        }
        Some(run_to_end(async { told(self.verify(None).await?) }))
    }

    async fn verify(&self, store: Option<&Arc<dyn Store>>) -> Result<Report, VerifyError> {
        let expected: Vec<Head> = self.expect.iter().map(|end| end.0.clone()).collect();
        audit::verify(store, &self.files, &expected).await
    }
}

pub(super) async fn run(store: &Arc<dyn Store>, arguments: &Arguments) -> Result<(), Failure> {
    told(arguments.verify(Some(store)).await?)
}

fn told(report: Report) -> Result<(), Failure> {
    if !report.findings.is_empty() {
        super::super::print(&list(&report))?;
        return Err(Failure::No);
    }
    let mut text = String::new();
    for seen in &report.chains {
        let _ = writeln!(text, "{}: rows {} to {} are good", called(&seen.end.chain), seen.first, seen.end.seq);
    }
    if report.chains.is_empty() {
        text.push_str("there are no rows\n");
    } else {
        text.push_str("The chains end here; keep this elsewhere, to be given to --expect:\n");
    }
    for seen in report.chains {
        let _ = writeln!(text, "{}", End(seen.end));
    }
    super::super::print(&text)
}

/// What is wrong, a line each.
pub(super) fn list(report: &Report) -> String {
    report.findings.iter().fold(String::new(), |mut text, finding| {
        let _ = writeln!(text, "{finding}");
        text
    })
}
