//! `PATCH /user/password`

use serde_json::json;
use zonemint::model::Period;

use crate::support::{As, BOB, TestServer};

const PATH: &str = "/user/password";
const OLD: &str = "bobs-own-password";

/// A server on which guessing costs no time.
async fn patient() -> TestServer {
    TestServer::start_with(|config| config.login.delays = vec![Period::from_ms(0)]).await
}

#[tokio::test]
async fn who_knows_the_old_password_sets_a_new_one() {
    let server = patient().await;
    server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let body = json!({"oldPassword": OLD, "newPassword": "another-password"});
    let answer = server.json("PATCH", PATH, body, As::Token(&token)).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(server.call("GET", "/user", BOB).await.refusal(), (401, "badBasicCredentials".to_owned()));
    assert_eq!(server.call("GET", "/user", As::Basic("bob", "another-password")).await.status, 200);
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200, "tokens stay");
}

#[tokio::test]
async fn who_does_not_know_it_changes_nothing() {
    let server = patient().await;
    server.add_bob().await;
    for old in [json!("a-wrong-password"), json!(null)] {
        let body = json!({"oldPassword": old, "newPassword": "another-password"});
        let answer = server.json("PATCH", PATH, body, BOB).await;
        assert_eq!(answer.refusal(), (401, "badBasicCredentials".to_owned()));
    }
    assert_eq!(server.call("GET", "/user", BOB).await.status, 200);
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = patient().await;
    server.add_bob().await;
    for (body, error) in [
        (json!({}), "missingRequiredValue"),
        (json!({"oldPassword": OLD}), "missingRequiredValue"),
        (json!({"newPassword": "another-password"}), "missingRequiredValue"),
        (json!({"oldPassword": OLD, "newPassword": "short"}), "badValuePassword"),
        (json!({"oldPassword": OLD, "newPassword": "12345678"}), "badValuePassword"),
        (json!({"oldPassword": OLD, "newPassword": null}), "badValueString"),
        (json!({"oldPassword": 7, "newPassword": "another-password"}), "badValueString"),
        (json!({"oldPassword": "", "newPassword": "another-password"}), "badValueEmpty"),
    ] {
        let answer = server.json("PATCH", PATH, body.clone(), BOB).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn who_may_not_sign_in_with_a_password_sets_none() {
    let server = patient().await;
    let bob = server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let off = json!({"basicAuthEnabled": false});
    assert_eq!(server.json("PATCH", &format!("/users/{bob}/basic_auth"), off, As::Admin).await.status, 204);
    let body = json!({"oldPassword": OLD, "newPassword": "another-password"});
    let answer = server.json("PATCH", PATH, body, As::Token(&token)).await;
    assert_eq!(answer.refusal(), (401, "basicAuthDisabled".to_owned()));
}

#[tokio::test]
async fn a_first_password_needs_no_old_one_but_leave_to_have_one() {
    let server = patient().await;
    let made = server.json("POST", "/users", json!({"username": "carol"}), As::Admin).await;
    let path = format!("/users/{}", made.header("location").rsplit_once('/').unwrap().1);
    let (_, token) = server.named(&path, json!({"name": "one"}), As::Admin).await;
    let first = json!({"oldPassword": null, "newPassword": "carols-password"});
    let answer = server.json("PATCH", PATH, first.clone(), As::Token(&token)).await;
    assert_eq!(answer.refusal(), (401, "basicAuthDisabled".to_owned()));
    let on = json!({"basicAuthEnabled": true});
    assert_eq!(server.json("PATCH", &format!("{path}/basic_auth"), on, As::Admin).await.status, 204);
    assert_eq!(server.json("PATCH", PATH, first, As::Token(&token)).await.status, 204);
    assert_eq!(server.call("GET", "/user", As::Basic("carol", "carols-password")).await.status, 200);
}
