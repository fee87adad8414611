//! `GET /auth/verify`: decisions for proxies.

use reqwest::RequestBuilder;
use serde_json::json;

use crate::support::{Answer, As, TestServer, narrowed};

/// Asks as a proxy does that forwards `method` and `target` of a request with this token.
async fn asked(server: &TestServer, token: &str, method: &str, target: &str) -> Answer {
    let request = forwarded(server, method, target).header("x-auth-token", token);
    server.send(request).await
}

fn forwarded(server: &TestServer, method: &str, target: &str) -> RequestBuilder {
    server
        .beside("GET", "/auth/verify")
        .header("x-forwarded-method", method)
        .header("x-forwarded-uri", target)
        .header("x-forwarded-host", "wiki.example.org")
}

async fn token(server: &TestServer) -> String {
    server.named("/user", json!({"name": "one"}), As::Admin).await.1
}

#[tokio::test]
async fn who_holds_a_good_token_is_named() {
    let server = TestServer::start().await;
    let (admin, (id, token)) =
        (server.id_of(As::Admin).await, server.named("/user", json!({"name": "one"}), As::Admin).await);
    let (service, of_service) = server.add_service().await;
    let narrow = narrowed(&narrowed(&token, "http.path = /a/*"), "ip = 127.0.0.1/32");
    for (token, subject, user, scope) in [
        (&token, format!("usr-{admin}"), "admin", "all"),
        (&narrow, format!("usr-{admin}"), "admin", "http.path ip"),
        (&of_service, format!("prv-{service}"), "", "all"),
    ] {
        let answer = asked(&server, token, "GET", "/a/b").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let told = ["x-auth-subject", "x-auth-user", "x-auth-scope", "x-auth-groups"].map(|name| answer.header(name));
        assert_eq!(told, [subject.as_str(), user, scope, ""]);
        assert!(token == &of_service || answer.header("x-auth-token-id") == id);
    }
}

#[tokio::test]
async fn without_a_good_token_a_bearer_is_asked_for_and_no_password() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    let expired = narrowed(&token, "time < 5");
    let bearer = "Bearer realm=\"onezone\"";
    let invalid = "Bearer realm=\"onezone\", error=\"invalid_token\"";
    let ask = || forwarded(&server, "GET", "/");
    for (request, challenge) in [
        (ask(), bearer),
        (As::Admin.sign(ask()), bearer),
        (ask().header("x-auth-token", "garbage"), invalid),
        (ask().header("x-auth-token", &expired), invalid),
        (ask().header("x-auth-token", narrowed(&token, "moon = full")), invalid),
    ] {
        let answer = server.send(request).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, challenge), "{answer:?}");
    }
}

#[tokio::test]
async fn what_a_good_token_does_not_allow_is_refused_with_the_reason() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    for (caveat, allowed, method, target) in [
        ("http.method = GET|HEAD", true, "HEAD", "/"),
        ("http.method = GET|HEAD", false, "POST", "/"),
        ("http.path = /a/*|/b", true, "GET", "/b?x=/c"),
        ("http.path = /a/*|/b", false, "GET", "/b/c"),
        ("http.path = /a/*|/b", false, "GET", "/a/../c"),
        ("http.path = /a/*|/b", false, "GET", "/a/%2e%2e/c"),
        ("ip = 127.0.0.0/8", true, "GET", "/"),
        ("ip = 192.0.2.0/24", false, "GET", "/"),
        ("interface = rest", true, "GET", "/"),
        ("interface = oneclient", false, "GET", "/"),
        ("service = ozw-onezone", false, "GET", "/"),
        ("data.readonly", false, "GET", "/"),
        ("api = ozw/get/user.*.*:*", false, "GET", "/"),
    ] {
        let answer = asked(&server, &narrowed(&token, caveat), method, target).await;
        assert_eq!(answer.status, if allowed { 200 } else { 403 }, "{caveat} {method} {target}: {answer:?}");
        let told = answer.header("x-auth-reason");
        assert!(
            allowed || (told.starts_with("Provided token is not valid - ") && answer.error() == told),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_service_that_proves_its_identity_may_be_the_one_in_the_caveat() {
    let server = TestServer::start().await;
    let (id, service) = server.add_service().await;
    let token = narrowed(&token(&server).await, &format!("service = opw-{id}"));
    let ask = || forwarded(&server, "GET", "/").header("x-auth-token", &token);
    assert_eq!(server.send(ask()).await.status, 403);
    assert_eq!(server.send(ask().header("x-onedata-service-token", service)).await.status, 200);
}

#[tokio::test]
async fn a_revoked_token_and_a_blocked_user_are_refused() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let of_bob = server.named("/user", json!({"name": "one"}), crate::support::BOB).await.1;
    let (id, revoked) = server.named("/user", json!({"name": "two"}), As::Admin).await;
    server.json("PATCH", &format!("/tokens/named/{id}"), json!({"revoked": true}), As::Admin).await;
    server.json("PATCH", &format!("/users/{bob}/access_block"), json!({"blocked": true}), As::Admin).await;
    assert_eq!(asked(&server, &revoked, "GET", "/").await.status, 401);
    assert_eq!(asked(&server, &of_bob, "GET", "/").await.status, 403);
}

#[tokio::test]
async fn routes_need_groups() {
    let server = TestServer::start_with(|config| {
        config.forward_auth.groups = vec!["staff = admin".to_owned(), "others = carol".to_owned()];
        config.forward_auth.routes =
            vec!["/staff/* = staff others".to_owned(), "wiki.example.org/others = others".to_owned()];
    })
    .await;
    let token = token(&server).await;
    for (target, status) in [("/", 200), ("/staff/a", 200), ("/others", 403), ("/others?a", 403), ("//others", 403)] {
        let answer = asked(&server, &token, "GET", target).await;
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        assert!(status == 403 || answer.header("x-auth-groups") == "staff", "{answer:?}");
    }
    let untold = server.beside("GET", "/auth/verify").header("x-auth-token", &token);
    assert_eq!(server.send(untold).await.status, 403, "what is asked for is not known");
}

#[tokio::test]
async fn a_forwarded_header_that_is_there_twice_is_refused() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    for name in ["x-forwarded-method", "x-forwarded-uri", "x-forwarded-host"] {
        let request = forwarded(&server, "GET", "/").header("x-auth-token", &token).header(name, "/a");
        assert_eq!(server.send(request).await.status, 400, "{name}");
    }
}

#[tokio::test]
async fn envoy_sends_the_request_itself_below_the_path() {
    let server = TestServer::start().await;
    let token = narrowed(&narrowed(&token(&server).await, "http.path = /a%20b/*"), "http.method = PUT");
    for (method, path, status) in
        [("PUT", "/a%20b/c?d", 200), ("GET", "/a%20b/c", 403), ("PUT", "/b", 403), ("PUT", "/a%20b/%2E%2E/c", 403)]
    {
        let request = server.beside(method, &format!("/auth/verify{path}")).header("x-auth-token", &token);
        let answer = server.send(request.header("x-forwarded-uri", "/a%20b/c")).await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn envoy_is_answered_about_the_root_too() {
    let server = TestServer::start().await;
    let token = narrowed(&token(&server).await, "http.path = /");
    let ask = |path: &str| server.beside("GET", path).header("x-auth-token", &token);
    assert_eq!(server.send(ask("/auth/verify/")).await.status, 200);
    assert_eq!(server.send(ask("/auth/verify/?a")).await.status, 200);
    assert_eq!(server.send(ask("/auth/verify//")).await.status, 403);
}

/// An answer to the preflight of a script, which needs no token, would let the request that is asked about pass.
#[tokio::test]
async fn a_preflight_that_is_asked_about_needs_a_token() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    for path in ["/auth/verify/a", "/auth/verify/"] {
        let preflight = server.beside("OPTIONS", path).header("origin", "https://a.example.org");
        let preflight = || preflight.try_clone().unwrap().header("access-control-request-method", "GET");
        assert_eq!(server.send(preflight()).await.status, 401, "{path}");
        assert_eq!(server.send(preflight().header("x-auth-token", &token)).await.status, 200, "{path}");
    }
}
