//! What all commands share, those of the operator too: how they take a token, print, ask and fail.

mod encoding;
mod failure;
mod limits;
pub mod output;
mod runtime;
mod terminal;
mod token_text;

pub use encoding::{EncodingName, rewrite, written};
pub use failure::{CommandError, Failure, fail};
pub use limits::warn_above_defaults;
pub use runtime::run_to_end;
pub use terminal::{confirmed, print};
pub use token_text::{LONGEST_INPUT, TokenText, read_secret_text};
