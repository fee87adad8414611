//! `zonemint audit archive`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::{Failure, Location, Told};
use super::output::NewFile;
use super::{Moment, verify};
use crate::audit::{self, archive, called};
use crate::clock::Clock;
use crate::store::{Store, StoreError};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Which rows: older than this moment, as in 2026-11-23T12:00:00Z, or than this long, as in 90d
    #[arg(long, value_name = "TIME")]
    before: Moment,
    /// A new file
    file: PathBuf,
    /// Archive even if rows were tampered with: what is wrong stays wrong, in the file, and rows that cannot be read are lost
    #[arg(long)]
    despite_faults: bool,
    #[command(flatten)]
    pub(super) location: Location,
}

/// It stopped between the file and the end.
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
    let path = arguments.file.display();
    if !arguments.despite_faults {
        let report = audit::verify(Some(store), &[], &[]).await?;
        if !report.findings.is_empty() {
            super::super::print(&verify::list(&report))?;
            let told = "nothing was archived, because of what is said above; find out how it came about, then archive with \
                        --despite-faults";
            return Err(Told(told.to_owned()).into());
        }
    }
    let cuts = archive::plan(store, &store.heads().await?, arguments.before.ms()).await?;
    if cuts.is_empty() {
        return super::super::print("there is nothing to archive: no chain has two rows of that age\n");
    }
    let mut text = String::new();
    let mut file = NewFile::create(&arguments.file)?;
    for cut in &cuts {
        let through = &cut.archived.through;
        let written = archive::write(store, through, cut.first - 1, &mut file).await?;
        let chain = called(&through.chain);
        let _ = writeln!(text, "archived {chain}: {} rows, {} to {}", written.rows, cut.first, through.seq);
        if written.unreadable > 0 {
            let _ = writeln!(text, "left out of {chain}: {} rows that cannot be read", written.unreadable);
        }
    }
    file.finish()?;
    let unfinished = |what, source| Unfinished { file: path.to_string(), what, source };
    archive::record(store, &cuts, Clock::system().now_ms())
        .await
        .map_err(|error| unfinished("the row that says so could not be written, so nothing was removed", error))?;
    archive::remove(store, &cuts)
        .await
        .map_err(|error| unfinished("not all of its rows could be removed from the store", error))?;
    let _ = writeln!(text, "written to {path}; keep it: it is part of the trail");
    super::super::print(&text)
}
