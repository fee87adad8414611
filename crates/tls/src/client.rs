//! TLS for our own clients: the cryptography, and why a server's certificate is not trusted.

use std::error::Error;
use std::io;

use rustls::CertificateError;
use rustls::crypto::aws_lc_rs;

/// Why a certificate is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// It is for another name.
    OtherName,
    /// It has expired, or is not valid yet.
    Expired,
    /// No trusted authority has issued it, as for a self-signed one.
    UnknownIssuer,
    /// Anything else.
    Invalid,
}

/// Chooses the cryptography of every later TLS connection of the process that chooses none itself.
pub fn use_aws_lc() {
    // An error says that a provider is set already, and there is only this one.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// What is wrong with the certificate, if that is the cause of an error.
#[must_use]
pub fn distrust(error: &(dyn Error + 'static)) -> Option<Distrust> {
    match find(error) {
        Some(rustls::Error::InvalidCertificate(why)) => Some(reason(why)),
        _ => None,
    }
}

/// Whether the cause of an error is that the other side does not speak TLS.
#[must_use]
pub fn is_no_tls(error: &(dyn Error + 'static)) -> bool {
    matches!(find(error), Some(rustls::Error::InvalidMessage(_)))
}

/// The first error of a type among an error and its causes; an I/O error has its cause inside.
pub fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    None
}

fn reason(why: &CertificateError) -> Distrust {
    match why {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Distrust::OtherName,
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Distrust::Expired,
        CertificateError::UnknownIssuer => Distrust::UnknownIssuer,
        _ => Distrust::Invalid,
    }
}
