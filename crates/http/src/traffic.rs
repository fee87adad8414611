//! Counters of connections and requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;

use zonemint_telemetry::{Distribution, Exposition, Tally, label, real};

/// The lowest status there is (RFC 9110 section 15), and how many numbers its rule leaves.
const FIRST_STATUS: u16 = 100;
const STATUSES: usize = 500;

label! {
    /// Why a connection was refused.
    pub enum TurnedAway {
        /// `server.max_connections` are open.
        Limit = "limit",
        /// `server.max_connections_per_address` of its address are open.
        Address = "address",
        /// There was no file descriptor for it.
        Descriptors = "descriptors",
        /// The handshake took longer than `server.handshake_timeout`.
        Timeout = "timeout",
        /// It spoke plain HTTP, or anything else that is not TLS.
        Plain = "plain",
        /// A certificate authority validated a name (RFC 8737), which is the only purpose of such a connection.
        Validation = "validation",
        /// The handshake failed, or the connection broke before its end.
        Handshake = "handshake",
    }
}

/// Counts connections and requests.
#[derive(Debug)]
pub struct Traffic {
    accepted: AtomicU64,
    open: Arc<AtomicU64>,
    turned_away: Tally<TurnedAway>,
    codes: Box<[AtomicU64]>,
    durations: Distribution,
}

/// A connection that is open for as long as this exists.
#[derive(Debug)]
pub struct Open(Arc<AtomicU64>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Traffic {
    pub(super) fn answered(&self, status: StatusCode, after: Duration) {
        let place = usize::from(status.as_u16().saturating_sub(FIRST_STATUS));
        if let Some(count) = self.codes.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.durations.took(after);
    }

    /// A connection was accepted.
    #[must_use]
    pub fn let_in(&self) -> Open {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(&self.open))
    }

    /// A connection was refused.
    pub fn turned_away(&self, why: TurnedAway) {
        self.turned_away.count(why);
    }

    /// Writes the counters. Of the statuses, only those that were answered.
    pub(super) fn measure(&self, into: &mut Exposition) {
        let (accepted, open) = (self.accepted.load(Ordering::Relaxed), self.open.load(Ordering::Relaxed));
        into.gauge("zonemint_connections", "Connections that are open, with their handshake done", real(open));
        into.counter("zonemint_connections_accepted", "Connections that were let in", accepted);
        into.tally(
            "zonemint_connections_failed",
            "Connections that were not let in, by the reason",
            "reason",
            &self.turned_away,
        );
        let codes = (FIRST_STATUS..).zip(&self.codes).map(|(code, count)| (code, count.load(Ordering::Relaxed)));
        into.counters(
            "zonemint_http_responses",
            "Requests answered, by the status",
            codes.filter(|(_, count)| *count > 0).map(|(code, count)| ([("code", code.to_string())], count)),
        );
        into.distribution(
            "zonemint_http_request_duration_seconds",
            "From a request's head to its answer's head",
            &self.durations,
        );
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            accepted: AtomicU64::new(0),
            open: Arc::default(),
            turned_away: Tally::default(),
            codes: (0..STATUSES).map(|_| AtomicU64::new(0)).collect(),
            durations: Distribution::of_times(),
        }
    }
}
