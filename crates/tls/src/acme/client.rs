//! HTTP to an authority.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Bytes;
use hyper::{Request, Response};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, Client, redirect};

use super::error::OrderError;
use crate::acme_settings::Settings;
use crate::use_aws_lc;
use zonemint_base::clock::{self, Clock};

/// Timeout of one request.
const TIME: Duration = Duration::from_secs(30);
/// The longest body read, in bytes: chains and directories have some thousands.
const MOST: usize = 1 << 20;

/// A client that stores `Retry-After`, which the library does not pass on with an error.
#[derive(Clone)]
pub(super) struct Http {
    client: Client,
    clock: Clock,
    wait_s: Arc<Mutex<Option<u64>>>,
}

impl Http {
    /// # Errors
    /// [`OrderError::Root`] when the authority's roots cannot be used.
    pub(super) fn new(settings: &Settings, clock: Clock) -> Result<Self, OrderError> {
        use_aws_lc();
        let mut builder = Client::builder()
            .user_agent(concat!("zonemint/", env!("CARGO_PKG_VERSION")))
            .https_only(true)
            // Requests are signed for one address.
            .redirect(redirect::Policy::none())
            .timeout(TIME);
        if !settings.root.as_os_str().is_empty() {
            let failed = |reason: String| OrderError::Root { path: settings.root.clone(), reason };
            let pem = zonemint_base::regular_file::read(&settings.root).map_err(|error| failed(error.to_string()))?;
            let roots = Certificate::from_pem_bundle(&pem).map_err(|error| failed(error.to_string()))?;
            if roots.is_empty() {
                return Err(failed("it holds no certificate in PEM form".to_owned()));
            }
            builder = builder.tls_certs_only(roots);
        }
        let client = builder.build().map_err(|error| OrderError::Authority(Error::Other(Box::new(error))))?;
        Ok(Self { client, clock, wait_s: Arc::default() })
    }

    /// For how many seconds the authority asked to wait in its last refusal.
    pub(super) fn wait_s(&self) -> Option<u64> {
        *self.wait_s.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClient for Http {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let this = self.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            // The client adds ours, which names this program to the authority.
            parts.headers.remove(hyper::header::USER_AGENT);
            let Ok(body) = body.collect().await;
            let request = Request::from_parts(parts, body.to_bytes());
            let other = |error| Error::Other(Box::new(error));
            let response = this.client.execute(request.try_into().map_err(other)?).await.map_err(other)?;
            if response.status().is_client_error() || response.status().is_server_error() {
                let wait_s = retry_after_s(response.headers(), this.clock.now_s());
                *this.wait_s.lock().unwrap_or_else(PoisonError::into_inner) = wait_s;
            }
            Ok(Response::from(response).map(|body| Limited::new(body, MOST)).into())
        })
    }
}

/// Seconds, or a date (RFC 9110 section 10.2.3).
fn retry_after_s(headers: &HeaderMap, now_s: u64) -> Option<u64> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    value.parse().ok().or_else(|| Some(clock::from_http_date(value)?.saturating_sub(now_s)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let read = |text: &'static str| {
            retry_after_s(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]), 784_111_777 - 60)
        };
        for (text, expected) in
            [("120", Some(120)), ("Sun, 06 Nov 1994 08:49:37 GMT", Some(60)), ("soon", None), ("-1", None)]
        {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
