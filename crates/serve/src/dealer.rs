//! Creates the service of each connection, after cores with fewer connections had a chance to accept it.

use std::convert::Infallible;
use std::future::Ready;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tower::Service;

use super::cores::OnCore;
use zonemint_http::{Envelope, MakeEnvelope};

/// The services of the connections that a core accepts.
pub(super) struct Dealer {
    envelopes: MakeEnvelope,
    core: OnCore,
    giving_way: Option<BoxFuture<'static, ()>>,
}

impl Dealer {
    pub(super) fn new(envelopes: MakeEnvelope, core: OnCore) -> Self {
        Self { envelopes, core, giving_way: None }
    }
}

impl Service<SocketAddr> for Dealer {
    type Response = Envelope;
    type Error = Infallible;
    type Future = Ready<Result<Envelope, Infallible>>;

    /// Called when a connection was accepted; until it is ready, no other connection is accepted.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if self.giving_way.is_some() || self.core.is_ahead() {
            let core = &self.core;
            ready!(self.giving_way.get_or_insert_with(|| core.clone().give_way().boxed()).poll_unpin(cx));
            self.giving_way = None;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        self.core.count();
        self.envelopes.call(peer)
    }
}
