//! Puts the parts together. The only module that knows every one of them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle};

use crate::clock::Clock;
use crate::config::{Config, Environment};
use crate::geo::{self, Geo, GeoError};
use crate::http::{self, MakeEnvelope, Services, SharedServices};
use crate::model::{FullName, Privileges, UserName};
use crate::random::Random;
use crate::serve::{self, Stop};
use crate::store::sqlite::{AlreadyServed, DataFolder, FolderError, ServerLock, SqliteStore};
use crate::store::{Actor, CannotFollow, Follower, Forget, Freshness, Store, StoreError, Topic};
use crate::telemetry::{AccessLog, Sink};
use crate::tls::{self, Certificates, Pair, TlsError};
use crate::token::{self, KeyEncryptionKey, Keyring, KeyringError, TokenService};
use crate::user::{AccountError, Accounts, NewUser, Password, PasswordRefused};

/// Name of the systemd credential that holds the key-encryption key.
const CREDENTIAL: &str = "zonemint.kek";
/// The account of the first start.
const ADMIN: &str = "admin";

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Another server is running on it.
    #[error(transparent)]
    AlreadyServed(#[from] AlreadyServed),
    /// The store cannot be opened.
    #[error("the database {path} cannot be opened", path = .path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The store failed later.
    #[error("the store cannot be read")]
    Read(#[from] StoreError),
    /// The key-encryption key cannot be had.
    #[error("the key-encryption key in {from} cannot be used: {reason}")]
    Key {
        /// Where it was looked for.
        from: String,
        /// What is wrong.
        reason: String,
    },
    /// The root keys cannot be opened.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A database of addresses cannot be used.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// There is no certificate to serve with.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Threads cannot be started.
    #[error("threads cannot be started")]
    Threads(#[source] io::Error),
    /// The first administrator's password is refused.
    #[error("ZONEMINT_ADMIN_PASSWORD is refused: {0}")]
    AdminPassword(#[from] PasswordRefused),
    /// The first administrator cannot be made.
    #[error("the first account cannot be made")]
    Admin(#[from] AccountError),
}

/// What a first start made, to be told once.
#[derive(Debug)]
pub struct FirstStart {
    /// The administrator's name.
    pub name: UserName,
    /// The password that was made up; none when it was given.
    pub password: Option<Password>,
}

/// What the parts are given from outside.
pub struct Outside {
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
    /// The environment.
    pub environment: Environment,
    /// Where log lines go.
    pub log: Sink,
}

/// Opens the accounts of a data folder, beside a running server or without one.
///
/// # Errors
/// [`StartError`] when folder or database cannot be used.
pub fn open_accounts(config: &Config) -> Result<(Arc<dyn Store>, Accounts), StartError> {
    let (clock, random) = (Clock::system(), Random::system());
    let folder = DataFolder::create(&config.store.folder)?;
    let store = open_store(&folder)?;
    let freshness = Freshness::new(config.token.max_staleness, clock.clone());
    let accounts = Accounts::new(Arc::clone(&store), &config.password, &config.login, freshness, clock, random)
        .map_err(StartError::Threads)?;
    Ok((store, accounts))
}

/// Opens the token service of a data folder for a command: with the key-encryption key as the server has it, and without
/// databases of addresses.
///
/// # Errors
/// [`StartError`] when the keys cannot be had.
pub async fn open_tokens(
    config: &Config,
    environment: &Environment,
    store: &Arc<dyn Store>,
) -> Result<TokenService, StartError> {
    let (clock, random) = (Clock::system(), Random::system());
    let (_, keyring) = open_keyring(config, environment, store, &clock, &random).await?;
    let freshness = Freshness::new(config.token.max_staleness, clock.clone());
    let parts = token::Parts { store: Arc::clone(store), keyring, geo: Geo::none(), freshness, clock, random };
    Ok(TokenService::new(config.token.clone(), parts))
}

fn open_store(folder: &DataFolder) -> Result<Arc<dyn Store>, StartError> {
    let path = folder.database();
    match SqliteStore::open(&path) {
        Ok(store) => Ok(Arc::new(store)),
        Err(source) => Err(StartError::Store { path, source }),
    }
}

/// A server that is running.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What a first start made.
    pub first_start: Option<FirstStart>,
    /// Whether the certificate was made at this start.
    pub certificate_made: bool,
    /// The services, for tests.
    pub services: SharedServices,
    reload: Arc<Notify>,
    stop: Stop,
    serving: JoinHandle<io::Result<()>>,
    background: Vec<AbortHandle>,
    _lock: ServerLock,
}

impl Running {
    /// Notify it to have the certificate reloaded.
    #[must_use]
    pub fn reloader(&self) -> Arc<Notify> {
        Arc::clone(&self.reload)
    }

    /// Stops gracefully once `told` is done, and returns when everything is written and closed.
    ///
    /// # Errors
    /// An error of the operating system when the listening socket failed before that.
    pub async fn until(mut self, told: impl Future<Output = ()>) -> io::Result<()> {
        let served = tokio::select! {
            served = &mut self.serving => served,
            () = told => {
                self.stop.gracefully();
                (&mut self.serving).await
            }
        };
        for task in &self.background {
            task.abort();
        }
        if let Err(error) = self.services.tokens.write_uses().await {
            tracing::warn!(error = %error, "when tokens were last used could not be written");
        }
        self.services.store.close().await;
        served.map_err(io::Error::other)?
    }
}

/// Starts a server, and returns when it accepts connections.
///
/// # Errors
/// [`StartError`]; nothing is left running then.
pub async fn start(config: &Config, outside: Outside) -> Result<Running, StartError> {
    let Outside { clock, random, environment, log } = outside;
    let folder = DataFolder::create(&config.store.folder)?;
    let lock = folder.lock_for_server()??;
    let made = tls::ensure_pair(&config.tls.files(), &config.tls.names)?;
    let certificates = Certificates::load(config.tls.files())?;
    let listener = listen(config)?;
    let address =
        listener.local_addr().map_err(|source| StartError::Listen { address: config.server.listen, source })?;

    let geo = Geo::open(config.geo.country_file(), config.geo.asn_file())?;
    let store = open_store(&folder)?;
    let (kek, keyring) = open_keyring(config, &environment, &store, &clock, &random).await?;
    let freshness = Freshness::new(config.token.max_staleness, clock.clone());
    let accounts = Accounts::new(
        Arc::clone(&store),
        &config.password,
        &config.login,
        freshness.clone(),
        clock.clone(),
        random.clone(),
    )
    .map_err(StartError::Threads)?;
    let first_start =
        first_account(&accounts, environment.admin_password.as_ref().map(|text| text.as_str()), &random).await?;
    let services = Arc::new(Services {
        accounts,
        tokens: TokenService::new(
            config.token.clone(),
            token::Parts {
                store: Arc::clone(&store),
                keyring,
                geo: geo.clone(),
                freshness: freshness.clone(),
                clock: clock.clone(),
                random: random.clone(),
            },
        ),
        store: Arc::clone(&store),
        freshness: freshness.clone(),
        settings: config.http.clone(),
        clock: clock.clone(),
    });

    let following = follow(config, &services, freshness, kek, &random).await?;
    let reload = Arc::new(Notify::new());
    let watching = tokio::spawn(tls::watch(certificates.clone(), config.tls.watch, Arc::clone(&reload)));
    let locating = tokio::spawn(geo::watch(geo, config.geo.watch, Arc::new(Notify::new())));
    let using = tokio::spawn({
        let (services, every) = (Arc::clone(&services), config.token.write_uses);
        async move { services.tokens.keep_writing_uses(every).await }
    });
    let access = if config.log.requests { AccessLog::new(log, config.log.format) } else { AccessLog::off() };
    let envelopes = MakeEnvelope::new(http::router(Arc::clone(&services)), Arc::clone(&services), access, &random);
    let stop = Stop::new(&config.server);
    let serving = tokio::spawn({
        let (settings, stop) = (config.server.clone(), stop.clone());
        async move { serve::serve(listener, certificates, envelopes, &settings, &stop).await }
    });
    Ok(Running {
        address,
        first_start,
        certificate_made: made == Pair::Made,
        services,
        reload,
        stop,
        serving,
        background: [following, watching, locating, using].map(|task| task.abort_handle()).to_vec(),
        _lock: lock,
    })
}

fn listen(config: &Config) -> Result<TcpListener, StartError> {
    serve::bind(&config.server).map_err(|source| StartError::Listen { address: config.server.listen, source })
}

/// Follows the change feed for all services. A changed keyring is opened again with the same key-encryption key.
async fn follow(
    config: &Config,
    services: &SharedServices,
    freshness: Freshness,
    kek: KeyEncryptionKey,
    random: &Random,
) -> Result<JoinHandle<()>, StoreError> {
    let memory = Arc::new(Memory { services: Arc::clone(services), kek, random: random.clone() });
    let clock = services.clock.clone();
    let follower = Follower::at_end(Arc::clone(&services.store), freshness, clock, memory).await?;
    Ok(tokio::spawn(follower.follow(config.store.follow)))
}

/// All that is remembered of the store.
struct Memory {
    services: SharedServices,
    kek: KeyEncryptionKey,
    random: Random,
}

#[async_trait]
impl Forget for Memory {
    fn forget(&self, topic: Topic) {
        self.services.forget(topic);
    }

    async fn reload_keys(&self) -> Result<(), CannotFollow> {
        let keyring = Keyring::open(&self.services.store, &self.kek, &self.random, &self.services.clock)
            .await
            .map_err(|error| CannotFollow::Reload(Box::new(error)))?;
        self.services.tokens.replace_keyring(keyring);
        Ok(())
    }
}

/// Makes the first account when there is none.
async fn first_account(
    accounts: &Accounts,
    given: Option<&str>,
    random: &Random,
) -> Result<Option<FirstStart>, StartError> {
    if !accounts.list(None, 1).await?.is_empty() {
        return Ok(None);
    }
    let (password, shown) = if let Some(text) = given {
        (Password::choose(text)?, None)
    } else {
        let made = Password::generate(random);
        (made.clone(), Some(made))
    };
    let (Ok(name), Ok(full_name)) = (UserName::parse(ADMIN), FullName::parse("Administrator")) else { return Ok(None) };
    let admin =
        NewUser { name: Some(name.clone()), full_name, password: Some(password), privileges: Privileges::all() };
    match accounts.add(admin, Actor::System).await {
        Ok(_) => Ok(Some(FirstStart { name, password: shown })),
        Err(AccountError::NameTaken) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Opens the root keys with the key-encryption key. Both are made when there are none.
async fn open_keyring(
    config: &Config,
    environment: &Environment,
    store: &Arc<dyn Store>,
    clock: &Clock,
    random: &Random,
) -> Result<(KeyEncryptionKey, Keyring), StartError> {
    let kek = key_encryption_key(config, environment, store, random).await?;
    let keyring = Keyring::open(store, &kek, random, clock).await?;
    Ok((kek, keyring))
}

/// The environment first, then a systemd credential, then the file, which is made when the store has no keys yet.
async fn key_encryption_key(
    config: &Config,
    environment: &Environment,
    store: &Arc<dyn Store>,
    random: &Random,
) -> Result<KeyEncryptionKey, StartError> {
    const EXPECTED: &str = "expected 64 hexadecimal digits";
    let unusable = |from: &str, reason: &str| StartError::Key { from: from.to_owned(), reason: reason.to_owned() };
    if let Some(text) = &environment.key_encryption_key {
        return KeyEncryptionKey::parse(text).ok_or_else(|| unusable("ZONEMINT_KEY_ENCRYPTION_KEY", EXPECTED));
    }
    let credential =
        environment.credentials.as_ref().map(|folder| folder.join(CREDENTIAL)).filter(|path| path.exists());
    let path = credential.unwrap_or_else(|| config.store.folder.join(&config.keys.file));
    let from = path.display().to_string();
    match fs::read_to_string(&path) {
        Ok(text) => KeyEncryptionKey::parse(&zeroize::Zeroizing::new(text)).ok_or_else(|| unusable(&from, EXPECTED)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(sealed) = store.keys().await?.first() {
                let reason = format!(
                    "there is no such file, but the root keys in the store are sealed under the key {}; restore that file, or give the \
                     key as the server has it, in ZONEMINT_KEY_ENCRYPTION_KEY",
                    sealed.sealed_by
                );
                return Err(unusable(&from, &reason));
            }
            let key = KeyEncryptionKey::generate(random);
            write_secret(&path, &key.expose()).map_err(|error| unusable(&from, &error.to_string()))?;
            Ok(key)
        }
        Err(error) => Err(unusable(&from, &error.to_string())),
    }
}

/// Writes a new file of mode 0600, and its folder's entry, so that it is there after a power cut.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
