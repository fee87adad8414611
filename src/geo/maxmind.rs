//! One file in MaxMind's format (version 2.0 of its specification), read into memory.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::Reader;
use serde::Deserialize;

use super::{Continent, Found, GeoError};

/// What a database is wanted for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// Country, continent, membership of the European Union.
    Country,
    /// The autonomous system.
    Asn,
}

pub(super) struct Database {
    path: PathBuf,
    reader: Reader<Vec<u8>>,
}

impl Database {
    pub(super) fn open(path: &Path) -> Result<Self, GeoError> {
        let bytes = fs::read(path).map_err(|source| GeoError::File { path: path.to_owned(), source })?;
        Self::from_bytes(path, bytes)
    }

    fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, GeoError> {
        match Reader::from_source(bytes) {
            Ok(reader) => Ok(Self { path: path.to_owned(), reader }),
            Err(source) => Err(GeoError::Format { path: path.to_owned(), source }),
        }
    }

    /// Whether it says that it has what it is wanted for. The type's name is all there is to go by, and what MaxMind's
    /// own readers go by.
    pub(super) fn require(&self, part: Part) -> Result<(), GeoError> {
        let kind = &self.reader.metadata().database_type;
        if part.names().iter().any(|name| kind.contains(name)) {
            return Ok(());
        }
        Err(GeoError::Kind { path: self.path.clone(), kind: kind.clone(), needed: part.needed() })
    }

    /// Its file, and when it was built, in seconds since the Unix epoch.
    pub(super) fn built_s(&self) -> (PathBuf, u64) {
        (self.path.clone(), self.reader.metadata().build_epoch)
    }

    /// What it has on an address. A record that cannot be read says nothing.
    pub(super) fn find(&self, address: IpAddr) -> Option<Found> {
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return None;
        }
        match self.reader.lookup(address).and_then(|at| at.decode::<Record<'_>>()) {
            Ok(record) => record.as_ref().map(Found::from),
            Err(error) => {
                tracing::warn!(
                    path = %self.path.display(),
                    error = %error,
                    "a record of the geo database cannot be read; nothing is known of its address"
                );
                None
            }
        }
    }
}

impl Part {
    /// Some name among these is part of the type: `GeoLite2-City`, `DBIP-Location (compat=City)`.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Country => &["Country", "City", "Enterprise"],
            Self::Asn => &["ASN", "ISP", "Enterprise"],
        }
    }

    fn needed(self) -> &'static str {
        match self {
            Self::Country => "one of countries (a type with Country, City or Enterprise in its name)",
            Self::Asn => "one of autonomous systems (a type with ASN, ISP or Enterprise in its name)",
        }
    }
}

/// What we read of a record, in the shape of GeoLite2 and GeoIP2. GeoIP2-Enterprise has the AS number among its traits.
#[derive(Deserialize)]
#[serde(bound = "'de: 'a")]
struct Record<'a> {
    #[serde(default)]
    country: Country<'a>,
    #[serde(default)]
    continent: Code<'a>,
    autonomous_system_number: Option<u32>,
    #[serde(default)]
    traits: Traits,
}

#[derive(Default, Deserialize)]
#[serde(bound = "'de: 'a")]
struct Country<'a> {
    iso_code: Option<&'a str>,
    #[serde(default)]
    is_in_european_union: bool,
}

#[derive(Default, Deserialize)]
#[serde(bound = "'de: 'a")]
struct Code<'a> {
    code: Option<&'a str>,
}

#[derive(Default, Deserialize)]
struct Traits {
    autonomous_system_number: Option<u32>,
}

impl From<&Record<'_>> for Found {
    fn from(record: &Record<'_>) -> Self {
        Self {
            asn: record.autonomous_system_number.or(record.traits.autonomous_system_number),
            country: record.country.iso_code.and_then(country),
            continent: record.continent.code.and_then(Continent::from_code),
            in_european_union: record.country.is_in_european_union,
        }
    }
}

fn country(code: &str) -> Option<[u8; 2]> {
    code.as_bytes().try_into().ok().filter(|code: &[u8; 2]| code.iter().all(u8::is_ascii_uppercase))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    const FILES: [&[u8]; 2] =
        [include_bytes!("../../tests/data/geo.mmdb"), include_bytes!("../../tests/data/geo-asn.mmdb")];

    fn from_bytes(bytes: &[u8]) -> Result<Database, GeoError> {
        Database::from_bytes(Path::new("test.mmdb"), bytes.to_vec())
    }

    fn look_everywhere(database: &Database) {
        for first in 0..=255 {
            database.find(IpAddr::from([first, 0, 2, 1]));
        }
        for address in
            ["198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff:1::", "3fff:6::", "3fff:9::", "::", "ffff::"]
        {
            database.find(address.parse().unwrap());
        }
    }

    #[test]
    fn a_file_cut_short_anywhere_is_refused() {
        for bytes in FILES {
            for length in 0..bytes.len() {
                assert!(from_bytes(&bytes[..length]).is_err(), "the first {length} bytes were accepted");
            }
            assert!(from_bytes(bytes).is_ok());
        }
    }

    #[test]
    fn a_database_of_the_other_kind_is_refused() {
        for (from, to, part, needed) in [
            ("-Country-ASN", "-Country-xxx", Part::Asn, "one of autonomous systems"),
            ("-Country-ASN", "-Kountry-ASN", Part::Country, "one of countries"),
        ] {
            let database = from_bytes(&replaced(FILES[0], from.as_bytes(), to.as_bytes())).unwrap();
            let error = database.require(part).unwrap_err().to_string();
            assert!(error.contains(needed) && error.contains(to), "{error}");
        }
    }

    #[test]
    fn both_kinds_in_one_file_are_accepted() {
        let database = from_bytes(FILES[0]).unwrap();
        assert!(database.require(Part::Country).is_ok() && database.require(Part::Asn).is_ok());
    }

    #[test]
    fn only_two_capital_letters_are_a_country() {
        for (code, known) in [("PL", true), ("pl", false), ("P", false), ("POL", false), ("P1", false), ("Ł", false)] {
            assert_eq!(country(code).is_some(), known, "{code}");
        }
    }

    fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        [&bytes[..at], to, &bytes[at + from.len()..]].concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_changed_byte_ends_in_an_error_or_in_other_answers(at in any::<Index>(), to in any::<u8>()) {
            for file in FILES {
                let mut bytes = file.to_vec();
                bytes[at.index(file.len())] = to;
                if let Ok(database) = from_bytes(&bytes) {
                    look_everywhere(&database);
                }
            }
        }

        #[test]
        fn arbitrary_bytes_before_the_metadata_end_in_an_error_or_in_some_answer(
            noise in proptest::collection::vec(any::<u8>(), 1..400),
            at in any::<Index>(),
        ) {
            let mut bytes = FILES[0].to_vec();
            let at = at.index(bytes.len() - noise.len());
            bytes[at..at + noise.len()].copy_from_slice(&noise);
            if let Ok(database) = from_bytes(&bytes) {
                look_everywhere(&database);
            }
        }
    }
}
