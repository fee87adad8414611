//! Records of the store that are remembered, and read when they are not: once, however many ask for one at the same time.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use quick_cache::sync::Cache;

use super::StoreError;
use zonemint_telemetry::{Lookup, Tally};

/// A bounded number of records by their keys. Only those that exist are remembered.
pub struct ReadThrough<K, V> {
    records: Cache<K, V>,
    /// Reads that failed, and of the last one which it was, and how.
    failures: AtomicU64,
    last_failure: Mutex<Option<(K, StoreError)>>,
}

impl<K: Eq + Hash + Clone, V: Clone> ReadThrough<K, V> {
    /// Remembers nothing yet, and at most so many.
    #[must_use]
    pub fn new(records: usize) -> Self {
        Self { records: Cache::new(records), failures: AtomicU64::new(0), last_failure: Mutex::default() }
    }

    /// Returns the cached record, or what `read` finds. Callers that wait for the read of another caller share its failure. If each of
    /// them read again, the last one would wait for all failures before it.
    ///
    /// # Errors
    /// That of `read`.
    pub async fn get(
        &self,
        key: &K,
        lookups: &Tally<Lookup>,
        read: impl AsyncFnOnce() -> Result<Option<V>, StoreError>,
    ) -> Result<Option<V>, StoreError> {
        if let Some(record) = self.records.get(key) {
            lookups.count(Lookup::Hit);
            return Ok(Some(record));
        }
        let failures = self.failures.load(Ordering::Acquire);
        // A change that comes between the read and the insertion removes the placeholder, and with it the insertion.
        match Box::pin(self.records.get_value_or_guard_async(key)).await {
            Ok(record) => {
                lookups.count(Lookup::Hit);
                Ok(Some(record))
            }
            Err(placeholder) => {
                lookups.count(Lookup::Miss);
                if self.failures.load(Ordering::Acquire) != failures
                    && let Some(failure) = self.last_failure_of(key)
                {
                    return Err(failure);
                }
                let record = read().await.inspect_err(|failure| self.note(key, failure))?;
                if let Some(record) = &record {
                    let _ = placeholder.insert(record.clone());
                }
                Ok(record)
            }
        }
    }

    /// None when another one failed since.
    fn last_failure_of(&self, key: &K) -> Option<StoreError> {
        let last = self.last_failure.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(failed, _)| failed == key).map(|(_, failure)| failure.clone())
    }

    /// Called before the next waiting caller gets the placeholder.
    fn note(&self, key: &K, failure: &StoreError) {
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some((key.clone(), failure.clone()));
        self.failures.fetch_add(1, Ordering::Release);
    }

    /// Drops one, also if it is just being read.
    pub fn forget(&self, key: &K) {
        self.records.remove(key);
    }

    /// Drops all of them.
    pub fn forget_all(&self) {
        self.records.clear();
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    fn failure() -> StoreError {
        StoreError::unavailable("no answer")
    }

    #[tokio::test]
    async fn those_who_wait_for_a_read_share_its_failure() {
        let (records, lookups) = (ReadThrough::<u8, u8>::new(8), Tally::default());
        let (reads, answers) = (AtomicU64::new(0), Semaphore::new(0));
        let read = async || {
            reads.fetch_add(1, Ordering::Relaxed);
            answers.acquire().await.unwrap().forget();
            Err(failure())
        };
        let asking = join_all((0..20).map(|_| records.get(&1, &lookups, read)));
        let answer = async {
            tokio::task::yield_now().await;
            answers.add_permits(20);
        };
        let (outcomes, ()) = tokio::join!(asking, answer);
        assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        // Later callers read again.
        assert_eq!(records.get(&1, &lookups, async || Ok(Some(7))).await.unwrap(), Some(7));
        assert_eq!(records.get(&1, &lookups, async || panic!("it is remembered")).await.unwrap(), Some(7));
    }

    #[tokio::test]
    async fn what_is_forgotten_while_it_is_read_is_not_remembered() {
        for all in [false, true] {
            let (records, lookups) = (ReadThrough::<u8, u8>::new(8), Tally::default());
            let read = async || {
                if all {
                    records.forget_all();
                } else {
                    records.forget(&1);
                }
                Ok(Some(7))
            };
            assert_eq!(records.get(&1, &lookups, read).await.unwrap(), Some(7));
            assert!(records.is_empty());
            assert_eq!(records.get(&1, &lookups, async || Ok(None)).await.unwrap(), None);
            assert_eq!(records.len(), 0, "what is not there is not remembered");
        }
    }
}
