//! Reads the keys of a body, by Onezone's rules of validation.
//!
//! An operation reads its keys as a table, one line per key: the [`Body`] says whether the key is required, a
//! [kind](super::kind) what its value must be. The first line that fails is the answer, so the lines are in Onezone's
//! order: required keys, then optional ones, then "at least one of"; each group by key, in ascending byte order. A debug
//! build checks that order. Keys that no line names are ignored.
//!
//! `null` is a value of a required key. Of an optional key it means that the key is absent, unless the line is
//! [`Body::optional_or_null`].
//!
//! The same lines make the document: [`Body::described`] reads the operation's example with them, and notes the keys. So the document
//! describes what is read.

use std::fmt::Debug;

use serde_json::{Map, Value};

use super::error::DataError;
use super::keys::Keys;
use super::kind::Kind;

/// The body of a request, while its keys are read.
pub(crate) struct Body<'a> {
    object: &'a Map<String, Value>,
    last: (Group, &'static str),
    /// The keys that are read, when the document is made.
    keys: Option<Box<Keys>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Required,
    Optional,
    AtLeastOne,
}

impl<'a> Body<'a> {
    /// Starts reading.
    pub(crate) fn new(object: &'a Map<String, Value>) -> Self {
        Self { object, last: (Group::Required, ""), keys: None }
    }

    /// The keys that a function reads. It must be able to read the example.
    pub(crate) fn described<T, E: Debug>(
        example: &'a Map<String, Value>,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Keys {
        let mut body = Self { keys: Some(Box::default()), ..Self::new(example) };
        let error = read(&mut body).err();
        debug_assert!(error.is_none(), "the example {example:?} is refused: {error:?}");
        body.keys.map(|keys| *keys).unwrap_or_default()
    }

    /// Whether a key has a value that makes other keys required. The document lists them as optional.
    pub(crate) fn depends_on(&self, key: &str) -> bool {
        self.keys.is_none() && self.is_given(key)
    }

    /// Reads a required key.
    pub(crate) fn required<T>(&mut self, key: &'static str, kind: impl Kind<&'a Value, T>) -> Result<T, DataError> {
        self.turn(Group::Required, key);
        self.note(|keys| keys.required(key, kind.describe(key)));
        kind.read(key, self.object.get(key).ok_or(DataError::MissingRequiredValue { key })?)
    }

    /// Reads a key that may be absent; null means the same.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        kind: impl Kind<&'a Value, T>,
    ) -> Result<Option<T>, DataError> {
        self.turn(Group::Optional, key);
        self.note(|keys| keys.optional(key, kind.describe(key)));
        self.object.get(key).filter(|value| !value.is_null()).map(|value| kind.read(key, value)).transpose()
    }

    /// As [`Body::optional`], for the reference endpoint, which has its own order of options and drops null before.
    pub(crate) fn option<T, E>(&mut self, key: &'static str, kind: impl Kind<&'a Value, T, E>) -> Result<Option<T>, E> {
        self.note(|keys| keys.optional(key, kind.describe(key)));
        self.object.get(key).map(|value| kind.read(key, value)).transpose()
    }

    /// Reads a key that may be absent. The kind accepts or refuses null.
    pub(crate) fn optional_or_null<T>(
        &mut self,
        key: &'static str,
        kind: impl Kind<&'a Value, T>,
    ) -> Result<Option<T>, DataError> {
        self.turn(Group::Optional, key);
        self.note(|keys| keys.optional_or_null(key, kind.describe(key)));
        self.object.get(key).map(|value| kind.read(key, value)).transpose()
    }

    /// Checks that at least one of several keys is present, after they were read as optional. They must be sorted.
    pub(crate) fn at_least_one_of(&mut self, keys: &'static [&'static str]) -> Result<(), DataError> {
        debug_assert!(keys.is_sorted(), "{keys:?} are answered sorted");
        self.turn(Group::AtLeastOne, "");
        self.note(|noted| noted.at_least_one_of(keys));
        let is_any_given = keys.iter().any(|key| self.is_given(key));
        if is_any_given { Ok(()) } else { Err(DataError::MissingAtLeastOneValue { keys }) }
    }

    fn is_given(&self, key: &str) -> bool {
        self.object.get(key).is_some_and(|value| !value.is_null())
    }

    fn note(&mut self, note: impl FnOnce(&mut Keys)) {
        if let Some(keys) = &mut self.keys {
            note(keys);
        }
    }

    fn turn(&mut self, group: Group, key: &'static str) {
        debug_assert!(
            self.last < (group, key),
            "{key:?} is read after {:?}: another error would be the first",
            self.last
        );
        self.last = (group, key);
    }
}

#[cfg(test)]
mod tests;
