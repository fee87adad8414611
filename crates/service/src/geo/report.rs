//! What a database is like.

use std::fmt;
use std::path::PathBuf;

/// What a database is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseReport {
    /// Its file.
    pub path: PathBuf,
    /// When it was built, in seconds since the Unix epoch.
    pub built_s: u64,
    /// What it is wanted for, as the object of a sentence.
    pub wanted: &'static str,
    /// The field that has it.
    pub field: &'static str,
    /// How many records were inspected.
    pub records: usize,
    /// How many of them have what is wanted.
    pub known: usize,
}

/// A sentence.
impl fmt::Display for DatabaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, wanted, field, records, known, .. } = self;
        write!(f, "{}: {known} of {records} inspected records have {wanted}, in {field}", path.display())
    }
}
