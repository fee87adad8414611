//! Wires the parts together. The only module that knows all of them.

mod background;
mod error;
mod first_start;
mod keys;
mod open;
mod preflight;
mod purge;
mod sessions;
mod signals;
mod supervisor;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::task::{AbortHandle, JoinHandle};

pub use error::StartError;
pub use first_start::{FirstPassword, FirstStart};
pub use keys::KeyPlace;
pub use open::{
    Role, embedded, must_hold_a_store, node_chain, open_accounts, open_tokens, operator_chain, refuse_earlier_programs,
    refuse_other_sessions, store, store_as_it_is, store_for_replay,
};
pub use preflight::{Prepared, preflight};
pub use purge::{Purge, Step};
pub use signals::Signals;
pub use supervisor::Supervisor;

use self::sessions::Sessions;
use crate::config::{Config, Environment};
use zonemint_base::clock::Clock;
use zonemint_base::model::NameRule;
use zonemint_base::random::Random;
use zonemint_http::{self as http, MakeEnvelope, Services, SharedServices, UserAnswers};
use zonemint_serve::{self as serve, Cores, Stop};
use zonemint_service::audit::{AuditTrail, Checkpoints};
use zonemint_service::geo;
use zonemint_service::token::{self, TokenService};
use zonemint_service::user::Accounts;
use zonemint_store::sqlite::{DataFolder, ServerLock};
use zonemint_store::{Freshness, Readiness, Store};
use zonemint_telemetry::{AccessLog, Sink, Task, error_chain, task};
use zonemint_tls::{self as tls, Certificates, Reload};

/// The dependencies of a server: its clock, randomness, environment and log.
pub struct Dependencies {
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// The environment.
    pub environment: Environment,
    /// The destination of log lines.
    pub log: Sink,
    /// A socket to listen on, which replaces `server.listen`.
    pub listener: Option<TcpListener>,
    /// The memory that a comparison with an imported password hash may use, in bytes.
    pub hash_room: u64,
}

/// A server that is running.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What a first start created.
    pub first_start: Option<FirstStart>,
    /// Whether the certificate was created at this start.
    pub certificate_made: bool,
    /// The services, for tests.
    pub services: SharedServices,
    /// The store, for tests.
    pub store: Arc<dyn Store>,
    /// Reloads the certificate on request.
    pub reload: Reload,
    /// The cores that process requests.
    pub cores: Cores,
    stop: Stop,
    serving: JoinHandle<io::Result<()>>,
    background: Vec<AbortHandle>,
    checkpoints: Arc<Checkpoints>,
    _lock: Option<ServerLock>,
}

impl Running {
    /// Runs until `shutdown` is done, then stops gracefully; returns when everything is written and closed.
    ///
    /// # Errors
    /// An error of the operating system when the listening socket failed before that.
    pub async fn run_until(mut self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let served = tokio::select! {
            served = &mut self.serving => served,
            () = shutdown => {
                self.stop.gracefully();
                (&mut self.serving).await
            }
        };
        for task in &self.background {
            task.abort();
        }
        background::write_uses(&self.services).await;
        background::write_counts(&self.services).await;
        background::write_refusals(&self.services).await;
        background::write_checkpoint(&self.checkpoints).await;
        self.store.close().await;
        served.map_err(|_| io::Error::other("the task that serves ended with a panic"))?
    }
}

/// Opens the store for a node, which has the lock of a data folder.
async fn node_store(
    config: &Config,
    clock: &Clock,
    lock: Option<&mut ServerLock>,
) -> Result<Arc<dyn Store>, StartError> {
    let store = store(&config.store, Role::Node, clock).await?;
    // Otherwise this server would count as one of the previous version.
    lock.map_or(Ok(()), ServerLock::note_tables)?;
    if config.login.user_names == NameRule::Directory {
        // Any request may write a name that earlier programs cannot read.
        refuse_earlier_programs(&config.store).await?;
    }
    Ok(store)
}

/// Starts a server, and returns when it accepts connections.
///
/// # Errors
/// [`StartError`]; nothing is left running then.
pub async fn start(config: &Config, dependencies: Dependencies) -> Result<Running, StartError> {
    let Dependencies { clock, random, environment, log, listener, hash_room } = dependencies;
    let Prepared { geo, certificates } = Box::pin(preflight(config, &environment)).await?;
    let mut lock = claim(&config.store)?;
    let (made, certificates) = match certificates {
        Some(certificates) => (false, certificates),
        None => make_pair(&config.tls)?,
    };
    let orders = tls::Orders::open(&config.tls, &certificates, clock.clone(), random.clone())?;
    let cannot_listen = |source| StartError::Listen { address: config.server.listen, source };
    let listener = listener.map_or_else(|| serve::bind(&config.server), Ok).map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    tell_others(lock.as_mut(), address);
    let cores = Cores::start(config.server.max_connections).map_err(StartError::Threads)?;
    geo::log(&geo);
    let store = Box::pin(node_store(config, &clock, lock.as_mut())).await?;
    let (key_place, keyring) = keys::open_keyring(config, &environment, &store, &clock, &random).await?;
    let freshness = Freshness::new(config.token.max_staleness, clock.clone());
    let parts = token::Parts {
        store: Arc::clone(&store),
        keyring,
        key_source: Arc::new(key_place),
        geo: geo.clone(),
        freshness: freshness.clone(),
        clock: clock.clone(),
        random: random.clone(),
    };
    let tokens = Arc::new(TokenService::new(config.token.clone(), parts));
    certificates.resume_with(Sessions::sealed_by(&tokens));
    let accounts = Accounts::new(
        Arc::clone(&store),
        &config.password,
        &config.login,
        freshness.clone(),
        clock.clone(),
        random.clone(),
    );
    let accounts = with_tokens(accounts.map_err(StartError::Threads)?.with_room_for_a_hash(hash_room), &tokens);
    accounts.reload_comparison().await?;
    let first_start = first_start::first_account(&accounts, &environment, &random).await?;
    let services = Arc::new(Services {
        accounts,
        tokens,
        audit: AuditTrail::new(Arc::clone(&store)),
        readiness: Readiness::new(Arc::clone(&store), freshness.clone()),
        gate: config.forward_auth.gate(),
        metrics_readers: config.metrics.metrics_readers(),
        traffic: Arc::default(),
        measure_others: Box::new({
            let certificates = certificates.clone();
            move |into| certificates.measure(into)
        }),
        settings: config.http.clone(),
        unscoped: config.oauth.unscoped,
        keep_networks: config.audit.addresses,
        user_answers: UserAnswers::default(),
        clock: clock.clone(),
    });

    let following = background::follow(config, &services, &store, freshness).await?;
    let checkpoints = Arc::new(Checkpoints::new(Arc::clone(&store), clock.clone()));
    let auditing = background::audit(config, &services, &checkpoints);
    let walking = background::walks(config, &services, &store);
    let (measuring, observing) = (background::hashes(&services), background::clock(&services));
    let reload = Reload::default();
    let watching = background::files(config, certificates.clone(), reload.clone(), geo);
    let (ordering, using) = (orders.map(background::orders), background::uses(config, &services));
    let access = if config.log.requests { AccessLog::new(log, config.log.format) } else { AccessLog::off() };
    let envelopes = MakeEnvelope::new(http::router(Arc::clone(&services)), Arc::clone(&services), access, &random);
    let stop = Stop::new(&config.server);
    let serving = task::vital(Task::Serve, {
        let (settings, stop, cores) = (config.server.clone(), stop.clone(), cores.clone());
        async move { serve::serve(listener, certificates, envelopes, &settings, (&cores, &stop)).await }
    });
    Ok(Running {
        address,
        first_start,
        certificate_made: made,
        services,
        store,
        reload,
        stop,
        cores,
        serving,
        background: [following, measuring, observing]
            .iter()
            .chain(&walking)
            .chain(&watching)
            .chain(&auditing)
            .chain(&using)
            .chain(&ordering)
            .map(JoinHandle::abort_handle)
            .collect(),
        checkpoints,
        _lock: lock,
    })
}

/// Connects the token service with the accounts: it clears its caches when accounts change, and provides the keys for hashes of
/// addresses.
fn with_tokens(accounts: Accounts, tokens: &Arc<TokenService>) -> Accounts {
    let (keys, remembering) = (Arc::clone(tokens), Arc::clone(tokens));
    accounts.keep_known_addresses(Box::new(move || keys.address_keys()));
    accounts.that_tells(move |topic| remembering.forget(topic))
}

/// An embedded store has one server at a time.
///
/// # Errors
/// [`StartError`] when another one has it, or the data folder cannot be used.
pub fn claim(settings: &zonemint_store::Settings) -> Result<Option<ServerLock>, StartError> {
    if settings.is_shared() {
        return Ok(None);
    }
    Ok(Some(DataFolder::create(&settings.folder)?.lock_for_server()??))
}

/// Writes to the lock file where this process listens, for a second start on the same folder.
fn tell_others(lock: Option<&mut ServerLock>, address: SocketAddr) {
    if let Some(Err(error)) = lock.map(|lock| lock.note_address(address)) {
        tracing::warn!(error = %error_chain(&error), "the lock file cannot say which process serves the data folder");
    }
}

/// Puts an ordered pair in place, or creates a self-signed one, and says whether it did the latter.
fn make_pair(settings: &tls::Settings) -> Result<(bool, Certificates), StartError> {
    tls::finish_orders(settings)?;
    let made = tls::ensure_pair(&settings.files(), &settings.names)?;
    Ok((made, Certificates::load(settings.files())?))
}
