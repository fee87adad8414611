//! `GET …/tokens/named` of an account

use serde_json::json;

use super::accounts::Accounts;
use crate::support::{As, TestServer, narrowed};

#[tokio::test]
async fn ids_come_in_the_order_of_the_names() {
    let server = TestServer::start().await;
    let accounts = Accounts::of(&server).await;
    let mut ids = Vec::new();
    for name in ["beta", "alpha", "gamma"] {
        ids.push(server.named(&format!("/users/{}", accounts.bob), json!({"name": name}), As::Admin).await.0);
    }
    let expected = [ids[1].clone(), ids[0].clone(), ids[2].clone()];
    for (account, whom) in accounts.all().into_iter().take(2) {
        assert_eq!(server.call("GET", &format!("{account}/tokens/named"), whom).await.tokens(), expected);
    }
    for (account, whom) in accounts.all().into_iter().skip(2) {
        assert_eq!(server.call("GET", &format!("{account}/tokens/named"), whom).await.tokens().len(), 1);
    }
}

#[tokio::test]
async fn revoked_and_expired_ones_are_listed_and_nameless_ones_are_not() {
    let server = TestServer::start().await;
    let past = json!([{"type": "time", "validUntil": 1}]);
    server.named("/user", json!({"name": "expired", "caveats": past}), As::Admin).await;
    server.named("/user", json!({"name": "revoked", "revoked": true}), As::Admin).await;
    server.as_admin("POST", "/user/client_tokens").await.token();
    server.temporary("/user", json!({}), As::Admin).await;
    assert_eq!(server.call("GET", "/user/tokens/named", As::Admin).await.tokens().len(), 2);
}

#[tokio::test]
async fn a_list_longer_than_a_page_is_whole_and_in_order() {
    let server = TestServer::start().await;
    let mut expected = Vec::new();
    for number in 0..1_002 {
        expected.push(server.named("/user", json!({"name": format!("{number:04}")}), As::Admin).await.0);
    }
    assert_eq!(server.call("GET", "/user/tokens/named", As::Admin).await.tokens(), expected);
}

#[tokio::test]
async fn a_narrowed_token_sees_only_what_is_as_narrow() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "wide"}), As::Admin).await;
    let end = server.now_s() + 60;
    let caveats = json!([{"type": "time", "validUntil": end}]);
    let (narrow, _) = server.named("/user", json!({"name": "narrow", "caveats": caveats}), As::Admin).await;
    let token = narrowed(&token, &format!("time < {end}"));
    assert_eq!(server.call("GET", "/user/tokens/named", As::Token(&token)).await.tokens(), [narrow]);
}

#[tokio::test]
async fn others_are_not_listed() {
    let server = TestServer::start().await;
    Accounts::of(&server).await.check_refused(&server, "GET", "/tokens/named").await;
}
