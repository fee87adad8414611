//! Where rows are written to, and how results are printed.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::output::{Format, json_lines};
use crate::cli::{Failure, fail};
use zonemint_base::new_file;

/// A new file, which is removed again unless it is finished.
pub(super) struct NewFile {
    path: PathBuf,
    pub(super) out: BufWriter<File>,
    is_finished: bool,
}

impl NewFile {
    /// Creates it with mode 0600.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        match new_file::open(path, 0o600) {
            Ok(file) => Ok(Self { path: path.to_owned(), out: BufWriter::new(file), is_finished: false }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fail(format!("{} exists already, and nothing is overwritten: name another file", path.display()))
            }
            Err(error) => fail(format!("{} cannot be created: {error}", path.display())),
        }
    }

    /// Makes its content and its folder's entry durable.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        new_file::sync_folder(&self.path)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Prints several objects as lines of JSON, or for shells their values with tabs between them, or in words.
pub(super) fn written(
    format: Format,
    objects: impl Iterator<Item = Value>,
    in_words: impl FnOnce() -> String,
) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let values = |object: Value| object.as_object().into_iter().flatten().map(|(_, value)| text(value)).collect();
    match format {
        Format::Table => in_words(),
        Format::Json => json_lines(objects),
        Format::Plain => objects.map(values).map(|values: Vec<_>| values.join("\t") + "\n").collect(),
    }
}

/// Whether standard output is a pipe whose other end is closed.
pub(super) fn reader_is_gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let out = io::stdout();
    let mut watched = [PollFd::new(&out, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&at_once)).is_ok() && watched[0].revents().intersects(PollFlags::ERR)
}
