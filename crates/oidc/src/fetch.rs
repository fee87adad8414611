//! Requests to a provider: https alone, no redirects, bounded in time and size.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder, Url, redirect};
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

use crate::error::{Outage, SettingsError};
use crate::limits::{LONGEST_ANSWER, PAUSE};
use crate::settings::Settings;
use zonemint_base::clock::{Clock, from_http_date};

/// Most requests at one time for tokens, so that a slow provider does not gather connections.
const AT_ONCE: usize = 32;

/// The HTTP client of one provider.
pub(crate) struct Fetch {
    client: Client,
    timeout: Duration,
    turns: Semaphore,
    clock: Clock,
    /// The last failure to reach it, and when.
    failed: Mutex<Option<(Outage, Duration)>>,
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// None if the body is no JSON object.
    pub(crate) body: Option<Map<String, Value>>,
    /// The other clock minus ours, in seconds.
    pub(crate) clock_difference_s: Option<i64>,
}

impl Fetch {
    pub(crate) fn new(settings: &Settings, clock: Clock) -> Result<Self, SettingsError> {
        zonemint_tls::use_aws_lc();
        let builder = Client::builder()
            .user_agent(concat!("zonemint/", env!("CARGO_PKG_VERSION")))
            .https_only(true)
            // A credential must not follow a redirect, and metadata must come from the issuer's own address.
            .redirect(redirect::Policy::none())
            .connect_timeout(settings.timeout)
            .timeout(settings.timeout);
        let builder = match &settings.ca {
            None => builder,
            Some(pem) => {
                let roots = Certificate::from_pem_bundle(pem).map_err(|_| SettingsError::Authority)?;
                if roots.is_empty() {
                    return Err(SettingsError::Authority);
                }
                builder.tls_certs_only(roots)
            }
        };
        let client = builder.build().map_err(|_| SettingsError::Client)?;
        let (turns, failed) = (Semaphore::new(AT_ONCE), Mutex::new(None));
        Ok(Self { client, timeout: settings.timeout, turns, clock, failed })
    }

    /// Metadata: status 200 and a JSON object.
    pub(crate) async fn metadata(&self, url: Url, what: &'static str) -> Result<Answer, Outage> {
        let answer = self.send(self.client.get(url), what).await?;
        match (answer.status, &answer.body) {
            (200, Some(_)) => Ok(answer),
            (200, None) => Err(Outage::Malformed { what, why: "it is no JSON object" }),
            (status, _) => Err(Outage::Status { what, status }),
        }
    }

    /// A form, sent as our client, or without its secret if it has none.
    pub(crate) async fn form(
        &self,
        url: Url,
        what: &'static str,
        fields: &[(&str, &str)],
        client: &ClientAuthentication<'_>,
    ) -> Result<Answer, Outage> {
        let _turn = self.turn().await?;
        let request = self.client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = match client.in_header() {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        };
        self.noted(self.send(request.body(client.form(fields)), what).await)
    }

    /// A request with the user's own token.
    pub(crate) async fn with_token(&self, url: Url, what: &'static str, token: &str) -> Result<Answer, Outage> {
        let _turn = self.turn().await?;
        let value = sensitive(&Zeroizing::new(format!("Bearer {token}")));
        self.noted(self.send(self.client.get(url).header(AUTHORIZATION, value), what).await)
    }

    /// Waits for a turn, at most as long as for an answer. A provider that could not be reached a moment ago is not asked.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Outage> {
        self.recently_failed()?;
        let turn = tokio::time::timeout(self.timeout, self.turns.acquire()).await;
        let turn = turn.map_err(|_| Outage::Busy)?.map_err(|_| Outage::Busy)?;
        // Those who waited meanwhile have learnt it from another.
        self.recently_failed()?;
        Ok(turn)
    }

    fn recently_failed(&self) -> Result<(), Outage> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match &*failed {
            Some((outage, at)) if self.clock.uptime().saturating_sub(*at) < PAUSE => Err(outage.clone()),
            _ => Ok(()),
        }
    }

    /// Remembers a failure to reach the provider. A wrong answer is not remembered: a strange token may be its cause.
    fn noted(&self, answer: Result<Answer, Outage>) -> Result<Answer, Outage> {
        if let Err(outage @ Outage::Unreachable { .. }) = &answer {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            *failed = Some((outage.clone(), self.clock.uptime()));
        }
        answer
    }

    async fn send(&self, request: RequestBuilder, what: &'static str) -> Result<Answer, Outage> {
        let unreachable = |error: reqwest::Error| Outage::Unreachable { what, source: Arc::new(error.without_url()) };
        let mut answer = request.header(ACCEPT, "application/json").send().await.map_err(unreachable)?;
        let status = answer.status().as_u16();
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(from_http_date);
        let now_s = self.clock.now_ms() / 1_000;
        let clock_difference_s = date.map(|date_s| date_s.cast_signed().saturating_sub(now_s.cast_signed()));
        let mut bytes = Zeroizing::new(Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if bytes.len() + chunk.len() > LONGEST_ANSWER {
                return Err(Outage::TooLong { what });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body: serde_json::from_slice(&bytes).ok(), clock_difference_s })
    }
}

/// Our client at the provider.
pub(crate) struct ClientAuthentication<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: Option<&'a str>,
    /// `client_secret_post` instead of `client_secret_basic`.
    pub(crate) in_body: bool,
}

impl ClientAuthentication<'_> {
    /// `client_secret_basic`.
    fn in_header(&self) -> Option<HeaderValue> {
        self.secret.filter(|_| !self.in_body).map(|secret| basic(self.id, secret))
    }

    /// The body: the fields, and the client unless the header names it.
    fn form(&self, fields: &[(&str, &str)]) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        if self.secret.is_none() || self.in_body {
            form.append_pair("client_id", self.id);
        }
        if let Some(secret) = self.secret.filter(|_| self.in_body) {
            form.append_pair("client_secret", secret);
        }
        form.finish()
    }
}

/// RFC 6749 section 2.3.1: both are encoded as in a form before they are joined.
fn basic(id: &str, secret: &str) -> HeaderValue {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Zeroizing::new(format!("{}:{}", encoded(id), encoded(secret)));
    sensitive(&Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes()))))
}

fn sensitive(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_encoded_before_it_is_joined() {
        assert_eq!(basic("a:b", "ü &%"), format!("Basic {}", BASE64_STANDARD.encode("a%3Ab:%C3%BC+%26%25")));
        assert!(basic("a", "b").is_sensitive());
    }

    #[test]
    fn a_client_is_in_the_header_or_in_the_body() {
        let client = |secret, in_body| ClientAuthentication { id: "web", secret, in_body };
        let form = |client: ClientAuthentication<'_>| (client.in_header().is_some(), client.form(&[("a", "b c")]));
        assert_eq!(form(client(Some("s&"), false)), (true, "a=b+c".to_owned()));
        assert_eq!(form(client(Some("s&"), true)), (false, "a=b+c&client_id=web&client_secret=s%26".to_owned()));
        assert_eq!(form(client(None, false)), (false, "a=b+c&client_id=web".to_owned()));
    }
}
