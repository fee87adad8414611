//! `GET /keys`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn keys_are_listed_in_their_order_with_what_each_is_good_for() {
    let server = TestServer::start().await;
    let first = server.call("GET", "/keys", As::Admin).await.json()["keys"][0].clone();
    assert_eq!((&first["state"], &first["retired"]), (&json!("active"), &json!(null)));
    if server.folder.database.is_none() {
        assert_eq!((&first["created"], &first["fromFuture"]), (&json!(server.now_s()), &json!(false)));
    }
    let new = server.call("POST", "/keys/rotate", As::Admin).await.json()["id"].clone();
    for (s, states) in [(0, ["next", "active"]), (2, ["active", "verifying"])] {
        server.advance_s(s);
        let keys = server.call("GET", "/keys", As::Admin).await.json()["keys"].clone();
        assert_eq!([&keys[0]["id"], &keys[1]["id"]], [&new, &first["id"]]);
        assert_eq!([&keys[0]["state"], &keys[1]["state"]], states);
    }
}

#[tokio::test]
async fn how_many_good_tokens_depend_on_a_key_is_told_when_asked_for() {
    let server = TestServer::start().await;
    server.named("/user", json!({"name": "one"}), As::Admin).await;
    server.mint(json!({})).await;
    for (query, expected) in [("?count=true", json!(2)), ("?count=false", json!(null)), ("", json!(null))] {
        let keys = server.call("GET", &format!("/keys{query}"), As::Admin).await.json()["keys"].clone();
        assert_eq!(keys[0]["goodTokens"], expected, "{query}");
    }
    let refused = server.call("GET", "/keys?count=yes", As::Admin).await;
    assert_eq!(refused.refusal(), (400, "badValueBoolean".to_owned()));
}

#[tokio::test]
async fn nobody_else_lists_keys() {
    let server = TestServer::start().await;
    server.add_bob().await;
    assert_eq!(server.call("GET", "/keys", BOB).await.refusal(), (403, "forbidden".to_owned()));
}
