//! Rejected connections: counted, and logged at a limited rate if the operator should act.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use tokio::time::Instant;

use zonemint_http::{Traffic, TurnedAway};

/// A reason is logged at most once in this time, however many connections it concerns.
const BETWEEN: Duration = Duration::from_secs(10);

/// Counts and logs them.
#[derive(Clone)]
pub(super) struct Refusals(Arc<Shared>);

struct Shared {
    traffic: Arc<Traffic>,
    limit: Seldom,
    address: Seldom,
    descriptors: Seldom,
}

impl Refusals {
    pub(super) fn new(traffic: Arc<Traffic>) -> Self {
        let [limit, address, descriptors] = [(); 3].map(|()| Seldom::default());
        Self(Arc::new(Shared { traffic, limit, address, descriptors }))
    }

    /// A connection of `peer` was rejected.
    pub(super) fn refused(&self, why: TurnedAway, peer: Option<IpAddr>) {
        self.0.traffic.turned_away(why);
        let peer = peer.map(tracing::field::display);
        match why {
            TurnedAway::Limit => self.0.limit.tell(|since| {
                tracing::warn!(peer, since, "connections are refused: server.max_connections are open");
            }),
            TurnedAway::Address => self.0.address.tell(|since| {
                tracing::warn!(
                    peer,
                    since,
                    "connections are refused: server.max_connections_per_address are open from one address; if it is a \
                     proxy, list it in http.trusted_proxies or server.proxy_protocol_from"
                );
            }),
            TurnedAway::Descriptors => self.0.descriptors.tell(|since| {
                tracing::error!(
                    since,
                    "no connection can be accepted: no file descriptor is left; raise the limit (LimitNOFILE= of the \
                     unit, ulimit -n)"
                );
            }),
            TurnedAway::Timeout | TurnedAway::Plain | TurnedAway::Validation | TurnedAway::Handshake => {}
        }
    }

    /// The system could not hand over a connection.
    pub(super) fn not_accepted(&self, error: &io::Error) {
        let descriptors = [Errno::MFILE, Errno::NFILE].map(|errno| Some(errno.raw_os_error()));
        if descriptors.contains(&error.raw_os_error()) {
            self.refused(TurnedAway::Descriptors, None);
        }
    }
}

/// Logs at most once in [`BETWEEN`].
#[derive(Default)]
struct Seldom(Mutex<(Option<Instant>, u64)>);

impl Seldom {
    /// `tell` gets the number of cases that were not logged since the last time.
    fn tell(&self, tell: impl FnOnce(u64)) {
        #[expect(
            clippy::disallowed_methods,
            reason = "how seldom a line is logged is no business of the server's clock"
        )]
        let now = Instant::now();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0.is_some_and(|at| now < at + BETWEEN) {
            last.1 += 1;
            return;
        }
        let (_, since) = std::mem::replace(&mut *last, (Some(now), 0));
        drop(last);
        tell(since);
    }
}
