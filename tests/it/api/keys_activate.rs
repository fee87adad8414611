//! `POST /keys/{id}/activate`

use serde_json::{Value, json};

use crate::support::{Answer, As, BOB, TestServer};

async fn activate(server: &TestServer, id: &str, whom: As<'_>) -> Answer {
    server.call("POST", &format!("/keys/{id}/activate"), whom).await
}

async fn keys(server: &TestServer) -> Value {
    server.call("GET", "/keys?count=true", As::Admin).await.json()["keys"].clone()
}

#[tokio::test]
async fn tokens_are_made_with_it_from_then_on_and_the_rotation_before_is_undone() {
    let server = TestServer::start().await;
    let first = keys(&server).await[0]["id"].as_str().unwrap().to_owned();
    server.call("POST", "/keys/rotate", As::Admin).await;
    server.advance_s(2);
    let second = server.mint(json!({})).await.token();
    let answer = activate(&server, &first, As::Admin).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    server.mint(json!({})).await.token();
    let listed = keys(&server).await;
    assert_eq!(
        (&listed[0]["id"], &listed[0]["state"], &listed[0]["goodTokens"]),
        (&json!(first), &json!("active"), &json!(1))
    );
    assert_eq!((&listed[1]["state"], &listed[1]["goodTokens"]), (&json!("verifying"), &json!(1)));
    assert_eq!(server.with_token(&second, "GET", "/user").await.status, 200);
    assert_eq!(activate(&server, &first, As::Admin).await.status, 204, "it is the active one already");
    let rows = server.call("GET", "/audit", As::Admin).await.body;
    assert!(rows.contains(&format!("key={first} order=last")), "{rows}");
}

#[tokio::test]
async fn a_retired_key_stays_so_and_what_is_no_key_is_not_found() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let first = keys(&server).await[0]["id"].as_str().unwrap().to_owned();
    server.call("POST", "/keys/rotate", As::Admin).await;
    server.advance_s(2);
    for (id, whom, status) in [
        ("0000000000000000", As::Admin, 404),
        ("what", As::Admin, 404),
        (first.as_str(), BOB, 403),
        (first.as_str(), As::Nobody, 401),
    ] {
        assert_eq!(activate(&server, id, whom).await.status, status, "{id}");
    }
    assert_eq!(server.call("POST", &format!("/keys/{first}/retire"), As::Admin).await.status, 204);
    let refused = activate(&server, &first, As::Admin).await;
    assert_eq!(refused.refusal(), (400, "badData".to_owned()));
    assert!(refused.body.contains("it is retired"), "{}", refused.body);
}
