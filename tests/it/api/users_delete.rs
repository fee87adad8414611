//! `DELETE /users/{id}`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn password_and_tokens_end_and_the_name_is_free_again() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let (id, named) = server.named("/user", json!({"name": "one"}), BOB).await;
    let client = server.call("POST", "/user/client_tokens", BOB).await.token();
    let temporary = server.temporary("/user", json!({}), BOB).await;
    let path = format!("/users/{bob}");
    let answer = server.call("DELETE", &path, As::Admin).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    for token in [named, client, temporary] {
        assert_eq!(server.with_token(&token, "GET", "/user").await.status, 401);
    }
    assert_eq!(server.call("GET", "/user", BOB).await.refusal(), (401, "badBasicCredentials".to_owned()));
    assert_eq!(server.call("DELETE", &path, As::Admin).await.refusal(), (404, "notFound".to_owned()));
    assert_eq!(server.call("GET", &format!("/tokens/named/{id}"), As::Admin).await.status, 404);
    assert_ne!(server.add_bob().await, bob);
}

#[tokio::test]
async fn nobody_else_removes_users() {
    let server = TestServer::start().await;
    let (bob, (service, _)) = (server.add_bob().await, server.add_service().await);
    for (id, whom, status) in [
        (bob.as_str(), BOB, 403),
        (&"0".repeat(32), As::Admin, 404),
        (&service, As::Admin, 404),
        ("what", As::Admin, 404),
    ] {
        assert_eq!(server.call("DELETE", &format!("/users/{id}"), whom).await.status, status, "{id}");
    }
    assert_eq!(server.call("GET", "/user", BOB).await.status, 200);
}
