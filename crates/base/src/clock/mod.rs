//! Time, passed in: the server's clock, or one that a test moves.

mod distrust;
mod reading;
mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

pub use distrust::Distrust;
use reading::Reading;
pub use text::{DAY_S, date, from_http_date, from_rfc3339, http_date, push_decimal, rfc3339, write_rfc3339_ms};

/// An interval whose first tick is at once. After a tick that came late, the next one comes a whole `period` later.
#[must_use]
pub fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Wall-clock time since the Unix epoch. Cheap to clone; clones share their state.
///
/// The system's clock is not trusted at once. A time is confirmed when two readings ten seconds apart agree on it;
/// [`Clock::observe`] takes a reading each second. A jump ahead is trusted once it is confirmed. A step back of more than 60 seconds
/// is never trusted: otherwise a wrong clock could make expired tokens valid again. Meanwhile the time continues from the last
/// confirmed one. Another clock can confirm the system's ([`Clock::confirm`]). A restart forgets all of this.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    source: Source,
    reading: Reading,
    /// Whether the system's clock was not trusted at its last observation.
    is_alone: AtomicBool,
    started: Instant,
}

enum Source {
    System,
    Manual(Manual),
}

struct Manual {
    now: watch::Sender<u64>,
    /// How far the system's clock is ahead of the time that has passed, in milliseconds.
    ahead: AtomicI64,
    /// Tasks that wait for a later time.
    sleeping: watch::Sender<usize>,
}

impl Clock {
    /// The operating system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::with(Source::System)
    }

    /// A clock that stops until [`Clock::set_ms`] moves it. Starts at `ms` milliseconds since the Unix epoch.
    #[must_use]
    pub fn manual(ms: u64) -> Self {
        let manual = Manual { now: watch::Sender::new(ms), ahead: AtomicI64::new(0), sleeping: watch::Sender::new(0) };
        Self::with(Source::Manual(manual))
    }

    fn with(source: Source) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is where time spans come from")]
        let started = Instant::now();
        let reading = source.both_ms().map_or_else(
            || Reading::new(source.now_ms(), source.steady_ms()),
            |(system_ms, steady_ms)| Reading::new(system_ms, steady_ms),
        );
        Self(Arc::new(Inner { source, reading, is_alone: AtomicBool::new(false), started }))
    }

    /// Moves a manual clock: time passes. A system clock does not move.
    pub fn set_ms(&self, ms: u64) {
        if let Source::Manual(manual) = &self.0.source {
            manual.now.send_replace(ms);
        }
    }

    /// Sets the system's clock of a manual clock to `ms`; no time passes.
    pub fn jump_to_ms(&self, ms: u64) {
        if let Source::Manual(manual) = &self.0.source {
            manual.ahead.store(ms.cast_signed().saturating_sub(manual.now.borrow().cast_signed()), Ordering::Relaxed);
        }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.0.reading.now_ms(self.0.source.now_ms(), || self.0.source.steady_ms())
    }

    /// The latest moment that [`Clock::now_ms`] has ever returned, in milliseconds since the Unix epoch: for decisions that even a
    /// small step back must not undo, as the end of a token.
    #[must_use]
    pub fn latest_ms(&self) -> u64 {
        self.0.reading.latest_ms(self.now_ms())
    }

    /// The earliest moment that it may be now, in milliseconds since the Unix epoch: for ends that are written. They must not be later
    /// than requested if the system's clock or the confirmed time is ahead of the true time.
    #[must_use]
    pub fn earliest_ms(&self) -> u64 {
        let steady_ms = self.0.source.steady_ms();
        self.0.reading.earliest_ms(self.0.source.now_ms(), steady_ms)
    }

    /// [`Clock::earliest_ms`] in whole seconds.
    #[must_use]
    pub fn earliest_s(&self) -> u64 {
        self.earliest_ms() / 1_000
    }

    /// Reads the system's clock to confirm it, and logs when it is no longer trusted, or trusted again. Called each second.
    pub fn observe(&self) {
        if let Some((system_ms, steady_ms)) = self.0.source.both_ms() {
            self.0.reading.observe(system_ms, steady_ms);
            let distrust = self.0.reading.distrust(system_ms, steady_ms);
            self.0.is_alone.store(distrust.is_some_and(|distrust| !distrust.is_followed), Ordering::Relaxed);
        }
    }

    /// Observes each second, without end.
    pub async fn keep_observing(&self) {
        let mut ticks = ticks(reading::PACE);
        loop {
            ticks.tick().await;
            self.observe();
        }
    }

    /// How far the system's clock is from the server's time; none while it is trusted, and less than 5 seconds behind the latest time.
    #[must_use]
    pub fn distrust(&self) -> Option<Distrust> {
        let (system_ms, steady_ms) = self.0.source.both_ms()?;
        self.0.reading.distrust(system_ms, steady_ms)
    }

    /// [`Clock::now_ms`] if the system's clock was not trusted at its last observation; none otherwise. It only reads an atomic.
    #[must_use]
    pub fn instead_of_system_ms(&self) -> Option<u64> {
        self.0.is_alone.load(Ordering::Relaxed).then(|| self.now_ms())
    }

    /// Notes the time of another clock, in milliseconds since the Unix epoch. Adopts the system's time if it was not trusted, the other
    /// clock agrees with it, and the other clock was steady before the system's clock jumped: then the time before was wrong. A clock
    /// that jumped as well, such as another one of this machine, confirms nothing.
    pub fn confirm(&self, other_ms: u64) {
        if let Some((system_ms, steady_ms)) = self.0.source.both_ms() {
            self.0.reading.confirm(system_ms, steady_ms, other_ms);
        }
    }

    /// Time since the creation of this clock, which never steps back: for spans, not for dates. A manual clock returns its time.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        match &self.0.source {
            Source::System => self.0.started.elapsed(),
            Source::Manual(manual) => Duration::from_millis(*manual.now.borrow()),
        }
    }

    /// [`Clock::uptime`] in whole milliseconds.
    #[must_use]
    pub fn uptime_ms(&self) -> u64 {
        u64::try_from(self.uptime().as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits until [`Clock::uptime`] is at least `moment`. A manual clock ends the wait when it is moved that far.
    pub async fn wait_until(&self, moment: Duration) {
        if self.uptime() >= moment {
            return;
        }
        match &self.0.source {
            #[expect(clippy::disallowed_methods, reason = "this is where waiting for a moment comes from")]
            Source::System => tokio::time::sleep(moment.saturating_sub(self.uptime())).await,
            Source::Manual(manual) => {
                let _sleeping = Sleeping::start(&manual.sleeping);
                let _ = manual.now.subscribe().wait_for(|now| Duration::from_millis(*now) >= moment).await;
            }
        }
    }

    /// Waits until at least `count` tasks wait for a manual clock to be moved, so that a test moves it neither too early nor
    /// after a pause. Returns at once for the system's clock.
    pub async fn until_awaited(&self, count: usize) {
        if let Source::Manual(manual) = &self.0.source {
            let _ = manual.sleeping.subscribe().wait_for(|sleeping| *sleeping >= count).await;
        }
    }

    /// [`Clock::now_ms`] in whole seconds.
    #[must_use]
    pub fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// [`Clock::latest_ms`] in whole seconds.
    #[must_use]
    pub fn latest_s(&self) -> u64 {
        self.latest_ms() / 1000
    }
}

impl Source {
    /// What the system's clock says.
    fn now_ms(&self) -> u64 {
        match self {
            Self::Manual(manual) => manual.now.borrow().saturating_add_signed(manual.ahead.load(Ordering::Relaxed)),
            #[expect(clippy::disallowed_methods, reason = "this is where the time of day comes from")]
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// The system's clock and the steady one at the same moment; none if the process was suspended between the readings.
    fn both_ms(&self) -> Option<(u64, u64)> {
        match self {
            // Another thread may move it.
            Self::Manual(manual) => {
                let steady_ms = *manual.now.borrow();
                Some((steady_ms.saturating_add_signed(manual.ahead.load(Ordering::Relaxed)), steady_ms))
            }
            Self::System => {
                let before_ms = self.steady_ms();
                let system_ms = self.now_ms();
                at_once(before_ms, self.steady_ms()).then_some((system_ms, before_ms))
            }
        }
    }

    /// A clock that cannot be set, and that runs while the machine is suspended: otherwise the time of a machine that wakes up
    /// would not be trusted.
    fn steady_ms(&self) -> u64 {
        match self {
            Self::Manual(manual) => *manual.now.borrow(),
            Self::System => {
                let now = clock_gettime(ClockId::Boottime);
                let ms = now.tv_sec.saturating_mul(1_000).saturating_add(now.tv_nsec / 1_000_000);
                u64::try_from(ms).unwrap_or(0)
            }
        }
    }
}

/// Whether two readings of the steady clock, in milliseconds, are so close that a reading of another clock between them fits both.
fn at_once(before_ms: u64, after_ms: u64) -> bool {
    after_ms.checked_sub(before_ms).is_some_and(|ms| ms <= 100)
}

/// Counts a task that waits for a manual clock.
struct Sleeping<'a>(&'a watch::Sender<usize>);

impl<'a> Sleeping<'a> {
    fn start(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Sleeping<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

crate::opaque_debug!(Clock);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_between_which_the_process_was_held_are_no_pair() {
        for (before_ms, after_ms, expected) in [(5, 5, true), (5, 105, true), (5, 106, false), (5, 4, false)] {
            assert_eq!(at_once(before_ms, after_ms), expected);
        }
    }

    #[tokio::test]
    async fn a_wait_for_a_manual_clock_ends_when_it_is_moved_that_far() {
        let clock = Clock::manual(1_000);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.wait_until(Duration::from_secs(1)).await;
                clock.wait_until(Duration::from_millis(1_500)).await;
            }
        });
        clock.until_awaited(1).await;
        clock.set_ms(1_499);
        assert!(!waiting.is_finished());
        clock.set_ms(1_500);
        waiting.await.unwrap();
    }
}
