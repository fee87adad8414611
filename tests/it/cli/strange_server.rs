//! A server with invalid answers, a different one for each token: the client's message is short, true and harmless.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::json;

use super::old_onezone::answer;
use super::play_against;

/// The session for this server.
pub(super) const FILE: &str = "strange_server";

/// A list of two pages.
fn page(uri: &Uri) -> Response {
    let (name, next) = match uri.query() {
        Some("limit=500") => ("one", Some("a&b")),
        Some("limit=500&cursor=a%26b") => ("two", None),
        other => panic!("{other:?} was asked for"),
    };
    answer(
        StatusCode::OK,
        &json!({"tokens": [{"name": name, "id": "x", "state": "active", "caveats": [{"type": "moon"}]}], "next": next}),
    )
}

async fn strange(uri: Uri, headers: HeaderMap) -> Response {
    match headers["x-auth-token"].to_str().unwrap() {
        "moved" => (StatusCode::FOUND, [("location", "https://elsewhere.example.org/")]).into_response(),
        "pages" => page(&uri),
        "page" => Html("<html>Welcome</html>").into_response(),
        "busy" => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "7")], "later").into_response(),
        "often" => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "8")], "{}").into_response(),
        "colour" => {
            answer(StatusCode::OK, &json!({"username": "\u{1b}[31mred", "fullName": "\u{9b}2J", "userId": "\u{202e}x"}))
        }
        "long" => "x".repeat(17 << 20).into_response(),
        "empty" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "stuck" => std::future::pending().await,
        // The name of a token, to whoever makes one.
        _ => answer(StatusCode::CREATED, &json!({"token": "a\u{1b}[31mtoken"})),
    }
}

#[test]
fn strange_answers_are_told_and_do_no_harm() {
    play_against(Router::new().fallback(strange), FILE);
}

#[test]
fn what_does_not_speak_tls_is_told_apart() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut connection, _) = listener.accept().unwrap();
        connection.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").unwrap();
    });
    let host = format!("localhost:{port}");
    let mut command = crate::support::zonemint(folder.path(), &["whoami", "--host", &host]);
    let out = command.env("ONEZONE_API_KEY", "token").output().unwrap();
    let told = String::from_utf8(out.stderr).unwrap();
    assert_eq!(told, format!("zonemint: what answers at {host} does not speak TLS; is the port right?\n"));
}
