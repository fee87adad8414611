//! `GET /user/spaces` and the other lists that are empty here, and what scripts send to their paths.

use crate::support::{As, TestServer};

#[tokio::test]
async fn there_are_no_spaces_groups_or_providers_of_spaces() {
    let server = TestServer::start().await;
    for (path, body) in [
        ("/user/spaces", r#"{"spaces":[]}"#),
        ("/user/effective_spaces", r#"{"spaces":[]}"#),
        ("/user/effective_providers", r#"{"providers":[]}"#),
        ("/user/effective_providers/0123456789abcdef0123456789abcdef/spaces", r#"{"spaces":[]}"#),
        ("/user/groups", r#"{"groups":[]}"#),
        ("/user/effective_groups", r#"{"groups":[]}"#),
    ] {
        for path in [path.to_owned(), format!("{path}/")] {
            let answer = server.send(As::Admin.sign(server.request("GET", &path))).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
        }
    }
}

#[tokio::test]
async fn a_service_belongs_to_nothing() {
    let server = TestServer::start().await;
    let (id, token) = server.add_service().await;
    for path in ["/user/spaces", "/user/groups", &format!("/user/effective_providers/{id}/spaces")] {
        let answer = server.call("GET", path, As::Token(&token)).await;
        assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{path}");
        assert!(answer.body.contains("for users"), "{answer:?}");
    }
}

/// A script whose variable is empty must not delete everything in the place of one thing.
#[tokio::test]
async fn a_slash_at_the_end_is_dropped_but_nothing_is_deleted_so() {
    let server = TestServer::start().await;
    let body = serde_json::json!({"name": "kept"});
    assert_eq!(server.json("POST", "/user/tokens/named/", body, As::Admin).await.status, 201);
    for path in ["/user/tokens/named/", "/users/", "/user/client_tokens/"] {
        let answer = server.send(As::Admin.sign(server.request("DELETE", path))).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("must not end with a slash"), "{answer:?}");
    }
    let named = server.send(As::Admin.sign(server.request("GET", "/user/tokens/named/name/kept/"))).await;
    assert_eq!(named.status, 200, "{named:?}");
    let narrow = server.as_admin("POST", "/user/client_tokens/").await.token();
    let narrow = crate::support::narrowed(&narrow, "api = ozw/get/user.*.spaces:private");
    for (path, status) in [("/user/spaces/", 200), ("/user/groups/", 401), ("/user/tokens/named/", 401)] {
        let answer = server.send(As::Token(&narrow).sign(server.request("GET", path))).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
    }
    for path in ["/manual/", "/docs/", "/manual/users/"] {
        assert_eq!(server.send(server.get(path)).await.status, 200, "{path}");
    }
}
