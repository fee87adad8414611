//! What somebody tries who has a token, and wants more than it gives: each test tells of a way that was open once.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use zonemint::caller::Caller;
use zonemint::macaroon::{Limits, Macaroon};
use zonemint::model::{FullName, Privileges, UserName};
use zonemint::store::{Changed, UserChange};
use zonemint::user::NewUser;

use crate::support::{Answer, PASSWORD, TestServer};

/// Creates a named token of the administrator; gives its id and its text.
async fn named(server: &TestServer, name: &str, caveats: Value) -> (String, String) {
    let request = as_admin(server, "POST", "/user/tokens/named");
    let answer = server.send(request.json(&json!({"name": name, "caveats": caveats}))).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    (text(&answer, "tokenId"), text(&answer, "token"))
}

fn text(answer: &Answer, key: &str) -> String {
    answer.json()[key].as_str().unwrap_or_else(|| panic!("no {key}: {answer:?}")).to_owned()
}

/// What anybody makes of a token, by hand.
fn narrowed(token: &str, caveats: &[&str]) -> String {
    let (mut macaroon, encoding) = Macaroon::parse(token, &Limits::default()).unwrap();
    for caveat in caveats {
        macaroon.narrow(caveat.as_bytes()).unwrap();
    }
    macaroon.to_text(encoding).unwrap()
}

fn as_admin(server: &TestServer, method: &str, path: &str) -> RequestBuilder {
    server.request(method, path).basic_auth("admin", Some(PASSWORD))
}

fn by(server: &TestServer, token: &str, method: &str, path: &str) -> RequestBuilder {
    server.request(method, path).header("x-auth-token", token)
}

/// `good`, or the id of the error.
async fn verdict(server: &TestServer, token: &str) -> String {
    let request = server.request("POST", "/tokens/verify_access_token");
    let answer = server.send(request.json(&json!({"token": token}))).await;
    if answer.status == 200 { "good".to_owned() } else { answer.error() }
}

#[tokio::test]
async fn a_clock_that_is_set_back_brings_no_revoked_token_to_life() {
    let server = TestServer::start().await;
    let (id, one) = named(&server, "one", json!([])).await;
    let (_, all) = named(&server, "all", json!([])).await;
    let request = as_admin(&server, "PATCH", &format!("/tokens/named/{id}"));
    assert_eq!(server.send(request.json(&json!({"revoked": true}))).await.status, 204);
    let request = as_admin(&server, "POST", "/user/tokens/revoke");
    assert_eq!(server.send(request.json(&json!({"all": true}))).await.status, 200);

    let now = server.clock.now_ms();
    server.clock.set_ms(now - 30_000);
    for token in [&one, &all] {
        assert_eq!(verdict(&server, token).await, "tokenRevoked");
    }
    let server = server.restart_at(now - 3_600_000).await;
    for token in [&one, &all] {
        assert_eq!(verdict(&server, token).await, "tokenRevoked");
    }
}

#[tokio::test]
async fn a_rotated_token_whose_overlap_is_over_stays_refused_when_the_clock_steps_back() {
    let server = TestServer::start().await;
    let (id, old) = named(&server, "one", json!([])).await;
    let request = as_admin(&server, "POST", &format!("/tokens/{id}/rotate"));
    assert_eq!(server.send(request.json(&json!({"overlap": 100}))).await.status, 201);
    server.advance_s(99);
    assert_eq!(verdict(&server, &old).await, "good");
    server.advance_s(2);
    assert_eq!(verdict(&server, &old).await, "tokenRevoked");
    server.clock.set_ms(server.clock.now_ms() - 50_000);
    assert_eq!(verdict(&server, &old).await, "tokenRevoked");
}

#[tokio::test]
async fn a_services_access_token_that_is_narrowed_for_the_api_does_not_prove_an_identity() {
    let server = TestServer::start().await;
    let service = FullName::parse("storage").unwrap();
    let service = server.services.accounts.add_service(service, &Caller::operator()).await.unwrap();
    let path = format!("/providers/{}/tokens/named", service.id);
    let api = json!({"type": "api", "whitelist": ["ozw/get/token.*.*:*"]});
    for (caveats, expected) in [(json!([]), "good"), (json!([api]), "tokenCaveatUnverified")] {
        let options = json!({"name": format!("token {expected}"), "caveats": caveats});
        let token = text(&server.send(as_admin(&server, "POST", &path).json(&options)).await, "token");
        let question = json!({"token": token});
        let answer = server.send(server.request("POST", "/tokens/verify_identity_token").json(&question)).await;
        let verdict = if answer.status == 200 { "good".to_owned() } else { answer.error() };
        assert_eq!(verdict, expected);
        assert_eq!(self::verdict(&server, &token).await, "good");
    }
}

#[tokio::test]
async fn a_narrowed_token_gives_nobody_a_password() {
    let server = TestServer::start().await;
    let (_, narrowed) = named(&server, "here", json!([{"type": "ip", "whitelist": ["127.0.0.0/8", "::1"]}])).await;
    let alice = server.add_user("alice", "alices-old-password").await;
    let options = json!({"newPassword": "chosen-by-a-thief"});
    let path = format!("/users/{}/basic_auth", alice.id);
    let answer = server.send(by(&server, &narrowed, "PATCH", &path).json(&options)).await;
    assert_eq!((answer.status, &*answer.error()), (403, "forbidden"));
    assert_eq!(server.send(as_admin(&server, "PATCH", &path).json(&options)).await.status, 204);
}

#[tokio::test]
async fn a_narrowed_token_sets_no_first_password() {
    let server = TestServer::start().await;
    let (name, full_name) = (UserName::parse("alice").ok(), FullName::parse("Alice").unwrap());
    let new = NewUser { name, full_name, password: None, privileges: Privileges::NONE };
    let alice = server.services.accounts.add(new, &Caller::operator()).await.unwrap();
    let options = json!({"name": "hers", "caveats": [{"type": "interface", "interface": "rest"}]});
    let path = format!("/users/{}/tokens/named", alice.id);
    let token = text(&server.send(as_admin(&server, "POST", &path).json(&options)).await, "token");
    let first = json!({"newPassword": "chosen-by-a-thief", "oldPassword": null});
    let answer = server.send(by(&server, &token, "PATCH", "/user/password").json(&first)).await;
    assert_eq!((answer.status, &*answer.error()), (401, "basicAuthDisabled"));
    let allowed = server.services.accounts.change(alice.id, UserChange::BasicAuth(true), &Caller::operator()).await;
    assert_eq!(allowed.unwrap(), Changed::Done);
    let answer = server.send(by(&server, &token, "PATCH", "/user/password").json(&first)).await;
    assert_eq!((answer.status, &*answer.error()), (403, "forbidden"));
}

#[tokio::test]
async fn a_narrowed_token_ends_no_tokens_that_it_may_not_see() {
    let server = TestServer::start().await;
    let (id, wide) = named(&server, "wide", json!([])).await;
    let (_, narrowed) = named(&server, "here", json!([{"type": "interface", "interface": "rest"}])).await;
    for (path, status) in [
        ("/user/tokens/named", 403),
        ("/user/tokens/temporary", 403),
        (&*format!("/tokens/named/{id}"), 403),
        (&*format!("/user/client_tokens/{id}"), 404),
    ] {
        assert_eq!(server.with_token(&narrowed, "DELETE", path).await.status, status, "{path}");
    }
    assert_eq!(verdict(&server, &wide).await, "good");
    // Whoever has a token's text may end it.
    assert_eq!(server.with_token(&narrowed, "DELETE", &format!("/user/client_tokens/{wide}")).await.status, 204);
}

#[tokio::test]
async fn tokens_of_a_removed_user_are_nowhere_to_be_seen() {
    let server = TestServer::start().await;
    let alice = server.add_user("alice", "alices-old-password").await;
    let path = format!("/users/{}/tokens/named", alice.id);
    let created = server.send(as_admin(&server, "POST", &path).json(&json!({"name": "hers"}))).await;
    let (id, token) = (text(&created, "tokenId"), text(&created, "token"));
    assert_eq!(server.as_admin("GET", "/tokens/named").await.tokens(), [&*id]);
    assert_eq!(server.as_admin("DELETE", &format!("/users/{}", alice.id)).await.status, 204);
    assert_eq!(server.as_admin("GET", "/tokens/named").await.tokens(), [""; 0]);
    assert_eq!(server.as_admin("GET", &format!("/tokens/named/{id}")).await.status, 404);
    assert_eq!(verdict(&server, &token).await, "tokenSubjectInvalid");
}

#[tokio::test]
async fn a_client_token_that_nobody_could_use_is_not_minted() {
    let server = TestServer::start().await;
    let answer = server.mint(json!({"caveats": [{"scope": "identityToken"}]})).await;
    assert_eq!(answer.status, 400, "{answer:?}");
}

#[tokio::test]
async fn a_narrowed_token_loses_none_of_its_tokens_between_pages() {
    let server = TestServer::start().await;
    let rest = json!([{"type": "interface", "interface": "rest"}]);
    let mut expected = vec![];
    for name in ["a1", "a2", "a3", "a4"] {
        expected.insert(0, named(&server, name, rest.clone()).await.0);
        server.advance_s(1);
    }
    let (_, wide) = named(&server, "wide", json!([])).await;
    let narrowed = narrowed(&wide, &["interface = rest"]);
    let (mut seen, mut cursor) = (vec![], String::new());
    loop {
        let page = server.with_token(&narrowed, "GET", &format!("/user/tokens?limit=3{cursor}")).await.json();
        seen.extend(page["tokens"].as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_a_token_says_twice_its_children_say_once() {
    let server = TestServer::start().await;
    let (_, wide) = named(&server, "wide", json!([])).await;
    let twice = narrowed(&wide, &["interface = rest", "interface = rest"]);
    let request = by(&server, &twice, "POST", "/user/tokens/named").json(&json!({"name": "child"}));
    assert_eq!(server.send(request).await.json()["caveats"].as_array().unwrap().len(), 1);
}
