//! The `[store]` table.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Address, Chain};
use zonemint_base::model::Period;

/// Where data is kept. The defaults and their meaning stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The data folder.
    pub folder: PathBuf,
    /// Empty for the embedded store, or `postgres://…`.
    pub url: Address,
    /// A file with the password for `url`; empty for none.
    pub password_file: PathBuf,
    /// How the connection to the database is protected.
    pub tls: Tls,
    /// A file with the certificates of the authorities that vouch for the database server, or with its own (PEM).
    pub tls_ca: PathBuf,
    /// This node's name; empty for that of the host.
    pub node: String,
    /// Connections to the database for reading.
    pub pool: usize,
    /// How long connecting may take.
    pub connect_timeout: Period,
    /// How long one statement may take.
    pub statement_timeout: Period,
    /// How far the clock of this node may be from the database's before nothing is minted; zero for no limit.
    pub max_clock_skew: Period,
    /// How often changes of other processes are looked for.
    pub follow: Period,
    /// How long expired tokens stay.
    pub keep_expired: Period,
    /// How long changes stay in the feed.
    pub keep_changes: Period,
    /// How often what has had its time is taken away.
    pub purge: Period,
}

/// How the connection to the database is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Encrypted, and the server's certificate and name are verified.
    VerifyFull,
    /// Encrypted, and the server shows exactly the certificate that is named. Its names and dates are not checked.
    Pin,
    /// Encrypted, but the server is not verified.
    Require,
    /// Not encrypted.
    Disable,
}

impl Tls {
    /// As it is written in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::VerifyFull => "verify-full",
            Self::Pin => "pin",
            Self::Require => "require",
            Self::Disable => "disable",
        }
    }
}

impl Settings {
    /// Whether the data lies in a database that other nodes use too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.url.is_embedded()
    }

    /// What the store is called in messages: its folder, or its address without a password.
    #[must_use]
    pub fn name(&self) -> String {
        if self.is_shared() { self.url.shown() } else { self.folder.display().to_string() }
    }

    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if let Some(reason) = self.url.refusal() {
            problems.push(("store.url", reason));
        }
        if self.url.has_password() && !self.password_file.as_os_str().is_empty() {
            let reason = "is set together with a password in store.url: remove the one in the address";
            problems.push(("store.password_file", reason.into()));
        }
        if Chain::parse(&self.node).is_none() {
            let reason =
                "must have at most 63 characters, of which only letters, digits, \".\", \"-\" and \"_\" are allowed";
            problems.push(("store.node", reason.into()));
        }
        if !(1..=1_000).contains(&self.pool) {
            problems.push(("store.pool", "must be from 1 to 1000".into()));
        }
        if self.max_clock_skew.ms() > 0 && !(1_000..=86_400_000).contains(&self.max_clock_skew.ms()) {
            problems.push(("store.max_clock_skew", "must be from 1s to 1d, or 0s for no limit".into()));
        }
        for (key, value, least, most, range) in [
            ("store.connect_timeout", self.connect_timeout, 100, 60_000, "100ms to 1m"),
            ("store.statement_timeout", self.statement_timeout, 100, 600_000, "100ms to 10m"),
            ("store.follow", self.follow, 10, 10_000, "10ms to 10s"),
            ("store.keep_changes", self.keep_changes, 60_000, 365 * 86_400_000, "1m to 365d"),
            ("store.purge", self.purge, 100, 86_400_000, "100ms to 1d"),
        ] {
            if !(least..=most).contains(&value.ms()) {
                problems.push((key, format!("must be from {range}")));
            }
        }
    }
}
