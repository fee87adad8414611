//! `POST /keys/rotate`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn new_tokens_are_made_with_the_new_key_a_second_later_and_old_ones_stay_good() {
    let server = TestServer::start().await;
    let old = server.mint(json!({})).await.token();
    let answer = server.call("POST", "/keys/rotate", As::Admin).await;
    assert_eq!((answer.status, answer.keys()), (201, vec!["id".to_owned()]));
    server.advance_s(2);
    let new = server.mint(json!({})).await.token();
    let keys = server.call("GET", "/keys?count=true", As::Admin).await.json()["keys"].clone();
    assert_eq!((&keys[0]["id"], &keys[0]["goodTokens"]), (&answer.json()["id"], &json!(1)));
    for token in [&old, &new] {
        assert_eq!(server.with_token(token, "GET", "/user").await.status, 200);
    }
}

#[tokio::test]
async fn nobody_else_rotates() {
    let server = TestServer::start().await;
    server.add_bob().await;
    assert_eq!(server.call("POST", "/keys/rotate", BOB).await.refusal(), (403, "forbidden".to_owned()));
    assert_eq!(server.call("GET", "/keys", As::Admin).await.json()["keys"].as_array().unwrap().len(), 1);
}
