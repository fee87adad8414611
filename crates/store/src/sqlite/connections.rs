//! Connections to the database file, and how SQLite is set up on each.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::Connection;

use super::schema;

/// How long a statement waits for another process that holds the write lock, in milliseconds.
pub(super) const BUSY_TIMEOUT_MS: u32 = 5_000;
/// Pages of WAL after which they are moved into the database: 16 MiB, so that it happens once in many commits.
const CHECKPOINT_PAGES: u32 = 4_096;
/// Memory for pages, in KiB, of the writer and of each reader.
const WRITER_CACHE_KIB: u32 = 8_192;
const READER_CACHE_KIB: u32 = 2_048;

/// For the writing thread: makes the file when there is none, and brings its tables up to date.
pub(super) fn writer(path: &Path) -> Result<Connection, rusqlite_migration::Error> {
    // SQLite would make it readable by everybody; its other files take the mode of this one. What fails here, fails there.
    let _ = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    let mut connection = Connection::open(path)?;
    connection.execute_batch(&format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -{WRITER_CACHE_KIB};
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};"
    ))?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// For reading.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    set_up_reader(&connection)?;
    Ok(connection)
}

/// Sets up a connection that only reads.
pub(super) fn set_up_reader(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};
         PRAGMA query_only = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -{READER_CACHE_KIB};"
    ))
}
