//! `GET /auth/verify`: decisions for proxies.

use reqwest::RequestBuilder;
use serde_json::json;

use crate::guessing::hashes;
use crate::support::{Answer, As, PASSWORD, TestServer, narrowed};

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

/// `Authorization: Basic`, with a token in the place of the password.
fn basic(request: RequestBuilder, token: &str) -> RequestBuilder {
    request.basic_auth("admin", Some(token))
}

#[tokio::test]
async fn a_token_in_the_place_of_the_password_opens_and_a_password_is_not_looked_at() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    let narrow = narrowed(&token, "http.method = GET");
    let before = hashes(&server);
    for (secret, method, status) in [
        (token.as_str(), "PUT", 200),
        (&narrow, "GET", 200),
        (&narrow, "PUT", 403),
        (PASSWORD, "GET", 401),
        ("wrong-password", "GET", 401),
    ] {
        let answer = server.send(basic(forwarded(&server, method, "/"), secret)).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(status != 200 || answer.header("x-auth-user") == "admin", "{answer:?}");
        assert!(status != 401 || answer.body.contains("in the place of the password"), "{answer:?}");
    }
    assert_eq!(hashes(&server), before);
}

#[tokio::test]
async fn basic_is_offered_for_listed_hosts_and_to_no_script_of_another_origin() {
    const BEARER: &str = "Bearer realm=\"onezone\"";
    const BASIC: &str = "Basic realm=\"onezone\", charset=\"UTF-8\"";
    let server = TestServer::start_with(|config| {
        config.forward_auth.basic = vec!["git.example.org".to_owned(), "WIKI.example.org".to_owned()];
    })
    .await;
    let other = ("origin", "https://evil.example.org");
    for (headers, offered) in [
        (&[][..], true),
        (&[("x-forwarded-host", "git.example.org")], true),
        (&[("x-forwarded-host", "files.example.org")], false),
        (&[("authorization", "Basic !!!")], true),
        (&[("x-auth-token", "garbage")], true),
        (&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], true),
        (&[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")], true),
        (&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], false),
        (&[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")], false),
        (&[other], false),
        (&[other, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], false),
        (&[("origin", "https://wiki.example.org")], true),
    ] {
        let mut request = server.get("/auth/verify").header("x-forwarded-method", "GET").header("x-forwarded-uri", "/");
        if !headers.iter().any(|(name, _)| *name == "x-forwarded-host") {
            request = request.header("x-forwarded-host", "wiki.example.org");
        }
        let answer =
            server.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await;
        let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
        let bearer = challenges.last().unwrap().to_str().unwrap();
        assert!(answer.status == 401 && bearer.starts_with(BEARER), "{headers:?}: {answer:?}");
        assert_eq!(challenges.first().is_some_and(|challenge| *challenge == BASIC), offered, "{headers:?}: {answer:?}");
        assert_eq!(challenges.len(), 1 + usize::from(offered), "{headers:?}");
    }
}

/// A browser sends it by itself to a service, whatever page makes it.
#[tokio::test]
async fn a_remembered_token_changes_nothing_for_a_page_of_another_site() {
    let server = TestServer::start().await;
    let token = token(&server).await;
    let (cross, own) = (("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-origin"));
    let origin = ("origin", "https://evil.example.org");
    for (method, headers, status) in [
        ("GET", &[cross][..], 200),
        ("HEAD", &[cross], 200),
        ("POST", &[cross], 403),
        ("PUT", &[cross, ("content-type", "application/json")], 403),
        ("POST", &[origin], 403),
        ("POST", &[("origin", "null")], 403),
        // As of a WebSocket.
        ("GET", &[origin], 403),
        ("GET", &[cross, origin], 403),
        ("POST", &[own, ("origin", "https://wiki.example.org")], 200),
        ("POST", &[("origin", "https://wiki.example.org")], 200),
        ("POST", &[], 200),
    ] {
        let with = |request: RequestBuilder| {
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
        };
        let answer = server.send(with(basic(forwarded(&server, method, "/"), &token))).await;
        assert_eq!(answer.status, status, "{method} {headers:?}: {answer:?}");
        assert!(status == 200 || answer.header("x-auth-reason").contains("another site"), "{answer:?}");
        let by_header = with(forwarded(&server, method, "/")).header("x-auth-token", &token);
        assert_eq!(server.send(by_header).await.status, 200);
    }
    let untold = server.get("/auth/verify").header(cross.0, cross.1);
    assert_eq!(server.send(basic(untold, &token)).await.status, 403, "the method is not known");
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

/// nginx takes 4 KiB of headers, and answers 500 in the place of a refusal that has more.
#[tokio::test]
async fn the_reason_in_a_header_is_short_however_long_a_caveat_is() {
    let server = TestServer::start().await;
    let many: Vec<_> = (1..1_000).map(|asn| asn.to_string()).collect();
    let token = narrowed(&token(&server).await, &format!("asn = {}", many.join("|")));
    let answer = asked(&server, &token, "GET", "/").await;
    let reason = answer.header("x-auth-reason");
    assert!(answer.status == 403 && reason.ends_with("...") && reason.len() < 600, "{answer:?}");
    assert!(answer.error().starts_with(reason.trim_end_matches('.')), "{answer:?}");
}

#[tokio::test]
async fn a_service_that_proves_its_identity_may_be_the_one_in_the_caveat() {
    let server = TestServer::start().await;
    let (id, service) = server.add_service().await;
    let token = narrowed(&token(&server).await, &format!("service = opw-{id}"));
    let ask = || forwarded(&server, "GET", "/").header("x-auth-token", &token);
    assert_eq!(server.send(ask()).await.status, 403);
    assert_eq!(server.send(ask().header("x-onedata-service-token", &service)).await.status, 200);
    // A service's own token is for nobody but the zone, and for who does not say which service asks.
    let ask = || forwarded(&server, "GET", "/").header("x-auth-token", &service);
    assert_eq!(server.send(ask()).await.status, 200);
    let answer = server.send(ask().header("x-onedata-service-token", &service)).await;
    assert_eq!((answer.status, answer.error().contains("is forbidden for this subject")), (403, true), "{answer:?}");
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
