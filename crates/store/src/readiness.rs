//! Whether this node can serve: its store answers, a mint would be stored, and the change feed is followed.

use std::sync::Arc;
use std::time::Duration;

use super::{DatabaseClock, Freshness, Proven, Severity, Skew, Store, StoreError, WriteProof};
use zonemint_telemetry::Exposition;

/// How long the store may take to answer. Health checks of load balancers and orchestrators have short timeouts.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long a transaction that proves that the store can be written is waited for. One that takes longer is reported, and is
/// no reason yet to send requests elsewhere: a mint is waited for longer, too.
const PROOF_TIMEOUT: Duration = Duration::from_millis(500);
/// A commit that takes longer is reported: a disk or a standby may be away.
const STALLED: Duration = Duration::from_secs(2);

/// Checks whether this node can serve.
pub struct Readiness {
    store: Arc<dyn Store>,
    proof: WriteProof,
    freshness: Freshness,
}

/// The node can serve; warnings for the operator.
#[derive(Debug, Clone)]
pub struct Ready {
    /// For how long nothing could be stored.
    pub stalled: Option<Duration>,
    /// When the store was last found to have lost writes, in words.
    pub losses: Option<String>,
    /// How far this node's clock is from the database's.
    pub skew: Option<Skew>,
}

/// Why the node cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// What is remembered of the store may be out of date.
    #[error("the change feed is not being followed")]
    NotFollowed,
    /// Nothing is minted by a clock that is so far off.
    #[error("{0}")]
    ClockSkew(Skew),
    /// The store takes too long.
    #[error("the store does not answer")]
    Timeout,
    /// The store cannot be read, or a mint would not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Readiness {
    /// Of the node that uses the store, and what it remembers of it.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, freshness: Freshness) -> Self {
        Self { store, proof: WriteProof::default(), freshness }
    }

    /// Asks the store. However often this is called, there is at most one proof of writing in two seconds.
    ///
    /// # Errors
    /// [`NotReady`] when requests should be sent elsewhere.
    pub async fn check(&self) -> Result<Ready, NotReady> {
        // First what is known without the store, which may not answer.
        if !self.freshness.holds() {
            return Err(NotReady::NotFollowed);
        }
        let skew = self.store.database_clock().and_then(DatabaseClock::skew);
        if let Some(skew) = skew.filter(|skew| skew.severity == Severity::Refused) {
            return Err(NotReady::ClockSkew(skew));
        }
        let (answered, proven) = tokio::join!(
            tokio::time::timeout(TIMEOUT, self.store.feed_end()),
            self.proof.look(&self.store, PROOF_TIMEOUT),
        );
        answered.map_err(|_| NotReady::Timeout)??;
        if let Proven::No(reason) = proven {
            return Err(reason.into());
        }
        Ok(Ready {
            stalled: self.store.stalled().filter(|stalled| *stalled >= STALLED),
            losses: self.freshness.losses(),
            skew: skew.filter(|skew| skew.severity == Severity::Noticed),
        })
    }

    /// Adds the metrics of the store, its clock, and the change feed.
    pub fn measure(&self, into: &mut Exposition) {
        self.store.measure(into);
        DatabaseClock::measure(self.store.database_clock(), into);
        self.freshness.measure(into);
    }
}
