//! A token bucket (GCRA, ITU-T I.371): how many attempts are free at once, and how fast more become free.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The attempt is refused: too many came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    /// When to try again, in whole seconds, at least 1.
    pub(super) retry_after_s: u64,
}

impl TooMany {
    /// Refuses until so many milliseconds are over.
    pub(super) fn for_ms(left_ms: u64) -> Self {
        Self { retry_after_s: left_ms.div_ceil(1_000).max(1) }
    }
}

/// The size of a bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    /// Attempts that are free at once.
    pub(super) burst: u32,
    /// Milliseconds until one more is free.
    pub(super) refill_ms: u64,
}

impl Rate {
    fn capacity_ms(self) -> u64 {
        u64::from(self.burst).saturating_mul(self.refill_ms)
    }
}

/// The uptime in milliseconds at which the bucket is full again (the theoretical arrival time).
#[derive(Debug, Default)]
pub(super) struct Bucket(AtomicU64);

impl Bucket {
    /// Whether one more attempt is free now.
    pub(super) fn check(&self, rate: Rate, now_ms: u64) -> Result<(), TooMany> {
        charged(self.0.load(Ordering::Relaxed), rate, now_ms).map(drop)
    }

    /// Takes one attempt out of the bucket. Drop the charge to keep it.
    pub(super) fn charge(self: &Arc<Self>, rate: Rate, now_ms: u64) -> Result<Charge, TooMany> {
        let mut too_many = TooMany::for_ms(0);
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at_ms| {
            charged(full_at_ms, rate, now_ms).map_err(|refused| too_many = refused).ok()
        });
        match taken {
            Ok(_) => Ok(Charge { bucket: Arc::clone(self), refill_ms: rate.refill_ms }),
            Err(_) => Err(too_many),
        }
    }
}

/// The moment at which the bucket is full again, with one more attempt taken out.
fn charged(full_at_ms: u64, rate: Rate, now_ms: u64) -> Result<u64, TooMany> {
    let full_at_ms = full_at_ms.max(now_ms).saturating_add(rate.refill_ms);
    match (full_at_ms - now_ms).checked_sub(rate.capacity_ms()) {
        None | Some(0) => Ok(full_at_ms),
        Some(excess_ms) => Err(TooMany::for_ms(excess_ms)),
    }
}

/// An attempt that was taken out of a bucket.
#[derive(Debug)]
pub(super) struct Charge {
    bucket: Arc<Bucket>,
    refill_ms: u64,
}

impl Charge {
    /// Puts the attempt back.
    pub(super) fn give_back(self) {
        let refill_ms = self.refill_ms;
        let less = |full_at_ms: u64| Some(full_at_ms.saturating_sub(refill_ms));
        let _ = self.bucket.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, refill_ms: 1_000 };

    #[test]
    fn a_burst_is_free_and_then_one_attempt_a_refill() {
        let bucket = Arc::new(Bucket::default());
        for _ in 0..3 {
            assert_eq!(bucket.check(RATE, 100_000), Ok(()));
            drop(bucket.charge(RATE, 100_000).unwrap());
        }
        for _ in 0..2 {
            let refused = TooMany { retry_after_s: 1 };
            assert_eq!(bucket.charge(RATE, 100_000).unwrap_err(), refused, "a refused attempt is not charged");
            assert_eq!(bucket.check(RATE, 100_000), Err(refused));
        }
        drop(bucket.charge(RATE, 101_000).unwrap());
        assert!(bucket.charge(RATE, 101_000).is_err());
    }

    #[test]
    fn a_charge_that_is_given_back_is_free_again() {
        let bucket = Arc::new(Bucket::default());
        let mut charges: Vec<_> = (0..3).map(|_| bucket.charge(RATE, 100_000).unwrap()).collect();
        charges.pop().unwrap().give_back();
        drop(bucket.charge(RATE, 100_000).unwrap());
        assert!(bucket.charge(RATE, 100_000).is_err());
    }
}
