//! Files that settings and options name, opened without a wait: opening a pipe waits for a writer, and a device may never end. It does
//! not know the contents of the files.
//!
//! A setting must name a regular file. An option of a command may also name a pipe of the shell.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags, makedev};

/// The file system of pipes without a name (Linux, `include/uapi/linux/magic.h`).
const PIPEFS: rustix::fs::FsWord = 0x5049_5045;

/// Reads a regular file, or the target of a link.
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

/// Opens a regular file, or the target of a link.
///
/// # Errors
/// When it cannot be opened, or something else is in its place.
pub fn open(path: &Path) -> io::Result<File> {
    let file = without_waiting(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "it is a pipe or a device, for which a start could wait indefinitely: name a regular file",
        ));
    }
    Ok(file)
}

/// As [`open`], for a file that an option of a command names. It also opens a pipe without a name, such as standard input or a shell's
/// `<(…)`, which has a writer already; and `/dev/null`, as an empty file.
///
/// # Errors
/// As there.
pub fn open_given(path: &Path) -> io::Result<File> {
    let file = without_waiting(path)?;
    let data = file.metadata()?;
    let kind = data.file_type();
    let is_null = kind.is_char_device() && data.rdev() == makedev(1, 3);
    if kind.is_fifo() && rustix::fs::fstatfs(&file)?.f_type == PIPEFS {
        // Reading must wait for data.
        rustix::fs::fcntl_setfl(&file, OFlags::empty())?;
    } else if !kind.is_file() && !is_null {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "it is a named pipe or a device, for which this could wait indefinitely: name a regular file, or a pipe as <(…) makes one",
        ));
    }
    Ok(file)
}

/// Opens without waiting for a pipe or a terminal; refuses folders.
fn without_waiting(path: &Path) -> io::Result<File> {
    // Without NONBLOCK, opening a pipe waits; without NOCTTY, a terminal could become the controlling one of this process.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
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

    #[test]
    fn a_command_line_may_name_what_a_shell_hands_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "text").unwrap();
        mknodat(CWD, at("pipe"), rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let read = |path: &Path| open_given(path).and_then(io::read_to_string).map_err(|error| error.kind());
        let (reader, mut writer) = io::pipe().unwrap();
        let handed_over = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        let writing = std::thread::spawn(move || {
            // Behind what a pipe holds, so that reading has to wait.
            io::Write::write_all(&mut writer, &vec![b'x'; 100_000]).unwrap();
        });
        assert_eq!(read(handed_over.as_ref()), Ok("x".repeat(100_000)));
        writing.join().unwrap();
        assert_eq!((read(&at("file")), read("/dev/null".as_ref())), (Ok("text".into()), Ok(String::new())));
        for (path, expected) in [
            (at("pipe"), ErrorKind::InvalidInput),
            ("/dev/zero".into(), ErrorKind::InvalidInput),
            (folder.path().to_owned(), ErrorKind::IsADirectory),
            (at("none"), ErrorKind::NotFound),
        ] {
            assert_eq!(read(&path), Err(expected), "{}", path.display());
        }
    }
}
