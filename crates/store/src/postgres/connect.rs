//! How connections are made: the address, and how long anything may take.
//!
//! Every wait is bounded twice: on the server, so that it gives locks back, and here, in case the server is not there to do so.

use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Pool, RecycleError, RecycleResult, Timeouts};
use deadpool_postgres::ClientWrapper;
use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault::Fault;
use super::limits::timed;
use super::session::{KnownPooling, Pooling, Role, Session};
use super::{hosts, session_name, tls};
use crate::{Chain, Settings};
use zonemint_base::regular_file;
use zonemint_telemetry::{Task, task};

/// What the network may take beyond the server's own limit for a statement.
const GRACE: Duration = Duration::from_secs(1);
/// Silence of a connection after which the system looks whether the other side is still there, and how often.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVE_RETRIES: u32 = 3;

/// A client, and the connection that must be polled for it.
pub(super) type Unpolled = (Client, Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>);

/// Makes connections. It holds the password, and shows nothing.
#[derive(Clone)]
pub(super) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
    connect_timeout: Duration,
    statement_timeout: Duration,
    pooling: KnownPooling,
}

impl Connector {
    /// Reads the settings and the files that they name, without the network.
    pub(super) fn new(settings: &Settings, chain: &Chain) -> Result<Self, Fault> {
        let mut config = settings.url.config().cloned().ok_or_else(|| {
            let refusal = settings.url.refusal();
            let refusal = refusal.unwrap_or_else(|| "must be the address of a PostgreSQL database".to_owned());
            Fault::Other(format!("store.url {refusal}"))
        })?;
        if !settings.password_file.as_os_str().is_empty() {
            config.password(password(&settings.password_file)?);
        }
        if config.get_application_name().is_none() {
            config.application_name(session_name::of_this_process(chain));
        }
        let statement_timeout = settings.statement_timeout.duration();
        let ssl_mode = tls::ssl_mode(settings, &config)?;
        config
            .connect_timeout(settings.connect_timeout.duration())
            .tcp_user_timeout(2 * statement_timeout)
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_RETRIES)
            .ssl_mode(ssl_mode);
        if let Some(refusal) = hosts::refusal(&config) {
            return Err(Fault::Other(format!("store.url {refusal}")));
        }
        if hosts::count(&config) > 1 {
            // A standby has old data: it may not know yet that a token is revoked.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let tls = MakeRustlsConnect::new(tls::client_config(settings, &config, ssl_mode)?);
        let connect_timeout = settings.connect_timeout.duration();
        Ok(Self { config, tls, connect_timeout, statement_timeout, pooling: KnownPooling::default() })
    }

    /// Whether the way to the database leaves this machine.
    pub(super) fn is_remote(&self) -> bool {
        let is_here = |name: &str| name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        let named = self.config.get_hosts().iter().any(|host| match host {
            Host::Tcp(name) => !is_here(name),
            Host::Unix(_) => false,
        });
        // Addresses stand for names, where both are given.
        let addresses = self.config.get_hostaddrs();
        if addresses.is_empty() { named } else { addresses.iter().any(|ip| !ip.is_loopback()) }
    }

    /// What is known of the pooling, shared with all connections.
    pub(super) fn known_pooling(&self) -> KnownPooling {
        self.pooling.clone()
    }

    /// Whether a pooler gives each transaction another process of the server.
    pub(super) fn is_pooled_by_transaction(&self) -> bool {
        self.pooling.pooling() == Pooling::Transaction
    }

    /// How long the server may work on one statement.
    pub(super) fn statement_timeout(&self) -> Duration {
        self.statement_timeout
    }

    /// How long an answer to one statement is waited for.
    pub(super) fn answer_timeout(&self) -> Duration {
        self.statement_timeout + GRACE
    }

    /// How long making a connection may take, for all hosts together.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Connections for reading.
    pub(super) fn pool(&self, size: usize) -> Result<Pool<Connecting>, Fault> {
        // Making one has its own limit, and says more.
        let timeouts = Timeouts { wait: Some(self.connect_timeout), create: None, recycle: Some(self.connect_timeout) };
        Pool::builder(Connecting::new(self.clone()))
            .max_size(size)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Fault::Other(error.to_string()))
    }

    /// A connection outside the pool, whose statements have no limit of time unless one is set in a transaction.
    pub(super) async fn session(&self) -> Result<Session, Fault> {
        let connected = self.connect().await?;
        if let Some(encoding) = connected.1.parameter("server_encoding").filter(|encoding| *encoding != "UTF8") {
            let told = format!(
                "the database keeps texts in {encoding}, in which not all names can be written; make one in UTF8"
            );
            return Err(Fault::Other(told));
        }
        self.of_primary(polled(connected), Duration::ZERO).await
    }

    /// A connection that somebody else polls, without limits, to the first host that can be used.
    pub(super) async fn connect(&self) -> Result<Unpolled, Fault> {
        let hosts = hosts::each(&self.config);
        let connect = |config: Config| async move { Ok(config.connect(self.tls.clone()).await?) };
        hosts::first(&hosts, self.connect_timeout, connect).await
    }

    /// A connection without limits, on which nothing is prepared.
    pub(super) async fn bare(&self) -> Result<ClientWrapper, Fault> {
        Ok(polled(self.connect().await?))
    }

    /// How many hosts the address names.
    pub(super) fn hosts(&self) -> usize {
        hosts::count(&self.config)
    }

    /// Connects to each host by itself, to all at the same time, whether it accepts writes or not. Each has all the time there is.
    pub(super) async fn connect_each(&self) -> Vec<(String, Result<Session, Fault>)> {
        let mut config = self.config.clone();
        config.target_session_attrs(TargetSessionAttrs::Any);
        let connecting = hosts::each(&config).into_iter().map(async |(name, config)| {
            let connected = tokio::time::timeout(self.connect_timeout, config.connect(self.tls.clone())).await;
            let session = match connected {
                Ok(Ok(connected)) => {
                    self.set_up(polled(connected), self.statement_timeout).await.map(|(session, _)| session)
                }
                Ok(Err(error)) => Err(error.into()),
                Err(_) => Err(Fault::Silence),
            };
            (name, session)
        });
        join_all(connecting).await
    }

    /// As [`Connector::set_up`], of a server that follows none.
    async fn of_primary(&self, client: ClientWrapper, statement: Duration) -> Result<Session, Fault> {
        let (session, role) = self.set_up(client, statement).await?;
        role.must_be_primary().map(|()| session)
    }

    /// Sets the limits that the server keeps, and says whether it follows another one. Statements may take as long as `statement`;
    /// zero means no limit.
    async fn set_up(&self, client: ClientWrapper, statement: Duration) -> Result<(Session, Role), Fault> {
        let session = Session::new(client, self.pooling.clone(), self.statement_timeout);
        let role = timed(self.connect_timeout, session.set_up(statement)).await?;
        Ok((session, role))
    }
}

/// A connection of a pool.
pub(super) struct Pooled {
    pub(super) session: Session,
    /// Rises with each connection of the pool.
    pub(super) number: u64,
}

/// Makes the connections of a pool.
pub(super) struct Connecting {
    connector: Connector,
    made: AtomicU64,
    /// The number of the last connection that is not used any more.
    retired: AtomicU64,
    /// The server that a pooler may lead to; zero for any.
    server: AtomicU64,
}

impl Connecting {
    fn new(connector: Connector) -> Self {
        Self { connector, made: AtomicU64::new(0), retired: AtomicU64::new(0), server: AtomicU64::new(0) }
    }

    /// Has no connection used again that is there now; where a pooler changes what is behind a connection, has only this server
    /// believed.
    pub(super) fn retire(&self, server: u64) {
        self.retired.store(self.made.load(Ordering::Relaxed), Ordering::Relaxed);
        self.server.store(server, Ordering::Relaxed);
    }

    /// The number of a server that a pooler has led to. [`Fault::Moved`] when another one is the primary.
    pub(super) fn admit(&self, server: &str) -> Result<u64, Fault> {
        let hash = Sha256::digest(server);
        let first = hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        // No number of a connection, and not zero.
        let number = first | 1 << 63;
        let only = self.server.load(Ordering::Relaxed);
        if only == 0 || only == number { Ok(number) } else { Err(Fault::Moved) }
    }
}

impl Manager for Connecting {
    type Type = Pooled;
    type Error = Fault;

    async fn create(&self) -> Result<Pooled, Fault> {
        // Before it is made: one that was under way when all were retired may lead to the server of before.
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let connected = self.connector.connect().await?;
        // On the heap: every read that may need a connection holds this, and few do.
        let session = Box::pin(self.connector.of_primary(polled(connected), self.connector.statement_timeout)).await?;
        Ok(Pooled { session, number })
    }

    async fn recycle(&self, pooled: &mut Pooled, _: &Metrics) -> RecycleResult<Fault> {
        if pooled.session.is_closed() {
            return Err(RecycleError::message("it is closed"));
        }
        if pooled.number <= self.retired.load(Ordering::Relaxed) {
            return Err(RecycleError::message("it is retired"));
        }
        Ok(())
    }
}

/// Has a connection polled by a task of its own.
fn polled((client, connection): Unpolled) -> ClientWrapper {
    let polling = task::once(Task::StoreConnection, async move {
        // The user of the connection notices and reports how it ends.
        let _ = connection.await;
    });
    ClientWrapper::new(client, polling)
}

fn password(file: &Path) -> Result<String, Fault> {
    let text = regular_file::read_to_string(file)
        .map_err(|error| Fault::Other(format!("store.password_file {} cannot be read: {error}", file.display())))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
