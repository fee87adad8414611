//! `DELETE /providers/{id}`

use crate::support::{As, BOB, TestServer};

#[tokio::test]
async fn a_removed_service_is_gone_and_its_tokens_are_refused() {
    let server = TestServer::start().await;
    let (id, token) = server.add_service().await;
    let path = format!("/providers/{id}");
    let answer = server.call("DELETE", &path, As::Admin).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let refused = server.with_token(&token, "GET", "/provider/tokens").await;
    assert_eq!(refused.refusal(), (401, "tokenSubjectInvalid".to_owned()));
    for method in ["DELETE", "GET"] {
        assert_eq!(server.call(method, &path, As::Admin).await.refusal(), (404, "notFound".to_owned()));
    }
}

#[tokio::test]
async fn a_user_is_not_removed_as_a_service_and_nobody_else_removes_any() {
    let server = TestServer::start().await;
    let (bob, (service, token)) = (server.add_bob().await, server.add_service().await);
    for (id, whom, status) in [(&service, BOB, 403), (&service, As::Token(&token), 403), (&bob, As::Admin, 404)] {
        assert_eq!(server.call("DELETE", &format!("/providers/{id}"), whom).await.status, status);
    }
    assert_eq!(server.call("GET", &format!("/users/{bob}"), As::Admin).await.status, 200);
}
