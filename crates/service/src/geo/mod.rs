//! Where an address is: its autonomous system, country and continent, as MaxMind databases tell; or nothing at all.
//!
//! It knows neither tokens nor requests. The names of regions are here because they are made of what a database says.
//!
//! Where the next thing goes: another source of the same facts is a file next to `maxmind.rs`, another shape of records a variant
//! in `shape.rs`.

mod address_facts;
mod error;
mod maxmind;
mod report;
mod settings;
mod shape;
mod watch;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

pub use address_facts::AddressFacts;
pub use error::GeoError;
use maxmind::{Database, Shaped};
pub use report::DatabaseReport;
pub use settings::Settings;
use shape::Part;
pub use watch::{log, watch};

/// Looks addresses up. Cheap to clone; clones share the databases, which are held in memory whole.
#[derive(Clone)]
pub struct Geo {
    files: Arc<Files>,
    databases: Arc<RwLock<Arc<Databases>>>,
}

/// Which facts there is a database for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tells {
    /// The autonomous system.
    pub asn: bool,
    /// The country.
    pub country: bool,
    /// Continent and membership of the European Union. Flat databases of countries do not have them.
    pub regions: bool,
}

#[derive(Debug, Default)]
struct Files {
    country: Option<PathBuf>,
    asn: Option<PathBuf>,
}

#[derive(Default)]
struct Databases {
    country: Option<Shaped>,
    asn: Option<Shaped>,
}

impl Geo {
    /// Knows nothing about any address.
    #[must_use]
    pub fn none() -> Self {
        Self { files: Arc::default(), databases: Arc::default() }
    }

    /// Reads a database of countries and one of autonomous systems, and looks into both to learn the shape of their records. One
    /// file that has both may be given twice; it is read once.
    ///
    /// # Errors
    /// [`GeoError`] says which file cannot be used, and why.
    pub fn open(country: Option<&Path>, asn: Option<&Path>) -> Result<Self, GeoError> {
        let files = Files { country: country.map(Path::to_owned), asn: asn.map(Path::to_owned) };
        let databases = Databases::open(&files)?;
        Ok(Self { files: Arc::new(files), databases: Arc::new(RwLock::new(Arc::new(databases))) })
    }

    /// Which facts there is a database for.
    #[must_use]
    pub fn tells(&self) -> Tells {
        let databases = self.current();
        Tells {
            asn: databases.asn.is_some(),
            country: databases.country.is_some(),
            regions: databases.country.as_ref().is_some_and(Shaped::tells_regions),
        }
    }

    /// What the databases that are in use were found to be.
    #[must_use]
    pub fn reports(&self) -> Vec<DatabaseReport> {
        let databases = self.current();
        [&databases.country, &databases.asn].into_iter().flatten().map(|one| one.report().clone()).collect()
    }

    /// What is known about an address; none when that is nothing. An IPv4 address may be given in its IPv6 form
    /// (`::ffff:192.0.2.1`).
    #[must_use]
    pub fn locate(&self, address: IpAddr) -> Option<AddressFacts> {
        let databases = self.current();
        let address = address.to_canonical();
        let find = |database: &Option<Shaped>| database.as_ref().and_then(|database| database.find(address));
        let place = find(&databases.country).unwrap_or_default();
        let system = find(&databases.asn).unwrap_or_default();
        let found = AddressFacts { asn: system.asn, ..place };
        (found != AddressFacts::default()).then_some(found)
    }

    /// Reads the files again. When that fails, what was read before stays in force.
    ///
    /// # Errors
    /// [`GeoError`] when a file cannot be used as it is now.
    pub fn reload(&self) -> Result<(), GeoError> {
        let databases = Arc::new(Databases::open(&self.files)?);
        *self.databases.write().unwrap_or_else(PoisonError::into_inner) = databases;
        Ok(())
    }

    fn current(&self) -> Arc<Databases> {
        Arc::clone(&self.databases.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Databases {
    fn open(files: &Files) -> Result<Self, GeoError> {
        let open = |path: &PathBuf| Database::open(path).map(Arc::new);
        let country = files.country.as_ref().map(open).transpose()?;
        let asn = match &country {
            Some(country) if files.asn == files.country => Some(Arc::clone(country)),
            _ => files.asn.as_ref().map(open).transpose()?,
        };
        let shaped = |database: Option<Arc<Database>>, part| database.map(|one| Shaped::new(one, part)).transpose();
        Ok(Self { country: shaped(country, Part::Country)?, asn: shaped(asn, Part::Asn)? })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn data(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data").join(name)
    }

    fn both() -> Geo {
        let file = data("geo.mmdb");
        Geo::open(Some(&file), Some(&file)).unwrap()
    }

    fn locate(geo: &Geo, address: &str) -> Option<AddressFacts> {
        geo.locate(address.parse().unwrap())
    }

    fn asn(geo: &Geo, address: &str) -> Option<u32> {
        locate(geo, address).and_then(|found| found.asn)
    }

    #[test]
    fn an_address_is_in_its_system_its_country_and_its_regions() {
        let rows: [(&str, u32, &str, &[&str]); 11] = [
            ("192.0.2.1", 64496, "PL", &["Europe", "EU"]),
            ("::ffff:192.0.2.255", 64496, "PL", &["Europe", "EU"]),
            ("198.51.100.7", 64497, "US", &["NorthAmerica"]),
            ("203.0.113.0", 64498, "AU", &["Oceania"]),
            ("2001:db8::1", 64499, "DE", &["Europe", "EU"]),
            ("3fff:1::", 64500, "CH", &["Europe"]),
            ("3fff:2::", 64501, "BR", &["SouthAmerica"]),
            ("3fff:3::", 64502, "JP", &["Asia"]),
            ("3fff:4::", 64503, "ZA", &["Africa"]),
            ("3fff:5::", 64504, "AQ", &["Antarctica"]),
            ("3fff:6::", 64505, "RE", &["Africa", "EU"]),
        ];
        let geo = both();
        for (address, asn, country, regions) in rows {
            let found = locate(&geo, address).unwrap();
            assert_eq!(found.asn, Some(asn), "{address}");
            assert_eq!(found.country.as_ref().map(<[u8; 2]>::as_slice), Some(country.as_bytes()), "{address}");
            assert_eq!(found.regions().unwrap().collect::<Vec<_>>(), regions, "{address}");
        }
    }

    #[test]
    fn an_address_of_no_network_is_not_found() {
        for address in ["192.0.1.255", "192.0.3.0", "10.0.0.1", "127.0.0.1", "2001:db9::", "::1", "::"] {
            assert_eq!(locate(&both(), address), None, "{address}");
        }
    }

    #[test]
    fn what_a_record_does_not_say_or_says_wrongly_is_not_known() {
        let nothing = AddressFacts::default();
        let rows = [
            ("3fff:7::", Some(AddressFacts { asn: Some(64506), continent: Some("Europe"), ..nothing })),
            ("3fff:8::", Some(AddressFacts { asn: Some(64507), ..nothing })),
            ("3fff:9::", Some(AddressFacts { asn: Some(64508), ..nothing })),
            ("3fff:a::", None),
            ("3fff:b::", None),
        ];
        for (address, found) in rows {
            assert_eq!(locate(&both(), address), found, "{address}");
        }
    }

    #[test]
    fn regions_are_known_only_when_the_continent_is() {
        let found = AddressFacts { asn: Some(64507), country: Some(*b"PL"), continent: None, in_european_union: true };
        assert!(found.regions().is_none());
    }

    #[test]
    fn each_fact_comes_from_its_own_file() {
        let (country, asn) = (data("geo.mmdb"), data("geo-asn.mmdb"));
        let geo = Geo::open(Some(&country), Some(&asn)).unwrap();
        let found = locate(&geo, "192.0.2.1").unwrap();
        assert_eq!((found.asn, found.country), (Some(64510), Some(*b"PL")));
        let found = locate(&geo, "2001:db8::1").unwrap();
        assert_eq!((found.asn, found.country), (None, Some(*b"DE")), "the other file knows no IPv6");

        let geo = Geo::open(None, Some(&asn)).unwrap();
        assert_eq!(locate(&geo, "192.0.2.1"), Some(AddressFacts { asn: Some(64510), ..AddressFacts::default() }));
        let geo = Geo::open(Some(&country), None).unwrap();
        assert_eq!(locate(&geo, "192.0.2.1").unwrap().asn, None);
        assert_eq!(locate(&geo, "3fff:8::"), None, "its system is all that is known of it");
    }

    #[test]
    fn flat_databases_tell_countries_and_systems_and_no_regions() {
        for (file, has_asn) in
            [("geo-flat-code.mmdb", false), ("geo-flat-country.mmdb", true), ("geo-flat-lite.mmdb", true)]
        {
            let file = data(file);
            let geo = Geo::open(Some(&file), has_asn.then_some(&*file)).unwrap();
            assert_eq!(geo.tells(), Tells { asn: has_asn, country: true, regions: false });
            for (address, country, asn) in
                [("192.0.2.1", *b"PL", 64496), ("198.51.100.7", *b"US", 64497), ("2001:db8::1", *b"DE", 64499)]
            {
                let found =
                    AddressFacts { asn: has_asn.then_some(asn), country: Some(country), ..AddressFacts::default() };
                assert_eq!(locate(&geo, address), Some(found), "{address} in {}", file.display());
            }
        }
    }

    #[test]
    fn an_as_number_of_any_width_is_read() {
        let geo = Geo::open(None, Some(&data("geo-asn-widths.mmdb"))).unwrap();
        for (address, number) in [
            ("192.0.2.1", Some(64496)),
            ("198.51.100.7", Some(4_200_000_000)),
            ("203.0.113.1", Some(64498)),
            ("2001:db8::1", Some(64499)),
            ("3fff:1::", None),
            ("3fff:2::", Some(64501)),
            ("3fff:3::", Some(64502)),
            ("3fff:4::", None),
        ] {
            assert_eq!(asn(&geo, address), number, "{address}");
        }
        assert_eq!(asn(&Geo::open(None, Some(&data("geo-asn-u16.mmdb"))).unwrap(), "192.0.2.1"), Some(64496));
    }

    #[test]
    fn what_was_found_in_a_file_is_told() {
        let file = data("geo-flat-code.mmdb");
        let told = Geo::open(Some(&file), None).unwrap().reports();
        let expected = format!("{}: 3 of 3 inspected records have a country, in country_code", file.display());
        assert_eq!(told.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
        assert_eq!(told[0].built_s, 1_767_225_600);
    }

    #[test]
    fn without_a_file_nothing_is_found() {
        for geo in [Geo::none(), Geo::open(None, None).unwrap()] {
            assert_eq!((geo.tells(), geo.reports()), (Tells::default(), vec![]));
            assert_eq!(locate(&geo, "192.0.2.1"), None);
            geo.reload().unwrap();
        }
        assert_eq!(both().tells(), Tells { asn: true, country: true, regions: true });
    }

    #[test]
    fn an_error_names_the_file_and_what_is_wrong_with_it() {
        let rows = [
            (data("none.mmdb"), "none.mmdb cannot be read"),
            (data("README.md"), "README.md is not a MaxMind database"),
            (
                data("geo-asn.mmdb"),
                "geo-asn.mmdb (a database of type \"Documentation-ASN\") cannot be used here: none of the 2 inspected records \
                 has a country in one of the known fields: country.iso_code, country_code, country",
            ),
        ];
        for (path, text) in rows {
            let error = Geo::open(Some(&path), None).err().unwrap().to_string();
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_leaves_the_one_before_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("geo.mmdb");
        fs::copy(data("geo.mmdb"), &file).unwrap();
        let geo = Geo::open(Some(&file), Some(&file)).unwrap();
        let clone = geo.clone();

        fs::write(&file, &fs::read(data("geo.mmdb")).unwrap()[..1000]).unwrap();
        assert!(matches!(geo.reload(), Err(GeoError::Format { .. })));
        assert_eq!(asn(&geo, "192.0.2.1"), Some(64496));

        fs::copy(data("geo-asn.mmdb"), &file).unwrap();
        assert!(matches!(geo.reload(), Err(GeoError::Unusable { .. })));
        fs::remove_file(&file).unwrap();
        assert!(matches!(geo.reload(), Err(GeoError::File { .. })));
        assert_eq!(asn(&clone, "192.0.2.1"), Some(64496));
    }
}
