//! Turns: the attempts on one account follow each other, further apart the more have failed.
//!
//! An attempt reserves its moment when it arrives, so that attempts sent at once are as far apart as those sent one after
//! the other. Until the result of an attempt is known, it counts as a failure for those with another password.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::bucket::TooMany;
use super::credential_cache::CredentialMac;
use zonemint_base::clock::Clock;
use zonemint_base::model::Period;

/// How turns are spaced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spacing<'a> {
    /// The wait after one, two, three… failures; the last one applies to all later failures.
    pub(super) delays: &'a [Period],
    /// After how long without an attempt failures are forgotten.
    pub(super) forget: Period,
    /// Attempts that may wait for their turn at the same time.
    pub(super) waiting: usize,
}

impl Spacing<'_> {
    /// How far ahead a turn may be: as far as that of the last one that waits.
    fn furthest_ms(&self) -> u64 {
        let longest_ms = self.delays.iter().map(|delay| delay.ms()).max().unwrap_or(0);
        longest_ms.saturating_mul(self.waiting as u64)
    }

    fn delay_ms(&self, failures: usize) -> u64 {
        match failures.min(self.delays.len()).checked_sub(1) {
            None => 0,
            Some(at) => self.delays[at].ms(),
        }
    }
}

/// The attempts on one account.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: usize,
    /// The latest moment that was reserved, or at which an attempt failed; uptime in milliseconds.
    last_ms: u64,
    /// What the attempts present whose result is not known.
    under_way: Vec<CredentialMac>,
    waiting: usize,
}

impl Turns {
    /// Reserves the next moment that is allowed. `at_address` counts those that wait at the address, at most `most`.
    pub(super) fn reserve(
        self: &Arc<Self>,
        credential: CredentialMac,
        spacing: Spacing<'_>,
        at_address: Option<(&Arc<Waiting>, usize)>,
        now_ms: u64,
    ) -> Result<Turn, TooMany> {
        let mut state = self.lock();
        if state.under_way.is_empty() && now_ms.saturating_sub(state.last_ms) >= spacing.forget.ms() {
            state.failures = 0;
        }
        let others = state.under_way.iter().filter(|other| **other != credential).count();
        let at_ms = match spacing.delay_ms(state.failures + others) {
            0 => now_ms,
            delay_ms => now_ms.max(state.last_ms.saturating_add(delay_ms)),
        };
        let mut waiter = None;
        if at_ms > now_ms {
            let too_many = TooMany::for_ms(at_ms - now_ms);
            // An attempt that gives up keeps its moment reserved. The bound keeps many such attempts from delaying the next turn
            // without end.
            if state.waiting >= spacing.waiting || at_ms - now_ms > spacing.furthest_ms() {
                return Err(too_many);
            }
            let at_address = match at_address {
                Some((waiting, most)) => Some(waiting.enter(most).ok_or(too_many)?),
                None => None,
            };
            state.waiting += 1;
            waiter = Some(Waiter { turns: Arc::clone(self), _at_address: at_address });
        }
        state.last_ms = state.last_ms.max(at_ms);
        state.under_way.push(credential);
        Ok(Turn { turns: Arc::clone(self), credential, at_ms, waiter, judged: false })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, credential: CredentialMac, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        if let Some(at) = state.under_way.iter().position(|other| *other == credential) {
            state.under_way.swap_remove(at);
        }
        change(&mut state);
    }
}

/// An attempt's reserved moment. An attempt that ends without a result counts as a failure: giving up before the answer gains
/// nothing.
#[derive(Debug)]
#[must_use]
pub(super) struct Turn {
    turns: Arc<Turns>,
    credential: CredentialMac,
    at_ms: u64,
    waiter: Option<Waiter>,
    judged: bool,
}

impl Turn {
    /// Whether the moment is still to come.
    pub(super) fn has_to_wait(&self) -> bool {
        self.waiter.is_some()
    }

    /// Waits for the moment.
    pub(super) async fn wait(&mut self, clock: &Clock) {
        clock.wait_until(Duration::from_millis(self.at_ms)).await;
        self.waiter = None;
    }

    /// The password was wrong.
    pub(super) fn failed(mut self, now_ms: u64) {
        self.fail(now_ms);
    }

    /// The password was right: the failures before it are forgotten.
    pub(super) fn succeeded(mut self) {
        self.judged = true;
        self.turns.end(self.credential, |state| state.failures = 0);
    }

    /// The password was not checked.
    pub(super) fn unused(mut self) {
        self.judged = true;
        self.turns.end(self.credential, |_| {});
    }

    fn fail(&mut self, now_ms: u64) {
        self.judged = true;
        self.turns.end(self.credential, |state| {
            state.failures = state.failures.saturating_add(1);
            state.last_ms = state.last_ms.max(now_ms);
        });
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.judged {
            self.fail(self.at_ms);
        }
    }
}

/// One of those that wait for their turn.
#[derive(Debug)]
struct Waiter {
    turns: Arc<Turns>,
    _at_address: Option<Entered>,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        state.waiting = state.waiting.saturating_sub(1);
    }
}

/// How many attempts of one address wait for their turn.
#[derive(Debug, Default)]
pub(super) struct Waiting(AtomicUsize);

impl Waiting {
    fn enter(self: &Arc<Self>, most: usize) -> Option<Entered> {
        let more = |count: usize| (count < most).then_some(count + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Entered(Arc::clone(self)))
    }
}

#[derive(Debug)]
struct Entered(Arc<Waiting>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 100_000;

    fn spacing(delays: &[Period]) -> Spacing<'_> {
        Spacing { delays, forget: Period::from_ms(60_000), waiting: 4 }
    }

    fn delays() -> [Period; 4] {
        [1_000, 3_000, 5_000, 10_000].map(Period::from_ms)
    }

    fn password(number: u8) -> CredentialMac {
        CredentialMac::of_test(number)
    }

    fn reserve(turns: &Arc<Turns>, number: u8, now_ms: u64) -> Result<Turn, TooMany> {
        turns.reserve(password(number), spacing(&delays()), None, now_ms)
    }

    #[test]
    fn delays_grow_with_failures_and_end_with_a_success() {
        let turns = Arc::new(Turns::default());
        let mut now_ms = NOW;
        let waits: Vec<_> = (0..6)
            .map(|number| {
                let turn = reserve(&turns, number, now_ms).unwrap();
                let wait_ms = turn.at_ms - now_ms;
                now_ms = turn.at_ms;
                turn.failed(now_ms);
                wait_ms
            })
            .collect();
        assert_eq!(waits, [0, 1_000, 3_000, 5_000, 10_000, 10_000]);
        reserve(&turns, 9, now_ms).unwrap().succeeded();
        assert!(!reserve(&turns, 10, now_ms).unwrap().has_to_wait());
    }

    #[test]
    fn attempts_sent_at_once_are_as_far_apart_as_attempts_in_a_row() {
        let turns = Arc::new(Turns::default());
        let together: Vec<_> = (0..5).map(|number| reserve(&turns, number, NOW).unwrap()).collect();
        let moments: Vec<_> = together.iter().map(|turn| turn.at_ms - NOW).collect();
        assert_eq!(moments, [0, 1_000, 4_000, 9_000, 19_000]);
        assert_eq!(reserve(&turns, 9, NOW).unwrap_err(), TooMany { retry_after_s: 29 }, "four wait already");
    }

    #[test]
    fn those_who_give_up_put_off_the_next_turn_by_little() {
        let turns = Arc::new(Turns::default());
        for number in 0..100 {
            drop(reserve(&turns, number, NOW));
        }
        assert_eq!(reserve(&turns, 100, NOW).unwrap_err(), TooMany { retry_after_s: 49 });
        assert_eq!(reserve(&turns, 100, NOW + 10_000).unwrap().at_ms, NOW + 49_000);
    }

    #[test]
    fn the_same_password_is_no_failure_of_itself() {
        let turns = Arc::new(Turns::default());
        let _one = reserve(&turns, 1, NOW).unwrap();
        assert!(!reserve(&turns, 1, NOW).unwrap().has_to_wait());
    }

    #[test]
    fn waiting_counts_towards_the_delay_and_failures_are_forgotten() {
        let turns = Arc::new(Turns::default());
        for number in 0..2 {
            reserve(&turns, number, NOW).unwrap().failed(NOW);
        }
        let later = reserve(&turns, 3, NOW + 2_000).unwrap();
        assert_eq!(later.at_ms, NOW + 4_000, "the second one's turn was at 1 s");
        later.unused();
        assert!(!reserve(&turns, 3, NOW + 64_000).unwrap().has_to_wait());
    }

    #[test]
    fn who_gives_up_before_the_answer_has_failed() {
        let turns = Arc::new(Turns::default());
        drop(reserve(&turns, 1, NOW).unwrap());
        assert!(reserve(&turns, 1, NOW).unwrap().has_to_wait());
    }

    #[test]
    fn few_wait_at_one_address() {
        let waiting = Arc::new(Waiting::default());
        let turn = |number| {
            let turns = Arc::new(Turns::default());
            reserve(&turns, 100, NOW).unwrap().failed(NOW);
            turns.reserve(password(number), spacing(&delays()), Some((&waiting, 2)), NOW)
        };
        let (first, _second) = (turn(1).unwrap(), turn(2).unwrap());
        assert_eq!(turn(3).unwrap_err(), TooMany { retry_after_s: 1 });
        drop(first);
        assert!(turn(4).is_ok());
    }
}
