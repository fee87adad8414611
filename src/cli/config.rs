//! `zonemint config`: settings.

use std::fmt::Write as _;

use super::{Failure, Location, run_to_end};
use crate::app;
use crate::config::{DEFAULT, Environment, Overrides, Problem};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the default settings, with what each means
    Default,
    /// Tell everything that is wrong with the settings and the files that they name, and which of them can never be reached
    ///
    /// It finds all that a start finds before it uses the network, and changes nothing. Run it as the user that the server runs as.
    /// Whether the address to listen on is taken is not looked at: a running server has it.
    /// `zonemint config show` judges the settings without the files.
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
            if location.config.is_none() {
                text.push_str("note: no settings file is named, so these are defaults and environment: name one with --config or ZONEMINT_CONFIG\n");
            }
            let environment = Environment::of_process();
            let prepared = run_to_end(async { Ok(app::preflight(&config, &environment).await?) })?;
            for Problem { at, reason } in config.unreachable() {
                let _ = writeln!(text, "note: {at}: {reason}");
            }
            for database in prepared.geo.examined() {
                let _ = writeln!(text, "geo: {database}");
            }
            super::print(&text)
        }
        Command::Show(location) => super::print(&load(location)?.to_toml()),
    }
}
