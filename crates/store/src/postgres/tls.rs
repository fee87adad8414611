//! Whether a connection to the database is encrypted, and which server is believed to be the database.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, Host, SslMode, SslNegotiation};

use super::fault::Fault;
use crate::address::AskedTls;
use crate::{Settings, Tls};
use zonemint_base::regular_file;
use zonemint_telemetry::Label as _;

/// What PostgreSQL is called in a handshake that begins without a question (`sslnegotiation=direct`), which it demands.
const ALPN: &[u8] = b"postgresql";

/// A unix socket needs no encryption, and PostgreSQL offers none there. What the address asks for beyond the settings is refused, not
/// ignored.
pub(super) fn ssl_mode(settings: &Settings, config: &Config) -> Result<SslMode, Fault> {
    let local = config.get_hosts().iter().filter(|host| matches!(host, Host::Unix(_))).count();
    let all_local = local > 0 && local == config.get_hosts().len() && config.get_hostaddrs().is_empty();
    let mode = match settings.tls {
        Tls::Disable => SslMode::Disable,
        Tls::VerifyFull | Tls::Pin | Tls::Require if all_local => SslMode::Disable,
        Tls::VerifyFull | Tls::Pin | Tls::Require if local > 0 => {
            return Err(Fault::Other(
                "store.url names a unix socket next to other hosts, which needs store.tls = \"disable\"".into(),
            ));
        }
        Tls::VerifyFull if config.get_hosts().is_empty() && !config.get_hostaddrs().is_empty() => {
            return Err(Fault::Other(
                "store.url has the parameter hostaddr without a host, whose name store.tls = \"verify-full\" needs: add the host".into(),
            ));
        }
        Tls::VerifyFull | Tls::Pin | Tls::Require => SslMode::Require,
    };
    let needs_tls = [
        (config.get_channel_binding() == ChannelBinding::Require, "channel_binding=require"),
        (config.get_ssl_negotiation() == SslNegotiation::Direct, "sslnegotiation=direct"),
    ];
    let asked = settings.url.asked_tls().filter(|_| !all_local);
    let refused = asked.filter(|asked| !suffices(settings.tls, *asked)).map(AskedTls::value);
    let refused = refused.or_else(|| {
        needs_tls
            .into_iter()
            .find(|(is_asked, _)| *is_asked && mode == SslMode::Disable)
            .map(|(_, parameter)| parameter)
    });
    match refused {
        None => Ok(mode),
        Some(parameter) => {
            let (set, why) = (settings.tls.name(), if all_local { ", and a unix socket has no TLS" } else { "" });
            Err(Fault::Other(format!(
                "store.url asks for {parameter}, but store.tls is {set:?}{why}: change store.tls, or take {parameter} out of store.url"
            )))
        }
    }
}

/// Whether a setting gives at least what the address asks for. More is no contradiction, but TLS where none is wanted is.
fn suffices(set: Tls, asked: AskedTls) -> bool {
    match asked {
        AskedTls::Disable => set == Tls::Disable,
        AskedTls::Allow | AskedTls::Prefer => true,
        AskedTls::Require => set != Tls::Disable,
        AskedTls::VerifyCa | AskedTls::VerifyFull => matches!(set, Tls::VerifyFull | Tls::Pin),
    }
}

/// Reads `store.tls_ca`, where it is needed.
pub(super) fn client_config(settings: &Settings, config: &Config, mode: SslMode) -> Result<ClientConfig, Fault> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let trust = match settings.tls {
        _ if mode == SslMode::Disable => Trust::Pinned(Vec::new()),
        Tls::Disable | Tls::Require => Trust::Anyone,
        Tls::Pin => Trust::Pinned(certificates(settings)?),
        Tls::VerifyFull => authorities(settings, &provider)?,
    };
    let mut client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::Other(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { trust, provider }))
        .with_no_client_auth();
    if config.get_ssl_negotiation() == SslNegotiation::Direct {
        client.alpn_protocols = vec![ALPN.to_vec()];
    }
    Ok(client)
}

fn authorities(settings: &Settings, provider: &Arc<CryptoProvider>) -> Result<Trust, Fault> {
    let given = certificates(settings)?;
    let mut roots = RootCertStore::empty();
    for certificate in &given {
        roots.add(certificate.clone()).map_err(|error| unusable(&settings.tls_ca, &error))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| unusable(&settings.tls_ca, &error))?;
    Ok(Trust::Authorities { verifier, given })
}

/// The certificates in `store.tls_ca`, at least one.
fn certificates(settings: &Settings) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let (file, set) = (settings.tls_ca.as_path(), settings.tls.name());
    if file.as_os_str().is_empty() {
        let needed = match settings.tls {
            Tls::Pin => "the database server's own certificate",
            _ => "the certificates of the database server's authority",
        };
        return Err(Fault::Other(format!(
            "store.tls_ca is empty, but store.tls = {set:?} needs it: a PEM file with {needed} (what libpq has from sslmode and sslrootcert)"
        )));
    }
    let pem = regular_file::read(file).map_err(|error| unusable(file, &error))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|error| unusable(file, &error))?;
    if certificates.is_empty() {
        return Err(unusable(file, &"it holds no certificate in PEM form"));
    }
    Ok(certificates)
}

fn unusable(file: &Path, reason: &dyn std::fmt::Display) -> Fault {
    Fault::Other(format!("store.tls_ca {} cannot be used: {reason}", file.display()))
}

/// Which server is trusted. Each server has shown in the handshake that it has the key of its certificate.
#[derive(Debug)]
enum Trust {
    /// Each one, as `tls = "require"` asks for: it keeps listeners out, not somebody in the middle.
    Anyone,
    /// One that shows one of these certificates: neither its names nor its end say more about who has its key.
    Pinned(Vec<CertificateDer<'static>>),
    /// One with a certificate for the host's name that one of these has signed.
    Authorities { verifier: Arc<WebPkiServerVerifier>, given: Vec<CertificateDer<'static>> },
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the database shows another certificate than the one in store.tls_ca (store.tls = \"pin\")")]
    NotPinned,
    #[error(
        "{0}; it is the certificate in store.tls_ca itself, so set store.tls = \"pin\", which trusts that certificate \
         whatever its names and its end"
    )]
    Own(rustls::Error),
    #[error("no certificate in store.tls_ca has issued the one that the database shows")]
    UnknownIssuer,
}

impl From<Refused> for rustls::Error {
    fn from(refused: Refused) -> Self {
        Self::Other(OtherError(Arc::new(refused)))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.trust {
            Trust::Anyone => Ok(ServerCertVerified::assertion()),
            Trust::Pinned(given) if given.contains(end_entity) => Ok(ServerCertVerified::assertion()),
            Trust::Pinned(_) => Err(Refused::NotPinned.into()),
            Trust::Authorities { verifier, given } => verifier
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map_err(|error| match error {
                    error if given.contains(end_entity) => Refused::Own(error).into(),
                    // An authority of the same name may have another key.
                    rustls::Error::InvalidCertificate(
                        CertificateError::UnknownIssuer | CertificateError::BadSignature,
                    ) => Refused::UnknownIssuer.into(),
                    error => error,
                }),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
