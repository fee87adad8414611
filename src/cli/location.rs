//! Where commands find settings and data.

use std::path::{Path, PathBuf};

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
    /// Loads the settings that are in force with these flags.
    pub(super) fn load(&self, environment: &Environment, mut flags: Overrides) -> Result<Config, Problems> {
        flags.data = flags.data.or_else(|| self.data.clone());
        Config::load(self.config.as_deref(), environment, &flags)
    }

    /// Loads the settings that are in force for this process, without other flags.
    pub(super) fn load_for_process(&self) -> Result<Config, Problems> {
        self.load(&Environment::of_process(), Overrides::default())
    }

    /// Which settings file was read, as a sentence.
    fn describe(&self) -> String {
        match &self.config {
            Some(file) => format!("The settings are read from {}", absolute(file).display()),
            None => {
                "No settings file is named, so defaults and environment apply: name one with --config or ZONEMINT_CONFIG".to_owned()
            }
        }
    }

    /// Adds to the error that there is no store which settings have said where it is.
    pub(super) fn explain(&self, error: StartError) -> Failure {
        match error {
            StartError::NoStore(_) => CommandError(format!("{error}. {}", self.describe())).into(),
            other => other.into(),
        }
    }
}

/// A path that means the same from every folder.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
