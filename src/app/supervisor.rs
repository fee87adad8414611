//! Reports the server's state to systemd or a compatible supervisor, by the protocol of `sd_notify(3)`: datagrams of lines.
//!
//! A failed report is logged, and does not stop the server: a supervisor that waits for it reports that itself.

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::config::SupervisorEnvironment;
use zonemint_serve::Cores;
use zonemint_telemetry::error_chain;

/// The supervisor of this process, if it expects reports. Cheap to clone.
#[derive(Clone, Default)]
pub struct Supervisor {
    /// The socket to send from, and the address to send to.
    listener: Option<Arc<(UnixDatagram, SocketAddr)>>,
    /// The watchdog's timeout.
    timeout: Option<Duration>,
}

impl Supervisor {
    /// The one that the environment names.
    #[must_use]
    pub fn of(environment: &SupervisorEnvironment) -> Self {
        let Some(name) = &environment.notify_socket else { return Self::default() };
        let listener = match listener_at(name) {
            Ok(listener) => Some(Arc::new(listener)),
            Err(error) => {
                tracing::warn!(error = %error_chain(&error), "NOTIFY_SOCKET cannot be used");
                None
            }
        };
        let ours = environment.watchdog_pid.is_none_or(|pid| pid == std::process::id());
        let timeout = environment.watchdog_usec.filter(|usec| ours && *usec > 0).map(Duration::from_micros);
        Self { listener, timeout }
    }

    /// The server accepts connections: after its start, and again after a reload.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    /// The server reloads changed files, until [`Supervisor::ready`] is reported. `Type=notify-reload` needs the time.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let usec = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={usec}"));
    }

    /// The server accepts no more connections, and ends when the requests under way are finished.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=finishes the requests under way");
    }

    /// Reports that the process is alive, twice in the watchdog's timeout, without end. A report proves only that this task and all of
    /// `cores` still run.
    pub async fn keep_telling_it_lives(self, cores: Cores) {
        let Some(timeout) = self.timeout else { return };
        let mut ticks = tokio::time::interval(timeout / 2);
        loop {
            ticks.tick().await;
            cores.have_had_a_turn().await;
            self.tell("WATCHDOG=1");
        }
    }

    fn tell(&self, lines: &str) {
        let Some((socket, address)) = self.listener.as_deref() else { return };
        if let Err(error) = socket.send_to_addr(lines.as_bytes(), address) {
            tracing::warn!(error = %error_chain(&error), "cannot report the server's state to the supervisor");
        }
    }
}

fn listener_at(name: &str) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    // A core must not wait for a supervisor that does not read.
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supervisor(name: &str, watchdog_pid: u32) -> Supervisor {
        Supervisor::of(&SupervisorEnvironment {
            notify_socket: Some(name.to_owned()),
            watchdog_usec: Some(1),
            watchdog_pid: Some(watchdog_pid),
        })
    }

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_reload_is_told_with_the_moment_and_by_an_abstract_name_too() {
        let name = format!("zonemint-test-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        supervisor(&format!("@{name}"), 0).reloading();
        let told = heard(&socket);
        let usec: u64 = told.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().parse().unwrap();
        assert!(usec > 0, "{told}");
    }

    #[test]
    fn what_cannot_be_heard_is_no_failure() {
        for name in ["/nonexistent/socket", "", &"x".repeat(200)] {
            supervisor(name, 0).ready("listens");
        }
        Supervisor::default().stopping();
    }

    #[tokio::test]
    async fn the_watchdog_hears_only_from_the_process_that_it_is_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        let cores = Cores::start(1).unwrap();
        supervisor(path.to_str().unwrap(), 1).keep_telling_it_lives(cores.clone()).await;
        let ours = supervisor(path.to_str().unwrap(), std::process::id());
        let living = tokio::spawn(ours.keep_telling_it_lives(cores));
        let told = tokio::task::spawn_blocking(move || heard(&socket)).await.unwrap();
        living.abort();
        assert_eq!(told, "WATCHDOG=1");
    }
}
