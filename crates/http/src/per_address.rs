//! Counts and bounds what each address holds of a scarce resource.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use zonemint_base::model::counted_address;

/// Bits of an IPv6 address that distinguish customers of a network operator: most have a /56, within which they choose addresses
/// freely.
const IPV6_PREFIX: u8 = 56;

/// What the addresses hold. An IPv6 address counts as its /56.
#[derive(Debug)]
pub struct PerAddress {
    most: usize,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// What one address holds, until this is dropped.
#[derive(Debug)]
pub struct Share {
    of: Arc<PerAddress>,
    network: IpAddr,
    amount: usize,
}

impl PerAddress {
    /// Each address may hold at most so much.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, held: Mutex::default() })
    }

    /// Takes an amount for an address. None if it would then hold more than it may.
    #[must_use]
    pub fn take(self: &Arc<Self>, address: IpAddr, amount: usize) -> Option<Share> {
        let mut share = Share { of: Arc::clone(self), network: counted_address(address, IPV6_PREFIX), amount: 0 };
        share.grow(amount).then_some(share)
    }
}

impl Share {
    /// Takes more. Returns false, and takes nothing, if the address would then hold more than it may.
    #[must_use]
    pub fn grow(&mut self, amount: usize) -> bool {
        if amount == 0 {
            return true;
        }
        let mut held = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of_all = held.entry(self.network).or_default();
        let all = of_all.saturating_add(amount);
        if all > self.of.most {
            if *of_all == 0 {
                held.remove(&self.network);
            }
            return false;
        }
        *of_all = all;
        self.amount += amount;
        true
    }

    /// Releases a part.
    pub fn shrink(&mut self, amount: usize) {
        let amount = amount.min(self.amount);
        if amount == 0 {
            return;
        }
        self.amount -= amount;
        let mut held = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(all) = held.get_mut(&self.network) else { return };
        *all = all.saturating_sub(amount);
        if *all == 0 {
            held.remove(&self.network);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_holds_no_more_than_it_may_and_others_hold_theirs() {
        let bytes = PerAddress::new(10);
        let mut first = bytes.take(ip("192.0.2.1"), 6).unwrap();
        assert!(bytes.take(ip("192.0.2.1"), 5).is_none());
        assert!(bytes.take(ip("::ffff:192.0.2.1"), 5).is_none(), "the same address");
        let _other = bytes.take(ip("192.0.2.2"), 10).unwrap();
        assert!(first.grow(4) && !first.grow(1));
        first.shrink(3);
        assert!(first.grow(3));
        drop(first);
        let _all = bytes.take(ip("192.0.2.1"), 10).unwrap();
    }

    #[test]
    fn addresses_of_one_ipv6_network_hold_together() {
        let connections = PerAddress::new(1);
        let _held = connections.take(ip("2001:db8:0:100::1"), 1).unwrap();
        assert!(connections.take(ip("2001:db8:0:1ff::2"), 1).is_none());
        assert!(connections.take(ip("2001:db8:0:200::1"), 1).is_some());
    }

    #[test]
    fn who_holds_nothing_is_not_remembered() {
        let bytes = PerAddress::new(10);
        drop(bytes.take(ip("192.0.2.1"), 6));
        assert!(bytes.take(ip("192.0.2.3"), 11).is_none());
        assert!(bytes.held.lock().unwrap().is_empty());
    }
}
