//! Answers for an authority that validates a name. There are some only while an order is under way.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::server::ClientHello;

/// The protocol of RFC 8737 section 4.
pub(super) const PROTOCOL: &[u8] = b"acme-tls/1";

/// Answers by their keys. Cheap to clone; clones share them.
#[derive(Clone)]
pub(super) struct Answers<T>(Arc<RwLock<HashMap<String, T>>>);

/// By DNS name: the handshake that validates it.
pub(super) type TlsAnswers = Answers<Arc<ServerConfig>>;
/// By token: the key authorization.
pub(super) type HttpAnswers = Answers<String>;

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Answers<T> {
    pub(super) fn is_empty(&self) -> bool {
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
    /// The answer to a client that offers only that protocol, and asks for one of the names.
    pub(super) fn to(&self, hello: &ClientHello<'_>) -> Option<Arc<ServerConfig>> {
        if !hello.alpn()?.eq([PROTOCOL]) {
            return None;
        }
        self.find(&hello.server_name()?.to_ascii_lowercase())
    }
}
