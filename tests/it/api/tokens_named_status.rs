//! `GET /tokens/named/{id}/status`

use serde_json::json;

use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn it_tells_whether_a_token_is_revoked_and_nothing_else() {
    let server = TestServer::start().await;
    server.add_bob().await;
    for (name, revoked) in [("one", false), ("two", true)] {
        let (id, _) = server.named("/user", json!({"name": name, "revoked": revoked}), BOB).await;
        for whom in [BOB, As::Admin] {
            let answer = server.call("GET", &format!("/tokens/named/{id}/status"), whom).await;
            assert_eq!((answer.status, answer.json()), (200, json!({"revoked": revoked})));
        }
    }
}

#[tokio::test]
async fn it_tells_nothing_of_somebody_elses_unknown_or_wider_tokens() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&token, "ip = 127.0.0.1/32");
    for (id, whom, status) in [
        (id.as_str(), BOB, 403),
        (id.as_str(), As::Token(&narrow), 403),
        ("00000000000000000000000000000000ch0000", As::Admin, 404),
        ("what", As::Admin, 404),
    ] {
        let answer = server.call("GET", &format!("/tokens/named/{id}/status"), whom).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}
