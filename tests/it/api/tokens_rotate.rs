//! `POST /tokens/{id}/rotate`

use serde_json::{Value, json};

use crate::support::{Answer, As, BOB, TestServer, caveats_of, narrowed};

async fn rotate(server: &TestServer, id: &str, body: Value, whom: As<'_>) -> Answer {
    server.json("POST", &format!("/tokens/{id}/rotate"), body, whom).await
}

#[tokio::test]
async fn the_new_token_takes_name_and_rights_and_the_old_one_ends() {
    let server = TestServer::start().await;
    let caveats = json!([{"type": "interface", "interface": "rest"}]);
    let body = json!({"name": "one", "caveats": caveats, "customMetadata": {"a": 1}});
    let (old, old_token) = server.named("/user", body, As::Admin).await;
    let answer = rotate(&server, &old, json!({}), As::Admin).await;
    let (new, token) = (answer.json()["tokenId"].clone(), answer.json()["token"].as_str().unwrap().to_owned());
    let new = new.as_str().unwrap();
    assert_eq!(answer.status, 201);
    assert!(answer.header("location").ends_with(&format!("/api/v3/onezone/tokens/named/{new}")), "{answer:?}");
    assert_eq!(server.with_token(&old_token, "GET", "/user").await.refusal(), (401, "tokenRevoked".to_owned()));
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    let shown = server.call("GET", "/user/tokens/named/name/one", As::Admin).await.json();
    assert_eq!((&shown["id"], &shown["caveats"]), (&json!(new), &caveats));
    assert_eq!(shown["metadata"]["custom"], json!({"a": 1}));
}

#[tokio::test]
async fn with_an_overlap_both_are_good_for_that_long() {
    let server = TestServer::start().await;
    let (old, old_token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let answer = rotate(&server, &old, json!({"overlap": 60}), As::Admin).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    server.advance_s(59);
    assert_eq!(server.with_token(&old_token, "GET", "/user").await.status, 200);
    server.advance_s(1);
    assert_eq!(server.with_token(&old_token, "GET", "/user").await.refusal(), (401, "tokenRevoked".to_owned()));
    assert_eq!(rotate(&server, &old, json!({}), As::Admin).await.refusal(), (404, "notFound".to_owned()));
}

#[tokio::test]
async fn client_tokens_are_rotated_too_and_keep_their_form() {
    let server = TestServer::start().await;
    let token = server.mint(json!({"ttl": 60})).await.token();
    let id = server.call("GET", "/user/tokens", As::Admin).await.json()["tokens"][0]["id"].clone();
    let end = server.now_s() + 120;
    let answer = rotate(&server, id.as_str().unwrap(), json!({"validUntil": end}), As::Admin).await;
    let new = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(caveats_of(&new), [format!("time < {end}")]);
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 401);
    server.advance_s(119);
    assert_eq!(server.with_token(&new, "GET", "/user").await.status, 200);
}

#[tokio::test]
async fn a_token_rotates_itself_within_its_own_caveats() {
    let server = TestServer::start().await;
    let end = server.now_s() + 60;
    let caveats = json!([{"type": "time", "validUntil": end}]);
    let (id, token) = server.named("/user", json!({"name": "one", "caveats": caveats}), As::Admin).await;
    let answer = rotate(&server, &id, json!({"validUntil": end + 9_000}), As::Token(&token)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    server.advance_s(60);
    let new = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(server.with_token(&new, "GET", "/user").await.refusal(), (401, "tokenCaveatUnverified".to_owned()));
}

#[tokio::test]
async fn neither_somebody_elses_nor_a_wider_nor_an_unknown_token_is_rotated() {
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
        assert_eq!(rotate(&server, id, json!({}), whom).await.status, status, "{id}");
    }
}

#[tokio::test]
async fn times_are_bounded_on_both_sides() {
    let server = TestServer::start().await;
    let (id, _) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (body, error) in [
        (json!({"overlap": -1}), "badValueTooLow"),
        (json!({"overlap": 2_592_001}), "badValueTooHigh"),
        (json!({"overlap": "1"}), "badValueInteger"),
        (json!({"validUntil": server.now_s()}), "badValueTooLow"),
        (json!({"validUntil": 253_402_300_800_u64}), "badData"),
    ] {
        assert_eq!(rotate(&server, &id, body.clone(), As::Admin).await.refusal(), (400, error.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_client_token_is_rotated_within_its_longest_life() {
    let server = TestServer::start().await;
    assert_eq!(server.mint(json!({})).await.status, 200);
    let listed = server.call("GET", "/user/tokens", As::Admin).await.json();
    let id = listed["tokens"][0]["id"].as_str().unwrap().to_owned();
    let latest = server.now_s() + server.config.token.max_ttl.s();
    let answer = rotate(&server, &id, json!({"validUntil": latest + 1}), As::Admin).await;
    assert_eq!(answer.refusal(), (400, "badValueTooHigh".to_owned()));
    assert_eq!(rotate(&server, &id, json!({"validUntil": latest}), As::Admin).await.json()["validUntil"], latest);
}
