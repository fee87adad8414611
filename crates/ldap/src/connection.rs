//! One connection to a server: what may be done on it depends on whose it is.
//!
//! A [`Connection`] can do one bind, which consumes it. Bound as the service it becomes a [`Bound`], which searches; bound as a user it is
//! gone with the answer. So no search ever runs with a user's rights, and no password is sent where another bind was before.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Scope, SearchOptions, StdStream};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use zonemint_base::opaque_debug;
use zonemint_telemetry::{Task, error_chain, task};

use crate::entry::RawEntry;
use crate::failure::{clean, code};
use crate::guard::guard;
use crate::password::Password;
use crate::policy;
use crate::server_url::{Security, ServerUrl};
use crate::start_tls::start_tls;

/// A connection on which nothing was asked.
pub(crate) struct Connection {
    ldap: Ldap,
    timeout: Duration,
}

/// A connection that is bound as the service.
pub(crate) struct Bound(Connection);

opaque_debug!(Connection, Bound);

/// No answer, and why: the connection must not be used again.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The server can answer nobody, as far as is known: it is silent, or says so.
    Server(String),
    /// This answer did not come, or cannot be read. Others may: who can change an entry can make it too long to be read.
    Answer(String),
}

/// What to search for.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    pub(crate) base: &'a str,
    pub(crate) scope: Scope,
    pub(crate) filter: &'a str,
    pub(crate) attributes: &'a [&'a str],
    /// Most entries that are of use.
    pub(crate) limit: i32,
}

/// What a search found. With result 4, some of the entries.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) entries: Vec<RawEntry>,
    pub(crate) result: u32,
    pub(crate) text: String,
}

impl Connection {
    /// Connects, with TLS unless the address says otherwise.
    pub(crate) async fn open(
        url: &ServerUrl,
        tls: &Arc<ClientConfig>,
        connect_timeout: Duration,
        operation_timeout: Duration,
    ) -> Result<Self, Lost> {
        let ldap = within(connect_timeout, connect(url, tls)).await?;
        Ok(Self { ldap, timeout: operation_timeout })
    }

    /// Binds as the service. The result says whether that was refused.
    pub(crate) async fn bind(mut self, dn: &str, password: &Password) -> Result<(LdapResult, Bound), Lost> {
        let result = self.send_bind(dn, password).await?;
        Ok((result, Bound(self)))
    }

    /// Verifies a user's password by a bind, and closes the connection.
    pub(crate) async fn verify(mut self, dn: &str, password: &Password) -> Result<LdapResult, Lost> {
        self.send_bind(dn, password).await
    }

    async fn send_bind(&mut self, dn: &str, password: &Password) -> Result<LdapResult, Lost> {
        let bind = self.ldap.with_controls(policy::request()).simple_bind(dn, password.text());
        within(self.timeout, async { Ok(bind.await?) }).await
    }
}

impl Bound {
    /// Whether the server has closed it, as far as is known.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.0.ldap.is_closed()
    }

    /// Searches. Follows no referral and no alias.
    pub(crate) async fn search(&mut self, search: &Search<'_>) -> Result<Answer, Lost> {
        let answer = within(self.0.timeout, run(&mut self.0.ldap, search, self.0.timeout)).await?;
        match answer.result {
            // The server asks to go elsewhere. The first is what Active Directory says if it has forgotten the bind.
            code::OPERATIONS_ERROR | code::BUSY | code::UNAVAILABLE => {
                let text = clean(&answer.text);
                Err(Lost::Server(format!("the search was answered with result {}: {text}", answer.result)))
            }
            _ => Ok(answer),
        }
    }
}

/// Why an answer is missing, before it is put in words.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Library(#[from] LdapError),
    #[error(transparent)]
    StartTls(#[from] crate::start_tls::StartTlsError),
    #[error("cannot connect")]
    Connect(#[from] std::io::Error),
    #[error("the server sends what is no entry")]
    Entry,
}

async fn connect(url: &ServerUrl, tls: &Arc<ClientConfig>) -> Result<Ldap, Fault> {
    let mut stream = TcpStream::connect((url.host(), url.port())).await?;
    // Requests are small, and each is waited for.
    stream.set_nodelay(true)?;
    match url.security() {
        Security::Plain => return begin(stream).await,
        Security::StartTls => start_tls(&mut stream).await?,
        Security::Tls => {}
    }
    let name = ServerName::try_from(url.host().to_owned()).map_err(std::io::Error::other)?;
    begin(TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?).await
}

/// Has the library speak to a server, through the guard.
async fn begin(server: impl AsyncRead + AsyncWrite + Send + 'static) -> Result<Ldap, Fault> {
    let (ours, theirs) = UnixStream::pair()?;
    let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(theirs.into_std()?));
    // The scheme of a stream that is there already.
    let (connection, ldap) = LdapConnAsync::with_settings(settings, "ldapi:///").await?;
    // Ends when the last handle is dropped, or when the server closes the connection; who waits for an answer then gets an error.
    task::once(Task::LdapConnection, async move {
        let mut driving = pin!(connection.drive());
        tokio::select! {
            _ = &mut driving => {}
            // A server may answer and close at once: what has passed is still to be read.
            () = guard(server, ours) => drop(driving.await),
        }
    });
    Ok(ldap)
}

async fn run(ldap: &mut Ldap, search: &Search<'_>, timeout: Duration) -> Result<Answer, Fault> {
    let seconds = i32::try_from(timeout.as_secs().max(1)).unwrap_or(i32::MAX);
    let options = SearchOptions::new().sizelimit(search.limit).timelimit(seconds);
    let mut stream = ldap
        .with_search_options(options)
        .streaming_search(search.base, search.scope, search.filter, search.attributes)
        .await?;
    let (mut entries, limit) = (Vec::new(), usize::try_from(search.limit).unwrap_or(0));
    while let Some(entry) = stream.next().await? {
        if entry.is_ref() || entry.is_intermediate() {
            continue;
        }
        if entries.len() == limit {
            // The server ignores the limit.
            return Ok(Answer { entries, result: code::SIZE_LIMIT_EXCEEDED, text: String::new() });
        }
        entries.push(RawEntry::read(entry).ok_or(Fault::Entry)?);
    }
    let result = stream.finish().await;
    Ok(Answer { entries, result: result.rc, text: result.text })
}

/// Waits for an answer. The library panics on some that it cannot read; then the answer is missing, as if the connection had broken.
async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Lost> {
    match timeout(limit, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(Ok(done))) => Ok(done),
        Ok(Ok(Err(fault))) => Err(Lost::Answer(describe(&fault))),
        Ok(Err(_panic)) => Err(Lost::Answer("the server's answer cannot be read".to_owned())),
        Err(_) => Err(Lost::Server(format!("no answer within {} ms", limit.as_millis()))),
    }
}

fn describe(fault: &Fault) -> String {
    match fault {
        // These speak of channels within the library.
        Fault::Library(
            LdapError::OpSend { .. }
            | LdapError::ResultRecv { .. }
            | LdapError::IdScrubSend { .. }
            | LdapError::MiscSend { .. }
            | LdapError::EndOfStream,
        ) => "the server closed the connection, or sent what cannot be read".to_owned(),
        fault => error_chain(fault),
    }
}
