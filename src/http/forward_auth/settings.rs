//! Settings of the decisions for proxies.

use serde::{Deserialize, Serialize};

use super::Gate;

/// The `[forward_auth]` table. Its defaults and their meaning stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Groups of users, as in `staff = alice usr-…`.
    pub groups: Vec<String>,
    /// Which groups a route needs, as in `wiki.example.org/admin/* = staff`.
    pub routes: Vec<String>,
}

impl Settings {
    /// Groups and routes, for settings that have been checked.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Gate::parse(&self.groups, &self.routes).unwrap_or_default()
    }

    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if let Err(error) = Gate::parse(&self.groups, &self.routes) {
            problems.push((error.key(), error.to_string()));
        }
    }
}
