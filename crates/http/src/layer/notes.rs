//! Facts about a request, collected for its log line.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;

use zonemint_base::model::{TokenId, UserId};
use zonemint_store::Origin;

/// Travels with the request, in its extensions.
#[derive(Debug)]
pub(crate) struct Notes {
    /// The TCP peer.
    pub peer: SocketAddr,
    /// The client: the peer, or the address that a listed proxy gives; none if the proxy gives none.
    pub client: Option<IpAddr>,
    /// What audit rows store of it.
    pub origin: Origin,
    user: OnceLock<UserId>,
    token: OnceLock<TokenId>,
}

impl Notes {
    pub(super) fn new(peer: SocketAddr, client: Option<IpAddr>, origin: Origin) -> Self {
        Self { peer, client, origin, user: OnceLock::new(), token: OnceLock::new() }
    }

    #[cfg(test)]
    pub(super) fn of_first_request(peer: SocketAddr, client: Option<IpAddr>) -> Self {
        Self::new(peer, client, Origin { request: zonemint_base::model::RequestId::new(0, 0), network: None })
    }

    /// The address that distinguishes callers.
    pub(crate) fn address(&self) -> IpAddr {
        self.client.unwrap_or_else(|| self.peer.ip())
    }

    /// The request is made by this user.
    pub(crate) fn user(&self, id: UserId) {
        let _ = self.user.set(id);
    }

    /// The request has this token, whose signature is valid.
    pub(crate) fn token(&self, id: TokenId) {
        let _ = self.token.set(id);
    }

    /// Whether the caller is identified.
    pub(super) fn is_identified(&self) -> bool {
        self.user.get().is_some() || self.token.get().is_some()
    }

    pub(super) fn identities(&self) -> (Option<UserId>, Option<TokenId>) {
        (self.user.get().copied(), self.token.get().copied())
    }
}
