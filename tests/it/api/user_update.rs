//! `PATCH /user`

use serde_json::json;

use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn a_user_takes_other_names() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let answer = server.json("PATCH", "/user", json!({"fullName": "Robert R.", "x": 1}), BOB).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(server.call("GET", "/user", BOB).await.json()["fullName"], "Robert R.");
    assert_eq!(server.json("PATCH", "/user", json!({"username": "robert"}), BOB).await.status, 204);
    assert_eq!(server.call("GET", "/user", BOB).await.status, 401);
    let robert = server.call("GET", "/user", As::Basic("robert", "bobs-own-password")).await.json();
    assert_eq!((&robert["username"], &robert["fullName"]), (&json!("robert"), &json!("Robert R.")));
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    server.add_bob().await;
    for (body, error) in [
        (json!({}), "missingAtLeastOneValue"),
        (json!({"fullName": "x"}), "badValueFullName"),
        (json!({"fullName": 7}), "badValueString"),
        (json!({"username": "."}), "badValueUsername"),
        (json!({"username": "admin"}), "badValueIdentifierOccupied"),
    ] {
        let answer = server.json("PATCH", "/user", body.clone(), BOB).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_user_takes_no_name_that_a_group_lists() {
    let server = TestServer::start_with(|config| {
        config.forward_auth.groups = vec!["staff = carol bob".to_owned()];
    })
    .await;
    server.add_bob().await;
    let taken = server.json("PATCH", "/user", json!({"username": "carol"}), BOB).await;
    assert_eq!(taken.refusal(), (400, "badValueIdentifierOccupied".to_owned()));
    assert_eq!(server.json("PATCH", "/user", json!({"username": "bob"}), BOB).await.status, 204, "the own name");
    assert_eq!(server.json("PATCH", "/user", json!({"username": "robert"}), BOB).await.status, 204);
    let robert = As::Basic("robert", "bobs-own-password");
    let back = server.json("PATCH", "/user", json!({"username": "bob"}), robert).await;
    assert_eq!(back.refusal(), (400, "badValueIdentifierOccupied".to_owned()));
    let made = json!({"username": "carol", "password": "carols-own-password"});
    let made = server.json("POST", "/users", made, As::Admin).await;
    assert_eq!(made.status, 201, "an administrator may");
    let warning = "the group \"staff\" of forward_auth.groups lists carol: this account is now a member";
    assert_eq!(made.headers["x-warning"], warning);
    let made = json!({"username": "dave", "password": "daves-own-password"});
    assert!(!server.json("POST", "/users", made, As::Admin).await.headers.contains_key("x-warning"));
}

#[tokio::test]
async fn a_user_takes_no_name_that_another_account_had() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let made = json!({"username": "carol", "password": "carols-own-password"});
    assert_eq!(server.json("POST", "/users", made, As::Admin).await.status, 201);
    assert_eq!(server.call("DELETE", &format!("/users/{bob}"), As::Admin).await.status, 204);
    let carol = As::Basic("carol", "carols-own-password");
    let taken = server.json("PATCH", "/user", json!({"username": "bob"}), carol).await;
    assert_eq!(taken.refusal(), (400, "badValueIdentifierOccupied".to_owned()));
}

#[tokio::test]
async fn a_narrowed_token_does_not_rename() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let token = server.named("/user", json!({"name": "one"}), BOB).await.1;
    let narrow = narrowed(&token, "ip = 127.0.0.0/8");
    // Whatever the name: a free one, its own, and one that another account has.
    for name in ["robert", "bob", "admin"] {
        let answer = server.json("PATCH", "/user", json!({"username": name}), As::Token(&narrow)).await;
        assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{name}");
    }
    assert_eq!(server.json("PATCH", "/user", json!({"fullName": "Robert"}), As::Token(&narrow)).await.status, 204);
    let timed = narrowed(&token, "time < 4102444800");
    assert_eq!(server.json("PATCH", "/user", json!({"username": "robert"}), As::Token(&timed)).await.status, 204);
}

#[tokio::test]
async fn a_service_has_no_names_to_change_here() {
    let server = TestServer::start().await;
    let (_, token) = server.add_service().await;
    let answer = server.json("PATCH", "/user", json!({"fullName": "Somebody"}), As::Token(&token)).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
}
