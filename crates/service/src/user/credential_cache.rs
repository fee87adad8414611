//! A cache of verified passwords, so that a script that signs in often is hashed once.
//!
//! An entry is a MAC under a key that exists in this process alone. Without the key it is useless, and guessing from it is as hard as
//! guessing the key. An entry is valid only while its user's version is the same.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit as _, Mac as _};
use quick_cache::sync::Cache;
use sha2::Sha256;

use zonemint_base::clock::Clock;
use zonemint_base::model::{Period, User, UserId};
use zonemint_base::random::Random;

/// Names one pair of user name and password, and of where they were presented if that counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CredentialMac([u8; 32]);

zonemint_base::opaque_debug!(CredentialMac);

#[cfg(test)]
impl CredentialMac {
    /// One of several that differ.
    pub(super) fn of_test(number: u8) -> Self {
        Self([number; 32])
    }
}

#[derive(Clone, Copy)]
struct Entry {
    user: UserId,
    version: u64,
    epoch: Epoch,
    until_ms: u64,
}

/// Rises whenever everything is forgotten: what was read of the store before says nothing after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch(u64);

/// A user whose password was right a short time ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CachedCredential {
    pub(super) user: UserId,
    /// The user's version then. With another one now, the entry says nothing.
    pub(super) version: u64,
}

pub(super) struct CredentialCache {
    key: Hmac<Sha256>,
    entries: Cache<CredentialMac, Entry>,
    epoch: AtomicU64,
    remember: Period,
    clock: Clock,
}

impl CredentialCache {
    pub(super) fn new(entries: usize, remember: Period, random: &Random, clock: Clock) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104 section 2)")]
        let key = Hmac::new_from_slice(&random.bytes::<32>()).expect("HMAC takes any key length");
        Self { key, entries: Cache::new(entries), epoch: AtomicU64::new(0), remember, clock }
    }

    /// Names what was presented. `password` is a text in NFC, or one that is too long to be a password.
    pub(super) fn mac(&self, name: &str, password: &[u8]) -> CredentialMac {
        let mut mac = self.key.clone();
        // The length keeps "ab"+"c" and "a"+"bc" apart.
        mac.update(&(name.len() as u64).to_be_bytes());
        mac.update(name.as_bytes());
        mac.update(password);
        CredentialMac(mac.finalize().into_bytes().into())
    }

    /// Names the same, presented at one address. A password that was right at one address is not remembered for others:
    /// who guesses there would have no turn to wait for.
    pub(super) fn at(&self, credential: CredentialMac, site: IpAddr) -> CredentialMac {
        let mut mac = self.key.clone();
        mac.update(&credential.0);
        match site {
            IpAddr::V4(address) => mac.update(&address.octets()),
            IpAddr::V6(address) => mac.update(&address.octets()),
        }
        CredentialMac(mac.finalize().into_bytes().into())
    }

    pub(super) fn get(&self, credential: &CredentialMac) -> Option<CachedCredential> {
        let entry = self.entries.get(credential)?;
        if self.clock.uptime_ms() < entry.until_ms && entry.epoch == self.epoch() {
            Some(CachedCredential { user: entry.user, version: entry.version })
        } else {
            self.entries.remove(credential);
            None
        }
    }

    /// The present one, to be asked for before the user is read.
    pub(super) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Acquire))
    }

    /// Notes that the password of a user was right, who was read in `epoch`.
    pub(super) fn remember(&self, credential: CredentialMac, user: &User, epoch: Epoch) {
        let until_ms = self.clock.uptime_ms().saturating_add(self.remember.ms());
        self.entries.insert(credential, Entry { user: user.id, version: user.version, epoch, until_ms });
    }

    /// Drops all entries, and results that are being computed: the store was restored, so a version may occur a second time.
    pub(super) fn forget_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.entries.clear();
    }

    /// How many there are, those whose time is over included.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn remove(&self, credential: &CredentialMac) {
        self.entries.remove(credential);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_base::model::{FullName, SubjectKind};

    fn user() -> User {
        User::new(UserId::from_bytes([1; 16]), SubjectKind::User, FullName::parse("Alice").unwrap(), 0)
    }

    #[test]
    fn an_entry_ends_at_its_time_however_often_it_was_used() {
        let clock = Clock::manual(1_000);
        let cache = CredentialCache::new(8, Period::from_ms(500), &Random::danger_seeded(1), clock.clone());
        let credential = cache.mac("alice", b"secret-1");
        cache.remember(credential, &user(), cache.epoch());
        clock.set_ms(1_499);
        assert_eq!(cache.get(&credential), Some(CachedCredential { user: user().id, version: 1 }));
        clock.set_ms(1_500);
        assert_eq!(cache.get(&credential), None);
    }

    #[test]
    fn where_the_name_ends_matters() {
        let cache = CredentialCache::new(8, Period::from_ms(500), &Random::danger_seeded(1), Clock::manual(0));
        let one = cache.mac("ab", b"cdefghij");
        let two = cache.mac("abc", b"defghij");
        assert!(one != two);
    }

    #[test]
    fn a_password_is_remembered_for_one_address() {
        let cache = CredentialCache::new(8, Period::from_ms(500), &Random::danger_seeded(1), Clock::manual(0));
        let credential = cache.mac("alice", b"secret-1");
        let at = |address: &str| cache.at(credential, address.parse().unwrap());
        cache.remember(at("192.0.2.1"), &user(), cache.epoch());
        assert!(cache.get(&at("192.0.2.1")).is_some());
        assert!(cache.get(&at("192.0.2.2")).is_none() && cache.get(&credential).is_none());
    }

    #[test]
    fn what_was_being_found_out_when_all_was_forgotten_is_not_remembered() {
        let cache = CredentialCache::new(8, Period::from_ms(500), &Random::danger_seeded(1), Clock::manual(0));
        let (one, other) = (cache.mac("alice", b"secret-1"), cache.mac("alice", b"secret-2"));
        let before = cache.epoch();
        cache.remember(one, &user(), before);
        cache.forget_all();
        cache.remember(other, &user(), before);
        assert!(cache.get(&one).is_none() && cache.get(&other).is_none());
        cache.remember(one, &user(), cache.epoch());
        assert!(cache.get(&one).is_some());
    }
}
