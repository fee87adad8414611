//! Handshakes of a client that offers what it likes.

use std::net::TcpStream;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::support::install_crypto;

pub const HTTP: &str = "http/1.1";
/// RFC 8737 section 4.
pub const ACME: &str = "acme-tls/1";

/// What a server showed.
#[derive(Debug)]
pub struct Handshake {
    pub certificate: CertificateDer<'static>,
    pub protocol: Option<Vec<u8>>,
    /// Whether it then closed the connection.
    pub closed: bool,
}

/// Does a handshake for a name, offering protocols. `root` vouches for the server; without one, whoever answers is believed.
pub fn handshake(
    port: u16,
    name: &str,
    offers: &[&str],
    root: Option<&CertificateDer<'static>>,
) -> Result<Handshake, Error> {
    install_crypto();
    let builder = ClientConfig::builder();
    let mut config = match root {
        Some(root) => {
            let mut roots = RootCertStore::empty();
            roots.add(root.clone()).unwrap();
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        None => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody)).with_no_client_auth(),
    };
    config.alpn_protocols = offers.iter().map(|offer| offer.as_bytes().to_vec()).collect();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    while connection.is_handshaking() {
        if let Err(error) = connection.complete_io(&mut stream) {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()).cloned();
            return Err(inner.unwrap_or_else(|| Error::General(error.to_string())));
        }
    }
    let protocol = connection.alpn_protocol().map(<[u8]>::to_vec);
    let closed = protocol.as_deref() == Some(ACME.as_bytes()) && is_closed(&mut connection, &mut stream);
    let certificate = connection.peer_certificates().unwrap()[0].clone().into_owned();
    Ok(Handshake { certificate, protocol, closed })
}

/// Reads until the other side closes; it may send session tickets before.
fn is_closed(connection: &mut ClientConnection, stream: &mut TcpStream) -> bool {
    loop {
        match connection.read_tls(stream) {
            Ok(0) => return true,
            Ok(_) if connection.process_new_packets().unwrap().peer_has_closed() => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}

/// Whether a handshake was refused because of what was offered.
pub fn is_refused_protocol(outcome: &Result<Handshake, Error>) -> bool {
    matches!(outcome, Err(Error::AlertReceived(AlertDescription::NoApplicationProtocol)))
}

/// Believes everybody.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
