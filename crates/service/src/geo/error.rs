//! Why a database cannot be used.

use std::io;
use std::path::PathBuf;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// The file cannot be read.
    #[error("{path} cannot be read", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file holds something else, or is damaged.
    #[error("{path} is not a MaxMind database", path = .path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// What its reader stumbled on.
        #[source]
        source: maxminddb::MaxMindDbError,
    },
    /// It has no records, or none that says what the file is wanted for.
    #[error("{path} (a database of type {kind:?}) cannot be used here: {why}", path = .path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// The type that the file names.
        kind: String,
        /// What it lacks.
        why: String,
    },
}
