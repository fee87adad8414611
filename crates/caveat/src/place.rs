//! Countries and regions of the world.

use std::fmt;

use super::list;

/// Two bytes for a country, letters as in ISO 3166-1. They are kept as written; caveats compare them without regard to case.
/// Others than letters are read as in Onezone, where they show: they are those of no country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(pub(super) [u8; 2]);

/// A part of the world. A place may be in several: in [`Region::Europe`] and in [`Region::Eu`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// The continent.
    Africa,
    /// The continent.
    Antarctica,
    /// The continent.
    Asia,
    /// The continent.
    Europe,
    /// The European Union.
    Eu,
    /// The continent.
    NorthAmerica,
    /// The continent.
    Oceania,
    /// The continent.
    SouthAmerica,
}

impl Country {
    /// Exactly two bytes of characters that can be seen, without the one that ends an item of a list.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_code = text.chars().all(|c| list::is_seen(c) && c != '|');
        <[u8; 2]>::try_from(text.as_bytes()).ok().filter(|_| is_code).map(Self)
    }

    /// In capital letters.
    pub(super) fn letters(self) -> [u8; 2] {
        self.0.map(|letter| letter.to_ascii_uppercase())
    }
}

impl Region {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::Africa,
        Self::Antarctica,
        Self::Asia,
        Self::Europe,
        Self::Eu,
        Self::NorthAmerica,
        Self::Oceania,
        Self::SouthAmerica,
    ];

    /// Reads the one name of a region, as in `NorthAmerica`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.name() == text)
    }

    /// Its one name, as in `NorthAmerica`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Africa => "Africa",
            Self::Antarctica => "Antarctica",
            Self::Asia => "Asia",
            Self::Europe => "Europe",
            Self::Eu => "EU",
            Self::NorthAmerica => "NorthAmerica",
            Self::Oceania => "Oceania",
            Self::SouthAmerica => "SouthAmerica",
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
