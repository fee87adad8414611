//! How long the tokens that there are live: which end soon, and which live longer than they should.

use std::sync::{Mutex, PoisonError};

use zonemint_base::model::{Excess, Life, Within};
use zonemint_telemetry::{Exposition, Label as _, real};

/// How many tokens live too long, and how many end soon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lives {
    excess: [u64; Excess::ALL.len()],
    ending: [u64; Within::ALL.len()],
}

impl Lives {
    /// Counts a token.
    pub fn count(&mut self, life: Life, longest_s: u64, now_s: u64) {
        if let Some(excess) = life.excess(longest_s) {
            self.excess[excess.index()] += 1;
        }
        if let Some(within) = life.ends_within(now_s) {
            // What ends within a day ends within a month, too.
            self.ending[within.index()..].iter_mut().for_each(|count| *count += 1);
        }
    }

    /// How many live too long in this way.
    #[must_use]
    pub fn with(&self, excess: Excess) -> u64 {
        self.excess[excess.index()]
    }

    /// How many end within this time.
    #[must_use]
    pub fn within(&self, within: Within) -> u64 {
        self.ending[within.index()]
    }
}

/// What was counted last.
#[derive(Debug, Default)]
pub(super) struct Counted(Mutex<Option<Lives>>);

impl Counted {
    pub(super) fn set(&self, lives: Lives) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(lives);
    }

    /// Tells it; nothing until all tokens have been counted once.
    pub(super) fn measure(&self, into: &mut Exposition) {
        let Some(lives) = *self.0.lock().unwrap_or_else(PoisonError::into_inner) else { return };
        let excess =
            Excess::ALL.iter().map(|excess| ([("life", excess.value().to_owned())], real(lives.with(*excess))));
        into.gauges("zonemint_tokens_too_long", "Good tokens that live too long, as last counted", excess);
        let ending =
            Within::ALL.iter().map(|within| ([("within", within.value().to_owned())], real(lives.within(*within))));
        into.gauges("zonemint_tokens_ending", "Good tokens that end soon, as last counted", ending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_base::clock::DAY_S;

    const NOW: u64 = 1_000 * DAY_S;
    const YEAR: u64 = 365 * DAY_S;

    fn life(age_days: u64, left_days: u64) -> Life {
        Life { created_s: Some(NOW - age_days * DAY_S), expires_s: Some(NOW + left_days * DAY_S) }
    }

    #[test]
    fn what_ends_within_a_day_is_counted_within_a_month_too() {
        let mut lives = Lives::default();
        for left_days in [1, 7, 30, 300] {
            lives.count(life(100, left_days), YEAR, NOW);
        }
        lives.count(Life { created_s: Some(1), expires_s: None }, YEAR, NOW);
        assert_eq!(Within::ALL.iter().map(|within| lives.within(*within)).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(Excess::ALL.iter().map(|excess| lives.with(*excess)).collect::<Vec<_>>(), [1, 1]);
    }
}
