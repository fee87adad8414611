//! Errors of SQLite, as the store reports them.

use rusqlite::ErrorCode;

use crate::row::Corrupt;
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

impl From<Corrupt> for ReadError {
    fn from(Corrupt(what): Corrupt) -> Self {
        Self::Corrupt(what)
    }
}

/// A newer program has changed the tables.
pub(super) fn newer() -> StoreError {
    let told = "its tables were made by a newer version of this program; run that version";
    StoreError::unavailable(told)
}

/// Why the tables cannot be brought up to date.
pub(super) fn unavailable(error: &rusqlite_migration::Error) -> StoreError {
    let told = match error {
        rusqlite_migration::Error::MigrationDefinition(_) => return newer(),
        rusqlite_migration::Error::RusqliteError { err, .. } => err.to_string(),
        other => other.to_string(),
    };
    StoreError::unavailable(told)
}

/// An error of SQLite, in its own words.
pub(super) fn engine_error(error: &rusqlite::Error) -> EngineError {
    EngineError(error.to_string())
}

/// Whether a statement failed because the named column, as in `tokens.id`, would not have been unique.
pub(super) fn is_unique_violation(error: &rusqlite::Error, column: &str) -> bool {
    // SQLite tells the columns in the text of its message only.
    matches!(error, rusqlite::Error::SqliteFailure(failure, Some(text))
        if failure.code == ErrorCode::ConstraintViolation && text.ends_with(column))
}

/// Whether a statement failed because another token of the owner, or another account, has the name, or one that counts as the same.
pub(super) fn is_name_taken(error: &rusqlite::Error) -> bool {
    ["tokens.name", "users.name", "users.folded"].iter().any(|column| is_unique_violation(error, column))
}
