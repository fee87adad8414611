//! The encodings of a token's bytes.

use std::fmt;

/// A version of the binary format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Packets, each with its length in hexadecimal digits and its name.
    V1,
    /// Fields, each with the number of its type and its length as a varint.
    V2,
}

/// The 64 digits of base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    /// With `-` and `_` (RFC 4648 section 5).
    Url,
    /// With `+` and `/` (section 4).
    Standard,
}

/// How a token's text is written. In each encoding a token has exactly one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// V1 in base62, as Onezone writes it: letters and digits only.
    Onezone,
    /// Base64, as macaroon libraries write it.
    Base64 {
        /// Of the bytes.
        version: Version,
        /// Of the text.
        digits: Digits,
        /// Whether the text is filled with `=` to a multiple of four characters.
        padded: bool,
    },
}

impl Encoding {
    /// V1 in base64url without padding: what every library for V1 reads.
    pub const BASE64URL: Self = Self::Base64 { version: Version::V1, digits: Digits::Url, padded: false };
    /// V2 in base64url without padding: what every library for V2 reads.
    pub const V2: Self = Self::Base64 { version: Version::V2, digits: Digits::Url, padded: false };
    /// The encodings in which tokens are issued, with their names.
    pub const OFFERED: [(&'static str, Self); 3] =
        [("onezone", Self::Onezone), ("base64url", Self::BASE64URL), ("v2", Self::V2)];

    /// All encodings.
    pub const ALL: [Self; 9] = {
        const fn base64(version: Version, digits: Digits, padded: bool) -> Encoding {
            Encoding::Base64 { version, digits, padded }
        }
        [
            Self::Onezone,
            base64(Version::V1, Digits::Url, false),
            base64(Version::V1, Digits::Url, true),
            base64(Version::V1, Digits::Standard, false),
            base64(Version::V1, Digits::Standard, true),
            base64(Version::V2, Digits::Url, false),
            base64(Version::V2, Digits::Url, true),
            base64(Version::V2, Digits::Standard, false),
            base64(Version::V2, Digits::Standard, true),
        ]
    };

    /// The encoding that is offered under a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|(known, _)| *known == name).map(|(_, encoding)| encoding)
    }
}

/// For people, as in `V1 in base64url`.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Base64 { version, digits, padded } = self else { return f.write_str("V1 in base62") };
        let digits = match digits {
            Digits::Url => "base64url",
            Digits::Standard => "base64",
        };
        write!(f, "{version:?} in {digits}{}", if *padded { " with padding" } else { "" })
    }
}
