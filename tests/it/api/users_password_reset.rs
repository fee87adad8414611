//! `POST /users/{id}/password_reset`

use serde_json::json;
use zonemint::model::{Privilege, Privileges};

use crate::support::{Answer, As, BOB, TestServer, narrowed};

async fn make(server: &TestServer, id: &str, whom: As<'_>) -> Answer {
    server.call("POST", &format!("/users/{id}/password_reset"), whom).await
}

#[tokio::test]
async fn a_link_is_made_for_an_hour_and_changes_nothing_yet() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let answer = make(&server, &bob, As::Admin).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"));
    let link = answer.json();
    assert_eq!(link["validUntil"], server.now_s() + 3_600);
    assert_eq!(link["secret"].as_str().unwrap().len(), 43, "256 bits in base64url");
    assert_eq!(server.call("GET", "/user", BOB).await.status, 200, "the password is still good");
    let other = make(&server, &bob, As::Admin).await.json();
    assert_ne!(other["secret"], link["secret"]);
    let rows = server.call("GET", "/audit?kind=user.password", As::Admin).await.json()["rows"].clone();
    let rows: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| [&row["user"], &row["note"]].map(|it| it.as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|[user, note]| *user == bob && note.contains("reset_link=made")), "{rows:?}");
}

#[tokio::test]
async fn who_may_have_no_password_gets_no_link() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let set = async |path: &str, body| {
        let answer = server.json("PATCH", &format!("/users/{bob}/{path}"), body, As::Admin).await;
        assert_eq!(answer.status, 204);
    };
    set("basic_auth", json!({"basicAuthEnabled": false})).await;
    assert_eq!(make(&server, &bob, As::Admin).await.refusal(), (400, "basicAuthDisabled".to_owned()));
    set("basic_auth", json!({"basicAuthEnabled": true})).await;
    set("access_block", json!({"blocked": true})).await;
    let refused = make(&server, &bob, As::Admin).await;
    assert_eq!(refused.refusal(), (403, "forbidden".to_owned()));
    assert!(refused.body.contains("blocked"), "{refused:?}");
    let nameless = server.json("POST", "/users", json!({"fullName": "No Name"}), As::Admin).await;
    let nameless = nameless.header("location").rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(make(&server, &nameless, As::Admin).await.status, 403);
}

#[tokio::test]
async fn a_link_takes_what_setting_the_password_takes() {
    let server = TestServer::start().await;
    let (bob, (service, _)) = (server.add_bob().await, server.add_service().await);
    let lacking = Privileges::all().without(Privileges::from_iter([Privilege::UsersManagePasswords]));
    server.add_manager("clerk", "clerks-own-password", lacking).await;
    for (id, whom, status) in [
        (bob.as_str(), BOB, 403),
        (&bob, As::Basic("clerk", "clerks-own-password"), 403),
        (&"0".repeat(32), As::Admin, 404),
        (&service, As::Admin, 404),
        ("what", As::Admin, 404),
    ] {
        assert_eq!(make(&server, id, whom).await.status, status, "{id}");
    }
    let token = server.temporary("/user", json!({}), As::Admin).await;
    assert_eq!(make(&server, &bob, As::Token(&token)).await.status, 201);
    let narrow = narrowed(&token, &format!("api = ozw/create/user.{bob}.password_reset:private"));
    let refused = make(&server, &bob, As::Token(&narrow)).await;
    assert_eq!(refused.refusal(), (403, "forbidden".to_owned()));
    assert!(refused.body.contains("confined"), "{refused:?}");
}
