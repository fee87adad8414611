//! One file in MaxMind's format (version 2.0 of its specification), read into memory.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use maxminddb::{LookupResult, Reader, WithinOptions};

use super::shape::{Part, Shape};
use super::{AddressFacts, DatabaseReport, GeoError};
use zonemint_telemetry::error_chain;

/// Records of one block that are inspected.
const SAMPLED: usize = 16;
/// With fewer records in all the whole file is inspected.
const FEW: usize = 100;
/// Networks of a whole file that are inspected.
const ALL_NETWORKS: usize = 200_000;
/// Networks of one block that are inspected, with a record or without: so the walk ends in a damaged tree, too.
const NETWORKS: usize = 512;

/// A file, and where its records say what it is wanted for.
pub(super) struct Shaped {
    database: Arc<Database>,
    shape: Shape,
    report: DatabaseReport,
}

pub(super) struct Database {
    path: PathBuf,
    reader: Reader<Vec<u8>>,
}

impl Shaped {
    /// Inspects some records, and takes the shape in which most of them have what is wanted.
    ///
    /// # Errors
    /// [`GeoError::Unusable`] when none says it, or there is none.
    pub(super) fn new(database: Arc<Database>, part: Part) -> Result<Self, GeoError> {
        let (records, counted) = database.count(part);
        let unusable = |why| {
            let kind = database.reader.metadata().database_type.clone();
            Err(GeoError::Unusable { path: database.path.clone(), kind, why })
        };
        if records == 0 {
            return unusable("it has no network".to_owned());
        }
        // Of equal numbers the last is the largest.
        let Some((shape, known)) =
            counted.into_iter().rev().max_by_key(|(_, known)| *known).filter(|(_, known)| *known > 0)
        else {
            let fields: Vec<_> = part.shapes().iter().map(|shape| shape.field()).collect();
            return unusable(format!(
                "none of the {records} inspected records has {} in one of the known fields: {}",
                part.name(),
                fields.join(", ")
            ));
        };
        let report = DatabaseReport {
            path: database.path.clone(),
            built_s: database.reader.metadata().build_epoch,
            wanted: part.name(),
            field: shape.field(),
            records,
            known,
        };
        Ok(Self { database, shape, report })
    }

    pub(super) fn report(&self) -> &DatabaseReport {
        &self.report
    }

    pub(super) fn tells_regions(&self) -> bool {
        self.shape.tells_regions()
    }

    /// What it has on an address. A record that cannot be read says nothing.
    pub(super) fn find(&self, address: IpAddr) -> Option<AddressFacts> {
        self.database.find(self.shape, address)
    }
}

impl Database {
    pub(super) fn open(path: &Path) -> Result<Self, GeoError> {
        let bytes = zonemint_base::regular_file::read(path)
            .map_err(|source| GeoError::File { path: path.to_owned(), source })?;
        Self::from_bytes(path, bytes)
    }

    fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, GeoError> {
        match Reader::from_source(bytes) {
            Ok(reader) => Ok(Self { path: path.to_owned(), reader }),
            Err(source) => Err(GeoError::Format { path: path.to_owned(), source }),
        }
    }

    /// How many records were inspected, and how many of them have what is wanted, in each shape. A sample of a file that holds little,
    /// or little of what is wanted, may miss that.
    fn count(&self, part: Part) -> (usize, Vec<(Shape, usize)>) {
        let (records, counted) = self.count_in(part, blocks(), NETWORKS, SAMPLED);
        if records >= FEW && counted.iter().any(|(_, known)| *known > 0) {
            return (records, counted);
        }
        let whole = if self.reader.metadata().ip_version == 4 { "0.0.0.0/0" } else { "::/0" };
        self.count_in(part, [whole.to_owned()], ALL_NETWORKS, ALL_NETWORKS)
    }

    fn count_in(
        &self,
        part: Part,
        blocks: impl IntoIterator<Item = String>,
        networks_each: usize,
        records_each: usize,
    ) -> (usize, Vec<(Shape, usize)>) {
        let mut records = 0;
        let mut counted: Vec<_> = part.shapes().iter().map(|shape| (*shape, 0)).collect();
        for block in blocks {
            // One that cannot be gone through, as one of IPv6 in a file of IPv4, has no records.
            let options = WithinOptions::default().include_networks_without_data();
            let networks = block.parse().ok().and_then(|block| self.reader.within(block, options).ok());
            let networks = networks.into_iter().flatten().take(networks_each);
            for at in networks.map_while(Result::ok).filter(LookupResult::has_data).take(records_each) {
                records += 1;
                for (shape, known) in &mut counted {
                    *known += usize::from(matches!(shape.read(&at), Ok(Some(found)) if part.is_known(&found)));
                }
            }
        }
        (records, counted)
    }

    fn find(&self, shape: Shape, address: IpAddr) -> Option<AddressFacts> {
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return None;
        }
        match self.reader.lookup(address).and_then(|at| shape.read(&at)) {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(
                    path = %self.path.display(),
                    error = %error_chain(&error),
                    "a record of the geo database cannot be read; nothing is known of its address"
                );
                None
            }
        }
    }
}

/// Parts of the address space that a sample is taken of: all of IPv4, and what is given out of IPv6 (`2000::/3`).
fn blocks() -> impl Iterator<Item = String> {
    let v4 = (0..=u8::MAX).step_by(4).map(|first| format!("{first}.0.0.0/6"));
    v4.chain((0x20..0x40).map(|first| format!("{first:x}00::/8")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    const FILES: [&[u8]; 2] =
        [include_bytes!("../../../../tests/data/geo.mmdb"), include_bytes!("../../../../tests/data/geo-asn.mmdb")];

    fn from_bytes(bytes: &[u8]) -> Result<Database, GeoError> {
        Database::from_bytes(Path::new("test.mmdb"), bytes.to_vec())
    }

    fn look_everywhere(database: &Database) {
        database.count(Part::Country);
        for shape in [Part::Country, Part::Asn].iter().flat_map(|part| part.shapes()) {
            look_with(database, *shape);
        }
    }

    fn look_with(database: &Database, shape: Shape) {
        for first in (0..=255).step_by(5) {
            database.find(shape, IpAddr::from([first, 0, 2, 1]));
        }
        for address in [
            "192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff:1::", "3fff:6::", "3fff:9::", "::",
            "ffff::",
        ] {
            database.find(shape, address.parse().unwrap());
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
    fn each_file_is_taken_in_the_shape_that_its_records_have() {
        const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data");
        for (file, part, expected) in [
            ("geo.mmdb", Part::Country, Some(("country.iso_code", 10, 15))),
            ("geo.mmdb", Part::Asn, Some(("autonomous_system_number", 13, 15))),
            ("geo-asn.mmdb", Part::Asn, Some(("autonomous_system_number", 2, 2))),
            ("geo-asn.mmdb", Part::Country, None),
            ("geo-flat-code.mmdb", Part::Country, Some(("country_code", 3, 3))),
            ("geo-flat-code.mmdb", Part::Asn, None),
            ("geo-flat-country.mmdb", Part::Country, Some(("country", 3, 3))),
            ("geo-flat-country.mmdb", Part::Asn, Some(("asn", 3, 3))),
            ("geo-flat-lite.mmdb", Part::Country, Some(("country_code", 3, 3))),
            ("geo-flat-lite.mmdb", Part::Asn, Some(("asn", 3, 3))),
            ("geo-asn-u16.mmdb", Part::Asn, Some(("autonomous_system_number", 3, 3))),
            ("geo-asn-widths.mmdb", Part::Asn, Some(("autonomous_system_number", 6, 8))),
            ("geo-nothing.mmdb", Part::Country, None),
            ("geo-nothing.mmdb", Part::Asn, None),
        ] {
            let database = Database::open(&Path::new(DATA).join(file)).unwrap();
            let shaped = Shaped::new(Arc::new(database), part);
            let told = shaped.ok().map(|shaped| (shaped.report.field, shaped.report.known, shaped.report.records));
            assert_eq!(told, expected, "{file} for {part:?}");
        }
    }

    /// A file of IPv6 in which the one network of these bits is in Germany; without bits it has none.
    fn made(bits: &[u8]) -> Vec<u8> {
        let nodes = u32::try_from(bits.len().max(1)).unwrap();
        let mut bytes = Vec::new();
        for (at, bit) in (1..).zip(bits) {
            // Data begins 16 bytes after the tree.
            let next = if at == nodes { nodes + 16 } else { at };
            let sides = if *bit == 0 { [next, nodes] } else { [nodes, next] };
            bytes.extend(sides.iter().flat_map(|side| side.to_be_bytes()[1..].to_vec()));
        }
        if bits.is_empty() {
            bytes.extend([0, 0, 1, 0, 0, 1]);
        }
        bytes.extend([0; 16]);
        bytes.extend(b"\xe1\x4ccountry_code\x42DE");
        bytes.extend(b"\xab\xcd\xefMaxMind.com\xe9\x4bdescription\xe0\x49languages\x00\x04");
        bytes.extend(b"\x4anode_count\xc4");
        bytes.extend(nodes.to_be_bytes());
        bytes.extend(b"\x4brecord_size\xa1\x18\x4aip_version\xa1\x06\x4ddatabase_type\x44Test");
        bytes.extend(b"\x5bbinary_format_major_version\xa1\x02\x5bbinary_format_minor_version\xa0");
        bytes.extend(b"\x4bbuild_epoch\x01\x02\x01");
        bytes
    }

    #[test]
    fn a_network_outside_the_sample_is_found_and_a_file_without_one_is_refused_as_such() {
        for (bits, expected) in [(&[1, 1, 1, 1, 1, 1, 0][..], Some(1)), (&[0, 0, 1], Some(1)), (&[], None)] {
            let shaped = Shaped::new(Arc::new(from_bytes(&made(bits)).unwrap()), Part::Country);
            if let Err(error) = &shaped {
                assert!(error.to_string().ends_with("it has no network"), "{error}");
            }
            assert_eq!(shaped.ok().map(|shaped| shaped.report.known), expected, "{bits:?}");
        }
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
