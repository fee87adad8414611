//! Time, passed in: the server's clock, or one that a test moves.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};
use tokio::sync::watch;

/// How far the system's clock may step back before it is no longer believed, in milliseconds.
const TOLERATED_STEP_BACK: u64 = 60_000;
/// How far another clock may be from the system's that confirms it, in milliseconds.
const CONFIRMED_WITHIN: u64 = 3_000;

/// Wall-clock time since the Unix epoch. Cheap to clone; clones share their state.
///
/// When the source jumps back by more than 60 seconds, the highest time seen so far is kept, so that a wrong clock cannot
/// bring expired tokens back to life; until another clock confirms the source ([`Clock::confirm`]).
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    source: Source,
    highest: AtomicU64,
    started: Instant,
}

enum Source {
    System,
    Manual(Manual),
}

struct Manual {
    now: watch::Sender<u64>,
    /// Tasks that wait for a later time.
    sleeping: watch::Sender<usize>,
}

impl Clock {
    /// The operating system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::with(Source::System)
    }

    /// A clock that stands still until [`Clock::set_ms`] moves it. Starts at `ms` milliseconds since the Unix epoch.
    #[must_use]
    pub fn manual(ms: u64) -> Self {
        Self::with(Source::Manual(Manual { now: watch::Sender::new(ms), sleeping: watch::Sender::new(0) }))
    }

    fn with(source: Source) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is where time spans come from")]
        let started = Instant::now();
        Self(Arc::new(Inner { source, highest: AtomicU64::new(0), started }))
    }

    /// Moves a manual clock. A system clock does not move.
    pub fn set_ms(&self, ms: u64) {
        if let Source::Manual(manual) = &self.0.source {
            manual.now.send_replace(ms);
        }
    }

    fn source_ms(&self) -> u64 {
        match &self.0.source {
            Source::Manual(manual) => *manual.now.borrow(),
            #[expect(clippy::disallowed_methods, reason = "this is where the time of day comes from")]
            Source::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let now = self.source_ms();
        let highest = self.0.highest.load(Ordering::Relaxed);
        if now > highest {
            self.0.highest.fetch_max(now, Ordering::Relaxed);
            now
        } else if highest - now > TOLERATED_STEP_BACK {
            highest
        } else {
            now
        }
    }

    /// Takes the source's time again after a jump back that was not followed, if another clock says the same time: then it was the
    /// time before that was wrong. `other_ms` is in milliseconds since the Unix epoch.
    pub fn confirm(&self, other_ms: u64) {
        let source_ms = self.source_ms();
        let highest = self.0.highest.load(Ordering::Relaxed);
        if highest.saturating_sub(source_ms) > TOLERATED_STEP_BACK && source_ms.abs_diff(other_ms) <= CONFIRMED_WITHIN {
            self.0.highest.store(source_ms, Ordering::Relaxed);
        }
    }

    /// The latest moment that [`Clock::now_ms`] has ever been, in milliseconds since the Unix epoch: for what must not be taken
    /// back by a small step either.
    #[must_use]
    pub fn latest_ms(&self) -> u64 {
        self.now_ms().max(self.0.highest.load(Ordering::Relaxed))
    }

    /// Time since this clock was made, which never steps back: for spans, not for dates. A manual clock gives its time.
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

    /// Whole seconds since the Unix epoch.
    #[must_use]
    pub fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }
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

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Writes a moment as RFC 3339 in UTC, as in `2026-11-23T12:00:00Z`; one after the year 9999 as its number of seconds.
#[must_use]
pub fn rfc3339(unix_seconds: u64) -> String {
    i64::try_from(unix_seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{unix_seconds} seconds after 1970"))
}

/// Seconds of a day.
pub const DAY_S: u64 = 86_400;

/// Writes a day, counted from the Unix epoch in UTC, as in `2026-11-23`.
#[must_use]
pub fn date(day: u32) -> String {
    let midnight = rfc3339(u64::from(day) * DAY_S);
    midnight.split('T').next().unwrap_or_default().to_owned()
}

/// Reads a moment written as RFC 3339, in milliseconds since the Unix epoch; none for another text, and before 1970.
#[must_use]
pub fn from_rfc3339(text: &str) -> Option<u64> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Reads a moment written as HTTP does (RFC 9110 section 5.6.7, the preferred form), as in `Sun, 06 Nov 1994 08:49:37 GMT`, in
/// seconds since the Unix epoch; none for another text, and before 1970.
#[must_use]
pub fn from_http_date(text: &str) -> Option<u64> {
    u64::try_from(OffsetDateTime::parse(text, &Rfc2822).ok()?.unix_timestamp()).ok()
}

/// Appends a moment as RFC 3339 in UTC with milliseconds, as in `2026-11-23T12:00:00.000Z`.
pub fn write_rfc3339_ms(out: &mut Vec<u8>, unix_ms: u64) {
    let moment =
        i64::try_from(unix_ms / 1000).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let Some(moment) = moment else {
        out.extend_from_slice(rfc3339(unix_ms / 1000).as_bytes());
        return;
    };
    push_decimal(out, u64::from(moment.year().unsigned_abs()), 4);
    for (before, number) in [
        (b'-', u8::from(moment.month())),
        (b'-', moment.day()),
        (b'T', moment.hour()),
        (b':', moment.minute()),
        (b':', moment.second()),
    ] {
        out.push(before);
        push_decimal(out, u64::from(number), 2);
    }
    out.push(b'.');
    push_decimal(out, unix_ms % 1000, 3);
    out.push(b'Z');
}

/// Appends a number in decimal, with leading zeros up to `width` digits (1 to 20).
pub fn push_decimal(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    while number > 0 {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    out.extend_from_slice(&digits[at.min(digits.len() - width.clamp(1, 20))..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_step_back_is_followed_and_a_large_one_is_not() {
        let clock = Clock::manual(1_000_000);
        assert_eq!(clock.now_ms(), 1_000_000);
        clock.set_ms(940_000);
        assert_eq!(clock.now_ms(), 940_000);
        assert_eq!(clock.latest_ms(), 1_000_000);
        clock.set_ms(939_999);
        assert_eq!(clock.now_ms(), 1_000_000);
    }

    #[test]
    fn a_large_step_back_is_followed_once_another_clock_confirms_it() {
        let clock = Clock::manual(9_000_000);
        assert_eq!(clock.now_ms(), 9_000_000);
        clock.set_ms(1_000_000);
        for (other_ms, expected) in [(9_000_000, 9_000_000), (1_003_001, 9_000_000), (1_003_000, 1_000_000)] {
            clock.confirm(other_ms);
            assert_eq!(clock.now_ms(), expected, "{other_ms}");
        }
        assert_eq!(clock.latest_ms(), 1_000_000);
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

    #[test]
    fn moments_are_written_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(u64::MAX), format!("{} seconds after 1970", u64::MAX));
        let mut out = Vec::new();
        write_rfc3339_ms(&mut out, 951_868_799_042);
        assert_eq!(String::from_utf8(out).unwrap(), "2000-02-29T23:59:59.042Z");
        for text in ["2000-02-29T23:59:59.042Z", "2000-03-01T01:59:59.042+02:00"] {
            assert_eq!(from_rfc3339(text), Some(951_868_799_042));
        }
        for text in ["", "2000-02-30T00:00:00Z", "2000-02-29", "1969-12-31T23:59:59Z"] {
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_filled_up_with_zeros() {
        for (number, width, expected) in
            [(0, 1, "0"), (7, 3, "007"), (1_234, 2, "1234"), (u64::MAX, 1, "18446744073709551615")]
        {
            let mut out = Vec::new();
            push_decimal(&mut out, number, width);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
