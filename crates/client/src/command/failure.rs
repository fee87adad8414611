//! How a command ends that does not succeed.

use std::error::Error;

/// How a command ended.
pub enum Failure {
    /// The answer is no; what there is to say has been said.
    No,
    /// The settings are wrong; what there is to say has been said.
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
