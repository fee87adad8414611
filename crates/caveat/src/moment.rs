//! Moments as text.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

/// Writes a moment as RFC 3339 in UTC, as in `2026-11-23T12:00:00Z`; one after the year 9999 as its number of seconds.
#[must_use]
pub fn rfc3339(unix_seconds: u64) -> String {
    i64::try_from(unix_seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{unix_seconds} seconds after 1970"))
}
