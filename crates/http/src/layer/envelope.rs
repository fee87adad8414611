//! Everything that holds for every answer: a request id, security headers, a body on every error, one log line.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::{Future, ready};
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, DATE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use axum::response::IntoResponse as _;
use futures_util::FutureExt as _;
use tower::Service;

use super::budget::Budget;
use super::cors::{AllowedOrigins, Routes, is_from_script};
use super::inspect::{ends_connection, inspect};
use super::notes::Notes;
use super::path::normalize;
use super::request_body::RequestBody;
use crate::answer::X_REQUEST_ID;
use crate::challenge::challenge;
use crate::error::{ApiError, Style, cause, is_bad_token, render};
use crate::proxies::TrustedProxies;
use crate::state::SharedServices;
use crate::{Activity, Settings, Traffic, client_address};
use zonemint_base::clock::http_date;
use zonemint_base::model::{Network, RequestId};
use zonemint_base::random::Random;
use zonemint_macaroon::begins_as_token;
use zonemint_store::Origin;
use zonemint_telemetry::traces::{self, TraceId};
use zonemint_telemetry::{AccessLog, RequestLine};

/// The use of the answer, which a browser sends with each request of a page (Fetch Metadata).
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Makes the envelope of each connection.
#[derive(Clone)]
pub struct MakeEnvelope {
    shared: Arc<Shared>,
}

struct Shared {
    routes: Routes,
    origins: AllowedOrigins,
    services: SharedServices,
    log: AccessLog,
    /// Distinguishes the requests of this process from those of others.
    process: u32,
    requests: AtomicU64,
    proxies: TrustedProxies,
    bodies: Arc<Budget>,
}

/// The request's part of its log line.
struct LoggedRequest {
    method: Method,
    uri: Uri,
}

/// The answer's part of the log line, without the status.
struct Answered<'a> {
    after: Duration,
    id: &'a str,
    trace: TraceId,
}

impl MakeEnvelope {
    /// Puts `routes` into envelopes.
    #[must_use]
    pub fn new(routes: Router, services: SharedServices, log: AccessLog, random: &Random) -> Self {
        let process = u32::from_be_bytes(random.bytes());
        let origins = AllowedOrigins::new(&services.settings);
        let shared = Shared {
            routes: origins.routes(routes),
            origins,
            proxies: services.settings.proxies(),
            bodies: Budget::new(&services.settings),
            services,
            log,
            process,
            requests: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The counters of connections.
    #[must_use]
    pub fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.shared.services.traffic)
    }

    /// The settings of its requests.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.services.settings
    }
}

impl Service<SocketAddr> for MakeEnvelope {
    type Response = Envelope;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Envelope, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        ready(Ok(Envelope { shared: Arc::clone(&self.shared), peer, activity: Arc::default() }))
    }
}

/// The service of one connection.
#[derive(Clone)]
pub struct Envelope {
    shared: Arc<Shared>,
    peer: SocketAddr,
    activity: Arc<Activity>,
}

impl Envelope {
    /// What the connection must know about its requests.
    #[must_use]
    pub fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }

    /// The address that the connection comes from.
    #[must_use]
    pub fn peer(&self) -> IpAddr {
        self.peer.ip()
    }

    /// The envelope of a connection that a proxy passes on from `peer`.
    #[must_use]
    pub fn of(self, peer: SocketAddr) -> Self {
        Self { peer, ..self }
    }
}

impl<B> Service<Request<B>> for Envelope
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let normalized = normalize(&mut request);
        let shared = Arc::clone(&self.shared);
        let settings = &shared.services.settings;
        let client = client_address::client(self.peer.ip(), request.headers(), &shared.proxies, settings.forwarded);
        let origin = shared.origin(client);
        let notes = Arc::new(Notes::new(self.peer, client, origin));
        let at = shared.services.clock.uptime();
        let logged =
            shared.log.is_on().then(|| LoggedRequest { method: request.method().clone(), uri: request.uri().clone() });
        let from_script = is_from_script(&request);
        let asks_script = from_script || request.headers().get(SEC_FETCH_DEST).is_some_and(|dest| dest == "empty");
        let style = Style::of(request.uri().path());
        let head = request.method() == Method::HEAD;
        let span = traces::request(
            request.method().as_str(),
            || request.headers().get("traceparent")?.to_str().ok(),
            || shared.proxies.contains(self.peer.ip()),
        );
        let traced = span.clone();
        let last = ends_connection(&request);
        let inspected = inspect(&request, settings).and(normalized);
        let mut request = request.map(Body::new);
        let body = RequestBody::take(&mut request, &shared.bodies, &notes, settings.max_body);
        let no_memory = || body.as_ref().is_some_and(|body| !body.has_memory()).then_some(ApiError::Overloaded);
        let answering = if let Some(error) = inspected.err().or_else(no_memory) {
            let shared = Arc::clone(&shared);
            Err(async move { shared.origins.refuse(request, error, from_script).await })
        } else {
            request.extensions_mut().insert(Arc::clone(&notes));
            Ok(AssertUnwindSafe(shared.routes.call(request, from_script)).catch_unwind())
        };
        let activity = Arc::clone(&self.activity);
        let under_way = activity.begin();
        Box::pin(span.around(async move {
            let answered = match (answering, &body) {
                (Err(refusing), _) => Ok(Ok(refusing.await)),
                (Ok(answering), None) => answering.await,
                (Ok(answering), Some(body)) => body.read_during(answering).await,
            };
            let mut response = match answered {
                Ok(Ok(response)) => response,
                Err(_) => ApiError::Internal("a handler panicked".to_owned()).into_response(),
            };
            // The answer is complete; from here on only the rest of the body is awaited.
            let took = shared.services.clock.uptime().saturating_sub(at);
            let is_last = match body {
                Some(body) => {
                    let services = &shared.services;
                    let since = || services.clock.uptime().saturating_sub(at);
                    let left = || services.settings.body_timeout.duration().saturating_sub(since());
                    !body.read_to_its_end(left).await
                }
                None => false,
            };
            if is_last {
                activity.leave_unread();
            }
            drop(under_way);
            let mut id = String::with_capacity(RequestId::LONGEST);
            origin.request.push_to(&mut id);
            traced.answered(response.status().as_u16(), &id);
            complete(&mut response, style, asks_script);
            shared.origins.complete(response.headers_mut(), from_script);
            if head {
                // The routes removed the body; HTTP/2 does not allow the one that was rendered since.
                *response.body_mut() = Body::empty();
            }
            if last || is_last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            shared.services.traffic.answered(response.status(), took);
            if let Some(logged) = logged {
                let answered = Answered { after: took, id: &id, trace: traced.trace_id() };
                shared.write_line(&logged, answered, &response, &notes);
            }
            // Otherwise hyper uses the system's time.
            let date = shared.services.clock.instead_of_system_ms().and_then(|now_ms| http_date(now_ms / 1_000));
            if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
                response.headers_mut().insert(DATE, date);
            }
            // The number of the process and of the request, in hexadecimal: always a header value.
            if let Ok(id) = HeaderValue::from_maybe_shared(Bytes::from(id)) {
                response.headers_mut().insert(X_REQUEST_ID, id);
            }
            Ok(response)
        }))
    }
}

impl Shared {
    /// Gives a request its id.
    fn origin(&self, client: Option<IpAddr>) -> Origin {
        let request = RequestId::new(self.process, self.requests.fetch_add(1, Ordering::Relaxed));
        Origin { request, network: client.filter(|_| self.services.keep_networks).map(Network::kept_of) }
    }

    fn write_line(&self, logged: &LoggedRequest, answered: Answered<'_>, response: &Response<Body>, notes: &Notes) {
        let (user, token) = notes.identities();
        let clock = &self.services.clock;
        self.log.write(&RequestLine {
            at_ms: clock.now_ms(),
            status: response.status().as_u16(),
            method: logged.method.as_str(),
            path: &redacted(logged.uri.path()),
            duration: answered.after,
            peer: notes.address(),
            request_id: answered.id,
            trace: answered.trace,
            user,
            token,
            cause: cause(response),
        });
    }
}

/// Adds what every answer has. `asks_script`: `Origin` shows a script of another origin, and one that sends a body; a `GET` of the
/// console's page has only `Sec-Fetch-Dest`.
fn complete(response: &mut Response<Body>, style: Style, asks_script: bool) {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    if failed {
        render(response, style);
    }
    let has_bad_token = status == StatusCode::UNAUTHORIZED && is_bad_token(response);
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        challenge(headers, !asks_script, has_bad_token);
    }
    headers.reserve(6);
    // Pages set their own caching. Everything else, and every error, is not cached.
    if failed || !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// The path for the log, up to what may be a token. A token in standard base64 may have slashes, so the rest is left out too.
/// The query is never logged.
fn redacted(path: &str) -> Cow<'_, str> {
    const LONGEST: usize = 64;
    const MOST: usize = 256;
    if path.len() <= LONGEST {
        return path.into();
    }
    let mut end = 0;
    for segment in path.split_inclusive('/') {
        let may_be_token = segment.len() > LONGEST || (begins_as_token(segment) && path.len() - end > LONGEST);
        if may_be_token || end > MOST {
            return format!("{}…", &path[..end]).into();
        }
        end += segment.len();
    }
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_token_does_not_reach_the_log() {
        let token = "M".repeat(190);
        assert_eq!(redacted(&format!("/user/client_tokens/{token}")), "/user/client_tokens/…");
        assert_eq!(redacted(&format!("/user/client_tokens/{token}/more")), "/user/client_tokens/…");
        for start in ["MDAx", "AgEH"] {
            let with_slashes = format!("{start}{}", "/abcdefghijk".repeat(12));
            assert_eq!(redacted(&format!("/user/client_tokens/{with_slashes}")), "/user/client_tokens/…");
        }
        let id = format!("/api/v3/onezone/users/{}/tokens/temporary", "0".repeat(32));
        assert_eq!(redacted(&id), id);
        assert_eq!(redacted("/user/client_tokens"), "/user/client_tokens");
        assert!(redacted(&"/x".repeat(1_000)).len() < 300);
    }
}
