//! Settings of the log.

use serde::{Deserialize, Serialize};

/// The `[log]` table. `config/default.toml` has its defaults and explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// For people or for programs.
    pub format: Format,
    /// Messages of this level and above: `error`, `warn`, `info`, `debug`, `trace`.
    pub level: String,
    /// One line per request.
    pub requests: bool,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if self.level.parse::<tracing_subscriber::filter::LevelFilter>().is_err() {
            problems.push(("log.level", "must be error, warn, info, debug, trace or off".into()));
        }
    }
}
