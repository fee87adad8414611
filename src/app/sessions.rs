//! Seals TLS sessions by the keyring.

use std::sync::Arc;

use zonemint_service::token::{SESSION_LIFETIME_S, TokenService};
use zonemint_tls::SessionSealer;

/// Seals sessions with the keys that the token service derives. TLS itself gets none of them.
pub(super) struct Sessions(Arc<TokenService>);

impl Sessions {
    pub(super) fn sealed_by(tokens: &Arc<TokenService>) -> Self {
        Self(Arc::clone(tokens))
    }
}

impl SessionSealer for Sessions {
    fn lifetime_s(&self) -> u32 {
        SESSION_LIFETIME_S
    }

    fn seal(&self, chain: &[u8; 32], session: &[u8]) -> Option<Vec<u8>> {
        self.0.seal_session(chain, session)
    }

    fn open(&self, chain: &[u8; 32], ticket: &[u8]) -> Option<Vec<u8>> {
        self.0.open_session(chain, ticket)
    }
}
