//! Signing in: what is accepted, and what everything else hears. What slows whoever guesses is in `guessing.rs`.

use reqwest::header::HeaderValue;
use zonemint::caller::Caller;
use zonemint::model::Period;
use zonemint::store::{Changed, UserChange};
use zonemint::user::PasswordSettings;

use crate::support::{Answer, As, PASSWORD, TestServer, default_settings};

const PATH: &str = "/user/client_tokens";

async fn sign_in(server: &TestServer, name: &str, password: &str) -> Answer {
    server.send(server.request("GET", "/user").basic_auth(name, Some(password))).await
}

/// A server on which guessing costs no time, for tests of other things.
async fn patient() -> TestServer {
    TestServer::start_with(|config| {
        config.login.delays = vec![Period::from_ms(0)];
        config.login.address_burst = 10_000;
    })
    .await
}

#[tokio::test]
async fn unknown_blocked_and_wrong_hear_the_same() {
    let server = patient().await;
    let blocked = server.add_user("blocked", "blocked-password").await;
    let change = server.services.accounts.change(blocked.id, UserChange::Block, &Caller::operator()).await;
    assert_eq!(change.unwrap(), Changed::Done);
    let mut texts = Vec::new();
    for (name, password) in [
        ("admin", "wrong-password"),
        ("nobody", PASSWORD),
        ("blocked", "blocked-password"),
        ("no such name at all!", PASSWORD),
        ("", ""),
        ("admin", ""),
    ] {
        let answer = sign_in(&server, name, password).await;
        assert_eq!(answer.status, 401, "{name}");
        let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
        assert_eq!(challenges, ["Basic realm=\"onezone\", charset=\"UTF-8\"", "Bearer realm=\"onezone\""]);
        texts.push(answer.error());
    }
    texts.dedup();
    assert_eq!(texts, ["badBasicCredentials"]);
}

/// RFC 6750 section 3.1
#[tokio::test]
async fn the_challenge_tells_a_bad_token_from_none() {
    let server = TestServer::start().await;
    let invalid = "Bearer realm=\"onezone\", error=\"invalid_token\"";
    for (name, value, challenge, scheme_is_unknown) in [
        ("authorization", "Bearer nonsense", invalid, false),
        ("x-auth-token", "nonsense", invalid, false),
        ("macaroon", "nonsense", invalid, false),
        ("x-other", "nonsense", "Bearer realm=\"onezone\"", false),
        ("authorization", "Negotiate nonsense", "Bearer realm=\"onezone\"", true),
        ("authorization", "nonsense", "Bearer realm=\"onezone\"", true),
    ] {
        for path in ["/user", "/user/client_tokens", "/user/tokens/named"] {
            let answer = server.send(server.request("GET", path).header(name, value)).await;
            let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
            assert_eq!((answer.status, challenges[1].to_str().unwrap()), (401, challenge), "{name}: {value}");
            assert_eq!(answer.body.contains("neither Basic nor Bearer"), scheme_is_unknown, "{answer:?}");
            assert!(!answer.body.contains("nonsense"), "{answer:?}");
        }
    }
}

/// The challenge is about the caller's own token.
#[tokio::test]
async fn an_unreadable_token_of_another_is_not_challenged_as_the_callers() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    for (name, id) in [("x-onedata-service-token", "badServiceToken"), ("x-onedata-consumer-token", "badConsumerToken")]
    {
        for value in [&b"\xff"[..], b"nonsense"] {
            let request = As::Token(&token).sign(server.request("GET", "/user"));
            let answer = server.send(request.header(name, HeaderValue::from_bytes(value).unwrap())).await;
            assert_eq!(answer.json()["error"]["details"]["authError"]["id"], id, "{answer:?}");
            let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
            assert_eq!(challenges[1], "Bearer realm=\"onezone\"", "{name}: {value:?}");
        }
    }
}

#[tokio::test]
async fn a_script_of_another_origin_is_not_offered_basic() {
    let server = TestServer::start().await;
    let answer = server.send(server.request("GET", "/user").header("origin", "https://portal.example.org")).await;
    let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, ["Bearer realm=\"onezone\""]);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn broken_basic_headers_are_401_with_a_text_of_their_own() {
    let server = TestServer::start().await;
    for (header, rule) in [
        ("Basic", "expected \"Basic\" and one value"),
        ("Basic !!!", "the value is not base64"),
        ("Basic YWRtaW4=", "there is no colon between user name and password"),
        ("Basic /zo=", "user name and password are not UTF-8"),
        ("Basic YTpiCg==", "user name or password holds a control character"),
    ] {
        let answer = server.send(server.request("POST", PATH).header("authorization", header)).await;
        let expected = format!("Provided basic authorization header could not be understood: {rule}");
        assert_eq!((answer.status, answer.error()), (401, expected), "{header}");
    }
    let unknown_scheme = server.send(server.request("POST", PATH).header("authorization", "Digest x")).await;
    assert!(unknown_scheme.error().starts_with("You must authenticate yourself"), "{unknown_scheme:?}");
}

#[tokio::test]
async fn a_password_counts_in_nfc_with_colons_in_it() {
    let server = TestServer::start().await;
    server.add_user("zoe", "\u{e9}t\u{e9}:2026").await;
    assert_eq!(sign_in(&server, "zoe", "e\u{301}te\u{301}:2026").await.status, 200);
}

#[tokio::test]
async fn a_changed_user_is_not_served_from_memory() {
    let server = patient().await;
    let user = server.add_user("carol", "carols-password").await;
    let token = server.send(server.request("POST", PATH).basic_auth("carol", Some("carols-password"))).await.token();
    assert_eq!(sign_in(&server, "carol", "carols-password").await.status, 200);
    let accounts = &server.services.accounts;
    let change =
        async |change| assert_eq!(accounts.change(user.id, change, &Caller::operator()).await.unwrap(), Changed::Done);
    change(UserChange::Block).await;
    assert_eq!(sign_in(&server, "carol", "carols-password").await.status, 401);
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 401);
    change(UserChange::Unblock).await;
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    let new = zonemint::user::Password::choose("another-password").unwrap();
    assert_eq!(accounts.set_password(user.id, new, &Caller::operator()).await.unwrap(), Changed::Done);
    assert_eq!(sign_in(&server, "carol", "carols-password").await.status, 401);
    assert_eq!(sign_in(&server, "carol", "another-password").await.status, 200);
    change(UserChange::Remove).await;
    assert_eq!(sign_in(&server, "carol", "another-password").await.status, 401);
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 401);
}

#[tokio::test]
async fn an_address_that_fails_too_often_is_told_when_to_come_back() {
    let server = TestServer::start_with(|config| {
        config.login.delays = vec![Period::from_ms(0)];
        config.login.address_burst = 3;
    })
    .await;
    let token = server.as_admin("POST", PATH).await.token();
    for name in ["a1", "a2", "a3"] {
        assert_eq!(sign_in(&server, name, "wrong").await.status, 401);
    }
    let answer = sign_in(&server, "a4", "wrong").await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(sign_in(&server, "admin", PASSWORD).await.status, 200, "a verified password goes on being served");
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    server.advance_s(2);
    assert_eq!(sign_in(&server, "a4", "wrong").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_wrong_passwords_leaves_verified_ones_and_tokens_served() {
    let server = TestServer::start_with(|config| {
        config.login.delays = vec![Period::from_ms(0)];
        config.login.address_burst = 10_000;
        config.password = PasswordSettings { threads: 1, queue: 8, ..default_settings().password };
    })
    .await;
    let token = server.as_admin("POST", PATH).await.token();
    let attempts: Vec<_> = (0..300)
        .map(|number| {
            let request = server.request("GET", "/user").basic_auth(format!("user{number}"), Some("wrong-password"));
            tokio::spawn(request.send())
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
        assert_eq!(server.as_admin("POST", PATH).await.status, 200);
    }
    let mut refused = 0;
    for attempt in attempts {
        let answer = Answer::of(attempt.await.unwrap().unwrap(), &[]).await;
        assert!(matches!(answer.status, 401 | 503), "{answer:?}");
        refused += usize::from(answer.status == 503);
    }
    assert!(refused > 0, "300 attempts cannot all have found room in a queue of 8");
    assert_eq!(sign_in(&server, "admin", PASSWORD).await.status, 200);
}
