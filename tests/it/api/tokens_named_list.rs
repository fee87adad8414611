//! `GET /tokens/named`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

const PATH: &str = "/tokens/named";

#[tokio::test]
async fn who_manages_tokens_lists_the_ids_of_all_that_have_a_name() {
    let server = TestServer::start().await;
    server.add_bob().await;
    server.as_admin("POST", "/user/client_tokens").await.token();
    server.temporary("/user", json!({}), As::Admin).await;
    let (mine, _) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let (his, _) = server.named("/user", json!({"name": "one", "revoked": true}), BOB).await;
    let mut listed = server.call("GET", PATH, As::Admin).await.tokens();
    listed.sort();
    let mut expected = vec![mine, his];
    expected.sort();
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn nobody_else_does() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, service) = server.add_service().await;
    for whom in [BOB, As::Token(&service)] {
        assert_eq!(server.call("GET", PATH, whom).await.refusal(), (403, "forbidden".to_owned()));
    }
}

#[tokio::test]
async fn a_narrowed_administrator_sees_only_what_is_as_narrow() {
    let server = TestServer::start().await;
    server.add_bob().await;
    server.named("/user", json!({"name": "wide"}), BOB).await;
    let caveats = json!([{"type": "ip", "whitelist": ["127.0.0.1/32"]}]);
    let (narrow, token) = server.named("/user", json!({"name": "narrow", "caveats": caveats}), As::Admin).await;
    assert_eq!(server.call("GET", PATH, As::Token(&token)).await.tokens(), [narrow]);
}
