//! Settings of the decisions for proxies.

use serde::{Deserialize, Serialize};

use super::{Gate, GateError};

/// The `[forward_auth]` table. `config/default.toml` has its defaults and explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Groups of users, as in `staff = alice usr-…`.
    pub groups: Vec<String>,
    /// The groups that a route requires, as in `wiki.example.org/admin/* = staff`.
    pub routes: Vec<String>,
    /// Whether the paths of routes are compared without case.
    pub ignore_case: bool,
    /// Hosts whose clients are offered `Authorization: Basic`, as in `git.example.org`.
    pub basic: Vec<String>,
}

impl Settings {
    /// Groups and routes, for settings that have been checked.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.parse().unwrap_or_default()
    }

    fn parse(&self) -> Result<Gate, GateError> {
        Gate::parse(&self.groups, &self.routes, self.ignore_case)?.with_basic(&self.basic)
    }

    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if let Err(error) = self.parse() {
            problems.push((error.key(), error.to_string()));
        }
    }
}
