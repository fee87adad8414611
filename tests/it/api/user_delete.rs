//! `DELETE /user`

use serde_json::json;

use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn an_account_ends_with_its_password_and_tokens() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let answer = server.call("DELETE", "/user", BOB).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(server.call("GET", "/user", BOB).await.refusal(), (401, "badBasicCredentials".to_owned()));
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 401);
    assert_eq!(server.call("GET", &format!("/users/{bob}"), As::Admin).await.status, 404);
}

#[tokio::test]
async fn a_service_cannot_end_itself_here() {
    let server = TestServer::start().await;
    let (_, token) = server.add_service().await;
    assert_eq!(server.with_token(&token, "DELETE", "/user").await.refusal(), (403, "forbidden".to_owned()));
    assert_eq!(server.with_token(&token, "GET", "/provider/tokens/named").await.status, 200);
}

#[tokio::test]
async fn a_narrowed_token_ends_no_account() {
    let server = TestServer::start().await;
    let (bob, (service, _)) = (server.add_bob().await, server.add_service().await);
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&token, "ip = 127.0.0.1/32");
    for path in ["/user".to_owned(), format!("/users/{bob}"), format!("/providers/{service}")] {
        let answer = server.with_token(&narrow, "DELETE", &path).await;
        assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{path}");
        assert!(answer.body.contains("narrower"), "{answer:?}");
    }
    // Until when it may be used says nothing about what.
    let short = narrowed(&token, &format!("time < {}", server.now_s() + 9));
    assert_eq!(server.with_token(&short, "DELETE", &format!("/users/{bob}")).await.status, 204);
}
