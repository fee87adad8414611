//! `zonemint config`: settings.

use std::fmt::Write as _;

use super::{Failure, Location};
use crate::config::{DEFAULT, Environment, Overrides, Problem, Problems};
use crate::telemetry::error_chain;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the default settings, with what each means
    Default,
    /// Tell everything that is wrong with the settings, and which of them can never be reached
    Check(Location),
    /// Print the settings in force: defaults, file and environment together
    Show(Location),
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    let load = |location: &Location| location.load(&Environment::of_process(), Overrides::default());
    match command {
        Command::Default => super::print(DEFAULT),
        Command::Check(location) => {
            let config = load(location)?;
            let mut text = "the settings are valid\n".to_owned();
            for Problem { at, reason } in config.unreachable() {
                let _ = writeln!(text, "note: {at}: {reason}");
            }
            let mut problems = Vec::new();
            for (key, examined) in config.geo.examine() {
                match examined {
                    Ok(database) => _ = writeln!(text, "{key}: {database}"),
                    Err(error) => problems.push(Problem { at: key.to_owned(), reason: error_chain(&error) }),
                }
            }
            if problems.is_empty() { super::print(&text) } else { Err(Problems(problems).into()) }
        }
        Command::Show(location) => super::print(&load(location)?.to_toml()),
    }
}
