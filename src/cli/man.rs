//! `zonemint man`: manual pages.

use std::path::PathBuf;

use clap_mangen::Man;

use super::{CommandError, Failure};

/// Writes one page for each command into a folder, as in `zonemint man /usr/local/share/man/man1`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder, which must exist; without one, the page of zonemint itself goes to standard output
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// `command` is the whole program.
pub(super) fn run(arguments: &Arguments, command: clap::Command) -> Result<(), Failure> {
    if let Some(folder) = &arguments.folder {
        let failed = |error| CommandError(format!("{}: {error}", folder.display()));
        clap_mangen::generate_to(command, folder).map_err(failed)?;
        return Ok(());
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    super::print(&String::from_utf8_lossy(&page))
}
