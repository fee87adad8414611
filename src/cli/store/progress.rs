//! How far a command has come, on a terminal.

use std::fmt;
use std::io::IsTerminal as _;

/// The last line of the terminal, if somebody looks at standard error.
pub(super) struct Progress {
    watched: bool,
    shown: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { watched: std::io::stderr().is_terminal(), shown: false }
    }

    pub(super) fn show(&mut self, text: impl fmt::Display) {
        if self.watched {
            eprint!("\r{text}\x1b[K");
            self.shown = true;
        }
    }

    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            eprint!("\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
