//! What is exported: the spans of requests, whose traces they are in, and nothing that anybody should not see.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::{Value, json};
use zonemint::model::hex;

use super::collector::{Collector, Traced, attributes};
use crate::support::PASSWORD;

const MINT: &str = "POST /api/v3/onezone/user/client_tokens";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

#[tokio::test(flavor = "multi_thread")]
async fn a_mint_is_a_trace_of_its_parts() {
    let collector = Collector::start().await;
    let server = Traced::start(&collector.endpoint, &[]);
    let (_, request_id) = server.mint().await;
    server.stop();
    let spans = collector.spans();
    let mint = spans.one(MINT);
    assert_eq!((mint.kind(), mint.parent_span_id.len()), (SpanKind::Server, 0));
    assert_eq!(mint.status.as_ref().map_or(StatusCode::Unset, Status::code), StatusCode::Unset);
    let expected = [
        ("http.request.method", "POST".to_owned()),
        ("http.response.status_code", "200".to_owned()),
        ("http.route", "/api/v3/onezone/user/client_tokens".to_owned()),
        ("url.scheme", "https".to_owned()),
        ("zonemint.request.id", request_id),
    ];
    assert_eq!(attributes(mint), expected);
    // The account and the addresses where it has signed in are read; this address and the token are written.
    let parts = ["password.hash", "store.read", "store.read", "store.write", "store.write"];
    assert_eq!(spans.below(mint), parts);
    assert_eq!(spans.below(spans.one("password.hash")), ["password.queue"]);
    assert_eq!(spans.0.len(), parts.len() + 2, "{spans:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_a_verification_needs_are_parts_of_it() {
    let collector = Collector::start().await;
    let before = Traced::start("", &[]);
    let (token, _) = before.mint().await;
    let server = Traced::start_in(before.stop().0, &collector.endpoint, &[]);
    let request = server.request("GET", "/api/v3/onezone/user").header("x-auth-token", token);
    assert_eq!(request.send().await.unwrap().status(), 200);
    server.stop();
    let spans = collector.spans();
    let verify = spans.one("token.verify");
    assert_eq!(spans.below(verify), ["store.read"]);
    assert_eq!(verify.parent_span_id, spans.one("GET /api/v3/onezone/user").span_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_name_the_trace_and_tell_nothing_else_of_it() {
    let collector = Collector::start().await;
    let server = Traced::start(&collector.endpoint, &[("ZONEMINT_LOG__LEVEL", "trace")]);
    let (_, request_id) = server.mint().await;
    let (_, log) = server.stop();
    let trace = hex(&collector.spans().one(MINT).trace_id);
    assert!(log.contains(&format!(" request.id={request_id} trace.id={trace} user.id=")), "{log}");
    assert!(log.contains("  INFO stopping: no new connections"), "{log}");
    assert!(!log.contains("password.hash") && !log.contains("otel."), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_continued_whoever_began_it() {
    let collector = Collector::start().await;
    let server = Traced::start(&collector.endpoint, &[]);
    let request = server.request("GET", "/healthz").header("traceparent", format!("{PARENT}-00"));
    request.send().await.unwrap();
    server.stop();
    let spans = collector.spans();
    let span = spans.one("GET /healthz");
    assert_eq!(format!("00-{}-{}", hex(&span.trace_id), hex(&span.parent_span_id)), PARENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_trusted_proxy_says_what_is_recorded() {
    for (proxies, recorded) in [("", vec![]), ("127.0.0.1", vec!["GET /readyz"])] {
        let collector = Collector::start().await;
        let settings = [("ZONEMINT_TRACES__SAMPLE_RATIO", "0"), ("ZONEMINT_HTTP__TRUSTED_PROXIES", proxies)];
        let server = Traced::start(&collector.endpoint, &settings);
        for (path, flags) in [("/healthz", "00"), ("/readyz", "01")] {
            server.request("GET", path).header("traceparent", format!("{PARENT}-{flags}")).send().await.unwrap();
        }
        server.request("GET", "/healthz").send().await.unwrap();
        server.stop();
        let spans = collector.spans();
        assert_eq!(spans.requests().map(|span| span.name.as_str()).collect::<Vec<_>>(), recorded);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_the_server_are_marked_and_refusals_are_not() {
    let collector = Collector::start().await;
    let slow = [("THREADS", "1"), ("QUEUE", "1"), ("ITERATIONS", "20")];
    let slow = slow.map(|(key, value)| (format!("ZONEMINT_PASSWORD__{key}"), value));
    let server = Traced::start(&collector.endpoint, &slow.each_ref().map(|(key, value)| (key.as_str(), *value)));
    let logins = (0..20).map(|number| {
        let request = server.request("GET", "/api/v3/onezone/user");
        request.basic_auth(format!("user{number}"), Some("not-the-password")).send()
    });
    futures_util::future::join_all(logins).await;
    server.stop();
    let outcome = |span: &Span| {
        let status = span.status.as_ref().map_or(StatusCode::Unset, Status::code);
        let told =
            attributes(span).into_iter().filter(|(key, _)| ["error.type", "http.response.status_code"].contains(key));
        (status, told.map(|(_, value)| value).collect())
    };
    let outcomes: BTreeSet<(_, Vec<_>)> = collector.spans().requests().map(outcome).collect();
    let texts = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    let expected = [(StatusCode::Unset, texts(&["401"])), (StatusCode::Error, texts(&["503", "503"]))];
    assert_eq!(outcomes, BTreeSet::from(expected));
}

/// Asks for all kinds of things, each with something in it that nobody else should see; what that was.
async fn ask_with_secrets(server: &Traced) -> Vec<String> {
    let api = |path: &str| format!("/api/v3/onezone{path}");
    let (token, _) = server.mint().await;
    let with_token = |method, path: &str| server.request(method, &api(path)).header("x-auth-token", &token);
    let named = with_token("POST", "/user/tokens/named").json(&json!({"name": "name-of-a-token"}));
    let named: Value = named.send().await.unwrap().json().await.unwrap();
    let user: Value = with_token("GET", "/user").send().await.unwrap().json().await.unwrap();
    let id = named["tokenId"].as_str().unwrap();
    for request in [
        with_token("GET", &format!("/tokens/named/{id}")),
        with_token("GET", "/user/tokens/named/name/name-of-a-token?secret=in-the-query"),
        with_token("DELETE", &format!("/user/client_tokens/{token}")),
        server.request("GET", &api("/user")).bearer_auth("no-token-but-a-secret"),
        server.request("GET", &api("/user")).basic_auth("somebody", Some("another-password")),
        server.request("GET", "/path-that-is-a-secret"),
        server.request("METHOD-OF-THEIRS", "/healthz").header("user-agent", "agent-of-theirs"),
        server
            .request("GET", "/healthz")
            .header("traceparent", format!("{PARENT}-01"))
            .header("tracestate", "vendor=state-of-theirs")
            .header("baggage", "key=baggage-of-theirs"),
    ] {
        request.send().await.unwrap();
    }
    let secrets = [&token, named["token"].as_str().unwrap(), id, user["userId"].as_str().unwrap(), PASSWORD];
    let texts = [
        "admin", "name-of-a-token", "in-the-query", "no-token-but", "somebody", "another-password", "path-that-is",
        "METHOD-OF", "of-theirs", "127.0.0.1",
    ];
    secrets.into_iter().chain(texts).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_exported_tells_who_or_with_what() {
    let collector = Collector::start().await;
    let server = Traced::start(&collector.endpoint, &[("ZONEMINT_LOG__LEVEL", "trace")]);
    let secrets = ask_with_secrets(&server).await;
    server.stop();
    let bytes = collector.bytes();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    for template in ["DELETE /api/v3/onezone/user/client_tokens/{token}", "/user/tokens/named/name/{name}", "_OTHER"] {
        assert!(holds(template), "{template} is not there");
    }
    for secret in secrets {
        let found = collector.spans().0.into_iter().find(|span| format!("{span:?}").contains(&secret));
        assert!(!holds(&secret), "{secret} was exported: {found:?}");
    }
}
