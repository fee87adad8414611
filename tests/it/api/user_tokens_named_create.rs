//! `POST …/tokens/named` of an account

use serde_json::{Value, json};
use zonemint::token::Lifetime;

use super::accounts::Accounts;
use crate::support::{As, BOB, TestServer, caveats_of, narrowed};

const PATH: &str = "/user/tokens/named";

#[tokio::test]
async fn a_token_is_made_for_each_account_and_can_be_found() {
    let server = TestServer::start().await;
    let accounts = Accounts::of(&server).await;
    for (at, (account, whom)) in accounts.all().into_iter().enumerate() {
        let body = json!({"name": format!("number {at}"), "usageLimit": 1});
        let answer = server.json("POST", &format!("{account}/tokens/named"), body, whom).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.keys(), ["tokenId", "validUntil", "caveats", "token"]);
        let id = answer.json()["tokenId"].as_str().unwrap().to_owned();
        let location = format!("https://localhost:{}/api/v3/onezone/tokens/named/{id}", server.port());
        assert_eq!(answer.header("location"), location);
        let shown = server.call("GET", &format!("/tokens/named/{id}"), As::Admin).await.json();
        assert_eq!(shown["token"], answer.json()["token"]);
        let owner = if account.starts_with("/user") { &accounts.bob } else { &accounts.service };
        assert_eq!(shown["subject"]["id"], json!(owner));
    }
}

#[tokio::test]
async fn the_token_is_the_last_text_of_the_line() {
    let server = TestServer::start().await;
    let answer = server.json("POST", PATH, json!({"name": "one"}), As::Admin).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert!(answer.body.ends_with(&format!("\"{token}\"}}")), "{answer:?}");
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

#[tokio::test]
async fn a_revoked_token_is_refused_until_it_is_restored() {
    let server = TestServer::start().await;
    let (id, token) = server.named("/user", json!({"name": "one", "revoked": true}), As::Admin).await;
    assert_eq!(server.with_token(&token, "GET", "/user").await.refusal(), (401, "tokenRevoked".to_owned()));
    server.json("PATCH", &format!("/tokens/named/{id}"), json!({"revoked": false}), As::Admin).await;
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
}

#[tokio::test]
async fn a_name_is_taken_for_its_own_account_only() {
    let server = TestServer::start().await;
    server.add_bob().await;
    server.named("/user", json!({"name": "one"}), As::Admin).await;
    let answer = server.json("POST", PATH, json!({"name": "one"}), As::Admin).await;
    assert_eq!(answer.refusal(), (400, "badValueIdentifierOccupied".to_owned()));
    assert_eq!(answer.json()["error"]["details"], json!({"key": "name"}));
    assert_eq!(server.json("POST", PATH, json!({"name": "one"}), BOB).await.status, 201);
}

#[tokio::test]
async fn bad_values_are_told_in_the_order_of_the_keys() {
    let server = TestServer::start().await;
    for (body, error) in [
        (json!({"type": 7}), "missingRequiredValue"),
        (json!({"name": "x"}), "badValueName"),
        (json!({"name": "x".repeat(129)}), "badValueName"),
        (json!({"name": null}), "badValueName"),
        (json!({"name": " one"}), "badValueName"),
        (json!({"name": 12}), "badValueString"),
        (json!({"name": "one", "caveats": "all"}), "badData"),
        (json!({"name": "one", "caveats": [{"type": "time"}], "type": 7}), "badValueCaveat"),
        (json!({"name": "one", "customMetadata": []}), "badValueJSON"),
        (json!({"name": "one", "revoked": 1}), "badValueBoolean"),
        (json!({"name": "one", "type": {}}), "badValueTokenType"),
        (json!({"name": "one", "caveats": null}), "badData"),
        (json!({"name": "one", "customMetadata": null}), "badValueJSON"),
        (json!({"name": "one", "revoked": null}), "badValueBoolean"),
        (json!({"name": "one", "type": null}), "badValueTokenType"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
    assert_eq!(server.call("GET", PATH, As::Admin).await.tokens().len(), 0);
}

#[tokio::test]
async fn neither_sessions_nor_invitations_are_made() {
    let server = TestServer::start().await;
    let invitation = json!({"inviteToken": {"inviteType": "supportSpace", "spaceId": "x"}});
    for (kind, error) in
        [(json!({"accessToken": {"sessionId": "s"}}), "tokenSessionInvalid"), (invitation, "notSupported")]
    {
        let answer = server.json("POST", PATH, json!({"name": "one", "type": kind}), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()));
    }
}

#[tokio::test]
async fn all_names_that_onezone_takes_are_taken() {
    let server = TestServer::start().await;
    for name in ["on", "1.2-3 4", "(a)", "_x_", "\u{17c}\u{f3}\u{142}w", "\u{e9}".repeat(128).as_str(), "a/b"] {
        let expected = if name.contains('/') { 400 } else { 201 };
        assert_eq!(server.json("POST", PATH, json!({"name": name}), As::Admin).await.status, expected, "{name}");
    }
}

#[tokio::test]
async fn a_caveat_that_such_a_token_cannot_carry_is_told() {
    let server = TestServer::start().await;
    let caveat = json!({"type": "data.readonly"});
    let body = json!({"name": "one", "type": {"identityToken": {}}, "caveats": [caveat]});
    let answer = server.json("POST", PATH, body, As::Admin).await;
    assert_eq!(answer.refusal(), (400, "badValueCaveat".to_owned()));
    assert_eq!(answer.json()["error"]["details"], json!({"caveat": caveat}));
}

#[tokio::test]
async fn a_narrowed_token_makes_nothing_wider() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let end = format!("time < {}", server.now_s() + 60);
    let narrow = narrowed(&narrowed(&token, &end), "ip = 127.0.0.1/32");
    let later = json!([{"type": "time", "validUntil": server.now_s() + 9_000}]);
    let (_, made) = server.named("/user", json!({"name": "two", "caveats": later}), As::Token(&narrow)).await;
    let carried = caveats_of(&made);
    assert!(carried.contains(&end) && carried.contains(&"ip = 127.0.0.1/32".to_owned()), "{carried:?}");
    let identity = json!({"name": "three", "type": {"identityToken": {}}});
    let (_, identity) = server.named("/user", identity, As::Token(&narrow)).await;
    assert!(caveats_of(&identity).contains(&end));
    server.advance_s(60);
    assert_eq!(server.with_token(&made, "GET", "/user").await.status, 401);
}

#[tokio::test]
async fn nothing_is_made_for_others_or_for_whom_there_is_not() {
    let server = TestServer::start().await;
    Accounts::of(&server).await.check_refused(&server, "POST", "/tokens/named").await;
}

#[tokio::test]
async fn nothing_is_made_for_who_is_blocked() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    server.json("PATCH", &format!("/users/{bob}/access_block"), json!({"blocked": true}), As::Admin).await;
    let answer = server.json("POST", &format!("/users/{bob}/tokens/named"), json!({"name": "one"}), As::Admin).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
}

/// A server whose named tokens live for an hour at the most.
async fn limited_to_an_hour() -> TestServer {
    TestServer::start_with(|config| config.token.max_named_ttl = Lifetime::For("1h".parse().unwrap())).await
}

#[tokio::test]
async fn with_a_longest_life_a_token_gets_an_end_and_none_is_later() {
    let server = limited_to_an_hour().await;
    let latest = server.now_s() + 3600;
    let make = async |name: &str, caveats: Value, whom: As<'_>| {
        server.json("POST", "/user/tokens/named", json!({"name": name, "caveats": caveats}), whom).await
    };
    let until = |until: u64| json!([{"type": "time", "validUntil": until}]);
    let answer = make("none", json!([{"type": "data.readonly"}]), As::Admin).await;
    assert_eq!(answer.json()["validUntil"], latest);
    assert_eq!(answer.json()["caveats"][1], json!({"type": "time", "validUntil": latest}));
    for (name, end) in [("soon", latest - 60), ("just", latest)] {
        assert_eq!(make(name, until(end), As::Admin).await.json()["validUntil"], end);
    }
    let late = make("late", until(latest + 1), As::Admin).await;
    assert_eq!(late.refusal(), (400, "tokenTimeCaveatRequired".to_owned()));
    assert_eq!(late.json()["error"]["details"], json!({"maxTtl": 3600}));
    // The end of the token that asks is the new one's, too.
    let (_, token) = server.named("/user", json!({"name": "short", "caveats": until(latest - 60)}), As::Admin).await;
    let inherited = make("inherited", json!([]), As::Token(&token)).await;
    assert_eq!(inherited.json()["validUntil"], latest - 60);
    assert_eq!(inherited.json()["caveats"].as_array().unwrap().len(), 1);
    assert_eq!(make("both", until(latest + 1), As::Token(&token)).await.json()["validUntil"], latest - 60);
}

#[tokio::test]
async fn what_lives_longer_since_before_is_rotated_into_the_longest_life() {
    let server = TestServer::start().await;
    let (endless, _) = server.named("/user", json!({"name": "endless"}), As::Admin).await;
    let far = json!([{"type": "time", "validUntil": server.now_s() + 90_000}]);
    let (long, token) = server.named("/user", json!({"name": "long", "caveats": far}), As::Admin).await;
    let (folder, mut config, clock) = server.stop().await;
    config.token.max_named_ttl = Lifetime::For("1h".parse().unwrap());
    let server = TestServer::run(folder, config, clock).await;
    let latest = server.now_s() + 3600;
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200, "it stays as it is");
    for id in [endless, long] {
        let path = format!("/tokens/{id}/rotate");
        let late = server.json("POST", &path, json!({"validUntil": latest + 1}), As::Admin).await;
        assert_eq!(late.refusal(), (400, "tokenTimeCaveatRequired".to_owned()));
        let answer = server.json("POST", &path, json!({}), As::Admin).await;
        assert_eq!(answer.json()["validUntil"], latest, "{answer:?}");
    }
}
