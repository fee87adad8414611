//! The facts that checks judge, gathered before the first check.

use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::finding::Finding;
use super::machine::{AddressState, Disk, Machine, listener};
use crate::app;
use crate::cli::{Failure, Location, own_server};
use crate::config::{Config, Environment, Overrides, Problems};
use zonemint_base::clock::Clock;
use zonemint_base::model::Period;
use zonemint_client::Readiness;
use zonemint_store::sqlite::{DataFolder, Inspection};
use zonemint_store::{Schema, Store, postgres, sqlite};
use zonemint_telemetry::error_chain;

/// Timeout for an answer of the server that listens here, in milliseconds.
const PROBE_TIMEOUT_MS: u64 = 3_000;
/// The number of measured writes, and their length in bytes: a page of the database.
const WRITES: usize = 16;
const PAGE_BYTES: usize = 4_096;

/// Connections of a node besides `store.pool`: two for writing, one for changes of others, one for hints.
const BESIDE_POOL: usize = 4;

/// Everything that is known of the machine, the settings and the data.
pub(super) struct Facts {
    pub(super) config: Result<Config, Problems>,
    /// Where settings and data are.
    pub(super) location: Location,
    pub(super) environment: Environment,
    pub(super) machine: Machine,
    pub(super) clock: Clock,
    /// The disk of the data folder.
    pub(super) disk: Option<Disk>,
    pub(super) database: Database,
    pub(super) listening: Listening,
    /// The median time of a durable write of one page, if it was to be measured; or why that failed.
    pub(super) write: Option<Result<Duration, String>>,
    pub(super) runtime: Runtime,
}

/// What is at the place of the data.
pub(super) enum Database {
    /// The settings do not say where it is.
    Unknown,
    /// Nothing yet.
    Absent,
    /// A database file with a log and no index.
    NoIndex,
    /// Something that cannot be opened, and why.
    Closed(String),
    Embedded(sqlite::FileReport, Arc<dyn Store>),
    Shared(postgres::ServerReport, Arc<dyn Store>),
}

/// Who uses the address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Listening {
    /// Nobody; the state of the address.
    Nobody(AddressState),
    /// The system chooses the port at each start.
    Anywhere,
    /// A zonemint.
    Ours(Readiness),
    /// A process that cannot be asked: from this address the server expects a PROXY protocol header.
    Unasked(IpAddr),
    /// Another program, with its process if that can be seen.
    Other(Option<String>),
}

impl Facts {
    pub(super) fn gather(location: &Location, measure: bool) -> Result<Self, Failure> {
        let environment = Environment::of_process();
        let config = location.load(&environment, Overrides::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut facts = Self {
            config,
            location: location.clone(),
            environment,
            machine: Machine::look(),
            clock: Clock::system(),
            disk: None,
            database: Database::Unknown,
            listening: Listening::Anywhere,
            write: None,
            runtime,
        };
        if let Ok(config) = &facts.config {
            facts.disk = Disk::of(&config.store.folder);
            facts.database = facts.wait(database(config, &facts.clock));
            facts.listening = facts.wait(listening(config));
            if measure {
                facts.write = Some(time_of_write(&config.store.folder, &facts.clock));
            }
        }
        Ok(facts)
    }

    /// Runs asynchronous work to its end.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        // Boxed, so that the runtime's code is compiled once for each type of result.
        self.runtime.block_on(work.boxed_local())
    }

    /// The store, if it can be read.
    pub(super) fn store(&self) -> Result<&Arc<dyn Store>, Finding> {
        let why = match &self.database {
            Database::Embedded(sqlite::FileReport { schema: Schema::Present, .. }, store)
            | Database::Shared(postgres::ServerReport { schema: Schema::Present, .. }, store) => return Ok(store),
            Database::Embedded(sqlite::FileReport { schema, .. }, _)
            | Database::Shared(postgres::ServerReport { schema, .. }, _) => match schema {
                Schema::Empty => "there is nothing in the database yet",
                _ => "the database has tables of another version",
            },
            Database::Absent => "there is no database yet",
            Database::Unknown | Database::NoIndex | Database::Closed(_) => "the database cannot be read",
        };
        Err(Finding::skipped(why))
    }

    /// Closes the store.
    pub(super) fn leave(&self) {
        if let Database::Embedded(_, store) | Database::Shared(_, store) = &self.database {
            self.wait(store.close());
        }
    }
}

pub(super) async fn database(config: &Config, clock: &Clock) -> Database {
    if config.store.is_shared() {
        // A node without a name has no chain. The check of the node name reports that.
        let (Ok(operator), node) = (app::operator_chain(), app::node_chain(&config.store.node)) else {
            return Database::Unknown;
        };
        let node = node.unwrap_or_else(|_| operator.clone());
        return match postgres::inspect(&config.store, (&node, needed_connections(config)), operator, clock).await {
            Ok((report, store)) => Database::Shared(report, Arc::new(store)),
            Err(error) => Database::Closed(error_chain(&error)),
        };
    }
    let path = config.store.folder.join(DataFolder::DATABASE);
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => return Database::Absent,
        Err(error) => return Database::Closed(error.to_string()),
    }
    match sqlite::inspect(&path) {
        Ok(Inspection::Opened(report, store)) => Database::Embedded(report, Arc::new(store)),
        Ok(Inspection::NoIndex) => Database::NoIndex,
        Err(error) => Database::Closed(error_chain(&error)),
    }
}

/// The most connections that a node has.
pub(super) fn needed_connections(config: &Config) -> usize {
    config.store.pool + BESIDE_POOL
}

async fn listening(config: &Config) -> Listening {
    let address = config.server.listen;
    if address.port() == 0 {
        return Listening::Anywhere;
    }
    seen(AddressState::of(address), config).await
}

/// Who uses the address. The system also reports `Privileged` for a port that is taken, so the port is asked in that case too.
pub(super) async fn seen(place: AddressState, config: &Config) -> Listening {
    if !matches!(place, AddressState::InUse | AddressState::Privileged) {
        return Listening::Nobody(place);
    }
    let probe_timeout = Period::from_ms(PROBE_TIMEOUT_MS);
    let asked = own_server::address(config.server.listen);
    if own_server::is_header_awaited(&config.server) {
        let connected =
            timeout(probe_timeout.duration(), TcpStream::connect(asked)).await.is_ok_and(|tried| tried.is_ok());
        return match place {
            AddressState::Privileged if !connected => Listening::Nobody(place),
            _ => Listening::Unasked(asked.ip()),
        };
    }
    let readiness = match own_server::probe(&config.server, probe_timeout) {
        Ok(probe) => probe.ask().await.ok(),
        Err(_) => None,
    };
    match readiness {
        Some(readiness) => Listening::Ours(readiness),
        None if place == AddressState::Privileged => Listening::Nobody(place),
        None => Listening::Other(listener(asked.port())),
    }
}

/// Measures writes to a temporary file.
fn time_of_write(folder: &Path, clock: &Clock) -> Result<Duration, String> {
    let path = folder.join(format!(".doctor.{}", std::process::id()));
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| error.to_string())?;
    let mut write = || {
        let begun = clock.uptime();
        file.write_all(&[0; PAGE_BYTES])?;
        file.sync_data()?;
        Ok(clock.uptime().saturating_sub(begun))
    };
    let times: std::io::Result<Vec<_>> = (0..WRITES).map(|_| write()).collect();
    let removed = std::fs::remove_file(&path);
    let mut times = times.and_then(|times| removed.map(|()| times)).map_err(|error| error.to_string())?;
    times.sort();
    Ok(times.get(WRITES / 2).copied().unwrap_or_default())
}
