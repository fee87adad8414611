//! The text of a token: base64url without padding (RFC 4648 section 5), plain or escaped to alphanumerics.
//!
//! Onezone calls the escaped form base62: over the base64url text, `0` becomes `00`, `_` becomes `01`, `-` becomes `02`,
//! so that a double click selects a whole token.

use std::fmt::Write as _;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, Engine as _};
use memchr::memchr3;

/// How a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    /// Alphanumeric, the form that Onezone emits.
    Base62,
    /// Plain base64url without padding.
    Base64url,
}

/// Why a text is not the canonical writing of any bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Longer than the bound, in characters.
    #[error("the text is longer than {limit} characters")]
    TooLong {
        /// The bound.
        limit: usize,
    },
    /// In base62, `0` not followed by `0`, `1` or `2`, or a character that is not alphanumeric.
    #[error("the text is not canonical base62: alphanumeric characters, and 0 only as 00, 01 or 02")]
    Base62,
    /// Padding, a foreign character, an impossible length, or bits set after the last byte.
    #[error("the text is not canonical base64url without padding")]
    Base64,
}

/// Where base64url puts `cation` of the word `location` in the first packet: four length digits and `lo` come before it.
const LOCATION_AT: std::ops::Range<usize> = 8..16;
const LOCATION_TEXT: &[u8] = b"Y2F0aW9u";

/// Decodes the one canonical text of some bytes, and says in which alphabet it was.
///
/// Every macaroon starts with its location packet. In plain base64url that puts [`LOCATION_TEXT`] at a fixed place, where
/// base62 has an escaped `0`; so no text can be read in both alphabets.
pub(super) fn decode(text: &str, limit: usize) -> Result<(Vec<u8>, Alphabet), TextError> {
    if text.len() > limit {
        return Err(TextError::TooLong { limit });
    }
    let alphabet = detect(text);
    let bytes = match alphabet {
        Alphabet::Base64url => URL_SAFE_NO_PAD.decode(text),
        Alphabet::Base62 => URL_SAFE_NO_PAD.decode(unescape(text)?),
    };
    let bytes = bytes.map_err(|error| match (error, alphabet) {
        (DecodeError::InvalidByte(..) | DecodeError::InvalidPadding, Alphabet::Base62) => TextError::Base62,
        _ => TextError::Base64,
    })?;
    Ok((bytes, alphabet))
}

fn detect(text: &str) -> Alphabet {
    match text.as_bytes().get(LOCATION_AT) {
        Some(LOCATION_TEXT) => Alphabet::Base64url,
        _ => Alphabet::Base62,
    }
}

pub(super) fn encode(bytes: &[u8], alphabet: Alphabet) -> String {
    let base64url = URL_SAFE_NO_PAD.encode(bytes);
    match alphabet {
        Alphabet::Base64url => base64url,
        Alphabet::Base62 => escape(&base64url),
    }
}

fn escape(base64url: &str) -> String {
    // One character in 21 is escaped on average; a sixteenth more covers nearly every token without growing.
    let mut out = String::with_capacity(base64url.len() + base64url.len() / 16 + 8);
    let mut rest = base64url;
    while let Some(at) = memchr3(b'0', b'_', b'-', rest.as_bytes()) {
        let (plain, from) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(match from.as_bytes()[0] {
            b'0' => "00",
            b'_' => "01",
            _ => "02",
        });
        rest = &from[1..];
    }
    out.push_str(rest);
    out
}

/// The base64url text that a base62 one stands for. Foreign characters other than `-` and `_` are left to the decoder.
fn unescape(text: &str) -> Result<Vec<u8>, TextError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(at) = memchr3(b'0', b'_', b'-', rest) {
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain);
        out.push(match from {
            [b'0', b'0', ..] => b'0',
            [b'0', b'1', ..] => b'_',
            [b'0', b'2', ..] => b'-',
            _ => return Err(TextError::Base62),
        });
        rest = &from[2..];
    }
    out.extend_from_slice(rest);
    Ok(out)
}

/// A field's bytes to be shown or logged: UTF-8 as it is, control characters and other bytes escaped, so that a token cannot
/// write to a terminal.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_escaped_character_comes_back() {
        let bytes = URL_SAFE_NO_PAD.decode("0_-A").unwrap();
        assert_eq!(encode(&bytes, Alphabet::Base62), "000102A");
        assert_eq!(decode("000102A", 100), Ok((bytes, Alphabet::Base62)));
    }

    #[test]
    fn escapes_that_base64url_never_needs_are_refused() {
        for text in ["03AA", "04AA", "05", "06AA", "0", "AAA0", "A-AA", "A_AA", "AA==", "AA\n", "AAü", "0üAA", "0é"]
        {
            assert_eq!(decode(text, 100), Err(TextError::Base62), "{text:?}");
        }
    }

    #[test]
    fn bits_after_the_last_byte_are_refused() {
        assert!(decode("AA", 100).is_ok());
        assert_eq!(decode("AB", 100), Err(TextError::Base64));
    }

    #[test]
    fn the_bound_counts_characters_of_text() {
        assert!(decode("AAAA", 4).is_ok());
        assert_eq!(decode("AAAAAA", 4), Err(TextError::TooLong { limit: 4 }));
    }
}
