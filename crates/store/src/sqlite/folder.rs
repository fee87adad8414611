//! The data folder: private to its owner, and served by one server at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use super::denied;
use super::place::{RESTORING, beside};
use super::schema;
use zonemint_base::private_folder;
use zonemint_base::regular_file;

/// What the servers of a folder lock.
const LOCK: &str = "server.lock";

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is not this user's.
    #[error("{}", denied::explain(.0))]
    Denied(PathBuf),
    /// For another reason.
    #[error("the data folder {path} cannot be used", path = .path.display())]
    Other {
        /// The folder.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
}

impl FolderError {
    fn new(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        if denied::is_denied(&source) { Self::Denied(path) } else { Self::Other { path, source } }
    }

    /// Of a file in it.
    fn of(file: &Path, folder: &Path, source: io::Error) -> Self {
        Self::new(if denied::is_denied(&source) { file } else { folder }, source)
    }
}

/// Nothing can be written into the data folder.
#[derive(Debug, thiserror::Error)]
pub enum NotWritable {
    /// It is not this user's.
    #[error("{}", denied::explain(.0))]
    Denied(PathBuf),
    /// For another reason: the file system is read-only.
    #[error("{path} cannot be written to, which the database needs even for reading", path = .path.display())]
    Other {
        /// The folder, or a file in it.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
}

impl NotWritable {
    /// That `source` is the answer of the system when `path` is used.
    #[must_use]
    pub fn new(path: PathBuf, source: io::Error) -> Self {
        if denied::is_denied(&source) { Self::Denied(path) } else { Self::Other { path, source } }
    }
}

/// Another server has the data folder.
#[derive(Debug, thiserror::Error)]
#[error("{holder}; {stop}, or give this one a folder of its own with --data")]
pub struct AlreadyServed {
    /// What is known of the other one.
    holder: String,
    stop: String,
}

impl AlreadyServed {
    /// `written` is what the lock file says.
    fn new(path: &Path, written: &str) -> Self {
        let mut words = written.split_ascii_whitespace();
        let id: Option<u32> = words.next().and_then(|word| word.parse().ok());
        let address: Option<SocketAddr> = words.next().and_then(|word| word.parse().ok());
        let path = path.display();
        match (id, address) {
            (Some(id), Some(address)) => Self {
                holder: format!(
                    "another zonemint server is running on the data folder {path} (process {id}, listening on {address})"
                ),
                stop: if is_zonemint(id) { format!("stop it with `kill {id}`") } else { "stop it first".to_owned() },
            },
            // A server that starts, or a command that makes the store again.
            (Some(id), None) => Self {
                holder: format!("another zonemint process works on the data folder {path} (process {id})"),
                stop: "wait until it has ended".to_owned(),
            },
            (None, _) => Self {
                holder: format!("another zonemint server is running on the data folder {path}"),
                stop: "stop it first".to_owned(),
            },
        }
    }
}

/// Whether another process of this machine runs this program. What holds a lock in another container has a number that may be
/// another one's here.
fn is_zonemint(id: u32) -> bool {
    let name = |id: &str| fs::read_to_string(format!("/proc/{id}/comm")).ok();
    id != std::process::id() && name("self").is_some_and(|own| name(&id.to_string()) == Some(own))
}

/// Where the embedded store keeps its files.
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
}

/// Held by the one server of a data folder; the operating system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub struct ServerLock {
    file: File,
    folder: PathBuf,
    /// Where the server listens.
    address: Option<SocketAddr>,
    /// The number of the tables that the server knows, once they are there.
    tables: Option<usize>,
}

impl ServerLock {
    /// Writes where the server listens into the lock's file, for the error message of another process that wants the lock.
    ///
    /// # Errors
    /// [`FolderError`] when that cannot be written. The lock is held even then.
    pub fn note_address(&mut self, address: SocketAddr) -> Result<(), FolderError> {
        self.address = Some(address);
        self.write()
    }

    /// Writes which tables the server knows into the lock's file, for [`DataFolder::has_earlier_server`]. Only once the tables are
    /// there: from then on no program of before can start on them.
    ///
    /// # Errors
    /// [`FolderError`] when that cannot be written. The lock is held even then.
    pub fn note_tables(&mut self) -> Result<(), FolderError> {
        self.tables = Some(schema::LAST);
        self.write()
    }

    /// The process and its address, and a line for its tables. Programs of before left the file empty.
    fn write(&self) -> Result<(), FolderError> {
        let address = self.address.map(|address| format!(" {address}")).unwrap_or_default();
        let tables = self.tables.map(tables).unwrap_or_default();
        let text = format!("{}{address}\n{tables}", std::process::id());
        // Over what is there: that needs no room on the disk.
        let write = || {
            self.file.write_all_at(text.as_bytes(), 0)?;
            self.file.set_len(text.len() as u64)
        };
        write().map_err(|source| FolderError::new(&self.folder, source))
    }
}

/// The line of a server that knows these tables.
fn tables(number: usize) -> String {
    format!("tables {number}\n")
}

impl DataFolder {
    /// What the database file is called.
    pub const DATABASE: &'static str = "zonemint.db";

    /// A folder as it is, which need not be there.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Uses a folder, and makes it (readable by its owner only) when there is none.
    ///
    /// # Errors
    /// [`FolderError`] when it cannot be made.
    pub fn create(path: &Path) -> Result<Self, FolderError> {
        private_folder::create(path).map_err(|source| FolderError::new(path, source))?;
        Ok(Self { path: path.to_owned() })
    }

    /// Whether a server could use a folder. It changes nothing.
    ///
    /// # Errors
    /// [`FolderError`] when it cannot be made, or files in it cannot be written.
    pub fn check(path: &Path) -> Result<(), FolderError> {
        let in_the_way = |file: &Path, what| io::Error::other(format!("{} {what}: move it away", file.display()));
        let failed = |source| FolderError::new(path, source);
        private_folder::check(path).map_err(failed)?;
        let database = path.join(Self::DATABASE);
        for file in [beside(&database, "-wal"), beside(&database, "-shm"), database, path.join(LOCK)] {
            // Of a link, what it leads to.
            match fs::metadata(&file) {
                Ok(data) if data.is_file() => {
                    accessat(CWD, &file, Access::READ_OK | Access::WRITE_OK, AtFlags::EACCESS)
                        .map_err(|source| FolderError::of(&file, path, source.into()))?;
                }
                Ok(_) => return Err(failed(in_the_way(&file, "is not a file"))),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !file.is_symlink() => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(failed(in_the_way(&file, "is a link that leads to nothing")));
                }
                Err(source) => return Err(FolderError::of(&file, path, source)),
            }
        }
        Ok(())
    }

    /// The database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join(Self::DATABASE)
    }

    /// Makes sure that the folder and the database can be written to. SQLite keeps files next to the database while it is open.
    ///
    /// # Errors
    /// [`NotWritable`] names what cannot be.
    pub fn must_be_writable(&self) -> Result<(), NotWritable> {
        let check = |path: PathBuf, access| match accessat(CWD, &path, access, AtFlags::EACCESS) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(NotWritable::new(path, error.into())),
        };
        check(self.path.clone(), Access::WRITE_OK | Access::EXEC_OK)?;
        for file in ["", "-wal", "-shm"].map(|suffix| beside(&self.database(), suffix)) {
            check(file, Access::READ_OK | Access::WRITE_OK)?;
        }
        Ok(())
    }

    /// Whether a restore was begun in a folder and has not come to its end.
    #[must_use]
    pub fn has_unfinished_restore(folder: &Path) -> bool {
        let database = folder.join(Self::DATABASE);
        !database.exists() && beside(&database, RESTORING).exists()
    }

    /// Whether a server runs on the folder that knows the tables as they were before: it had them open when a newer program changed
    /// them.
    ///
    /// # Errors
    /// [`FolderError`] when the lock's file cannot be read.
    pub fn has_earlier_server(&self) -> Result<bool, FolderError> {
        let error = |source| FolderError::of(&self.path.join(LOCK), &self.path, source);
        let mut file = match regular_file::open(&self.path.join(LOCK)) {
            Ok(file) => file,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(other) => return Err(error(other)),
        };
        let mut noted = String::new();
        file.read_to_string(&mut noted).map_err(error)?;
        if noted.ends_with(&format!("\n{}", tables(schema::LAST))) {
            return Ok(false);
        }
        match file.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(source)) => Err(error(source)),
        }
    }

    /// Claims the folder for a server.
    ///
    /// # Errors
    /// Outside, [`FolderError`] when the lock file cannot be made; inside, [`AlreadyServed`].
    pub fn lock_for_server(&self) -> Result<Result<ServerLock, AlreadyServed>, FolderError> {
        let error = |source| FolderError::of(&self.path.join(LOCK), &self.path, source);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.path.join(LOCK))
            .map_err(error)?;
        match file.try_lock() {
            Ok(()) => {
                let lock = ServerLock { file, folder: self.path.clone(), address: None, tables: None };
                lock.write()?;
                Ok(Ok(lock))
            }
            Err(TryLockError::WouldBlock) => {
                let mut written = String::new();
                // What cannot be read is not shown.
                let _ = file.read_to_string(&mut written);
                Ok(Err(AlreadyServed::new(&self.path, &written)))
            }
            Err(TryLockError::Error(source)) => Err(error(source)),
        }
    }
}
