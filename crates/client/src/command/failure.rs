//! How a command fails.

use std::error::Error;

/// How a command ended.
pub enum Failure {
    /// The answer is no; the message is already printed.
    No,
    /// The settings are wrong; the message is already printed.
    Settings,
    /// Something went wrong; one line says what.
    Error(Box<dyn Error>),
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(Box::new(error))
    }
}

/// An error of a command, in words, without a cause.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CommandError(pub String);

/// Ends a command with a reason in words.
///
/// # Errors
/// Always: the reason.
pub fn fail<T>(why: impl Into<String>) -> Result<T, Failure> {
    Err(CommandError(why.into()).into())
}
