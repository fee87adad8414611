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

/// As [`from_hex`], with digits of either case, as other programs and people write them.
#[must_use]
pub fn from_hex_of_any_case<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    ::hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}

/// As [`from_hex_of_any_case`], of any length. Not for secrets: it leaves copies in memory.
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
        assert_eq!((from_hex::<3>("00fFa9"), from_hex_of_any_case("00fFa9")), (None, Some([0, 255, 169])));
        assert_eq!((hex_bytes("00fFa9"), hex_bytes("")), (Some(vec![0, 255, 169]), Some(Vec::new())));
        for text in ["0", "0g", "+1", "\u{e9}", " 00", "000"] {
            assert_eq!(
                (from_hex::<1>(text), from_hex_of_any_case::<1>(text), hex_bytes(text)),
                (None, None, None),
                "{text}"
            );
        }
    }
}
