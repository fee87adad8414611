//! Settings of listening and connections.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::model::Period;

/// The `[server]` table. Its defaults and their meaning stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Address and port.
    pub listen: SocketAddr,
    /// Connections at the same time.
    pub max_connections: usize,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Period,
    /// How long a request's head may take, and how long an HTTP/1.1 connection may wait for its next request.
    pub header_timeout: Period,
    /// How long a connection may carry nothing at all.
    pub idle_timeout: Period,
    /// How long requests under way may take after the server was told to stop.
    pub drain: Period,
}

impl Settings {
    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if !(1..=1_000_000).contains(&self.max_connections) {
            problems.push(("server.max_connections", "must be from 1 to 1000000".into()));
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
