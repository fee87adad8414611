//! Errors over the wire: one error, written as the contract of its path wants it.

use crate::support::TestServer;

const NOT_FOUND: &str = r#"{"error":{"id":"notFound","description":"The resource could not be found.","ctx":null}}"#;

#[tokio::test]
async fn the_path_decides_how_an_error_is_written() {
    let server = TestServer::start().await;
    for (path, status, body) in [
        (
            "/user",
            401,
            r#"{"error":{"id":"unauthorized","description":"You must authenticate yourself to perform this operation.","ctx":null}}"#,
        ),
        ("/tokens/none", 404, NOT_FOUND),
        ("/spaces/x", 404, NOT_FOUND),
        ("/", 404, NOT_FOUND),
    ] {
        let answer = server.send(server.request("GET", path)).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, body), "{path}");
        assert_eq!(answer.header("content-length"), body.len().to_string(), "{path}");
    }
    let reference = server.send(server.request("GET", "/user/client_tokens")).await;
    assert!(reference.body.starts_with(r#"{"error":"You must authenticate yourself"#), "{reference:?}");
}

#[tokio::test]
async fn a_reason_stands_inside_unauthorized() {
    let server = TestServer::start().await;
    let answer = server.with_token("nonsense", "GET", "/user").await;
    let expected = r#"{"error":{"id":"unauthorized","details":{"authError":{"id":"badToken","details":{"hint":"a packet does not start with its length in four lower-case hexadecimal digits"},"description":"Provided token could not be understood by the server: a packet does not start with its length in four lower-case hexadecimal digits.","ctx":null}},"description":"You must authenticate yourself to perform this operation: Provided token could not be understood by the server: a packet does not start with its length in four lower-case hexadecimal digits.","ctx":null}}"#;
    assert_eq!((answer.status, answer.body.as_str()), (401, expected));
}

#[tokio::test]
async fn an_error_that_answers_head_has_a_length_and_no_body() {
    let server = TestServer::start().await;
    for path in ["/user", "/tokens/none", "/user/client_tokens", "/none"] {
        let (get, head) = (server.request("GET", path), server.request("HEAD", path));
        let (get, head) = (server.send(get).await, server.send(head).await);
        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
    }
}
