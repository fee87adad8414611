//! What signals do: SIGTERM and SIGINT stop the server, SIGHUP reloads changed files, SIGUSR1 and SIGUSR2 do nothing.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Supervisor;
use zonemint_tls::Reload;

/// The signals of this process. From [`Signals::listen`] on, none of them ends it on its own.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    /// By default they end the process. Programs that rotate logs send them to many programs.
    _ignored: [Signal; 2],
}

impl Signals {
    /// Takes the signals from now on.
    ///
    /// # Errors
    /// An error of the operating system.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            _ignored: [signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?],
        })
    }

    /// Returns at a signal that stops the server. Until then each SIGHUP reloads changed files, and `supervisor` is told so; `status`
    /// is what it shows otherwise.
    pub async fn until_stop(mut self, reload: &Reload, supervisor: &Supervisor, status: &str) {
        let reloads = async {
            while self.hang_up.recv().await.is_some() {
                supervisor.reloading();
                reload.now().await;
                supervisor.ready(status);
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = reloads => {}
        }
    }
}
