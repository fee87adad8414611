//! What a client of ours needs to know about TLS: which cryptography, and why a server's certificate is not believed.

use std::error::Error;
use std::io;

use rustls::CertificateError;
use rustls::crypto::aws_lc_rs;

/// Why a certificate is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// It was made for another name.
    OtherName,
    /// Its time is over, or has not come.
    Expired,
    /// Nobody who is believed vouches for it, as when it is self-signed.
    UnknownIssuer,
    /// Anything else.
    Invalid,
}

/// Chooses the cryptography of every later TLS connection of the process that chooses none itself.
pub fn use_aws_lc() {
    // An error says that one was chosen before, and there is only this one.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// What was wrong with the certificate, if that is why an error came about.
#[must_use]
pub fn distrust(error: &(dyn Error + 'static)) -> Option<Distrust> {
    match find(error) {
        Some(rustls::Error::InvalidCertificate(why)) => Some(reason(why)),
        _ => None,
    }
}

/// Whether an error came about because the other side does not speak TLS.
#[must_use]
pub fn is_no_tls(error: &(dyn Error + 'static)) -> bool {
    matches!(find(error), Some(rustls::Error::InvalidMessage(_)))
}

/// The first error of a type among an error and what it came from; an I/O error keeps what it came from inside.
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
