//! Identifiers: random, fixed in length, with one text each.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::hex;
use crate::random::Random;

/// A text that is no identifier of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct IdError;

/// The text of an identifier, without an allocation and without `write!`, which takes several times as long: it is written for each
/// request.
#[derive(Clone, Copy)]
pub struct IdText {
    /// Zero after the text.
    bytes: [u8; TokenId::TEXT_LENGTH],
    length: usize,
}

impl Deref for IdText {
    type Target = str;

    fn deref(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

/// A token's identifier, in one of three lengths. The first six bytes of our own are milliseconds, so that inserts stay local in an
/// index, and a later identifier sorts after an earlier one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenId {
    /// Zero after the identifier.
    bytes: [u8; Self::LONGEST],
    length: u8,
}

impl TokenId {
    /// Bytes of a client token's identifier, whose text is 43 characters of base64url.
    pub const CLIENT: usize = 32;
    /// Bytes of a named token's identifier, whose text is Onezone's: 32 hexadecimal digits, `ch`, and four more.
    pub const NAMED: usize = 18;
    /// Bytes of the identifier of a token from Onezone 18.02, whose text is 32 hexadecimal digits.
    pub const OLD: usize = 16;
    /// The most bytes.
    pub const LONGEST: usize = Self::CLIENT;
    /// Characters in a client token's text.
    pub const TEXT_LENGTH: usize = 43;

    /// Creates a client token's identifier. `now_ms` is milliseconds since the Unix epoch, of which it uses the low 48 bits.
    #[must_use]
    pub fn new(now_ms: u64, random: &Random) -> Self {
        let mut bytes = random.identifier::<{ Self::CLIENT }>();
        bytes[..6].copy_from_slice(&now_ms.to_be_bytes()[2..]);
        Self { bytes, length: 32 }
    }

    /// Creates a named or temporary token's identifier in the same way.
    #[must_use]
    pub fn named(now_ms: u64, random: &Random) -> Self {
        let mut bytes = [0; Self::LONGEST];
        bytes[..6].copy_from_slice(&now_ms.to_be_bytes()[2..]);
        bytes[6..Self::NAMED].copy_from_slice(&random.identifier::<12>());
        Self { bytes, length: 18 }
    }

    /// Reads an identifier, which has exactly one spelling.
    ///
    /// # Errors
    /// [`IdError`] for anything else.
    pub fn parse(text: &[u8]) -> Result<Self, IdError> {
        let mut bytes = [0; Self::LONGEST];
        match text.len() {
            Self::TEXT_LENGTH => match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
                Ok(Self::CLIENT) => Ok(Self { bytes, length: 32 }),
                _ => Err(IdError),
            },
            _ => Ok(Self { length: read_onezones(text, &mut bytes)?, bytes }),
        }
    }

    /// The latest moment that an identifier can hold, in milliseconds since the Unix epoch: 48 bits.
    pub const LATEST_MS: u64 = (1 << 48) - 1;

    /// When the identifier was created, in milliseconds since the Unix epoch, if it is one of ours.
    #[must_use]
    pub fn time_ms(&self) -> u64 {
        self.bytes[..6].iter().fold(0, |ms, byte| ms << 8 | u64::from(*byte))
    }

    /// The first bytes of identifiers of a moment: earlier identifiers sort before these bytes, all others after them.
    #[must_use]
    pub fn first_bytes(ms: u64) -> [u8; 6] {
        let mut bytes = [0; 6];
        bytes.copy_from_slice(&ms.min(Self::LATEST_MS).to_be_bytes()[2..]);
        bytes
    }

    /// The identifier's bytes, in the order of creation.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Its one text.
    #[must_use]
    pub fn text(&self) -> IdText {
        let mut bytes = [0; Self::TEXT_LENGTH];
        let length = if self.as_bytes().len() == Self::CLIENT {
            let _ = URL_SAFE_NO_PAD.encode_slice(self.as_bytes(), &mut bytes);
            Self::TEXT_LENGTH
        } else {
            write_onezones(self.as_bytes(), &mut bytes)
        };
        IdText { bytes, length }
    }

    /// Reads what [`TokenId::as_bytes`] returned.
    ///
    /// # Errors
    /// [`IdError`] for another number of bytes.
    pub fn from_bytes(id: &[u8]) -> Result<Self, IdError> {
        let length = u8::try_from(id.len()).map_err(|_| IdError)?;
        if ![Self::CLIENT, Self::NAMED, Self::OLD].contains(&id.len()) {
            return Err(IdError);
        }
        let mut bytes = [0; Self::LONGEST];
        bytes[..id.len()].copy_from_slice(id);
        Ok(Self { bytes, length })
    }
}

impl Ord for TokenId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl PartialOrd for TokenId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({self})")
    }
}

/// Reads an identifier as Onezone writes it: 32 hexadecimal digits, or those, `ch`, and four more. Returns the number of its bytes.
fn read_onezones(text: &[u8], bytes: &mut [u8]) -> Result<u8, IdError> {
    match text.len() {
        32 => {
            hex::read(text, &mut bytes[..16]).ok_or(IdError)?;
            Ok(16)
        }
        38 if &text[32..34] == b"ch" => {
            hex::read(&text[..32], &mut bytes[..16]).ok_or(IdError)?;
            hex::read(&text[34..], &mut bytes[16..18]).ok_or(IdError)?;
            Ok(18)
        }
        _ => Err(IdError),
    }
}

/// Writes the same. Returns the number of characters.
fn write_onezones(bytes: &[u8], text: &mut [u8]) -> usize {
    hex::write(&bytes[..16], text);
    let Some(rest) = bytes.get(16..18) else { return 32 };
    text[32..34].copy_from_slice(b"ch");
    hex::write(rest, &mut text[34..]);
    38
}

/// A user or a service, in one of the two lengths of Onezone's identifiers. Ours have 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId {
    /// Zero after the identifier.
    bytes: [u8; Self::LONG],
    length: u8,
}

impl UserId {
    /// Bytes of an identifier, whose text is 32 lower-case hexadecimal digits.
    pub const SHORT: usize = 16;
    /// Bytes of an identifier of Onezone whose text is 32 digits, `ch`, and four more.
    pub const LONG: usize = 18;
    /// A new random identifier.
    #[must_use]
    pub fn new(random: &Random) -> Self {
        Self::from_bytes(random.bytes())
    }

    /// The identifier's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Whether it has 18 bytes, which programs of the previous version cannot read.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.as_bytes().len() == Self::LONG
    }

    /// Its one text.
    #[must_use]
    pub fn text(&self) -> IdText {
        let mut bytes = [0; TokenId::TEXT_LENGTH];
        IdText { length: write_onezones(self.as_bytes(), &mut bytes), bytes }
    }

    /// Takes 16 bytes as an identifier.
    #[must_use]
    pub fn from_bytes(short: [u8; Self::SHORT]) -> Self {
        let mut bytes = [0; Self::LONG];
        bytes[..Self::SHORT].copy_from_slice(&short);
        Self { bytes, length: 16 }
    }

    /// Reads what [`UserId::as_bytes`] returned.
    ///
    /// # Errors
    /// [`IdError`] for another number of bytes.
    pub fn from_slice(id: &[u8]) -> Result<Self, IdError> {
        let mut bytes = [0; Self::LONG];
        let length = match id.len() {
            Self::SHORT => 16,
            Self::LONG => 18,
            _ => return Err(IdError),
        };
        bytes[..id.len()].copy_from_slice(id);
        Ok(Self { bytes, length })
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({self})")
    }
}

impl FromStr for UserId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut bytes = [0; Self::LONG];
        Ok(Self { length: read_onezones(text.as_bytes(), &mut bytes)?, bytes })
    }
}

/// A root key of the keyring, or a key-encryption key: 8 bytes, written as 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// A new random identifier.
    #[must_use]
    pub fn new(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// The identifier's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// Takes bytes as an identifier.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        hex::from_hex(text).map(Self).ok_or(IdError)
    }
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
    fn identifiers_of_each_length_have_one_text() {
        let random = Random::danger_seeded(4);
        let old = TokenId::from_bytes(&[0xab; TokenId::OLD]).unwrap();
        for (id, length) in [(TokenId::new(7, &random), 43), (TokenId::named(7, &random), 38), (old, 32)] {
            let text = id.to_string();
            assert_eq!((text.len(), TokenId::parse(text.as_bytes())), (length, Ok(id)));
            assert_eq!(TokenId::from_bytes(id.as_bytes()), Ok(id));
            assert_eq!(
                TokenId::parse(text.to_uppercase().as_bytes()).ok().filter(|other| *other == id),
                None,
                "{text}"
            );
        }
        assert_eq!(TokenId::from_bytes(&[0; 17]), Err(IdError));
        let mut named = TokenId::named(7, &random).to_string().into_bytes();
        named[32] = b'C';
        assert_eq!(TokenId::parse(&named), Err(IdError));
    }

    #[test]
    fn later_token_ids_sort_after_earlier_ones() {
        let random = Random::danger_seeded(2);
        assert!(TokenId::new(1_000, &random) < TokenId::named(1_001, &random));
        assert!(TokenId::named(1_001, &random) < TokenId::new(1_002, &random));
    }

    #[test]
    fn an_account_has_an_id_of_onezones_in_one_of_two_lengths() {
        let short = "0123456789abcdef0123456789abcdef".parse::<UserId>().unwrap();
        let long = "0123456789abcdef0123456789abcdefch4567".parse::<UserId>().unwrap();
        assert!(!short.is_long() && long.is_long() && short < long);
        assert_eq!((short.as_bytes().len(), long.as_bytes().len()), (16, 18));
        for id in [short, long] {
            assert_eq!((id.to_string().parse(), UserId::from_slice(id.as_bytes())), (Ok(id), Ok(id)));
        }
        let padded = UserId::from_slice(&[short.as_bytes(), &[0, 0]].concat()).unwrap();
        assert!(padded != short && padded > short, "the length counts");
        for bytes in [0, 15, 17, 19] {
            assert_eq!(UserId::from_slice(&vec![1; bytes]), Err(IdError));
        }
        for text in ["0123456789abcdef0123456789abcdefch456", "0123456789abcdef0123456789abcdefCH4567"] {
            assert_eq!(text.parse::<UserId>(), Err(IdError));
        }
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
