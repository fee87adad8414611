//! Settings of where addresses are looked up.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use zonemint_base::model::Period;

/// The `[geo]` table. Its defaults and their meaning stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// File with countries; empty for none.
    pub country: PathBuf,
    /// File with autonomous systems; empty for none.
    pub asn: PathBuf,
    /// How often the files are polled.
    pub watch: Period,
}

impl Settings {
    /// The file with countries, if one is named.
    #[must_use]
    pub fn country_file(&self) -> Option<&Path> {
        named(&self.country)
    }

    /// The file with autonomous systems, if one is named.
    #[must_use]
    pub fn asn_file(&self) -> Option<&Path> {
        named(&self.asn)
    }

    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if self.watch.ms() < 100 {
            problems.push(("geo.watch", "must be at least 100ms".into()));
        }
    }
}

fn named(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}
