//! The end of a command with a reason in words.

use super::{CommandError, Failure};

pub(super) fn fail<T>(why: impl Into<String>) -> Result<T, Failure> {
    Err(CommandError(why.into()).into())
}
