//! How long refusals take, so that their time does not tell whether there is an account: as long as a refusal by the dearest
//! kind of hash that some account has.
//!
//! Hashes that we make cost every refusal the same, and nothing waits. An imported hash that is cheaper is followed by a
//! comparison that costs as much as ours; one that is dearer, and the sum of both, cannot be hidden by work. So every refusal
//! waits for it, on a timer. What counts is the password that takes longest: it is compared with an imported hash in up to
//! three spellings, and some kinds read it in each round. A hash that takes more than [`MOST`] does reveal that its account
//! exists.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::foreign_hash::{Work, expected_time};
use super::hash_kind::Kind;
use zonemint_base::model::PasswordHash;

/// The longest that a refusal waits: an open connection costs memory, and people wait for the answer.
const MOST: Duration = Duration::from_secs(1);

/// Whether a comparison with a stored hash is expected to take longer than refusals wait, so that a refusal reveals that there is
/// such an account.
#[must_use]
pub fn reveals_its_account(stored: &PasswordHash) -> bool {
    expected_time(stored.expose()).is_some_and(|time| time > MOST)
}

/// The dearest comparison with hashes of a kind.
#[derive(Debug, Clone, Copy)]
struct Dearest {
    micros: u64,
    took: Duration,
}

#[derive(Debug, Default)]
pub(super) struct RefusalTime(Mutex<HashMap<Kind, Dearest>>);

impl RefusalTime {
    /// Whether nothing dearer of its kind has been measured.
    pub(super) fn is_dearest(&self, work: Work) -> bool {
        self.lock().get(&work.kind).is_none_or(|dearest| dearest.micros < work.micros)
    }

    /// Notes how long a refusal took that compared with such a hash.
    pub(super) fn took(&self, work: Work, took: Duration) {
        let mut all = self.lock();
        let dearest = all.entry(work.kind).or_insert(Dearest { micros: work.micros, took });
        if dearest.micros <= work.micros {
            *dearest = Dearest { micros: work.micros, took: took.max(dearest.took) };
        }
    }

    /// How long a refusal takes at least: half as long again as the dearest one that was measured, for a machine does not take
    /// the same time twice.
    pub(super) fn least(&self) -> Duration {
        let dearest = self.lock().values().map(|dearest| dearest.took).max().unwrap_or_default();
        (dearest + dearest / 2).min(MOST)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Kind, Dearest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(kind: Kind, micros: u64) -> Work {
        Work { kind, micros, memory: 0 }
    }

    #[test]
    fn refusals_take_as_long_as_the_dearest_kind_and_a_second_at_most() {
        let time = RefusalTime::default();
        assert_eq!(time.least(), Duration::ZERO);
        time.took(work(Kind::Bcrypt, 200), Duration::from_millis(20));
        time.took(work(Kind::Scrypt, 700), Duration::from_millis(80));
        time.took(work(Kind::Bcrypt, 100), Duration::from_millis(500));
        assert_eq!(time.least(), Duration::from_millis(120), "a cheaper one of its kind says nothing");
        assert!(time.is_dearest(work(Kind::Bcrypt, 201)) && !time.is_dearest(work(Kind::Bcrypt, 200)));
        assert!(time.is_dearest(work(Kind::Argon2id, 1)));
        time.took(work(Kind::Argon2id, 9_000), Duration::from_secs(5));
        assert_eq!(time.least(), MOST);
    }
}
