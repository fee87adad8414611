//! What is answered to an authority that looks whether a name is ours. There is something only while an order is under way.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::ClientHello;
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::order::OrderError;
use crate::tls::TlsError;

/// The protocol of RFC 8737 section 4.
const PROTOCOL: &[u8] = b"acme-tls/1";

/// Answers, each under what it is asked for by. Cheap to clone; clones share them.
pub(in crate::tls) struct Answers<T>(Arc<RwLock<HashMap<String, T>>>);

/// By DNS name: the handshake that shows it to be ours.
pub(in crate::tls) type TlsAnswers = Answers<Arc<ServerConfig>>;
/// By token: the key authorization.
pub(in crate::tls) type HttpAnswers = Answers<String>;

impl<T> Clone for Answers<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Answers<T> {
    pub(in crate::tls) fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(super) fn find(&self, asked: &str) -> Option<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(asked).cloned()
    }

    pub(super) fn add(&self, asked: String, answer: T) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(asked, answer);
    }

    pub(super) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl TlsAnswers {
    /// The answer to a client that offers that one protocol, and names one of our names.
    pub(in crate::tls) fn to(&self, hello: &ClientHello<'_>) -> Option<Arc<ServerConfig>> {
        if !hello.alpn()?.eq([PROTOCOL]) {
            return None;
        }
        self.find(&hello.server_name()?.to_ascii_lowercase())
    }
}

/// A handshake with the digest of a key authorization in its certificate (RFC 8737 section 3).
pub(super) fn handshake(name: &str, digest: &[u8]) -> Result<Arc<ServerConfig>, OrderError> {
    let failed = |error| OrderError::Files(TlsError::SelfSigned(error));
    let mut params = CertificateParams::new([name.to_owned()]).map_err(failed)?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let failed = |error| OrderError::Files(TlsError::Pair(error));
    let provider = aws_lc_rs::default_provider();
    let key = provider.key_provider.load_private_key(key).map_err(failed)?;
    // Not `with_single_cert`: it refuses certificates that a client could not verify, and this one is for none.
    let pair = SingleCertAndKey::from(CertifiedKey::new(vec![certificate.der().clone()], key));
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(pair));
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(Arc::new(config))
}
