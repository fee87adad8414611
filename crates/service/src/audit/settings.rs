//! The `[audit]` table.

use serde::{Deserialize, Serialize};

use zonemint_base::model::Period;

/// How the audit trail is kept. The defaults and their meaning stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How often the ends of the other chains are noted, and that of the own one is logged.
    pub checkpoint: Period,
    /// How often refused sign-ins are written down.
    pub refused_logins: Period,
    /// Whether rows of requests note the network that these come from.
    pub addresses: bool,
}

impl Settings {
    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        for (key, value) in [("audit.checkpoint", self.checkpoint), ("audit.refused_logins", self.refused_logins)] {
            if !(1_000..=86_400_000).contains(&value.ms()) {
                problems.push((key, "must be from 1s to 1d".into()));
            }
        }
    }
}
