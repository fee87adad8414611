//! Everything that holds for every answer: a request id, security headers, a body on every error, one log line.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, LOCATION, ORIGIN, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use futures_util::FutureExt as _;
use tower::{Layer as _, Service};
use tower_http::cors::{AllowOrigin, Cors, CorsLayer};

use super::inspect::{ends_connection, inspect};
use super::notes::Notes;
use crate::http::Settings;
use crate::http::error::{ApiError, Cause};
use crate::http::state::SharedServices;
use crate::random::Random;
use crate::telemetry::{AccessLog, RequestLine};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CHALLENGE_BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"onezone\", charset=\"UTF-8\"");
const CHALLENGE_BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"onezone\"");
/// How long a browser may remember a preflight, in seconds.
const PREFLIGHT_AGE_S: u64 = 86_400;

/// Makes the envelope of each connection.
#[derive(Clone)]
pub struct MakeEnvelope {
    routes: Cors<Router>,
    shared: Arc<Shared>,
}

struct Shared {
    services: SharedServices,
    log: AccessLog,
    /// Tells the requests of this process from those of another one.
    process: String,
    requests: AtomicU64,
}

impl MakeEnvelope {
    /// Puts `routes` into envelopes.
    #[must_use]
    pub fn new(routes: Router, services: SharedServices, log: AccessLog, random: &Random) -> Self {
        let process = format!("{:08x}", u32::from_be_bytes(random.bytes()));
        Self {
            routes: cors(&services.settings).layer(routes),
            shared: Arc::new(Shared { services, log, process, requests: AtomicU64::new(0) }),
        }
    }
}

/// Web front ends of other origins may call, with credentials that their scripts hold; never with ambient ones.
fn cors(settings: &Settings) -> CorsLayer {
    let origins = if settings.allow_origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(settings.allow_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            HeaderName::from_static("x-auth-token"),
            HeaderName::from_static("macaroon"),
        ])
        .expose_headers([X_REQUEST_ID, RETRY_AFTER, WWW_AUTHENTICATE, LOCATION])
        .max_age(std::time::Duration::from_secs(PREFLIGHT_AGE_S))
}

impl Service<SocketAddr> for MakeEnvelope {
    type Response = Envelope;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Envelope, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        let envelope = Envelope { routes: self.routes.clone(), shared: Arc::clone(&self.shared), peer };
        std::future::ready(Ok(envelope))
    }
}

/// The service of one connection.
#[derive(Clone)]
pub struct Envelope {
    routes: Cors<Router>,
    shared: Arc<Shared>,
    peer: SocketAddr,
}

impl<B> Service<Request<B>> for Envelope
where
    B: axum::body::HttpBody<Data = axum::body::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let mut routes = self.routes.clone();
        let notes = Arc::new(Notes::new(self.peer));
        Box::pin(async move {
            let started = shared.services.clock.uptime();
            let id = shared.next_id();
            let seen = shared.log.is_on().then(|| (request.method().clone(), redacted(request.uri().path())));
            let from_script = request.headers().contains_key(ORIGIN);
            let last = ends_connection(&request);
            let inspected = inspect(&request, &shared.services.settings);
            let mut response = if let Err(error) = inspected {
                error.into_response()
            } else {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Arc::clone(&notes));
                match AssertUnwindSafe(routes.call(request)).catch_unwind().await {
                    Ok(Ok(response)) => response,
                    Err(_) => ApiError::Internal("a handler panicked".to_owned()).into_response(),
                }
            };
            complete(&mut response, &id, from_script);
            if last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            if let Some((method, path)) = seen {
                let (user, token) = notes.identities();
                shared.log.write(&RequestLine {
                    at_ms: shared.services.clock.now_ms(),
                    status: response.status().as_u16(),
                    method: method.as_str(),
                    path: &path,
                    duration: shared.services.clock.uptime().saturating_sub(started),
                    peer: notes.peer.ip(),
                    request_id: &id,
                    user,
                    token,
                    cause: response.extensions().get::<Cause>().map(|cause| cause.0.as_str()),
                });
            }
            Ok(response)
        })
    }
}

impl Shared {
    fn next_id(&self) -> String {
        format!("{}-{:x}", self.process, self.requests.fetch_add(1, Ordering::Relaxed))
    }
}

fn complete(response: &mut Response<Body>, id: &str, from_script: bool) {
    let status = response.status();
    if (status.is_client_error() || status.is_server_error()) && !is_json(response) {
        give_body(response);
    }
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        challenge(headers, from_script);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

fn is_json(response: &Response<Body>) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
}

/// An error that came from a library, as when a path is not percent-encoded UTF-8, gets a body like all others.
fn give_body(response: &mut Response<Body>) {
    let reason = response.status().canonical_reason().unwrap_or("The request failed");
    *response.body_mut() = Body::from(serde_json::json!({"error": reason}).to_string());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
}

/// A script of another origin is not offered Basic, because the browser would ask its user for a password.
fn challenge(headers: &mut HeaderMap, from_script: bool) {
    if !from_script {
        headers.append(WWW_AUTHENTICATE, CHALLENGE_BASIC);
    }
    headers.append(WWW_AUTHENTICATE, CHALLENGE_BEARER);
}

/// The path for the log: what is long enough to be a token is left out, and so is the query, always.
fn redacted(path: &str) -> String {
    const LONGEST: usize = 64;
    const MOST: usize = 256;
    if path.len() <= LONGEST {
        return path.to_owned();
    }
    let mut shown: String = path
        .split('/')
        .map(|segment| if segment.len() > LONGEST { "…" } else { segment })
        .collect::<Vec<_>>()
        .join("/");
    if shown.len() > MOST {
        shown = shown.chars().take(MOST).chain(['…']).collect();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_token_does_not_reach_the_log() {
        let token = "M".repeat(190);
        assert_eq!(redacted(&format!("/user/client_tokens/{token}")), "/user/client_tokens/…");
        assert_eq!(redacted("/user/client_tokens"), "/user/client_tokens");
        assert!(redacted(&"/x".repeat(1_000)).len() < 300);
    }
}
