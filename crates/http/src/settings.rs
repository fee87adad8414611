//! Settings of the HTTP interface.

use serde::{Deserialize, Serialize};

use super::client_address::ForwardedHeader;
use super::proxies::TrustedProxies;
use zonemint_base::model::Period;

/// The `[http]` table. `config/default.toml` has its defaults and explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether the console is served at `/`.
    pub console: bool,
    /// Longest request body, in bytes.
    pub max_body: usize,
    /// Largest header block, in bytes.
    pub max_headers: usize,
    /// Longest request target, in bytes.
    pub max_uri: usize,
    /// How long a request's body may take to arrive.
    pub body_timeout: Period,
    /// Memory for the bodies of requests under way, in bytes.
    pub body_memory: usize,
    /// How much of it one address may have before its caller is identified.
    pub body_memory_per_address: usize,
    /// Web origins whose scripts may call; `*` for all.
    pub allow_origins: Vec<String>,
    /// Addresses and networks of proxies that are trusted for the addresses of clients.
    pub trusted_proxies: Vec<String>,
    /// The header in which they send it.
    pub forwarded: ForwardedHeader,
}

/// The `[metrics]` table.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsSettings {
    /// Addresses and networks from which the metrics may be read without credentials.
    pub networks: Vec<String>,
}

/// The `[oauth]` table.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthSettings {
    /// The answer to a request for a token without a scope.
    pub unscoped: Unscoped,
}

/// The answer to a request for a token without a scope: the setting `oauth.unscoped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unscoped {
    /// A token that can only read, and only through the API.
    ReadOnly,
    /// An error, after which some clients ask again with a scope.
    Refuse,
    /// A token with all rights of its owner.
    All,
}

impl MetricsSettings {
    /// The networks, for settings that have been checked.
    #[must_use]
    pub fn metrics_readers(&self) -> TrustedProxies {
        TrustedProxies::parse(&self.networks).unwrap_or_default()
    }

    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        TrustedProxies::check("metrics.networks", &self.networks, problems);
    }
}

impl Settings {
    /// The most that a header block or a request target may be set to: what the HTTP library reads at most.
    pub const MOST_HEAD: usize = 256 << 10;

    /// The proxies, for settings that have been checked.
    #[must_use]
    pub fn proxies(&self) -> TrustedProxies {
        TrustedProxies::parse(&self.trusted_proxies).unwrap_or_default()
    }

    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if !(1_024..=8 << 20).contains(&self.max_body) {
            problems.push(("http.max_body", "must be from 1024 to 8388608 bytes".into()));
        }
        for (key, value) in [("http.max_headers", self.max_headers), ("http.max_uri", self.max_uri)] {
            if !(1_024..=Self::MOST_HEAD / 2).contains(&value) {
                problems.push((key, format!("must be from 1024 to {} bytes", Self::MOST_HEAD / 2)));
            }
        }
        if self.body_memory_per_address > self.body_memory {
            problems.push(("http.body_memory_per_address", "must be at most http.body_memory".into()));
        }
        if self.body_timeout.ms() == 0 {
            problems.push(("http.body_timeout", "must be at least 1ms".into()));
        }
        TrustedProxies::check("http.trusted_proxies", &self.trusted_proxies, problems);
        let all = self.allow_origins.iter().any(|origin| origin == "*");
        if all && self.allow_origins.len() > 1 {
            problems.push(("http.allow_origins", "\"*\" must stand alone".into()));
        }
        for origin in self.allow_origins.iter().filter(|origin| *origin != "*") {
            let bare = origin.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains('/'));
            if !bare || !origin.bytes().all(|byte| byte.is_ascii_graphic()) {
                problems
                    .push(("http.allow_origins", format!("\"{origin}\" is not an origin like https://host[:port]")));
            }
        }
    }
}
