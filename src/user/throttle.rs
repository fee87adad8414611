//! Slows whoever guesses passwords: a growing delay per account, a token bucket per address. Nothing is ever locked.
//!
//! An account's attempts wait for the delay that its recent failures have earned, right passwords and wrong ones alike, and
//! for names that nobody has just as for those that somebody has. What is remembered is bounded; the least used goes first.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;

use super::settings::LoginSettings;
use crate::clock::Clock;

#[derive(Default)]
struct Failures {
    count: AtomicU32,
    last_ms: AtomicU64,
}

/// The address has used up its failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    /// When to try again, in whole seconds, at least 1.
    pub(super) retry_after_s: u64,
}

pub(super) struct Throttle {
    accounts: Cache<u64, Arc<Failures>>,
    /// Per address, the uptime in milliseconds at which its bucket is full again (GCRA's theoretical arrival time).
    addresses: Cache<IpAddr, Arc<AtomicU64>>,
    names: RandomState,
    settings: LoginSettings,
    clock: Clock,
}

impl Throttle {
    pub(super) fn new(settings: LoginSettings, clock: Clock) -> Self {
        Self {
            accounts: Cache::new(settings.throttle_entries),
            addresses: Cache::new(settings.throttle_entries),
            names: RandomState::new(),
            settings,
            clock,
        }
    }

    /// Whether an address may try.
    pub(super) fn admit(&self, address: IpAddr) -> Result<(), TooMany> {
        let Some(full_at) = self.addresses.get(&network(address)) else { return Ok(()) };
        let owed = full_at.load(Ordering::Relaxed).saturating_sub(self.clock.uptime_ms());
        match owed.checked_sub(self.capacity_ms()) {
            None => Ok(()),
            Some(excess) => Err(TooMany { retry_after_s: (excess / 1000) + 1 }),
        }
    }

    /// How long an attempt on an account waits.
    pub(super) fn delay(&self, name: &str) -> Duration {
        let Some(failures) = self.accounts.get(&self.names.hash_one(name)) else { return Duration::ZERO };
        let since = self.clock.uptime_ms().saturating_sub(failures.last_ms.load(Ordering::Relaxed));
        let count = failures.count.load(Ordering::Relaxed) as usize;
        if count == 0 || since >= self.settings.forget_failures.ms() {
            return Duration::ZERO;
        }
        let delay = self.settings.delays[count.min(self.settings.delays.len()) - 1];
        Duration::from_millis(delay.ms().saturating_sub(since))
    }

    /// Notes a failure.
    pub(super) fn failed(&self, name: &str, address: IpAddr) {
        let now_ms = self.clock.uptime_ms();
        let failures = entry(&self.accounts, self.names.hash_one(name));
        let since = now_ms.saturating_sub(failures.last_ms.swap(now_ms, Ordering::Relaxed));
        if since >= self.settings.forget_failures.ms() {
            failures.count.store(1, Ordering::Relaxed);
        } else {
            failures.count.fetch_add(1, Ordering::Relaxed);
        }
        // At most one burst is owed beyond the burst that was free, so a long attack does not ban an address for long.
        let most = now_ms.saturating_add(2 * self.capacity_ms());
        let full_at = entry(&self.addresses, network(address));
        let _ = full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            Some(full_at.max(now_ms).saturating_add(self.settings.address_refill.ms()).min(most))
        });
    }

    /// Forgets an account's failures: its owner has signed in.
    pub(super) fn succeeded(&self, name: &str) {
        self.accounts.remove(&self.names.hash_one(name));
    }

    fn capacity_ms(&self) -> u64 {
        u64::from(self.settings.address_burst).saturating_mul(self.settings.address_refill.ms())
    }
}

fn entry<K, V>(cache: &Cache<K, Arc<V>>, key: K) -> Arc<V>
where
    K: std::hash::Hash + Eq + Copy,
    V: Default,
{
    cache
        .get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Arc::default()))
        .unwrap_or_else(|never| match never {})
}

/// Who shares one bucket: an IPv4 address, or the /64 network that one IPv6 subscriber has.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !0 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Period;

    fn throttle(clock: &Clock) -> Throttle {
        let settings = LoginSettings {
            remember: Period::from_ms(0),
            remember_entries: 1,
            delays: [1_000, 3_000, 5_000, 10_000].map(Period::from_ms).to_vec(),
            forget_failures: Period::from_ms(60_000),
            address_burst: 3,
            address_refill: Period::from_ms(1_000),
            throttle_entries: 100,
            waiting: 1,
        };
        Throttle::new(settings, clock.clone())
    }

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn delays_grow_with_failures_and_end_with_a_success() {
        let throttle = throttle(&Clock::manual(100_000));
        let seconds: Vec<_> = (0..6)
            .map(|_| {
                let delay = throttle.delay("alice").as_secs();
                throttle.failed("alice", HERE);
                delay
            })
            .collect();
        assert_eq!(seconds, [0, 1, 3, 5, 10, 10]);
        assert_eq!(throttle.delay("bob").as_secs(), 0);
        throttle.succeeded("alice");
        assert_eq!(throttle.delay("alice").as_secs(), 0);
    }

    #[test]
    fn waiting_counts_towards_the_delay_and_failures_are_forgotten() {
        let clock = Clock::manual(100_000);
        let throttle = throttle(&clock);
        throttle.failed("alice", HERE);
        throttle.failed("alice", HERE);
        clock.set_ms(101_000);
        assert_eq!(throttle.delay("alice").as_secs(), 2);
        clock.set_ms(160_000);
        assert_eq!(throttle.delay("alice").as_secs(), 0);
    }

    #[test]
    fn an_address_has_its_burst_and_then_one_failure_a_refill() {
        let clock = Clock::manual(100_000);
        let throttle = throttle(&clock);
        for name in ["a1", "a2", "a3"] {
            assert_eq!(throttle.admit(HERE), Ok(()));
            throttle.failed(name, HERE);
        }
        assert_eq!(throttle.admit(HERE), Err(TooMany { retry_after_s: 1 }));
        clock.set_ms(101_001);
        assert_eq!(throttle.admit(HERE), Ok(()));
    }

    #[test]
    fn one_ipv6_subscriber_is_one_address() {
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let two: IpAddr = "2001:db8::ffff:1".parse().unwrap();
        let other: IpAddr = "2001:db8:0:1::1".parse().unwrap();
        assert_eq!(network(one), network(two));
        assert_ne!(network(one), network(other));
        assert_eq!(network("::ffff:127.0.0.1".parse().unwrap()), HERE);
    }
}
