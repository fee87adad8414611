//! The memory for bodies of unfinished requests: of all, and of each address.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::notes::Notes;
use crate::Settings;
use crate::per_address::{PerAddress, Share};

/// Memory of a request that is still arriving, in addition to its head and its body: tasks, streams, buffers, in bytes. Measured with
/// HTTP/2, where a connection has many of them.
const UNFINISHED: usize = 8 << 10;

/// The memory for bodies.
#[derive(Debug)]
pub(super) struct Budget {
    free: AtomicUsize,
    addresses: Arc<PerAddress>,
}

/// The part of one request, until this is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    budget: Arc<Budget>,
    notes: Arc<Notes>,
    bytes: usize,
    /// What counts for the address: what came before the caller was identified.
    share: Option<Share>,
}

impl Budget {
    pub(super) fn new(settings: &Settings) -> Arc<Self> {
        // Even with the smallest settings, a longest body fits.
        let least = 2 * (settings.max_body + settings.max_headers + UNFINISHED);
        Arc::new(Self {
            free: AtomicUsize::new(settings.body_memory.max(least)),
            addresses: PerAddress::new(settings.body_memory_per_address.max(least)),
        })
    }

    /// So many bytes, for tests.
    #[cfg(test)]
    pub(super) fn of(all: usize, of_an_address: usize) -> Arc<Self> {
        Arc::new(Self { free: AtomicUsize::new(all), addresses: PerAddress::new(of_an_address) })
    }

    /// Leases the memory for a request with a head of so many bytes. None if there is not enough.
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
    /// Takes more. Returns false, and takes nothing, if there is not enough for this request.
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

    /// Releases what has arrived; more may arrive.
    pub(super) fn keep_unfinished(&mut self) {
        self.shrink(self.bytes.saturating_sub(UNFINISHED));
    }

    /// The whole request has arrived.
    pub(super) fn finish(&mut self) {
        self.shrink(UNFINISHED);
    }

    /// Releases a part.
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

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use super::*;
    use zonemint_base::model::UserId;

    const PROXY: &str = "192.0.2.9:443";

    fn notes(client: Option<&str>) -> Arc<Notes> {
        let client = client.map(|address| address.parse::<IpAddr>().unwrap());
        Arc::new(Notes::of_first_request(PROXY.parse::<SocketAddr>().unwrap(), client))
    }

    #[test]
    fn an_address_that_has_its_part_takes_nothing_from_another_one() {
        let budget = Budget::of(10 * UNFINISHED, 2 * UNFINISHED);
        let (first, other) = (notes(Some("198.51.100.1")), notes(Some("198.51.100.2")));
        let held: Vec<_> = (0..2).map_while(|_| budget.lease(&first, 0)).collect();
        assert_eq!(held.len(), 2);
        assert!(budget.lease(&first, 0).is_none(), "it has its part");
        assert!(budget.lease(&other, 0).is_some(), "another one, behind the same proxy");
        drop(held);
        assert!(budget.lease(&first, UNFINISHED).is_some(), "it was given back");
    }

    #[test]
    fn who_is_known_or_whom_no_proxy_names_is_bound_by_all_the_memory_only() {
        let budget = Budget::of(5 * UNFINISHED, 2 * UNFINISHED);
        for (notes, identified) in [(notes(Some("198.51.100.1")), true), (notes(None), false)] {
            let mut lease = budget.lease(&notes, 0).unwrap();
            if identified {
                notes.user(UserId::from_bytes([1; 16]));
            }
            assert!(lease.grow(4 * UNFINISHED));
            assert!(!lease.grow(1), "there is no more");
            lease.finish();
            assert!(lease.grow(UNFINISHED));
        }
        assert_eq!(budget.free.load(Ordering::Relaxed), 5 * UNFINISHED);
    }
}
