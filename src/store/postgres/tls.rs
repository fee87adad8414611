//! Whether a connection to the database is encrypted, and which server is believed to be the database.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::fault::Fault;
use crate::store::{Settings, Tls};

/// A unix socket needs no encryption, and PostgreSQL offers none there.
pub(super) fn ssl_mode(settings: &Settings, config: &Config) -> Result<SslMode, Fault> {
    let local = config.get_hosts().iter().filter(|host| matches!(host, Host::Unix(_))).count();
    let all_local = local > 0 && local == config.get_hosts().len() && config.get_hostaddrs().is_empty();
    match settings.tls {
        Tls::Disable => Ok(SslMode::Disable),
        Tls::VerifyFull | Tls::Require if all_local => Ok(SslMode::Disable),
        Tls::VerifyFull | Tls::Require if local > 0 => Err(Fault::Other(
            "store.url names a unix socket beside other hosts, which needs store.tls = \"disable\"".into(),
        )),
        Tls::VerifyFull | Tls::Require => Ok(SslMode::Require),
    }
}

pub(super) fn client_config(settings: &Settings, mode: SslMode) -> Result<ClientConfig, Fault> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::Other(error.to_string()))?;
    if mode == SslMode::Disable {
        return Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    match settings.tls {
        Tls::Require => {
            let anyone = Arc::new(Anyone { provider });
            Ok(config.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth())
        }
        Tls::VerifyFull | Tls::Disable => {
            Ok(config.with_root_certificates(authorities(&settings.tls_ca)?).with_no_client_auth())
        }
    }
}

fn authorities(file: &Path) -> Result<RootCertStore, Fault> {
    if file.as_os_str().is_empty() {
        return Err(Fault::Other(
            "store.tls = \"verify-full\" needs store.tls_ca, the certificates of who vouches for the database server"
                .into(),
        ));
    }
    let unusable = |reason: String| Fault::Other(format!("store.tls_ca {} cannot be used: {reason}", file.display()));
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        store.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if store.is_empty() { Err(unusable("it holds no certificate in PEM form".into())) } else { Ok(store) }
}

/// Believes whoever answers, as `tls = "require"` asks for: it keeps listeners out, not somebody in the middle.
#[derive(Debug)]
struct Anyone {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
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
