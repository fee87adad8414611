//! The id by which a directory knows an entry for ever, whatever its name and its place.

use std::fmt::{self, Write as _};
use std::str::FromStr;

/// Bytes of a UUID.
const LENGTH: usize = 16;

/// `entryUUID` (RFC 4530) or Active Directory's `objectGUID`, as a UUID. Its text is `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in small
/// letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StableId([u8; LENGTH]);

/// A text is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")]
pub struct NotAnId;

impl StableId {
    /// Reads the value of `objectGUID`: 16 bytes, of which the first three groups begin with their last byte (MS-DTYP, section 2.3.4).
    /// The text is the one that Active Directory's own tools show.
    pub(crate) fn from_guid(bytes: &[u8]) -> Option<Self> {
        <[u8; LENGTH]>::try_from(bytes).ok().map(|bytes| Self(Self::swap(bytes)))
    }

    /// The value of `objectGUID`.
    pub(crate) fn guid(self) -> [u8; LENGTH] {
        Self::swap(self.0)
    }

    fn swap(mut bytes: [u8; LENGTH]) -> [u8; LENGTH] {
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        bytes
    }
}

impl fmt::Display for StableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if [4, 6, 8, 10].contains(&at) {
                f.write_char('-')?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for StableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for StableId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let groups: Vec<&str> = text.split('-').collect();
        let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
            && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = is_uuid.then(|| u128::from_str_radix(&groups.concat(), 16).ok()).flatten();
        number.map(|number| Self(number.to_be_bytes())).ok_or(NotAnId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_has_the_text_that_its_directory_shows() {
        let bytes = [0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let id = StableId::from_guid(&bytes).unwrap();
        assert_eq!(id.to_string(), "12345678-9abc-def0-0123-456789abcdef");
        assert_eq!(id.guid(), bytes);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(StableId::from_guid(&bytes[1..]), None);
    }

    #[test]
    fn a_uuid_is_one_id_in_large_and_small_letters_and_nothing_else_is_one() {
        let id: StableId = "0C3F5A3E-94A2-103F-8F4B-7D5B1B2C3D4E".parse().unwrap();
        assert_eq!(id.to_string(), "0c3f5a3e-94a2-103f-8f4b-7d5b1b2c3d4e");
        for text in ["", "0c3f5a3e", "0c3f5a3e94a2103f8f4b7d5b1b2c3d4e", "+c3f5a3e-94a2-103f-8f4b-7d5b1b2c3d4e"] {
            assert_eq!(text.parse::<StableId>(), Err(NotAnId));
        }
        assert!("{0c3f5a3e-94a2-103f-8f4b-7d5b1b2c3d4e}".parse::<StableId>().is_err());
    }
}
