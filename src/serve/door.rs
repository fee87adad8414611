//! From an accepted TCP connection to one that speaks TLS, or to the door.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum_server::accept::Accept;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::Settings;
use super::connection::{Alive, Connection};
use super::faults;
use super::proxy_protocol::read_header;
use crate::http::{Envelope, Traffic, TrustedProxies, TurnedAway};
use crate::tls::Certificates;

/// The first byte of every TLS record that opens a handshake (RFC 8446 section 5.1).
const HANDSHAKE_RECORD: u8 = 22;
/// Bytes of a plain request that are read and thrown away, so that its sender gets to read our answer.
const DISCARD: u64 = 64 << 10;

/// Lets connections in.
#[derive(Clone)]
pub(super) struct Door {
    certificates: Certificates,
    traffic: Arc<Traffic>,
    permits: Arc<Semaphore>,
    settings: Arc<Settings>,
    proxies: Arc<TrustedProxies>,
}

impl Door {
    pub(super) fn new(certificates: Certificates, traffic: Arc<Traffic>, settings: &Settings) -> Self {
        Self {
            certificates,
            traffic,
            permits: Arc::new(Semaphore::new(settings.max_connections)),
            settings: Arc::new(settings.clone()),
            proxies: Arc::new(settings.proxies()),
        }
    }

    /// Lets a connection in; says who is at its other end if that is not its TCP peer.
    async fn admit(self, stream: TcpStream) -> io::Result<(Connection<TlsStream<TcpStream>>, Option<SocketAddr>)> {
        let traffic = Arc::clone(&self.traffic);
        self.open(stream).await.map_err(|(why, error)| {
            traffic.turned_away(why);
            error
        })
    }

    async fn open(
        self,
        mut stream: TcpStream,
    ) -> Result<(Connection<TlsStream<TcpStream>>, Option<SocketAddr>), (TurnedAway, io::Error)> {
        let broken = |error| (TurnedAway::Handshake, error);
        let Ok(permit) = self.permits.try_acquire_owned() else {
            return Err((TurnedAway::Limit, io::Error::other("too many connections")));
        };
        stream.set_nodelay(true).map_err(broken)?;
        let through_proxy = self.proxies.contains(stream.peer_addr().map_err(broken)?.ip());
        let handshake = async {
            let source = if through_proxy { read_header(&mut stream).await.map_err(broken)? } else { None };
            let mut first = [0];
            stream.peek(&mut first).await.map_err(broken)?;
            if first[0] != HANDSHAKE_RECORD {
                turn_away(&mut stream).await.map_err(|error| (TurnedAway::Plain, error))?;
                return Err((TurnedAway::Plain, io::Error::other("not TLS")));
            }
            let accepted = self.certificates.accept(stream).await.map_err(broken)?;
            let look = || (TurnedAway::Validation, io::Error::other("an authority's look at a name"));
            Ok((accepted.ok_or_else(look)?, source))
        };
        let (stream, source) = timeout(self.settings.handshake_timeout.duration(), handshake)
            .await
            .map_err(|_| (TurnedAway::Timeout, io::Error::from(io::ErrorKind::TimedOut)))??;
        let alive = if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            Alive::Carried(self.settings.idle_timeout.duration())
        } else {
            Alive::Written(self.settings.header_timeout.duration())
        };
        Ok((Connection::new(stream, alive, (permit, self.traffic.let_in())), source))
    }
}

/// Tells a client that speaks plain HTTP what it did. Never a redirect: its next request would carry the password in clear
/// as this one may have done.
async fn turn_away(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(faults::plain_http().as_bytes()).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(DISCARD);
    let mut sink = [0; 4096];
    while rest.read(&mut sink).await? > 0 {}
    Ok(())
}

impl Accept<TcpStream, Envelope> for Door {
    type Stream = Connection<TlsStream<TcpStream>>;
    type Service = Envelope;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Envelope)>> + Send>>;

    fn accept(&self, stream: TcpStream, envelope: Envelope) -> Self::Future {
        let door = self.clone();
        Box::pin(async move {
            let (connection, source) = door.admit(stream).await?;
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
