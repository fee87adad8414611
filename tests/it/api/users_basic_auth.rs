//! `PATCH /users/{id}/basic_auth`

use serde_json::{Value, json};

use crate::support::{Answer, As, BOB, TestServer};

async fn set(server: &TestServer, bob: &str, body: Value) -> Answer {
    server.json("PATCH", &format!("/users/{bob}/basic_auth"), body, As::Admin).await
}

#[tokio::test]
async fn signing_in_is_switched_off_and_on() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    for (enabled, status) in [(false, 401), (false, 401), (true, 200)] {
        let answer = set(&server, &bob, json!({"basicAuthEnabled": enabled})).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(server.call("GET", "/user", BOB).await.status, status);
    }
}

#[tokio::test]
async fn tokens_are_good_while_signing_in_is_off() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    set(&server, &bob, json!({"basicAuthEnabled": false})).await;
    let user = server.with_token(&token, "GET", "/user").await.json();
    assert_eq!(user["basicAuthEnabled"], false);
}

#[tokio::test]
async fn a_password_is_set_only_for_who_may_have_one() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    assert_eq!(set(&server, &bob, json!({"newPassword": "another-password"})).await.status, 204);
    let another = As::Basic("bob", "another-password");
    assert_eq!(server.call("GET", "/user", BOB).await.status, 401);
    assert_eq!(server.call("GET", "/user", another).await.status, 200);
    let refused = (400, "basicAuthDisabled".to_owned());
    let both = json!({"basicAuthEnabled": false, "newPassword": "a-third-password"});
    assert_eq!(set(&server, &bob, both).await.refusal(), refused);
    assert_eq!(set(&server, &bob, json!({"basicAuthEnabled": false})).await.status, 204);
    assert_eq!(set(&server, &bob, json!({"newPassword": "a-third-password"})).await.refusal(), refused);
    let both = json!({"basicAuthEnabled": true, "newPassword": "a-third-password"});
    assert_eq!(set(&server, &bob, both).await.status, 204);
    assert_eq!(server.call("GET", "/user", As::Basic("bob", "a-third-password")).await.status, 200);
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    for (body, error) in [
        (json!({}), "missingAtLeastOneValue"),
        (json!({"basicAuthEnabled": null}), "missingAtLeastOneValue"),
        (json!({"basicAuthEnabled": "false"}), "badValueBoolean"),
        (json!({"newPassword": "short"}), "badValuePassword"),
        (json!({"newPassword": 12_345_678}), "badValueString"),
    ] {
        assert_eq!(set(&server, &bob, body.clone()).await.refusal(), (400, error.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn nobody_else_sets_passwords_and_one_needs_somebody() {
    let server = TestServer::start().await;
    let (bob, (service, _)) = (server.add_bob().await, server.add_service().await);
    for (id, whom, status) in [
        (bob.as_str(), BOB, 403),
        (&"0".repeat(32), As::Admin, 404),
        (&service, As::Admin, 404),
        ("what", As::Admin, 404),
    ] {
        let body = json!({"newPassword": "another-password"});
        let answer = server.json("PATCH", &format!("/users/{id}/basic_auth"), body, whom).await;
        assert_eq!(answer.status, status, "{id}: {answer:?}");
    }
}
