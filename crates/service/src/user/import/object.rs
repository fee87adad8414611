//! A user as a JSON object. Formats differ in its keys, and in how the password's hash is written.

use serde_json::Value;

use super::parsed::{ImportError, ImportedUser, Parsed};
use crate::import::{Object, RecordError};
use zonemint_base::model::{FullName, PasswordHash, UserName};

/// The last second of the year 9999, the last that RFC 3339 can write. Milliseconds given for seconds are beyond it.
const LAST_SECOND: u64 = 253_402_300_799;

const EXPECTED_ID: &str = "32 lower-case hexadecimal digits, or those, \"ch\", and four more; without one the user gets a new \
                           identifier";

/// The keys of a format. The first one that an object has counts.
pub(super) struct Keys {
    pub(super) id: &'static [&'static str],
    pub(super) name: &'static [&'static str],
    pub(super) full_name: &'static [&'static str],
    pub(super) blocked: &'static [&'static str],
    /// In seconds since the Unix epoch.
    pub(super) created: &'static [&'static str],
    /// Reads the password's hash.
    pub(super) password: fn(&Object) -> Result<Option<PasswordHash>, ImportError>,
}

/// Reads a line.
pub(super) fn parse(line: &str, keys: &Keys) -> Parsed {
    match Object::parse(line) {
        Ok(object) => {
            let name = object.text(keys.name).ok().flatten().map(str::to_owned);
            Parsed { name, user: user(&object, keys) }
        }
        Err(error) => Parsed { name: None, user: Err(error.into()) },
    }
}

fn user(object: &Object, keys: &Keys) -> Result<ImportedUser, ImportError> {
    let name = UserName::parse(object.text(keys.name)?.ok_or(RecordError::Missing("username"))?)?;
    let full_name = match object.text(keys.full_name)? {
        Some(text) => FullName::parse(text)?,
        None => FullName::after(&name),
    };
    Ok(ImportedUser {
        id: object.first(keys.id, EXPECTED_ID, |value| value.as_str()?.parse().ok())?,
        name,
        full_name,
        password: (keys.password)(object)?,
        blocked: object.flag(keys.blocked)?.unwrap_or(false),
        created_ms: object.first(
            keys.created,
            "a whole number of seconds since 1970, before the year 10000",
            |value| value.as_u64().filter(|seconds| *seconds <= LAST_SECOND).map(|seconds| seconds * 1_000),
        )?,
    })
}

impl Object {
    /// The truth value at the first of the keys that is there.
    pub(super) fn flag(&self, keys: &[&'static str]) -> Result<Option<bool>, RecordError> {
        self.first(keys, "true or false", Value::as_bool)
    }
}
