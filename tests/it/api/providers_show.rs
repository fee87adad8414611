//! `GET /providers/{id}`

use serde_json::json;

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn a_service_is_shown_with_its_name_and_whether_it_is_blocked() {
    let server = TestServer::start().await;
    let (id, _) = server.add_service().await;
    let answer = server.call("GET", &format!("/providers/{id}"), As::Admin).await;
    let made = server.now_s();
    let expected = json!({"providerId": id, "name": "A service", "blocked": false, "creationTime": made,
        "manyTokens": false});
    assert_eq!((answer.status, answer.json()), (200, expected));
}

#[tokio::test]
async fn who_may_not_see_learns_nothing_and_users_are_no_services() {
    let server = TestServer::start().await;
    let (bob, (service, token)) = (server.add_bob().await, server.add_service().await);
    for (id, whom, status) in [
        (service.as_str(), BOB, 403),
        (&service, As::Token(&token), 403),
        (&"0".repeat(32), BOB, 403),
        (&"0".repeat(32), As::Admin, 404),
        ("what", As::Admin, 404),
        (&bob, As::Admin, 404),
    ] {
        let answer = server.call("GET", &format!("/providers/{id}"), whom).await;
        assert_eq!(answer.status, status, "{id}: {answer:?}");
    }
}
