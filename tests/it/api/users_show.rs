//! `GET /users/{id}`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn the_object_is_the_one_that_the_user_sees() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let answer = server.call("GET", &format!("/users/{bob}"), As::Admin).await;
    let mut expected = server.call("GET", "/user", BOB).await.json();
    expected["manyTokens"] = json!(false);
    assert_eq!((answer.status, answer.json()), (200, expected));
    assert_eq!((&answer.json()["username"], &answer.json()["blocked"]), (&json!("bob"), &json!(false)));
}

#[tokio::test]
async fn who_may_not_see_learns_nothing_and_services_are_no_users() {
    let server = TestServer::start().await;
    let (bob, (service, _)) = (server.add_bob().await, server.add_service().await);
    for (id, whom, status) in [
        (bob.as_str(), BOB, 403),
        (&"0".repeat(32), BOB, 403),
        (&"0".repeat(32), As::Admin, 404),
        ("what", As::Admin, 404),
        ("%ff", As::Admin, 404),
        (&service, As::Admin, 404),
    ] {
        let answer = server.call("GET", &format!("/users/{id}"), whom).await;
        assert_eq!(answer.status, status, "{id}: {answer:?}");
    }
}
