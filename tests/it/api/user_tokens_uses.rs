//! `GET …/tokens/uses`

use serde_json::{Value, json};

use crate::support::{As, BOB, TestServer, narrowed};

const DAY_S: u64 = 86_400;

/// The counts of an account, once all uses so far are written.
async fn counts(server: &TestServer, path: &str, whom: As<'_>) -> Vec<u64> {
    server.services.tokens.write_counts().await.unwrap();
    let answer = server.call("GET", &format!("{path}/tokens/uses?days=3"), whom).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["uses"].as_array().unwrap().iter().map(|day| day["count"].as_u64().unwrap()).collect()
}

async fn verify(server: &TestServer, token: &str) -> u16 {
    server.json("POST", "/tokens/verify_access_token", json!({"token": token}), As::Nobody).await.status
}

#[tokio::test]
async fn accepted_uses_of_all_an_accounts_tokens_are_counted_by_the_day() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, named) = server.named("/user", json!({"name": "one"}), BOB).await;
    for (uses, expected) in [(2, [0, 0, 3]), (0, [0, 3, 0]), (1, [3, 0, 2])] {
        for _ in 0..uses {
            assert_eq!(verify(&server, &named).await, 200);
        }
        if uses > 0 {
            let temporary = server.temporary("/user", json!({}), BOB).await;
            assert_eq!(server.with_token(&temporary, "GET", "/user").await.status, 200);
        }
        assert_eq!(counts(&server, "/user", BOB).await, expected);
        server.advance_s(DAY_S);
    }
}

#[tokio::test]
async fn what_is_refused_is_not_counted() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    assert_eq!(verify(&server, &narrowed(&token, "ip = 192.0.2.1/32")).await, 400);
    let refused = server.with_token(&token, "GET", "/users").await;
    assert_eq!(refused.status, 403, "the token is accepted, and counted; what it asks for is not");
    server.json("PATCH", &format!("/users/{bob}/access_block"), json!({"blocked": true}), As::Admin).await;
    assert_eq!(verify(&server, &token).await, 400);
    assert_eq!(counts(&server, &format!("/users/{bob}"), As::Admin).await, [0, 0, 1]);
}

#[tokio::test]
async fn days_are_named_and_those_without_use_are_there() {
    let server = TestServer::start().await;
    let uses = |days: Value| days["uses"].as_array().unwrap().clone();
    let all = uses(server.call("GET", "/user/tokens/uses", As::Admin).await.json());
    assert_eq!((all.len(), &all[29]), (30, &json!({"day": "2027-01-15", "count": 0})));
    assert_eq!(all[0]["day"], "2026-12-17");
    for (days, status) in [("1", 200), ("90", 200), ("0", 400), ("91", 400), ("-1", 400), ("x", 400)] {
        let answer = server.call("GET", &format!("/user/tokens/uses?days={days}"), As::Admin).await;
        assert_eq!(answer.status, status, "{days}");
    }
}

#[tokio::test]
async fn a_services_uses_are_its_own_and_of_others_only_who_manages_tokens_hears() {
    let server = TestServer::start().await;
    let (bob, (service, token)) = (server.add_bob().await, server.add_service().await);
    assert_eq!(verify(&server, &token).await, 200);
    assert_eq!(counts(&server, "/provider", As::Token(&token)).await, [0, 0, 1]);
    assert_eq!(counts(&server, &format!("/providers/{service}"), As::Admin).await, [0, 0, 2], "and that it has asked");
    for (path, whom) in [(format!("/users/{bob}"), As::Token(&token)), (format!("/providers/{service}"), BOB)] {
        assert_eq!(server.call("GET", &format!("{path}/tokens/uses"), whom).await.status, 403);
    }
}

#[tokio::test]
async fn a_server_that_is_stopped_has_written_them_before() {
    let server = TestServer::start().await;
    let token = server.mint(json!({})).await.token();
    assert_eq!(verify(&server, &token).await, 200);
    let server = server.restart().await;
    let answer = server.call("GET", "/user/tokens/uses?days=1", As::Admin).await;
    assert_eq!(answer.json()["uses"][0]["count"], 1);
}

#[tokio::test]
async fn a_running_server_writes_them_by_itself() {
    let server =
        TestServer::start_with(|config| config.token.write_counts = zonemint::model::Period::from_ms(100)).await;
    let token = server.mint(json!({})).await.token();
    assert_eq!(verify(&server, &token).await, 200);
    let started = std::time::Instant::now();
    while server.call("GET", "/user/tokens/uses?days=1", As::Admin).await.json()["uses"][0]["count"] != 1 {
        assert!(started.elapsed().as_secs() < 10, "it was never written");
    }
}
