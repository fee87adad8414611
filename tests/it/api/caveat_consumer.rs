//! `consumer` caveats: who uses a token.

use serde_json::json;

use crate::support::{Answer, As, BOB, TestServer, narrowed};

const VERIFY: &str = "/tokens/verify_access_token";

async fn used_by(server: &TestServer, token: &str, consumer: &str) -> Answer {
    let request = server.request("GET", "/user").header("x-auth-token", token);
    server.send(request.header("X-Onedata-Consumer-Token", consumer)).await
}

#[tokio::test]
async fn a_consumer_token_in_a_header_says_who_it_is() {
    let server = TestServer::start().await;
    let (bob, (service, of_service)) = (server.add_bob().await, server.add_service().await);
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let his = server.temporary("/user", json!({"type": {"identityToken": {}}}), BOB).await;
    for (caveat, consumer, status) in [
        (format!("consumer = usr-{bob}"), &his, 200),
        (format!("consumer = prv-*|usr-{bob}"), &his, 200),
        ("consumer = usr-*".to_owned(), &his, 200),
        ("consumer = grp-*".to_owned(), &his, 401),
        (format!("consumer = prv-{service}"), &of_service, 200),
        ("consumer = usr-*".to_owned(), &of_service, 401),
    ] {
        let answer = used_by(&server, &narrowed(&token, &caveat), consumer).await;
        assert_eq!(answer.status, status, "{caveat}: {answer:?}");
        assert!(status == 200 || answer.error() == "tokenCaveatUnverified", "{answer:?}");
    }
}

#[tokio::test]
async fn nobody_is_no_consumer_and_neither_is_the_tokens_own_subject() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let admin = server.id_of(As::Admin).await;
    for caveat in [format!("consumer = usr-{admin}"), "consumer = usr-*".to_owned()] {
        let answer = server.with_token(&narrowed(&token, &caveat), "GET", "/user").await;
        assert_eq!(answer.refusal(), (401, "tokenCaveatUnverified".to_owned()));
    }
}

#[tokio::test]
async fn a_consumer_token_that_is_not_good_is_told_inside_the_reason() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let identity = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    for (consumer, why) in [
        ("garbage", "badToken"),
        (token.as_str(), "notAnIdentityToken"),
        (&narrowed(&identity, "time < 5"), "tokenCaveatUnverified"),
    ] {
        let answer = used_by(&server, &token, consumer).await;
        assert_eq!(answer.refusal(), (401, "badConsumerToken".to_owned()));
        let reason = answer.json().pointer("/error/details/authError/details/tokenError/id").cloned();
        assert_eq!(reason, Some(json!(why)));
    }
}

#[tokio::test]
async fn when_a_token_is_verified_the_body_says_who_and_else_the_caller_is_it() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let (_, wide) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let token = narrowed(&wide, &format!("consumer = usr-{bob}"));
    let his = server.temporary("/user", json!({"type": {"identityToken": {}}}), BOB).await;
    for (body, whom, status) in [
        (json!({"token": token}), BOB, 200),
        (json!({"token": token}), As::Admin, 400),
        (json!({"token": token}), As::Nobody, 400),
        (json!({"token": token, "consumerToken": his}), As::Nobody, 200),
        (json!({"token": token, "consumerToken": his}), As::Admin, 200),
    ] {
        let answer = server.json("POST", VERIFY, body, whom).await;
        assert_eq!(answer.status, status, "{whom:?}: {answer:?}");
    }
    let answer = server.json("POST", VERIFY, json!({"token": token, "consumerToken": wide}), BOB).await;
    assert_eq!(answer.refusal(), (400, "badConsumerToken".to_owned()));
    assert_eq!(answer.json()["error"]["details"]["tokenError"]["id"], "notAnIdentityToken");
}
