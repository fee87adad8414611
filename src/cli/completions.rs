//! `zonemint completions`: a completion script for a shell.

use clap_complete::Shell;

use super::Failure;

/// Writes the script to standard output, as in `zonemint completions bash > /etc/bash_completion.d/zonemint`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Which shell
    shell: Shell,
}

/// `command` is the whole program.
pub(super) fn run(arguments: &Arguments, command: &mut clap::Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "zonemint", &mut script);
    super::print(&String::from_utf8_lossy(&script))
}
