//! `zonemint config`: settings.

use super::{Failure, Location};
use crate::config::{DEFAULT, Environment, Overrides};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the default settings, with what each means
    Default,
    /// Tell everything that is wrong with the settings
    Check(Location),
    /// Print the settings in force: defaults, file and environment together
    Show(Location),
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    let load = |location: &Location| location.load(&Environment::of_process(), Overrides::default());
    match command {
        Command::Default => super::print(DEFAULT),
        Command::Check(location) => {
            load(location)?;
            super::print("the settings are valid\n")
        }
        Command::Show(location) => super::print(&load(location)?.to_toml()),
    }
}
