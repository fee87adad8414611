//! One provider: whether a token of it is valid, and for whom.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::discovery::{self, Document};
use crate::error::{InvalidToken, Outage, Refusal, SettingsError};
use crate::fetch::{ClientAuthentication, Fetch};
use crate::identity::Identity;
use crate::introspection::introspect;
use crate::jwt::{self, Form, Unverified};
use crate::keys::KeySet;
use crate::refreshed::{Need, Refreshed};
use crate::results::Results;
use crate::settings::{ClientSecret, Settings};
use crate::userinfo::userinfo;
use zonemint_base::clock::Clock;
use zonemint_base::random::Random;
use zonemint_telemetry::error_chain;

/// One provider, with what is cached of it. To be shared in an [`Arc`].
pub struct Provider {
    inner: Arc<Inner>,
    keys: Refreshed<KeySet>,
    results: Results,
    random: Random,
}

zonemint_base::opaque_debug!(Provider);

/// What a task needs that fetches metadata.
struct Inner {
    settings: Settings,
    fetch: Fetch,
    document: Refreshed<Document>,
    clock: Clock,
}

impl Provider {
    /// Asks nothing of the provider yet, so that a start does not wait for it.
    ///
    /// # Errors
    /// All that is wrong with the settings ([`Settings::check`]), or with the CA's certificates.
    pub fn new(settings: Settings, clock: &Clock, random: &Random) -> Result<Self, Vec<SettingsError>> {
        let wrong = settings.check();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let fetch = Fetch::new(&settings, clock.clone()).map_err(|error| vec![error])?;
        let results = Results::new(settings.cache, random, clock.clone());
        let document = Refreshed::new(clock.clone());
        let inner = Arc::new(Inner { settings, fetch, document, clock: clock.clone() });
        Ok(Self { inner, keys: Refreshed::new(clock.clone()), results, random: random.clone() })
    }

    /// The provider's settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Whom an access token is of, without the provider's name and the colon before it.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] when the token is at fault, [`Refusal::Unavailable`] when the provider cannot be asked; the latter is logged.
    pub async fn check(&self, token: &str) -> Result<Arc<Identity>, Refusal> {
        let form = jwt::read(token)?;
        if let Some(identity) = self.results.get(token) {
            return Ok(identity);
        }
        let asked_ms = self.inner.clock.now_ms();
        let checked = match form {
            Form::Jwt(jwt) => self.check_jwt(jwt).await,
            Form::Opaque => self.check_opaque(token).await,
        };
        let identity = Arc::new(checked.inspect_err(|refusal| self.log(refusal))?);
        self.results.insert(token, &identity, asked_ms);
        Ok(identity)
    }

    async fn check_jwt(&self, jwt: Unverified<'_>) -> Result<Identity, Refusal> {
        // What costs nothing is checked first: a token of another issuer must not cause a request to this one.
        if jwt.issuer() != Some(&self.settings().issuer) {
            return Err(InvalidToken::Issuer.into());
        }
        let (header, claims) = self.verified(jwt).await?;
        let checked = self.claims(&claims);
        let expires_s = checked.check_access_token(&header)?;
        Ok(Identity::read(&claims, checked.subject()?, self.settings(), Some(expires_s)))
    }

    async fn check_opaque(&self, token: &str) -> Result<Identity, Refusal> {
        let settings = self.settings();
        if settings.client_secret.is_some() {
            let document = self.document().await?;
            let client = self.client(document.introspects_with_secret_in_body);
            let said = introspect(&self.inner.fetch, &document, &client, token).await?;
            let claims = self.claims(&said);
            let expires_s = claims.check_introspected()?;
            return Ok(Identity::read(&said, claims.subject()?, settings, expires_s));
        }
        if !settings.accept_any_audience {
            return Err(InvalidToken::Opaque.into());
        }
        let document = self.document().await?;
        let said = userinfo(&self.inner.fetch, &document, token).await?;
        Ok(Identity::read(&said, self.claims(&said).subject()?, settings, None))
    }

    /// Header and claims of a JWT whose signature is right. An unknown key makes the key set be fetched again.
    pub(crate) async fn verified(
        &self,
        mut jwt: Unverified<'_>,
    ) -> Result<(Map<String, Value>, Map<String, Value>), Refusal> {
        let (algorithm, kid) = jwt.signed_with(&self.settings().algorithms)?;
        let keys = self.keys(Need::Cached).await?;
        let keys = if is_known(&keys, algorithm, kid) { keys } else { self.keys(Need::Newer).await? };
        let key = keys.find(algorithm, kid)?;
        let header = std::mem::take(&mut jwt.header);
        Ok((header, jwt.verify(algorithm, key)?))
    }

    pub(crate) fn claims<'a>(&'a self, all: &'a Map<String, Value>) -> Claims<'a> {
        Claims { all, settings: self.settings(), now_s: self.inner.clock.latest_ms() / 1_000 }
    }

    /// Our client at the provider.
    pub(crate) fn client(&self, in_body: bool) -> ClientAuthentication<'_> {
        let Settings { client_id, client_secret, .. } = self.settings();
        ClientAuthentication { id: client_id, secret: client_secret.as_ref().map(ClientSecret::expose), in_body }
    }

    pub(crate) fn fetch(&self) -> &Fetch {
        &self.inner.fetch
    }

    pub(crate) fn random(&self) -> &Random {
        &self.random
    }

    pub(crate) async fn document(&self) -> Result<Arc<Document>, Outage> {
        Arc::clone(&self.inner).document().await
    }

    pub(crate) async fn keys(&self, need: Need) -> Result<Arc<KeySet>, Outage> {
        let inner = Arc::clone(&self.inner);
        self.keys.get(need, || inner.fetch_keys()).await
    }

    /// Logs an outage where it is met: callers are not told its cause.
    pub(crate) fn log(&self, refusal: &Refusal) {
        if let Refusal::Unavailable(outage) = refusal {
            let provider = self.settings().name.as_str();
            tracing::warn!(provider, error = %error_chain(outage), "the identity provider is not available");
        }
    }
}

impl Inner {
    async fn document(self: Arc<Self>) -> Result<Arc<Document>, Outage> {
        let inner = Arc::clone(&self);
        self.document.get(Need::Cached, || inner.fetch_document()).await
    }

    async fn fetch_document(self: Arc<Self>) -> Result<Document, Outage> {
        let answer = self.fetch.metadata(discovery::address(&self.settings.issuer)?, "discovery document").await?;
        Document::read(&answer.body.unwrap_or_default(), &self.settings)
    }

    async fn fetch_keys(self: Arc<Self>) -> Result<KeySet, Outage> {
        let document = Arc::clone(&self).document().await?;
        let answer = self.fetch.metadata(document.jwks_uri.clone(), "key set").await?;
        KeySet::read(&answer.body.unwrap_or_default())
    }
}

/// Whether the set has the key. A token without `kid` is not a reason to fetch the set again if there are several that fit.
fn is_known(keys: &KeySet, algorithm: Algorithm, kid: Option<&str>) -> bool {
    keys.find(algorithm, kid).is_ok()
}
