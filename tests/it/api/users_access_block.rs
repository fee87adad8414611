//! `PATCH /users/{id}/access_block`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn neither_password_nor_tokens_work_while_a_user_is_blocked() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let (_, named) = server.named("/user", json!({"name": "one"}), BOB).await;
    let temporary = server.temporary("/user", json!({}), BOB).await;
    for (blocked, password, token) in [
        (true, Some("badBasicCredentials"), Some("userBlocked")),
        (false, None, None),
        (true, Some("badBasicCredentials"), Some("userBlocked")),
    ] {
        let answer =
            server.json("PATCH", &format!("/users/{bob}/access_block"), json!({"blocked": blocked}), As::Admin).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        for (whom, expected) in [(BOB, password), (As::Token(&named), token), (As::Token(&temporary), token)] {
            let answer = server.call("GET", "/user", whom).await;
            assert_eq!((answer.status == 401).then(|| answer.error()).as_deref(), expected, "{whom:?}");
        }
    }
}

#[tokio::test]
async fn a_state_that_is_there_already_stays() {
    let server = TestServer::start().await;
    let path = format!("/users/{}/access_block", server.add_bob().await);
    for blocked in [false, true, true] {
        assert_eq!(server.json("PATCH", &path, json!({"blocked": blocked}), As::Admin).await.status, 204);
    }
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    let path = format!("/users/{}/access_block", server.add_bob().await);
    for (body, error) in [
        (json!({}), "missingRequiredValue"),
        (json!({"blocked": null}), "badValueBoolean"),
        (json!({"blocked": "true"}), "badValueBoolean"),
    ] {
        let answer = server.json("PATCH", &path, body.clone(), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn nobody_else_blocks_and_there_must_be_somebody() {
    let server = TestServer::start().await;
    let (bob, (service, _)) = (server.add_bob().await, server.add_service().await);
    for (id, whom, status) in [
        (bob.as_str(), BOB, 403),
        (&"0".repeat(32), As::Admin, 404),
        (&service, As::Admin, 404),
        ("what", As::Admin, 404),
    ] {
        let path = format!("/users/{id}/access_block");
        assert_eq!(server.json("PATCH", &path, json!({"blocked": true}), whom).await.status, status, "{id}");
    }
}
