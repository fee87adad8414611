//! The text of a token: base64 (RFC 4648 sections 4 and 5), or base64url escaped to alphanumerics.
//!
//! Onezone calls the escaped form base62: over the base64url text, `0` becomes `00`, `_` becomes `01`, `-` becomes `02`,
//! so that a double click selects a whole token.

use std::fmt::Write as _;

use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use base64::{DecodeError, Engine as _};
use memchr::{memchr2, memchr3};

use super::encoding::{Digits, Encoding, Version};

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
    /// Wrong padding, a foreign character, digits of both alphabets, an impossible length, or bits set after the last byte.
    #[error(
        "the text is not canonical base64 (of one alphabet, with all of the padding or none), or a part is missing"
    )]
    Base64,
    /// One macaroon in the JSON of V2.
    #[error("a macaroon in JSON is not accepted; have the library write the binary format, version 1 or 2, in base64")]
    Json,
    /// Several macaroons in JSON, as the bakery family sends them.
    #[error("a JSON array of macaroons is not accepted; send one, in the binary format, version 1 or 2, in base64")]
    JsonArray,
    /// Base64 as MIME has it, or a line end after the text.
    #[error("the text has line breaks; write it on one line, as `base64 -w0` or `tr -d '\\r\\n'` does")]
    Lines,
}

/// The position in base64 of `cation` of the word `location` in the first packet of V1: four length digits and `lo` come before it.
const LOCATION_AT: std::ops::Range<usize> = 8..16;
const LOCATION_TEXT: &[u8] = b"Y2F0aW9u";
/// What base64 makes of V2's first byte, 2, and of the type after it, which is below 16. A text of V1 starts with what it makes
/// of a hexadecimal digit, which is never `A`.
const V2_TEXT: &str = "Ag";

/// Decodes the one canonical text of some bytes, and says in which encoding it was.
///
/// Each token of V1 starts with its location packet. In base64 that puts [`LOCATION_TEXT`] at a fixed place, where base62 has an
/// escaped `0`; so no text can be read in both. What has no digit by which the alphabets of base64 differ is base64url.
pub(super) fn decode(text: &str, limit: usize) -> Result<(Vec<u8>, Encoding), TextError> {
    if text.len() > limit {
        return Err(TextError::TooLong { limit });
    }
    let version = if text.starts_with(V2_TEXT) {
        Version::V2
    } else if text.as_bytes().get(LOCATION_AT) == Some(LOCATION_TEXT) {
        Version::V1
    } else {
        let bytes = URL_SAFE_NO_PAD.decode(unescape(text)?).map_err(|error| match error {
            DecodeError::InvalidByte(..) | DecodeError::InvalidPadding => TextError::Base62,
            DecodeError::InvalidLength(_) | DecodeError::InvalidLastSymbol { .. } => TextError::Base64,
        })?;
        return Ok((bytes, Encoding::Onezone));
    };
    let (digits, engine) = match memchr2(b'+', b'/', text.as_bytes()) {
        None => (Digits::Url, &URL_SAFE_NO_PAD),
        Some(_) => (Digits::Standard, &STANDARD_NO_PAD),
    };
    let unpadded = text.trim_end_matches('=');
    let padded = unpadded.len() < text.len();
    if padded && text.len() != unpadded.len().next_multiple_of(4) {
        return Err(TextError::Base64);
    }
    let bytes = engine.decode(unpadded).map_err(|_| TextError::Base64)?;
    Ok((bytes, Encoding::Base64 { version, digits, padded }))
}

/// What a text is that cannot be read, if other software writes macaroons in that form.
pub(super) fn foreign(text: &str) -> Option<TextError> {
    let first = text.trim_ascii_start().as_bytes();
    // A JSON web token starts in the same way, but has dots.
    let decoded = first.get(..4).filter(|_| !text.contains('.')).and_then(|digits| URL_SAFE.decode(digits).ok());
    match decoded.as_deref().unwrap_or(first).first().filter(|_| !first.is_empty())? {
        b'{' => Some(TextError::Json),
        b'[' => Some(TextError::JsonArray),
        _ if text.contains(['\r', '\n']) => Some(TextError::Lines),
        _ => None,
    }
}

pub(super) fn encode(bytes: &[u8], encoding: Encoding) -> String {
    match encoding {
        Encoding::Onezone => escape(&URL_SAFE_NO_PAD.encode(bytes)),
        Encoding::Base64 { digits, padded, .. } => match (digits, padded) {
            (Digits::Url, false) => URL_SAFE_NO_PAD.encode(bytes),
            (Digits::Url, true) => URL_SAFE.encode(bytes),
            (Digits::Standard, false) => STANDARD_NO_PAD.encode(bytes),
            (Digits::Standard, true) => STANDARD.encode(bytes),
        },
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

/// The base64url text of a base62 one. The decoder refuses foreign characters other than `-` and `_`.
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

/// Whether a text begins as every token does whose location is of usual length: in base64 that is a packet's length (`00…`) or the
/// version of V2.
#[must_use]
pub fn begins_as_token(text: &str) -> bool {
    ["MD", "Ag"].iter().any(|start| text.starts_with(start))
}

/// A field's bytes to be shown or logged: UTF-8 as it is; control characters, those that turn the direction of writing, and other
/// bytes escaped, so that a token cannot write to a terminal, nor be read as something else.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || turns_direction(character) {
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

/// The beginning of a field, [`printable`]: at most so many of its bytes, and `…` if there are more.
#[must_use]
pub fn printable_beginning(bytes: &[u8], most: usize) -> String {
    let Some(beginning) = bytes.get(..most).filter(|_| bytes.len() > most) else { return printable(bytes) };
    // A character that is cut in two is left out.
    let whole = match std::str::from_utf8(beginning) {
        Err(error) if error.error_len().is_none() => &beginning[..error.valid_up_to()],
        _ => beginning,
    };
    printable(whole) + "…"
}

/// The formatting characters of Unicode's bidirectional algorithm (UAX #9, section 2).
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_field_is_cut_between_characters() {
        for (bytes, most, shown) in [
            (&b"abc"[..], 3, "abc"),
            (b"abcd", 3, "abc…"),
            ("añb".as_bytes(), 2, "a…"),
            ("añb".as_bytes(), 3, "añ…"),
            (b"\xff\xffb", 2, "\\xff\\xff…"),
            (b"a\nb", 2, "a\\n…"),
        ] {
            assert_eq!(printable_beginning(bytes, most), shown);
        }
    }

    #[test]
    fn each_escaped_character_comes_back() {
        let bytes = URL_SAFE_NO_PAD.decode("0_-A").unwrap();
        assert_eq!(encode(&bytes, Encoding::Onezone), "000102A");
        assert_eq!(decode("000102A", 100), Ok((bytes, Encoding::Onezone)));
    }

    #[test]
    fn escapes_that_base64url_never_needs_are_refused() {
        for text in ["03AA", "04AA", "05", "06AA", "0", "BAA0", "B-AA", "B_AA", "BA==", "B3\n", "B3ü", "0üAA", "0é"]
        {
            assert_eq!(decode(text, 100), Err(TextError::Base62), "{text:?}");
        }
    }

    #[test]
    fn bits_after_the_last_byte_are_refused() {
        for (canonical, other) in [("AA", "AB"), ("Ag", "Ah"), ("AgE", "AgF"), ("AgE=", "AgF=")] {
            assert!(decode(canonical, 100).is_ok(), "{canonical}");
            assert_eq!(decode(other, 100), Err(TextError::Base64), "{other}");
        }
    }

    #[test]
    fn the_bound_counts_characters_of_text() {
        assert!(decode("AAAA", 4).is_ok());
        assert_eq!(decode("AAAAAA", 4), Err(TextError::TooLong { limit: 4 }));
    }

    #[test]
    fn base64_has_one_alphabet_and_no_padding_or_all_of_it() {
        let read = |text: &str| decode(text, 100).map(|(_, encoding)| encoding.to_string());
        for (text, encoding) in [
            ("AgE_-A", "V2 in base64url"),
            ("AgE_-A==", "V2 in base64url with padding"),
            ("AgE/+A", "V2 in base64"),
            ("AgE/+A==", "V2 in base64 with padding"),
            ("AgEB", "V2 in base64url"),
            ("MDAxNWxvY2F0aW9u+A", "V1 in base64"),
            ("MDAxNWxvY2F0aW9u-A==", "V1 in base64url with padding"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(encoding), "{text}");
        }
        for text in
            ["AgE_+A", "AgE/-A", "AgE_-A=", "AgE_-A===", "AgE_=A==", "AgEB====", "AgE===", "Ag E", "AgEBA", "AgE="]
        {
            assert_eq!(read(text).is_ok(), text == "AgE=", "{text}");
        }
    }

    #[test]
    fn forms_of_other_software_are_named() {
        for (text, form) in [
            (r#"{"v":2}"#, Some(TextError::Json)),
            (" \n{}", Some(TextError::Json)),
            ("eyJ2IjoyfQ", Some(TextError::Json)),
            ("[]", Some(TextError::JsonArray)),
            ("W3siYyI6W119XQ==", Some(TextError::JsonArray)),
            ("MDAx\nNWxv", Some(TextError::Lines)),
            ("MDAxNWxv\r\n", Some(TextError::Lines)),
            ("eyJhbGciOiJub25lIn0.eyJ9.", None),
            ("", None),
            ("MDAx", None),
        ] {
            assert_eq!(foreign(text), form, "{text:?}");
        }
    }
}
