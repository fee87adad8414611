//! Looking at a database file without changing anything, not even the files next to it.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::{engine_error, newer, unavailable};
use super::place::beside;
use super::{SqliteStore, schema};
use crate::{Schema, StoreError};

/// Largest database that is looked through, in bytes: some seconds of reading.
const LOOKED_THROUGH: u64 = 1 << 30;
/// How many findings of damage a report has at most.
const MOST_TOLD: usize = 10;

/// What a database file is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// Which tables it has.
    pub schema: Schema,
    /// Its length in bytes.
    pub bytes: u64,
    /// Length of the log that is not moved into it yet, in bytes.
    pub log_bytes: u64,
    /// What SQLite's quick check finds; none when the file is too large for that (1 GiB).
    pub damage: Option<Vec<String>>,
}

/// A database, and what it is like.
pub enum Inspection {
    /// Opened to be read. Writes are answered that the store is closed.
    Opened(FileReport, SqliteStore),
    /// It has a log and no index of it, as after a copy by hand. Reading it takes the right to write, and makes that index.
    NoIndex,
}

/// Opens a database to read it, next to a running server or without one.
///
/// # Errors
/// [`StoreError::Unavailable`] when it cannot be read, or is something else.
pub fn inspect(path: &Path) -> Result<Inspection, StoreError> {
    let log_bytes = length_of_log(path);
    let Some(open) = opener(path)? else { return Ok(Inspection::NoIndex) };
    let connection = open().map_err(|error| StoreError::Unavailable(engine_error(&error)))?;
    let bytes = fs::metadata(path).map_or(0, |file| file.len());
    let schema = schema_of(&connection, bytes)?;
    let damage = (bytes <= LOOKED_THROUGH).then(|| quick_check(&connection));
    let damage = damage.transpose().map_err(|error| StoreError::Unavailable(engine_error(&error)))?;
    Ok(Inspection::Opened(FileReport { schema, bytes, log_bytes, damage }, SqliteStore::only_read(open)))
}

/// Opens a database to read it, as [`inspect`] does, without a look at all of it. None when it has tables of an older program or none, or
/// only who may write can read it.
///
/// # Errors
/// [`StoreError::Unavailable`] when it cannot be read, is something else, or a newer program has changed its tables.
pub fn read(path: &Path) -> Result<Option<SqliteStore>, StoreError> {
    let Some(open) = opener(path)? else { return Ok(None) };
    let connection = open().map_err(|error| StoreError::Unavailable(engine_error(&error)))?;
    let bytes = fs::metadata(path).map_or(0, |file| file.len());
    match schema_of(&connection, bytes)? {
        Schema::Present => Ok(Some(SqliteStore::only_read(open))),
        Schema::Empty | Schema::Older => Ok(None),
        Schema::Newer => Err(newer()),
    }
}

fn length_of_log(path: &Path) -> u64 {
    fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len())
}

/// What opens it without writing. None when nothing does.
fn opener(
    path: &Path,
) -> Result<Option<impl Fn() -> rusqlite::Result<Connection> + Send + Sync + 'static>, StoreError> {
    let (log, index) = (beside(path, "-wal"), beside(path, "-shm"));
    let ways: &[_] = match (log.exists(), index.exists()) {
        // SQLite would make these files for a reader, too. It is not to write to the index either, where it can do without: it
        // would make a new one after a crash. A server that has not read since its last commit leaves no other way, though.
        (true, true) => &["mode=ro&readonly_shm=1", "mode=ro"],
        (true, false) if length_of_log(path) > 0 => return Ok(None),
        // Without a log nobody has it open, and everything is in the one file.
        _ => &["immutable=1"],
    };
    let uris = ways.iter().map(|way| uri(path, way)).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(move || open(&uris)))
}

fn schema_of(connection: &Connection, bytes: u64) -> Result<Schema, StoreError> {
    let pending = schema::MIGRATIONS.pending_migrations(connection).map_err(|error| unavailable(&error))?;
    Ok(match pending {
        _ if bytes == 0 => Schema::Empty,
        0 => Schema::Present,
        1.. => Schema::Older,
        ..0 => Schema::Newer,
    })
}

/// The first way that works, or what is wrong with the last.
fn open(uris: &[String]) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut opened = Err(rusqlite::Error::InvalidQuery);
    for uri in uris {
        opened = Connection::open_with_flags(uri, flags).and_then(|connection| {
            super::connections::set_up_reader(&connection)?;
            // Nothing is opened before something is read.
            connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?;
            Ok(connection)
        });
        if opened.is_ok() {
            break;
        }
    }
    opened
}

/// SQLite's own notation (<https://www.sqlite.org/uri.html>).
fn uri(path: &Path, how: &str) -> Result<String, StoreError> {
    let absolute = std::path::absolute(path).map_err(|error| StoreError::unavailable(error.to_string()))?;
    let Some(text) = absolute.to_str() else {
        return Err(StoreError::unavailable("its name is not UTF-8"));
    };
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Ok(format!("file://{escaped}?{how}"))
}

fn quick_check(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA quick_check({MOST_TOLD})"))?;
    let told = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(told.into_iter().filter(|line| line != "ok").collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mark, Store};
    use zonemint_base::clock::Clock;

    /// The files of a folder, and what is in them; but for the index, of which a process has one for all of its connections.
    fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
        let content = |name: &str, path| if name.ends_with("-shm") { Vec::new() } else { fs::read(path).unwrap() };
        let mut files: Vec<_> = named.map(|(name, path)| (name.clone(), content(&name, path))).collect();
        files.sort();
        files
    }

    async fn marked(path: &Path) -> (FileReport, Option<String>) {
        let Inspection::Opened(examined, store) = inspect(path).unwrap() else { panic!("it has no index") };
        let mark = store.mark("x").await.unwrap();
        store.close().await;
        (examined, mark)
    }

    #[tokio::test]
    async fn a_database_is_read_beside_its_server_and_without_one_and_no_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a ?#%41.db");
        let server: &dyn Store = &SqliteStore::open(&path, Clock::system()).unwrap();
        server.set_mark(Mark { name: "x".to_owned(), value: Some("y".to_owned()) }).await.unwrap();
        let before = files(folder.path());
        let (examined, mark) = marked(&path).await;
        assert_eq!((examined.schema, mark.as_deref(), examined.damage), (Schema::Present, Some("y"), Some(Vec::new())));
        assert!(examined.log_bytes > 0);
        assert!(files(folder.path()) == before, "a file was changed");
        server.close().await;
        let before = files(folder.path());
        let (examined, mark) = marked(&path).await;
        assert_eq!((examined.log_bytes, mark.as_deref()), (0, Some("y")));
        assert!(files(folder.path()) == before, "a file was changed");
    }

    #[tokio::test]
    async fn a_log_without_an_index_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zonemint.db");
        SqliteStore::open(&path, Clock::system()).unwrap().close().await;
        fs::write(beside(&path, "-wal"), "a log").unwrap();
        assert!(matches!(inspect(&path), Ok(Inspection::NoIndex)));
        assert_eq!(files(folder.path()).len(), 2);
    }

    #[test]
    fn other_tables_and_other_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zonemint.db");
        for (version, expected) in [(1, Schema::Older), (99, Schema::Newer)] {
            Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
            let Ok(Inspection::Opened(examined, _)) = inspect(&path) else { panic!("{version}") };
            assert_eq!(examined.schema, expected);
        }
        fs::write(&path, "something else").unwrap();
        assert!(inspect(&path).is_err());
    }
}
