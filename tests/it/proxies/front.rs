//! Proxies in front of zonemint itself: it knows where their clients are, whatever these say.

use super::stand::{PASSES_ON, Program, Stand};
use crate::support::narrowed;

pub const NGINX: Program = Program {
    name: "nginx",
    files: &["front-nginx.conf"],
    replaced: &[
        ("zonemint.example.org:8443", "{zonemint}"),
        ("zonemint.example.org", "{name}"),
        ("listen 443 ssl", "listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/tokens.pem", "{certificate}"),
        ("/etc/ssl/tokens.key", "{key}"),
        ("/etc/ssl/zonemint.pem", "{authority}"),
    ],
    around: Some(("main.conf", super::nginx::AROUND)),
    cleans: false,
    answer_to_two_tokens: 400,
    passing_on: &[],
    arguments: super::nginx::ARGUMENTS,
};

pub const REENCRYPTING: Program = Program {
    name: "haproxy",
    files: &["front-haproxy-reencrypt.cfg"],
    replaced: &[
        ("zonemint.example.org:8443", "{zonemint}"),
        ("zonemint.example.org", "{name}"),
        ("bind :443 ssl", "bind 127.0.0.1:{port} ssl"),
        ("/etc/ssl/tokens.pem", "{folder}/both.pem"),
        ("/etc/ssl/zonemint.pem", "{authority}"),
    ],
    around: None,
    cleans: false,
    answer_to_two_tokens: 400,
    passing_on: &[],
    arguments: &["-db", "-f", "front-haproxy-reencrypt.cfg"],
};

pub const PASSING_THROUGH: Program = Program {
    name: "haproxy",
    files: &["front-haproxy-passthrough.cfg"],
    replaced: &[
        ("zonemint.example.org:8443", "{zonemint}"),
        ("send-proxy-v2", "send-proxy-v2 source {passes-on}"),
        ("bind :443", "bind 127.0.0.1:{port}"),
    ],
    around: None,
    cleans: false,
    answer_to_two_tokens: 400,
    passing_on: &[],
    arguments: &["-db", "-f", "front-haproxy-passthrough.cfg"],
};

async fn clients_are_where_they_are(program: &'static Program) {
    let Some(stand) = Stand::start(program).await else { return };
    for (address, status) in [("127.0.0.2", 200), ("127.0.0.1", 401), (PASSES_ON, 401)] {
        let token = narrowed(&stand.token, &format!("ip = {address}/32"));
        let path = "/api/v3/onezone/user";
        assert_eq!(stand.get(path, &token).await.status, status, "{address}");
        for (name, value) in [("x-forwarded-for", address.to_owned()), ("forwarded", format!("for={address}"))] {
            let reply = stand.send("GET", path, &[(name, &value), ("x-auth-token", &token)]).await;
            assert_eq!(reply.status, status, "{name}: {value}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_tells_where_clients_are() {
    clients_are_where_they_are(&NGINX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_that_encrypts_again_tells_where_clients_are() {
    clients_are_where_they_are(&REENCRYPTING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_that_passes_tls_through_tells_where_clients_are() {
    clients_are_where_they_are(&PASSING_THROUGH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_not_for_clients_of_a_front() {
    for program in [&NGINX, &REENCRYPTING] {
        let Some(stand) = Stand::start(program).await else { return };
        assert_eq!(stand.get("/auth/verify", &stand.token).await.status, 404, "{}", program.name);
        assert_eq!(stand.get("/healthz", &stand.token).await.status, 200, "{}", program.name);
    }
}
