//! The servers of a directory, and connections to them: a bounded number, of which those of the service are kept for the next search.
//!
//! A server that fails is left alone for a while, and one request at a time finds out about a server. So a directory that is down holds
//! one request for as long as a connection may take, and answers the others at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use zonemint_base::clock::Clock;
use zonemint_telemetry::error_chain;

use crate::connection::{Answer, Bound, Connection, Lost, Search};
use crate::failure::{Failure, code};
use crate::server_url::ServerUrl;
use crate::settings::Settings;

/// How long a server that gave no answer is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How long a server is left alone that refused the service account: a wrong password, asked again and again, would lock the account.
const RETRY_BIND_AFTER: Duration = Duration::from_secs(30);
/// A connection that was not used for so long is not used again: firewalls forget such connections, after which an answer never comes.
const LONGEST_IDLE: Duration = Duration::from_mins(1);
/// A connection is not used for longer: the service account may have lost its rights, which a connection keeps, and a server that comes
/// first may be back.
const LONGEST_LIFE: Duration = Duration::from_mins(10);

pub(crate) struct Pool {
    servers: Vec<Server>,
    tls: Arc<ClientConfig>,
    settings: Arc<Settings>,
    clock: Clock,
    permits: Semaphore,
    idle: Mutex<Vec<Pooled>>,
}

struct Server {
    url: ServerUrl,
    /// Until when it is left alone, and why.
    failed: Mutex<Option<(Duration, Failure)>>,
    /// Held by the request that connects as the service.
    connecting: tokio::sync::Mutex<()>,
}

struct Pooled {
    bound: Bound,
    server: usize,
    opened: Duration,
    used: Duration,
}

/// A connection for one user's password; the permit is held as long as the connection is used.
pub(crate) struct ForUser<'a> {
    pub(crate) connection: Connection,
    pub(crate) server: usize,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    pub(crate) fn new(settings: Arc<Settings>, tls: Arc<ClientConfig>, clock: Clock) -> Self {
        let server = |url: &ServerUrl| Server {
            url: url.clone(),
            failed: Mutex::new(None),
            connecting: tokio::sync::Mutex::new(()),
        };
        Self {
            servers: settings.servers.iter().map(server).collect(),
            permits: Semaphore::new(settings.connections),
            tls,
            settings,
            clock,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Searches as the service, and returns the server that answered. A search may be repeated, on any server.
    pub(crate) async fn search(&self, search: &Search<'_>) -> Result<(usize, Answer), Failure> {
        let _permit = self.permit().await?;
        while let Some(mut pooled) = self.take_idle() {
            match pooled.bound.search(search).await {
                Ok(answer) => return Ok(self.put_back(pooled, answer)),
                // This connection may be broken while the server is well, so a new one decides.
                Err(_) => self.close_idle(pooled.server),
            }
        }
        let mut failures = Vec::new();
        for server in 0..self.servers.len() {
            let failure = match self.connect_as_service(server).await {
                Ok(mut pooled) => match pooled.bound.search(search).await {
                    Ok(answer) => return Ok(self.put_back(pooled, answer)),
                    Err(lost @ Lost::Server(_)) => self.leave_alone(server, unavailable(lost), RETRY_AFTER),
                    Err(lost @ Lost::Answer(_)) => self.named(server, unavailable(lost)),
                },
                Err(failure) => failure,
            };
            failures.push(failure);
        }
        // What an administrator must change is worth more to know than that a server is down.
        let is_misconfigured = |failure: &Failure| matches!(failure, Failure::Misconfigured(_));
        Err(failures.into_iter().max_by_key(is_misconfigured).unwrap_or_else(no_server))
    }

    /// A new connection for the password of one user, to the server where the user was found, or else to another one. Only before the
    /// password is sent may another server be chosen, which is why this does not send it.
    pub(crate) async fn connect_for_user(&self, first: usize) -> Result<ForUser<'_>, Failure> {
        let permit = self.permit().await?;
        let mut failure = None;
        let others = (0..self.servers.len()).filter(|server| *server != first);
        for server in [first].into_iter().chain(others) {
            if let Some(known) = self.known_failure(server) {
                failure = Some(known);
                continue;
            }
            match self.open(server).await {
                Ok(connection) => return Ok(ForUser { connection, server, _permit: permit }),
                Err(lost) => failure = Some(self.leave_alone(server, unavailable(lost), RETRY_AFTER)),
            }
        }
        Err(failure.unwrap_or_else(no_server))
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, Failure> {
        match timeout(self.settings.operation_timeout, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Failure::Unavailable(format!("all {} connections are in use", self.settings.connections))),
        }
    }

    /// Connects to a server and binds as the service, unless the server is known to fail: then whoever waited for the one request that
    /// found out is answered at once.
    async fn connect_as_service(&self, server: usize) -> Result<Pooled, Failure> {
        let _one_at_a_time = self.servers[server].connecting.lock().await;
        if let Some(known) = self.known_failure(server) {
            return Err(known);
        }
        let fail = |lost| self.leave_alone(server, unavailable(lost), RETRY_AFTER);
        let connection = self.open(server).await.map_err(fail)?;
        let bound = bind(connection, &self.settings).await.map_err(|failure| {
            let pause = if matches!(failure, Failure::Misconfigured(_)) { RETRY_BIND_AFTER } else { RETRY_AFTER };
            self.leave_alone(server, failure, pause)
        })?;
        let now = self.clock.uptime();
        Ok(Pooled { bound, server, opened: now, used: now })
    }

    async fn open(&self, server: usize) -> Result<Connection, Lost> {
        let (connect, operation) = (self.settings.connect_timeout, self.settings.operation_timeout);
        Connection::open(&self.servers[server].url, &self.tls, connect, operation).await
    }

    fn known_failure(&self, server: usize) -> Option<Failure> {
        let failed = self.servers[server].failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().filter(|(until, _)| self.clock.uptime() < *until).map(|(_, failure)| failure.clone())
    }

    /// A failure with the server's address.
    pub(crate) fn named(&self, server: usize, failure: Failure) -> Failure {
        let url = &self.servers[server].url;
        match failure {
            Failure::Misconfigured(why) => Failure::Misconfigured(format!("{url}: {why}")),
            Failure::Unavailable(why) => Failure::Unavailable(format!("{url}: {why}")),
        }
    }

    /// Asks a server nothing for a while.
    fn leave_alone(&self, server: usize, failure: Failure, pause: Duration) -> Failure {
        let failure = self.named(server, failure);
        tracing::warn!(error = %error_chain(&failure), "a server of the directory is not asked for a while");
        let until = self.clock.uptime() + pause;
        *self.servers[server].failed.lock().unwrap_or_else(PoisonError::into_inner) = Some((until, failure.clone()));
        self.close_idle(server);
        failure
    }

    fn take_idle(&self) -> Option<Pooled> {
        let now = self.clock.uptime();
        let mut idle = self.idle();
        while let Some(mut pooled) = idle.pop() {
            let is_old = now.saturating_sub(pooled.opened) >= LONGEST_LIFE;
            let is_stale = now.saturating_sub(pooled.used) >= LONGEST_IDLE;
            if !is_old && !is_stale && !pooled.bound.is_closed() {
                return Some(pooled);
            }
        }
        None
    }

    fn put_back(&self, mut pooled: Pooled, answer: Answer) -> (usize, Answer) {
        let server = pooled.server;
        pooled.used = self.clock.uptime();
        self.idle().push(pooled);
        (server, answer)
    }

    fn close_idle(&self, server: usize) {
        self.idle().retain(|pooled| pooled.server != server);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Pooled>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Binds as the service.
pub(crate) async fn bind(connection: Connection, settings: &Settings) -> Result<Bound, Failure> {
    match connection.bind(&settings.bind_dn, &settings.bind_password).await {
        Ok((result, bound)) if result.rc == code::SUCCESS => Ok(bound),
        Ok((result, _)) => {
            let what = format!("signing in as the service account {}", settings.bind_dn);
            Err(Failure::of_result(&what, result.rc, &result.text))
        }
        Err(lost) => Err(unavailable(lost)),
    }
}

pub(crate) fn unavailable(lost: Lost) -> Failure {
    let (Lost::Server(why) | Lost::Answer(why)) = lost;
    Failure::Unavailable(why)
}

fn no_server() -> Failure {
    Failure::Misconfigured("no server is named".to_owned())
}
