//! The HTTP edge: routes, what requests carry, what answers look like.
//!
//! A handler is one file named by its verb; it asks the services and says nothing of its own about tokens or users. Errors
//! become texts in `error.rs` only. Everything that must hold for every answer (request id, security headers, a body on
//! every error, one log line) is in `layer/envelope.rs`, so that no handler can forget it.
//!
//! Where the next thing goes: an operation is a file under `api/` with a description of itself, a line in the table below and
//! a test file.

mod activity;
mod answer;
mod api;
pub mod basic;
mod body;
mod client_address;
mod dcache;
mod error;
mod extract;
pub mod form;
mod forward_auth;
pub mod json;
mod layer;
mod media_type;
mod openapi;
mod page;
mod pages;
mod per_address;
mod proxies;
mod query;
mod rule;
mod settings;
mod state;
mod static_asset;
mod traffic;

use axum::Router;
use axum::routing::{MethodRouter, any, delete, get, patch, post};

pub use activity::Activity;
pub use forward_auth::{Gate, GateError, Member, Settings as ForwardAuthSettings};
pub use layer::{Envelope, MakeEnvelope, READ_ON};
pub use per_address::{PerAddress, Share};
pub use proxies::{ProxyError, TrustedProxies};
pub use settings::{MetricsSettings, OAuthSettings, Settings, Unscoped};
pub use state::{Services, SharedServices};
pub use traffic::{Open, Traffic, TurnedAway};

/// Where the Onezone API begins.
const PREFIX: &str = "/api/v3/onezone";

/// A path, and what can be done there.
type Route = (String, Vec<Endpoint>);

/// What serves a method of a path, and says what it does.
struct Endpoint {
    /// In lower case.
    method: &'static str,
    /// The module that it lies in.
    area: &'static str,
    service: MethodRouter<SharedServices>,
    document: fn() -> openapi::Document,
}

/// Each operation is a module that has a handler of its own name, and a `document`: without one it cannot be routed. One name
/// for a method and for what serves it, so that the two cannot differ.
macro_rules! methods {
    ($($method:ident $area:ident::$operation:ident),+ $(,)?) => {
        vec![$(Endpoint {
            method: stringify!($method),
            area: stringify!($area),
            service: $method($area::$operation::$operation),
            document: $area::$operation::document,
        }),+]
    };
}

/// Every route there is. One flat table: a nested one takes the prefix off each request's path again.
pub fn router(services: SharedServices) -> Router {
    use api::auth;
    let mut router = Router::new()
        .route("/auth/verify/", any(auth::verify_itself)) // the wildcard is never empty
        .route("/auth/verify/{*path}", any(auth::verify_itself))
        .route("/docs/{file}", get(openapi::page::file));
    for (path, endpoints) in routes() {
        let methods = endpoints.into_iter().fold(MethodRouter::new(), |all, endpoint| all.merge(endpoint.service));
        router = router.route(&path, methods);
    }
    if services.settings.console {
        router = router.merge(page::routes());
    }
    #[cfg(feature = "otlp")]
    let router = layer::route::noted(router);
    router
        .fallback(api::fallback::not_found)
        .method_not_allowed_fallback(api::fallback::method_not_allowed)
        .with_state(services)
}

/// The paths that are described, whole.
fn routes() -> impl Iterator<Item = Route> {
    onezone().into_iter().map(|(path, endpoints)| (format!("{PREFIX}{path}"), endpoints)).chain(beside())
}

/// What is no part of the Onezone API.
fn beside() -> [Route; 11] {
    use api::{auth, health, metrics, oauth};
    [
        ("/auth/verify", methods![get auth::verify]),
        ("/oauth/token", methods![post oauth::token]),
        ("/oauth/introspect", methods![post oauth::introspect]),
        ("/oauth/revoke", methods![post oauth::revoke]),
        ("/.well-known/oauth-authorization-server", methods![get oauth::metadata]),
        ("/.well-known/openid-configuration", methods![get oauth::metadata]),
        ("/healthz", methods![get health::alive]),
        ("/readyz", methods![get health::ready]),
        ("/metrics", methods![get metrics::show]),
        ("/openapi.json", methods![get openapi::serve]),
        ("/docs", methods![get openapi::page]),
    ]
    .map(|(path, endpoints)| (path.to_owned(), endpoints))
}

/// The operations of the Onezone API, from the table that [`router`] is built from: method and path below
/// `/api/v3/onezone`, as in `("GET", "/tokens/named/{id}")`. For tests that leave none out.
#[must_use]
pub fn operations() -> Vec<(String, String)> {
    let of_route = |(path, endpoints): Route| {
        endpoints.into_iter().map(move |it| (it.method.to_ascii_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    onezone().into_iter().flat_map(of_route).collect()
}

/// The Onezone API, and what is ours beside it.
fn onezone() -> Vec<Route> {
    use api::{account_tokens, audit, client_tokens, keys, memberships, providers, tokens, user, users, zone};
    let mut routes = [
        ("/user", methods![get user::show, patch user::update, delete user::delete]),
        ("/user/password", methods![patch user::password]),
        ("/password_reset", methods![post user::password_reset]),
        ("/user/client_tokens", methods![get client_tokens::list, post client_tokens::create]),
        ("/user/client_tokens/{token}", methods![delete client_tokens::revoke]),
        ("/user/spaces", methods![get memberships::spaces]),
        ("/user/effective_spaces", methods![get memberships::effective_spaces]),
        ("/user/effective_providers", methods![get memberships::effective_providers]),
        ("/user/effective_providers/{id}/spaces", methods![get memberships::supported_spaces]),
        ("/user/groups", methods![get memberships::groups]),
        ("/user/effective_groups", methods![get memberships::effective_groups]),
        ("/configuration", methods![get zone::configuration]),
        ("/provider/public/get_current_time", methods![get zone::current_time]),
        ("/users", methods![get users::list, post users::create]),
        ("/users/{id}", methods![get users::show, delete users::delete]),
        ("/users/{id}/basic_auth", methods![patch users::basic_auth]),
        ("/users/{id}/access_block", methods![patch users::access_block]),
        ("/users/{id}/password_reset", methods![post users::reset_link]),
        ("/users/{id}/privileges", methods![get users::privileges, patch users::update_privileges]),
        ("/providers", methods![get providers::list, post providers::create]),
        ("/providers/{id}", methods![get providers::show, delete providers::delete]),
        ("/providers/{id}/access_block", methods![patch providers::access_block]),
        ("/keys", methods![get keys::list]),
        ("/keys/rotate", methods![post keys::rotate]),
        ("/keys/{id}/activate", methods![post keys::activate]),
        ("/keys/{id}/retire", methods![post keys::retire]),
        ("/audit", methods![get audit::list]),
        ("/tokens/examine", methods![post tokens::examine]),
        ("/tokens/confine", methods![post tokens::confine]),
        ("/tokens/infer_access_token_scope", methods![post tokens::infer_scope]),
        ("/tokens/verify_access_token", methods![post tokens::verify_access]),
        ("/tokens/verify_identity_token", methods![post tokens::verify_identity]),
        ("/tokens/verify_invite_token", methods![post tokens::verify_invite]),
        ("/tokens/named", methods![get tokens::list_named]),
        ("/tokens/named/{id}", methods![get tokens::show, patch tokens::update, delete tokens::delete]),
        ("/tokens/named/{id}/status", methods![get tokens::status]),
        ("/tokens/named/{id}/history", methods![get tokens::history]),
        ("/tokens/{id}/rotate", methods![post tokens::rotate]),
    ]
    .into_iter()
    .map(|(path, methods)| (path.to_owned(), methods))
    .collect::<Vec<_>>();
    for account in ["/user", "/users/{id}", "/provider", "/providers/{id}"] {
        for (path, methods) in [
            ("", methods![get account_tokens::list]),
            ("/revoke", methods![post account_tokens::revoke]),
            ("/uses", methods![get account_tokens::uses]),
            (
                "/named",
                methods![
                    get account_tokens::list_named,
                    post account_tokens::create_named,
                    delete account_tokens::delete_named,
                ],
            ),
            ("/named/name/{name}", methods![get account_tokens::show_by_name]),
            (
                "/temporary",
                methods![
                    get account_tokens::show_generation,
                    post account_tokens::create_temporary,
                    delete account_tokens::delete_temporary,
                ],
            ),
        ] {
            routes.push((format!("{account}/tokens{path}"), methods));
        }
    }
    routes
}
