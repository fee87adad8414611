//! The data folder: private to its owner, and served by one server at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use super::place::beside;
use super::schema;
use crate::{private_folder, regular_file};

/// What the servers of a folder lock.
const LOCK: &str = "server.lock";

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the data folder {path} cannot be used", path = .path.display())]
pub struct FolderError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Nothing can be written into the data folder.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path} cannot be written to, which the database needs even for reading: run this as the user that the server runs as, on a \
     folder that is not read-only",
    path = .path.display()
)]
pub struct NotWritable {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Another server has the data folder.
#[derive(Debug, thiserror::Error)]
#[error(
    "another zonemint server is running on the data folder {path}; stop it first, or give this one a folder of its own \
     with --data",
    path = .path.display()
)]
pub struct AlreadyServed {
    path: PathBuf,
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
}

impl ServerLock {
    /// Notes in the lock's file which tables the server knows, for [`DataFolder::has_earlier_server`]. Only once the tables are there:
    /// from then on no program of before can start on them.
    ///
    /// # Errors
    /// [`FolderError`] when it cannot be written.
    pub fn note_tables(&self) -> Result<(), FolderError> {
        let tables = tables();
        // Over what is there: that needs no room on the disk.
        let write = || {
            self.file.write_all_at(tables.as_bytes(), 0)?;
            self.file.set_len(tables.len() as u64)
        };
        write().map_err(|source| FolderError { path: self.folder.clone(), source })
    }
}

/// What stands in the lock's file of a server that knows the tables as this program does. Programs of before left it empty.
fn tables() -> String {
    format!("{}\n", schema::LAST)
}

impl DataFolder {
    /// What the database file is called.
    pub const DATABASE: &'static str = "zonemint.db";

    /// Uses a folder, and makes it (readable by its owner only) when there is none.
    ///
    /// # Errors
    /// [`FolderError`] when it cannot be made.
    pub fn create(path: &Path) -> Result<Self, FolderError> {
        private_folder::create(path).map_err(|source| FolderError { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned() })
    }

    /// Whether a server could use a folder. It changes nothing.
    ///
    /// # Errors
    /// [`FolderError`] when it cannot be made, or files in it cannot be written.
    pub fn check(path: &Path) -> Result<(), FolderError> {
        let in_the_way = |file: &Path, what| io::Error::other(format!("{} {what}: move it away", file.display()));
        let usable = || {
            private_folder::check(path)?;
            for file in [path.join(Self::DATABASE), path.join(LOCK)] {
                // Of a link, what it leads to.
                match fs::metadata(&file) {
                    Ok(data) if data.is_file() => {
                        accessat(CWD, &file, Access::READ_OK | Access::WRITE_OK, AtFlags::EACCESS)?;
                    }
                    Ok(_) => return Err(in_the_way(&file, "is not a file")),
                    Err(error) if error.kind() == io::ErrorKind::NotFound && !file.is_symlink() => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        return Err(in_the_way(&file, "is a link that leads to nothing"));
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        usable().map_err(|source| FolderError { path: path.to_owned(), source })
    }

    /// The database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join(Self::DATABASE)
    }

    /// Makes sure that the folder and the database can be written to. SQLite keeps files beside the database while it is open.
    ///
    /// # Errors
    /// [`NotWritable`] names what cannot be.
    pub fn must_be_writable(&self) -> Result<(), NotWritable> {
        let check = |path: PathBuf, access| match accessat(CWD, &path, access, AtFlags::EACCESS) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(NotWritable { path, source: error.into() }),
        };
        check(self.path.clone(), Access::WRITE_OK | Access::EXEC_OK)?;
        check(self.database(), Access::READ_OK | Access::WRITE_OK)
    }

    /// Whether a restore was begun in a folder and has not come to its end.
    #[must_use]
    pub fn has_unfinished_restore(folder: &Path) -> bool {
        let database = folder.join(Self::DATABASE);
        !database.exists() && beside(&database, super::restore::SUFFIX).exists()
    }

    /// Whether a server runs on the folder that knows the tables as they were before: it had them open when a newer program changed
    /// them.
    ///
    /// # Errors
    /// [`FolderError`] when the lock's file cannot be read.
    pub fn has_earlier_server(&self) -> Result<bool, FolderError> {
        let error = |source| FolderError { path: self.path.clone(), source };
        let mut file = match regular_file::open(&self.path.join(LOCK)) {
            Ok(file) => file,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(other) => return Err(error(other)),
        };
        let mut noted = String::new();
        file.read_to_string(&mut noted).map_err(error)?;
        if noted == tables() {
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
        let error = |source| FolderError { path: self.path.clone(), source };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.path.join(LOCK))
            .map_err(error)?;
        match file.try_lock() {
            Ok(()) => Ok(Ok(ServerLock { file, folder: self.path.clone() })),
            Err(TryLockError::WouldBlock) => Ok(Err(AlreadyServed { path: self.path.clone() })),
            Err(TryLockError::Error(source)) => Err(error(source)),
        }
    }
}
