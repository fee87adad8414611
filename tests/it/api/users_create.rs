//! `POST /users`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

const PATH: &str = "/users";

#[tokio::test]
async fn a_user_with_a_password_can_sign_in_at_once() {
    let server = TestServer::start().await;
    let body = json!({"username": "carol", "password": "carols-password", "fullName": "Carol K. Lewis"});
    let answer = server.json("POST", PATH, body, As::Admin).await;
    assert_eq!((answer.status, answer.body.as_str()), (201, ""));
    let carol = server.call("GET", "/user", As::Basic("carol", "carols-password")).await.json();
    let id = carol["userId"].as_str().unwrap();
    let location = format!("https://localhost:{}/api/v3/onezone/users/{id}", server.port());
    assert_eq!(answer.header("location"), location);
    assert_eq!(carol["fullName"], "Carol K. Lewis");
    assert_eq!(server.call("GET", PATH, As::Basic("carol", "carols-password")).await.status, 403);
}

#[tokio::test]
async fn a_user_without_a_password_has_whatever_names_are_given() {
    let server = TestServer::start().await;
    for (body, username, full_name) in [
        (json!({"username": "some_body"}), json!("some_body"), "some body"),
        (json!({"fullName": "Some Body"}), json!(null), "Some Body"),
        (json!({}), json!(null), "Unnamed User"),
        (json!({"username": "other", "fullName": "Else", "password": null}), json!("other"), "Else"),
    ] {
        let answer = server.json("POST", PATH, body, As::Admin).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let (_, id) = answer.header("location").rsplit_once('/').unwrap();
        let user = server.call("GET", &format!("/users/{id}"), As::Admin).await.json();
        assert_eq!((&user["username"], &user["fullName"]), (&username, &json!(full_name)));
        assert_eq!(user["basicAuthEnabled"], false);
    }
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    for (body, error) in [
        (json!({"password": "a-good-password"}), "missingRequiredValue"),
        (json!({"username": "carol", "password": "short"}), "badValuePassword"),
        (json!({"username": "c", "password": "a-good-password"}), "badValueUsername"),
        (json!({"username": "-carol"}), "badValueUsername"),
        (json!({"username": "carol", "fullName": "x"}), "badValueFullName"),
        (json!({"username": 7}), "badValueString"),
        (json!({"username": "admin"}), "badValueIdentifierOccupied"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
    let taken = server.json("POST", PATH, json!({"username": "admin"}), As::Admin).await.json();
    assert_eq!(taken["error"]["details"], json!({"key": "username"}));
    assert_eq!(server.call("GET", PATH, As::Admin).await.json()["users"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_else_makes_users() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let answer = server.json("POST", PATH, json!({"username": "carol"}), BOB).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
}
