//! `POST /keys/{id}/retire`

use serde_json::json;

use crate::support::{Answer, As, BOB, TestServer, narrowed};

async fn newest(server: &TestServer) -> String {
    server.call("GET", "/keys", As::Admin).await.json()["keys"][0]["id"].as_str().unwrap().to_owned()
}

async fn retire(server: &TestServer, id: &str, whom: As<'_>) -> Answer {
    server.call("POST", &format!("/keys/{id}/retire"), whom).await
}

#[tokio::test]
async fn all_tokens_of_a_retired_key_are_refused_for_good_and_no_others() {
    let server = TestServer::start().await;
    let (old, old_token) = (newest(&server).await, server.mint(json!({})).await.token());
    server.call("POST", "/keys/rotate", As::Admin).await;
    server.advance_s(2);
    let token = server.mint(json!({})).await.token();
    let answer = retire(&server, &old, As::Admin).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(server.with_token(&old_token, "GET", "/user").await.refusal(), (401, "tokenInvalid".to_owned()));
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    let keys = server.call("GET", "/keys?count=true", As::Admin).await.json()["keys"].clone();
    assert_eq!((&keys[1]["state"], &keys[1]["goodTokens"]), (&json!("retired"), &json!(0)));
    assert_eq!(keys[1]["retired"], server.now_s());
    assert_eq!(retire(&server, &old, As::Admin).await.refusal(), (400, "badData".to_owned()));
}

#[tokio::test]
async fn the_active_key_is_not_retired_with_or_without_others() {
    let server = TestServer::start().await;
    let first = newest(&server).await;
    assert_eq!(retire(&server, &first, As::Admin).await.refusal(), (400, "badData".to_owned()));
    server.call("POST", "/keys/rotate", As::Admin).await;
    let refused = retire(&server, &first, As::Admin).await;
    assert!(refused.body.contains("rotate first"), "it is still the active one: {refused:?}");
    assert_eq!(retire(&server, &newest(&server).await, As::Admin).await.status, 204, "no token is made with it yet");
}

#[tokio::test]
async fn what_is_no_key_is_not_found_and_nobody_else_retires() {
    let server = TestServer::start().await;
    server.add_bob().await;
    server.call("POST", "/keys/rotate", As::Admin).await;
    let id = newest(&server).await;
    for (id, whom, status) in
        [("0000000000000000", As::Admin, 404), ("what", As::Admin, 404), (&id, BOB, 403), (&id, As::Nobody, 401)]
    {
        assert_eq!(retire(&server, id, whom).await.status, status, "{id}");
    }
}

#[tokio::test]
async fn a_token_that_is_narrower_than_some_ends_none_of_them() {
    let server = TestServer::start().await;
    server.call("POST", "/keys/rotate", As::Admin).await;
    let (id, token) = (newest(&server).await, server.temporary("/user", json!({}), As::Admin).await);
    let by_address = narrowed(&token, "ip = 127.0.0.1/32");
    assert_eq!(retire(&server, &id, As::Token(&by_address)).await.refusal(), (403, "forbidden".to_owned()));
    let for_this = narrowed(&token, &format!("api = ozw/update/key.{id}.retirement:private"));
    assert_eq!(retire(&server, &id, As::Token(&for_this)).await.status, 204);
}
