//! The shapes that the records of databases have: where each says a country or an autonomous system.

use std::fmt;

use maxminddb::{LookupResult, MaxMindDbError, PathElement, path};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::AddressFacts;

/// What is known of an address in a database.
pub(super) type At<'a> = LookupResult<'a, Vec<u8>>;

/// What a database is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Country, and with it continent and membership of the European Union.
    Country,
    /// The autonomous system.
    Asn,
}

/// Where a record says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `country.iso_code`, with `continent.code`: GeoLite2, GeoIP2, DB-IP.
    IsoCode,
    /// `country_code`: ip-location-db, IPinfo Lite.
    CountryCode,
    /// `country`: IPinfo.
    Country,
    /// `autonomous_system_number`, which GeoIP2-Enterprise has among its traits.
    AutonomousSystemNumber,
    /// `asn`: IPinfo.
    Asn,
}

impl Part {
    /// In the order in which they are preferred where a record has several.
    pub(super) fn shapes(self) -> &'static [Shape] {
        match self {
            Self::Country => &[Shape::IsoCode, Shape::CountryCode, Shape::Country],
            Self::Asn => &[Shape::AutonomousSystemNumber, Shape::Asn],
        }
    }

    pub(super) fn is_known(self, found: &AddressFacts) -> bool {
        match self {
            Self::Country => found.country.is_some(),
            Self::Asn => found.asn.is_some(),
        }
    }

    /// As the object of a sentence.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Country => "a country",
            Self::Asn => "an AS number",
        }
    }
}

impl Shape {
    /// The field that is read.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::IsoCode => "country.iso_code",
            Self::CountryCode => "country_code",
            Self::Country => "country",
            Self::AutonomousSystemNumber => "autonomous_system_number",
            Self::Asn => "asn",
        }
    }

    /// Whether records say regions too. Flat ones do not say who is a member of the European Union: a blacklist of it would let its
    /// members through if a continent alone counted.
    pub(super) fn tells_regions(self) -> bool {
        self == Self::IsoCode
    }

    /// Reads what a database has on an address; none for an address that it does not have.
    ///
    /// # Errors
    /// When the record has another shape, or is damaged.
    pub(super) fn read(self, at: &At<'_>) -> Result<Option<AddressFacts>, MaxMindDbError> {
        if !at.has_data() {
            return Ok(None);
        }
        let nothing = AddressFacts::default();
        let country_at = |path: &[PathElement<'_>]| Ok::<_, MaxMindDbError>(at.decode_path(path)?.and_then(country));
        let number_at = |path: &[PathElement<'_>]| at.decode_path::<Number>(path);
        Ok(Some(match self {
            Self::IsoCode => AddressFacts {
                country: country_at(&path!["country", "iso_code"])?,
                continent: at.decode_path(&path!["continent", "code"])?.and_then(continent),
                in_european_union: at.decode_path(&path!["country", "is_in_european_union"])?.unwrap_or(false),
                ..nothing
            },
            Self::CountryCode => AddressFacts { country: country_at(&path!["country_code"])?, ..nothing },
            Self::Country => AddressFacts { country: country_at(&path!["country"])?, ..nothing },
            Self::AutonomousSystemNumber => {
                let number = match number_at(&path!["autonomous_system_number"])? {
                    None => number_at(&path!["traits", "autonomous_system_number"])?,
                    number => number,
                };
                AddressFacts { asn: number.and_then(|number| number.0), ..nothing }
            }
            Self::Asn => AddressFacts { asn: number_at(&path!["asn"])?.and_then(|number| number.0), ..nothing },
        }))
    }
}

/// An AS number: an unsigned number of any width, or a text. None for one that does not fit 32 bits (RFC 6793).
#[derive(Clone, Copy)]
struct Number(Option<u32>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an AS number")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(u32::try_from(number).ok()))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Number, E> {
        Ok(Number(u32::try_from(number).ok()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        Ok(Number(as_number(text)))
    }
}

/// Reads `AS64500`, or `64500`.
fn as_number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("AS").unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn country(code: &str) -> Option<[u8; 2]> {
    code.as_bytes().try_into().ok().filter(|code: &[u8; 2]| code.iter().all(u8::is_ascii_uppercase))
}

/// The region of a continent's code of two letters: the seven continents that MaxMind tells apart.
fn continent(code: &str) -> Option<&'static str> {
    Some(match code {
        "AF" => "Africa",
        "AN" => "Antarctica",
        "AS" => "Asia",
        // The continent, not the union.
        "EU" => "Europe",
        "NA" => "NorthAmerica",
        "OC" => "Oceania",
        "SA" => "SouthAmerica",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_capital_letters_are_a_country() {
        for (code, known) in [("PL", true), ("pl", false), ("P", false), ("POL", false), ("P1", false), ("Ł", false)] {
            assert_eq!(country(code).is_some(), known, "{code}");
        }
    }

    #[test]
    fn an_as_number_is_read_from_text() {
        for (text, number) in [("AS64500", Some(64500)), ("64500", Some(64500)), ("AS4294967295", Some(u32::MAX))] {
            assert_eq!(as_number(text), number, "{text}");
        }
        for text in ["", "AS", "as64500", "AS 1", "AS-1", "AS+1", "AS4294967296", "ASAS1", "AS1 Example"] {
            assert_eq!(as_number(text), None, "{text}");
        }
    }
}
