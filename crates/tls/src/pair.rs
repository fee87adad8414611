//! A certificate chain and its key in files.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::{Fingerprint, TlsError};
use zonemint_base::regular_file;

/// The paths of a certificate chain and its key, both PEM.
#[derive(Debug, Clone)]
pub struct PairFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

impl PairFiles {
    /// The fingerprint of the server's own certificate.
    ///
    /// # Errors
    /// [`TlsError`] when the file cannot be read, or has no certificate.
    pub fn fingerprint(&self) -> Result<Fingerprint, TlsError> {
        let chain = certificates(&self.certificate)?;
        Ok(Fingerprint::of(chain.first().map_or(&[][..], |certificate| certificate)))
    }
}

/// Reads a chain of at least one certificate, and a key, whether they belong together or not.
pub(super) fn read(files: &PairFiles) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let chain = certificates(&files.certificate)?;
    let not_a_key = |_| TlsError::Pem { path: files.key.clone(), what: "private key" };
    let key = PrivateKeyDer::from_pem_slice(&Zeroizing::new(pem(&files.key)?)).map_err(not_a_key)?;
    Ok((chain, key))
}

/// The certificates of a file, at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem(path)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    chain.ok_or_else(|| TlsError::Pem { path: path.to_owned(), what: "certificate" })
}

fn pem(path: &Path) -> Result<Vec<u8>, TlsError> {
    regular_file::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}
