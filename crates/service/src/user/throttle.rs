//! Throttles password guesses before anything is hashed. No account is ever locked.
//!
//! Each attempt is charged to the address that it comes from when it is admitted, and given back if the password was right.
//! The attempts on one account take turns, whether or not an account has the name. From an address at which the account has
//! signed in before, both are counted separately: guesses from elsewhere do not delay the owner there. The memory is bounded;
//! the least used entries are evicted first.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;

pub(super) use super::bucket::TooMany;
use super::bucket::{Bucket, Charge, Rate};
use super::credential_cache::CredentialMac;
use super::settings::LoginSettings;
use super::turns::{Spacing, Turn, Turns, Waiting};
use zonemint_base::clock::Clock;
use zonemint_base::model::{UserId, counted_address};

/// Attempts on one account that may wait for their turn; at the dearest delay of 10 s the last one waits 40 s, and no client
/// that we know waits longer.
const WAITING_OF_ACCOUNT: usize = 4;
/// A /56 network has 256 of the /64 networks that one subscriber may be given. It gets as much as four of them.
const SUBSCRIBERS_OF_SITE: u32 = 4;

/// How long it is believed that an account has signed in from an address, in milliseconds, before the store is asked again.
const KNOWN_MS: u64 = 3_600_000;
/// The same of an account that has not: another node may have seen it since.
const UNKNOWN_MS: u64 = 10_000;

/// Whether an account has signed in from an address before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Known,
    Unknown,
}

/// Which account an attempt names, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    account: u64,
    /// Account and [`site`] together.
    pair: u64,
    subscriber: IpAddr,
    site: IpAddr,
}

impl Claim {
    /// Where the account is known to sign in, or not.
    pub(super) fn site(self) -> IpAddr {
        self.site
    }
}

#[derive(Default)]
struct Address {
    bucket: Arc<Bucket>,
    /// Of accounts that are looked up while the other bucket is empty.
    look_ups: Arc<Bucket>,
    waiting: Arc<Waiting>,
}

/// An account at one address.
#[derive(Default)]
struct Pair {
    bucket: Arc<Bucket>,
    turns: Arc<Turns>,
    /// What was last found: twice the uptime in milliseconds until which that is believed, and 1 if the pair is known.
    standing: AtomicU64,
}

/// What an admitted attempt is charged with at its address.
#[derive(Debug)]
#[must_use]
pub(super) struct AddressCharge([Option<Charge>; 2]);

impl AddressCharge {
    /// Gives the attempt back.
    pub(super) fn give_back(self) {
        self.0.into_iter().flatten().for_each(Charge::give_back);
    }
}

pub(super) struct Throttle {
    accounts: Cache<u64, Arc<Turns>>,
    pairs: Cache<u64, Arc<Pair>>,
    subscribers: Cache<IpAddr, Arc<Address>>,
    /// IPv6 only.
    sites: Cache<IpAddr, Arc<Address>>,
    names: RandomState,
    settings: LoginSettings,
    clock: Clock,
}

impl Throttle {
    pub(super) fn new(settings: LoginSettings, clock: Clock) -> Self {
        Self {
            accounts: Cache::new(settings.throttle_entries),
            pairs: Cache::new(settings.throttle_entries),
            subscribers: Cache::new(settings.throttle_entries),
            sites: Cache::new(settings.throttle_entries),
            names: RandomState::new(),
            settings,
            clock,
        }
    }

    pub(super) fn claim(&self, name: &str, address: IpAddr) -> Claim {
        let site = site(address);
        Claim {
            account: self.names.hash_one(name),
            pair: self.names.hash_one((name, site)),
            subscriber: network(address),
            site,
        }
    }

    /// The same claim by the account that has the name, or none: a user who takes another name keeps the counts.
    pub(super) fn owned(&self, claim: Claim, owner: Option<UserId>) -> Claim {
        let account = match owner {
            Some(owner) => self.names.hash_one(owner),
            None => self.names.hash_one(claim.account),
        };
        Claim { account, pair: self.names.hash_one((account, claim.site)), ..claim }
    }

    /// Whether the account may be tried from this address. Nothing is charged.
    pub(super) fn check(&self, claim: Claim) -> Result<(), TooMany> {
        self.pairs.get(&claim.pair).map_or(Ok(()), |pair| pair.bucket.check(self.rate(), self.clock.uptime_ms()))
    }

    /// Charges an attempt on the account from this address, also one that is refused later without a look at its password:
    /// otherwise the passwords that are remembered could be guessed at any speed.
    pub(super) fn charge_pair(&self, claim: Claim) -> Result<Charge, TooMany> {
        entry(&self.pairs, claim.pair).bucket.charge(self.rate(), self.clock.uptime_ms())
    }

    /// Charges an attempt to the address: to the subscriber, and to the network that a site has.
    pub(super) fn charge_address(&self, claim: Claim) -> Result<AddressCharge, TooMany> {
        let (rate, now_ms) = (self.rate(), self.clock.uptime_ms());
        let subscriber = entry(&self.subscribers, claim.subscriber).bucket.charge(rate, now_ms)?;
        if claim.site.is_ipv4() {
            return Ok(AddressCharge([Some(subscriber), None]));
        }
        let wide = Rate {
            burst: rate.burst.saturating_mul(SUBSCRIBERS_OF_SITE),
            refill_ms: (rate.refill_ms / u64::from(SUBSCRIBERS_OF_SITE)).max(1),
        };
        match entry(&self.sites, claim.site).bucket.charge(wide, now_ms) {
            Ok(site) => Ok(AddressCharge([Some(subscriber), Some(site)])),
            Err(too_many) => {
                subscriber.give_back();
                Err(too_many)
            }
        }
    }

    /// Whether the account may be looked up for an attempt from this address. An address that has tried too much is allowed
    /// few accounts of which nothing is known here: so a refusal costs no reads as a rule.
    pub(super) fn check_address(&self, claim: Claim) -> Result<(), TooMany> {
        let standing = self.standing(claim);
        let address = self.subscribers.get(&claim.subscriber).filter(|_| standing != Some(Standing::Known));
        let Some(address) = address else { return Ok(()) };
        let (rate, now_ms) = (self.rate(), self.clock.uptime_ms());
        match (address.bucket.check(rate, now_ms), standing) {
            (Err(_), None) => address.look_ups.charge(rate, now_ms).map(drop),
            (checked, _) => checked,
        }
    }

    /// What was found of the account at this address a short time ago.
    pub(super) fn standing(&self, claim: Claim) -> Option<Standing> {
        let found = self.pairs.get(&claim.pair)?.standing.load(Ordering::Relaxed);
        let standing = if found & 1 == 1 { Standing::Known } else { Standing::Unknown };
        (self.clock.uptime_ms() < found >> 1).then_some(standing)
    }

    /// Remembers what was found of the account at this address.
    pub(super) fn set_standing(&self, claim: Claim, standing: Standing) {
        let (for_ms, bit) = match standing {
            Standing::Unknown => (UNKNOWN_MS, 0),
            Standing::Known => (KNOWN_MS, 1),
        };
        let until_ms = self.clock.uptime_ms().saturating_add(for_ms);
        entry(&self.pairs, claim.pair).standing.store(until_ms << 1 | bit, Ordering::Relaxed);
    }

    /// Reserves the account's next turn.
    pub(super) fn reserve(&self, claim: Claim, standing: Standing, shown: CredentialMac) -> Result<Turn, TooMany> {
        let spacing = Spacing {
            delays: &self.settings.delays,
            forget: self.settings.forget_failures,
            waiting: WAITING_OF_ACCOUNT,
        };
        let now_ms = self.clock.uptime_ms();
        match standing {
            Standing::Known => entry(&self.pairs, claim.pair).turns.reserve(shown, spacing, None, now_ms),
            Standing::Unknown => {
                let address = entry(&self.subscribers, claim.subscriber);
                let waiting = Some((&address.waiting, self.waiting_at_address()));
                entry(&self.accounts, claim.account).reserve(shown, spacing, waiting, now_ms)
            }
        }
    }

    /// Attempts of one address that may wait for their turns: a quarter of those that are free.
    fn waiting_at_address(&self) -> usize {
        usize::try_from(self.settings.address_burst / 4).unwrap_or(usize::MAX).max(WAITING_OF_ACCOUNT)
    }

    fn rate(&self) -> Rate {
        Rate { burst: self.settings.address_burst, refill_ms: self.settings.address_refill.ms() }
    }
}

fn entry<K: Hash + Eq + Copy, V: Default>(cache: &Cache<K, Arc<V>>, key: K) -> Arc<V> {
    cache
        .get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Arc::default()))
        .unwrap_or_else(|never| match never {})
}

/// The addresses that share one bucket: an IPv4 address, or the /64 network that one IPv6 subscriber has.
pub(super) fn network(address: IpAddr) -> IpAddr {
    counted_address(address, 64)
}

/// Where an account is known to sign in: an IPv4 address, or the /56 network that an IPv6 site has.
pub(super) fn site(address: IpAddr) -> IpAddr {
    counted_address(address, 56)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_base::model::Period;

    fn throttle(clock: &Clock) -> Throttle {
        let settings = LoginSettings {
            user_names: zonemint_base::model::NameRule::Onezone,
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

    fn charge(throttle: &Throttle, address: &str) -> bool {
        throttle.charge_address(throttle.claim("alice", address.parse().unwrap())).is_ok()
    }

    #[test]
    fn a_charge_of_an_address_comes_before_the_result_and_is_given_back() {
        let clock = Clock::manual(100_000);
        let throttle = throttle(&clock);
        let claim = throttle.claim("alice", HERE);
        throttle.set_standing(claim, Standing::Unknown);
        let under_way: Vec<_> = (0..3).map(|_| throttle.charge_address(claim).unwrap()).collect();
        assert!(throttle.check_address(claim).is_err());
        assert_eq!(throttle.charge_address(claim).unwrap_err(), TooMany { retry_after_s: 1 });
        under_way.into_iter().for_each(AddressCharge::give_back);
        assert_eq!(throttle.check_address(claim), Ok(()));
        assert_eq!((0..5).filter(|_| charge(&throttle, "127.0.0.1")).count(), 3);
        clock.set_ms(101_000);
        assert!(charge(&throttle, "127.0.0.1"));
    }

    #[test]
    fn an_address_that_has_tried_too_much_looks_up_few_accounts() {
        let clock = Clock::manual(100_000);
        let throttle = throttle(&clock);
        let look_up = |name: &str| throttle.check_address(throttle.claim(name, HERE)).is_ok();
        assert!((0..9).all(|number| look_up(&format!("user{number}"))));
        assert_eq!((0..9).filter(|_| charge(&throttle, "127.0.0.1")).count(), 3);
        assert_eq!((0..9).filter(|number| look_up(&format!("user{number}"))).count(), 3);
        throttle.set_standing(throttle.claim("alice", HERE), Standing::Known);
        throttle.set_standing(throttle.claim("bob", HERE), Standing::Unknown);
        assert!(look_up("alice") && !look_up("bob") && !look_up("carol"));
        clock.set_ms(101_000);
        assert!(look_up("carol") && look_up("bob"));
    }

    #[test]
    fn another_name_is_the_same_account() {
        let throttle = throttle(&Clock::manual(100_000));
        let owner = Some(UserId::from_bytes([7; 16]));
        let [one, other] = ["alice", "alicia"].map(|name| throttle.owned(throttle.claim(name, HERE), owner));
        assert_eq!((one.account, one.pair), (other.account, other.pair));
        let nobody = throttle.claim("alice", HERE);
        let unowned = throttle.owned(nobody, None);
        assert!(![nobody.account, one.account].contains(&unowned.account), "each attempt has two pairs of its own");
    }

    #[test]
    fn an_ipv6_site_cannot_multiply_its_attempts_by_its_networks() {
        let throttle = throttle(&Clock::manual(100_000));
        let networks: Vec<_> = (0..200).map(|number| format!("2001:db8:0:{number:x}::1")).collect();
        assert_eq!(networks.iter().filter(|network| charge(&throttle, network)).count(), 12);
        assert_eq!((0..5).filter(|_| charge(&throttle, "2001:db8:0:100::1")).count(), 3, "another site's subscriber");
    }

    #[test]
    fn what_is_counted_of_a_known_address_is_its_own() {
        let throttle = throttle(&Clock::manual(100_000));
        let shown = CredentialMac::of_test;
        let elsewhere = throttle.claim("alice", "192.0.2.1".parse().unwrap());
        throttle.reserve(elsewhere, Standing::Unknown, shown(1)).unwrap().failed(100_000);
        let here = throttle.claim("alice", HERE);
        assert!(throttle.reserve(here, Standing::Unknown, shown(2)).unwrap().has_to_wait());
        assert!(!throttle.reserve(here, Standing::Known, shown(2)).unwrap().has_to_wait());
        for claim in [here, here, here] {
            drop(throttle.charge_pair(claim).unwrap());
        }
        assert!(throttle.check(here).is_err() && throttle.check(elsewhere).is_ok());
    }

    #[test]
    fn one_ipv6_subscriber_is_one_address() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(network(address("2001:db8::1")), network(address("2001:db8::ffff:1")));
        assert_ne!(network(address("2001:db8::1")), network(address("2001:db8:0:1::1")));
        assert_eq!(site(address("2001:db8::1")), site(address("2001:db8:0:ff::1")));
        assert_ne!(site(address("2001:db8::1")), site(address("2001:db8:0:100::1")));
        assert_eq!((network(address("::ffff:127.0.0.1")), site(address("::ffff:127.0.0.1"))), (HERE, HERE));
    }
}
