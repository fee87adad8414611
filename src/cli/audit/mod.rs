//! `zonemint audit`: the audit trail, read, exported, verified and archived; also beside a running server.

mod archive;
mod export;
mod output;
mod tail;
mod verify;

use std::str::FromStr;
use std::sync::Arc;

use super::{Failure, Told, desk};
use crate::audit::called;
use crate::clock;
use crate::model::Period;
use crate::store::{Chain, Head, Store};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the last rows of the audit trail
    ///
    /// Users have the names that they had at the time of the row.
    Tail(tail::Arguments),
    /// Write rows as JSON, one object a line, with everything that is needed to verify them elsewhere
    ///
    /// Of each chain, from its first row of the time --since on, up to its first row of the time --until.
    /// The rows are JSON with each --format, which says how the result of an export to a file is printed.
    #[command(verbatim_doc_comment)]
    Export(export::Arguments),
    /// Check that no row was changed, removed, inserted or moved
    ///
    /// Without a file, the store is verified. With files that were exported or archived, these are: for
    /// themselves, or as one with the store.
    ///
    /// Each row that is wrong is named. Exits 0 if none is, and prints where each chain ends: keep that
    /// where nobody who can write to the store can write, and give it to --expect later. Nothing in the
    /// store itself shows that the end of a chain that no other chain has noted was cut off, or that all
    /// was put back to an earlier state.
    ///
    /// Exits 1 if something is wrong.
    #[command(verbatim_doc_comment)]
    Verify(verify::Arguments),
    /// Move old rows to a file
    ///
    /// The rows of each chain that are older than --before are written to a new file, as `export` writes
    /// them. Then a row in the trail says so, and then they are removed, but for the last one of each
    /// chain. What stays can be verified by itself, and together with the file. If it is interrupted,
    /// nothing is lost: run it again with another file.
    #[command(verbatim_doc_comment)]
    Archive(archive::Arguments),
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    let location = match command {
        Command::Tail(arguments) => &arguments.location,
        Command::Export(arguments) => &arguments.location,
        Command::Archive(arguments) => &arguments.location,
        Command::Verify(arguments) => match arguments.without_store() {
            Some(outcome) => return outcome,
            None => &arguments.location,
        },
    };
    desk::at(location, async |desk| match command {
        Command::Tail(arguments) => tail::run(desk, arguments).await,
        Command::Export(arguments) => export::run(desk.store(), arguments).await,
        Command::Archive(arguments) => archive::run(desk.store(), arguments).await,
        Command::Verify(arguments) => verify::run(desk.store(), arguments).await,
    })
}

/// A moment, as people say it: `2026-11-23T12:00:00Z`, or a length of time ago.
#[derive(Debug, Clone, Copy)]
enum Moment {
    At(u64),
    Ago(Period),
}

impl Moment {
    /// In milliseconds since the Unix epoch.
    fn ms(self) -> u64 {
        match self {
            Self::At(ms) => ms,
            Self::Ago(period) => clock::Clock::system().now_ms().saturating_sub(period.ms()),
        }
    }
}

impl FromStr for Moment {
    type Err = Told;

    fn from_str(text: &str) -> Result<Self, Told> {
        let at = clock::from_rfc3339(text).map(Self::At);
        at.or_else(|| Some(Self::Ago(text.parse().ok()?))).ok_or_else(|| {
            Told("expected a moment as in 2026-11-23T12:00:00Z, or how long ago as in 12h or 30d".to_owned())
        })
    }
}

/// Where chains end; of one only, if it is named.
async fn heads(store: &Arc<dyn Store>, only: Option<&str>) -> Result<Vec<Head>, Failure> {
    let mut heads = store.heads().await?;
    let Some(name) = only else { return Ok(heads) };
    let all: Vec<_> = heads.iter().map(|head| called(&head.chain)).collect();
    heads.retain(|head| head.chain.as_str() == name);
    if heads.is_empty() {
        let all =
            if all.is_empty() { "nothing was recorded yet".to_owned() } else { format!("there is {}", all.join(", ")) };
        return Err(Told(format!("there is no chain {name:?}; {all}")).into());
    }
    Ok(heads)
}

/// The end of a chain, before the first row of a number.
fn until(head: &Head, seq: u64) -> Head {
    Head { seq: head.seq.min(seq.saturating_sub(1)), ..head.clone() }
}

fn is_plain(chain: &Chain) -> bool {
    chain.as_str().is_empty()
}
