//! Why there is no certificate.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

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
    /// A file has no PEM of the kind needed.
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
    /// A file has PEM of the right kind with unreadable contents.
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
    /// The port for an authority's requests cannot be opened.
    #[error("tls.acme.http_listen: cannot listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A self-signed pair cannot be created.
    #[error("a self-signed certificate cannot be made")]
    SelfSigned(#[source] rcgen::Error),
}
