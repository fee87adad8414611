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
    /// It has no records at all.
    #[error("{path} (a database of type {kind:?}) cannot be used here: it has no network", path = .path.display())]
    Empty {
        /// Which.
        path: PathBuf,
        /// What it says it is.
        kind: String,
    },
    /// No record says what the file is wanted for.
    #[error(
        "{path} (a database of type {kind:?}) cannot be used here: none of the {records} inspected records has {wanted} in \
         one of the known fields: {fields}",
        path = .path.display()
    )]
    Nothing {
        /// Which.
        path: PathBuf,
        /// What it says it is.
        kind: String,
        /// How many records were looked at.
        records: usize,
        /// What is wanted.
        wanted: &'static str,
        /// Where it is looked for.
        fields: String,
    },
}
