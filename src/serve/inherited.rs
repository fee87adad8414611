//! A listening socket that was opened before the process started: systemd's socket activation (`sd_listen_fds(3)`).

use std::io;
use std::net::TcpListener;

use listenfd::ListenFd;

/// Takes the socket that systemd passed, if it did. Call it before any thread is started: it takes variables from the environment.
///
/// # Errors
/// When there are several, or it is none of TCP.
pub fn inherited() -> io::Result<Option<TcpListener>> {
    let mut sockets = ListenFd::from_env();
    if sockets.len() > 1 {
        return Err(io::Error::other(format!(
            "systemd passed {} sockets, and zonemint listens on one: leave one ListenStream= in its socket unit",
            sockets.len()
        )));
    }
    let Some(listener) = sockets.take_tcp_listener(0).map_err(|error| {
        io::Error::other(format!(
            "the socket that systemd passed cannot be listened on ({error}): it must be one of TCP"
        ))
    })?
    else {
        return Ok(None);
    };
    listener.set_nonblocking(true)?;
    Ok(Some(listener))
}
