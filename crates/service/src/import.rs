//! What imports of tokens and of accounts share: records of one line each, JSON objects, and why a line is refused. It knows neither
//! tokens nor accounts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use serde_json::{Map, Value};

use zonemint_base::lines::LineError;

/// Why a line is not a record. The text holds no value of the line.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The line cannot be read.
    #[error(transparent)]
    Line(#[from] LineError),
    /// Not JSON.
    #[error("the line is no JSON: column {column}")]
    NotJson {
        /// Where reading stopped, in bytes from 1.
        column: usize,
    },
    /// JSON, but not an object.
    #[error("the line must be one JSON object")]
    NotObject,
    /// A required key is missing, or its value is null.
    #[error("the key \"{0}\" is missing")]
    Missing(&'static str),
    /// A value of the wrong type, or outside its range.
    #[error("the value of \"{key}\" must be {expected}")]
    WrongValue {
        /// Which key.
        key: &'static str,
        /// What its value has to be.
        expected: &'static str,
    },
    /// A value that an earlier line has, whether that line was taken or not: only one of the two can be meant.
    #[error("line {line} has the same {what}")]
    Duplicate {
        /// What the value is.
        what: &'static str,
        /// The earlier line's number.
        line: usize,
    },
}

impl RecordError {
    /// The text by which refusals are counted, where the error's text names a place.
    #[must_use]
    pub fn without_place(&self) -> Option<String> {
        match self {
            Self::NotJson { .. } => Some("the line is no JSON".to_owned()),
            Self::Duplicate { what, .. } => Some(format!("an earlier line has the same {what}")),
            _ => None,
        }
    }
}

/// The values of earlier lines that no two lines may share, with the numbers of these lines.
pub(crate) struct Seen<T> {
    what: &'static str,
    lines: HashMap<T, usize>,
}

impl<T: Eq + Hash> Seen<T> {
    /// Nothing yet; `what` says in errors what the values are.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, lines: HashMap::new() }
    }

    /// Notes the value of a line.
    ///
    /// # Errors
    /// [`RecordError::Duplicate`] when an earlier line has it.
    pub(crate) fn note(&mut self, value: T, line: usize) -> Result<(), RecordError> {
        match self.lines.entry(value) {
            Entry::Occupied(earlier) => Err(RecordError::Duplicate { what: self.what, line: *earlier.get() }),
            Entry::Vacant(free) => {
                free.insert(line);
                Ok(())
            }
        }
    }
}

/// A line's JSON object. A key whose value is null counts as missing; unknown keys are ignored.
pub(crate) struct Object(Map<String, Value>);

impl Object {
    /// Reads a line. Of `serde_json`'s error only the place is kept: its text may hold the value.
    pub(crate) fn parse(line: &str) -> Result<Self, RecordError> {
        match serde_json::from_str(line) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(RecordError::NotObject),
            Err(error) => Err(RecordError::NotJson { column: error.column() }),
        }
    }

    /// The text at the first of the keys that is there.
    pub(crate) fn text(&self, keys: &[&'static str]) -> Result<Option<&str>, RecordError> {
        self.first(keys, "a string", Value::as_str)
    }

    /// The text at a key that has to be there.
    pub(crate) fn required(&self, key: &'static str) -> Result<&str, RecordError> {
        self.text(&[key])?.ok_or(RecordError::Missing(key))
    }

    /// What `read` makes of the value at the first of the keys that is there.
    pub(crate) fn first<'a, T>(
        &'a self,
        keys: &[&'static str],
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, RecordError> {
        match keys.iter().find_map(|key| Some((*key, self.0.get(*key).filter(|value| !value.is_null())?))) {
            Some((key, value)) => read(value).map(Some).ok_or(RecordError::WrongValue { key, expected }),
            None => Ok(None),
        }
    }
}
