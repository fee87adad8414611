//! New files, written durably: their contents are on the disk before they are visible under their name. It does not know the contents.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::private_folder;

/// Opens a new file for writing, with `mode` from its creation. A link in its place is not followed.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] when something is in its place, or the reason why it cannot be created.
pub fn open(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

/// Creates a file with a text, and makes it and its folder's entry durable. Nothing is left of a file that cannot be written.
///
/// # Errors
/// As [`open`], and when it cannot be written. A file that was there before stays, and so does a complete one whose folder cannot be
/// synced.
pub fn create(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    write(&mut open(path, mode)?, text).inspect_err(|_| {
        // Later starts would read and refuse half of a secret.
        let _ = fs::remove_file(path);
    })?;
    sync_folder(path)
}

/// Replaces a file atomically: a reader gets the old or the new contents, also after a power failure. `prepare` may change the owner of
/// the new file before it is visible. A new file that an interrupted call left is replaced.
///
/// # Errors
/// When the new file cannot be written, or cannot take the place of the old one, which then stays.
pub fn replace(path: &Path, text: &str, mode: u32, prepare: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let beside = beside(path);
    remove_if_there(&beside)?;
    let mut file = open(&beside, mode)?;
    prepare(&file)?;
    write(&mut file, text)?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

/// Checks whether [`replace`] could write.
///
/// # Errors
/// The reason why not.
pub fn can_be_replaced(path: &Path) -> io::Result<()> {
    let beside = beside(path);
    remove_if_there(&beside)?;
    open(&beside, 0o600)?;
    fs::remove_file(&beside)
}

/// Checks whether a file can be created in the folder where it would be, which must exist.
///
/// # Errors
/// The reason why not.
pub fn can_be_created(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => Err(ErrorKind::NotFound.into()),
        Some(folder) => private_folder::check(folder),
        None => Err(ErrorKind::IsADirectory.into()),
    }
}

/// Removes a file, if there is one.
///
/// # Errors
/// The reason why it cannot be removed.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the entry of a file in its folder durable. The folder of a name alone is the working folder.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn write(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    beside.into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::*;

    #[test]
    fn a_new_file_has_its_mode_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (file, target) = (folder.path().join("file"), folder.path().join("target"));
        create(&file, "text", 0o600).unwrap();
        assert_eq!(
            (fs::read_to_string(&file).unwrap().as_str(), fs::metadata(&file).unwrap().mode() & 0o777),
            ("text", 0o600)
        );
        assert_eq!(create(&file, "other", 0o600).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
        let link = folder.path().join("link");
        symlink(&target, &link).unwrap();
        assert_eq!(create(&link, "text", 0o600).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert!(!target.exists() && link.is_symlink());
    }

    #[test]
    fn a_file_is_replaced_whole_by_one_that_was_prepared() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "old").unwrap();
        // An interrupted call left a link: it is removed, not followed.
        symlink(folder.path().join("target"), beside(&file)).unwrap();
        replace(&file, "new", 0o640, |_| Ok(())).unwrap();
        assert_eq!(
            (fs::read_to_string(&file).unwrap().as_str(), fs::metadata(&file).unwrap().mode() & 0o777),
            ("new", 0o640)
        );
        let refused = replace(&file, "newer", 0o600, |new| {
            assert_eq!((new.metadata()?.len(), fs::read_to_string(&file)?.as_str()), (0, "new"));
            Err(ErrorKind::PermissionDenied.into())
        });
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        can_be_replaced(&file).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_place_without_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("nowhere/file");
        for outcome in [can_be_created(&nowhere), can_be_replaced(&nowhere), create(&nowhere, "", 0o600)] {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::NotFound);
        }
        assert_eq!(can_be_created(Path::new("/")).unwrap_err().kind(), ErrorKind::IsADirectory);
        can_be_created(&folder.path().join("file")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
