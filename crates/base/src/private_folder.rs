//! Folders for secrets: only their owner may enter. It does not know their contents.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{Access, access};

const MODE: u32 = 0o700;

/// Creates a folder, and the missing ones above it, each with mode 0700 whatever the umask. An existing folder stays unchanged.
///
/// # Errors
/// When it cannot be created, or something else is in its place.
pub fn create(path: &Path) -> io::Result<()> {
    // The folder of a relative file name is the working folder.
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    match make(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(path.parent().ok_or(error)?)?;
            make(path)
        }
        made => made,
    }
}

/// Checks by the access rights whether [`create`] would succeed, and whether files could be created in the folder.
///
/// # Errors
/// The reason why not.
pub fn check(path: &Path) -> io::Result<()> {
    for above in std::path::absolute(if path.as_os_str().is_empty() { Path::new(".") } else { path })?.ancestors() {
        match fs::metadata(above) {
            Ok(data) if data.is_dir() => return Ok(access(above, Access::WRITE_OK | Access::EXEC_OK)?),
            Ok(_) => return Err(ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() == ErrorKind::NotFound && !above.is_symlink() => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::NotFound.into())
}

fn make(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(MODE).create(path) {
        // A umask can remove rights of the owner, too.
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(MODE)),
        // Another process was first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_is_made_is_private_and_what_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        let inner = open.join("a/b");
        check(&inner).unwrap();
        assert!(!inner.exists());
        for _ in 0..2 {
            create(&inner).unwrap();
            create(&open).unwrap();
        }
        assert_eq!([&open, &open.join("a"), &inner].map(|path| mode(path)), [0o755, 0o700, 0o700]);
    }

    #[test]
    fn what_is_no_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file.clone(), file.join("below")] {
            assert!(check(&path).is_err() && create(&path).is_err());
        }
        assert!(create(Path::new("")).is_ok());
    }
}
