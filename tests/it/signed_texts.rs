//! Texts of tokens whose signature was verified before: nothing but the signature is taken from memory.

use serde_json::json;

use crate::support::{As, TestServer, narrowed};

/// A sample of `/metrics` about the cache.
async fn sample(server: &TestServer, name: &str) -> u64 {
    let told = server.send(server.beside("GET", "/metrics")).await.body;
    let value = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap_or("0");
    let number = value.strip_suffix(".0").unwrap_or(value);
    number.parse().unwrap_or_else(|_| panic!("{name} is {value}"))
}

async fn hits(server: &TestServer) -> u64 {
    sample(server, "zonemint_cache_lookups_total{cache=\"signed_texts\",outcome=\"hit\"}").await
}

async fn entries(server: &TestServer) -> u64 {
    sample(server, "zonemint_cache_entries{cache=\"signed_texts\"}").await
}

async fn status(server: &TestServer, text: &str) -> u16 {
    server.with_token(text, "GET", "/user").await.status
}

/// Uses the text until its signature is remembered.
async fn remember(server: &TestServer, text: &str) {
    assert_eq!(status(server, text).await, 200);
    let before = hits(server).await;
    assert_eq!(status(server, text).await, 200);
    assert_eq!(hits(server).await, before + 1, "its signature is remembered");
}

#[tokio::test]
async fn a_text_is_verified_once() {
    let server = TestServer::start().await;
    let token = server.mint(json!({})).await.token();
    for _ in 0..3 {
        assert_eq!(status(&server, &token).await, 200);
    }
    assert_eq!((hits(&server).await, entries(&server).await), (2, 1));
}

#[tokio::test]
async fn a_text_that_differs_in_one_character_is_refused() {
    let server = TestServer::start().await;
    let token = server.mint(json!({})).await.token();
    remember(&server, &token).await;
    // In the signature: the location before it is not signed.
    for at in token.len() - 40..token.len() - 4 {
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        assert_eq!(status(&server, &changed).await, 401, "{changed}");
    }
    assert_eq!(entries(&server).await, 1, "what is refused is not remembered");
}

#[tokio::test]
async fn a_narrower_text_is_one_of_its_own() {
    let server = TestServer::start().await;
    let token = server.mint(json!({})).await.token();
    remember(&server, &token).await;
    let elsewhere = narrowed(&token, "ip = 192.0.2.0/24");
    for _ in 0..2 {
        assert_eq!(status(&server, &elsewhere).await, 401);
    }
    let ending = narrowed(&token, &format!("time < {}", server.now_s() + 60));
    remember(&server, &ending).await;
    server.advance_s(60);
    assert_eq!((status(&server, &ending).await, status(&server, &token).await), (401, 200));
}

#[tokio::test]
async fn caveats_are_judged_for_each_request() {
    let server = TestServer::start().await;
    let token = server.mint(json!({})).await.token();
    let bound = narrowed(&token, "ip = 192.0.2.0/24");
    let verify = async |address: &str| {
        let body = json!({"token": bound, "peerIp": address});
        server.json("POST", "/tokens/verify_access_token", body, As::Nobody).await.status
    };
    assert_eq!((verify("192.0.2.1").await, verify("192.0.2.2").await), (200, 200));
    assert_eq!(hits(&server).await, 1);
    assert_eq!(verify("198.51.100.1").await, 400);
    assert_eq!(hits(&server).await, 2, "its signature came from memory");
}

#[tokio::test]
async fn what_ends_a_token_ends_its_remembered_texts() {
    let server = TestServer::start().await;
    for how in ["revoke", "delete", "block"] {
        let bob = server.add_user(&format!("of-{how}"), "a-password-of-bobs").await;
        let account = format!("/users/{}", bob.id);
        let named = json!({"name": how});
        let (id, token) = server.named(&account, named, As::Admin).await;
        let narrower = narrowed(&token, "ip = 127.0.0.0/8");
        remember(&server, &token).await;
        remember(&server, &narrower).await;
        let answer = match how {
            "revoke" => server.json("PATCH", &format!("/tokens/named/{id}"), json!({"revoked": true}), As::Admin).await,
            "delete" => server.as_admin("DELETE", &format!("/tokens/named/{id}")).await,
            _ => {
                let path = format!("{account}/access_block");
                server.json("PATCH", &path, json!({"blocked": true}), As::Admin).await
            }
        };
        assert!(answer.status < 300, "{how}: {answer:?}");
        assert_eq!((status(&server, &token).await, status(&server, &narrower).await), (401, 401), "{how}");
    }
}

#[tokio::test]
async fn a_text_is_verified_again_once_its_token_has_changed() {
    let server = TestServer::start().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    remember(&server, &token).await;
    let before = hits(&server).await;
    let renamed = server.json("PATCH", &format!("/tokens/named/{id}"), json!({"name": "other"}), As::Admin).await;
    assert_eq!(renamed.status, 204);
    assert_eq!((status(&server, &token).await, hits(&server).await), (200, before), "its record is another one");
    assert_eq!((status(&server, &token).await, hits(&server).await), (200, before + 1));
}

#[tokio::test]
async fn a_remembered_text_is_good_for_nothing_else() {
    let server = TestServer::start().await;
    let verify = async |kind: &str, token: &str| {
        let path = format!("/tokens/verify_{kind}_token");
        server.json("POST", &path, json!({"token": token}), As::Nobody).await.status
    };
    let access = server.named("/user", json!({"name": "access"}), As::Admin).await.1;
    remember(&server, &access).await;
    assert_eq!(verify("identity", &access).await, 400, "a user's access token proves no identity");
    let identity = json!({"name": "identity", "type": {"identityToken": {}}});
    let identity = server.named("/user", identity, As::Admin).await.1;
    assert_eq!((verify("identity", &identity).await, verify("identity", &identity).await), (200, 200));
    assert_eq!((verify("access", &identity).await, status(&server, &identity).await), (400, 401));
    let (_, service) = server.add_service().await;
    for _ in 0..2 {
        assert_eq!((verify("access", &service).await, verify("identity", &service).await), (200, 200));
    }
}

#[tokio::test]
async fn a_holder_who_writes_many_texts_takes_the_room_of_a_few() {
    let server = TestServer::start().await;
    let token = server.mint(json!({})).await.token();
    let texts = (0..40).map(|more| narrowed(&token, &format!("time < {}", server.now_s() + 60 + more)));
    for text in texts.collect::<Vec<_>>() {
        assert_eq!((status(&server, &text).await, status(&server, &text).await), (200, 200));
    }
    assert_eq!((hits(&server).await, entries(&server).await), (16, 16));
    let other = server.mint(json!({})).await.token();
    let longer = |text: String, more| narrowed(&text, &format!("time < {}", server.now_s() + 60 + more));
    let long = (0..60).fold(other, longer);
    assert_eq!((long.len() > 2_048, status(&server, &long).await, status(&server, &long).await), (true, 200, 200));
    assert_eq!((hits(&server).await, entries(&server).await), (16, 16), "a long text is verified each time");
}
