//! How often tokens of an account are used on a day: counted in memory at each use, and written to the store now and then.
//!
//! A use must cost next to nothing: each thread counts in a place of its own, of which the lock is free but for the moment in
//! which the counts are collected, and the time is not asked for again. What is not written yet is lost with a process that is
//! killed.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use zonemint_base::clock::DAY_S;
use zonemint_base::model::UserId;

/// Days that are kept, this one included.
pub const DAYS_OF_USES: u32 = 90;

/// Places to count in. Threads beyond so many share one.
const PLACES: usize = 16;
/// Accounts of which a place holds counts. Uses of others are not counted until these are collected, which is done at once when
/// half of them are there.
const ACCOUNTS: usize = 16_384;
/// Counts that may wait while the store does not take them. Those of others are lost.
const WAITING: usize = 262_144;

/// The first day of those that are kept, in days since the Unix epoch; `now` is in seconds.
#[must_use]
pub(super) fn oldest_day(now: u64) -> u32 {
    day_of(now).saturating_sub(DAYS_OF_USES - 1)
}

/// The day of a moment in seconds since the Unix epoch.
pub(super) fn day_of(s: u64) -> u32 {
    u32::try_from(s / DAY_S).unwrap_or(u32::MAX)
}

/// Counts that are not written yet.
#[derive(Default)]
pub(super) struct Uses {
    places: [Place; PLACES],
    /// Collected, in the order in which they are written. The lock is held while they are, so that a writer that is broken off
    /// loses none of them.
    pub(super) waiting: tokio::sync::Mutex<BTreeMap<(UserId, u32), u64>>,
    pub(super) lost: AtomicU64,
    pub(super) filling: Notify,
}

/// On a cache line of its own, and on that which processors fetch with it.
#[derive(Default)]
#[repr(align(128))]
struct Place(Mutex<HashMap<(UserId, u32), u64>>);

impl Place {
    fn lock(&self) -> MutexGuard<'_, HashMap<(UserId, u32), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Uses {
    pub(super) fn count(&self, owner: UserId, day: u32) {
        let mut counts = self.places[own_place()].lock();
        if let Some(count) = counts.get_mut(&(owner, day)) {
            *count += 1;
            return;
        }
        if counts.len() >= ACCOUNTS {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        counts.insert((owner, day), 1);
        if counts.len() == ACCOUNTS / 2 {
            self.filling.notify_one();
        }
    }

    /// Takes the counts out of their places, to those that wait already.
    pub(super) fn collect(&self, waiting: &mut BTreeMap<(UserId, u32), u64>) {
        for place in &self.places {
            let counts = mem::take(&mut *place.lock());
            for (key, count) in counts {
                if waiting.len() < WAITING || waiting.contains_key(&key) {
                    *waiting.entry(key).or_default() += count;
                } else {
                    self.lost.fetch_add(count, Ordering::Relaxed);
                }
            }
        }
    }
}

/// Which place the running thread counts in.
fn own_place() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PLACE: Cell<usize> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed) % PLACES);
    }
    PLACE.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collected(uses: &Uses) -> BTreeMap<(UserId, u32), u64> {
        let mut waiting = BTreeMap::new();
        uses.collect(&mut waiting);
        waiting
    }

    #[test]
    fn what_all_threads_count_is_collected_once() {
        let (uses, owner) = (Uses::default(), UserId::from_bytes([1; 16]));
        std::thread::scope(|scope| {
            for _ in 0..2 * PLACES {
                scope.spawn(|| (0..1_000).for_each(|at| uses.count(owner, at % 2)));
            }
        });
        let half = 1_000 * PLACES as u64;
        assert_eq!(collected(&uses), BTreeMap::from([((owner, 0), half), ((owner, 1), half)]));
        assert_eq!(collected(&uses), BTreeMap::new());
    }

    #[test]
    fn accounts_beyond_the_bound_are_lost_and_that_is_known() {
        let uses = Uses::default();
        let owner = |number: usize| UserId::from_bytes((number as u128).to_be_bytes());
        (0..ACCOUNTS + 5).for_each(|number| uses.count(owner(number), 1));
        uses.count(owner(0), 1);
        let counts = collected(&uses);
        assert_eq!((counts.len(), counts[&(owner(0), 1)], uses.lost.load(Ordering::Relaxed)), (ACCOUNTS, 2, 5));
    }

    #[tokio::test]
    async fn when_half_of_a_place_is_full_the_counts_are_asked_for() {
        let uses = Uses::default();
        (0..ACCOUNTS / 2).for_each(|number| uses.count(UserId::from_bytes((number as u128).to_be_bytes()), 1));
        uses.filling.notified().await;
    }

    #[test]
    fn the_oldest_day_is_the_last_that_a_request_may_ask_for() {
        assert_eq!(oldest_day(100 * DAY_S + 1), 11);
        assert_eq!(oldest_day(DAY_S), 0);
    }
}
