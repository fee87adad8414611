//! `POST /password_reset`

use serde_json::{Value, json};
use zonemint::model::Period;

use crate::support::{Answer, As, BOB, TestServer};

const NEW: &str = "a-password-by-link";
const NEW_BOB: As<'static> = As::Basic("bob", NEW);

/// A link for an account.
async fn link(server: &TestServer, id: &str) -> String {
    let answer = server.call("POST", &format!("/users/{id}/password_reset"), As::Admin).await;
    answer.json()["secret"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

async fn reset(server: &TestServer, secret: &str) -> Answer {
    server.json("POST", "/password_reset", json!({"secret": secret, "newPassword": NEW}), As::Nobody).await
}

/// What the server answers to each link that is not good.
async fn assert_refused(server: &TestServer, secret: &str, why: &str) {
    let answer = reset(server, secret).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{why}");
    let told = "You are not authorized to perform this operation: the link is wrong, was used, or is over; ask an administrator \
                for a new one.";
    assert_eq!(answer.json()["error"]["description"], told, "{why}");
}

#[tokio::test]
async fn a_link_sets_a_password_once() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let secret = link(&server, &bob).await;
    let answer = reset(&server, &secret).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"username": "bob"})));
    assert_eq!(server.call("GET", "/user", BOB).await.status, 401);
    assert_eq!(server.call("GET", "/user", NEW_BOB).await.status, 200);
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200, "tokens stay");
    assert_refused(&server, &secret, "used").await;
    let rows = server.call("GET", "/audit?kind=user.password", As::Admin).await.json()["rows"].clone();
    let notes: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["note"].as_str().unwrap()).collect();
    assert!(notes.iter().any(|note| note.starts_with("reset_link=used way=reset_link request=")), "{notes:?}");
    assert!(!rows.to_string().contains(&secret));
}

#[tokio::test]
async fn of_many_that_come_at_once_one_sets_the_password() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let secret = link(&server, &bob).await;
    let all = futures_util::future::join_all((0..6).map(|_| reset(&server, &secret))).await;
    let mut answers: Vec<_> = all.iter().map(|answer| answer.status).collect();
    answers.sort_unstable();
    assert_eq!(answers, [200, 403, 403, 403, 403, 403]);
}

#[tokio::test]
async fn each_link_that_is_not_good_gets_one_and_the_same_answer() {
    let server = TestServer::start_with(|config| config.login.address_burst = 100).await;
    let bob = server.add_bob().await;
    for secret in ["x", &"A".repeat(43), &"A".repeat(5_000), "äöü", "../..", "AAAA=="] {
        assert_refused(&server, secret, "wrong").await;
    }
    let patch = async |path: &str, body: Value| {
        assert_eq!(server.json("PATCH", &format!("/users/{bob}/{path}"), body, As::Admin).await.status, 204);
    };
    let former = link(&server, &bob).await;
    let newer = link(&server, &bob).await;
    assert_refused(&server, &former, "a newer one").await;
    patch("basic_auth", json!({"newPassword": "another-password"})).await;
    assert_refused(&server, &newer, "a new password").await;
    let secret = link(&server, &bob).await;
    patch("access_block", json!({"blocked": true})).await;
    assert_refused(&server, &secret, "blocked").await;
    patch("access_block", json!({"blocked": false})).await;
    assert_refused(&server, &secret, "ended by the block").await;
    let secret = link(&server, &bob).await;
    patch("privileges", json!({"grant": ["zm_keys_manage"]})).await;
    assert_refused(&server, &secret, "whoever made it may not have that privilege").await;
    let secret = link(&server, &bob).await;
    patch("basic_auth", json!({"basicAuthEnabled": false})).await;
    assert_refused(&server, &secret, "sign-in was ended").await;
    patch("basic_auth", json!({"basicAuthEnabled": true})).await;
    let secret = link(&server, &bob).await;
    server.advance_s(3_600);
    assert_refused(&server, &secret, "over").await;
    let secret = link(&server, &bob).await;
    assert_eq!(server.call("DELETE", &format!("/users/{bob}"), As::Admin).await.status, 204);
    assert_refused(&server, &secret, "removed").await;
}

#[tokio::test]
async fn a_password_that_may_not_be_chosen_costs_no_link() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let secret = link(&server, &bob).await;
    for (body, error) in [
        (json!({"secret": secret, "newPassword": "short"}), "badValuePassword"),
        (json!({"secret": secret, "newPassword": null}), "badValueString"),
        (json!({"secret": secret}), "missingRequiredValue"),
        (json!({"newPassword": NEW}), "missingRequiredValue"),
        (json!({"secret": "", "newPassword": NEW}), "badValueEmpty"),
        (json!({"secret": 7, "newPassword": NEW}), "badValueString"),
    ] {
        let answer = server.json("POST", "/password_reset", body.clone(), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
        assert!(!answer.body.contains(&secret), "{answer:?}");
    }
    assert_eq!(reset(&server, &secret).await.status, 200);
}

#[tokio::test]
async fn who_guesses_has_few_attempts_at_an_address_and_a_good_link_costs_none() {
    let server = TestServer::start_with(|config| {
        config.login.address_burst = 3;
        config.login.delays = vec![Period::from_ms(0)];
    })
    .await;
    let bob = server.add_bob().await;
    for _ in 0..4 {
        let secret = link(&server, &bob).await;
        assert_eq!(reset(&server, &secret).await.status, 200);
    }
    for _ in 0..3 {
        assert_refused(&server, &"A".repeat(43), "guessed").await;
    }
    let secret = link(&server, &bob).await;
    let answer = reset(&server, &secret).await;
    assert_eq!(answer.refusal(), (429, "tooManyLogins".to_owned()), "the same is allowed as of passwords");
    assert_ne!(answer.header("retry-after"), "");
}

#[tokio::test]
async fn who_has_no_password_yet_gets_the_first_one() {
    let server = TestServer::start().await;
    let made = server.json("POST", "/users", json!({"username": "carol"}), As::Admin).await;
    let carol = made.header("location").rsplit_once('/').unwrap().1.to_owned();
    let secret = link(&server, &carol).await;
    assert_eq!(reset(&server, &secret).await.json(), json!({"username": "carol"}));
    assert_eq!(server.call("GET", "/user", As::Basic("carol", NEW)).await.status, 200);
}
