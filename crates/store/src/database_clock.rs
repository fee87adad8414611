//! The clock of a database that nodes share, and how far the clock of this node is from it.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use zonemint_base::clock::Clock;
use zonemint_base::model::Period;
use zonemint_telemetry::{Exposition, real};

/// From this skew on, in milliseconds, the operator is warned: more than NTP leaves.
const NOTICED_MS: u64 = 3_000;
/// How much less than a limit the skew must be, in milliseconds, before what it meant is over: so that one about the limit changes
/// nothing all the time.
const MARGIN_MS: u64 = 1_000;
/// How wrong an answer may be, in milliseconds, that says something about this node's clock.
const WITNESS_ERROR_MS: u64 = 1_000;
/// Nothing was measured yet.
const UNKNOWN: i64 = i64::MIN;

/// The time by the database: what was read last, carried on by time that never steps. So a step of either clock is seen: of this
/// node's at once, of the database's with the next measurement. Cheap to clone; clones share their state.
#[derive(Clone)]
pub struct DatabaseClock {
    clock: Clock,
    limit: Option<Period>,
    state: Arc<State>,
}

struct State {
    /// The database's time less [`Clock::uptime_ms`], in milliseconds.
    offset_ms: AtomicI64,
    /// How wrong that may be: half of the time that the answer took.
    error_ms: AtomicU64,
    /// What the skew meant when it was last looked at, and what the operator knows.
    severity: Mutex<Severity>,
    told: Mutex<Severity>,
}

/// How far the clock of this node is from the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew {
    /// How far this node's is ahead, in milliseconds; negative when it is behind.
    pub ahead_ms: i64,
    /// What that means.
    pub severity: Severity,
    /// Beyond what nothing is minted; none for no limit.
    limit: Option<Period>,
}

/// What a skew means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The clocks agree, as far as can be measured.
    Right,
    /// The operator should know.
    Noticed,
    /// Nothing is minted.
    Refused,
}

impl DatabaseClock {
    /// Knows nothing yet. `limit` is the skew beyond which nothing is minted; zero for none.
    #[must_use]
    pub fn new(clock: Clock, limit: Period) -> Self {
        let state = State {
            offset_ms: AtomicI64::new(UNKNOWN),
            error_ms: AtomicU64::new(0),
            severity: Mutex::new(Severity::Right),
            told: Mutex::new(Severity::Right),
        };
        Self { clock, limit: (limit.ms() > 0).then_some(limit), state: Arc::new(state) }
    }

    /// The moment to give to [`DatabaseClock::answered`].
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.clock.uptime_ms()
    }

    /// Notes what the database said its time is, in milliseconds since the Unix epoch, when it was asked at `asked_ms`. Where this
    /// node's clock was set right by a jump, a database whose own did not jump vouches for it ([`Clock::confirm`]).
    pub fn answered(&self, asked_ms: u64, database_ms: i64) {
        let now_ms = self.clock.uptime_ms();
        let error_ms = now_ms.saturating_sub(asked_ms) / 2;
        let offset_ms = database_ms.saturating_sub_unsigned(asked_ms + error_ms);
        self.state.error_ms.store(error_ms, Ordering::Relaxed);
        self.state.offset_ms.store(offset_ms, Ordering::Relaxed);
        if let Ok(database_ms) = u64::try_from(offset_ms.saturating_add_unsigned(now_ms))
            && error_ms <= WITNESS_ERROR_MS
        {
            self.clock.confirm(database_ms);
        }
    }

    /// The time by the database, in milliseconds since the Unix epoch; by this node's clock while it is not known.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let now = self.by_database_ms();
        now.map_or_else(|| self.clock.now_ms(), |ms| u64::try_from(ms).unwrap_or(0))
    }

    fn by_database_ms(&self) -> Option<i64> {
        let offset_ms = self.state.offset_ms.load(Ordering::Relaxed);
        (offset_ms != UNKNOWN).then(|| offset_ms.saturating_add_unsigned(self.clock.uptime_ms()))
    }

    /// How far the clock of this node is from the database's now. None while that is not known.
    #[must_use]
    pub fn skew(&self) -> Option<Skew> {
        let database_ms = self.by_database_ms()?;
        let ours_ms = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
        let ahead_ms = ours_ms.saturating_sub(database_ms);
        let certain_ms = ahead_ms.unsigned_abs().saturating_sub(self.state.error_ms.load(Ordering::Relaxed));
        let mut severity = self.state.severity.lock().unwrap_or_else(PoisonError::into_inner);
        *severity = self.severity(certain_ms, *severity);
        Some(Skew { ahead_ms, severity: *severity, limit: self.limit })
    }

    /// What a skew of at least so many milliseconds means after what it meant before.
    fn severity(&self, certain_ms: u64, before: Severity) -> Severity {
        let is_beyond = |limit_ms: u64, severity: Severity| {
            let margin_ms = if before >= severity { MARGIN_MS.min(limit_ms / 2) } else { 0 };
            certain_ms > limit_ms - margin_ms
        };
        match self.limit {
            Some(limit) if is_beyond(limit.ms(), Severity::Refused) => Severity::Refused,
            _ if is_beyond(NOTICED_MS, Severity::Noticed) => Severity::Noticed,
            _ => Severity::Right,
        }
    }

    /// Logs when the severity of the skew has changed since the last call.
    pub fn tell(&self) {
        let Some(skew) = self.skew() else { return };
        let mut told = self.state.told.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *told, skew.severity) == skew.severity {
            return;
        }
        match skew.severity {
            Severity::Right => tracing::info!("the clock of this node agrees with the database's again"),
            Severity::Noticed => {
                tracing::warn!(skew = %skew, "the clock of this node is wrong, or the database's: use NTP");
            }
            Severity::Refused => {
                tracing::error!(skew = %skew, "nothing is minted: set the clock right, on this node or on the database's");
            }
        }
    }

    /// Adds the metrics of the skew and its limit: zero for a store on this machine, which has no other clock.
    pub fn measure(of: Option<&Self>, into: &mut Exposition) {
        let ahead_ms = of.and_then(Self::skew).map_or(0, |skew| skew.ahead_ms);
        let limit = of.and_then(|clock| clock.limit).map_or(0, Period::ms);
        let size = real(ahead_ms.unsigned_abs()) / 1_000.0;
        into.gauge(
            "zonemint_clock_skew_seconds",
            "How far this node's clock is ahead of the database's; negative when it is behind",
            if ahead_ms < 0 { -size } else { size },
        );
        into.gauge(
            "zonemint_clock_skew_limit_seconds",
            "Beyond this skew nothing is minted: store.max_clock_skew; 0 for no limit",
            real(limit) / 1_000.0,
        );
    }
}

impl fmt::Debug for DatabaseClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseClock").field("skew", &self.skew()).finish_non_exhaustive()
    }
}

/// A sentence; with the limit that it is beyond of.
impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (distance, side) = (self.ahead_ms.unsigned_abs(), if self.ahead_ms < 0 { "behind" } else { "ahead of" });
        write!(f, "the clock of this node is {}.{} s {side} the database's", distance / 1_000, distance % 1_000 / 100)?;
        match self.limit {
            Some(limit) if self.severity == Severity::Refused => {
                write!(f, ", which is more than store.max_clock_skew allows ({limit})")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This node's clock stands at `ours_ms`, the database's at `theirs_ms`.
    fn skewed(ours_ms: u64, theirs_ms: i64, limit_s: u64) -> (Clock, DatabaseClock) {
        let clock = Clock::manual(ours_ms);
        let database = DatabaseClock::new(clock.clone(), Period::from_ms(limit_s * 1_000));
        database.answered(database.asked(), theirs_ms);
        (clock, database)
    }

    #[test]
    fn nothing_is_known_before_the_database_was_asked() {
        let database = DatabaseClock::new(Clock::manual(7), Period::from_ms(30_000));
        assert_eq!((database.skew(), database.now_ms()), (None, 7));
    }

    #[test]
    fn a_skew_is_noticed_and_beyond_the_limit_refused_in_both_directions() {
        let ours = 1_000_000;
        for (theirs, limit_s, expected, text) in [
            (1_000_000, 30, Severity::Right, "0.0 s ahead of the database's"),
            (997_000, 30, Severity::Right, "3.0 s ahead of the database's"),
            (996_999, 30, Severity::Noticed, "3.0 s ahead of the database's"),
            (1_003_100, 30, Severity::Noticed, "3.1 s behind the database's"),
            (970_000, 30, Severity::Noticed, "30.0 s ahead of the database's"),
            (969_999, 30, Severity::Refused, "30.0 s ahead of the database's, which is more than store.max_clock_skew"),
            (1_040_000, 30, Severity::Refused, "40.0 s behind the database's, which is more than"),
            (1_040_000, 0, Severity::Noticed, "40.0 s behind the database's"),
            (998_500, 1, Severity::Refused, "1.5 s ahead of"),
        ] {
            let (_, database) = skewed(ours, theirs, limit_s);
            let skew = database.skew().unwrap();
            assert_eq!(skew.severity, expected, "{theirs}");
            assert!(skew.to_string().contains(text), "{skew}");
            assert_eq!(i64::try_from(database.now_ms()).unwrap(), theirs);
        }
    }

    #[test]
    fn what_a_skew_means_is_over_a_second_below_its_limit() {
        let (_, database) = skewed(1_000_000, 1_000_000, 30);
        for (ahead_ms, expected) in [
            (30_000, Severity::Noticed),
            (30_001, Severity::Refused),
            (29_500, Severity::Refused),
            (29_000, Severity::Noticed),
            (29_999, Severity::Noticed),
            (2_500, Severity::Noticed),
            (2_000, Severity::Right),
            (2_999, Severity::Right),
        ] {
            database.answered(database.asked(), 1_000_000 - ahead_ms);
            assert_eq!(database.skew().map(|skew| skew.severity), Some(expected), "{ahead_ms}");
        }
    }

    #[test]
    fn a_database_vouches_only_if_its_clock_did_not_jump_as_well() {
        for (theirs, after, is_believed) in [(0, 0, false), (-3_600_000, -3_600_000, true), (0, -3_600_000, false)] {
            let clock = Clock::manual(1_000_000_000);
            let database = DatabaseClock::new(clock.clone(), Period::from_ms(0));
            let answer = |by: i64| {
                clock.set_ms(clock.uptime_ms() + 1_000);
                clock.observe();
                database.answered(database.asked(), clock.uptime_ms().cast_signed() + by);
            };
            (0..20).for_each(|_| answer(theirs));
            clock.jump_to_ms(clock.uptime_ms() - 3_600_000);
            assert!(clock.distrust().is_some());
            (0..20).for_each(|_| answer(after));
            assert_eq!(clock.distrust().is_none(), is_believed, "{theirs} {after}");
        }
    }

    #[test]
    fn what_an_answer_leaves_open_is_not_held_against_the_clock() {
        let (clock, database) = skewed(100_000, 100_000, 30);
        let asked = database.asked();
        clock.set_ms(120_000);
        database.answered(asked, 79_000);
        let skew = database.skew().unwrap();
        assert_eq!((skew.ahead_ms, skew.severity), (31_000, Severity::Noticed), "31 s in the middle, but perhaps 21 s");
        database.answered(database.asked(), 79_000);
        assert_eq!(database.skew().unwrap().severity, Severity::Refused);
    }
}
