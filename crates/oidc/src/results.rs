//! A cache of accepted tokens. Refusals are not cached: a new token may be one that was refused a moment ago.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::identity::Identity;
use zonemint_base::clock::Clock;
use zonemint_base::keyed_digest::{Digest, KeyedDigest};
use zonemint_base::random::Random;

/// Most entries: of about 500 bytes each, 5 MB.
const MOST: usize = 10_000;

pub(crate) struct Results {
    digests: KeyedDigest,
    entries: Cache<Digest, Entry>,
    longest: Duration,
    clock: Clock,
}

#[derive(Clone)]
struct Entry {
    identity: Arc<Identity>,
    until_ms: u64,
}

impl Results {
    pub(crate) fn new(longest: Duration, random: &Random, clock: Clock) -> Self {
        Self { digests: KeyedDigest::new(random), entries: Cache::new(MOST), longest, clock }
    }

    pub(crate) fn get(&self, token: &str) -> Option<Arc<Identity>> {
        let digest = self.digests.of(token);
        let entry = self.entries.get(&digest)?;
        if self.clock.latest_ms() < entry.until_ms {
            return Some(entry.identity);
        }
        self.entries.remove(&digest);
        None
    }

    /// Remembers an accepted token that was asked for at `asked_ms`, never past its expiry: the clock skew adds nothing.
    pub(crate) fn insert(&self, token: &str, identity: &Arc<Identity>, asked_ms: u64) {
        let longest_ms = u64::try_from(self.longest.as_millis()).unwrap_or(u64::MAX);
        let expires_ms = identity.expires_s.map_or(u64::MAX, |expires_s| expires_s.saturating_mul(1_000));
        let until_ms = asked_ms.saturating_add(longest_ms).min(expires_ms);
        if self.clock.latest_ms() < until_ms {
            self.entries.insert(self.digests.of(token), Entry { identity: Arc::clone(identity), until_ms });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Groups;

    fn identity(expires_s: Option<u64>) -> Arc<Identity> {
        let (issuer, subject) = ("https://id".to_owned(), "joe".to_owned());
        Arc::new(Identity { issuer, subject, name: None, groups: Groups::NotSaid, email: None, expires_s })
    }

    #[test]
    fn a_result_is_forgotten_at_the_bound_and_at_the_expiry() {
        let clock = Clock::manual(1_000_000);
        let results = Results::new(Duration::from_mins(1), &Random::system(), clock.clone());
        results.insert("early", &identity(Some(1_010)), 1_000_000);
        results.insert("late", &identity(Some(2_000)), 1_000_000);
        results.insert("endless", &identity(None), 1_000_000);
        results.insert("within the skew", &identity(Some(990)), 1_000_000);
        let is_there = |token| results.get(token).is_some();
        assert!(is_there("early") && is_there("late") && is_there("endless"));
        assert!(!is_there("within the skew") && !is_there("other"));
        clock.set_ms(1_010_000);
        assert!(!is_there("early") && is_there("late") && is_there("endless"));
        clock.set_ms(1_060_000);
        assert!(!is_there("late") && !is_there("endless"));
    }

    #[test]
    fn another_process_has_other_digests() {
        let [one, other] = [1, 2].map(|_| Results::new(Duration::ZERO, &Random::system(), Clock::manual(0)));
        assert_ne!(one.digests.of("token"), other.digests.of("token"));
    }
}
