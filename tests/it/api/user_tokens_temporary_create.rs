//! `POST …/tokens/temporary` of an account

use serde_json::json;

use super::accounts::Accounts;
use crate::support::{As, BOB, TestServer, caveats_of, narrowed};

const PATH: &str = "/user/tokens/temporary";
const MONTH_S: u64 = 2_592_000;

#[tokio::test]
async fn a_token_is_made_for_each_account_and_stored_nowhere() {
    let server = TestServer::start().await;
    let accounts = Accounts::of(&server).await;
    for (account, whom) in accounts.all() {
        let body = json!({"caveats": [{"type": "time", "validUntil": server.now_s() + 60}]});
        let answer = server.json("POST", &format!("{account}/tokens/temporary"), body, whom).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.keys(), ["validUntil", "caveats", "token"]);
        assert_eq!(answer.header("location"), "");
        let verdict = json!({"token": answer.json()["token"]});
        let verdict = server.json("POST", "/tokens/verify_access_token", verdict, As::Nobody).await.json();
        let owner = if account.starts_with("/user") { &accounts.bob } else { &accounts.service };
        assert_eq!((&verdict["subject"]["id"], &verdict["ttl"]), (&json!(owner), &json!(60)));
    }
    assert_eq!(server.call("GET", "/user/tokens", BOB).await.json()["tokens"], json!([]));
}

#[tokio::test]
async fn thirty_days_are_accepted_to_the_second() {
    let server = TestServer::start().await;
    let until = |s| json!({"caveats": [{"type": "data.readonly"}, {"type": "time", "validUntil": s}]});
    let answer = server.json("POST", PATH, until(server.now_s() + MONTH_S), As::Admin).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let required = (400, "tokenTimeCaveatRequired".to_owned());
    for body in [until(server.now_s() + MONTH_S + 1), json!({"caveats": []}), json!({})] {
        let answer = server.json("POST", PATH, body, As::Admin).await;
        assert_eq!(answer.refusal(), required);
        assert_eq!(answer.json()["error"]["details"], json!({"maxTtl": MONTH_S}));
    }
}

#[tokio::test]
async fn the_earliest_of_several_ends_counts() {
    let server = TestServer::start().await;
    let now = server.now_s();
    let caveats = json!([{"type": "time", "validUntil": now + 2 * MONTH_S}, {"type": "time", "validUntil": now + 9}]);
    let answer = server.json("POST", PATH, json!({"caveats": caveats}), As::Admin).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    server.advance_s(9);
    assert_eq!(server.with_token(&token, "GET", "/user").await.refusal(), (401, "tokenCaveatUnverified".to_owned()));
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    for (body, error) in [
        (json!({"caveats": {}}), "badData"),
        (json!({"caveats": [{"type": "moon"}]}), "badValueCaveat"),
        (json!({"type": "accessToken"}), "badValueTokenType"),
        (json!({"caveats": null}), "badData"),
        (json!({"type": null}), "badValueTokenType"),
        (json!({"type": {"accessToken": {"sessionId": "s"}}}), "tokenSessionInvalid"),
        (json!({"type": {"inviteToken": {"inviteType": "supportSpace", "spaceId": "x"}}}), "notSupported"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_narrowed_token_makes_nothing_wider() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&narrowed(&token, &format!("time < {}", server.now_s() + 60)), "ip = 127.0.0.1/32");
    let made = server.temporary("/user", json!({}), As::Token(&narrow)).await;
    assert!(caveats_of(&made).contains(&"ip = 127.0.0.1/32".to_owned()));
    server.advance_s(60);
    assert_eq!(server.with_token(&made, "GET", "/user").await.status, 401);
}

#[tokio::test]
async fn a_temporary_token_makes_and_sees_only_what_ends_with_it() {
    let server = TestServer::start().await;
    server.named("/user", json!({"name": "wide"}), As::Admin).await;
    let token = server.temporary("/user", json!({}), As::Admin).await;
    let (id, made) = server.named("/user", json!({"name": "narrow"}), As::Token(&token)).await;
    assert_eq!(caveats_of(&made), [format!("time < {}", server.now_s() + 3600)]);
    assert_eq!(server.call("GET", "/user/tokens/named", As::Token(&token)).await.tokens(), [id]);
}

#[tokio::test]
async fn nothing_is_made_for_others_or_for_whom_there_is_not() {
    let server = TestServer::start().await;
    Accounts::of(&server).await.check_refused(&server, "POST", "/tokens/temporary").await;
}
