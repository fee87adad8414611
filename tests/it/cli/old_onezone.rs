//! A server with the features of Onezone 17.06 only: client tokens, and one page for every unknown path.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{delete, get};
use serde_json::{Value, json};

use super::play_against;
use crate::support::operator::onezone_token;

/// The session for this server.
pub(super) const FILE: &str = "old_onezone";
const API: &str = "/api/v3/onezone";

/// Valid tokens, newest first.
type Tokens = Arc<Mutex<Vec<String>>>;

fn authenticated(headers: &HeaderMap, tokens: &Tokens) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // alice:correct-horse-battery
    let basic = header("authorization") == Some("Basic YWxpY2U6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5");
    basic || header("x-auth-token").is_some_and(|token| tokens.lock().unwrap().iter().any(|good| good == token))
}

pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

fn unauthorized() -> Response {
    answer(StatusCode::UNAUTHORIZED, &json!({"error": "Provided authorization token is not valid"}))
}

async fn user(State(tokens): State<Tokens>, headers: HeaderMap) -> Response {
    if !authenticated(&headers, &tokens) {
        return unauthorized();
    }
    answer(StatusCode::OK, &json!({"userId": "0a1b", "name": "Alice Smith", "login": "alice", "emailList": []}))
}

async fn create(State(tokens): State<Tokens>, headers: HeaderMap) -> Response {
    if !authenticated(&headers, &tokens) {
        return unauthorized();
    }
    // Accepts any body that is JSON.
    if headers.get("content-type").is_none_or(|kind| kind != "application/json") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let mut tokens = tokens.lock().unwrap();
    let identifier = format!("{:0>43}", tokens.len());
    tokens.insert(0, onezone_token(&identifier, &"AB".repeat(32)));
    answer(StatusCode::OK, &json!({"token": tokens[0]}))
}

async fn list(State(tokens): State<Tokens>, headers: HeaderMap) -> Response {
    if !authenticated(&headers, &tokens) {
        return unauthorized();
    }
    let texts = tokens.lock().unwrap().clone();
    answer(StatusCode::OK, &json!({"tokens": texts}))
}

/// Finds a token only by its whole text.
async fn revoke(State(tokens): State<Tokens>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    if !authenticated(&headers, &tokens) {
        return unauthorized();
    }
    let mut tokens = tokens.lock().unwrap();
    let before = tokens.len();
    tokens.retain(|known| *known != token);
    if tokens.len() < before { StatusCode::ACCEPTED.into_response() } else { StatusCode::NOT_FOUND.into_response() }
}

fn router() -> Router {
    Router::new()
        .route(&format!("{API}/user"), get(user))
        .route(&format!("{API}/user/client_tokens"), get(list).post(create))
        .route(&format!("{API}/user/client_tokens/{{token}}"), delete(revoke))
        .fallback(|| async { (StatusCode::NOT_FOUND, Html("<html>Onezone</html>")) })
        .with_state(Tokens::default())
}

#[test]
fn an_old_onezone_is_served_as_far_as_it_goes() {
    play_against(router(), FILE);
}
