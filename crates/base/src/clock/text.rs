//! Moments as text.

use std::cell::Cell;

use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};
pub use zonemint_caveat::rfc3339;

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

/// Writes a moment as HTTP does (RFC 9110 section 5.6.7, IMF-fixdate), as in `Sun, 06 Nov 1994 08:49:37 GMT`; none after the year
/// 9999.
#[must_use]
pub fn http_date(unix_seconds: u64) -> Option<String> {
    let moment = OffsetDateTime::from_unix_timestamp(i64::try_from(unix_seconds).ok()?).ok()?;
    Some(moment.format(&Rfc2822).ok()?.replace("+0000", "GMT"))
}

/// A second of 1970 or later, and its text without the `Z`: `2026-11-23T12:00:00`.
type Second = (u64, [u8; 19]);

thread_local! {
    /// The latest one that was written: a log has many lines of one second.
    static LATEST: Cell<Second> = const { Cell::new((0, *b"1970-01-01T00:00:00")) };
}

/// Appends a moment as RFC 3339 in UTC with milliseconds, as in `2026-11-23T12:00:00.000Z`.
pub fn write_rfc3339_ms(out: &mut Vec<u8>, unix_ms: u64) {
    let (mut latest, seconds) = (LATEST.get(), unix_ms / 1000);
    if latest.0 != seconds {
        let text = rfc3339(seconds);
        let Some(text) = text.strip_suffix('Z').and_then(|text| text.as_bytes().try_into().ok()) else {
            // After the year 9999.
            return out.extend_from_slice(text.as_bytes());
        };
        latest = (seconds, text);
        LATEST.set(latest);
    }
    out.extend_from_slice(&latest.1);
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
    fn moments_of_http_are_written_as_they_are_read() {
        let text = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(from_http_date(text).and_then(http_date).as_deref(), Some(text));
        assert_eq!(http_date(u64::MAX), None);
    }

    #[test]
    fn moments_are_written_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(u64::MAX), format!("{} seconds after 1970", u64::MAX));
        let mut out = Vec::new();
        write_rfc3339_ms(&mut out, 951_868_799_042);
        assert_eq!(String::from_utf8(out).unwrap(), "2000-02-29T23:59:59.042Z");
        // The text of a second is kept for its other milliseconds.
        for (unix_ms, text) in [
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (951_868_799_000, "2000-02-29T23:59:59.000Z"),
            (u64::MAX, "18446744073709551 seconds after 1970"),
        ] {
            let mut out = Vec::new();
            write_rfc3339_ms(&mut out, unix_ms);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
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
