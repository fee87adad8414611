//! How far a command has come, on a terminal.

use std::cell::Cell;
use std::fmt;
use std::io::IsTerminal as _;

/// The last line of the terminal, if standard error is one. It is empty again when this is dropped.
#[derive(Default)]
pub(super) struct ProgressLine {
    shown: Cell<bool>,
}

impl ProgressLine {
    pub(super) fn show(&self, text: impl fmt::Display) {
        if std::io::stderr().is_terminal() {
            eprint!("\r{text}\x1b[K");
            self.shown.set(true);
        }
    }

    pub(super) fn clear(&self) {
        if self.shown.take() {
            eprint!("\r\x1b[K");
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}
