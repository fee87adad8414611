//! `PATCH /providers/{id}/access_block`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn no_token_of_a_service_works_while_it_is_blocked() {
    let server = TestServer::start().await;
    let (id, token) = server.add_service().await;
    let path = format!("/providers/{id}/access_block");
    for (blocked, status) in [(true, 401), (true, 401), (false, 200)] {
        let answer = server.json("PATCH", &path, json!({"blocked": blocked}), As::Admin).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(server.with_token(&token, "GET", "/provider/tokens").await.status, status);
        let shown = server.call("GET", &format!("/providers/{id}"), As::Admin).await.json();
        assert_eq!(shown["blocked"], blocked);
    }
}

#[tokio::test]
async fn a_boolean_is_needed_and_a_service_and_the_privilege() {
    let server = TestServer::start().await;
    let (bob, (service, _)) = (server.add_bob().await, server.add_service().await);
    for (id, body, whom, status) in [
        (&service, json!({}), As::Admin, 400),
        (&service, json!({"blocked": "true"}), As::Admin, 400),
        (&service, json!({"blocked": true}), BOB, 403),
        (&bob, json!({"blocked": true}), As::Admin, 404),
    ] {
        let answer = server.json("PATCH", &format!("/providers/{id}/access_block"), body, whom).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}
