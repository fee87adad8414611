//! Certificates: the self-signed pair of a first start, loading, and reloading while connections go on.
//!
//! Where the next thing goes: another way to get a certificate is a file beside `self_signed.rs`, or a folder beside `acme`.

mod accept;
mod acme;
mod chain;
mod client;
mod inspect;
mod pin;
mod reload;
mod self_signed;
mod settings;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::regular_file;
use crate::telemetry::error_chain;

pub use acme::{Challenge, Orders, Settings as AcmeSettings, finish_orders};
pub use chain::{ChainReport, inspect_chain};
pub use client::{Distrust, distrust, find, is_no_tls, use_aws_lc};
pub use inspect::{PairReport, inspect, is_for};
pub use pin::{Fingerprint, FingerprintError, pinned_client, shown};
pub use reload::{Certificates, Reload, watch};
pub use self_signed::{Pair, ensure_pair, load_pair};
pub use settings::Settings;

/// Where a certificate chain and its key lie, both PEM.
#[derive(Debug, Clone)]
pub struct PairFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path} cannot be used", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file holds no PEM of the kind needed.
    #[error("{path} holds no {what} in PEM form", path = .path.display())]
    Pem {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// One of the two files is missing.
    #[error(
        "{missing} is missing, but {present} is there; put both in place, or remove both to have a self-signed pair made",
        missing = .missing.display(),
        present = .present.display()
    )]
    HalfPair {
        /// The one that is not there.
        missing: PathBuf,
        /// The one that is.
        present: PathBuf,
    },
    /// A file holds PEM of the right kind, around something else.
    #[error("{path} holds no certificate that can be read", path = .path.display())]
    Certificate {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: x509_cert::der::Error,
    },
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("certificate and key cannot be used together")]
    Pair(#[source] rustls::Error),
    /// The port for an authority's questions cannot be had.
    #[error("tls.acme.http_listen: cannot listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A self-signed pair cannot be made.
    #[error("a self-signed certificate cannot be made")]
    SelfSigned(#[source] rcgen::Error),
}

impl PairFiles {
    /// The fingerprint of the server's own certificate.
    ///
    /// # Errors
    /// [`TlsError`] when the file cannot be read, or holds no certificate.
    pub fn fingerprint(&self) -> Result<Fingerprint, TlsError> {
        let chain = certificates(&self.certificate)?;
        Ok(Fingerprint::of(chain.first().map_or(&[][..], |certificate| certificate)))
    }
}

/// A pair that new connections can be made with.
struct Loaded {
    config: Arc<ServerConfig>,
    /// None when it cannot be read as strictly as that takes; it is served all the same.
    facts: Option<Arc<inspect::Facts>>,
}

/// Loads a pair for TLS 1.2 and 1.3, h2 and HTTP/1.1, with hybrid post-quantum key exchange (X25519MLKEM768) preferred.
fn load(files: &PairFiles) -> Result<Loaded, TlsError> {
    let (chain, key) = read(files)?;
    let facts = inspect::facts(&files.certificate, &chain);
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Tickets keep resumption state with the client, so that idle sessions cost no memory here.
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(TlsError::Pair)?;
    if let Err(error) = &facts {
        tracing::warn!(
            error = %error_chain(error),
            "the certificate is served, but not what it says of itself: neither its end is told, nor is one ordered in its place"
        );
    }
    Ok(Loaded { config: Arc::new(config), facts: facts.ok().map(Arc::new) })
}

/// Reads a chain of at least one certificate, and a key, whether they belong together or not.
fn read(files: &PairFiles) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let chain = certificates(&files.certificate)?;
    let not_a_key = |_| TlsError::Pem { path: files.key.clone(), what: "private key" };
    let key = PrivateKeyDer::from_pem_slice(&Zeroizing::new(pem(&files.key)?)).map_err(not_a_key)?;
    Ok((chain, key))
}

/// The certificates of a file, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem(path)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    chain.ok_or_else(|| TlsError::Pem { path: path.to_owned(), what: "certificate" })
}

fn pem(path: &Path) -> Result<Vec<u8>, TlsError> {
    regular_file::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}
