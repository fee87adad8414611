//! `service` caveats: which service a request says that it comes through.

use serde_json::json;

use super::oauth::is_active;
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
        (user.as_str(), "tokenInvalid"),
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
async fn without_a_service_token_a_token_is_verified_for_the_zone() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (caveat, status) in [
        ("service = ozw-onezone", 200),
        ("service = opw-*|ozw-*", 200),
        ("service = ozw-elsewhere", 400),
        ("service = ozp-*|opw-*|opp-*", 400),
    ] {
        let token = narrowed(&token, caveat);
        let answer = server.json("POST", VERIFY, json!({"token": token}), As::Nobody).await;
        assert_eq!(answer.status, status, "{caveat}: {answer:?}");
        assert!(status == 200 || answer.error() == "tokenCaveatUnverified");
        // Others than Onezone ask there, who must say which service they are.
        assert!(!is_active(&server, &token).await, "{caveat}");
        let behind = server.send(server.get("/auth/verify").header("x-auth-token", &token)).await;
        assert!([401, 403].contains(&behind.status), "{caveat}: {behind:?}");
    }
}

#[tokio::test]
async fn a_services_own_token_is_for_the_zone_only() {
    let server = TestServer::start().await;
    let (id, token) = server.add_service().await;
    let other = server.json("POST", "/providers", json!({"name": "other"}), As::Admin).await.json();
    let other = format!("/providers/{}", other["providerId"].as_str().unwrap());
    let (_, other) = server.named(&other, json!({"name": "one"}), As::Admin).await;
    let path = "/provider/tokens/named";
    let send = async |token: &str, proof: &str| {
        let request = server.request("GET", path).header("x-auth-token", token);
        server.send(request.header("x-onedata-service-token", proof)).await
    };
    assert_eq!(server.call("GET", path, As::Token(&token)).await.status, 200);
    for proof in [&token, &format!("opw-{token}"), &format!("opp-{token}"), &other] {
        let answer = send(&token, proof).await;
        assert_eq!(answer.refusal(), (401, "tokenServiceForbidden".to_owned()), "{proof}");
        // What it may do at the service is not asked: the first caveat that fails is.
        let narrow = narrowed(&token, "service = ozw-onezone");
        assert_eq!(send(&narrow, proof).await.refusal(), (401, "tokenCaveatUnverified".to_owned()));
        let body = json!({"token": token, "serviceToken": proof});
        let answer = server.json("POST", VERIFY, body, As::Nobody).await;
        assert_eq!(answer.refusal(), (400, "tokenServiceForbidden".to_owned()));
    }
    let told = send(&token, &format!("opp-{token}")).await;
    let service = told.json().pointer("/error/details/authError/details/service").cloned();
    assert_eq!(service, Some(json!({"type": "op_panel", "id": id})));
    let body = json!({"token": narrowed(&token, "service = ozw-*")});
    assert_eq!(server.json("POST", VERIFY, body, As::Nobody).await.status, 200);
}

#[tokio::test]
async fn a_caveat_that_is_added_names_services_that_may_act_with_the_token() {
    let server = TestServer::start().await;
    let (id, of_service) = server.add_service().await;
    let user = server.id_of(As::Admin).await;
    let (_, of_user) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let (unknown, account) = ("0".repeat(32), format!("/providers/{id}"));
    for (service, by_user, by_service) in [
        ("ozw-onezone".to_owned(), true, true),
        ("ozw-*".to_owned(), true, true),
        ("ozw-elsewhere".to_owned(), false, false),
        ("ozp-onezone".to_owned(), true, false),
        ("ozp-*".to_owned(), true, false),
        ("ozp-elsewhere".to_owned(), false, false),
        ("opw-*".to_owned(), true, false),
        ("opp-*".to_owned(), true, false),
        (format!("opw-{id}"), true, false),
        (format!("opp-{id}"), true, false),
        (format!("opw-{unknown}"), false, false),
        (format!("opp-{user}"), false, false),
        ("opw-onezone".to_owned(), false, false),
    ] {
        let caveats = json!([{"type": "service", "whitelist": ["ozw-*", service]}]);
        let name = format!("for {}", service.replace('*', "all"));
        for (path, token, allowed) in [("/user", of_user.as_str(), by_user), (&account, &of_service, by_service)] {
            let until = json!({"type": "time", "validUntil": server.now_s() + 60});
            let mut with_end = caveats.clone();
            with_end.as_array_mut().unwrap().push(until);
            for (path, body, status) in [
                (format!("{path}/tokens/named"), json!({"name": name, "caveats": caveats}), 201),
                (format!("{path}/tokens/temporary"), json!({"caveats": with_end}), 201),
                ("/tokens/confine".to_owned(), json!({"token": token, "caveats": caveats}), 200),
            ] {
                let answer = server.json("POST", &path, body, As::Admin).await;
                if allowed {
                    assert_eq!(answer.status, status, "{path} {service}: {answer:?}");
                } else {
                    assert_eq!(answer.refusal(), (400, "tokenServiceForbidden".to_owned()), "{path} {service}");
                }
            }
        }
        let answer = server.json("POST", "/user/client_tokens", json!({"caveats": caveats}), As::Admin).await;
        assert_eq!(answer.status == 200, by_user, "{service}: {answer:?}");
        assert!(by_user || answer.body.contains("is forbidden for this subject"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_header_twice_is_ambiguous() {
    let server = TestServer::start().await;
    let request = server.request("GET", "/user").header("x-auth-token", "x");
    let request = request.header("x-onedata-service-token", "a").header("x-onedata-service-token", "b");
    assert_eq!(server.send(request).await.refusal(), (400, "ambiguousCredentials".to_owned()));
}
