//! `POST /oauth/introspect`

use serde_json::json;
use zonemint::caller::Caller;
use zonemint::http::Unscoped;
use zonemint::store::{Changed, UserChange};

use super::oauth::{is_active, post};
use crate::support::{As, BOB, TestServer, caveats_of, narrowed};

const PATH: &str = "/oauth/introspect";
/// Longer than what differs between one no and another.
const NO_TAKES: std::time::Duration = std::time::Duration::from_millis(10);
const INACTIVE: &str = r#"{"active":false}"#;

#[tokio::test]
async fn a_good_token_is_told_with_owner_end_and_caveats() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let token = server.temporary("/user", json!({"caveats": [{"type": "data.readonly"}]}), BOB).await;
    let asked = format!("token={token}&token_type_hint=access_token&enforces=data");
    let answer = post(&server, PATH, &asked, As::Admin).await.json();
    let end = server.now_s() + 3_600;
    assert_eq!(answer["jti"].as_str().unwrap().len(), 38);
    assert_eq!(
        answer,
        json!({
            "active": true, "scope": "data.readonly", "username": "bob", "token_type": "Bearer", "exp": end,
            "iat": server.now_s(), "sub": bob, "iss": format!("https://localhost:{}", server.port()), "jti": answer["jti"],
            "caveats": [{"type": "data.readonly"}, {"type": "time", "validUntil": end}],
        })
    );
}

#[tokio::test]
async fn tokens_of_every_kind_that_grant_access_are_told() {
    let server = TestServer::start().await;
    let (service, of_service) = server.add_service().await;
    let (id, named) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let client = server.as_admin("POST", "/user/client_tokens").await.token();
    for (token, sub, jti) in [(&named, None, Some(&id)), (&client, None, None), (&of_service, Some(&service), None)] {
        let answer = post(&server, PATH, &format!("token={token}"), As::Admin).await.json();
        assert_eq!(answer["active"], true, "{answer}");
        assert!(sub.is_none_or(|sub| answer["sub"] == **sub && answer.get("username").is_none()), "{answer}");
        assert!(jti.is_none_or(|jti| answer["jti"] == **jti && answer.get("exp").is_none()), "{answer}");
    }
    // A service's token is for the zone only: no service may act with it, not even its own.
    let answer = post(&server, PATH, &format!("token={of_service}"), As::Token(&of_service)).await.json();
    assert_eq!(answer, json!({"active": false}));
    let identity = json!({"name": "who", "type": {"identityToken": {}}});
    let (_, identity) = server.named("/user", identity, As::Admin).await;
    assert!(!is_active(&server, &identity).await, "it grants no access");
}

#[tokio::test]
async fn every_token_that_is_not_good_gets_the_same_bytes() {
    let server = TestServer::start().await;
    let other = TestServer::start().await;
    let client = async |of: &TestServer| of.as_admin("POST", "/user/client_tokens").await.token();
    let (unknown, revoked, good) = (client(&other).await, client(&server).await, client(&server).await);
    let expired = narrowed(&good, &format!("time < {}", server.now_s()));
    assert_eq!(server.call("DELETE", &format!("/user/client_tokens/{revoked}"), As::Admin).await.status, 204);
    let (id, marked) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    server.json("PATCH", &format!("/tokens/named/{id}"), json!({"revoked": true}), As::Admin).await;
    let generation = server.temporary("/user", json!({}), As::Admin).await;
    server.call("DELETE", "/user/tokens/temporary", As::Admin).await;
    let (strange, forged) = (narrowed(&good, "moon = full"), format!("{}AA", &good[..good.len() - 2]));
    let mut answers = Vec::new();
    for token in [&unknown, &expired, &revoked, &marked, &generation, &strange, &forged, "x", "%00", &"x".repeat(9_000)]
    {
        let started = std::time::Instant::now();
        let answer = post(&server, PATH, &format!("token={token}"), As::Admin).await;
        assert!(started.elapsed() >= NO_TAKES, "a no that is sooner tells what was not looked for");
        let mut headers = answer.headers;
        headers.remove("x-request-id");
        headers.remove("date");
        answers.push((answer.status, answer.body, format!("{headers:?}")));
    }
    answers.dedup();
    assert_eq!((answers.len(), answers[0].0, answers[0].1.as_str()), (1, 200, INACTIVE), "{answers:?}");
}

#[tokio::test]
async fn what_is_not_said_of_the_use_makes_a_caveat_fail() {
    let server = TestServer::start().await;
    let (service, of_service) = server.add_service().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (caveat, said, whom) in [
        ("ip = 127.0.0.1/32", "&ip=127.0.0.1", As::Admin),
        ("ip = 2001:db8::/32", "&ip=2001%3Adb8%3A%3A1", As::Admin),
        ("interface = oneclient", "&interface=oneclient", As::Admin),
        ("data.readonly", "&enforces=data", As::Admin),
        ("data.path = L3NwYWNl", "&enforces=api+data", As::Admin),
        ("api = ozw/get/user.*.instance:*", "&enforces=api", As::Admin),
        (&format!("service = opw-{service}"), "", As::Token(&of_service)),
    ] {
        let narrow = narrowed(&token, caveat);
        assert!(!is_active(&server, &narrow).await, "{caveat}");
        let answer = post(&server, PATH, &format!("token={narrow}{said}"), whom).await;
        assert_eq!(answer.json()["active"], true, "{caveat}: {answer:?}");
    }
    for said in ["ip=127.0.0.1/32", "interface=ftp", "enforces=everything"] {
        let answer = post(&server, PATH, &format!("token={token}&{said}"), As::Admin).await;
        assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{said}");
    }
}

#[tokio::test]
async fn a_token_may_ask_if_its_api_caveats_let_it() {
    let server = TestServer::start().await;
    let token = server.temporary("/user", json!({}), As::Admin).await;
    for (caveat, status) in
        [("api = ozw/create/token.null.verify_access_token:public", 200), ("api = ozw/get/user.*.instance:*", 401)]
    {
        let narrow = narrowed(&token, caveat);
        assert_eq!(post(&server, PATH, "token=x", As::Token(&narrow)).await.status, status, "{caveat}");
    }
}

#[tokio::test]
async fn a_blocked_owner_makes_a_token_inactive() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await.parse().unwrap();
    let token = server.temporary("/user", json!({}), BOB).await;
    assert!(is_active(&server, &token).await);
    let blocked = server.services.accounts.change(bob, UserChange::Block, &Caller::operator()).await.unwrap();
    assert_eq!((blocked, is_active(&server, &token).await), (Changed::Done, false));
}

#[tokio::test]
async fn a_token_from_here_is_read_by_macaroon_libraries_and_stays_good_when_narrowed() {
    let server = TestServer::start_with(|config| config.oauth.unscoped = Unscoped::All).await;
    let made = post(&server, "/oauth/token", "grant_type=client_credentials", As::Admin).await.json();
    let token = made["access_token"].as_str().unwrap();
    let narrow = narrowed(token, "interface = rest");
    assert!(narrow.starts_with("MDA") && caveats_of(&narrow).len() == 2, "{narrow}");
    assert!(is_active(&server, token).await && !is_active(&server, &narrow).await);
    let answer = post(&server, PATH, &format!("token={narrow}&interface=rest"), As::Admin).await;
    assert_eq!(answer.json()["active"], true);
}
