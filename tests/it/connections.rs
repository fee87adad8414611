//! The edge: TLS, what is not HTTP, limits, methods, health, and stopping.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use zonemint::caller::Caller;
use zonemint::caveat::Caveat;
use zonemint::model::UserName;
use zonemint::token::MintRequest;

use crate::support::raw::{self, Raw};
use crate::support::{As, TestServer};

const PREFIX: &str = "/api/v3/onezone";

/// A TLS connection on which anything can be sent.
fn raw(server: &TestServer, alpn: &[u8]) -> Raw {
    raw::connect(&server.config.tls.files().certificate, server.port(), alpn)
}

/// Sends bytes on a connection of their own and reads until it is closed.
async fn exchange(server: &TestServer, request: String) -> String {
    let mut stream = raw(server, b"http/1.1");
    tokio::task::spawn_blocking(move || {
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // A peer that closes without TLS's own goodbye is an error to the library; what came before counts.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    })
    .await
    .unwrap()
}

fn assert_error(answer: &str, status: u16) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
    let error: serde_json::Value = serde_json::from_str(body).unwrap();
    let text = error.pointer("/error/description").unwrap_or(&error["error"]);
    assert!(!text.as_str().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_two_programs_could_read_differently_are_refused() {
    let server = TestServer::start().await;
    let post = format!("POST {PREFIX}/user/client_tokens HTTP/1.1\r\nhost: localhost\r\n");
    let get = format!("GET {PREFIX}/user HTTP/1.1\r\n");
    for request in [
        format!("{post}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"),
        format!("{post}content-length: +2\r\n\r\n{{}}"),
        format!("{post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        format!("{get}\r\n"),
        format!("{get}host: localhost\r\nhost: localhost\r\n\r\n"),
        format!("GET https://other.example.org{PREFIX}/user HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        "nonsense\r\n\r\n".to_owned(),
        format!("{get}host: localhost\r\nbad header\r\n\r\n"),
    ] {
        let answer = exchange(&server, request.clone()).await;
        assert_error(&answer, 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_two_lengths_is_the_last_of_its_connection() {
    let server = TestServer::start().await;
    let head = format!("POST {PREFIX}/user/client_tokens HTTP/1.1\r\nhost: localhost\r\n");
    let smuggled = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for lengths in
        ["content-length: 2\r\ntransfer-encoding: chunked", "transfer-encoding: chunked\r\ncontent-length: 2"]
    {
        let answer = exchange(&server, format!("{head}{lengths}\r\n\r\n0\r\n\r\n{smuggled}")).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

/// Sends parts, reads for a moment after each, and at the end until the connection is closed.
async fn exchange_in_parts(server: &TestServer, parts: Vec<String>) -> String {
    let mut stream = raw(server, b"http/1.1");
    tokio::task::spawn_blocking(move || {
        let mut answer = Vec::new();
        stream.sock.set_read_timeout(Some(std::time::Duration::from_millis(100))).unwrap();
        for part in parts {
            // Once the server closes there is nobody to send to; what it answered counts.
            let _ = stream.write_all(part.as_bytes());
            let _ = stream.read_to_end(&mut answer);
        }
        stream.sock.set_read_timeout(None).unwrap();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    })
    .await
    .unwrap()
}

/// HTTP libraries send a request's head and its body apart, and use the connection again unless they are told not to. A refusal
/// that came between the two was the end of the connection, and nothing said so.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_refused_by_its_head_is_not_the_last_of_its_connection() {
    let server = TestServer::start().await;
    let head = format!("POST {PREFIX}/user/client_tokens HTTP/1.1\r\nhost: localhost\r\n");
    let json = "content-type: application/json\r\ncontent-length: 2\r\n\r\n";
    let (with_body, body) = (head.clone() + json, "{}".to_owned());
    let last = format!("{head}connection: close\r\n\r\n");
    let parts = vec![with_body.clone(), body.clone(), with_body, body, last];
    let answers = exchange_in_parts(&server, parts).await;
    assert_eq!(answers.matches("HTTP/1.1 401 ").count(), 3, "{answers}");
    assert_eq!(answers.matches("connection: close").count(), 1, "{answers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_request_whose_body_does_not_come_says_that_it_is_the_last() {
    let server = TestServer::start().await;
    let head =
        format!("POST {PREFIX}/user/client_tokens HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n");
    for rest in
        ["content-length: 2\r\n", "content-length: 99999999\r\n", "content-length: 2\r\nexpect: 100-continue\r\n"]
    {
        let answer = exchange(&server, format!("{head}{rest}\r\n")).await;
        assert_error(&answer, 401);
        assert!(answer.contains("connection: close"), "{rest}{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_said_to_be() {
    let server = TestServer::start().await;
    let padding = |length| "x".repeat(length);
    let head = |line: &str, header: usize| {
        format!("GET {line} HTTP/1.1\r\nhost: localhost\r\nx: {}\r\nconnection: close\r\n\r\n", padding(header))
    };
    for (request, status) in [
        (head("/healthz", 40_000), 431),
        (head("/healthz", 400_000), 431),
        (head(&format!("/{}", padding(20_000)), 1), 414),
        (head(&format!("/{}", padding(70_000)), 1), 414),
    ] {
        assert_error(&exchange(&server, request).await, status);
    }
    let many = "x: 1\r\n".repeat(200);
    let request = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{many}connection: close\r\n\r\n");
    assert_error(&exchange(&server, request).await, 431);
}

#[tokio::test]
async fn the_largest_header_block_is_what_the_setting_says_over_http2_too() {
    let server = TestServer::start_with(|config| config.http.max_headers = 100 << 10).await;
    for (length, status) in [(90 << 10, 200), (101 << 10, 431)] {
        let sent = server.get("/healthz").header("x", "x".repeat(length)).send().await.unwrap();
        assert_eq!((sent.version(), sent.status().as_u16()), (reqwest::Version::HTTP_2, status), "{length}");
        let body = sent.text().await.unwrap();
        assert_eq!(body.contains("larger than 102400 bytes"), status == 431, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_told_so_and_not_redirected() {
    let server = TestServer::start().await;
    let port = server.port();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = answer.await.unwrap();
    assert_error(&answer, 400);
    assert!(!answer.contains("location"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_protocols_and_the_hybrid_key_exchange_are_negotiated() {
    let server = TestServer::start().await;
    for alpn in [&b"h2"[..], b"http/1.1"] {
        let mut stream = raw(&server, alpn);
        let stream = tokio::task::spawn_blocking(move || {
            stream.conn.complete_io(&mut stream.sock).unwrap();
            stream
        });
        let stream = stream.await.unwrap();
        assert_eq!(stream.conn.alpn_protocol(), Some(alpn));
        assert_eq!(stream.conn.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
        let group = stream.conn.negotiated_key_exchange_group().unwrap().name();
        assert_eq!(group, rustls::NamedGroup::X25519MLKEM768);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_know_only_tls_1_2_are_served() {
    let server = TestServer::start().await;
    let mut stream = raw::connect_in_version(
        &server.config.tls.files().certificate,
        server.port(),
        b"http/1.1",
        &rustls::version::TLS12,
    );
    let version = tokio::task::spawn_blocking(move || {
        stream.conn.complete_io(&mut stream.sock).unwrap();
        stream.conn.protocol_version()
    });
    assert_eq!(version.await.unwrap(), Some(rustls::ProtocolVersion::TLSv1_2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_when_the_server_stops() {
    let server = TestServer::start().await;
    let credentials = "YWRtaW46Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5";
    let head = format!(
        "POST {PREFIX}/user/client_tokens HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic {credentials}\r\n\
         content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
    );
    let mut stream = raw(&server, b"http/1.1");
    let mut stream = tokio::task::spawn_blocking(move || {
        stream.write_all(head.as_bytes()).unwrap();
        let mut interim = [0; 25];
        // The server asks for the body: it is in the middle of the request now.
        stream.read_exact(&mut interim).unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream
    })
    .await
    .unwrap();
    let port = server.port();
    let stopped = tokio::spawn(server.stop());
    let answer = tokio::task::spawn_blocking(move || {
        // The listening socket is closed once the server is stopping.
        while TcpStream::connect(("127.0.0.1", port)).is_ok() {}
        stream.write_all(b"{}").unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("{\"token\":\""), "{answer}");
    stopped.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_or_half_open_connection_is_closed() {
    let server = TestServer::start_with(|config| {
        config.server.handshake_timeout = "200ms".parse().unwrap();
        config.server.header_timeout = "200ms".parse().unwrap();
    })
    .await;
    let port = server.port();
    let closed = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.read(&mut [0; 1]).unwrap()
    });
    assert_eq!(closed.await.unwrap(), 0);
    assert_eq!(exchange(&server, "GET /healthz HTTP/1.1\r\nhost: loc".to_owned()).await, "");
}

#[tokio::test]
async fn methods_that_a_path_lacks_are_405_with_allow() {
    let server = TestServer::start().await;
    for (method, path, allow) in [
        ("PUT", "/user/client_tokens", "GET,HEAD,POST"),
        ("TRACE", "/user/client_tokens", "GET,HEAD,POST"),
        ("POST", "/user", "GET,HEAD,PATCH,DELETE"),
        ("GET", "/user/client_tokens/abc", "DELETE"),
    ] {
        let answer = server.send(server.request(method, path)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {path}");
        assert!(!answer.error().is_empty());
    }
    let answer = server.send(server.request("GET", "/no/such/path")).await;
    assert_eq!((answer.status, answer.error().as_str()), (404, "notFound"));
}

#[tokio::test]
async fn a_preflight_is_answered_without_credentials() {
    let server =
        TestServer::start_with(|config| config.http.allow_origins = vec!["https://a.example.org".into()]).await;
    for (origin, allowed) in [("https://a.example.org", "https://a.example.org"), ("https://b.example.org", "")] {
        let request = server
            .request("OPTIONS", "/user/client_tokens")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,x-requested-with,traceparent");
        let answer = server.send(request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        for name in ["authorization", "x-requested-with", "traceparent"] {
            assert!(answer.header("access-control-allow-headers").contains(name), "{name}");
        }
        assert!(answer.header("access-control-allow-methods").contains("POST"));
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
}

#[tokio::test]
async fn a_script_of_another_origin_can_read_what_is_refused_before_any_route() {
    let (allowed, other) = ("https://a.example.org", "https://b.example.org");
    let long = format!("/{}", "x".repeat(20_000));
    for (settings, headers) in [(allowed, [allowed, ""]), ("*", ["*", "*"])] {
        let server = TestServer::start_with(|config| config.http.allow_origins = vec![settings.into()]).await;
        for (method, path, status) in [("DELETE", "/user/client_tokens/", 404), ("GET", &long, 414)] {
            for (origin, header) in [allowed, other].into_iter().zip(headers) {
                let answer = server.send(server.request(method, path).header("origin", origin)).await;
                assert_eq!(answer.status, status, "{answer:?}");
                assert_eq!(answer.header("access-control-allow-origin"), header, "{method} from {origin}");
            }
        }
        // A preflight would be granted without a look at the error.
        let answer = server.send(server.request("OPTIONS", &long).header("origin", allowed)).await;
        assert_eq!(answer.status, 414, "{answer:?}");
    }
}

#[tokio::test]
async fn readiness_ends_with_the_store() {
    let server = TestServer::start().await;
    let get = |path: &'static str| reqwest_get(&server, path);
    assert_eq!(get("/healthz").await, (200, r#"{"status":"ok"}"#.to_owned()));
    assert_eq!(get("/readyz").await, (200, r#"{"status":"ready"}"#.to_owned()));
    server.store.close().await;
    assert_eq!(get("/healthz").await.0, 200);
    let (status, body) = get("/readyz").await;
    assert_eq!(status, 503);
    assert!(!body.contains("closed"), "an internal text got out: {body}");
}

#[tokio::test]
async fn readiness_tells_what_the_store_has_lost() {
    let often = "10ms".parse().unwrap();
    let Some(server) = TestServer::start_shared(|config| config.store.follow = often).await else { return };
    let database = server.folder.database.as_ref().unwrap();
    database.keep().await;
    let read = async || {
        let metrics = server.send(As::Admin.sign(server.get("/metrics"))).await.body;
        let line = metrics.lines().find(|line| line.starts_with("zonemint_feed_changes_total "));
        line.unwrap().split(' ').nth(1).unwrap().parse::<f64>().unwrap()
    };
    let before = read().await;
    server.add_bob().await;
    let followed = async { while read().await <= before {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), followed).await.expect("the feed is followed");
    database.put_back().await;
    let told = async {
        loop {
            let (status, body) = reqwest_get(&server, "/readyz").await;
            assert_eq!(status, 200, "it can serve");
            if body.contains("the store has lost writes") {
                return body;
            }
        }
    };
    let body = tokio::time::timeout(std::time::Duration::from_secs(20), told).await.expect("it is told");
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["status"], "ready");
    let metrics = server.send(As::Admin.sign(server.get("/metrics"))).await.body;
    assert!(metrics.contains("zonemint_feed_forgotten_total{reason=\"put_back\"} 1"), "{metrics}");
}

/// As when the primary waits for a standby that is away.
#[tokio::test]
async fn readiness_tells_that_nothing_can_be_stored() {
    let Some(server) = TestServer::start_shared(|_| {}).await else { return };
    let database = server.folder.database.as_ref().unwrap();
    let mut raw = database.connect().await;
    let holding = raw.transaction().await.unwrap();
    holding.query("SELECT 1 FROM heads FOR UPDATE", &[]).await.unwrap();
    let mint = tokio::spawn(As::Admin.sign(server.post(&format!("{PREFIX}/user/client_tokens"))).send());
    let until = async |told: bool| {
        let looking = async {
            loop {
                let (status, body) = reqwest_get(&server, "/readyz").await;
                assert_eq!(status, 200, "tokens are verified");
                if body.contains("nothing could be stored") == told {
                    return body;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), looking).await.expect("it is told")
    };
    let body = until(true).await;
    assert!(body.contains(r#""status":"ready","detail":"since 2027-01-15T"#), "{body}");
    holding.rollback().await.unwrap();
    mint.await.unwrap().unwrap();
    // That one may have been given up.
    assert_eq!(server.as_admin("POST", "/user/client_tokens").await.status, 200);
    until(false).await;
}

async fn reqwest_get(server: &TestServer, path: &str) -> (u16, String) {
    let answer = server.send(server.get(path)).await;
    (answer.status, answer.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_certificate_is_served_while_connections_go_on() {
    let server = TestServer::start_with(|config| config.tls.watch = "100ms".parse().unwrap()).await;
    let files = server.config.tls.files();
    let old = CertificateDer::from_pem_file(&files.certificate).unwrap();
    assert_eq!(server.send(server.get("/healthz")).await.status, 200);
    let other = TestServer::start().await;
    let theirs = other.config.tls.files();
    std::fs::copy(theirs.key, &files.key).unwrap();
    std::fs::copy(theirs.certificate, &files.certificate).unwrap();
    let new = CertificateDer::from_pem_file(&files.certificate).unwrap();
    assert_ne!(old, new);
    let taken_up = tokio::time::timeout(std::time::Duration::from_mins(1), async {
        loop {
            let mut stream = raw(&server, b"h2");
            let handshake = tokio::task::spawn_blocking(move || {
                let _ = stream.conn.complete_io(&mut stream.sock);
                stream.conn.peer_certificates().map(|chain| chain[0].clone().into_owned())
            });
            if handshake.await.unwrap().as_ref() == Some(&new) {
                break;
            }
        }
    });
    taken_up.await.expect("the new certificate is served");
    assert_eq!(server.send(server.get("/healthz")).await.status, 200, "the client's open connection goes on");
}

/// A token that may be used from 192.0.2.7 only.
async fn token_for_192_0_2_7(server: &TestServer) -> String {
    let tokens = &server.services.tokens;
    let admin = UserName::parse("admin").unwrap();
    let admin = server.services.accounts.find(&admin).await.unwrap().unwrap();
    let request = MintRequest { caveats: vec![Caveat::parse(b"ip = 192.0.2.7/32").unwrap()], ..MintRequest::default() };
    tokens.mint(admin.id, request, &Caller::server()).await.unwrap().text
}

/// Sends a header of its own before the handshake, and then shows a token; none when the connection is closed.
async fn status_after(server: &TestServer, header: &'static [u8], token: &str) -> Option<String> {
    let request =
        format!("GET {PREFIX}/user HTTP/1.1\r\nhost: localhost\r\nx-auth-token: {token}\r\nconnection: close\r\n\r\n");
    let mut stream = raw(server, b"http/1.1");
    let answer = tokio::task::spawn_blocking(move || {
        stream.sock.write_all(header).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).ok()?.split(' ').nth(1).map(str::to_owned)
    });
    answer.await.unwrap()
}

/// A PROXY protocol header of version 2 for TCP over IPv4 from 192.0.2.7.
const FROM_192_0_2_7: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\x7f\x00\x00\x01\x30\x39\x20\xfb";

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_proxy_says_in_a_header_whom_it_asks_for() {
    let listed = TestServer::start_with(|config| config.http.trusted_proxies = vec!["127.0.0.1".to_owned()]).await;
    let token = token_for_192_0_2_7(&listed).await;
    let from = |server: &TestServer, token: &str, forwarded: &str| {
        server.request("GET", "/user").header("x-auth-token", token).header("x-forwarded-for", forwarded)
    };
    for (forwarded, status) in [("192.0.2.7", 200), ("192.0.2.8, 192.0.2.7", 200), ("192.0.2.7, 192.0.2.8", 401)] {
        assert_eq!(listed.send(from(&listed, &token, forwarded)).await.status, status, "{forwarded}");
    }
    let unlisted = TestServer::start().await;
    let token = token_for_192_0_2_7(&unlisted).await;
    assert_eq!(unlisted.send(from(&unlisted, &token, "192.0.2.7")).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_proxy_says_before_the_handshake_whose_connection_it_passes_on() {
    let listed =
        TestServer::start_with(|config| config.server.proxy_protocol_from = vec!["127.0.0.0/8".to_owned()]).await;
    let token = token_for_192_0_2_7(&listed).await;
    assert_eq!(status_after(&listed, FROM_192_0_2_7, &token).await.as_deref(), Some("200"));
    assert_eq!(status_after(&listed, b"", &token).await, None, "a listed proxy must send the header");
    let unlisted = TestServer::start().await;
    let token = token_for_192_0_2_7(&unlisted).await;
    assert_eq!(status_after(&unlisted, b"", &token).await.as_deref(), Some("401"));
    assert_eq!(status_after(&unlisted, FROM_192_0_2_7, &token).await, None, "nobody else may send the header");
}
