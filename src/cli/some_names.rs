//! The first few names of many.

use std::fmt;

/// How many names are shown.
const MOST: usize = 5;

/// Counts names, and shows the first few.
#[derive(Debug, Default)]
pub(super) struct SomeNames {
    first: Vec<String>,
    count: usize,
}

impl SomeNames {
    /// Adds some.
    pub(super) fn extend<T: ToString>(&mut self, names: impl IntoIterator<Item = T>) {
        for name in names {
            self.count += 1;
            if self.first.len() < MOST {
                self.first.push(name.to_string());
            }
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

impl fmt::Display for SomeNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first.join(", "))?;
        if self.count > self.first.len() { f.write_str(", \u{2026}") } else { Ok(()) }
    }
}
