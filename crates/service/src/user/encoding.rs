//! How hashes and their parameters are written, here and by other programs: base64, decimal numbers, and fields
//! between dollar signs.

use base64::alphabet;
use base64::engine::general_purpose::GeneralPurposeConfig;
use base64::engine::{DecodePaddingMode, GeneralPurpose};

/// With padding, and without.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads a decimal number in its one spelling: digits, no sign, no leading zero. A number above [`u32::MAX`] becomes [`u32::MAX`],
/// which no bound allows.
pub(super) fn decimal(text: &str) -> Option<u32> {
    let good = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    (good && !text.is_empty()).then(|| text.parse().unwrap_or(u32::MAX))
}

/// Splits at each `$` into exactly `N` fields.
pub(super) fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    let fields: Vec<_> = text.split('$').collect();
    fields.try_into().ok()
}

/// The number of bytes that a text in crypt(3)'s base64 stands for. None unless the text is their only spelling: without padding,
/// and without bits beyond the last byte.
pub(super) fn crypt_bytes(text: &str) -> Option<usize> {
    const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let value = |byte: u8| ALPHABET.iter().position(|one| *one == byte);
    let last = text.bytes().try_fold(0, |_, byte| value(byte))?;
    // The first character of a byte or two holds the lowest bits.
    let is_short = match text.len() % 4 {
        0 => true,
        2 => last < 1 << 2,
        3 => last < 1 << 4,
        _ => false,
    };
    is_short.then_some(text.len() * 6 / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crypts_base64_has_one_spelling() {
        assert_eq!(crypt_bytes(""), Some(0));
        assert_eq!(crypt_bytes("z1"), Some(1));
        assert_eq!(crypt_bytes("zzD"), Some(2));
        assert_eq!(crypt_bytes("zzzz"), Some(3));
        for text in ["z", "z2", "zzE", "zzzzz", "zz+z", "zz\u{e9}"] {
            assert_eq!(crypt_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("4294967295"), Some(u32::MAX));
        assert_eq!(decimal("99999999999999999999"), Some(u32::MAX));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "1e3", "\u{661}"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }
}
