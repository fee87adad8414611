//! Requests to a server: TLS, credentials, and answers that are JSON or a [`Fault`].

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response, Url, redirect};
use serde_json::{Value, json};

use super::credential::Credential;
use super::fault::{Fault, NoAddress};
use super::host::Host;
use super::text::plain;
use crate::command::{CommandError, Failure};
use zonemint_base::model::Period;
use zonemint_base::regular_file::open_given;
use zonemint_tls::{self as tls, Fingerprint};

/// Longest accepted answer, in bytes: far more than a page of tokens.
const LONGEST: usize = 16 << 20;
/// Connect timeout: a reachable server accepts a connection sooner.
const CONNECT: Duration = Duration::from_secs(10);

/// A server's warning about a request that it carried out but that may be a mistake.
const WARNING: HeaderName = HeaderName::from_static("x-warning");

/// Which certificates are trusted.
#[derive(Debug)]
pub(super) enum Trust<'a> {
    /// Those of the system's authorities.
    System,
    /// Those that lead to one in a PEM file.
    File {
        /// The option or variable that names the file.
        from: &'static str,
        path: &'a Path,
    },
    /// Only this one, for any issuer and any name.
    Pinned(Fingerprint),
    /// Every certificate.
    Nobody,
    /// Anybody's, without a warning and without a proxy: the server is on this machine, so nobody is on the way, and its
    /// certificate is made out to the name by which clients know it. Not for credentials.
    OwnMachine,
}

impl Trust<'_> {
    /// What the environment has, the next command has too. A fingerprint may be in no profile yet.
    fn options(&self) -> String {
        match self {
            Self::Pinned(fingerprint) => format!(" --fingerprint {fingerprint}"),
            Self::File { from: "--cacert", path } => format!(" --cacert {}", path.display()),
            _ => String::new(),
        }
    }
}

/// A server, and the credential for it.
pub(super) struct Connection {
    client: Client,
    timeout: Period,
    /// The options with which another command trusts the same, with a blank before them.
    trust: String,
    pub(super) host: Host,
    pub(super) credential: Option<Credential>,
}

/// The system's resolver, which tells an unknown name from other failures.
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is set by the caller.
            let found =
                tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| NoAddress(name.as_str().to_owned()))?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

impl Connection {
    /// Prepares the connection. Sends nothing yet.
    pub(super) fn new(
        host: Host,
        credential: Option<Credential>,
        trust: &Trust<'_>,
        timeout: Period,
    ) -> Result<Self, Failure> {
        let client = trusting(builder(timeout), trust)?.build()?;
        Ok(Self { client, timeout, trust: trust.options(), host, credential })
    }

    /// The fingerprint of the server's certificate, for any issuer. Sends no request.
    ///
    /// # Errors
    /// The reason why the server shows no certificate.
    pub(super) async fn fingerprint(&self) -> Result<Fingerprint, Failure> {
        let client = builder(self.timeout).tls_backend_preconfigured(tls::pinned_client(None)?).build()?;
        match client.get(self.host.at_root("")).send().await {
            Err(error) => match self.fault(error) {
                Fault::OtherCertificate { shown, .. } => Ok(shown),
                fault => Err(fault.into()),
            },
            // A client that trusts no certificate gets no answer.
            Ok(_) => Err(Fault::NotTls(self.host.to_string()).into()),
        }
    }

    /// The same server with another credential.
    pub(super) fn asked_as(&self, credential: Option<Credential>) -> Self {
        let (client, trust, host) = (self.client.clone(), self.trust.clone(), self.host.clone());
        Self { client, timeout: self.timeout, trust, host, credential }
    }

    pub(super) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Fault> {
        self.send(self.client.get(self.url(path, query))).await
    }

    /// Requests a path outside of `/api/v3/onezone`.
    pub(super) async fn get_root(&self, path: &str) -> Result<Value, Fault> {
        self.send(self.client.get(self.host.at_root(path))).await
    }

    pub(super) async fn post(&self, path: &[&str], body: &Value) -> Result<Value, Fault> {
        self.send(self.client.post(self.host.at(path)).json(body)).await
    }

    pub(super) async fn patch(&self, path: &[&str], body: &Value) -> Result<Value, Fault> {
        self.send(self.client.patch(self.host.at(path)).json(body)).await
    }

    /// Sends `{}`, because releases before 18.02 require a body.
    pub(super) async fn delete(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Fault> {
        self.send(self.client.delete(self.url(path, query)).json(&json!({}))).await
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.host.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value, Fault> {
        let request = match &self.credential {
            None => request,
            Some(Credential::Password { user, password, .. }) => request.basic_auth(user, Some(password.expose())),
            // The one header for tokens that every release understands.
            Some(Credential::Token { text, from }) => match HeaderValue::from_str(text.expose()) {
                Ok(mut value) => {
                    value.set_sensitive(true);
                    request.header("x-auth-token", value)
                }
                Err(_) => return Err(Fault::NoToken(from.clone())),
            },
        };
        let answer = request.send().await.map_err(|error| self.fault(error))?;
        self.read(answer).await
    }

    async fn read(&self, mut answer: Response) -> Result<Value, Fault> {
        let status = answer.status();
        let header = |name: HeaderName| answer.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        if status.is_redirection() {
            let to = plain(header(LOCATION).unwrap_or("it does not say where"));
            return Err(Fault::Moved(self.host.to_string(), to));
        }
        let warning = header(WARNING).map(str::to_owned);
        let retry_after = header(RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.fault(error))? {
            if bytes.len() + chunk.len() > LONGEST {
                return Err(Fault::TooLong(self.host.to_string()));
            }
            bytes.extend_from_slice(&chunk);
        }
        let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
        match body {
            Ok(body) if status.is_success() => {
                if let Some(warning) = warning {
                    eprintln!("warning: {}", plain(&warning));
                }
                Ok(body)
            }
            Err(_) if status.is_success() => Err(Fault::NotJson(self.host.to_string(), status.as_u16())),
            body => {
                let asked = (&self.host, self.trust.as_str(), self.credential.as_ref());
                Err(Fault::answered(status, body.ok().as_ref(), retry_after, asked))
            }
        }
    }

    /// A text that an answer must have.
    pub(super) fn text<'a>(&self, body: &'a Value, key: &'static str) -> Result<&'a str, Fault> {
        let missing = || Fault::Missing(self.host.to_string(), key);
        body.get(key).and_then(Value::as_str).ok_or_else(missing)
    }

    /// The token in an answer, which goes to a file or a terminal as it is.
    pub(super) fn token<'a>(&self, body: &'a Value) -> Result<&'a str, Fault> {
        let token = self.text(body, "token")?;
        let plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if plain { Ok(token) } else { Err(Fault::Missing(self.host.to_string(), "token")) }
    }

    fn fault(&self, error: reqwest::Error) -> Fault {
        Fault::of(error, &self.host, self.timeout)
    }
}

fn builder(timeout: Period) -> ClientBuilder {
    tls::use_aws_lc();
    Client::builder()
        .user_agent(concat!("zonemint/", env!("CARGO_PKG_VERSION")))
        .https_only(true)
        // A credential must not follow a redirect.
        .redirect(redirect::Policy::none())
        .dns_resolver(Resolver)
        .connect_timeout(CONNECT)
        .timeout(timeout.duration())
}

fn trusting(builder: ClientBuilder, trust: &Trust<'_>) -> Result<ClientBuilder, Failure> {
    match trust {
        Trust::System => Ok(builder),
        Trust::OwnMachine => Ok(builder.no_proxy().tls_danger_accept_invalid_certs(true)),
        Trust::Nobody => {
            eprintln!(
                "zonemint: WARNING: --insecure: the server's certificate is not verified; others on the network path can read \
                 and change everything, passwords and tokens too"
            );
            Ok(builder.tls_danger_accept_invalid_certs(true))
        }
        Trust::Pinned(fingerprint) => Ok(builder.tls_backend_preconfigured(tls::pinned_client(Some(*fingerprint))?)),
        Trust::File { from, path } => {
            let named = |why: String| CommandError(format!("{from}: {}: {why}", path.display()));
            let mut pem = Vec::new();
            open_given(path)
                .and_then(|mut opened| opened.read_to_end(&mut pem))
                .map_err(|error| named(error.to_string()))?;
            let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| named("not PEM".to_owned()))?;
            if certificates.is_empty() {
                return Err(named("it holds no certificate in PEM form".to_owned()).into());
            }
            Ok(builder.tls_certs_only(certificates))
        }
    }
}
