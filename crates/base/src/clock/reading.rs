//! The server's time, computed from the system's clock and a steady clock that cannot be set.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Distrust;

/// How often the system's clock is read to confirm it.
pub(super) const PACE: Duration = Duration::from_secs(1);
/// How far two readings that agree must be apart, in milliseconds.
const APART: u64 = 10_000;
/// How much the system's clock may have gained between two readings that agree, in milliseconds, and how far it may be ahead of
/// the server's time: more than NTP slews in that time, and more than a leap second and rounding.
const AGREEMENT: u64 = 1_500;
/// How far the system's clock may step back before it is no longer trusted, in milliseconds.
const TOLERATED_STEP_BACK: u64 = 60_000;
/// From which step back on a message is logged although the clock is followed, in milliseconds: what has expired stays expired meanwhile.
const NOTICED_STEP_BACK: u64 = 5_000;
/// How far another clock that confirms the system's may be from it, in milliseconds.
const VOUCHED_WITHIN: u64 = 3_000;
/// For how long another thread may still report a time that was too late after an earlier one was adopted, in milliseconds.
const SETTLED_AFTER: u64 = 5_000;

/// All times are in milliseconds: of the system's clock since the Unix epoch, of the steady one since any moment.
pub(super) struct Reading {
    /// The confirmed time minus the steady one.
    offset_ms: AtomicI64,
    /// Until then the offset is that of the first reading.
    is_confirmed: AtomicBool,
    /// The server's time at the last observation: until a moment after it, the system's clock needs no other check.
    expected_ms: AtomicU64,
    /// The latest of all times that were returned.
    highest_ms: AtomicU64,
    observed: Mutex<Observed>,
}

struct Observed {
    /// The reading that a later one has to agree with: the system's clock minus the steady one, and its time by the steady one.
    offset_ms: i64,
    at_ms: u64,
    /// When an earlier time was last adopted.
    lowered_ms: Option<u64>,
    /// What another clock said while the system's was trusted.
    witness: Option<Witness>,
    /// Whether it is logged already that the system's clock is not trusted.
    is_told: bool,
}

/// Another clock, minus the steady one. A clock that moves with the system's may be the same clock, and confirms nothing.
struct Witness {
    offset_ms: i64,
    since_ms: u64,
    /// Whether two answers agreed.
    is_steady: bool,
}

impl Witness {
    fn agrees(&self, offset_ms: i64) -> bool {
        offset_ms.abs_diff(self.offset_ms) <= VOUCHED_WITHIN
    }
}

impl Reading {
    pub(super) fn new(system_ms: u64, steady_ms: u64) -> Self {
        let offset_ms = difference(system_ms, steady_ms);
        let observed = Observed { offset_ms, at_ms: steady_ms, lowered_ms: None, witness: None, is_told: false };
        Self {
            offset_ms: AtomicI64::new(offset_ms),
            is_confirmed: AtomicBool::new(false),
            expected_ms: AtomicU64::new(system_ms),
            highest_ms: AtomicU64::new(0),
            observed: Mutex::new(observed),
        }
    }

    /// The server's time. The steady clock is read only if the system's is not as expected.
    pub(super) fn now_ms(&self, system_ms: u64, steady_ms: impl FnOnce() -> u64) -> u64 {
        let since = system_ms.wrapping_sub(self.expected_ms.load(Ordering::Relaxed));
        let now = if since <= AGREEMENT { system_ms } else { self.judge(system_ms, steady_ms()).0 };
        if now > self.highest_ms.load(Ordering::Relaxed) {
            self.highest_ms.fetch_max(now, Ordering::Relaxed);
        }
        now
    }

    pub(super) fn latest_ms(&self, now_ms: u64) -> u64 {
        now_ms.max(self.highest_ms.load(Ordering::Relaxed))
    }

    pub(super) fn earliest_ms(&self, system_ms: u64, steady_ms: u64) -> u64 {
        system_ms.min(self.confirmed_ms(steady_ms))
    }

    pub(super) fn distrust(&self, system_ms: u64, steady_ms: u64) -> Option<Distrust> {
        self.judge(system_ms, steady_ms).1.or_else(|| {
            let ahead_ms = difference(system_ms, self.highest_ms.load(Ordering::Relaxed));
            (ahead_ms < -NOTICED_STEP_BACK.cast_signed()).then_some(Distrust { ahead_ms, is_followed: true })
        })
    }

    pub(super) fn observe(&self, system_ms: u64, steady_ms: u64) {
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        let offset_ms = difference(system_ms, steady_ms);
        let apart_ms = steady_ms.checked_sub(observed.at_ms);
        let agrees = offset_ms.abs_diff(observed.offset_ms) <= AGREEMENT;
        let (_, distrust) = self.judge(system_ms, steady_ms);
        if agrees && apart_ms.is_some_and(|apart_ms| apart_ms >= APART) {
            (observed.offset_ms, observed.at_ms) = (offset_ms, steady_ms);
            if distrust.is_none_or(|distrust| distrust.ahead_ms > 0) {
                // Steps back count together until the latest time is reached again.
                let is_later = offset_ms >= self.offset_ms.load(Ordering::Relaxed);
                if is_later || system_ms >= self.highest_ms.load(Ordering::Relaxed) {
                    self.offset_ms.store(offset_ms, Ordering::Relaxed);
                }
                self.is_confirmed.store(true, Ordering::Relaxed);
            }
        } else if !agrees || apart_ms.is_none() {
            (observed.offset_ms, observed.at_ms) = (offset_ms, steady_ms);
            let steps_back = difference(system_ms, self.confirmed_ms(steady_ms)) < -AGREEMENT.cast_signed();
            if steps_back && !self.is_confirmed.load(Ordering::Relaxed) {
                self.believe(&mut observed, system_ms, steady_ms);
            }
        }
        self.settle(&observed, system_ms, steady_ms);
        self.highest_ms.fetch_max(self.judge(system_ms, steady_ms).0, Ordering::Relaxed);
        self.expected_ms.store(self.confirmed_ms(steady_ms), Ordering::Relaxed);
        observed.tell(self.distrust(system_ms, steady_ms));
    }

    /// Lowers the latest time if another thread read a time that is too late just before an earlier one was adopted. A clock that has
    /// stepped back since then lowers nothing.
    fn settle(&self, observed: &Observed, system_ms: u64, steady_ms: u64) {
        let is_fresh = observed.lowered_ms.is_some_and(|at_ms| steady_ms.saturating_sub(at_ms) <= SETTLED_AFTER);
        let confirmed_ms = self.confirmed_ms(steady_ms);
        if is_fresh
            && system_ms.abs_diff(confirmed_ms) <= AGREEMENT
            && self.highest_ms.load(Ordering::Relaxed) > confirmed_ms.saturating_add(AGREEMENT)
        {
            self.highest_ms.store(confirmed_ms, Ordering::Relaxed);
        }
    }

    /// The other clock is a witness only if it did not jump together with the system's.
    pub(super) fn confirm(&self, system_ms: u64, steady_ms: u64, other_ms: u64) {
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        let other_offset_ms = difference(other_ms, steady_ms);
        if self.judge(system_ms, steady_ms).1.is_none() {
            // Steps back that are followed one by one must not move the witness.
            if system_ms.saturating_add(VOUCHED_WITHIN) >= self.highest_ms.load(Ordering::Relaxed) {
                observed.hear(other_offset_ms, steady_ms);
            }
            return;
        }
        let is_witnessed =
            observed.witness.as_ref().is_some_and(|witness| witness.is_steady && witness.agrees(other_offset_ms));
        if !is_witnessed || system_ms.abs_diff(other_ms) > VOUCHED_WITHIN {
            return;
        }
        (observed.offset_ms, observed.at_ms) = (difference(system_ms, steady_ms), steady_ms);
        self.believe(&mut observed, system_ms, steady_ms);
        self.is_confirmed.store(true, Ordering::Relaxed);
        self.expected_ms.store(system_ms, Ordering::Relaxed);
        observed.tell(None);
    }

    /// Adopts the system's time, which may be earlier.
    fn believe(&self, observed: &mut Observed, system_ms: u64, steady_ms: u64) {
        if system_ms < self.confirmed_ms(steady_ms) {
            self.highest_ms.store(system_ms, Ordering::Relaxed);
            observed.lowered_ms = Some(steady_ms);
        }
        self.offset_ms.store(difference(system_ms, steady_ms), Ordering::Relaxed);
    }

    fn confirmed_ms(&self, steady_ms: u64) -> u64 {
        steady_ms.saturating_add_signed(self.offset_ms.load(Ordering::Relaxed))
    }

    /// The server's time, and how far the system's is off if it is another one.
    fn judge(&self, system_ms: u64, steady_ms: u64) -> (u64, Option<Distrust>) {
        let confirmed_ms = self.confirmed_ms(steady_ms);
        let ahead_ms = difference(system_ms, confirmed_ms);
        let steps_back = ahead_ms < -TOLERATED_STEP_BACK.cast_signed() && self.is_confirmed.load(Ordering::Relaxed);
        if ahead_ms > AGREEMENT.cast_signed() || steps_back {
            (confirmed_ms, Some(Distrust { ahead_ms, is_followed: false }))
        } else {
            (system_ms, None)
        }
    }
}

impl Observed {
    /// Notes the time of another clock while the system's is trusted.
    fn hear(&mut self, offset_ms: i64, steady_ms: u64) {
        match &mut self.witness {
            Some(witness) if witness.agrees(offset_ms) => {
                witness.is_steady |= steady_ms.saturating_sub(witness.since_ms) >= APART;
            }
            witness => *witness = Some(Witness { offset_ms, since_ms: steady_ms, is_steady: false }),
        }
    }

    /// Logs a change.
    fn tell(&mut self, distrust: Option<Distrust>) {
        match distrust {
            Some(distrust) if !self.is_told => tracing::error!(distrust = %distrust, "the system's clock has jumped"),
            None if self.is_told => tracing::info!("the system's clock is believed again"),
            Some(_) | None => {}
        }
        self.is_told = distrust.is_some();
    }
}

fn difference(one_ms: u64, other_ms: u64) -> i64 {
    one_ms.cast_signed().saturating_sub(other_ms.cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Ordering, Reading};
    use crate::clock::{Clock, Distrust};

    const START: u64 = 1_800_000_000_000;
    const DAY: u64 = 86_400_000;

    /// Lets so many seconds pass.
    fn pass(clock: &Clock, seconds: u64) {
        for _ in 0..seconds {
            clock.set_ms(clock.uptime_ms() + 1_000);
            clock.observe();
        }
    }

    /// A clock whose time is confirmed.
    fn confirmed() -> Clock {
        let clock = Clock::manual(START);
        pass(&clock, 20);
        clock
    }

    /// Now, latest and earliest, less what they would be without a jump.
    fn times(clock: &Clock) -> [i64; 3] {
        let right_ms = clock.uptime_ms();
        [clock.now_ms(), clock.latest_ms(), clock.earliest_ms()].map(|ms| super::difference(ms, right_ms))
    }

    fn jump(clock: &Clock, by_ms: i64) {
        clock.jump_to_ms(clock.uptime_ms().saturating_add_signed(by_ms));
    }

    #[test]
    fn a_jump_ahead_that_is_taken_back_within_ten_seconds_has_no_effect() {
        for clock in [confirmed(), Clock::manual(START)] {
            jump(&clock, 60 * DAY.cast_signed());
            for _ in 0..10 {
                assert_eq!(times(&clock), [0, 0, 0]);
                assert!(clock.distrust().is_some_and(|distrust| distrust.to_string().contains("5184000.0 s ahead")));
                pass(&clock, 1);
            }
            jump(&clock, 0);
            assert_eq!((times(&clock), clock.distrust()), ([0, 0, 0], None));
            pass(&clock, 30);
            assert_eq!((times(&clock), clock.distrust()), ([0, 0, 0], None));
        }
    }

    #[test]
    fn a_jump_ahead_is_believed_when_two_readings_agree_on_it() {
        let clock = confirmed();
        let day = DAY.cast_signed();
        jump(&clock, day);
        pass(&clock, 10);
        assert_eq!(times(&clock), [0, 0, 0]);
        pass(&clock, 1);
        assert_eq!((times(&clock), clock.distrust()), ([day, day, day], None));
    }

    #[test]
    fn a_jump_between_the_readings_begins_the_ten_seconds_again() {
        let clock = confirmed();
        for jumps in 1..6 {
            jump(&clock, jumps * DAY.cast_signed());
            pass(&clock, 9);
            assert_eq!(times(&clock), [0, 0, 0]);
        }
    }

    #[test]
    fn a_clock_that_runs_too_fast_is_not_confirmed() {
        let clock = confirmed();
        for second in 1..60 {
            jump(&clock, second * 500);
            pass(&clock, 1);
        }
        assert!(times(&clock)[0] <= 1_500);
        assert!(clock.distrust().is_some());
    }

    #[test]
    fn a_clock_that_is_slewed_is_followed() {
        let clock = confirmed();
        for second in 1..10_000 {
            jump(&clock, second / 2);
            pass(&clock, 1);
            assert_eq!(clock.distrust(), None);
        }
        assert_eq!(times(&clock)[0], 4_999);
    }

    #[test]
    fn after_a_large_step_back_time_goes_on_from_what_was_confirmed() {
        let clock = confirmed();
        jump(&clock, -60_001);
        for seconds in [0, 1, 9, 60, 10_000] {
            pass(&clock, seconds);
            assert_eq!(times(&clock), [0, 0, -60_001]);
            assert_eq!(clock.distrust(), Some(Distrust { ahead_ms: -60_001, is_followed: false }));
        }
        assert!(clock.distrust().unwrap().to_string().contains("60.0 s behind the time that was confirmed last"));
        jump(&clock, -30_000);
        assert_eq!(clock.distrust(), Some(Distrust { ahead_ms: -30_000, is_followed: true }));
        assert!(clock.distrust().unwrap().to_string().contains("set back: it is 30.0 s behind the latest time"));
        jump(&clock, -5_000);
        assert_eq!(clock.distrust(), None);
    }

    #[test]
    fn a_small_step_back_is_followed_and_no_end_is_taken_back() {
        let clock = confirmed();
        assert_eq!(times(&clock), [0, 0, 0]);
        jump(&clock, -60_000);
        assert_eq!(times(&clock), [-60_000, 0, -60_000]);
        pass(&clock, 20);
        assert_eq!(times(&clock), [-60_000, -20_000, -60_000]);
        pass(&clock, 60);
        assert_eq!((times(&clock), clock.distrust()), ([-60_000; 3], None));
        jump(&clock, -120_000);
        assert_eq!(times(&clock), [-120_000, -60_000, -120_000]);
    }

    #[test]
    fn small_steps_back_count_together() {
        let clock = confirmed();
        for by in [-50_000, -60_000, -60_001, -110_000] {
            jump(&clock, by);
            pass(&clock, 12);
            assert_eq!(times(&clock)[0], if by < -60_000 { 0 } else { by });
        }
        assert_eq!(times(&clock)[1], 0);
    }

    #[test]
    fn a_step_back_before_anything_was_confirmed_is_followed() {
        let clock = Clock::manual(START);
        pass(&clock, 5);
        assert_eq!(times(&clock), [0, 0, 0]);
        let day = DAY.cast_signed();
        jump(&clock, -day);
        pass(&clock, 1);
        assert_eq!((times(&clock), clock.distrust()), ([-day, -day, -day], None));
        pass(&clock, 20);
        jump(&clock, -2 * day);
        assert_eq!(times(&clock), [-day, -day, -2 * day]);
    }

    #[test]
    fn a_small_step_back_before_anything_was_confirmed_is_repaired() {
        let clock = Clock::manual(START);
        pass(&clock, 5);
        assert_eq!(times(&clock), [0, 0, 0]);
        jump(&clock, -1_501);
        pass(&clock, 1);
        assert_eq!((times(&clock), clock.distrust()), ([-1_501; 3], None));
        jump(&clock, -40_000);
        pass(&clock, 1);
        assert_eq!((times(&clock), clock.distrust()), ([-40_000; 3], None));
    }

    #[test]
    fn a_late_time_of_another_thread_does_not_outlive_a_step_back_that_was_believed() {
        let reading = Reading::new(START, 0);
        assert_eq!(reading.now_ms(START + 1_000, || 1_000), START + 1_000);
        reading.observe(START - 39_000, 1_000);
        // Another thread looked at the system's clock before.
        assert_eq!(reading.now_ms(START + 1_001, || 1_001), START - 38_999);
        reading.highest_ms.fetch_max(START + 1_001, Ordering::Relaxed);
        reading.observe(START - 38_000, 2_000);
        assert_eq!(reading.latest_ms(0), START - 38_000);
    }

    /// A clock whose time is confirmed, next to another that is `by_ms` ahead and is read each second.
    fn beside(by_ms: i64) -> Clock {
        let clock = Clock::manual(START);
        pass_beside(&clock, 20, by_ms);
        clock
    }

    fn pass_beside(clock: &Clock, seconds: u64, by_ms: i64) {
        for _ in 0..seconds {
            pass(clock, 1);
            clock.confirm(clock.uptime_ms().saturating_add_signed(by_ms));
        }
    }

    #[test]
    fn another_clock_vouches_for_the_system_in_both_directions() {
        let day = DAY.cast_signed();
        for by in [day, -day] {
            let clock = beside(by);
            jump(&clock, by);
            let system_ms = clock.uptime_ms().saturating_add_signed(by);
            for (other_ms, expected) in [(clock.uptime_ms(), 0), (system_ms + 3_001, 0), (system_ms + 3_000, by)] {
                clock.confirm(other_ms);
                assert_eq!(times(&clock)[..2], [expected; 2], "{by} {other_ms}");
            }
            pass(&clock, 30);
            assert_eq!((times(&clock), clock.distrust()), ([by; 3], None));
        }
    }

    #[test]
    fn a_clock_that_jumps_with_the_systems_does_not_vouch_for_it() {
        let day = DAY.cast_signed();
        let clock = beside(0);
        jump(&clock, day);
        pass_beside(&clock, 9, day);
        assert_eq!(times(&clock)[..2], [0, 0], "a jump ahead waits to be confirmed");
        jump(&clock, -day);
        pass_beside(&clock, 100, -day);
        assert_eq!(times(&clock)[..2], [0, 0], "a step back is not believed");
        for by in [-2_000, -4_000, -58_000, -60_000, -62_000] {
            jump(&clock, by);
            pass_beside(&clock, 1, by);
            assert!(times(&clock)[1] >= -5_000, "{by}");
        }
    }

    #[test]
    fn a_step_back_soon_after_one_that_was_believed_takes_no_end_back() {
        let day = DAY.cast_signed();
        let clock = beside(-day);
        jump(&clock, -day);
        pass_beside(&clock, 1, -day);
        assert_eq!(times(&clock), [-day; 3]);
        jump(&clock, -day - 30_000);
        pass(&clock, 1);
        assert_eq!(times(&clock), [-day - 30_000, -day - 1_000, -day - 30_000]);
    }

    #[test]
    fn a_clock_that_jumped_just_before_does_not_vouch() {
        let day = DAY.cast_signed();
        for clock in [beside(0), Clock::manual(START)] {
            pass_beside(&clock, 9, -day);
            jump(&clock, -day);
            let known = clock.distrust().is_some_and(|distrust| !distrust.is_followed);
            pass_beside(&clock, 100, -day);
            assert_eq!(times(&clock)[0], if known { 0 } else { -day });
        }
    }

    #[test]
    fn what_agrees_is_not_touched_by_another_clock() {
        let clock = beside(-30_000);
        assert_eq!(times(&clock), [0, 0, 0]);
        jump(&clock, -30_000);
        clock.confirm(clock.uptime_ms() - 30_000);
        assert_eq!(times(&clock)[1], 0);
    }

    #[test]
    fn the_real_clock_tells_the_systems_time() {
        let clock = Clock::system();
        let (first, now) = (clock.now_ms(), clock.now_ms());
        assert!(first > START / 2 && now >= first && clock.latest_ms() >= now);
        assert!(clock.earliest_ms() <= clock.latest_ms() && clock.latest_ms() - clock.earliest_ms() < 1_000);
        assert_eq!(clock.distrust(), None);
    }

    proptest! {
        #[test]
        fn no_end_that_was_over_is_ever_ahead_again_and_none_is_written_later_than_the_systems_time(
            steps in proptest::collection::vec((0..30_u64, -200_000..200_000_i64), 1..40),
        ) {
            let clock = confirmed();
            let mut latest = 0;
            for (seconds, by) in steps {
                jump(&clock, by);
                pass(&clock, seconds);
                let system_ms = clock.uptime_ms().saturating_add_signed(by);
                prop_assert!(clock.latest_ms() >= latest);
                prop_assert!(clock.earliest_ms() <= system_ms && clock.earliest_ms() <= clock.latest_ms());
                latest = clock.latest_ms();
            }
        }
    }
}
