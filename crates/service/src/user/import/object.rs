//! A JSON object whose values are asked for by key. A key that is null is not there; keys that nobody asks for are
//! ignored.

use serde_json::{Map, Value};

use super::ImportError;
use crate::user::exported;
use zonemint_base::model::{PasswordHash, UserId};

/// The last second of the year 9999, the last that RFC 3339 can write. Milliseconds given for seconds are beyond it.
const LAST_SECOND: u64 = 253_402_300_799;

const EXPECTED_ID: &str = "32 lower-case hexadecimal digits, or those, \"ch\", and four more; without one the user gets a new \
                           identifier";

/// One line's object.
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// Reads a line. Of `serde_json`'s errors only the place is told: their text may hold the value.
    pub(super) fn parse(line: &str) -> Result<Self, ImportError> {
        match serde_json::from_str(line) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(ImportError::NotObject),
            Err(error) => Err(ImportError::NotJson { column: error.column() }),
        }
    }

    /// The text at the first of the keys that is there.
    pub(super) fn text(&self, keys: &[&'static str]) -> Result<Option<&str>, ImportError> {
        self.first(keys, "a string", Value::as_str)
    }

    /// The password's hash at the key: a text, or an object where a program keeps it in several columns.
    pub(super) fn password(&self, key: &'static str) -> Result<Option<PasswordHash>, ImportError> {
        const EXPECTED: &str = "a string, or an object with Gitea's algo, salt_hex and hash_hex or Keycloak's credentialData \
                                and secretData";
        let read = match self.0.get(key) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => Some(exported::read(text)),
            Some(Value::Object(object)) => exported::read_object(object),
            Some(_) => None,
        };
        Ok(Some(read.ok_or(ImportError::WrongValue { key, expected: EXPECTED })??))
    }

    /// The truth value at the first of the keys that is there.
    pub(super) fn flag(&self, keys: &[&'static str]) -> Result<Option<bool>, ImportError> {
        self.first(keys, "true or false", Value::as_bool)
    }

    /// The time at the first of the keys that is there: seconds in the object, milliseconds here.
    pub(super) fn time_ms(&self, keys: &[&'static str]) -> Result<Option<u64>, ImportError> {
        self.first(keys, "a whole number of seconds since 1970, before the year 10000", |value| {
            value.as_u64().filter(|seconds| *seconds <= LAST_SECOND).map(|seconds| seconds * 1_000)
        })
    }

    /// The user's identifier, of either length ([`UserId`]), at the first of the keys that is there.
    pub(super) fn id(&self, keys: &[&'static str]) -> Result<Option<UserId>, ImportError> {
        self.first(keys, EXPECTED_ID, |value| value.as_str().and_then(|text| text.parse().ok()))
    }

    fn first<'a, T>(
        &'a self,
        keys: &[&'static str],
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ImportError> {
        match keys.iter().find_map(|key| Some((*key, self.0.get(*key).filter(|value| !value.is_null())?))) {
            Some((key, value)) => read(value).map(Some).ok_or(ImportError::WrongValue { key, expected }),
            None => Ok(None),
        }
    }
}
