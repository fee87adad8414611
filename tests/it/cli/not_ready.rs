//! A server that is alive but not ready.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;

use super::old_onezone::answer;
use super::play_against;

/// The session for this server.
pub(super) const FILE: &str = "not_ready";

#[test]
fn a_server_that_is_not_ready_says_why() {
    let error = json!({"error": {"id": "serviceUnavailable", "description": "The store is away."}});
    let unready = get(|| async move { answer(StatusCode::SERVICE_UNAVAILABLE, &error) });
    play_against(Router::new().route("/readyz", unready), FILE);
}
