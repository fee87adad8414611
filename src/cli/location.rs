//! Where commands find settings and data.

use std::path::{Path, PathBuf};

use super::output::Output;
use super::{CommandError, Failure};
use crate::app::StartError;
use crate::config::{Config, Environment, Overrides, Problems};

/// Where settings and data are, for every command that needs them.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Location {
    /// Settings file; without it, the defaults
    #[arg(long, value_name = "FILE", env = "ZONEMINT_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// Data folder
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
}

impl Location {
    /// Loads the settings with these flags.
    pub(super) fn load(&self, environment: &Environment, mut flags: Overrides) -> Result<Config, Problems> {
        flags.data = flags.data.or_else(|| self.data.clone());
        Config::load(self.config.as_deref(), environment, &flags)
    }

    /// Loads the settings of this process, without other flags.
    pub(super) fn load_for_process(&self) -> Result<Config, Problems> {
        self.load(&Environment::of_process(), Overrides::default())
    }

    /// Adds to [`StartError::NoStore`] which settings say where the store is.
    pub(super) fn explain(&self, error: StartError) -> Failure {
        if !matches!(error, StartError::NoStore(_)) {
            return error.into();
        }
        let settings = self.config.as_ref().map_or_else(
            || "No settings file is named, so defaults and environment apply: name one with --config or ZONEMINT_CONFIG".to_owned(),
            |file| format!("The settings are read from {}", absolute(file).display()),
        );
        CommandError(format!("{error}. {settings}")).into()
    }
}

/// The options of most commands on a store: how to print, and where settings and data are.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) location: Location,
}

/// A path that means the same from every working folder.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
