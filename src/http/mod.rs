//! The HTTP edge: routes, what requests carry, what answers look like.
//!
//! A handler is one file named by its verb; it asks the services and says nothing of its own about tokens or users. Errors
//! become texts in `error.rs` only. Everything that must hold for every answer (request id, security headers, a body on
//! every error, one log line) is in `layer/envelope.rs`, so that no handler can forget it.
//!
//! Where the next thing goes: an operation is a file under `api/`, a line in [`router`] and a test file.

mod api;
pub mod basic;
mod error;
mod extract;
pub mod json;
mod layer;
mod settings;
mod state;

use axum::Router;
use axum::routing::{delete, get};

pub use layer::{Envelope, MakeEnvelope};
pub use settings::Settings;
pub use state::{Services, SharedServices};

/// Every route there is.
pub fn router(services: SharedServices) -> Router {
    let onezone = Router::new()
        .route("/user", get(api::user::show))
        .route("/user/client_tokens", get(api::client_tokens::list).post(api::client_tokens::create))
        .route("/user/client_tokens/{token}", delete(api::client_tokens::revoke));
    Router::new()
        .nest("/api/v3/onezone", onezone)
        .route("/healthz", get(api::health::alive))
        .route("/readyz", get(api::health::ready))
        .fallback(api::fallback::not_found)
        .method_not_allowed_fallback(api::fallback::method_not_allowed)
        .with_state(services)
}
