//! `GET /users`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn all_users_are_listed_by_id_and_no_services() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    server.add_service().await;
    let answer = server.call("GET", "/users", As::Admin).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"users": [server.id_of(As::Admin).await, bob]})));
    server.call("DELETE", &format!("/users/{bob}"), As::Admin).await;
    let answer = server.call("GET", "/users", As::Admin).await;
    assert_eq!(answer.json(), json!({"users": [server.id_of(As::Admin).await]}));
}

#[tokio::test]
async fn a_list_longer_than_a_page_is_whole() {
    let server = TestServer::start().await;
    for _ in 0..1_002 {
        assert_eq!(server.json("POST", "/users", json!({}), As::Admin).await.status, 201);
    }
    let listed = server.call("GET", "/users", As::Admin).await.json();
    let mut ids: Vec<_> = listed["users"].as_array().unwrap().iter().map(ToString::to_string).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1_003);
}

#[tokio::test]
async fn nobody_else_lists_users() {
    let server = TestServer::start().await;
    server.add_bob().await;
    assert_eq!(server.call("GET", "/users", BOB).await.refusal(), (403, "forbidden".to_owned()));
}
