//! `zonemint audit`: the audit trail, read, exported, verified and archived; also next to a running server.

mod archive;
mod export;
mod output;
mod selection;
mod tail;
mod verify;

use super::{Failure, opened_store};

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
    opened_store::at(location, async |opened| match command {
        Command::Tail(arguments) => tail::run(opened, arguments).await,
        Command::Export(arguments) => export::run(opened.store(), arguments).await,
        Command::Archive(arguments) => archive::run(opened.store(), arguments).await,
        Command::Verify(arguments) => verify::run(opened.store(), arguments).await,
    })
}
