//! `zonemint audit export`.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::output::NewFile;
use super::selection::{Moment, heads};
use crate::cli::{Common, Failure, print};
use zonemint_service::audit::archive::{self, WriteError, Written};
use zonemint_service::audit::first_at;
use zonemint_store::{Head, Store};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// From this time on, as in 2026-11-23T12:00:00Z, or how long ago, as in 12h or 30d
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Up to this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// Only the chain of this name
    #[arg(long, value_name = "NAME")]
    chain: Option<String>,
    /// The new file; `-` for standard output
    #[arg(default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(store: &Arc<dyn Store>, arguments: &Arguments) -> Result<(), Failure> {
    let mut parts = Vec::new();
    for mut end in heads(store, arguments.chain.as_deref()).await? {
        let after = match arguments.since {
            Some(since) => first_at(store, &end, since.ms()).await?.saturating_sub(1),
            None => 0,
        };
        if let Some(until) = arguments.until {
            end.seq = end.seq.min(first_at(store, &end, until.ms()).await?.saturating_sub(1));
        }
        parts.push((end, after));
    }
    let written = if arguments.file == Path::new("-") {
        match to_all(store, &parts, &mut BufWriter::new(io::stdout().lock())).await {
            // A reader that has gone away, as `head` does, is no failure.
            Err(WriteError::File(error)) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            outcome => outcome?,
        }
    } else {
        let mut file = NewFile::create(&arguments.file)?;
        let written = to_all(store, &parts, &mut file.out).await?;
        file.finish()?;
        let (file, Written { rows, unreadable }) = (arguments.file.display().to_string(), written);
        print(&arguments.common.output.object(&json!({"file": file, "rows": rows, "unreadable": unreadable}), || {
            format!("exported {rows} rows to {file}\n")
        }))?;
        written
    };
    if written.unreadable > 0 {
        eprintln!("{} rows cannot be read and were left out; `zonemint audit verify` names them", written.unreadable);
        return Err(Failure::No);
    }
    Ok(())
}

async fn to_all(store: &Arc<dyn Store>, parts: &[(Head, u64)], out: &mut impl Write) -> Result<Written, WriteError> {
    let mut all = Written::default();
    for (end, after) in parts {
        let written = archive::write(store, end, *after, out).await?;
        all.rows += written.rows;
        all.unreadable += written.unreadable;
    }
    out.flush()?;
    Ok(all)
}
