//! Files that settings name, read as a whole. Opening a pipe waits for somebody who writes, and a device may never come to its end: a
//! start must not wait for either. It does not know what is in the files.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// Reads a regular file, or the one that a link leads to.
///
/// # Errors
/// When it cannot be read, or something else is in its place.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// As [`read`], of a text.
///
/// # Errors
/// As there, and when it is not UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

fn open(path: &Path) -> io::Result<File> {
    // Without NONBLOCK, opening a pipe waits; without NOCTTY, a terminal could become this process's.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let data = file.metadata()?;
    if data.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if !data.is_file() {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "it is a pipe or a device, for which a start could wait for ever: name a regular file",
        ));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, mknodat};

    use super::*;

    #[test]
    fn only_regular_files_are_read_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "text").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        for name in ["file", "link"] {
            assert_eq!((read_to_string(&at(name)).unwrap(), read(&at(name)).unwrap()), ("text".into(), b"text".into()));
        }
        mknodat(CWD, at("pipe"), rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        for (path, expected) in [
            (at("pipe"), ErrorKind::InvalidInput),
            ("/dev/zero".into(), ErrorKind::InvalidInput),
            (folder.path().to_owned(), ErrorKind::IsADirectory),
            (at("none"), ErrorKind::NotFound),
        ] {
            assert_eq!(read(&path).map_err(|error| error.kind()), Err(expected), "{}", path.display());
        }
    }
}
