//! `time < N`: until when a token may be used.

use std::fmt;

use serde_json::{Value, json};

use super::moment::rfc3339;
use super::{JsonError, Request, Unmet, list};

/// Holds before `valid_until`, and not at it: the comparison is strict, as in Onezone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Time {
    valid_until: u64,
}

impl Time {
    /// The latest end that a new caveat may have, the last second of the year 9999. Milliseconds written by mistake are beyond it: each
    /// moment since December 1978 is a greater number in milliseconds.
    pub const LATEST: u64 = 253_402_300_799;

    /// Ends at a moment in seconds since the Unix epoch.
    #[must_use]
    pub fn until(valid_until: u64) -> Self {
        Self { valid_until }
    }

    /// The moment from which on it no longer holds, in seconds since the Unix epoch.
    #[must_use]
    pub fn valid_until(self) -> u64 {
        self.valid_until
    }

    pub(super) fn parse(cid: &str) -> Option<Self> {
        list::canonical(cid.strip_prefix("time < ")?).map(Self::until)
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        json.get("validUntil").and_then(Value::as_u64).map(Self::until).ok_or(JsonError::ValidUntil)
    }

    pub(super) fn to_json(self) -> Value {
        json!({"type": "time", "validUntil": self.valid_until})
    }

    pub(super) fn in_words(self) -> String {
        format!("valid until {}", rfc3339(self.valid_until))
    }

    pub(super) fn unverified_description(self) -> String {
        format!("unverified time caveat: this token has expired at '{}'", rfc3339(self.valid_until))
    }

    pub(super) fn check(self, request: &Request) -> Result<(), Unmet> {
        let Self { valid_until } = self;
        if request.now < valid_until { Ok(()) } else { Err(Unmet::Expired { valid_until }) }
    }

    pub(super) fn implies(self, other: Self) -> bool {
        self.valid_until <= other.valid_until
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("time < ")?;
        self.valid_until.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_at_its_end() {
        let caveat = Time::until(100);
        assert_eq!(caveat.check(&Request::at(99)), Ok(()));
        assert_eq!(caveat.check(&Request::at(100)), Err(Unmet::Expired { valid_until: 100 }));
    }

    #[test]
    fn only_one_spelling_is_read() {
        assert_eq!(Time::parse("time < 0"), Some(Time::until(0)));
        assert_eq!(Time::parse("time < 18446744073709551615"), Some(Time::until(u64::MAX)));
        for cid in [
            "time < ", "time <1", "time  < 1", "time < 01", "time < +1", "time < -1", "time < 1 ", "time < 1.0",
            "Time < 1", "time < 18446744073709551616", "time < ١",
        ] {
            assert_eq!(Time::parse(cid), None, "{cid:?} was accepted");
        }
    }
}
