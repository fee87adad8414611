//! A token on a command line, where other users of the machine can read it; so it may be elsewhere, and be named there.

use std::io::Read as _;

use zeroize::Zeroizing;

use super::{Failure, Told};
use crate::regular_file::open_given;

/// More than any token that the format allows, in bytes.
const MOST: u64 = 4 << 20;

/// A token's text, `-` for standard input, or `@FILE`.
#[derive(Clone)]
pub(super) struct TokenText(Zeroizing<String>);

impl TokenText {
    /// Whether it comes from standard input.
    pub(super) fn is_input(&self) -> bool {
        *self.0 == "-"
    }

    /// The text. One line end after it is taken off, and nothing else.
    pub(super) fn read(&self) -> Result<Zeroizing<String>, Failure> {
        let mut text = Zeroizing::new(String::new());
        if self.is_input() {
            std::io::stdin().lock().take(MOST).read_to_string(&mut text)?;
        } else if let Some(path) = self.0.strip_prefix('@') {
            let told = |error: std::io::Error| Told(format!("{path}: {error}"));
            let file = open_given(path.as_ref()).map_err(told)?;
            file.take(MOST).read_to_string(&mut text).map_err(told)?;
        } else {
            return Ok(self.0.clone());
        }
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        Ok(Zeroizing::new(line.to_owned()))
    }
}

impl From<&str> for TokenText {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl std::fmt::Debug for TokenText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenText")
    }
}
