//! A server in this process: the real router behind a real TLS socket, with a folder, a port, a clock and settings of its own.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use reqwest::{Certificate, Client, Method, RequestBuilder};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zonemint::app::{self, Dependencies, StartError};
use zonemint::caller::Caller;
use zonemint::clock::Clock;
use zonemint::config::{Config, Environment};
use zonemint::http::SharedServices;
use zonemint::model::{FullName, Period, Privileges, User, UserName};
use zonemint::random::Random;
use zonemint::store::{Changed, Store, Tls, UserChange};
use zonemint::telemetry::Sink;
use zonemint::token::KeyEncryptionKey;
use zonemint::user::{NewUser, Password};

use super::postgres::{self, Database};
use super::{Answer, quick_settings};

/// The administrator's password. No answer may ever hold it.
pub const PASSWORD: &str = "correct-horse-battery";
/// A user without rights over others: see [`TestServer::add_bob`].
pub const BOB: As<'static> = As::Basic("bob", "bobs-own-password");
/// The time at which tests start, in milliseconds since the Unix epoch.
const NOW_MS: u64 = 1_800_000_000_000;

/// The credentials of a request.
#[derive(Debug, Clone, Copy)]
pub enum As<'a> {
    Nobody,
    Admin,
    /// User name and password.
    Basic(&'a str, &'a str),
    Token(&'a str),
}

impl As<'_> {
    pub fn sign(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            As::Nobody => request,
            As::Admin => request.basic_auth("admin", Some(PASSWORD)),
            As::Basic(name, password) => request.basic_auth(name, Some(password)),
            As::Token(token) => request.header("x-auth-token", token),
        }
    }
}

/// Where the tests' servers keep their data: "postgres" for a shared store, of which each server gets one of its own.
const STORE: &str = "ZONEMINT_TEST_STORE";

/// The storage of a server, which is removed with it.
pub struct Ground {
    folder: TempDir,
    pub database: Option<Database>,
}

impl Ground {
    fn new(config: &mut Config) -> Self {
        let database = match std::env::var(STORE).as_deref() {
            Err(_) => None,
            Ok("postgres") => Some(postgres::database().expect("PostgreSQL is installed, since it is asked for")),
            Ok(other) => panic!("{STORE} is {other:?}"),
        };
        Self::on(config, database)
    }

    /// An embedded store if there is no database.
    fn on(config: &mut Config, database: Option<Database>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        config.store.folder = folder.path().join("data");
        config.tls.folder = folder.path().join("certs");
        if let Some(database) = &database {
            config.store.url = database.address();
            config.store.tls = Tls::Disable;
            // A test's clock is far from the database's.
            config.store.max_clock_skew = Period::from_ms(0);
            let key = KeyEncryptionKey::generate(&Random::system());
            std::fs::create_dir(&config.store.folder).unwrap();
            std::fs::write(config.store.folder.join(&config.keys.file), &*key.expose()).unwrap();
        }
        Self { folder, database }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

pub struct TestServer {
    pub clock: Clock,
    pub services: SharedServices,
    pub store: std::sync::Arc<dyn Store>,
    pub config: Config,
    pub folder: Ground,
    address: std::net::SocketAddr,
    client: Client,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
}

fn settings() -> Config {
    let mut config = quick_settings();
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    // The clock does not move, so a wait for a permit would never end.
    config.login.delays = vec![Period::from_ms(0)];
    config
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = settings();
        let folder = Ground::new(&mut config);
        change(&mut config);
        Self::run(folder, config, Clock::manual(NOW_MS)).await
    }

    /// On a database; none if PostgreSQL is not installed; the reason is printed.
    pub async fn start_shared(change: impl FnOnce(&mut Config)) -> Option<Self> {
        let mut config = settings();
        let folder = Ground::on(&mut config, Some(postgres::database()?));
        change(&mut config);
        Some(Self::run(folder, config, Clock::manual(NOW_MS)).await)
    }

    /// Another node on the same database.
    pub async fn start_beside(&self, node: &str) -> Self {
        let mut config = self.config.clone();
        config.keys.file = self.config.store.folder.join(&self.config.keys.file);
        let folder = tempfile::tempdir().unwrap();
        config.store.folder = folder.path().join("data");
        node.clone_into(&mut config.store.node);
        Self::run(Ground { folder, database: None }, config, self.clock.clone()).await
    }

    /// Stops, and starts again on the same data.
    pub async fn restart(self) -> Self {
        let (folder, config, clock) = self.stop().await;
        Self::run(folder, config, clock).await
    }

    /// As [`TestServer::restart`], with the clock that a machine may have after it was off.
    pub async fn restart_at(self, ms: u64) -> Self {
        let (folder, config, _) = self.stop().await;
        Self::run(folder, config, Clock::manual(ms)).await
    }

    /// Stops gracefully.
    pub async fn stop(self) -> (Ground, Config, Clock) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
        (self.folder, self.config, self.clock)
    }

    /// Runs on existing data.
    pub async fn run(folder: Ground, config: Config, clock: Clock) -> Self {
        install_crypto();
        let dependencies = || Dependencies {
            clock: clock.clone(),
            random: Random::system(),
            environment: Environment::from_pairs([("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]),
            log: Sink::start(std::io::sink()).unwrap(),
            listener: None,
            hash_room: u64::MAX,
        };
        // A process that another test is just starting has the lock of a server that has stopped for as long as it is not the
        // program that it is to become.
        let mut tries_left = 1_000;
        let server = loop {
            match Box::pin(app::start(&config, dependencies())).await {
                Err(StartError::AlreadyServed(_)) if tries_left > 0 => {
                    tries_left -= 1;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                other => break other.unwrap(),
            }
        };
        let (address, services) = (server.address, std::sync::Arc::clone(&server.services));
        let store = std::sync::Arc::clone(&server.store);
        let (stop, told) = oneshot::channel();
        let running = tokio::spawn(server.run_until(async {
            let _ = told.await;
        }));
        let client = new_client(&config);
        Self { clock, services, store, config, folder, address, client, stop, running }
    }

    /// A client with its own connections.
    pub fn new_client(&self) -> Client {
        new_client(&self.config)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port())
    }

    /// The origin of this server's pages in a browser.
    pub fn origin(&self) -> String {
        self.url("")
    }

    /// A request below the API's prefix.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.beside(method, &format!("/api/v3/onezone{path}"))
    }

    /// A request for any path.
    pub fn beside(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), self.url(path))
    }

    /// A GET for any path.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.beside("GET", path)
    }

    /// A POST to any path.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// Sends a request, and checks its answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.unwrap(), &[PASSWORD.to_owned()]).await
    }

    /// A request by the administrator, with the password.
    pub async fn as_admin(&self, method: &str, path: &str) -> Answer {
        self.send(self.request(method, path).basic_auth("admin", Some(PASSWORD))).await
    }

    /// A request without a body, with credentials.
    pub async fn call(&self, method: &str, path: &str, whom: As<'_>) -> Answer {
        self.send(whom.sign(self.request(method, path))).await
    }

    /// A request with a JSON body, with credentials.
    pub async fn json(&self, method: &str, path: &str, body: serde_json::Value, whom: As<'_>) -> Answer {
        self.send(whom.sign(self.request(method, path)).json(&body)).await
    }

    /// Mints a named token by the API; returns its id and its text. `path` is the account's, as in `/user`.
    pub async fn named(&self, path: &str, body: serde_json::Value, whom: As<'_>) -> (String, String) {
        let answer = self.json("POST", &format!("{path}/tokens/named"), body, whom).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let json = answer.json();
        let text = |key: &str| json[key].as_str().unwrap().to_owned();
        (text("tokenId"), text("token"))
    }

    /// Mints a temporary token by the API, valid for an hour, with additional caveats.
    pub async fn temporary(&self, path: &str, mut body: serde_json::Value, whom: As<'_>) -> String {
        let end = serde_json::json!({"type": "time", "validUntil": self.now_s() + 3600});
        let caveats = body["caveats"].as_array().cloned().unwrap_or_default();
        body["caveats"] = caveats.into_iter().chain([end]).collect();
        let answer = self.json("POST", &format!("{path}/tokens/temporary"), body, whom).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// The account id of these credentials.
    pub async fn id_of(&self, whom: As<'_>) -> String {
        self.call("GET", "/user", whom).await.json()["userId"].as_str().unwrap().to_owned()
    }

    /// Creates Bob, who has no rights over others; returns his id.
    pub async fn add_bob(&self) -> String {
        let As::Basic(name, password) = BOB else { panic!("Bob has a password") };
        self.add_user(name, password).await.id.to_string()
    }

    /// Creates a user with some rights over others; returns the id.
    pub async fn add_manager(&self, name: &str, password: &str, privileges: Privileges) -> String {
        let id = self.add_user(name, password).await.id;
        let change = UserChange::Privileges(privileges);
        assert_eq!(self.services.accounts.change(id, change, &Caller::operator()).await.unwrap(), Changed::Done);
        id.to_string()
    }

    /// Creates a service; returns its id and its access token, which the administrator minted.
    pub async fn add_service(&self) -> (String, String) {
        let name = FullName::parse("A service").unwrap();
        let id = self.services.accounts.add_service(name, &Caller::operator()).await.unwrap().id.to_string();
        let (_, token) =
            self.named(&format!("/providers/{id}"), serde_json::json!({"name": "its own"}), As::Admin).await;
        (id, token)
    }

    /// A request with a token.
    pub async fn with_token(&self, token: &str, method: &str, path: &str) -> Answer {
        self.send(self.request(method, path).header("x-auth-token", token)).await
    }

    /// Mints with the administrator's password and options.
    pub async fn mint(&self, options: serde_json::Value) -> Answer {
        let request = self.request("POST", "/user/client_tokens").basic_auth("admin", Some(PASSWORD));
        self.send(request.json(&options)).await
    }

    /// Creates another user.
    pub async fn add_user(&self, name: &str, password: &str) -> User {
        let accounts = &self.services.accounts;
        let (name, full_name) = (UserName::parse(name).unwrap(), FullName::parse(name).unwrap());
        let password = Some(Password::choose(password).unwrap());
        let new = NewUser { name: Some(name), full_name, password, privileges: Privileges::NONE };
        accounts.add(new, &Caller::operator()).await.unwrap()
    }

    pub fn now_s(&self) -> u64 {
        self.clock.now_s()
    }

    pub fn advance_s(&self, seconds: u64) {
        self.clock.set_ms(self.clock.now_ms() + seconds * 1000);
    }
}

fn new_client(config: &Config) -> Client {
    let certificate = std::fs::read(config.tls.files().certificate).unwrap();
    let certificate = Certificate::from_pem(&certificate).unwrap();
    Client::builder().tls_certs_only([certificate]).no_proxy().build().unwrap()
}

/// Installs the process-wide cryptography provider, which the client's TLS library uses.
pub fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
}
