//! `DELETE /tokens/named/{id}`

use serde_json::json;

use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn a_deleted_token_is_refused_and_its_name_is_free_again() {
    let server = TestServer::start().await;
    server.add_bob().await;
    for whom in [BOB, As::Admin] {
        let (id, token) = server.named("/user", json!({"name": "one"}), BOB).await;
        assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
        let answer = server.call("DELETE", &format!("/tokens/named/{id}"), whom).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(server.with_token(&token, "GET", "/user").await.refusal(), (401, "tokenInvalid".to_owned()));
        let again = server.call("DELETE", &format!("/tokens/named/{id}"), whom).await;
        assert_eq!(again.refusal(), (404, "notFound".to_owned()));
    }
}

#[tokio::test]
async fn neither_somebody_elses_nor_a_wider_token_is_deleted() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, service) = server.add_service().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&token, "ip = 127.0.0.1/32");
    for (id, whom, status) in [
        (id.as_str(), BOB, 403),
        (id.as_str(), As::Token(&service), 403),
        (id.as_str(), As::Token(&narrow), 403),
        ("00000000000000000000000000000000ch0000", As::Admin, 404),
        ("what", As::Admin, 404),
    ] {
        let answer = server.call("DELETE", &format!("/tokens/named/{id}"), whom).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
}
