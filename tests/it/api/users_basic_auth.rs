//! `PATCH /users/{id}/basic_auth`

use serde_json::{Value, json};
use zonemint::model::{Privilege, Privileges};

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
        (json!({"mustChangePassword": 1}), "badValueBoolean"),
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

/// What everything by password is answered until it is changed.
const MUST_CHANGE: &str = "The password must be changed first: send PATCH /api/v3/onezone/user/password with oldPassword and \
                           newPassword. Tokens go on working.";

/// Each way to give a password, with what it is answered.
async fn by_password(server: &TestServer, whom: As<'_>) -> Vec<Answer> {
    let As::Basic(name, password) = whom else { panic!("a password") };
    let grant = |grant: &str| format!("grant_type={grant}&username={name}&password={password}");
    let form = |path: &str, body: String| {
        let request = server.beside("POST", path).header("content-type", "application/x-www-form-urlencoded");
        request.body(body)
    };
    let mut answers = Vec::new();
    for (method, path) in [("GET", "/user"), ("GET", "/user/client_tokens"), ("POST", "/user/client_tokens")] {
        answers.push(server.call(method, path, whom).await);
    }
    for (method, path, body) in [
        ("PATCH", "/user", json!({"fullName": "Another Name"})),
        ("POST", "/user/tokens/named", json!({"name": "new"})),
        ("POST", "/tokens/examine", json!({"token": "x"})),
        ("POST", "/password_reset", json!({"secret": "x", "newPassword": "another-password"})),
    ] {
        answers.push(server.json(method, path, body, whom).await);
    }
    answers.push(server.send(form("/oauth/token", grant("password"))).await);
    let client = format!("client_id={name}&client_secret={password}");
    answers.push(server.send(form("/oauth/token", format!("grant_type=client_credentials&{client}"))).await);
    answers.push(server.send(form("/oauth/introspect", format!("token=x&{client}"))).await);
    answers.push(server.send(form("/oauth/revoke", format!("token=x&{client}"))).await);
    answers
}

#[tokio::test]
async fn a_password_that_must_be_changed_does_nothing_else_and_tokens_go_on() {
    let server = TestServer::start_with(|config| {
        config.login.delays = vec![zonemint::model::Period::from_ms(0)];
        config.metrics.networks = Vec::new();
    })
    .await;
    let bob = server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    assert_eq!(server.call("GET", "/user", BOB).await.json()["mustChangePassword"], false);
    assert_eq!(set(&server, &bob, json!({"mustChangePassword": true})).await.status, 204);
    let answer = server.call("GET", "/user", BOB).await;
    assert_eq!(answer.refusal(), (403, "passwordChangeRequired".to_owned()));
    assert_eq!(answer.json()["error"]["description"], MUST_CHANGE);
    for answer in by_password(&server, BOB).await {
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.body.contains("PATCH /api/v3/onezone/user/password"), "{answer:?}");
    }
    assert_eq!(server.call("GET", "/user", As::Basic("bob", "a-wrong-password")).await.status, 401, "as ever");
    for path in ["/user".to_owned(), format!("/users/{bob}")] {
        let whom = if path == "/user" { As::Token(&token) } else { As::Admin };
        let user = server.call("GET", &path, whom).await;
        assert_eq!((user.status, &user.json()["mustChangePassword"]), (200, &json!(true)), "{path}");
    }
    let own = |new: &str| json!({"oldPassword": "bobs-own-password", "newPassword": new});
    let same = server.json("PATCH", "/user/password", own("bobs-own-password"), BOB).await;
    assert_eq!(same.refusal(), (400, "badData".to_owned()), "another one");
    assert_eq!(server.json("PATCH", "/user/password", own("another-password"), BOB).await.status, 204);
    let user = server.call("GET", "/user", As::Basic("bob", "another-password")).await;
    assert_eq!((user.status, &user.json()["mustChangePassword"]), (200, &json!(false)));
}

#[tokio::test]
async fn a_password_is_given_that_must_be_changed() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let given = As::Basic("bob", "a-given-password");
    for (body, status) in [
        (json!({"newPassword": "a-given-password", "mustChangePassword": true}), 403),
        (json!({"newPassword": "a-given-password"}), 403),
        (json!({"newPassword": "a-given-password", "mustChangePassword": false}), 200),
        (json!({"basicAuthEnabled": true, "mustChangePassword": true}), 403),
        (json!({"basicAuthEnabled": false, "mustChangePassword": false}), 401),
        (json!({"basicAuthEnabled": true, "mustChangePassword": true}), 403),
        (json!({"mustChangePassword": false}), 200),
    ] {
        assert_eq!(set(&server, &bob, body.clone()).await.status, 204, "{body}");
        assert_eq!(server.call("GET", "/user", given).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn who_lacks_a_privilege_of_the_account_takes_the_mark_of_its_password_back_for_nobody() {
    let server = TestServer::start().await;
    let rights = Privileges::from_iter([Privilege::UsersManagePasswords]);
    server.add_manager("clerk", "clerks-own-password", rights).await;
    let rights = Privileges::from_iter([Privilege::KeysManage]);
    let other = server.add_manager("other", "others-own-password", rights).await;
    for (must, status) in [(true, 204), (true, 204), (false, 403)] {
        let body = json!({"mustChangePassword": must});
        let clerk = As::Basic("clerk", "clerks-own-password");
        let answer = server.json("PATCH", &format!("/users/{other}/basic_auth"), body, clerk).await;
        assert_eq!(answer.status, status, "{must}: {answer:?}");
    }
}
