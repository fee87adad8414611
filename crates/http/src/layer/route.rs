//! Adds the route to the trace of a request. It is known only within a route.

use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use tower::Service;

use zonemint_telemetry::traces;

/// Adds the layer to all routes so far.
pub(crate) fn noted<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.route_layer(tower::layer::layer_fn(Noted))
}

#[derive(Clone)]
struct Noted<S>(S);

impl<S: Service<Request>> Service<Request> for Noted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> S::Future {
        if let Some(path) = request.extensions().get::<MatchedPath>() {
            traces::route(request.method().as_str(), path.as_str());
        }
        self.0.call(request)
    }
}
