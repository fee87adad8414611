//! What is known about an address.

/// What is known about an address. Each part may be missing: databases come from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressFacts {
    /// The number of its autonomous system.
    pub asn: Option<u32>,
    /// Where it is used, not where it is registered: two capital letters of ISO 3166-1.
    pub country: Option<[u8; 2]>,
    /// The continent of that country.
    pub continent: Option<Continent>,
    /// Whether that country is a member state of the European Union. Databases say so only of members: false may mean
    /// that the country is not known.
    pub in_european_union: bool,
}

/// The seven continents that MaxMind tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continent {
    /// AF.
    Africa,
    /// AN.
    Antarctica,
    /// AS.
    Asia,
    /// EU, which is the continent and not the union.
    Europe,
    /// NA.
    NorthAmerica,
    /// OC.
    Oceania,
    /// SA.
    SouthAmerica,
}

impl AddressFacts {
    /// The names that the caveat `geo.region` has for the place; a German address is in both `Europe` and `EU`. None
    /// when the continent is not known: it is not known then either which regions the place is *not* in.
    #[must_use]
    pub fn regions(&self) -> Option<impl Iterator<Item = &'static str> + use<>> {
        let union = self.in_european_union.then_some("EU");
        self.continent.map(|continent| [continent.region()].into_iter().chain(union))
    }
}

impl Continent {
    /// The name that the caveat `geo.region` has for it.
    #[must_use]
    pub const fn region(self) -> &'static str {
        match self {
            Self::Africa => "Africa",
            Self::Antarctica => "Antarctica",
            Self::Asia => "Asia",
            Self::Europe => "Europe",
            Self::NorthAmerica => "NorthAmerica",
            Self::Oceania => "Oceania",
            Self::SouthAmerica => "SouthAmerica",
        }
    }

    /// The continent of a code of two letters.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "AF" => Self::Africa,
            "AN" => Self::Antarctica,
            "AS" => Self::Asia,
            "EU" => Self::Europe,
            "NA" => Self::NorthAmerica,
            "OC" => Self::Oceania,
            "SA" => Self::SouthAmerica,
            _ => return None,
        })
    }
}
