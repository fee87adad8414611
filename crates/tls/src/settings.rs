//! Settings of TLS.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{PairFiles, acme_settings};
use zonemint_base::model::Period;

/// The `[tls]` table. `config/default.toml` has its defaults and explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Folder of the pair.
    pub folder: PathBuf,
    /// Certificate chain, in the folder unless absolute.
    pub certificate: PathBuf,
    /// Private key, in the folder unless absolute.
    pub key: PathBuf,
    /// Names and addresses of the self-signed pair besides `localhost` and the host's own name.
    pub names: Vec<String>,
    /// How often the files are checked for changes.
    pub watch: Period,
    /// Certificates that an authority issues by ACME.
    pub acme: acme_settings::Settings,
}

impl Settings {
    /// The paths of the pair.
    #[must_use]
    pub fn files(&self) -> PairFiles {
        let at = |file: &Path| self.folder.join(file);
        PairFiles { certificate: at(&self.certificate), key: at(&self.key) }
    }

    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if self.watch.ms() < 100 {
            problems.push(("tls.watch", "must be at least 100ms".into()));
        }
        for name in self.names.iter().filter(|name| name.is_empty() || !name.is_ascii()) {
            problems.push(("tls.names", format!("\"{name}\" is not a DNS name or an address (write IDNs as xn--…)")));
        }
        self.acme.check(problems);
    }
}
