//! `service` caveats: which service a request says that it comes through.

use serde_json::json;

use crate::support::{Answer, As, TestServer, narrowed};

const VERIFY: &str = "/tokens/verify_access_token";

async fn through(server: &TestServer, token: &str, service: &str) -> Answer {
    let request = server.request("GET", "/user").header("x-auth-token", token);
    server.send(request.header("X-Onedata-Service-Token", service)).await
}

#[tokio::test]
async fn without_a_service_token_a_request_comes_through_this_service() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (caveat, status) in [
        ("service = ozw-onezone", 200),
        ("service = ozw-*", 200),
        ("service = opw-*|ozw-onezone", 200),
        ("service = ozp-onezone", 401),
        ("service = opw-*", 401),
    ] {
        let answer = server.with_token(&narrowed(&token, caveat), "GET", "/user").await;
        assert_eq!(answer.status, status, "{caveat}: {answer:?}");
    }
}

#[tokio::test]
async fn a_service_token_in_a_header_says_which_service_it_is() {
    let server = TestServer::start().await;
    let (id, service) = server.add_service().await;
    let identity = json!({"name": "who", "type": {"identityToken": {}}});
    let (_, identity) = server.named(&format!("/providers/{id}"), identity, As::Admin).await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (caveat, header, status) in [
        (format!("service = opw-{id}"), identity.clone(), 200),
        (format!("service = opw-{id}"), service.clone(), 200),
        (format!("service = opw-{id}"), format!("opw-{identity}"), 200),
        (format!("service = opw-{id}"), format!("opp-{identity}"), 401),
        (format!("service = opp-{id}"), format!("opp-{identity}"), 200),
        ("service = opw-*".to_owned(), identity.clone(), 200),
        (format!("service = opw-{}", "0".repeat(32)), identity.clone(), 401),
        ("service = ozw-onezone".to_owned(), identity.clone(), 401),
    ] {
        let answer = through(&server, &narrowed(&token, &caveat), &header).await;
        assert_eq!(answer.status, status, "{caveat}: {answer:?}");
        assert!(status == 200 || answer.error() == "tokenCaveatUnverified", "{answer:?}");
    }
}

#[tokio::test]
async fn a_service_token_that_is_not_good_is_told_inside_the_reason() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let (id, service) = server.add_service().await;
    let user = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    let revoked = json!({"name": "gone", "type": {"identityToken": {}}, "revoked": true});
    let (_, revoked) = server.named(&format!("/providers/{id}"), revoked, As::Admin).await;
    for (header, why) in [
        ("garbage", "badToken"),
        (revoked.as_str(), "tokenRevoked"),
        (user.as_str(), "tokenSubjectInvalid"),
        (token.as_str(), "notAnIdentityToken"),
        (&narrowed(&service, "time < 5"), "tokenCaveatUnverified"),
    ] {
        let answer = through(&server, &token, header).await;
        assert_eq!(answer.refusal(), (401, "badServiceToken".to_owned()));
        let reason = answer.json().pointer("/error/details/authError/details/tokenError/id").cloned();
        assert_eq!(reason, Some(json!(why)));
    }
}

#[tokio::test]
async fn a_service_token_in_the_body_counts_when_a_token_is_verified() {
    let server = TestServer::start().await;
    let (id, service) = server.add_service().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let token = narrowed(&token, &format!("service = opw-{id}"));
    for (body, status) in [
        (json!({"token": token, "serviceToken": service}), 200),
        (json!({"token": token, "serviceToken": format!("opp-{service}")}), 400),
        (json!({"token": token}), 400),
    ] {
        let answer = server.json("POST", VERIFY, body, As::Nobody).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(status == 200 || answer.error() == "tokenCaveatUnverified");
    }
    let bad = json!({"token": token, "serviceToken": narrowed(&service, "time < 5")});
    let answer = server.json("POST", VERIFY, bad, As::Nobody).await;
    assert_eq!(answer.refusal(), (400, "badServiceToken".to_owned()));
    assert_eq!(answer.json()["error"]["details"]["tokenError"]["id"], "tokenCaveatUnverified");
}

#[tokio::test]
async fn a_header_twice_is_ambiguous() {
    let server = TestServer::start().await;
    let request = server.request("GET", "/user").header("x-auth-token", "x");
    let request = request.header("x-onedata-service-token", "a").header("x-onedata-service-token", "b");
    assert_eq!(server.send(request).await.refusal(), (400, "ambiguousCredentials".to_owned()));
}
