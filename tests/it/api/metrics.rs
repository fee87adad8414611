//! `GET /metrics`: who may read it, and that what happens is counted.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use serde_json::json;

use crate::support::{Answer, As, BOB, PASSWORD, TestServer, raw};

/// A sample's value, by its name with its labels.
fn samples(answer: &Answer) -> BTreeMap<String, f64> {
    let lines = answer.body.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

async fn scrape(server: &TestServer) -> BTreeMap<String, f64> {
    let answer = server.send(server.beside("GET", "/metrics")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    samples(&answer)
}

/// How much each sample that matters rose.
async fn rise(server: &TestServer, before: &BTreeMap<String, f64>, names: &[&str]) -> Vec<f64> {
    let now = scrape(server).await;
    names.iter().map(|name| now[*name] - before.get(*name).copied().unwrap_or(0.0)).collect()
}

async fn elsewhere() -> TestServer {
    TestServer::start_with(|config| config.metrics.networks = Vec::new()).await
}

#[tokio::test]
async fn a_listed_address_reads_without_credentials() {
    let server = TestServer::start().await;
    let answer = server.send(server.beside("GET", "/metrics")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(answer.body.contains("# TYPE zonemint_tokens_minted_total counter"), "{}", answer.body);
}

#[tokio::test]
async fn whoever_accepts_openmetrics_gets_it() {
    let server = TestServer::start().await;
    let request = server.beside("GET", "/metrics").header("accept", "application/openmetrics-text;version=1.0.0");
    let answer = server.send(request).await;
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(answer.body.contains("# TYPE zonemint_tokens_minted counter\n"), "{}", answer.body);
    assert!(answer.body.ends_with("# EOF\n"), "{}", answer.body);
}

#[tokio::test]
async fn from_elsewhere_it_takes_the_privilege() {
    let server = elsewhere().await;
    server.add_bob().await;
    let ask = |whom: As<'static>| server.send(whom.sign(server.beside("GET", "/metrics")));
    let nobody = server.send(server.beside("GET", "/metrics")).await;
    assert_eq!((nobody.status, ask(BOB).await.status, ask(As::Admin).await.status), (401, 403, 200));
}

#[tokio::test]
async fn a_token_of_whoever_has_the_privilege_reads_them() {
    let server = elsewhere().await;
    let token = server.mint(json!({})).await.token();
    let answer = server.send(server.beside("GET", "/metrics").bearer_auth(token)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn what_an_unlisted_proxy_passes_on_does_not_come_from_where_the_proxy_is() {
    let server = TestServer::start().await;
    for header in ["forwarded", "via", "x-forwarded-for", "x-real-ip"] {
        let answer = server.send(server.beside("GET", "/metrics").header(header, "192.0.2.1")).await;
        assert_eq!(answer.status, 401, "{header}");
    }
}

#[tokio::test]
async fn a_web_page_that_a_near_browser_shows_reads_nothing() {
    let server = TestServer::start().await;
    let answer = server.send(server.beside("GET", "/metrics").header("origin", "https://elsewhere.example.org")).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
}

#[tokio::test]
async fn what_a_listed_proxy_passes_on_comes_from_where_it_says() {
    let server = TestServer::start_with(|config| {
        config.http.trusted_proxies = vec!["127.0.0.1".to_owned()];
        config.metrics.networks = vec!["192.0.2.0/24".to_owned()];
    })
    .await;
    for (client, status) in [("192.0.2.1", 200), ("198.51.100.1", 401), ("unknown", 401)] {
        let answer = server.send(server.beside("GET", "/metrics").header("x-forwarded-for", client)).await;
        assert_eq!(answer.status, status, "{client}");
    }
    let itself = server.send(server.beside("GET", "/metrics")).await;
    assert_eq!(itself.status, 401, "a proxy that names nobody");
}

#[tokio::test]
async fn mints_are_counted_by_kind() {
    let server = TestServer::start().await;
    let before = scrape(&server).await;
    server.mint(json!({})).await;
    server.named("/user", json!({"name": "one", "type": {"accessToken": {}}}), As::Admin).await;
    server.temporary("/user", json!({"type": {"accessToken": {}}}), As::Admin).await;
    let names = ["client", "named", "temporary"].map(|kind| format!("zonemint_tokens_minted_total{{kind=\"{kind}\"}}"));
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(rise(&server, &before, &names).await, [1.0, 1.0, 1.0]);
}

#[tokio::test]
async fn verifications_are_counted_by_the_verdict() {
    let server = TestServer::start().await;
    let token = server.mint(json!({})).await.token();
    let before = scrape(&server).await;
    for text in [token.as_str(), token.as_str(), "rubbish"] {
        server.with_token(text, "GET", "/user").await;
    }
    let ended = server.request("DELETE", &format!("/user/client_tokens/{token}"));
    server.send(As::Admin.sign(ended)).await;
    server.with_token(&token, "GET", "/user").await;
    let names = ["valid", "malformed", "unknown", "revoked"]
        .map(|result| format!("zonemint_token_verifications_total{{result=\"{result}\"}}"));
    let rose = rise(&server, &before, &names.each_ref().map(String::as_str)).await;
    assert_eq!((rose[0], rose[1], rose[2] + rose[3]), (2.0, 1.0, 1.0), "{rose:?}");
}

#[tokio::test]
async fn logins_are_counted_by_what_became_of_them() {
    let server = TestServer::start().await;
    server.add_user("carol", PASSWORD).await;
    let before = scrape(&server).await;
    for password in [PASSWORD, PASSWORD, "wrong-password"] {
        server.send(server.request("GET", "/user").basic_auth("carol", Some(password))).await;
    }
    let names =
        ["verified", "remembered", "refused"].map(|result| format!("zonemint_logins_total{{result=\"{result}\"}}"));
    assert_eq!(rise(&server, &before, &names.each_ref().map(String::as_str)).await, [1.0, 1.0, 1.0]);
    let hashed = rise(&server, &before, &["zonemint_password_hash_duration_seconds_count"]).await;
    assert_eq!(hashed, [2.0]);
}

#[tokio::test]
async fn commits_look_ups_and_answers_are_counted() {
    let server = TestServer::start().await;
    let token = server.mint(json!({})).await.token();
    let before = scrape(&server).await;
    server.mint(json!({})).await;
    server.with_token(&token, "GET", "/user").await;
    server.with_token(&token, "GET", "/user").await;
    let rose = rise(
        &server,
        &before,
        &[
            "zonemint_store_commit_operations_sum",
            "zonemint_store_commit_duration_seconds_count",
            "zonemint_store_commit_failures_total",
            "zonemint_cache_lookups_total{cache=\"tokens\",outcome=\"miss\"}",
            "zonemint_cache_lookups_total{cache=\"tokens\",outcome=\"hit\"}",
            "zonemint_http_responses_total{code=\"200\"}",
            "zonemint_http_request_duration_seconds_count",
        ],
    )
    .await;
    // The first scrape is answered after it was written down.
    assert_eq!(rose, [1.0, 1.0, 0.0, 1.0, 1.0, 4.0, 4.0]);
}

/// How long its client takes to send the rest says nothing about this server. When the look-up is counted the answer is about to be
/// there; on a busy machine the clock may move before it is, so one time of several has to do.
#[tokio::test(flavor = "multi_thread")]
async fn the_wait_for_the_rest_of_a_body_is_no_part_of_a_requests_duration() {
    let head = "GET /api/v3/onezone/user HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\nconnection: close";
    let looked_up = "zonemint_cache_lookups_total{cache=\"tokens\",outcome=\"hit\"}";
    let mut rises = Vec::new();
    for _ in 0..3 {
        let server = TestServer::start().await;
        let token = server.mint(json!({})).await.token();
        assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
        let before = scrape(&server).await;
        let mut stream = raw::connect(&server.config.tls.files().certificate, server.port(), b"http/1.1");
        stream.write_all(format!("{head}\r\nx-auth-token: {token}\r\n\r\n").as_bytes()).unwrap();
        while rise(&server, &before, &[looked_up]).await == [0.0] {}
        server.advance_s(3_600);
        // Of a connection that is over, what it answered counts.
        let _ = stream.write_all(b"{}");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
        rises.extend(rise(&server, &before, &["zonemint_http_request_duration_seconds_sum"]).await);
    }
    assert!(rises.iter().any(|rise| *rise < 3_600.0), "{rises:?}");
}

#[tokio::test]
async fn connections_are_told_while_they_are_open() {
    let server = TestServer::start().await;
    let now = scrape(&server).await;
    assert!(now["zonemint_connections"] >= 1.0);
    assert!(now["zonemint_connections_accepted_total"] >= now["zonemint_connections"]);
    let end = now["zonemint_certificate_not_after_timestamp_seconds"];
    assert!(end > now["process_start_time_seconds"], "{end}");
}

#[tokio::test]
async fn tokens_that_never_end_or_end_late_or_soon_are_counted_at_a_start() {
    let server = TestServer::start().await;
    let day = |days: u64| server.clock.now_s() + days * 86_400;
    for (name, end) in [("endless", None), ("late", Some(day(800))), ("soon", Some(day(100)))] {
        let caveats: Vec<_> = end.iter().map(|end| json!({"type": "time", "validUntil": end})).collect();
        server.named("/user", json!({"name": name, "caveats": caveats}), As::Admin).await;
    }
    // A day before "soon" ends.
    let later_ms = day(99) * 1_000;
    let server = server.restart_at(later_ms).await;
    let names = [
        "zonemint_tokens_too_long{life=\"endless\"}",
        "zonemint_tokens_too_long{life=\"over_long\"}",
        "zonemint_tokens_ending{within=\"1d\"}",
        "zonemint_tokens_ending{within=\"30d\"}",
    ];
    let started = std::time::Instant::now();
    let counted = loop {
        let samples = scrape(&server).await;
        if samples.contains_key(names[0]) {
            break samples;
        }
        assert!(started.elapsed().as_secs() < 30, "they are never counted");
    };
    assert!(names.iter().all(|name| (counted[*name] - 1.0).abs() < 1e-9), "{counted:?}");
}
