//! From an accepted TCP connection to one that speaks TLS, or to a rejection.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum_server::accept::Accept;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::rustls::ProtocolVersion;
use tokio_rustls::server::TlsStream;

use super::Settings;
use super::connection::{Alive, Connection};
use super::cores::{CorePlace, OnCore};
use super::faults;
use super::handshake_stream::HandshakeStream;
use super::proxy_protocol::read_header;
use super::refusals::Refusals;
use zonemint_http::{Activity, Envelope, MakeEnvelope, PerAddress, Share, Traffic, TrustedProxies, TurnedAway};
use zonemint_tls::Certificates;

/// The first byte of every TLS record that opens a handshake (RFC 8446 section 5.1).
const HANDSHAKE_RECORD: u8 = 22;
/// Bytes of a plain request that are read and discarded, so that its sender can read our answer.
const DISCARD: u64 = 64 << 10;

/// Accepts TLS on connections, within the limits of the settings.
#[derive(Clone)]
pub(super) struct TlsAcceptor {
    certificates: Certificates,
    traffic: Arc<Traffic>,
    refusals: Refusals,
    permits: Arc<Semaphore>,
    addresses: Arc<PerAddress>,
    settings: Arc<Settings>,
    /// Proxies whose connections begin with a PROXY protocol header.
    announcing: Arc<TrustedProxies>,
    /// Proxies that are trusted to name the client of a request. Their connections are those of many clients.
    forwarding: Arc<TrustedProxies>,
    stopping: Arc<AtomicBool>,
}

type Admitted = (Connection<TlsStream<HandshakeStream>>, Option<SocketAddr>);

impl TlsAcceptor {
    /// `stopping` becomes true when the server stops.
    pub(super) fn new(
        certificates: Certificates,
        envelopes: &MakeEnvelope,
        settings: &Settings,
        refusals: Refusals,
        stopping: Arc<AtomicBool>,
    ) -> Self {
        Self {
            certificates,
            traffic: envelopes.traffic(),
            refusals,
            permits: Arc::new(Semaphore::new(settings.max_connections)),
            addresses: PerAddress::new(settings.max_connections_per_address),
            settings: Arc::new(settings.clone()),
            announcing: Arc::new(settings.proxies()),
            forwarding: Arc::new(envelopes.settings().proxies()),
            stopping,
        }
    }

    /// Admits a connection of `peer`; returns the client's address if that is not the TCP peer.
    async fn admit(
        self,
        stream: TcpStream,
        peer: IpAddr,
        activity: Arc<Activity>,
        on_core: CorePlace,
    ) -> io::Result<Admitted> {
        let refusals = self.refusals.clone();
        self.open(stream, peer, activity, on_core).await.map_err(|(why, error)| {
            refusals.refused(why, Some(peer));
            error
        })
    }

    async fn open(
        self,
        mut stream: TcpStream,
        peer: IpAddr,
        activity: Arc<Activity>,
        on_core: CorePlace,
    ) -> Result<Admitted, (TurnedAway, io::Error)> {
        let broken = |error| (TurnedAway::Handshake, error);
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return Err((TurnedAway::Limit, io::Error::other("too many connections")));
        };
        stream.set_nodelay(true).map_err(broken)?;
        let announced = self.announcing.contains(peer);
        let share = if announced { None } else { self.share_of(peer)? };
        let handshake = async {
            let source = if announced { read_header(&mut stream).await.map_err(broken)? } else { None };
            let share = match source {
                Some(source) => self.share_of(source.ip())?,
                None => share,
            };
            let mut stream = HandshakeStream::new(stream);
            if stream.first_byte().await.map_err(broken)? != Some(HANDSHAKE_RECORD) {
                reject_plain_http(stream.rest()).await.map_err(|error| (TurnedAway::Plain, error))?;
                return Err((TurnedAway::Plain, io::Error::other("not TLS")));
            }
            let accepted = self.certificates.accept(stream).await.map_err(broken)?;
            let look = || (TurnedAway::Validation, io::Error::other("an authority's look at a name"));
            Ok((accepted.ok_or_else(look)?, source, share))
        };
        let (mut stream, source, share) = timeout(self.settings.handshake_timeout.duration(), handshake)
            .await
            .map_err(|_| (TurnedAway::Timeout, io::Error::from(io::ErrorKind::TimedOut)))??;
        let (tcp, session) = stream.get_mut();
        // Before TLS 1.3 the last bytes of a handshake are the server's.
        tcp.open(session.protocol_version() != Some(ProtocolVersion::TLSv1_3));
        let alive = if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            Alive::Http2(self.settings.idle_timeout.duration())
        } else {
            Alive::Http1(self.settings.header_timeout.duration())
        };
        let place = (permit, share, self.traffic.let_in(), on_core);
        Ok((Connection::new(stream, alive, activity, self.stopping, place), source))
    }

    /// The share of an address. A proxy has no share: its connections are those of many clients.
    fn share_of(&self, address: IpAddr) -> Result<Option<Share>, (TurnedAway, io::Error)> {
        if self.forwarding.contains(address) {
            return Ok(None);
        }
        match self.addresses.take(address, 1) {
            Some(share) => Ok(Some(share)),
            None => Err((TurnedAway::Address, io::Error::other("too many connections of one address"))),
        }
    }
}

/// Answers a client that speaks plain HTTP with an error, and closes. Never with a redirect: the client's next request would contain the
/// password in clear, as this one may have done.
async fn reject_plain_http(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(faults::plain_http().as_bytes()).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(DISCARD);
    let mut sink = [0; 4096];
    while rest.read(&mut sink).await? > 0 {}
    Ok(())
}

/// The acceptor of one core.
#[derive(Clone)]
pub(super) struct CoreAcceptor {
    pub(super) acceptor: TlsAcceptor,
    pub(super) core: OnCore,
}

impl Accept<TcpStream, Envelope> for CoreAcceptor {
    type Stream = Connection<TlsStream<HandshakeStream>>;
    type Service = Envelope;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Envelope)>> + Send>>;

    fn accept(&self, stream: TcpStream, envelope: Envelope) -> Self::Future {
        let (acceptor, on_core) = (self.acceptor.clone(), self.core.place());
        Box::pin(async move {
            let (connection, source) = acceptor.admit(stream, envelope.peer(), envelope.activity(), on_core).await?;
            Ok((
                connection,
                match source {
                    None => envelope,
                    Some(peer) => envelope.of(peer),
                },
            ))
        })
    }
}
