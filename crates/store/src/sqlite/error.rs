//! Errors of SQLite, as the store reports them.

use crate::{EngineError, StoreError};

/// Why a read failed.
pub(super) enum ReadError {
    Engine(rusqlite::Error),
    Corrupt(&'static str),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

/// A newer program has changed the tables.
pub(super) fn newer() -> StoreError {
    let told = "its tables were made by a newer version of this program; run that version";
    StoreError::Unavailable(EngineError(told.to_owned()))
}

/// Why the tables cannot be brought up to date.
pub(super) fn unavailable(error: &rusqlite_migration::Error) -> StoreError {
    let told = match error {
        rusqlite_migration::Error::MigrationDefinition(_) => return newer(),
        rusqlite_migration::Error::RusqliteError { err, .. } => err.to_string(),
        other => other.to_string(),
    };
    StoreError::Unavailable(EngineError(told))
}

/// An error of SQLite, in its own words.
pub(super) fn engine_error(error: &rusqlite::Error) -> EngineError {
    EngineError(error.to_string())
}
