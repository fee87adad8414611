//! Countries and regions of the world.

use std::fmt;

use super::list::{self, names};

/// Two bytes for a country, letters as in ISO 3166-1. They are kept as written; caveats compare them without regard to case.
/// Others than letters are read as in Onezone, where they show: they are those of no country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(pub(super) [u8; 2]);

names! {
    /// A part of the world. A place may be in several: in [`Region::Europe`] and in [`Region::Eu`].
    Region {
        /// The continent.
        Africa = "Africa",
        /// The continent.
        Antarctica = "Antarctica",
        /// The continent.
        Asia = "Asia",
        /// The continent.
        Europe = "Europe",
        /// The European Union.
        Eu = "EU",
        /// The continent.
        NorthAmerica = "NorthAmerica",
        /// The continent.
        Oceania = "Oceania",
        /// The continent.
        SouthAmerica = "SouthAmerica",
    }
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

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.0).unwrap_or_default())
    }
}
