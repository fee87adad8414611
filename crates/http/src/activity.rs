//! What a connection must know about its requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared by a connection and the service that answers its requests.
#[derive(Debug, Default)]
pub struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
    unread: AtomicBool,
}

/// A request that is being answered while this exists.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Activity>);

impl Activity {
    /// The number of requests that began or ended so far: it changes with each.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.begun.load(Ordering::Relaxed).wrapping_add(self.ended.load(Ordering::Relaxed))
    }

    /// Whether a request is being answered.
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.begun.load(Ordering::Relaxed) != self.ended.load(Ordering::Relaxed)
    }

    /// Whether the connection's last answer was given while its client may still be sending the request.
    #[must_use]
    pub fn left_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    /// A request was answered, and not read to its end.
    pub fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.begun.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}
