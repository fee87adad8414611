//! How long a token lives: whether it ends soon, and whether it lives longer than it should.

use super::Token;
use crate::clock::DAY_S;
use crate::label;
use crate::label::Label as _;
use zonemint_caveat as caveat;

/// The longest life that is not too long where `token.max_named_ttl` says nothing, in days.
pub const LONGEST_DAYS: u64 = 365;
/// By how much clocks may differ, in seconds, without a token that was asked for the longest life counting as too long.
const CLOCKS_APART_S: u64 = 60;

label! {
    /// How a token lives longer than it should.
    pub enum Excess {
        /// It has no end.
        Endless = "endless",
        /// Its life is longer than the longest.
        OverLong = "over_long",
    }
}

label! {
    /// Before a token's end: within so many days.
    pub enum Within {
        /// One day.
        Day = "1d",
        /// Seven days.
        Week = "7d",
        /// Thirty days.
        Month = "30d",
    }
}

impl Within {
    fn s(self) -> u64 {
        match self {
            Self::Day => DAY_S,
            Self::Week => 7 * DAY_S,
            Self::Month => 30 * DAY_S,
        }
    }
}

/// When a token was made, if that is known, and when it ends, if it does: in seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// When it was made.
    pub created_s: Option<u64>,
    /// When it ends.
    pub expires_s: Option<u64>,
}

impl Life {
    /// None of a token whose end stands in its text alone: see [`Token::caveats_are_known`].
    #[must_use]
    pub fn of(token: &Token) -> Option<Self> {
        let expires_s = caveat::valid_until(&token.caveats);
        token.caveats_are_known().then_some(Self { created_s: Some(token.created_ms / 1_000), expires_s })
    }

    fn length_s(self) -> Option<u64> {
        Some(self.expires_s?.saturating_sub(self.created_s?))
    }

    /// Within which time it ends, the shortest that fits. A token that was made to live no longer than that ends as it was meant
    /// to: nobody is to be warned of it.
    #[must_use]
    pub fn ends_within(self, now_s: u64) -> Option<Within> {
        let left_s = self.expires_s?.saturating_sub(now_s);
        let is_meant = |within: &Within| self.length_s().is_some_and(|length| length <= within.s());
        Within::ALL.iter().copied().find(|within| left_s <= within.s()).filter(|within| !is_meant(within))
    }

    /// Whether it lives longer than `longest_s` seconds.
    #[must_use]
    pub fn excess(self, longest_s: u64) -> Option<Excess> {
        match (self.expires_s, self.length_s()) {
            (None, _) => Some(Excess::Endless),
            (Some(_), Some(length)) if length > longest_s.saturating_add(CLOCKS_APART_S) => Some(Excess::OverLong),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000 * DAY_S;
    const YEAR: u64 = 365 * DAY_S;

    fn life(age_days: u64, left_days: u64) -> Life {
        Life { created_s: Some(NOW - age_days * DAY_S), expires_s: Some(NOW + left_days * DAY_S) }
    }

    #[test]
    fn an_owner_is_warned_thirty_days_seven_days_and_one_day_before_the_end() {
        for (left_days, within) in [
            (31, None),
            (30, Some(Within::Month)),
            (8, Some(Within::Month)),
            (7, Some(Within::Week)),
            (2, Some(Within::Week)),
            (1, Some(Within::Day)),
            (0, Some(Within::Day)),
        ] {
            assert_eq!(life(100, left_days).ends_within(NOW), within, "{left_days} days");
        }
        assert_eq!(Life { created_s: None, expires_s: Some(NOW + 1) }.ends_within(NOW), Some(Within::Day));
    }

    #[test]
    fn nobody_is_warned_of_a_token_that_was_made_to_end_so_soon() {
        for (age_days, left_days, within) in [
            (0, 1, None),
            (0, 7, None),
            (0, 30, None),
            (6, 1, Some(Within::Day)),
            (2, 5, None),
            (1, 30, Some(Within::Month)),
        ] {
            assert_eq!(life(age_days, left_days).ends_within(NOW), within, "{age_days} and {left_days} days");
        }
    }

    #[test]
    fn a_life_is_too_long_beyond_the_longest_or_without_an_end() {
        assert_eq!(Life { created_s: Some(1), expires_s: None }.excess(YEAR), Some(Excess::Endless));
        assert_eq!(life(0, 365).excess(YEAR), None);
        assert_eq!(life(365, 1).excess(YEAR), Some(Excess::OverLong));
        assert_eq!(Life { created_s: None, expires_s: Some(u64::MAX) }.excess(YEAR), None, "nobody knows how long");
        let asked_by_another_clock = Life { created_s: Some(NOW), expires_s: Some(NOW + YEAR + 5) };
        assert_eq!(asked_by_another_clock.excess(YEAR), None);
    }
}
