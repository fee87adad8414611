//! Listening, and what bounds every connection: how many, how long a handshake, a header, an idle moment may take.
//!
//! Where the next thing goes: another kind of listener (a Unix socket) is a file beside `door.rs`.

mod connection;
mod door;
mod faults;
mod proxy_protocol;
mod settings;

use std::io;
use std::net::{SocketAddr, TcpListener};

use axum_server::Handle;
use hyper_util::rt::TokioTimer;

use door::Door;
pub use settings::Settings;

use crate::http::{self, MakeEnvelope};
use crate::tls::Certificates;

/// What one HTTP/2 connection may have open at once.
const STREAMS: u32 = 128;
/// The largest header list that HTTP/2 takes: more than `http.max_headers` allows, so that ours is the error answered.
const H2_HEADER_LIST: u32 = 64 << 10;

/// Stops a server.
#[derive(Clone)]
pub struct Stop(Handle<SocketAddr>, Settings);

impl Stop {
    /// A handle for a server that will be started with `settings`.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self(Handle::new(), settings.clone())
    }

    /// Takes no more connections, lets the requests under way finish for at most `server.drain`, then ends.
    pub fn gracefully(&self) {
        self.0.graceful_shutdown(Some(self.drain()));
    }

    fn drain(&self) -> std::time::Duration {
        self.1.drain.duration()
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

/// Serves until stopped.
///
/// # Errors
/// An error of the operating system when the listening socket fails.
pub async fn serve(
    listener: TcpListener,
    certificates: Certificates,
    envelopes: MakeEnvelope,
    settings: &Settings,
    stop: &Stop,
) -> io::Result<()> {
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(Door::new(certificates, envelopes.traffic(), settings))
        .handle(stop.0.clone())
        .first_request_timeout(settings.header_timeout.duration() + settings.handshake_timeout.duration());
    let builder = server.http_builder();
    // No timer for heads: `connection` has one.
    builder.http1().header_read_timeout(None).max_buf_size(http::Settings::MOST_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(H2_HEADER_LIST)
        .keep_alive_interval(settings.idle_timeout.duration())
        .keep_alive_timeout(settings.header_timeout.duration());
    server.serve(envelopes).await
}
