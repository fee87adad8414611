//! Trust in one certificate, by its SHA-256.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::find;
use zonemint_base::model::read_hex;

/// Bytes of a SHA-256.
const LENGTH: usize = 32;

/// The SHA-256 of a certificate's whole DER, as browsers and `openssl x509 -fingerprint -sha256` show it.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint([u8; LENGTH]);

/// A text that is not a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a certificate's SHA-256 is 64 hexadecimal digits, with a colon after every second one or without")]
pub struct FingerprintError;

impl Fingerprint {
    /// Of a certificate in DER.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let has_colons = text.len() == 95 && text.bytes().skip(2).step_by(3).all(|byte| byte == b':');
        let digits = if has_colons { &text.replace(':', "") } else { text };
        let mut fingerprint = Self([0; LENGTH]);
        read_hex(digits, &mut fingerprint.0).map(|()| fingerprint).ok_or(FingerprintError)
    }
}

/// Upper-case digits, with colons.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.0.iter().map(|byte| format!("{byte:02X}")).collect();
        f.write_str(&pairs.join(":"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintError;

    fn try_from(text: String) -> Result<Self, FingerprintError> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

/// The server has another certificate than the trusted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server's certificate has the SHA-256 {shown}")]
struct NotTrusted {
    shown: Fingerprint,
}

/// Accepts a server by its own certificate alone, and ignores issuer, names and validity. The signature of the handshake proves, as
/// always, that the server has the certificate's key.
#[derive(Debug)]
struct Pinned {
    /// None accepts no certificate, to find out which one the server has.
    trusted: Option<Fingerprint>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Fingerprint::of(end_entity);
        if self.trusted == Some(shown) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::Other(OtherError(Arc::new(NotTrusted { shown }))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The TLS of an HTTP client that trusts one certificate; without one it trusts none, and [`shown`] returns the server's.
///
/// # Errors
/// [`Error`] when the versions of TLS cannot be set up.
pub fn pinned_client(trusted: Option<Fingerprint>) -> Result<ClientConfig, Error> {
    let provider = aws_lc_rs::default_provider();
    let algorithms = provider.signature_verification_algorithms;
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { trusted, algorithms }))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The server's certificate, if the cause of an error is that it is not the one of [`pinned_client`].
#[must_use]
pub fn shown(error: &(dyn std::error::Error + 'static)) -> Option<Fingerprint> {
    match find(error) {
        Some(Error::InvalidCertificate(CertificateError::Other(OtherError(why)))) => {
            why.downcast_ref::<NotTrusted>().map(|not_trusted| not_trusted.shown)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::generate_simple_self_signed;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::server::{ClientHello, ResolvesServerCert};
    use rustls::sign::CertifiedKey;
    use rustls::version::{TLS12, TLS13};
    use rustls::{ClientConnection, ServerConfig, ServerConnection, SupportedProtocolVersion};

    use super::*;

    const EMPTY: &str =
        "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";

    #[test]
    fn a_fingerprint_is_read_as_it_is_written_and_without_colons() {
        let empty = Fingerprint::of(b"");
        assert_eq!(empty.to_string(), EMPTY);
        for text in [EMPTY.to_owned(), EMPTY.to_lowercase(), EMPTY.replace(':', "")] {
            assert_eq!(text.parse(), Ok(empty), "{text}");
        }
    }

    #[test]
    fn what_is_no_fingerprint_is_refused() {
        let short = &EMPTY[3..];
        let (sha1, other) = ("da39a3ee5e6b4b0d3255bfef95601890afd80709", EMPTY.replace(':', "-"));
        let (letter, blank) = (EMPTY.replace("E3", "G3"), format!("{EMPTY} "));
        let moved = EMPTY.replacen("E3:B", "E:3B", 1);
        for text in ["", short, sha1, &other, &letter, &blank, &moved, &"é".repeat(32)] {
            assert_eq!(text.parse::<Fingerprint>(), Err(FingerprintError), "{text}");
        }
    }

    #[test]
    fn only_the_whole_certificate_that_is_trusted_is_accepted() {
        let name = ServerName::try_from("localhost").unwrap();
        let verify = |trusted, certificate: &[u8]| {
            let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
            let pinned = Pinned { trusted, algorithms };
            let certificate = CertificateDer::from(certificate.to_vec());
            // It is first in a chain that holds the trusted one, too.
            let chain = [CertificateDer::from(b"trusted".to_vec())];
            pinned.verify_server_cert(&certificate, &chain, &name, &[], UnixTime::since_unix_epoch(Duration::ZERO))
        };
        let trusted = Some(Fingerprint::of(b"trusted"));
        assert!(verify(trusted, b"trusted").is_ok());
        for (trusted, certificate) in [(trusted, &b"other"[..]), (trusted, b"trusted "), (None, b"trusted")] {
            let error = verify(trusted, certificate).unwrap_err();
            assert_eq!(shown(&error), Some(Fingerprint::of(certificate)));
        }
    }

    /// Shows a certificate, whether or not it has the key.
    #[derive(Debug)]
    struct Shows(Arc<CertifiedKey>);

    impl ResolvesServerCert for Shows {
        fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }
    }

    /// A self-signed certificate for another name than the one that is asked for, and its key.
    fn pair() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let pair = generate_simple_self_signed(vec!["other.example.org".to_owned()]).unwrap();
        (pair.cert.der().clone(), PrivateKeyDer::try_from(pair.signing_key.serialize_der()).unwrap())
    }

    /// A whole handshake with a server that shows `certificate` and signs with `key`.
    fn handshake(
        version: &'static SupportedProtocolVersion,
        trusted: Fingerprint,
        certificate: &CertificateDer<'static>,
        key: &PrivateKeyDer<'static>,
    ) -> Result<(), Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let key = provider.key_provider.load_private_key(key.clone_key())?;
        let shown = CertifiedKey::new(vec![certificate.clone()], key);
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shows(Arc::new(shown))));
        let mut server = ServerConnection::new(Arc::new(config))?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut client = ClientConnection::new(Arc::new(pinned_client(Some(trusted))?), name)?;
        while client.is_handshaking() || server.is_handshaking() {
            let mut bytes = Vec::new();
            client.write_tls(&mut bytes).unwrap();
            let mut left = bytes.as_slice();
            while !left.is_empty() {
                server.read_tls(&mut left).unwrap();
                server.process_new_packets()?;
            }
            let mut bytes = Vec::new();
            server.write_tls(&mut bytes).unwrap();
            let mut left = bytes.as_slice();
            while !left.is_empty() {
                client.read_tls(&mut left).unwrap();
                client.process_new_packets()?;
            }
        }
        Ok(())
    }

    #[test]
    fn who_shows_the_trusted_certificate_must_have_its_key_in_each_version_of_tls() {
        let ((certificate, key), (_, another_key)) = (pair(), pair());
        let trusted = Fingerprint::of(&certificate);
        for version in [&TLS12, &TLS13] {
            assert_eq!(handshake(version, trusted, &certificate, &key), Ok(()), "{version:?}");
            let error = handshake(version, trusted, &certificate, &another_key).unwrap_err();
            assert_eq!(error, Error::InvalidCertificate(CertificateError::BadSignature), "{version:?}");
        }
    }

    #[test]
    fn another_certificate_ends_the_handshake_and_is_told() {
        let ((certificate, key), (trusted, _)) = (pair(), pair());
        for version in [&TLS12, &TLS13] {
            let error = handshake(version, Fingerprint::of(&trusted), &certificate, &key).unwrap_err();
            assert_eq!(shown(&error), Some(Fingerprint::of(&certificate)), "{version:?}");
        }
    }
}
