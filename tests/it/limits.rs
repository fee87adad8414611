//! Bounds on tokens: how many caveats one may have, how long each may be, and what is said of more.

use serde_json::{Value, json};
use zonemint::macaroon::{Encoding, Limits, Macaroon};

use crate::support::{As, PASSWORD, TestServer, narrowed, zonemint};

/// A caveat of exactly so many bytes, at least 200, which holds for whoever is on this machine.
fn long_caveat(length: usize) -> String {
    // Each of the longer ones has one byte more than the shorter ones.
    let rest = length - "ip = 127.0.0.0/8".len();
    let (longer, shorter) = (rest % 11, (rest - rest % 11 * 12) / 11);
    let text = format!("ip = 127.0.0.0/8{}{}", "|10.0.0.0/32".repeat(longer), "|10.0.0.0/8".repeat(shorter));
    assert_eq!(text.len(), length);
    text
}

/// The same in JSON.
fn in_json(caveat: &str) -> Value {
    json!({"type": "ip", "whitelist": caveat["ip = ".len()..].split('|').collect::<Vec<_>>()})
}

/// A token with so many caveats more, each of another text.
fn with_many(token: &str, caveats: usize) -> String {
    let (mut token, encoding) = Macaroon::parse(token, &Limits::default()).unwrap();
    for at in 0..caveats {
        token.narrow(format!("ip = 127.0.0.0/8|10.0.{}.{}/32", at / 250, at % 250).as_bytes()).unwrap();
    }
    token.to_text(encoding).unwrap()
}

async fn named(server: &TestServer) -> String {
    server.named("/user", json!({"name": "one"}), As::Admin).await.1
}

async fn verified(server: &TestServer, token: &str) -> u16 {
    let body = json!({"token": token, "peerIp": "127.0.0.1"});
    server.json("POST", "/tokens/verify_access_token", body, As::Nobody).await.status
}

#[tokio::test]
async fn a_caveat_may_be_as_long_as_its_packet_and_there_may_be_a_thousand() {
    let server = TestServer::start_with(|config| {
        config.token.max_length = 1 << 20;
        config.http.max_body = 4 << 20;
    })
    .await;
    let token = named(&server).await;
    let longest = long_caveat(65_526);
    assert_eq!(verified(&server, &narrowed(&token, &longest)).await, 200);
    assert_eq!(verified(&server, &with_many(&token, 1_000)).await, 200);
    assert_eq!(verified(&server, &with_many(&token, 1_001)).await, 400);
    let confined = json!({"token": token, "caveats": [in_json(&longest)]});
    assert_eq!(server.json("POST", "/tokens/confine", confined, As::Nobody).await.token(), narrowed(&token, &longest));
    let (id, made) = server.named("/user", json!({"name": "two", "caveats": [in_json(&longest)]}), As::Admin).await;
    assert_eq!(verified(&server, &made).await, 200);
    let shown = server.call("GET", &format!("/tokens/named/{id}"), As::Admin).await;
    assert_eq!(shown.json()["caveats"], json!([in_json(&longest)]));
    let too_long = json!([in_json(&long_caveat(65_527))]);
    for (path, body) in [
        ("/tokens/confine", json!({"token": token, "caveats": too_long})),
        ("/user/tokens/named", json!({"name": "three", "caveats": too_long})),
    ] {
        let refused = server.json("POST", path, body, As::Admin).await;
        assert_eq!((refused.status, refused.error().as_str()), (400, "badData"), "{path}");
        assert!(refused.body.len() < 1_000 && refused.body.contains("65526"), "{path}: {}", refused.body);
    }
}

/// Only what a header holds is taken from a header.
#[tokio::test]
async fn by_default_a_token_of_a_header_has_more_and_longer_caveats_than_a_hundred_of_four_kilobytes() {
    let server = TestServer::start().await;
    let token = named(&server).await;
    for narrow in [narrowed(&token, &long_caveat(5_000)), with_many(&token, 150)] {
        let (narrow, _) = Macaroon::parse(&narrow, &Limits::default()).unwrap();
        let answer = server.with_token(&narrow.to_text(Encoding::V2).unwrap(), "GET", "/user").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn what_goes_beyond_a_bound_is_told_which() {
    let server = TestServer::start_with(|config| {
        config.token.max_caveats = 20;
        config.token.max_caveat = 300;
    })
    .await;
    let token = named(&server).await;
    for good in [with_many(&token, 20), narrowed(&token, &long_caveat(300))] {
        assert_eq!(verified(&server, &good).await, 200);
        assert_eq!(server.with_token(&good, "GET", "/user").await.status, 200);
    }
    let ends = json!({"type": "time", "validUntil": server.now_s() + 60});
    let many: Vec<_> = (0..21).map(|at| json!({"type": "ip", "whitelist": [format!("127.0.0.{at}")]})).collect();
    for (bad, caveats, rule) in [
        (with_many(&token, 21), json!(many), "more than 20 caveats"),
        (narrowed(&token, &long_caveat(301)), json!([in_json(&long_caveat(301))]), "a caveat is longer than 300 bytes"),
    ] {
        for operation in ["verify_access_token", "examine", "infer_access_token_scope", "confine"] {
            let body = json!({"token": bad, "caveats": [ends]});
            let refused = server.json("POST", &format!("/tokens/{operation}"), body, As::Nobody).await;
            assert_eq!(refused.status, 400, "{operation}: {refused:?}");
            assert!(refused.body.contains("badToken") && refused.body.contains(rule), "{operation}: {refused:?}");
        }
        let refused = server.with_token(&bad, "GET", "/user").await;
        assert_eq!((refused.status, refused.error().as_str()), (401, "badToken"));
        assert!(refused.body.contains("badToken") && refused.body.contains(rule), "{refused:?}");
        let as_password = server.call("GET", "/user", As::Basic("admin", &bad)).await;
        assert!(as_password.status == 401 && as_password.body.contains(rule), "{as_password:?}");
        let asked = server.beside("POST", "/oauth/introspect").basic_auth("admin", Some(PASSWORD));
        let asked = asked.header("content-type", "application/x-www-form-urlencoded").body(format!("token={bad}"));
        assert_eq!(server.send(asked).await.json(), json!({"active": false}));

        for path in ["/user/client_tokens", "/user/tokens/named", "/user/tokens/temporary"] {
            let mut body = json!({"name": "two", "caveats": caveats});
            body["caveats"].as_array_mut().unwrap().push(ends.clone());
            let refused = server.json("POST", path, body, As::Admin).await;
            assert_eq!(refused.status, 400, "{path}: {refused:?}");
            assert!(refused.body.contains(rule), "{path}: {refused:?}");
            assert!(refused.body.contains("badData") || path.contains("client_tokens"), "{path}: {refused:?}");
        }
        let body = json!({"token": token, "caveats": caveats});
        let refused = server.json("POST", "/tokens/confine", body, As::Nobody).await;
        assert_eq!((refused.status, refused.error().as_str()), (400, "badData"));
        assert!(refused.json()["error"]["details"]["hint"].as_str().unwrap().contains(rule), "{refused:?}");
    }
}

#[test]
fn offline_tools_take_what_the_format_allows_and_warn_of_what_a_server_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let minted = zonemint::macaroon::RootSecret::new(b"secret");
    let token = Macaroon::mint(&minted, "onezone", b"id").unwrap().to_text(Encoding::Onezone).unwrap();
    let mut shortest = Macaroon::parse(&token, &Limits::default()).unwrap().0;
    (0..1_001).for_each(|_| shortest.narrow(b"x").unwrap());
    for (text, warning) in [
        (narrowed(&token, &long_caveat(200)), ""),
        (narrowed(&token, &long_caveat(60_000)), "token.max_length"),
        (shortest.to_text(Encoding::V2).unwrap(), "token.max_caveats"),
    ] {
        std::fs::write(folder.path().join("token"), &text).unwrap();
        for words in [
            &["token", "inspect", "@token"][..],
            &["tokens", "inspect", "@token"],
            &["tokens", "confine", "@token", "--ttl", "1h"],
            &["tokens", "convert", "@token", "--encoding", "v2"],
        ] {
            let out = zonemint(folder.path(), words).output().unwrap();
            let told = String::from_utf8(out.stderr).unwrap();
            assert!(out.status.success() && out.stdout.len() > 200, "{words:?}: {told}");
            assert!(told.is_empty() == warning.is_empty() && told.contains(warning), "{words:?}: {told}");
            assert_eq!(told.contains("warning: "), !warning.is_empty(), "{words:?}: {told}");
        }
    }
}

#[test]
fn settings_that_cannot_be_reached_are_named_when_they_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let check = |variable: &str, value: &str| {
        let out = zonemint(folder.path(), &["config", "check"]).env(variable, value).output().unwrap();
        (out.status.code(), String::from_utf8([out.stdout, out.stderr].concat()).unwrap())
    };
    let valid = "the settings are valid\nnote: no settings file is named, so these are defaults and environment: name one with --config or \
                 ZONEMINT_CONFIG\n";
    assert_eq!(check("ZONEMINT_TOKEN__MAX_CAVEATS", "1000"), (Some(0), valid.to_owned()));
    let (code, told) = check("ZONEMINT_TOKEN__MAX_CAVEATS", "5000");
    assert!(code == Some(0) && told.contains("note: token.max_caveats: 5000 is never reached"), "{told}");
    for (setting, value) in
        [("MAX_CAVEATS", "10001"), ("MAX_CAVEATS", "9"), ("MAX_CAVEAT", "65527"), ("MAX_CAVEAT", "255")]
    {
        let (code, told) = check(&format!("ZONEMINT_TOKEN__{setting}"), value);
        assert!(code == Some(3) && told.contains(&format!("token.{}: must be from", setting.to_lowercase())), "{told}");
    }
}
