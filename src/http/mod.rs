//! The HTTP edge: routes, what requests carry, what answers look like.
//!
//! A handler is one file named by its verb; it asks the services and says nothing of its own about tokens or users. Errors
//! become texts in `error.rs` only. Everything that must hold for every answer (request id, security headers, a body on
//! every error, one log line) is in `layer/envelope.rs`, so that no handler can forget it.
//!
//! Where the next thing goes: an operation is a file under `api/`, a line in [`router`] and a test file.

mod answer;
mod api;
pub mod basic;
mod body;
mod error;
mod extract;
pub mod json;
mod layer;
mod pages;
mod peer;
mod proxies;
mod rule;
mod settings;
mod state;

use axum::Router;
use axum::routing::{MethodRouter, delete, get, patch, post};

pub use layer::{Envelope, MakeEnvelope};
pub use proxies::{ProxyError, TrustedProxies};
pub use settings::Settings;
pub use state::{Services, SharedServices};

/// Where the Onezone API begins.
const PREFIX: &str = "/api/v3/onezone";

/// Every route there is. One flat table: a nested one takes the prefix off each request's path again.
pub fn router(services: SharedServices) -> Router {
    let mut router = Router::new().route("/healthz", get(api::health::alive)).route("/readyz", get(api::health::ready));
    for (path, methods) in onezone() {
        router = router.route(&format!("{PREFIX}{path}"), methods);
    }
    router
        .fallback(api::fallback::not_found)
        .method_not_allowed_fallback(api::fallback::method_not_allowed)
        .with_state(services)
}

/// The Onezone API, and what is ours beside it.
fn onezone() -> Vec<(String, MethodRouter<SharedServices>)> {
    use api::{account_tokens, client_tokens, tokens, user, users};
    let mut routes = vec![
        ("/user", get(user::show).patch(user::update).delete(user::delete)),
        ("/user/password", patch(user::password)),
        ("/user/client_tokens", get(client_tokens::list).post(client_tokens::create)),
        ("/user/client_tokens/{token}", delete(client_tokens::revoke)),
        ("/users", get(users::list).post(users::create)),
        ("/users/{id}", get(users::show).delete(users::delete)),
        ("/users/{id}/basic_auth", patch(users::basic_auth)),
        ("/users/{id}/access_block", patch(users::access_block)),
        ("/tokens/examine", post(tokens::examine)),
        ("/tokens/confine", post(tokens::confine)),
        ("/tokens/infer_access_token_scope", post(tokens::infer_scope)),
        ("/tokens/verify_access_token", post(tokens::verify_access)),
        ("/tokens/verify_identity_token", post(tokens::verify_identity)),
        ("/tokens/verify_invite_token", post(tokens::verify_invite)),
        ("/tokens/named", get(tokens::list_named)),
        ("/tokens/named/{id}", get(tokens::show).patch(tokens::update).delete(tokens::delete)),
        ("/tokens/named/{id}/status", get(tokens::status)),
        ("/tokens/{id}/rotate", post(tokens::rotate)),
    ]
    .into_iter()
    .map(|(path, methods)| (path.to_owned(), methods))
    .collect::<Vec<_>>();
    for account in ["/user", "/users/{id}", "/provider", "/providers/{id}"] {
        for (path, methods) in [
            ("", get(account_tokens::list)),
            ("/revoke", post(account_tokens::revoke)),
            (
                "/named",
                get(account_tokens::list_named).post(account_tokens::create_named).delete(account_tokens::delete_named),
            ),
            ("/named/name/{name}", get(account_tokens::show_by_name)),
            (
                "/temporary",
                get(account_tokens::show_generation)
                    .post(account_tokens::create_temporary)
                    .delete(account_tokens::delete_temporary),
            ),
        ] {
            routes.push((format!("{account}/tokens{path}"), methods));
        }
    }
    routes
}
