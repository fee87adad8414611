//! `zonemint audit`: reads, exports, verifies and archives the audit trail, also next to a running server.

mod archive;
mod export;
mod output;
mod selection;
mod tail;
mod verify;

use super::opened_store::at;
use super::{Failure, run_to_end};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the last rows of the audit trail
    ///
    /// Users are shown with the names that they had at the time of the row.
    Tail(tail::Arguments),
    /// Write rows as JSON, one object a line, with everything that is needed to verify them elsewhere
    ///
    /// Of each chain, the export begins at the first row since --since, and ends before the first row since
    /// --until. The rows are always JSON; --format says how the result of an export to a file is printed.
    #[command(verbatim_doc_comment)]
    Export(export::Arguments),
    /// Check that no row was changed, removed, inserted or moved
    ///
    /// Without a file, the command verifies the store. With files that were exported or archived, it
    /// verifies the files: alone, or together with the store.
    ///
    /// Each wrong row is named. If no row is wrong, the command exits 0 and prints where each chain ends.
    /// Keep that where nobody who can write to the store can write, and give it to --expect later. The
    /// store itself does not show that the end of a chain was cut off, unless another chain has noted it,
    /// or that everything was reset to an earlier state.
    ///
    /// Exits 1 if something is wrong.
    #[command(verbatim_doc_comment)]
    Verify(verify::Arguments),
    /// Move old rows to a file
    ///
    /// The command writes the rows of each chain that are older than --before to a new file, as `export`
    /// does. Then it adds a row to the trail that says so. Then it removes the archived rows, except the
    /// last one of each chain. The rest can be verified alone, or together with the file. If the command
    /// is interrupted, nothing is lost: run it again with another file.
    #[command(verbatim_doc_comment)]
    Archive(archive::Arguments),
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Tail(arguments) => at(&arguments.common.location, async |opened| tail::run(opened, arguments).await),
        Command::Export(arguments) => {
            at(&arguments.common.location, async |opened| export::run(&opened.store, arguments).await)
        }
        Command::Archive(arguments) => {
            at(&arguments.common.location, async |opened| archive::run(&opened.store, arguments).await)
        }
        Command::Verify(arguments) if arguments.is_without_store() => run_to_end(verify::run(None, arguments)),
        Command::Verify(arguments) => {
            at(&arguments.common.location, async |opened| verify::run(Some(&opened.store), arguments).await)
        }
    }
}
