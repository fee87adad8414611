//! The HTTP interface: routes, requests and answers.
//!
//! A handler is one file, named by its verb. It calls the services, which decide about tokens and users. Only `error/` turns errors into
//! texts. What must hold for every answer (request id, security headers, a body on every error, one log line) is in
//! `layer/envelope.rs`, so that no handler can forget it.
//!
//! Where the next thing goes: an operation is a file under `api/` that declares and describes it, a word in the list below and
//! a test file.

#[macro_use]
mod operation;

mod activity;
mod answer;
mod api;
pub mod basic;
mod body;
mod challenge;
mod client_address;
mod dcache;
mod error;
mod extract;
mod fields;
pub mod form;
mod forward_auth;
pub mod json;
mod keys;
mod kind;
mod layer;
mod media_type;
mod openapi;
mod page;
mod pages;
mod path_parameter;
mod paths;
mod per_address;
mod proxies;
mod query;
mod rule;
mod schema;
mod settings;
mod state;
mod static_asset;
mod traffic;
mod user_answers;

use axum::Router;
use axum::routing::{any, get};

pub use activity::Activity;
use error::ApiError;
pub use forward_auth::{Gate, GateError, Member, Settings as ForwardAuthSettings};
pub use layer::{Envelope, MakeEnvelope, READ_ON};
use openapi::{Document, Place};
use operation::Endpoint;
use paths::PREFIX;
pub use per_address::{PerAddress, Share};
pub use proxies::{ProxyError, TrustedProxies};
pub use settings::{MetricsSettings, OAuthSettings, Settings, Unscoped};
pub use state::{Services, SharedServices};
pub use traffic::{Open, Traffic, TurnedAway};
pub use user_answers::UserAnswers;

/// The prefixes of paths about an account's tokens: the caller's own, or those of an account that the path names.
const ACCOUNTS: [&str; 4] = ["/user", "/users/{id}", "/provider", "/providers/{id}"];

/// Each operation is a module with a `document`; without one it cannot be routed.
macro_rules! operations {
    ($($area:ident::{$($operation:ident),+ $(,)?}),+ $(,)?) => {
        [$($($area::$operation::operation()),+),+]
    };
}

/// All routes, in one flat table: a nested table would strip the prefix from each request's path.
pub fn router(services: SharedServices) -> Router {
    use api::auth;
    let mut router = Router::new()
        .route("/auth/verify/", any(auth::verify_itself)) // the wildcard is never empty
        .route("/auth/verify/{*path}", any(auth::verify_itself))
        .route("/docs/{file}", get(api::openapi::page::file));
    for (path, endpoint) in routes() {
        router = router.route(&path, endpoint.service);
    }
    if services.settings.console {
        router = router.merge(page::routes(described));
    }
    #[cfg(feature = "otlp")]
    let router = layer::route::noted(router);
    router
        .fallback(|| async { ApiError::NotFound })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .with_state(services)
}

/// What the document describes: each operation at each of its paths.
fn described() -> Vec<(Place, Document)> {
    let place = |(path, Endpoint { method, document, module, .. }): (_, Endpoint)| {
        // The module above the operation's own.
        (Place { method, path, area: module.rsplit("::").nth(1).unwrap_or_default() }, document())
    };
    routes().map(place).collect()
}

/// Each operation at each of its whole paths.
fn routes() -> impl Iterator<Item = (String, Endpoint)> {
    onezone().map(|(path, endpoint)| (format!("{PREFIX}{path}"), endpoint)).chain(beside())
}

/// The operations of the Onezone API, from the list that [`router`] is built from: method and path below
/// `/api/v3/onezone`, as in `("GET", "/tokens/named/{id}")`. For tests that leave none out.
#[must_use]
pub fn operations() -> Vec<(String, String)> {
    onezone().map(|(path, endpoint)| (endpoint.method.to_ascii_uppercase(), path)).collect()
}

/// The operations of the Onezone API.
fn onezone() -> impl Iterator<Item = (String, Endpoint)> {
    use api::{account_tokens, audit, client_tokens, keys, memberships, providers, tokens, user, users, zone};
    let operations = operations![
        user::{show, update, delete, password, password_reset},
        client_tokens::{list, create, revoke},
        memberships::{spaces, effective_spaces, effective_providers, supported_spaces, groups, effective_groups},
        zone::{configuration, current_time},
        users::{list, create, show, delete, basic_auth, access_block, reset_link, privileges, update_privileges},
        providers::{list, create, show, delete, access_block},
        keys::{list, rotate, activate, retire},
        audit::{list},
        tokens::{
            examine, confine, infer_scope, verify_access, verify_identity, verify_invite, list_named, show, update, delete,
            status, history, rotate,
        },
    ];
    let of_accounts = ACCOUNTS.into_iter().flat_map(|account| {
        let operations = operations![account_tokens::{
            list, revoke, uses, list_named, create_named, delete_named, show_by_name, show_generation, create_temporary,
            delete_temporary,
        }];
        operations.into_iter().flat_map(move |operation| operation.at(&format!("{account}/tokens")))
    });
    operations.into_iter().flat_map(|operation| operation.at("")).chain(of_accounts)
}

/// The operations outside of the Onezone API.
fn beside() -> impl Iterator<Item = (String, Endpoint)> {
    use api::{auth, health, metrics, oauth, openapi};
    let operations = operations![
        auth::{verify},
        oauth::{token, introspect, revoke, metadata},
        health::{alive, ready},
        metrics::{show},
    ];
    let description = [openapi::serve::operation(described), openapi::page::operation()];
    operations.into_iter().chain(description).flat_map(|operation| operation.at(""))
}
