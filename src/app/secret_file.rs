//! The files of secrets that a start creates: a key, or the first administrator's password.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use zonemint_base::private_folder;

/// Whether a file can be made in the folder where it would lie, which must be there.
pub(super) fn can_be_made(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => Err(io::ErrorKind::NotFound.into()),
        Some(folder) => private_folder::check(folder),
        None => Err(io::ErrorKind::IsADirectory.into()),
    }
}

/// Writes a new file of mode 0600, and its folder's entry, so that it is there after a power cut.
pub(super) fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    sync_folder(path)
}

/// Syncs the folder of a file, so that the file is there after a power cut.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
