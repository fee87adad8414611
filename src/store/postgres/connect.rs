//! How connections are made: the address, who is believed to be the database, and how long anything may take.
//!
//! Every wait is bounded twice: on the server, so that it gives locks back, and here, in case the server is not there to do so.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Pool, RecycleError, RecycleResult, Timeouts};
use deadpool_postgres::ClientWrapper;
use futures_util::future::join_all;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault::Fault;
use super::{hosts, session_name};
use crate::store::{Chain, Settings, Tls};
use crate::telemetry::{Task, task};

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
}

impl Connector {
    /// Reads the settings, and the files that they name.
    pub(super) fn new(settings: &Settings, chain: &Chain) -> Result<Self, Fault> {
        let mut config = settings.url.config().cloned().ok_or_else(|| {
            let refusal = settings.url.refusal().unwrap_or("must be the address of a PostgreSQL database");
            Fault::Other(format!("store.url {refusal}"))
        })?;
        if !settings.password_file.as_os_str().is_empty() {
            config.password(password(&settings.password_file)?);
        }
        if config.get_application_name().is_none() {
            config.application_name(session_name::of_this_process(chain));
        }
        let statement_timeout = settings.statement_timeout.duration();
        let ssl_mode = ssl_mode(settings, &config)?;
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
            // What a standby tells is old: a token may be revoked of which it does not know yet.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let tls = MakeRustlsConnect::new(client_config(settings, ssl_mode)?);
        let connect_timeout = settings.connect_timeout.duration();
        Ok(Self { config, tls, connect_timeout, statement_timeout })
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

    /// How long the server may work on one statement.
    pub(super) fn statement_timeout(&self) -> Duration {
        self.statement_timeout
    }

    /// How long an answer to one statement is waited for.
    pub(super) fn patience(&self) -> Duration {
        self.statement_timeout + GRACE
    }

    /// How long making a connection may take, whatever the number of hosts.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Connections for reading.
    pub(super) fn pool(&self, size: usize) -> Result<Pool<Connecting>, Fault> {
        // Making one has its own limit, and says more.
        let timeouts = Timeouts { wait: Some(self.connect_timeout), create: None, recycle: Some(self.connect_timeout) };
        let connecting = Connecting { connector: self.clone(), made: AtomicU64::new(0), retired: AtomicU64::new(0) };
        Pool::builder(connecting)
            .max_size(size)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Fault::Other(error.to_string()))
    }

    /// A connection outside the pool, whose statements have no limit of time unless one is set in a transaction.
    pub(super) async fn session(&self) -> Result<ClientWrapper, Fault> {
        let connected = self.connect(Duration::ZERO).await?;
        if let Some(encoding) = connected.1.parameter("server_encoding").filter(|encoding| *encoding != "UTF8") {
            let told = format!(
                "the database keeps texts in {encoding}, in which not all names can be written; make one in UTF8"
            );
            return Err(Fault::Other(told));
        }
        Ok(polled(connected))
    }

    /// A connection that somebody else polls, to the first host that can be used. Statements may take as long as `statement`;
    /// zero is for ever.
    pub(super) async fn connect(&self, statement: Duration) -> Result<Unpolled, Fault> {
        let hosts = hosts::each(&self.with_limits(statement));
        let connect = |config: Config| async move { Ok(config.connect(self.tls.clone()).await?) };
        hosts::first(&hosts, self.connect_timeout, connect).await
    }

    /// How many hosts the address names.
    pub(super) fn hosts(&self) -> usize {
        hosts::count(&self.config)
    }

    /// Connects to each host by itself, to all at the same time, whether it accepts writes or not. Each has all the time there is.
    pub(super) async fn connect_each(&self) -> Vec<(String, Result<ClientWrapper, Fault>)> {
        let mut config = self.with_limits(self.statement_timeout);
        config.target_session_attrs(TargetSessionAttrs::Any);
        let connecting = hosts::each(&config).into_iter().map(async |(name, config)| {
            let connected = tokio::time::timeout(self.connect_timeout, config.connect(self.tls.clone())).await;
            let client = connected.map_or(Err(Fault::Silence), |connected| Ok(polled(connected?)));
            (name, client)
        });
        join_all(connecting).await
    }

    /// Limits that the server keeps, given with the connection, so that they cost no statement of their own.
    fn with_limits(&self, statement: Duration) -> Config {
        let mut config = self.config.clone();
        let given = config.get_options().unwrap_or_default();
        let (lock, idle) = (self.statement_timeout.as_millis(), 2 * self.statement_timeout.as_millis());
        let limits = format!(
            "{given} -c statement_timeout={} -c lock_timeout={lock} -c idle_in_transaction_session_timeout={idle}",
            statement.as_millis()
        );
        config.options(limits.trim_start());
        config
    }
}

/// A connection of a pool.
pub(super) struct Pooled {
    pub(super) client: ClientWrapper,
    /// Rises with each connection of the pool.
    pub(super) number: u64,
}

/// Makes the connections of a pool.
pub(super) struct Connecting {
    connector: Connector,
    made: AtomicU64,
    /// The number of the last connection that is not used any more.
    retired: AtomicU64,
}

impl Connecting {
    /// Has no connection used again that is there now.
    pub(super) fn retire(&self) {
        self.retired.store(self.made.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Manager for Connecting {
    type Type = Pooled;
    type Error = Fault;

    async fn create(&self) -> Result<Pooled, Fault> {
        // Before it is made: one that was under way when all were retired may lead to the server of before.
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let client = polled(self.connector.connect(self.connector.statement_timeout).await?);
        Ok(Pooled { client, number })
    }

    async fn recycle(&self, pooled: &mut Pooled, _: &Metrics) -> RecycleResult<Fault> {
        if pooled.client.is_closed() {
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
        // How the connection ends is felt, and told, by whoever uses it.
        let _ = connection.await;
    });
    ClientWrapper::new(client, polling)
}

fn password(file: &Path) -> Result<String, Fault> {
    let text = fs::read_to_string(file)
        .map_err(|error| Fault::Other(format!("store.password_file {} cannot be read: {error}", file.display())))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// A unix socket needs no encryption, and PostgreSQL offers none there.
fn ssl_mode(settings: &Settings, config: &Config) -> Result<SslMode, Fault> {
    let local = config.get_hosts().iter().filter(|host| matches!(host, Host::Unix(_))).count();
    let all_local = local > 0 && local == config.get_hosts().len() && config.get_hostaddrs().is_empty();
    match settings.tls {
        Tls::Disable => Ok(SslMode::Disable),
        Tls::VerifyFull | Tls::Require if all_local => Ok(SslMode::Disable),
        Tls::VerifyFull | Tls::Require if local > 0 => Err(Fault::Other(
            "store.url names a unix socket beside other hosts, which needs store.tls = \"disable\"".into(),
        )),
        Tls::VerifyFull | Tls::Require => Ok(SslMode::Require),
    }
}

fn client_config(settings: &Settings, mode: SslMode) -> Result<ClientConfig, Fault> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::Other(error.to_string()))?;
    if mode == SslMode::Disable {
        return Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    match settings.tls {
        Tls::Require => {
            let anyone = Arc::new(Anyone { provider });
            Ok(config.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth())
        }
        Tls::VerifyFull | Tls::Disable => {
            Ok(config.with_root_certificates(authorities(&settings.tls_ca)?).with_no_client_auth())
        }
    }
}

fn authorities(file: &Path) -> Result<RootCertStore, Fault> {
    if file.as_os_str().is_empty() {
        return Err(Fault::Other(
            "store.tls = \"verify-full\" needs store.tls_ca, the certificates of who vouches for the database server"
                .into(),
        ));
    }
    let unusable = |reason: String| Fault::Other(format!("store.tls_ca {} cannot be used: {reason}", file.display()));
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        store.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if store.is_empty() { Err(unusable("it holds no certificate in PEM form".into())) } else { Ok(store) }
}

/// Believes whoever answers, as `tls = "require"` asks for: it keeps listeners out, not somebody in the middle.
#[derive(Debug)]
struct Anyone {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
