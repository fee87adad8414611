//! The pair of a first start: self-signed, for localhost and this host's names.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

use super::{PairFiles, TlsError};
use crate::private_folder;

/// Whether a pair was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// It was there.
    Found,
    /// It was made now.
    Made,
}

/// Makes a self-signed pair when there is none. The key is an ECDSA P-256 key in a file of mode 0600; a folder that is missing is
/// made for its owner only.
///
/// # Errors
/// [`TlsError`] when one file of the two is missing, or they cannot be written.
pub fn ensure_pair(files: &PairFiles, extra_names: &[String]) -> Result<Pair, TlsError> {
    match (files.certificate.exists(), files.key.exists()) {
        (true, true) => return Ok(Pair::Found),
        (true, false) => {
            return Err(TlsError::HalfPair { missing: files.key.clone(), present: files.certificate.clone() });
        }
        (false, true) => {
            return Err(TlsError::HalfPair { missing: files.certificate.clone(), present: files.key.clone() });
        }
        (false, false) => {}
    }
    let mut names = vec!["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string(), Ipv6Addr::LOCALHOST.to_string()];
    names.extend(rustix::system::uname().nodename().to_str().ok().map(str::to_owned));
    names.extend(extra_names.iter().cloned());
    names.retain(|name| !name.is_empty());
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let mut params = CertificateParams::new(names).map_err(TlsError::SelfSigned)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "zonemint self-signed");
    let key = KeyPair::generate().map_err(TlsError::SelfSigned)?;
    let certificate = params.self_signed(&key).map_err(TlsError::SelfSigned)?;
    // The key first: should the second write fail, the next start says which file is missing.
    write(&files.key, &key.serialize_pem(), 0o600)?;
    write(&files.certificate, &certificate.pem(), 0o644)?;
    Ok(Pair::Made)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let error = |source| TlsError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        private_folder::create(folder).map_err(error)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(error)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(error)
}
