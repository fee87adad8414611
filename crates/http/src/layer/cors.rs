//! CORS (Fetch, section 3.3): which web front ends of other origins may call, and what their scripts may read.

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONTENT_TYPE, LOCATION, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use axum::response::IntoResponse as _;
use futures_util::future::Either;
use tower::{Layer as _, Service, service_fn};
use tower_http::cors::{AllowOrigin, Cors, CorsLayer};

use crate::answer::{X_IGNORED_OPTIONS, X_REQUEST_ID, X_WARNING};
use crate::error::ApiError;
use crate::{Settings, paths};

/// How long a browser may remember a preflight, in seconds.
const PREFLIGHT_AGE_S: u64 = 86_400;

/// Which origins may call. Their scripts send credentials of their own; credentials that a browser adds are never allowed.
pub(super) struct AllowedOrigins {
    layer: CorsLayer,
    /// Every web origin may call; every answer says so.
    any: bool,
}

/// The routes, twice: most requests do not come from a web page, and need no CORS.
pub(super) struct Routes {
    plain: Router,
    for_scripts: Cors<Router>,
}

/// The answer of [`Routes`].
pub(super) type RouteFuture =
    Either<<Cors<Router> as Service<Request<Body>>>::Future, <Router as Service<Request<Body>>>::Future>;

/// Whether a script sends the request, which may be of another origin. A proxy passes on the origin of a script that calls another
/// service: its preflights are not for this server.
pub(super) fn is_from_script<B>(request: &Request<B>) -> bool {
    request.headers().contains_key(ORIGIN) && !request.uri().path().starts_with(paths::AUTH)
}

impl AllowedOrigins {
    pub(super) fn new(settings: &Settings) -> Self {
        let any = settings.allow_origins.iter().any(|origin| origin == "*");
        let origins = if any {
            AllowOrigin::any()
        } else {
            AllowOrigin::list(settings.allow_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
        };
        let layer = CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([
                AUTHORIZATION,
                CONTENT_TYPE,
                HeaderName::from_static("x-auth-token"),
                HeaderName::from_static("macaroon"),
                HeaderName::from_static("x-onedata-service-token"),
                HeaderName::from_static("x-onedata-consumer-token"),
                HeaderName::from_static("x-requested-with"),
                HeaderName::from_static("traceparent"),
            ])
            .expose_headers([X_REQUEST_ID, RETRY_AFTER, WWW_AUTHENTICATE, LOCATION, X_WARNING, X_IGNORED_OPTIONS])
            .max_age(Duration::from_secs(PREFLIGHT_AGE_S));
        Self { layer, any }
    }

    pub(super) fn routes(&self, routes: Router) -> Routes {
        Routes { for_scripts: self.layer.layer(routes.clone()), plain: routes }
    }

    /// Answers a request without the routes. A script of another origin can read the answer, as it can read a route's. A preflight
    /// gets the error without CORS, which would grant it.
    pub(super) async fn refuse(&self, request: Request<Body>, error: ApiError, from_script: bool) -> Response<Body> {
        if !from_script || request.method() == Method::OPTIONS {
            return error.into_response();
        }
        let refusal = service_fn(|_| ready(Ok::<_, Infallible>(error.clone().into_response())));
        self.layer.layer(refusal).call(request).await.unwrap_or_else(|never| match never {})
    }

    /// Says on an answer that is not for a script that every origin may call, where that holds: a cache may give it to a script.
    pub(super) fn complete(&self, headers: &mut HeaderMap, from_script: bool) {
        if self.any && !from_script {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
    }
}

impl Routes {
    pub(super) fn call(&self, request: Request<Body>, from_script: bool) -> RouteFuture {
        if from_script {
            Either::Left(self.for_scripts.clone().call(request))
        } else {
            Either::Right(self.plain.clone().call(request))
        }
    }
}
