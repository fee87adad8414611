//! Hexadecimal digits, in lower case: the one form in which ids and hashes are written and read.

/// Two digits a byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| digits(*byte).map(char::from);
    bytes.iter().flat_map(digits).collect()
}

/// Takes back what [`hex`] gave; none for anything else.
#[must_use]
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    read(text.as_bytes(), &mut bytes).map(|()| bytes)
}

/// Writes two digits a byte. Formatting by `write!` took several times as long.
pub(super) fn write(bytes: &[u8], text: &mut [u8]) {
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&digits(*byte));
    }
}

/// Reads exactly two digits a byte; none for anything else.
pub(super) fn read(text: &[u8], bytes: &mut [u8]) -> Option<()> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(digits[0])? << 4 | digit(digits[1])?;
    }
    Some(())
}

fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|value| b"0123456789abcdef"[usize::from(value)])
}
