//! Settings of listening and connections.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use zonemint_base::listen_address;
use zonemint_base::model::Period;
use zonemint_http::TrustedProxies;

/// The `[server]` table. `config/default.toml` has its defaults and explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Address and port.
    #[serde(deserialize_with = "listen_address::deserialize")]
    pub listen: SocketAddr,
    /// Connections at the same time.
    pub max_connections: usize,
    /// How many of them one address may have: an IPv6 address counts as its /56.
    pub max_connections_per_address: usize,
    /// Timeout of a TLS handshake.
    pub handshake_timeout: Period,
    /// How long an HTTP/1.1 connection may be without an answer: during a request's head, and between requests.
    pub header_timeout: Period,
    /// How long an HTTP/2 connection may be without a request.
    pub idle_timeout: Period,
    /// Addresses and networks of proxies that begin each connection with a PROXY protocol header of version 2.
    pub proxy_protocol_from: Vec<String>,
    /// How long requests under way may take after the signal to stop.
    pub drain: Period,
}

impl Settings {
    /// The proxies of `proxy_protocol_from`, for settings that have been checked.
    pub(super) fn proxies(&self) -> TrustedProxies {
        TrustedProxies::parse(&self.proxy_protocol_from).unwrap_or_default()
    }

    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        for entry in &self.proxy_protocol_from {
            if let Err(error) = TrustedProxies::parse([entry]) {
                problems.push(("server.proxy_protocol_from", error.to_string()));
            }
        }
        if !(1..=1_000_000).contains(&self.max_connections) {
            problems.push(("server.max_connections", "must be from 1 to 1000000".into()));
        }
        if self.max_connections_per_address == 0 {
            problems.push(("server.max_connections_per_address", "must be at least 1".into()));
        }
        for (key, value) in [
            ("server.handshake_timeout", self.handshake_timeout),
            ("server.header_timeout", self.header_timeout),
            ("server.idle_timeout", self.idle_timeout),
        ] {
            if !(1..=3_600_000).contains(&value.ms()) {
                problems.push((key, "must be from 1ms to 1h".into()));
            }
        }
    }
}
