//! The id of a request, in its answer's `X-Request-Id`, its log line and its audit rows.

use std::fmt;
use std::str::FromStr;

/// The process that answers, by a random mark, and the number of the request in it. Written `1f2e3d4c-5a`, in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    process: u32,
    number: u64,
}

/// A text that is no request id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the X-Request-Id of an answer, such as 1f2e3d4c-5a")]
pub struct RequestIdError;

impl RequestId {
    /// The length of the longest text.
    pub const LONGEST: usize = 8 + 1 + 16;

    /// The id of a process's request.
    #[must_use]
    pub fn new(process: u32, number: u64) -> Self {
        Self { process, number }
    }

    /// Appends its text. Formatting by `write!` took several times as long.
    pub fn push_to(self, text: &mut String) {
        push_hex(text, self.process.into(), 8);
        text.push('-');
        push_hex(text, self.number, 1);
    }
}

/// Hexadecimal digits, with leading zeros up to `least` digits.
fn push_hex(text: &mut String, number: u64, least: u32) {
    let digits = (64 - number.leading_zeros()).div_ceil(4).max(least);
    for digit in (0..digits).rev() {
        let value = (number >> (4 * digit)) & 15;
        text.push(char::from(b"0123456789abcdef"[usize::try_from(value).unwrap_or(0)]));
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(Self::LONGEST);
        self.push_to(&mut text);
        f.write_str(&text)
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        let parse = || {
            let (process, number) = text.split_once('-')?;
            let id = Self::new(u32::from_str_radix(process, 16).ok()?, u64::from_str_radix(number, 16).ok()?);
            (id.to_string() == text).then_some(id)
        };
        parse().ok_or(RequestIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text() {
        for (process, number, text) in [
            (0, 0, "00000000-0"),
            (0x0f2e_3d4c, 0x5a, "0f2e3d4c-5a"),
            (u32::MAX, u64::MAX, "ffffffff-ffffffffffffffff"),
        ] {
            let id = RequestId::new(process, number);
            assert_eq!((id.to_string(), text.parse()), (text.to_owned(), Ok(id)));
            assert!(text.len() <= RequestId::LONGEST);
        }
        for text in [
            "", "-", "0f2e3d4c", "0f2e3d4c-", "0F2E3D4C-5a", "f2e3d4c-5a", "0f2e3d4c-05a", "0f2e3d4c-5a ",
            "0f2e3d4c-+5",
        ] {
            assert_eq!(text.parse::<RequestId>(), Err(RequestIdError), "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_formatting_writes_them() {
        for number in [0, 1, 15, 16, 0xabc, 0x1000, u64::MAX] {
            let mut text = String::new();
            push_hex(&mut text, number, 1);
            assert_eq!(text, format!("{number:x}"));
        }
    }
}
