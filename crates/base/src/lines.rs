//! Lines of bounded length: imports have one record a line. It does not know the records.

use std::io::{self, BufRead, Read as _};

/// Bytes of a line without its end. A user needs some hundreds. Documents of Onezone's database, which list a user's groups and
/// spaces, need more; a longer one has to be reduced to the keys that are read.
const MOST: usize = 65_536;

/// Reads lines that end with LF or CRLF. The part of a line beyond the bound is skipped.
pub struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: usize,
    failed: bool,
}

/// Why a line cannot be read as one.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// More than 64 KiB.
    #[error("the line has more than 65536 bytes")]
    TooLong,
    /// The bytes are not UTF-8.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// The input could not be read any further.
    #[error("the input cannot be read")]
    Read(#[source] io::Error),
}

/// One line.
pub enum Line<'a> {
    /// Its text, without its end.
    Text(&'a str),
    /// What is wrong with it as a line.
    Bad(LineError),
}

impl<R: BufRead> Lines<R> {
    /// Reads nothing yet.
    pub fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0, failed: false }
    }

    /// The number of the line read last, counted from 1; 0 before the first.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// The next line and its number. After an error of the input there is none.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend")]
    pub fn next(&mut self) -> Option<(usize, Line<'_>)> {
        if self.failed {
            return None;
        }
        let whole = match self.fill() {
            Ok(whole) => whole?,
            Err(error) => {
                self.failed = true;
                self.number += 1;
                return Some((self.number, Line::Bad(LineError::Read(error))));
            }
        };
        self.number += 1;
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        // Editors on Windows mark UTF-8 with these three bytes.
        let line = if self.number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        let line = match std::str::from_utf8(line) {
            _ if !whole || line.len() > MOST => Line::Bad(LineError::TooLong),
            Ok(text) => Line::Text(text),
            Err(_) => Line::Bad(LineError::NotUtf8),
        };
        Some((self.number, line))
    }

    /// Reads a line up to its end into `self.line`, and returns whether it is whole. None at the input's end.
    fn fill(&mut self) -> io::Result<Option<bool>> {
        self.line.clear();
        // Two more for CR and LF.
        let most = MOST + 2;
        let read = self.input.by_ref().take(most as u64).read_until(b'\n', &mut self.line)?;
        let has_end = self.line.pop_if(|byte| *byte == b'\n').is_some();
        let whole = has_end || read < most;
        if !whole {
            self.input.skip_until(b'\n')?;
        }
        Ok((read > 0).then_some(whole))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Error, Read};

    use super::*;

    /// Each line's text, or the error's.
    fn read(input: impl BufRead) -> Vec<String> {
        let mut lines = Lines::new(input);
        let mut all = Vec::new();
        while let Some((number, line)) = lines.next() {
            assert_eq!(number, all.len() + 1);
            all.push(match line {
                Line::Text(text) => text.to_owned(),
                Line::Bad(error) => format!("{error}"),
            });
        }
        assert!(lines.line.capacity() <= 2 * (MOST + 1));
        all
    }

    #[test]
    fn lines_end_with_lf_or_crlf_or_the_input() {
        for size in [1, 2, 3, 100] {
            let input = BufReader::with_capacity(size, &b"\xef\xbb\xbfone\r\n\ntwo\r\rthree\n\xef\xbb\xbf"[..]);
            assert_eq!(read(input), ["one", "", "two\r\rthree", "\u{feff}"]);
        }
        assert!(read(&b""[..]).is_empty());
    }

    #[test]
    fn a_line_may_have_64_kib_and_a_longer_one_is_read_over() {
        let (most, more) = ("x".repeat(MOST), "x".repeat(MOST + 1));
        let input = format!("{most}\r\n{more}\n{more}\r\n{}\nshort\n{more}", "y".repeat(3_000_000));
        let read = read(input.as_bytes());
        let too_long = LineError::TooLong.to_string();
        assert_eq!(read, [&most, &too_long, &too_long, &too_long, "short", &too_long]);
    }

    #[test]
    fn an_input_that_fails_ends_there() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(Error::other("gone"))
            }
        }
        assert_eq!(read(BufReader::new(b"one\ntw".chain(Broken))), ["one", "the input cannot be read"]);
    }
}
