//! What must hold behind every proxy.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::client::{CLIENT, Reply, keeping, send};
use super::stand::{Believed, Stand, ZONEMINT};
use super::upstream::ReceivedRequest;
use crate::support::{As, PASSWORD, TestServer, narrowed};

pub async fn who_is_allowed_is_named_and_their_token_stays_here(stand: Stand) {
    let id = stand.zonemint.id_of(As::Admin).await;
    let expected =
        [format!("usr-{id}"), "admin".to_owned(), stand.token_id.clone(), "all".to_owned(), "staff".to_owned()];
    let bearer = format!("Bearer {}", stand.token);
    let basic = format!("Basic {}", STANDARD.encode(format!("admin:{}", stand.token)));
    for (name, value) in [
        ("x-auth-token", &stand.token),
        ("Authorization", &bearer),
        ("Authorization", &basic),
        ("macaroon", &stand.token),
    ] {
        let seen = stand.send("DELETE", "/a?b=c", &[(name, value)]).await.seen();
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("DELETE", "/a?b=c"));
        assert_eq!(seen.identity(), expected, "{name}");
        assert_eq!((seen.all("x-forwarded-for"), seen.all("host")), (vec![CLIENT], vec!["localhost"]), "{name}");
        assert!(!seen.holds(&stand.token) && seen.all("authorization").is_empty(), "{name}: {seen:?}");
    }
    // A browser sends it by itself, whatever page makes it.
    for (name, value) in [("origin", "https://evil.example.org"), ("sec-fetch-site", "cross-site")] {
        let reply = stand.send("DELETE", "/a", &[("authorization", &basic), (name, value)]).await;
        assert_eq!(reply.status, 403, "{name}: {reply:?}");
    }
    let body = format!("host: localhost\r\nx-auth-token: {}\r\nconnection: close\r\ncontent-length: 2", stand.token);
    let posted = send(stand.certificate(), stand.port, &format!("POST /a HTTP/1.1\r\n{body}\r\n\r\nhi")).await.seen();
    assert_eq!((posted.method.as_str(), posted.all("content-length")), ("POST", vec!["2"]));
}

pub async fn without_a_good_token_the_client_is_challenged(stand: Stand) {
    let bearer = "Bearer realm=\"onezone\"";
    let invalid = "Bearer realm=\"onezone\", error=\"invalid_token\"";
    let expired = narrowed(&stand.token, "time < 5");
    let password = format!("Basic {}", STANDARD.encode(format!("admin:{PASSWORD}")));
    for (headers, challenge) in [
        (&[][..], bearer),
        (&[("authorization", password.as_str())], bearer),
        (&[("x-auth-token", "garbage")], invalid),
        (&[("x-auth-token", expired.as_str())], invalid),
    ] {
        let reply = stand.send("GET", "/", headers).await;
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, challenge), "{reply:?}");
    }
    assert_eq!(stand.upstream.served(), 0);
}

pub async fn what_the_token_does_not_allow_is_refused_with_the_reason(stand: Stand) {
    for (caveat, method, allowed) in [
        ("http.method = GET|PUT", "PUT", true),
        ("http.method = GET|PUT", "POST", false),
        ("http.method = GET|PUT", "OPTIONS", false),
        ("http.path = /a/*", "GET", true),
        ("http.path = /a", "GET", false),
        ("ip = 127.0.0.2/32", "GET", true),
        ("ip = 127.0.0.1/32", "GET", false),
        ("api = ozw/get/user.*.*:*", "GET", false),
    ] {
        let token = narrowed(&stand.token, caveat);
        let reply = stand.send(method, "/a/b", &[("x-auth-token", &token)]).await;
        assert_eq!(reply.status, if allowed { 200 } else { 403 }, "{caveat} {method}: {reply:?}");
        assert_eq!(reply.header("x-auth-reason").starts_with("Provided token is not valid - "), !allowed, "{reply:?}");
    }
    assert_eq!(stand.upstream.served(), 3);
}

pub async fn what_the_client_says_of_itself_has_no_effect(stand: Stand) {
    let token = ["http.method = GET", "http.path = /a/*", "ip = 127.0.0.2/32"]
        .iter()
        .fold(stand.token.clone(), |token, caveat| narrowed(&token, caveat));
    let expected = stand.get("/a/b", &token).await.seen().identity();
    let (_, service) = stand.zonemint.add_service().await;
    for name in [
        "X-Auth-Subject", "X-Auth-User", "X-Auth-Token-Id", "X-Auth-Scope", "X-Auth-Groups", "x-auth-subject",
        "X_Auth_Subject", "X-Auth_Groups", "X_AUTH-USER", "X-Auth-Reason", "X-Forwarded-Method", "X-Forwarded-Uri",
        "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For", "X_Forwarded_For", "Forwarded",
        "X-Onedata-Service-Token", "X-Onedata-Consumer-Token",
    ] {
        let value = if name.starts_with("X-Onedata") { service.as_str() } else { "for=192.0.2.66" };
        let reply = stand.send("GET", "/a/b", &[(name, value), ("x-auth-token", &token), (name, value)]).await;
        if reply.status == 400 && stand.program.cleans && name.contains('_') {
            continue;
        }
        let seen = reply.seen();
        assert_eq!((seen.identity(), seen.holds(value)), (expected.clone(), false), "{name}: {seen:?}");
        assert_eq!(seen.all("x-forwarded-for"), [CLIENT], "{name}");
    }
    let elsewhere = [("x-forwarded-uri", "/a/b"), ("x-forwarded-method", "GET"), ("x-auth-token", token.as_str())];
    assert_eq!(stand.send("GET", "/b", &elsewhere).await.status, 403);
    assert_eq!(stand.send("POST", "/a/b", &elsewhere).await.status, 403);
    // A header that the connection names is no longer for whoever comes next.
    let hop = [("x-auth-token", stand.token.as_str()), ("connection", "close, X-Auth-Subject, X-Forwarded-Uri")];
    let reply = stand.send("GET", "/a", &hop).await;
    let dropped = |seen: &ReceivedRequest| seen.all("connection").concat().to_ascii_lowercase().contains("x-");
    assert!(reply.status == 400 || !dropped(&reply.seen()), "{reply:?}");
    assert!(reply.status == 400 || reply.seen().identity()[0] == expected[0], "{reply:?}");
}

/// Ways to write `/secret`, or something else, that programs read differently.
const TRICKS: [&str; 14] = [
    "//secret", "/a//secret", "/a/../secret", "/a/./b", "/a/%2e%2e/secret", "/a/.%2E/secret", "/a%2Fsecret", "/a%2fb",
    "/a/..;/secret", "/a/;/secret", "/a/%2e%2e%2fsecret", "/a/b%5C..", "/a/..%2f..%2fsecret", "/a/%252e%252e/secret",
];

/// A target as others that are equivalent to it are written, too (RFC 3986 section 6.2.2), as far as it matters here.
fn normal(target: &str) -> String {
    target.to_ascii_lowercase().replace("%2e", ".")
}

/// Whether a target can be read in one way only.
fn is_clean(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let odd = ["//", "/./", "/../", "/..;", "/;/", "%2f", "%5c", "%2e"];
    !odd.iter().any(|odd| path.contains(odd)) && !path.ends_with("/..") && !path.ends_with("/.")
}

pub async fn a_path_is_served_as_it_was_decided_on(stand: Stand) {
    for target in TRICKS.iter().chain(&["/a?/../secret", "/%73ecret", "/A", "/a/b;c=d", "/a/?x=%2F..&y=//"]) {
        let reply = stand.get(target, &stand.token).await;
        let is_served = |reply: &Reply| {
            let seen = reply.seen().target;
            seen == *target || (stand.program.cleans && (is_clean(&seen) || normal(&seen) == normal(target)))
        };
        assert!(reply.status == 400 || is_served(&reply), "{reply:?}");
    }
    let reply = stand.get("http://localhost/a//b?c", &stand.token).await;
    let expected = if stand.program.cleans { "/a/b?c" } else { "/a//b?c" };
    assert!(reply.status == 400 || reply.seen().target == expected, "{reply:?}");
}

pub async fn a_limited_token_opens_no_other_path(stand: Stand) {
    let token = narrowed(&stand.token, "http.path = /a/*");
    for target in TRICKS {
        let reply = stand.get(target, &token).await;
        // Paths that lead out of the root some proxies refuse by themselves.
        let below = || stand.program.cleans && reply.status == 200 && reply.seen().target.starts_with("/a/");
        let refused = [400, 403].contains(&reply.status) || (below() && is_clean(&reply.seen().target));
        assert!(refused, "{target}: {reply:?}");
    }
    let served = stand.upstream.served();
    for target in ["http://localhost/secret", "*"] {
        // Caddy answers about all of itself by itself.
        stand.send("OPTIONS", target, &[("x-auth-token", &token)]).await;
        assert_eq!(stand.upstream.served(), served, "{target}");
    }
    for (target, status) in [("/a/%62?c", 200), ("/a/?/../..", 200), ("/secret?/a/", 403), ("/%61/b", 200)] {
        assert_eq!(stand.get(target, &token).await.status, status, "{target}");
    }
}

pub async fn routes_need_their_groups(plain: Stand) {
    let stand = Stand::start_with(plain.program, ZONEMINT, |config| {
        config.forward_auth.routes = vec!["localhost/others/* = others".to_owned(), "elsewhere/* = others".to_owned()];
    })
    .await
    .unwrap();
    let reply = stand.get("/others/a", &stand.token).await;
    assert_eq!(reply.status, 403);
    assert!(reply.header("x-auth-reason").contains("none of the groups"), "{reply:?}");
    for target in ["/x/../others/a", "//others/a", "/%6fthers/a", "/others%2fa"] {
        let status = stand.get(target, &stand.token).await.status;
        assert!(status == 403 || (stand.program.cleans && status == 400), "{target}: {status}");
    }
    assert_eq!(stand.get("/other", &stand.token).await.status, 200);
    let served = stand.upstream.served();
    for (target, host) in [("/others/a", "another"), ("http://another/others/a", "localhost"), ("/a", "elsewhere")] {
        stand.send("GET", target, &[("host", host), ("x-auth-token", &stand.token)]).await;
        assert_eq!(stand.upstream.served(), served, "{target} as {host}");
    }
}

pub async fn a_revoked_token_is_refused(stand: Stand) {
    assert_eq!(stand.get("/", &stand.token).await.status, 200);
    let path = format!("/tokens/named/{}", stand.token_id);
    stand.zonemint.json("PATCH", &path, json!({"revoked": true}), As::Admin).await;
    let refused = async { while stand.get("/", &stand.token).await.status != 401 {} };
    let bound = Duration::from_millis(stand.zonemint.config.token.max_staleness.ms());
    tokio::time::timeout(bound, refused).await.expect("a revoked token is refused within token.max_staleness");
}

pub async fn without_zonemint_nothing_is_served(stand: Stand) {
    assert_eq!(stand.get("/", &stand.token).await.status, 200);
    let left = stand.without_zonemint().await;
    let head = format!("host: localhost\r\nx-auth-token: {}\r\nconnection: close", left.token);
    for target in ["/", "/a"] {
        let reply = send(&left.certificate, left.port, &format!("GET {target} HTTP/1.1\r\n{head}\r\n\r\n")).await;
        assert!((500..600).contains(&reply.status), "{reply:?}");
    }
    assert_eq!(left.upstream.served(), 1);
}

pub async fn who_is_not_zonemint_is_not_believed(stand: Stand) {
    let program = stand.program;
    let other = TestServer::start().await;
    let certificate = other.config.tls.files().certificate;
    for (authority, name) in [(Some(certificate.as_path()), "localhost"), (None, "elsewhere.example.org")] {
        let misled = Stand::start_with(program, Believed { authority, name }, |_| {}).await.unwrap();
        let reply = misled.get("/", &misled.token).await;
        assert!((500..600).contains(&reply.status), "{name}: {reply:?}");
        assert_eq!(misled.upstream.served(), 0);
    }
}

const CLIENTS: usize = 4;
const REQUESTS: usize = 500;

pub async fn connections_are_used_again_and_closed(stand: Stand) {
    let url = format!("https://localhost:{}/a", stand.port);
    let asking = (0..CLIENTS).map(|_| {
        let client = keeping(stand.certificate());
        let (url, token) = (url.clone(), stand.token.clone());
        tokio::spawn(async move {
            for _ in 0..REQUESTS {
                let answer = client.get(&url).header("x-auth-token", &token).send().await.unwrap();
                assert_eq!(answer.status(), 200);
                answer.bytes().await.unwrap();
            }
        })
    });
    let asking = futures_util::future::join_all(asking);
    tokio::pin!(asking);
    let mut used = [stand.zonemint.port(), stand.upstream.port].map(|port| (port, BTreeSet::new()));
    loop {
        for (port, used) in &mut used {
            used.extend(connections().filter(|(_, _, remote)| remote == port).map(|(_, local, _)| local));
        }
        tokio::select! {
            all = &mut asking => break all.into_iter().for_each(|done| done.unwrap()),
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
    }
    assert_eq!(stand.upstream.served(), CLIENTS * REQUESTS);
    // Not one for each request: a few for each client.
    assert!(used.iter().all(|(_, used)| (1..=4 * CLIENTS).contains(&used.len())), "{used:?}");
    let is_open = |(open, local, _): (bool, u16, u16)| open && local == stand.port;
    let gone = async {
        while connections().any(is_open) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("a client's connection goes with the client");
    for (port, _) in used {
        let open = connections().filter(|(open, _, remote)| *open && *remote == port).count();
        assert!(open <= 4 * CLIENTS, "{open} to {port}");
    }
}

/// The connections of this machine: whether it is open, or closed by the other side only; its own port, and the other one.
fn connections() -> impl Iterator<Item = (bool, u16, u16)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let port = |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap(), 16).unwrap();
    let read = move |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        (["01", "08"].contains(&fields[3]), port(fields[1]), port(fields[2]))
    };
    tables.iter().flat_map(|table| table.lines().skip(1).map(read)).collect::<Vec<_>>().into_iter()
}
