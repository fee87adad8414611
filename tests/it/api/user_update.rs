//! `PATCH /user`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

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
async fn a_service_has_no_names_to_change_here() {
    let server = TestServer::start().await;
    let (_, token) = server.add_service().await;
    let answer = server.json("PATCH", "/user", json!({"fullName": "Somebody"}), As::Token(&token)).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
}
