//! `zonemint audit archive`.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::output::{NewFile, written};
use super::selection::Moment;
use super::verify;
use crate::cli::output::Format;
use crate::cli::{Common, Failure, fail, print};
use zonemint_base::clock::Clock;
use zonemint_service::audit::archive::{Cut, Written};
use zonemint_service::audit::{self, archive, called};
use zonemint_store::{Store, StoreError};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Archive rows from before this moment, as in 2026-11-23T12:00:00Z, or older than this, as in 90d
    #[arg(long, value_name = "TIME")]
    before: Moment,
    /// The new file
    file: PathBuf,
    /// Archive even if rows were tampered with: faults are copied to the file, and rows that cannot be read are lost
    #[arg(long)]
    despite_faults: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

/// The archiving failed after the file was written.
#[derive(Debug, thiserror::Error)]
#[error(
    "{file} is written, but {what}; nothing is lost, and the trail can be verified: run it again with another file"
)]
struct Unfinished {
    file: String,
    what: &'static str,
    source: StoreError,
}

pub(super) async fn run(store: &Arc<dyn Store>, arguments: &Arguments) -> Result<(), Failure> {
    let (path, format) = (arguments.file.display(), arguments.common.output.format());
    if !arguments.despite_faults {
        let report = audit::verify(Some(store), &[], &[]).await?;
        if !report.findings.is_empty() {
            print(&verify::list(&report.findings, format))?;
            return fail(
                "nothing was archived, because of the faults above; find their cause, then archive with --despite-faults",
            );
        }
    }
    let cuts = archive::plan(store, &store.heads().await?, arguments.before.ms()).await?;
    if cuts.is_empty() {
        return match format {
            Format::Table => print("there is nothing to archive: no chain has two rows of that age\n"),
            Format::Json | Format::Plain => Ok(()),
        };
    }
    let mut parts = Vec::with_capacity(cuts.len());
    let mut file = NewFile::create(&arguments.file)?;
    for cut in &cuts {
        parts.push((cut, archive::write(store, &cut.archived.through, cut.first - 1, &mut file.out).await?));
    }
    file.finish()?;
    let unfinished = |what, source| Unfinished { file: path.to_string(), what, source };
    archive::record(store, &cuts, Clock::system().now_ms())
        .await
        .map_err(|error| unfinished("the row that says so could not be written, so nothing was removed", error))?;
    archive::remove(store, &cuts)
        .await
        .map_err(|error| unfinished("not all of its rows could be removed from the store", error))?;
    let objects = parts.iter().map(|(Cut { first, archived }, Written { rows, unreadable })| {
        let (chain, last) = (archived.through.chain.as_str(), archived.through.seq);
        json!({"chain": chain, "first": first, "last": last, "rows": rows, "unreadable": unreadable})
    });
    print(&written(format, objects, || {
        let lines = parts.iter().map(|(cut, written)| in_words(cut, *written)).collect::<String>();
        format!("{lines}written to {path}; keep it: it is part of the trail\n")
    }))
}

fn in_words(Cut { first, archived }: &Cut, Written { rows, unreadable }: Written) -> String {
    let (chain, last) = (called(&archived.through.chain), archived.through.seq);
    let left_out = match unreadable {
        0 => String::new(),
        count => format!("left out of {chain}: {count} rows that cannot be read\n"),
    };
    format!("archived {chain}: {rows} rows, {first} to {last}\n{left_out}")
}
