//! The contents of a certificate: its validity, its names, and its issuer.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use x509_cert::Certificate;
use x509_cert::der::{self, Decode as _, Encode as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectAltName};

use super::pair::read;
use super::{PairFiles, TlsError};

/// What [`inspect`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairReport {
    /// From when on the certificate is valid, in seconds since the Unix epoch.
    pub not_before_s: u64,
    /// Until when it is valid, in seconds since the Unix epoch, inclusive.
    pub not_after_s: u64,
    /// The DNS names and then the addresses that it is for (subject alternative names; clients ignore a common name).
    pub names: Vec<String>,
    /// Whether it is signed with its own key, and so by no authority.
    pub is_self_signed: bool,
    /// Permission bits of the key's file, as in 0o600.
    pub key_mode: u32,
}

/// The contents of one certificate.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) not_before_s: u64,
    pub(super) not_after_s: u64,
    pub(super) names: Vec<String>,
    pub(super) is_self_signed: bool,
    pub(super) id: Option<CertificateId>,
}

/// The authority's identifier of a certificate (RFC 9773 section 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CertificateId {
    pub(super) authority_key: Vec<u8>,
    /// As in DER: with a leading zero when the first bit is set.
    pub(super) serial: Vec<u8>,
}

/// Reads a pair without serving it. The caller checks whether it is valid now.
///
/// # Errors
/// [`TlsError`] when it cannot be served: a file is missing or has other contents, or the two do not belong together.
pub fn inspect(files: &PairFiles) -> Result<PairReport, TlsError> {
    let (chain, key) = read(files)?;
    let Facts { not_before_s, not_after_s, names, is_self_signed, id: _ } = facts(&files.certificate, &chain)?;
    CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(TlsError::Pair)?;
    let data = fs::metadata(&files.key).map_err(|source| TlsError::File { path: files.key.clone(), source })?;
    let key_mode = data.permissions().mode() & 0o7777;
    Ok(PairReport { not_before_s, not_after_s, names, is_self_signed, key_mode })
}

/// The contents of the first certificate of a chain from `path`, the server's own.
pub(super) fn facts(path: &Path, chain: &[CertificateDer<'_>]) -> Result<Facts, TlsError> {
    let first = chain.first().map_or(&[][..], |certificate| certificate);
    Facts::of(first).map_err(|source| TlsError::Certificate { path: path.to_owned(), source })
}

impl Facts {
    fn of(certificate: &[u8]) -> der::Result<Self> {
        let certificate = Certificate::from_der(certificate)?;
        let body = &certificate.tbs_certificate;
        let names = body.get::<SubjectAltName>()?.map_or_else(Vec::new, |(_, names)| names_of(&names));
        let serial = content(&body.serial_number)?;
        let authority_key = body.get::<AuthorityKeyIdentifier>()?.and_then(|(_, authority)| authority.key_identifier);
        let id = authority_key.map(|key| CertificateId { authority_key: key.into_bytes(), serial });
        Ok(Self {
            not_before_s: body.validity.not_before.to_unix_duration().as_secs(),
            not_after_s: body.validity.not_after.to_unix_duration().as_secs(),
            names,
            is_self_signed: is_self_signed(&certificate)?,
            id,
        })
    }
}

/// Whether a certificate with these names is for a host, exactly or by a star for its first label (RFC 9525 section 6.3).
#[must_use]
pub fn is_for(names: &[String], host: &str) -> bool {
    let parent = host.split_once('.').map(|(_, parent)| parent);
    names.iter().any(|name| {
        name.eq_ignore_ascii_case(host)
            || name.strip_prefix("*.").zip(parent).is_some_and(|(name, parent)| name.eq_ignore_ascii_case(parent))
    })
}

fn names_of(alternatives: &SubjectAltName) -> Vec<String> {
    let dns = alternatives.0.iter().filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        _ => None,
    });
    let addresses = alternatives.0.iter().filter_map(|name| match name {
        GeneralName::IpAddress(bytes) => address(bytes.as_bytes()).map(|address| address.to_string()),
        _ => None,
    });
    dns.chain(addresses).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// Equal issuer and subject are not enough: a private authority may give its own name to all that it signs.
fn is_self_signed(certificate: &Certificate) -> der::Result<bool> {
    let body = &certificate.tbs_certificate;
    if body.issuer != body.subject {
        return Ok(false);
    }
    let key = &body.subject_public_key_info;
    let (signed, signature) = (body.to_der()?, certificate.signature.raw_bytes());
    let (signature_kind, key_kind) = (content(&certificate.signature_algorithm)?, content(&key.algorithm)?);
    Ok(aws_lc_rs::default_provider().signature_verification_algorithms.all.iter().any(|algorithm| {
        algorithm.signature_alg_id().as_ref() == signature_kind
            && algorithm.public_key_alg_id().as_ref() == key_kind
            && algorithm.verify_signature(key.subject_public_key.raw_bytes(), &signed, signature).is_ok()
    }))
}

/// A DER value without its tag and length, as rustls identifies algorithms.
fn content(value: &impl der::EncodeValue) -> der::Result<Vec<u8>> {
    let mut content = Vec::new();
    value.encode_value(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyIdMethod, KeyPair};

    use super::*;
    use crate::{Certificates, ensure_pair};

    const NAMES: [&str; 3] = ["2001:db8::1", "zonemint.example.org", "192.0.2.1"];

    fn files(folder: &Path) -> PairFiles {
        PairFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") }
    }

    /// Good from the start of 2026 to the start of 2027.
    fn params() -> CertificateParams {
        let mut params = CertificateParams::new(NAMES.map(str::to_owned)).unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        params
    }

    fn write(files: &PairFiles, certificate: &rcgen::Certificate, key: &KeyPair) {
        fs::write(&files.certificate, certificate.pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        fs::set_permissions(&files.key, fs::Permissions::from_mode(0o640)).unwrap();
    }

    #[test]
    fn a_star_stands_for_one_label() {
        for (name, host, expected) in [
            ("zone.example.org", "Zone.Example.org", true),
            ("*.example.org", "zone.example.org", true),
            ("*.example.org", "a.zone.example.org", false),
            ("*.example.org", "example.org", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            assert_eq!(is_for(&[name.to_owned()], host), expected, "{name} {host}");
        }
    }

    #[test]
    fn what_is_served_need_not_be_read_as_strictly_as_here() {
        let folder = tempfile::tempdir().unwrap();
        let files = PairFiles { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["zone.example.org".to_owned()]).unwrap();
        params.serial_number = Some(rcgen::SerialNumber::from_slice(&[1; 30]));
        fs::write(&files.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        assert!(inspect(&files).is_err());
        assert!(Certificates::load(files).unwrap().facts().is_none());
    }

    #[test]
    fn a_pair_tells_its_time_its_names_and_the_mode_of_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let (files, key) = (files(folder.path()), KeyPair::generate().unwrap());
        write(&files, &params().self_signed(&key).unwrap(), &key);
        let report = inspect(&files).unwrap();
        assert_eq!((report.not_before_s, report.not_after_s), (1_767_225_600, 1_798_761_600));
        assert_eq!(report.names, ["zonemint.example.org", "2001:db8::1", "192.0.2.1"]);
        assert_eq!((report.is_self_signed, report.key_mode), (true, 0o640));
        assert_eq!(Certificates::load(files).unwrap().facts().unwrap().not_after_s, report.not_after_s);
    }

    #[test]
    fn a_certificate_of_an_authority_of_the_same_name_is_not_self_signed() {
        let folder = tempfile::tempdir().unwrap();
        let (files, key) = (files(folder.path()), KeyPair::generate().unwrap());
        let mut authority = params();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
        write(&files, &params().signed_by(&key, &issuer).unwrap(), &key);
        assert!(!inspect(&files).unwrap().is_self_signed);
    }

    #[test]
    fn the_pair_of_a_first_start_is_self_signed_and_its_key_private() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        ensure_pair(&files, &[]).unwrap();
        let report = inspect(&files).unwrap();
        assert_eq!((report.is_self_signed, report.key_mode), (true, 0o600));
        assert_eq!(report.names.first().map(String::as_str), Some("localhost"));
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let certificate = params().self_signed(&KeyPair::generate().unwrap()).unwrap();
        write(&files, &certificate, &KeyPair::generate().unwrap());
        assert!(matches!(inspect(&files), Err(TlsError::Pair(_))));
    }

    /// The example of RFC 9773 section 4.1.
    #[test]
    fn a_certificate_is_known_by_its_authoritys_key_and_its_serial_number() {
        let authority_key =
            b"\x69\x88\x5b\x6b\x87\x46\x40\x41\xe1\xb3\x7b\x84\x7b\xa0\xae\x2c\xde\x01\xc8\xd4".to_vec();
        let mut authority = params();
        authority.key_identifier_method = KeyIdMethod::PreSpecified(authority_key.clone());
        let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
        let mut params = params();
        params.serial_number = Some(0x8765_4321_u64.into());
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        let serial = vec![0, 0x87, 0x65, 0x43, 0x21];
        assert_eq!(Facts::of(certificate.der()).unwrap().id, Some(CertificateId { authority_key, serial }));
    }

    #[test]
    fn pem_around_something_else_is_no_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        ensure_pair(&files, &[]).unwrap();
        fs::write(&files.certificate, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n").unwrap();
        assert!(matches!(inspect(&files), Err(TlsError::Certificate { .. })));
        assert!(Certificates::load(files).is_err());
    }
}
