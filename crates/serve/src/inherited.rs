//! A listening socket that was opened before the process started: systemd's socket activation (`sd_listen_fds(3)`).

use std::env;
use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::process;

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;

/// What the process inherited.
#[derive(Debug)]
pub enum Inherited {
    /// Nothing.
    Nothing,
    /// A listening socket.
    Listener(TcpListener),
    /// Sockets for the process with this id.
    OfAnother(OsString),
}

/// Takes the socket that systemd passed, if any. Call it before any thread is started: it removes variables from the environment.
///
/// # Errors
/// When there are several, or it is not a listening TCP socket.
pub fn inherited() -> io::Result<Inherited> {
    #[expect(clippy::disallowed_methods, reason = "listenfd takes the same variables from the environment itself")]
    let (count, pid) = (env::var_os("LISTEN_FDS"), env::var_os("LISTEN_PID").unwrap_or_default());
    let Some(count) = count else { return Ok(Inherited::Nothing) };
    if pid != process::id().to_string().as_str() {
        return Ok(Inherited::OfAnother(pid));
    }
    if count != "1" {
        return Err(io::Error::other(format!(
            "systemd passed {} sockets, and zonemint listens on one: leave one ListenStream= in its socket unit",
            count.display()
        )));
    }
    let Some(listener) = ListenFd::from_env().take_tcp_listener(0).map_err(|error| {
        io::Error::other(format!(
            "the socket that systemd passed cannot be listened on ({error}): it must be one of TCP"
        ))
    })?
    else {
        return Ok(Inherited::Nothing);
    };
    if !socket_acceptconn(&listener)? {
        return Err(io::Error::other(
            "the socket that systemd passed is a connection, or does not listen: set Accept=no in its socket unit",
        ));
    }
    listener.set_nonblocking(true)?;
    Ok(Inherited::Listener(listener))
}
