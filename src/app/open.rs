//! Opens the store and the services, for a command or a server.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::StartError;
use super::keys::open_keyring;
use crate::config::{Config, Environment};
use zonemint_base::clock::Clock;
use zonemint_base::random::Random;
use zonemint_service::geo::Geo;
use zonemint_service::token::{self, TokenService};
use zonemint_service::user::Accounts;
use zonemint_store::postgres::{self, OwnName, PostgresStore};
use zonemint_store::sqlite::{DataFolder, NotWritable, SqliteStore};
use zonemint_store::{self as store, Chain, Freshness, Store, StoreError, copy, replay};

/// Opens the accounts of a data folder, with or without a running server.
///
/// # Errors
/// [`StartError`] when folder or database cannot be used.
pub async fn open_accounts(config: &Config) -> Result<(Arc<dyn Store>, Accounts), StartError> {
    let (clock, random) = (Clock::system(), Random::system());
    let store = store(&config.store, Role::Operator, &clock).await?;
    let freshness = Freshness::new(config.token.max_staleness, clock.clone());
    let accounts = Accounts::new(Arc::clone(&store), &config.password, &config.login, freshness, clock, random)
        .map_err(StartError::Threads)?;
    accounts.reload_comparison().await?;
    Ok((store, accounts))
}

/// Opens the token service of a data folder for a command: with the server's key-encryption key, and without geo databases.
///
/// # Errors
/// [`StartError`] when the keys cannot be read or created.
pub async fn open_tokens(
    config: &Config,
    environment: &Environment,
    store: &Arc<dyn Store>,
) -> Result<TokenService, StartError> {
    let (clock, random) = (Clock::system(), Random::system());
    let (place, keyring) = open_keyring(config, environment, store, &clock, &random).await?;
    let freshness = Freshness::new(config.token.max_staleness, clock.clone());
    let parts = token::Parts {
        store: Arc::clone(store),
        keyring,
        key_source: Arc::new(place),
        geo: Geo::none(),
        freshness,
        clock,
        random,
    };
    Ok(TokenService::new(config.token.clone(), parts))
}

/// Who opens a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A server, which has a chain of its own in a shared store.
    Node,
    /// A command. All commands share a chain, and none creates a store.
    Operator,
    /// The command that copies into a store, which it may create.
    Copier,
}

/// The chain of commands in a shared store.
const OPERATOR: &str = "operator";

/// Opens the store that the settings name.
///
/// # Errors
/// [`StartError`] when it cannot be opened, or a copy into it or a replay on it is not finished.
pub async fn store(settings: &store::Settings, role: Role, clock: &Clock) -> Result<Arc<dyn Store>, StartError> {
    let store = store_as_it_is(settings, role, clock).await?;
    refuse_unfinished(settings, &*store).await?;
    Ok(store)
}

/// Refuses a store with an unfinished copy or replay.
pub(super) async fn refuse_unfinished(settings: &store::Settings, store: &dyn Store) -> Result<(), StartError> {
    refuse_unfinished_copy(settings, store).await?;
    if store.mark(replay::MARK).await?.is_some() {
        return Err(StartError::UnfinishedReplay(settings.name()));
    }
    Ok(())
}

/// Refuses a data folder with an unfinished restore.
pub(super) fn refuse_unfinished_restore(folder: &Path) -> Result<(), StartError> {
    if DataFolder::has_unfinished_restore(folder) {
        return Err(StartError::UnfinishedRestore(folder.display().to_string()));
    }
    Ok(())
}

async fn refuse_unfinished_copy(settings: &store::Settings, store: &dyn Store) -> Result<(), StartError> {
    if store.mark(copy::MARK).await?.is_some() {
        return Err(StartError::UnfinishedCopy(settings.name()));
    }
    Ok(())
}

/// Opens a shared store for a replay, or for the rest of one.
///
/// # Errors
/// [`StartError`] when it cannot be opened, other sessions use it, or it is an unfinished copy.
pub async fn store_for_replay(settings: &store::Settings, clock: &Clock) -> Result<Arc<dyn Store>, StartError> {
    refuse_sessions(settings, OwnName::Counts).await?;
    let store = store_as_it_is(settings, Role::Operator, clock).await?;
    refuse_unfinished_copy(settings, &*store).await?;
    Ok(store)
}

/// Refuses to continue while a node uses a shared store that this process has opened as a command.
///
/// # Errors
/// [`StartError::InUse`].
pub async fn refuse_other_sessions(settings: &store::Settings) -> Result<(), StartError> {
    refuse_sessions(settings, OwnName::DoesNotCount).await
}

/// Refuses a change that earlier programs do not support, while one of them uses the store. Such a program has started before the last
/// change of the tables, and cannot start again.
///
/// # Errors
/// [`StartError::Earlier`].
pub async fn refuse_earlier_programs(settings: &store::Settings) -> Result<(), StartError> {
    if !settings.is_shared() {
        // Its tables are at the last step, so no earlier program can open it. One may have opened it before that step.
        let is_served = DataFolder::create(&settings.folder)?.has_earlier_server()?;
        let earlier =
            || StartError::Earlier { which: settings.name(), by: "the running server: restart it".to_owned() };
        return if is_served { Err(earlier()) } else { Ok(()) };
    }
    let failed = |source: StoreError| StartError::Store { which: settings.name(), source };
    let sessions = postgres::earlier_sessions(settings, &operator_chain()?).await.map_err(failed)?;
    if sessions.is_empty() {
        return Ok(());
    }
    Err(StartError::Earlier { which: settings.name(), by: sessions.join(", ") })
}

async fn refuse_sessions(settings: &store::Settings, own: OwnName) -> Result<(), StartError> {
    let failed = |source: StoreError| StartError::Store { which: settings.name(), source };
    let sessions = postgres::sessions(settings, &operator_chain()?, own).await.map_err(failed)?;
    if sessions.is_empty() {
        return Ok(());
    }
    Err(StartError::InUse { which: settings.name(), by: sessions.join(", ") })
}

/// As [`store()`], also if it is unfinished.
///
/// # Errors
/// [`StartError`] when it cannot be opened, or there is none and the role creates none.
pub async fn store_as_it_is(
    settings: &store::Settings,
    role: Role,
    clock: &Clock,
) -> Result<Arc<dyn Store>, StartError> {
    if !settings.is_shared() {
        if role == Role::Operator {
            must_hold_a_store(&settings.folder)?;
        }
        return Ok(Arc::new(embedded(settings, clock)?));
    }
    let chain = match role {
        Role::Node => node_chain(&settings.node)?,
        Role::Operator | Role::Copier => operator_chain()?,
    };
    let failed = |source: StoreError| StartError::Store { which: settings.name(), source };
    if role == Role::Operator && !postgres::holds_a_store(settings, &chain).await.map_err(failed)? {
        return Err(StartError::NoStore(settings.name()));
    }
    Ok(Arc::new(PostgresStore::open(settings, chain, clock.clone()).await.map_err(failed)?))
}

/// The chain that all commands share.
///
/// # Errors
/// [`StartError::NodeName`], which does not happen.
pub fn operator_chain() -> Result<Chain, StartError> {
    Chain::parse(OPERATOR).ok_or(StartError::NodeName)
}

/// The chain of a node: its name is the given one, or the host's.
///
/// # Errors
/// [`StartError::NodeName`] when it is not a valid name.
pub fn node_chain(given: &str) -> Result<Chain, StartError> {
    let uname = rustix::system::uname();
    let name = if given.is_empty() { uname.nodename().to_str().unwrap_or_default() } else { given };
    let chain = Chain::parse(name).filter(|chain| !chain.as_str().is_empty() && chain.as_str() != OPERATOR);
    chain.ok_or(StartError::NodeName)
}

/// Refuses a data folder without a database: opening it would create one.
///
/// # Errors
/// [`StartError::NoStore`] names the database file that is missing, by its absolute path; [`StartError::NotWritable`] when this user
/// has no access.
pub fn must_hold_a_store(folder: &Path) -> Result<(), StartError> {
    refuse_unfinished_restore(folder)?;
    let database = DataFolder::at(folder).database();
    match database.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StartError::NoStore(std::path::absolute(&database).unwrap_or(database).display().to_string()))
        }
        Err(error) => Err(NotWritable::new(database, error).into()),
        Ok(_) => Ok(()),
    }
}

/// Opens the database in the data folder.
///
/// # Errors
/// [`StartError`] when folder or database cannot be used.
pub fn embedded(settings: &store::Settings, clock: &Clock) -> Result<SqliteStore, StartError> {
    let folder = DataFolder::create(&settings.folder)?;
    refuse_unfinished_restore(&settings.folder)?;
    folder.must_be_writable()?;
    let path = folder.database();
    SqliteStore::open(&path, clock.clone())
        .map_err(|source| StartError::Store { which: path.display().to_string(), source })
}
