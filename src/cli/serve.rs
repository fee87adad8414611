//! `zonemint serve`: the server.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use super::{Failure, Location, absolute, doctor, fail};
use crate::app::{self, Dependencies, FirstPassword, FirstStart, Running, Signals, Supervisor};
use crate::config::{Config, Environment, Overrides};
use zonemint_base::clock::Clock;
use zonemint_base::random::Random;
use zonemint_serve::{Inherited, inherited};
use zonemint_telemetry::{self as telemetry, Label as _, Sink, Task, Traces, task};

/// SIGTERM and SIGINT stop gracefully, SIGHUP reloads the certificate, SIGUSR1 and SIGUSR2 do nothing. systemd is notified of the state
/// (Type=notify). A socket from systemd (socket activation) replaces --listen and server.listen.
///
/// The first start creates the account `admin` and prints its password. It prints none if `ZONEMINT_ADMIN_PASSWORD` is the password, or
/// if `ZONEMINT_ADMIN_PASSWORD_FILE` names the file that contains it or is to be created with it.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Folder of the certificate and its key
    #[arg(long, value_name = "DIR")]
    certs: Option<PathBuf>,
    #[command(flatten)]
    location: Location,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let flags = Overrides { listen: arguments.listen.clone(), data: None, certs: arguments.certs.clone() };
    let config = arguments.location.load(&environment, flags)?;
    let inherited = inherited()?;
    let log = Sink::start(std::io::stderr())?;
    #[cfg(feature = "otlp")] // what sends traces asks the process which cryptography to use
    zonemint_tls::use_aws_lc();
    let traces = Traces::new(&config.traces)?;
    telemetry::init(&config.log, &log, &traces);
    let listener = match inherited {
        Inherited::Listener(listener) => Some(listener),
        Inherited::Nothing => None,
        Inherited::OfAnother(pid) => {
            let pid = pid.display();
            tracing::warn!(pid = %pid, "LISTEN_FDS is set, but LISTEN_PID is not this process: no socket is taken from systemd");
            None
        }
    };
    // For background work, which is short. Requests have runtimes of their own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let clock = Clock::system();
    let dependencies = Dependencies {
        clock: clock.clone(),
        random: Random::system(),
        environment,
        log: log.clone(),
        listener,
        hash_room: doctor::room_here(&config),
    };
    let outcome = runtime.block_on(async {
        let exporting = traces.export(clock.clone());
        let told = OnceLock::new();
        let outcome = serve(&config, &arguments.location, dependencies, &told).await;
        let drained = told.get().map_or(Duration::ZERO, |at| clock.uptime().saturating_sub(*at));
        exporting.stop(config.server.drain.duration().saturating_sub(drained)).await;
        outcome
    });
    log.flush();
    outcome
}

/// Sets `told_at` to the clock's uptime at the moment when the process is asked to stop.
async fn serve(
    config: &Config,
    location: &Location,
    dependencies: Dependencies,
    told_at: &OnceLock<Duration>,
) -> Result<(), Failure> {
    let clock = dependencies.clock.clone();
    let signals = Signals::listen()?;
    let supervisor = Supervisor::of(&dependencies.environment.supervisor);
    let running = app::start(config, dependencies).await?;
    super::print(&welcome(config, location, &running))?;
    let status = format!("listens on {}", running.address);
    supervisor.ready(&status);
    let (living, cores) = (supervisor.clone(), running.cores.clone());
    task::keep(Task::Watchdog, move || living.clone().keep_telling_it_lives(cores.clone()));
    let reload = running.reload.clone();
    let broken = OnceLock::new();
    let told = async {
        tokio::select! {
            () = signals.until_stop(&reload, &supervisor, &status) => {}
            task = task::ended() => {
                let _ = broken.set(task);
            }
        }
        supervisor.stopping();
        let _ = told_at.set(clock.uptime());
        tracing::info!("stopping: no new connections; requests under way are finished");
    };
    running.run_until(told).await?;
    tracing::info!("stopped");
    match broken.get() {
        None => Ok(()),
        Some(task) => fail(format!("the task {} ended with a panic, and without it nothing works", task.value())),
    }
}

/// What a start prints. Only the first one prints secrets.
fn welcome(config: &Config, location: &Location, running: &Running) -> String {
    use std::fmt::Write as _;
    let port = running.address.port();
    let mut text = format!("zonemint listens on https://localhost:{port} (address {})\n", running.address);
    let _ = if config.store.is_shared() {
        writeln!(text, "database       {}", config.store.name())
    } else {
        writeln!(text, "data folder    {}", absolute(&config.store.folder).display())
    };
    let settings = location
        .config
        .as_ref()
        .map_or_else(|| "none: defaults and environment apply".to_owned(), |file| absolute(file).display().to_string());
    let _ = writeln!(text, "settings file  {settings}");
    if std::io::stdout().is_terminal() {
        let _ = writeln!(text, "stop with Ctrl-C, or with `kill {}`", std::process::id());
    }
    let files = config.tls.files();
    if running.certificate_made {
        let _ = writeln!(text, "A self-signed certificate was made: {}", files.certificate.display());
    }
    if (running.certificate_made || running.first_start.is_some())
        && let Ok(fingerprint) = files.fingerprint()
    {
        let _ = writeln!(text, "SHA-256 of the certificate, for `zonemint login --fingerprint`:\n  {fingerprint}");
    }
    if let Some(FirstStart { name, password }) = &running.first_start {
        let (told, credentials) = match password {
            FirstPassword::MadeUp(password) => {
                let password = password.expose();
                let told = format!("; its password is shown only now:\n\n  user      {name}\n  password  {password}");
                (told, format!("{name}:{password}"))
            }
            FirstPassword::InVariable => (
                ", with the password in ZONEMINT_ADMIN_PASSWORD.".to_owned(),
                format!("\"{name}:$ZONEMINT_ADMIN_PASSWORD\""),
            ),
            FirstPassword::InFile(path) => {
                let path = path.display();
                (format!(", with the password in {path}."), format!("\"{name}:$(cat {path})\""))
            }
        };
        let _ = write!(
            text,
            "\nThis is the first start. The account {name} was made{told}\n\nTry it:\n\n  curl --cacert {} -u {credentials} -X POST \
             -d '' -H 'content-type: application/json' \\\n    https://localhost:{port}/api/v3/onezone/user/client_tokens\n\n",
            files.certificate.display()
        );
    }
    text
}
