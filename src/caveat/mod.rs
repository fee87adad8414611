//! The language of caveats: what a token says about when, where and by whom it may be used.
//!
//! Each kind is one file with its text, its JSON, its meaning in words, and its check against a [`Request`]. A caveat that
//! no file knows is refused: it cannot be enforced, so the token cannot be honoured.
//!
//! Where the next thing goes: a new kind is a file beside `time.rs`, a variant of [`Caveat`] and rows in the vectors.

mod time;

use std::fmt;

use serde_json::Value;

pub use time::Time;

/// What is known about the use of a token that is being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Now, in seconds since the Unix epoch.
    pub now: u64,
}

/// One first-party caveat that we understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caveat {
    /// Until when the token may be used.
    Time(Time),
}

/// A caveat that no kind of ours can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a caveat of a kind that is not known here")]
pub struct UnknownCaveat;

/// A JSON value that describes no caveat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not an object with a `type` that is known here.
    #[error("expected an object whose \"type\" is \"time\"")]
    Type,
    /// The kind's own field is missing or of another type.
    #[error("a \"time\" caveat needs \"validUntil\", a whole number of seconds since 1970")]
    ValidUntil,
}

/// A caveat that does not hold for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// The time is over.
    #[error("the token has expired")]
    Expired,
}

impl Caveat {
    /// Reads the text of a caveat (a packet's `cid`).
    ///
    /// # Errors
    /// [`UnknownCaveat`] when no kind has exactly this form.
    pub fn parse(cid: &[u8]) -> Result<Self, UnknownCaveat> {
        std::str::from_utf8(cid).ok().and_then(Time::parse).map(Self::Time).ok_or(UnknownCaveat)
    }

    /// Reads Onezone's JSON form, as in `{"type":"time","validUntil":1571147494}`. Unknown keys are ignored.
    ///
    /// # Errors
    /// [`JsonError`] says which part is wrong.
    pub fn from_json(json: &Value) -> Result<Self, JsonError> {
        match json.get("type").and_then(Value::as_str) {
            Some("time") => Time::from_json(json).map(Self::Time),
            _ => Err(JsonError::Type),
        }
    }

    /// Onezone's JSON form.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Time(time) => time.to_json(),
        }
    }

    /// What the caveat allows, for people.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Time(time) => time.in_words(),
        }
    }

    /// Whether the caveat holds.
    ///
    /// # Errors
    /// [`Unmet`] says why it does not.
    pub fn check(&self, request: &Request) -> Result<(), Unmet> {
        match self {
            Self::Time(time) => time.check(request),
        }
    }

    /// Whether everything that this caveat allows is allowed by `other` too.
    #[must_use]
    pub fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Time(ours), Self::Time(other)) => ours.valid_until() <= other.valid_until(),
        }
    }
}

/// The text of the caveat, as it is signed.
impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => time.fmt(f),
        }
    }
}

/// Whether a token with caveats `narrow` allows nothing that one with caveats `wide` does not.
#[must_use]
pub fn within(narrow: &[Caveat], wide: &[Caveat]) -> bool {
    wide.iter().all(|wide| narrow.iter().any(|narrow| narrow.implies(wide)))
}

/// The earliest end of all time caveats, in seconds since the Unix epoch; none without one.
#[must_use]
pub fn valid_until(caveats: &[Caveat]) -> Option<u64> {
    caveats.iter().map(|Caveat::Time(time)| time.valid_until()).min()
}

/// Says the same with one time caveat at most: all must hold, so the earliest decides.
#[must_use]
pub fn simplify(caveats: &[Caveat]) -> Vec<Caveat> {
    valid_until(caveats).map(|until| Caveat::Time(Time::until(until))).into_iter().collect()
}
