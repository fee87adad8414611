//! Settings of where addresses are looked up.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Examined, Geo, GeoError};
use crate::model::Period;

/// The `[geo]` table. Its defaults and their meaning stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// File with countries; empty for none.
    pub country: PathBuf,
    /// File with autonomous systems; empty for none.
    pub asn: PathBuf,
    /// How often the files are looked at.
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

    /// Opens each file that is named and looks into it, as the start does: for each key what its file was found to be, or why it cannot
    /// be used.
    #[must_use]
    pub fn examine(&self) -> Vec<(&'static str, Result<Examined, GeoError>)> {
        let country = ("geo.country", self.country_file().map(|file| Geo::open(Some(file), None)));
        let asn = ("geo.asn", self.asn_file().map(|file| Geo::open(None, Some(file))));
        let mut examined = Vec::new();
        for (key, geo) in [country, asn] {
            match geo {
                Some(Ok(geo)) => examined.extend(geo.examined().into_iter().map(|database| (key, Ok(database)))),
                Some(Err(error)) => examined.push((key, Err(error))),
                None => {}
            }
        }
        examined
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
