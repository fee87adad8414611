//! Listening, and the limits of connections: their number, and the timeouts of handshakes, headers and idle connections.
//!
//! Where the next thing goes: another kind of listener (a Unix socket) is a file next to `tls_acceptor.rs`.

mod connection;
mod cores;
mod dealer;
mod descriptors;
mod faults;
mod handshake_stream;
mod inherited;
mod proxy_protocol;
mod refusals;
mod settings;
mod tls_acceptor;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum_server::Handle;
use futures_util::future::join_all;
use hyper_util::rt::TokioTimer;
use tokio::task::JoinHandle;

pub use cores::Cores;
use cores::OnCore;
use dealer::Dealer;
pub use inherited::{Inherited, inherited};
use refusals::Refusals;
pub use settings::Settings;
use tls_acceptor::{CoreAcceptor, TlsAcceptor};

use zonemint_http::{self as http, MakeEnvelope};
use zonemint_tls::Certificates;

/// What one HTTP/2 connection may have open at once.
const STREAMS: u32 = 128;
/// How much larger than `http.max_headers` a header list of HTTP/2 may be, in bytes, so that ours is the error answered. HTTP/2
/// counts 32 bytes for each header besides its text (RFC 9113 section 6.5.2), we 4.
const MORE_HEADERS: usize = 16 << 10;

/// The smallest window of flow control in HTTP/2: the initial one (RFC 9113 section 6.9.2).
const LEAST_WINDOW: usize = 65_535;
/// The largest windows, of a body, and of all bodies of a connection together.
const BODY_WINDOW: usize = 1 << 20;
const CONNECTION_WINDOW: usize = 256 << 10;

/// Stops a server.
#[derive(Clone)]
pub struct Stop {
    handle: Handle<SocketAddr>,
    settings: Settings,
    stopping: Arc<AtomicBool>,
}

impl Stop {
    /// A handle for a server that will be started with `settings`.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self { handle: Handle::new(), settings: settings.clone(), stopping: Arc::default() }
    }

    /// Accepts no more connections, lets the requests under way finish for at most `server.drain`, then ends.
    pub fn gracefully(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.handle.graceful_shutdown(Some(self.drain()));
    }

    fn drain(&self) -> std::time::Duration {
        self.settings.drain.duration()
    }
}

/// Opens the listening socket.
///
/// # Errors
/// An error of the operating system, as when the address is in use.
pub fn bind(settings: &Settings) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(settings.listen)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves on all of `cores` until stopped. An idle core accepts the next connection, cores with few connections first.
///
/// # Errors
/// An error of the operating system when the listening socket fails.
pub async fn serve(
    listener: TcpListener,
    certificates: Certificates,
    envelopes: MakeEnvelope,
    settings: &Settings,
    (cores, stop): (&Cores, &Stop),
) -> io::Result<()> {
    let refusals = Refusals::new(envelopes.traffic());
    let mut settings = settings.clone();
    settings.max_connections = cores.max_connections;
    // One address cannot have all of them.
    let most = settings.max_connections - settings.max_connections / 10;
    settings.max_connections_per_address = settings.max_connections_per_address.min(most);
    let acceptor = TlsAcceptor::new(certificates, &envelopes, &settings, refusals.clone(), Arc::clone(&stop.stopping));
    let on_one = OnOne { acceptor, envelopes, settings, refusals, handle: stop.handle.clone() };
    let listening = |core| io::Result::Ok((core, listener.try_clone()?));
    let listening = cores.each().map(listening).collect::<io::Result<Vec<_>>>()?;
    // Otherwise the socket would stay open, and clients would wait while the last requests finish.
    drop(listener);
    let serving: Vec<_> =
        listening.into_iter().map(|(core, listener)| core.run(on_one.clone().serve(listener, core.clone()))).collect();
    // If one core ends, all end, and this returns when no core serves any more.
    let ended = |serving: JoinHandle<io::Result<()>>| async {
        let ended = serving.await.unwrap_or_else(|_| Err(io::Error::other("a task that serves ended with a panic")));
        if ended.is_err() {
            stop.gracefully();
        }
        ended
    };
    join_all(serving.into_iter().map(ended)).await.into_iter().collect()
}

/// The server of one core. Clones share the limits of connections.
#[derive(Clone)]
struct OnOne {
    acceptor: TlsAcceptor,
    envelopes: MakeEnvelope,
    settings: Settings,
    refusals: Refusals,
    handle: Handle<SocketAddr>,
}

impl OnOne {
    async fn serve(self, listener: TcpListener, core: OnCore) -> io::Result<()> {
        let Self { acceptor, envelopes, settings, refusals, handle } = self;
        let mut server = axum_server::from_tcp(listener)?
            .acceptor(CoreAcceptor { acceptor, core: core.clone() })
            .handle(handle)
            .accept_error_handler(move |peer, error| {
                // The acceptor has counted the connections that it rejected.
                if peer.is_none() {
                    refusals.not_accepted(error);
                }
            })
            .first_request_timeout(settings.header_timeout.duration() + settings.handshake_timeout.duration());
        let builder = server.http_builder();
        // No timer for heads: `connection` has one.
        builder.http1().header_read_timeout(None).max_buf_size(http::Settings::MOST_HEAD);
        let body_window = envelopes.settings().max_body.clamp(LEAST_WINDOW, BODY_WINDOW);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(whole(envelopes.settings().max_headers.saturating_add(MORE_HEADERS)))
            .initial_stream_window_size(whole(body_window))
            .initial_connection_window_size(whole(body_window.max(CONNECTION_WINDOW)));
        server.serve(Dealer::new(envelopes, core)).await
    }
}

fn whole(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
