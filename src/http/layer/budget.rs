//! How much memory the bodies of requests under way may take, of all and of each address.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::notes::Notes;
use crate::http::Settings;
use crate::http::per_address::{PerAddress, Share};

/// What a request costs beside its head and its body until it is there: tasks, streams, buffers, in bytes. Measured with
/// HTTP/2, where a connection has many of them.
const UNFINISHED: usize = 8 << 10;

/// The memory for bodies.
#[derive(Debug)]
pub(super) struct Budget {
    free: AtomicUsize,
    addresses: Arc<PerAddress>,
}

/// What one request has of it, until this is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    budget: Arc<Budget>,
    notes: Arc<Notes>,
    bytes: usize,
    /// What counts for the address: what came before it was known who is asking.
    share: Option<Share>,
}

impl Budget {
    pub(super) fn new(settings: &Settings) -> Arc<Self> {
        // However little is set, a longest body fits.
        let least = 2 * (settings.max_body + settings.max_headers + UNFINISHED);
        Arc::new(Self {
            free: AtomicUsize::new(settings.body_memory.max(least)),
            addresses: PerAddress::new(settings.body_memory_per_address.max(least)),
        })
    }

    /// Lets a request begin, whose head takes so many bytes. None if there is no memory for it.
    pub(super) fn lease(self: &Arc<Self>, notes: &Arc<Notes>, head: usize) -> Option<Lease> {
        let share = notes.client.and_then(|client| self.addresses.take(client, 0));
        let mut lease = Lease { budget: Arc::clone(self), notes: Arc::clone(notes), bytes: 0, share };
        lease.grow(head + UNFINISHED).then_some(lease)
    }

    fn take(&self, bytes: usize) -> bool {
        let rest = |free: usize| free.checked_sub(bytes);
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest).is_ok()
    }
}

impl Lease {
    /// Takes more. False, and nothing is taken, if there is no more for this request.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        if !self.budget.take(bytes) {
            return false;
        }
        if let Some(share) = &mut self.share
            && !self.notes.is_identified()
            && !share.grow(bytes)
        {
            self.budget.free.fetch_add(bytes, Ordering::Relaxed);
            return false;
        }
        self.bytes += bytes;
        true
    }

    /// The request is there, or what came of it is thrown away.
    pub(super) fn finish(&mut self) {
        self.shrink(UNFINISHED);
    }

    /// Gives a part back.
    pub(super) fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.free.fetch_add(bytes, Ordering::Relaxed);
        if let Some(share) = &mut self.share {
            share.shrink(bytes);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.free.fetch_add(self.bytes, Ordering::Relaxed);
    }
}
