//! What is known about an address.

/// What is known about an address. Each part may be missing: databases come from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressFacts {
    /// The number of its autonomous system.
    pub asn: Option<u32>,
    /// Where it is used, not where it is registered: two capital letters of ISO 3166-1.
    pub country: Option<[u8; 2]>,
    /// The continent of that country, by the name that the caveat `geo.region` has for it.
    pub continent: Option<&'static str>,
    /// Whether that country is a member state of the European Union. Databases say so only of members: false may mean
    /// that the country is not known.
    pub in_european_union: bool,
}

impl AddressFacts {
    /// The names that the caveat `geo.region` has for the place; a German address is in both `Europe` and `EU`. None
    /// when the continent is not known: then the regions that the place is *not* in are not known either.
    #[must_use]
    pub fn regions(&self) -> Option<impl Iterator<Item = &'static str> + use<>> {
        let union = self.in_european_union.then_some("EU");
        self.continent.map(|continent| [continent].into_iter().chain(union))
    }
}
