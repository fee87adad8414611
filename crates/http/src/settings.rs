//! Settings of the HTTP edge.

use serde::{Deserialize, Serialize};

use super::client_address::ForwardedHeader;
use super::proxies::TrustedProxies;
use zonemint_base::model::Period;

/// The `[http]` table. Its defaults and their meaning stand in `config/default.toml`.
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
    /// How much of it one address may have before it is known who is asking.
    pub body_memory_per_address: usize,
    /// Web origins whose scripts may call; `*` for all.
    pub allow_origins: Vec<String>,
    /// Addresses and networks of proxies whose word about who is calling is taken.
    pub trusted_proxies: Vec<String>,
    /// Which header they say it in.
    pub forwarded: ForwardedHeader,
}

/// The `[metrics]` table, likewise.
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
    /// What a request for a token without a scope is answered with.
    pub unscoped: Unscoped,
}

/// What a request for a token that names no scope is answered with: the setting `oauth.unscoped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unscoped {
    /// A token that only reads, and only what the API tells.
    ReadOnly,
    /// An error, which has some clients ask again with a scope.
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
    pub(super) fn proxies(&self) -> TrustedProxies {
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
