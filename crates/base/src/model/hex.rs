//! Hexadecimal digits. Ids and hashes have one text: in lower case.

/// Writes two digits a byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    ::hex::encode(bytes)
}

/// Reads what [`hex()`] wrote; none for anything else.
#[must_use]
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    read(text.as_bytes(), &mut bytes).map(|()| bytes)
}

/// Fills `bytes` from digits of either case, as other programs and people write them. None unless there are two for each byte;
/// then part of `bytes` may be filled.
#[must_use]
pub fn read_hex(text: &str, bytes: &mut [u8]) -> Option<()> {
    ::hex::decode_to_slice(text, bytes).ok()
}

/// Reads digits of either case, of any length.
#[must_use]
pub fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    ::hex::decode(text).ok()
}

/// Writes two digits a byte. Formatting by `write!` took several times as long.
pub(super) fn write(bytes: &[u8], text: &mut [u8]) {
    let _ = ::hex::encode_to_slice(bytes, &mut text[..2 * bytes.len()]);
}

/// Reads exactly two digits a byte; none for anything else.
pub(super) fn read(text: &[u8], bytes: &mut [u8]) -> Option<()> {
    let is_lower_case = !text.iter().any(u8::is_ascii_uppercase);
    ::hex::decode_to_slice(text, bytes).ok().filter(|()| is_lower_case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_a_byte_are_read_and_nothing_else() {
        assert_eq!((hex(&[0, 255, 169]), from_hex("00ffa9")), ("00ffa9".to_owned(), Some([0, 255, 169])));
        let mut bytes = [0; 3];
        assert_eq!((from_hex::<3>("00fFa9"), read_hex("00fFa9", &mut bytes), bytes), (None, Some(()), [0, 255, 169]));
        assert_eq!((hex_bytes("00fFa9"), hex_bytes("")), (Some(vec![0, 255, 169]), Some(Vec::new())));
        for text in ["0", "0g", "+1", "\u{e9}", " 00", "000"] {
            assert_eq!((from_hex::<1>(text), read_hex(text, &mut [0]), hex_bytes(text)), (None, None, None), "{text}");
        }
    }
}
