//! How a command ends that does not succeed.

use std::error::Error;

/// How a command ended.
pub(super) enum Failure {
    /// The answer is no; what there is to say has been said.
    No,
    /// The settings are wrong; what there is to say has been said.
    Settings,
    /// Something went wrong, told in one line.
    Error(Box<dyn Error>),
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(Box::new(error))
    }
}

/// A failure with nothing beneath it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Told(pub(super) String);
