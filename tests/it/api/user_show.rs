//! `GET /user`

use serde_json::json;

use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn a_user_sees_themselves_with_onezones_keys() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let answer = server.call("GET", "/user", BOB).await;
    let expected = json!({
        "userId": bob, "fullName": "bob", "username": "bob", "emails": [], "linkedAccounts": [],
        "basicAuthEnabled": true, "blocked": false, "creationTime": server.now_s(),
        "name": "bob", "login": "bob", "alias": "bob", "emailList": [], "privileges": [], "mustChangePassword": false,
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
}

#[tokio::test]
async fn a_narrowed_token_shows_its_subject_while_its_caveats_hold() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (caveat, status) in [
        ("ip = 127.0.0.1/32", 200),
        ("ip = 192.0.2.0/24", 401),
        ("interface = rest", 200),
        ("time < 5", 401),
        ("service = ozw-onezone", 200),
        ("asn = 64496", 401),
    ] {
        let answer = server.with_token(&narrowed(&token, caveat), "GET", "/user").await;
        assert_eq!(answer.status, status, "{caveat}: {answer:?}");
        assert!(status == 200 || answer.error() == "tokenCaveatUnverified");
    }
}

#[tokio::test]
async fn a_service_is_no_user() {
    let server = TestServer::start().await;
    let (_, token) = server.add_service().await;
    assert_eq!(server.with_token(&token, "GET", "/user").await.refusal(), (403, "forbidden".to_owned()));
}
