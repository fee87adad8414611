//! Identifiers: random, fixed in length, with one text each.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::Random;

/// A text that is no identifier of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct IdError;

/// A client token's identifier: 6 bytes of milliseconds, so that inserts stay local in an index, and 26 random ones.
/// Its text is 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId([u8; 32]);

impl TokenId {
    /// Characters in the text.
    pub const TEXT_LENGTH: usize = 43;

    /// Makes a new identifier. `now_ms` is milliseconds since the Unix epoch, of which the low 48 bits are kept.
    #[must_use]
    pub fn new(now_ms: u64, random: &Random) -> Self {
        let mut bytes = [0; 32];
        bytes[..6].copy_from_slice(&now_ms.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random.bytes::<26>());
        Self(bytes)
    }

    /// Reads a macaroon's identifier, which has exactly one spelling.
    ///
    /// # Errors
    /// [`IdError`] for anything else.
    pub fn parse(text: &[u8]) -> Result<Self, IdError> {
        let mut bytes = [0; 32];
        if text.len() != Self::TEXT_LENGTH {
            return Err(IdError);
        }
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(32) => Ok(Self(bytes)),
            _ => Err(IdError),
        }
    }

    /// The identifier's bytes, in the order of creation.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Takes back what [`TokenId::as_bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; Self::TEXT_LENGTH];
        let _ = URL_SAFE_NO_PAD.encode_slice(self.0, &mut text);
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({self})")
    }
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Makes a new random identifier.
            #[must_use]
            pub fn new(random: &Random) -> Self {
                Self(random.bytes())
            }

            /// The identifier's bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// Takes bytes as an identifier.
            #[must_use]
            pub fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let mut bytes = [0; $length];
                if text.len() != 2 * $length || text.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
                    return Err(IdError);
                }
                for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
                    let digits = std::str::from_utf8(digits).map_err(|_| IdError)?;
                    *byte = u8::from_str_radix(digits, 16).map_err(|_| IdError)?;
                }
                Ok(Self(bytes))
            }
        }
    };
}

hex_id! {
    /// A user: 16 bytes, written as 32 lower-case hexadecimal digits, the form that Onezone's user ids have.
    UserId, 16
}

hex_id! {
    /// A root key of the keyring, or a key-encryption key: 8 bytes, written as 16 lower-case hexadecimal digits.
    KeyId, 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_id_has_one_text() {
        let id = TokenId::new(1, &Random::danger_seeded(1));
        let text = id.to_string();
        assert_eq!(text.len(), TokenId::TEXT_LENGTH);
        assert_eq!(TokenId::parse(text.as_bytes()), Ok(id));
        let mut other = text.into_bytes();
        // The last character carries two bits that no byte owns.
        let last = other.last_mut().unwrap();
        *last = if *last == b'A' { b'B' } else { *last + 1 };
        assert_ne!(TokenId::parse(&other), Ok(id));
    }

    #[test]
    fn later_token_ids_sort_after_earlier_ones() {
        let random = Random::danger_seeded(2);
        assert!(TokenId::new(1_000, &random) < TokenId::new(1_001, &random));
    }

    #[test]
    fn hexadecimal_ids_are_lower_case_and_whole() {
        let id = UserId::new(&Random::danger_seeded(3));
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "00", "0123456789ABCDEF0123456789ABCDEF", "+123456789abcdef0123456789abcdef"] {
            assert_eq!(text.parse::<UserId>(), Err(IdError));
        }
    }
}
