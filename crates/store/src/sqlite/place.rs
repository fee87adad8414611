//! Files that appear whole or not at all: written under another name, then given their own without taking anybody's place.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zonemint_base::new_file::sync_folder;

/// What the file of a database is called while it is restored, behind its own name.
pub(super) const RESTORING: &str = ".restoring";

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There is one of that name.
    #[error("{path} exists, and nothing is overwritten", path = .0.display())]
    Exists(PathBuf),
    /// Another process is writing it.
    #[error("{path} is being written by another process", path = .0.display())]
    UnderWay(PathBuf),
    /// The system refused.
    #[error("{path} cannot be written", path = .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A file of mode 0600 that has not got its name yet. Removed when dropped.
#[derive(Debug)]
pub(super) struct Unfinished {
    path: PathBuf,
    name: PathBuf,
    file: File,
}

impl Unfinished {
    /// Begins a file that is to be called `name`. Its name meanwhile is `name` with `suffix` behind it; what a process that was
    /// killed has left under it is thrown away.
    pub(super) fn begin(name: &Path, suffix: &str) -> Result<Self, PlaceError> {
        if name.symlink_metadata().is_ok() {
            return Err(PlaceError::Exists(name.to_owned()));
        }
        let path = beside(name, suffix);
        let error = |source| PlaceError::Io { path: path.clone(), source };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PlaceError::UnderWay(name.to_owned())),
            Err(TryLockError::Error(source)) => return Err(error(source)),
        }
        // Who held the lock until now may have given the file its name meanwhile.
        let ours = file.metadata().map_err(error)?;
        if fs::symlink_metadata(&path).map(|there| there.ino()).ok() != Some(ours.ino()) || ours.nlink() != 1 {
            return Err(PlaceError::UnderWay(name.to_owned()));
        }
        file.set_permissions(Permissions::from_mode(0o600)).and_then(|()| file.set_len(0)).map_err(error)?;
        Ok(Self { path, name: name.to_owned(), file })
    }

    /// Where it is meanwhile.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// To be written to.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Gives it its name, once everything is on disk.
    pub(super) fn finish(self) -> Result<(), PlaceError> {
        let error = |source| PlaceError::Io { path: self.name.clone(), source };
        self.file.sync_all().map_err(error)?;
        // Unlike a rename, a link never takes the place of a file that somebody has put there meanwhile.
        fs::hard_link(&self.path, &self.name).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => PlaceError::Exists(self.name.clone()),
            _ => error(source),
        })?;
        fs::remove_file(&self.path).map_err(error)?;
        sync_folder(&self.name).map_err(error)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            // What has got its name, or was never made, is not there.
            let _ = fs::remove_file(beside(&self.path, suffix));
        }
    }
}

pub(super) fn beside(name: &Path, suffix: &str) -> PathBuf {
    let mut path = OsString::from(name);
    path.push(suffix);
    PathBuf::from(path)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_appears_whole_and_takes_nobodys_place() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("backup");
        fs::write(beside(&name, ".partial"), "what a killed process left").unwrap();
        let mut file = Unfinished::begin(&name, ".partial").unwrap();
        assert!(matches!(Unfinished::begin(&name, ".partial"), Err(PlaceError::UnderWay(_))));
        file.file().write_all(b"whole").unwrap();
        assert!(!name.exists());
        file.finish().unwrap();
        assert_eq!(fs::read(&name).unwrap(), b"whole");
        assert_eq!(fs::metadata(&name).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(Unfinished::begin(&name, ".partial"), Err(PlaceError::Exists(_))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_came_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("backup");
        let file = Unfinished::begin(&name, ".partial").unwrap();
        fs::write(&name, "somebody else's").unwrap();
        assert!(matches!(file.finish(), Err(PlaceError::Exists(_))));
        assert_eq!(fs::read(&name).unwrap(), b"somebody else's");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the unfinished one is gone");
    }
}
