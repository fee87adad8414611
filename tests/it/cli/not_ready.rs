//! A server that lives, and cannot serve.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;

use super::old_onezone::answer;
use super::play_against;

/// The session that is played with it.
pub(super) const FILE: &str = "not_ready";

#[test]
fn a_server_that_is_not_ready_says_why() {
    let error = json!({"error": {"id": "serviceUnavailable", "description": "The store is away."}});
    let unready = get(|| async move { answer(StatusCode::SERVICE_UNAVAILABLE, &error) });
    play_against(Router::new().route("/readyz", unready), FILE);
}
