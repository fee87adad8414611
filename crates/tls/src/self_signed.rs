//! The pair of a first start: self-signed, for localhost and this host's names.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

use super::{Certificates, PairFiles, Settings, TlsError, acme};
use zonemint_base::{new_file, private_folder};

/// Creates a self-signed pair if there is none. The key is an ECDSA P-256 key in a file of mode 0600; a missing folder is created
/// with access only for its owner. Returns whether a pair was created.
///
/// # Errors
/// [`TlsError`] when one file of the two is missing, or they cannot be written.
pub fn ensure_pair(files: &PairFiles, extra_names: &[String]) -> Result<bool, TlsError> {
    if is_there(files)? {
        return Ok(false);
    }
    let params = params(extra_names)?;
    let key = KeyPair::generate().map_err(TlsError::SelfSigned)?;
    let certificate = params.self_signed(&key).map_err(TlsError::SelfSigned)?;
    // The key first: if the second write fails, the next start reports the missing file.
    write(&files.key, &key.serialize_pem(), 0o600)?;
    write(&files.certificate, &certificate.pem(), 0o644)?;
    Ok(true)
}

/// Loads the pair. None if a start will create one, or put an ordered one in place. It changes nothing.
///
/// # Errors
/// [`TlsError`] when neither is possible.
pub fn load_pair(settings: &Settings) -> Result<Option<Certificates>, TlsError> {
    let files = settings.files();
    if acme::is_unfinished(settings)? {
        return Ok(None);
    }
    if is_there(&files)? {
        return Certificates::load(files).map(Some);
    }
    params(&settings.names)?;
    for file in [&files.key, &files.certificate] {
        let error = |source| TlsError::File { path: file.clone(), source };
        file.parent().map_or(Ok(()), private_folder::check).map_err(error)?;
    }
    Ok(None)
}

/// Whether both files exist, or neither.
fn is_there(files: &PairFiles) -> Result<bool, TlsError> {
    let PairFiles { certificate, key } = files;
    match (certificate.exists(), key.exists()) {
        (true, false) => Err(TlsError::HalfPair { missing: key.clone(), present: certificate.clone() }),
        (false, true) => Err(TlsError::HalfPair { missing: certificate.clone(), present: key.clone() }),
        (both, _) => Ok(both),
    }
}

/// The contents of the certificate.
fn params(extra_names: &[String]) -> Result<CertificateParams, TlsError> {
    let mut names = vec!["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string(), Ipv6Addr::LOCALHOST.to_string()];
    names.extend(rustix::system::uname().nodename().to_str().ok().map(str::to_owned));
    names.extend(extra_names.iter().cloned());
    names.retain(|name| !name.is_empty());
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let mut params = CertificateParams::new(names).map_err(TlsError::SelfSigned)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "zonemint self-signed");
    Ok(params)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let error = |source| TlsError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        private_folder::create(folder).map_err(error)?;
    }
    new_file::create(path, text, mode).map_err(error)
}
