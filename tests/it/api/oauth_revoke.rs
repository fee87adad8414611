//! `POST /oauth/revoke`

use serde_json::json;
use zonemint::http::Unscoped;

use super::oauth::{is_active, post};
use crate::support::{As, BOB, TestServer, narrowed};

const PATH: &str = "/oauth/revoke";

#[tokio::test]
async fn a_token_that_is_kept_ends_alone_and_ends_once() {
    let server = TestServer::start().await;
    let (_, named) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let identity = json!({"name": "who", "type": {"identityToken": {}}});
    let (id, identity) = server.named("/user", identity, As::Admin).await;
    let client = server.as_admin("POST", "/user/client_tokens").await.token();
    for token in [&named, &client] {
        assert!(is_active(&server, token).await);
        for _ in 0..2 {
            let answer = post(&server, PATH, &format!("token={token}&token_type_hint=refresh_token"), As::Admin).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
        }
        assert!(!is_active(&server, token).await);
        assert_eq!(server.with_token(token, "GET", "/user").await.status, 401);
    }
    assert_eq!(server.call("GET", &format!("/tokens/named/{id}"), As::Admin).await.status, 200);
    assert_eq!(post(&server, PATH, &format!("token={identity}"), As::Admin).await.status, 200);
    assert_eq!(server.call("GET", &format!("/tokens/named/{id}"), As::Admin).await.status, 404);
}

#[tokio::test]
async fn a_temporary_token_ends_with_all_others_of_its_owner_once() {
    let server = TestServer::start_with(|config| config.oauth.unscoped = Unscoped::All).await;
    server.add_bob().await;
    let sign_in = async || post(&server, "/oauth/token", "grant_type=client_credentials", BOB).await.json();
    let [first, other] =
        [sign_in().await, sign_in().await].map(|made| made["access_token"].as_str().unwrap().to_owned());
    let of_admin = server.temporary("/user", json!({}), As::Admin).await;
    assert_eq!(post(&server, PATH, &format!("token={first}"), BOB).await.status, 200);
    assert!(!is_active(&server, &first).await && !is_active(&server, &other).await);
    assert!(is_active(&server, &of_admin).await);
    let later = sign_in().await;
    for token in [&first, &other] {
        assert_eq!(post(&server, PATH, &format!("token={token}"), BOB).await.status, 200);
    }
    assert!(is_active(&server, later["access_token"].as_str().unwrap()).await, "what was over already ended it");
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_revoked_without_a_word() {
    let server = TestServer::start().await;
    let (other, client) = (TestServer::start().await, "/user/client_tokens");
    let (unknown, good) = (other.as_admin("POST", client).await.token(), server.as_admin("POST", client).await.token());
    for token in ["x", "%00", &unknown, &format!("{}AA", &good[..good.len() - 2])] {
        let answer = post(&server, PATH, &format!("token={token}"), As::Admin).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}"), "{token}");
    }
    assert!(is_active(&server, &good).await, "a forgery ended what it was made from");
    assert_eq!(post(&server, PATH, "", As::Admin).await.refusal(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn another_accounts_token_is_ended_only_by_who_manages_tokens() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let refused = (403, "unauthorized_client".to_owned());
    for token in [server.temporary("/user", json!({}), As::Admin).await, server.mint(json!({})).await.token()] {
        assert_eq!(post(&server, PATH, &format!("token={token}"), BOB).await.refusal(), refused);
        assert!(is_active(&server, &token).await);
    }
    for token in [
        server.temporary("/user", json!({}), BOB).await,
        server.send(BOB.sign(server.request("POST", "/user/client_tokens"))).await.token(),
    ] {
        assert_eq!(post(&server, PATH, &format!("token={token}"), As::Admin).await.status, 200);
        assert!(!is_active(&server, &token).await);
    }
}

#[tokio::test]
async fn a_narrowed_caller_ends_what_it_holds_and_nothing_that_it_does_not() {
    let server = TestServer::start().await;
    let temporary = server.temporary("/user", json!({}), As::Admin).await;
    let (id, named) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&temporary, "ip = 127.0.0.0/8");
    let answer = post(&server, PATH, &format!("token={temporary}"), As::Token(&narrow)).await;
    assert_eq!(answer.refusal(), (403, "unauthorized_client".to_owned()), "others of its generation may be wider");
    let elsewhere = narrowed(&temporary, "api = ozw/delete/token.00.instance:private");
    assert_eq!(post(&server, PATH, &format!("token={named}"), As::Token(&elsewhere)).await.status, 401);
    let itself = narrowed(&narrow, &format!("api = ozw/delete/token.{id}.instance:private"));
    assert_eq!(post(&server, PATH, &format!("token={named}"), As::Token(&itself)).await.status, 200);
    assert!(!is_active(&server, &named).await);
    assert_eq!(post(&server, PATH, &format!("token={temporary}"), As::Token(&temporary)).await.status, 200);
    assert!(!is_active(&server, &temporary).await);
}
