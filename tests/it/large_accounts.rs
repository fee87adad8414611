//! Accounts with very many tokens: their lists, and `token.max_per_account`.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zonemint::model::{Token, TokenId, UserId};
use zonemint::random::Random;
use zonemint::store::{Mark, Rows, TokenRow};

use crate::support::raw::{self, DATA, Frame, RST_STREAM, WINDOW_UPDATE};
use crate::support::{As, BOB, PASSWORD, TestServer};

const PATH: &str = "/user/client_tokens";
const WHOLE_PATH: &str = "/api/v3/onezone/user/client_tokens";
/// More than the buffers of a connection take, at a quarter of a kilobyte each.
const MANY: usize = 20_000;

async fn admin(server: &TestServer) -> UserId {
    server.as_admin("GET", "/user").await.json()["userId"].as_str().unwrap().parse().unwrap()
}

/// Gives the administrator so many more client tokens, made after `from_ms`, one each millisecond.
async fn add_tokens(server: &TestServer, from_ms: u64, count: usize) {
    server.as_admin("POST", PATH).await.token();
    let owner = admin(server).await;
    let known = server.store.tokens_of(owner, 0, None, 1, 9).await.unwrap().tokens.remove(0);
    let random = Random::system();
    let rows: Vec<_> = (from_ms + 1..)
        .take(count)
        .map(|ms| Token { id: TokenId::new(ms, &random), created_ms: ms, ..known.clone() })
        .map(|token| TokenRow { token, deleted_ms: None })
        .collect();
    for (at, rows) in rows.chunks(1_000).enumerate() {
        let mark = Mark { name: format!("test {at}"), value: Some(String::new()) };
        server.store.load(Rows::Tokens(rows.to_vec()), mark).await.unwrap();
    }
}

fn as_admin() -> String {
    format!("Basic {}", STANDARD.encode(format!("admin:{PASSWORD}")))
}

#[tokio::test]
async fn a_long_list_is_whole_and_names_nothing_twice() {
    let server = TestServer::start().await;
    add_tokens(&server, 1_000, MANY).await;
    let answer = server.as_admin("GET", PATH).await;
    let listed = answer.json()["tokens"].as_array().unwrap().clone();
    let different: BTreeSet<_> = listed.iter().map(|text| text.as_str().unwrap()).collect();
    assert_eq!((listed.len(), different.len()), (MANY + 1, MANY + 1));
    let head = server.as_admin("HEAD", PATH).await;
    assert_eq!((head.status, head.body.as_str(), head.header("content-type")), (200, "", "application/json"));
    assert_eq!(server.as_admin("GET", "/user").await.status, 200);
}

/// Reads the answer of a stream until it stands still: its window is full.
fn read_window(stream: &mut raw::Raw) -> usize {
    let mut bytes = 0;
    while bytes < 65_535 {
        let frame = Frame::read(stream).unwrap();
        assert!(!frame.ends(1), "the list is longer");
        bytes += if frame.kind == DATA { frame.payload.len() } else { 0 };
    }
    bytes
}

fn ask_http2(server: &TestServer) -> raw::Raw {
    let mut stream = raw::connect_http2(&server.config.tls.files().certificate, server.port());
    Frame::get(1, WHOLE_PATH, &as_admin()).write(&mut stream).unwrap();
    stream
}

/// Runs what blocks on a thread of its own.
async fn blocking<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(what).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_to_its_end_is_reset() {
    let server = TestServer::start().await;
    add_tokens(&server, 1_000, MANY).await;
    let stream = ask_http2(&server);
    let stream = blocking(move || {
        let mut stream = stream;
        assert_eq!(read_window(&mut stream), 65_535);
        stream
    })
    .await;
    server.store.close().await;
    blocking(move || {
        let mut stream = stream;
        for id in [0, 1] {
            Frame::new(WINDOW_UPDATE, 0, id, 0x3fff_ffff_u32.to_be_bytes()).write(&mut stream).unwrap();
        }
        let mut bytes = 0;
        loop {
            let frame = Frame::read(&mut stream).unwrap();
            assert!(!frame.ends(1), "{frame:?}");
            bytes += if frame.kind == DATA { frame.payload.len() } else { 0 };
            if frame.kind == RST_STREAM {
                break;
            }
        }
        assert!(bytes < 1 << 20, "{bytes} bytes were read ahead");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_a_long_list_is_closed() {
    let server = TestServer::start_with(|config| {
        config.server.idle_timeout = "200ms".parse().unwrap();
        config.server.header_timeout = "200ms".parse().unwrap();
    })
    .await;
    add_tokens(&server, 1_000, MANY).await;
    let http2 = ask_http2(&server);
    blocking(move || {
        let mut stream = http2;
        read_window(&mut stream);
        while Frame::read(&mut stream).is_ok() {}
    })
    .await;

    let mut http1 = raw::connect(&server.config.tls.files().certificate, server.port(), b"http/1.1");
    blocking(move || {
        let request = format!("GET {WHOLE_PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: {}\r\n\r\n", as_admin());
        // Its answers do not fit in the buffers of the connection.
        while http1.write_all(request.as_bytes()).is_ok() {}
        let _ = http1.read(&mut [0; 12]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_exist_throughout_a_slow_list_are_listed_once() {
    let server = TestServer::start().await;
    add_tokens(&server, 1_000, MANY).await;
    let ids = |tokens: Vec<Token>| tokens.into_iter().map(|token| token.id).collect::<Vec<_>>();
    let owner = admin(&server).await;
    let old = ids(server.store.tokens_of(owner, 0, None, MANY + 1, MANY + 1).await.unwrap().tokens);
    let mut answer = As::Admin.sign(server.get(WHOLE_PATH)).send().await.unwrap();
    let mut body = answer.chunk().await.unwrap().unwrap().to_vec();
    // The newest is listed already, the oldest not yet, and two new ones come on either side.
    for id in [old[0], old[MANY]] {
        assert_eq!(server.as_admin("DELETE", &format!("{PATH}/{id}")).await.status, 204);
    }
    add_tokens(&server, 10, 1).await;
    while let Some(chunk) = answer.chunk().await.unwrap() {
        body.extend(chunk);
    }
    let listed: Value = serde_json::from_slice(&body).unwrap();
    let listed: Vec<_> = listed["tokens"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let different: BTreeSet<_> = listed.iter().collect();
    assert_eq!(different.len(), listed.len());
    assert!((MANY - 1..=MANY + 3).contains(&listed.len()), "{}", listed.len());
}

#[tokio::test]
async fn a_search_goes_on_behind_pages_without_a_match() {
    let server = TestServer::start().await;
    let named = json!({"name": "Needle", "type": {"accessToken": {}}});
    let request = As::Admin.sign(server.request("POST", "/user/tokens/named"));
    assert_eq!(server.send(request.json(&named)).await.status, 201);
    let now_ms = server.now_s() * 1_000;
    add_tokens(&server, now_ms + 1_000, MANY).await;
    let (mut cursor, mut found) = (String::new(), Vec::new());
    for page in 1.. {
        let answer = server.as_admin("GET", &format!("/user/tokens?name=needle{cursor}")).await.json();
        found.push(answer["tokens"].as_array().unwrap().len());
        let Some(next) = answer["next"].as_str() else { break };
        assert!(page < 9, "each page looks at many");
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, [0, 0, 1], "a page looks at 10,000 tokens");
}

fn bounded(config: &mut zonemint::config::Config) {
    config.token.max_per_account = 3;
}

const FULL: &str = "You are not authorized to perform this operation: the account has as many valid tokens as \
                    token.max_per_account allows; revoke or delete some, and try again after a minute";

#[tokio::test]
async fn an_account_mints_no_more_tokens_than_it_may() {
    let server = TestServer::start_with(bounded).await;
    server.add_bob().await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(server.as_admin("POST", PATH).await.token());
    }
    let refused = server.as_admin("POST", PATH).await;
    assert_eq!((refused.status, refused.json()), (403, json!({ "error": FULL })));
    let named = |name: &str| json!({"name": name, "type": {"accessToken": {}}});
    let create =
        |name: &str| server.send(As::Admin.sign(server.request("POST", "/user/tokens/named")).json(&named(name)));
    let refused = create("one").await;
    assert_eq!((refused.status, refused.json()["error"]["id"].as_str()), (403, Some("forbidden")));
    assert!(refused.json()["error"]["details"]["hint"].as_str().unwrap().contains("token.max_per_account"));
    let temporary = server.send(As::Admin.sign(server.request("POST", "/user/tokens/temporary")).json(&json!({
        "type": {"accessToken": {}}, "caveats": [{"type": "time", "validUntil": server.now_s() + 60}]
    })));
    assert_eq!(temporary.await.status, 201, "nothing is stored of it");
    assert_eq!(server.send(BOB.sign(server.request("POST", PATH))).await.status, 200, "others are not concerned");

    assert_eq!(server.as_admin("DELETE", &format!("{PATH}/{}", tokens[0])).await.status, 204);
    assert_eq!(create("one").await.status, 403, "it was counted a moment ago");
    server.clock.set_ms(server.clock.now_ms() + 60_000);
    assert_eq!(create("one").await.status, 201);
    assert_eq!(create("two").await.status, 403);
    let audit = server.store.audit_after(&server.store.chain(), 0, 100).await.unwrap();
    assert_eq!(audit.iter().filter(|row| row.action.name() == "token.mint").count(), 5);
}

#[tokio::test]
async fn a_restored_or_rotated_token_counts() {
    let server = TestServer::start_with(bounded).await;
    let named = |name: &str, revoked: bool| json!({"name": name, "type": {"accessToken": {}}, "revoked": revoked});
    let create = async |name: &str, revoked: bool| {
        let request = As::Admin.sign(server.request("POST", "/user/tokens/named")).json(&named(name, revoked));
        let answer = server.send(request).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["tokenId"].as_str().unwrap().to_owned()
    };
    let asleep = create("asleep", true).await;
    let good = [create("one", false).await, create("two", false).await, create("three", false).await];
    let patch = async |id: &str, revoked: bool| {
        let request = As::Admin.sign(server.request("PATCH", &format!("/tokens/named/{id}")));
        server.send(request.json(&json!({"revoked": revoked}))).await
    };
    let refused = patch(&asleep, false).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.body.contains("token.max_per_account"), "{refused:?}");
    let rotate = async |id: &str, overlap: u64| {
        let request = As::Admin.sign(server.request("POST", &format!("/tokens/{id}/rotate")));
        server.send(request.json(&json!({"overlap": overlap}))).await.status
    };
    assert_eq!(rotate(&good[0], 60).await, 403, "both would be good");
    assert_eq!(rotate(&good[0], 0).await / 100, 2, "one takes the place of the other");
    assert_eq!(patch(&good[1], true).await.status, 204);
    server.clock.set_ms(server.clock.now_ms() + 60_000);
    assert_eq!(patch(&asleep, false).await.status, 204);
    assert_eq!(patch(&good[1], false).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_bound_the_tokens_of_an_account_together() {
    let Some(server) = TestServer::start_shared(bounded).await else { return };
    let other = server.start_beside("node-2").await;
    let mint = |server: &TestServer| As::Admin.sign(server.request("POST", PATH)).send();
    let answers =
        futures_util::future::join_all((0..20).map(|at| mint(if at % 2 == 0 { &server } else { &other }))).await;
    let mut statuses: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[..3], [200; 3]);
    assert_eq!(statuses[3..], [403; 17]);
    other.stop().await;
}

#[tokio::test]
async fn accounts_beyond_the_limit_are_counted_and_mint_none() {
    let server = TestServer::start_with(bounded).await;
    add_tokens(&server, 1_000, 9).await;
    let purge =
        zonemint::app::Purge::new(std::sync::Arc::clone(&server.store), &server.config.store, server.clock.clone());
    let mut purge = purge.counting(3);
    while !purge.step().await.unwrap().at_rest {}
    let rows = server.store.dump_users(None, 9).await.unwrap();
    assert_eq!((rows[0].tokens.added, rows[0].tokens.ended), (1, 1 - 10));
    assert_eq!(server.as_admin("POST", PATH).await.status, 403);
}

#[tokio::test]
async fn an_account_with_very_many_tokens_is_shown_as_one() {
    let server = TestServer::start().await;
    let id = admin(&server).await;
    add_tokens(&server, 1_000, zonemint::token::MANY_TOKENS - 1).await;
    let shown = async || server.as_admin("GET", &format!("/users/{id}")).await.json()["manyTokens"].clone();
    assert_eq!(shown().await, json!(false));
    server.as_admin("POST", PATH).await.token();
    assert_eq!(shown().await, json!(true));
}
