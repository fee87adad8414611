//! `GET /tokens/named/{id}`

use serde_json::json;

use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn its_subject_and_who_manages_tokens_see_all_of_a_token() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let caveats = json!([{"type": "time", "validUntil": 2_000_000_000}]);
    let body = json!({"name": "(one) t\u{f6}ken", "caveats": caveats, "customMetadata": {"z": [1], "a": null}});
    let (id, token) = server.named("/user", body, BOB).await;
    let expected = json!({
        "id": id, "name": "(one) t\u{f6}ken", "subject": {"type": "user", "id": bob}, "type": {"accessToken": {}},
        "caveats": caveats, "metadata": {"creationTime": server.now_s(), "custom": {"z": [1], "a": null}},
        "revoked": false, "lastUse": null, "token": token,
    });
    for whom in [BOB, As::Admin, As::Token(&token)] {
        let answer = server.call("GET", &format!("/tokens/named/{id}"), whom).await;
        assert_eq!((answer.status, answer.json()), (200, expected.clone()));
    }
}

#[tokio::test]
async fn a_service_sees_its_own() {
    let server = TestServer::start().await;
    let (service, token) = server.add_service().await;
    let identity = json!({"name": "who", "type": {"identityToken": {}}});
    let (id, text) = server.named("/provider", identity, As::Token(&token)).await;
    let shown = server.call("GET", &format!("/tokens/named/{id}"), As::Token(&token)).await.json();
    assert_eq!(shown["subject"], json!({"type": "oneprovider", "id": service}));
    assert_eq!((&shown["type"], &shown["token"]), (&json!({"identityToken": {}}), &json!(text)));
    assert_eq!(shown["metadata"]["custom"], json!({}));
}

#[tokio::test]
async fn what_is_somebody_elses_or_not_there_is_not_shown() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, service) = server.add_service().await;
    let (id, _) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (id, whom, status, error) in [
        (id.as_str(), BOB, 403, "forbidden"),
        (id.as_str(), As::Token(&service), 403, "forbidden"),
        ("00000000000000000000000000000000ch0000", BOB, 404, "notFound"),
        ("what", BOB, 404, "notFound"),
        ("%ff", BOB, 404, "notFound"),
    ] {
        let answer = server.call("GET", &format!("/tokens/named/{id}"), whom).await;
        assert_eq!(answer.refusal(), (status, error.to_owned()), "{id}");
    }
}

#[tokio::test]
async fn a_narrowed_token_does_not_show_a_wider_one() {
    let server = TestServer::start().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let ip = json!([{"type": "ip", "whitelist": ["127.0.0.0/8"]}]);
    let (narrow, _) = server.named("/user", json!({"name": "two", "caveats": ip}), As::Admin).await;
    let until = format!("time < {}", server.now_s() + 9);
    for (caveat, own) in [(until.as_str(), 403), ("ip = 127.0.0.0/8", 200), ("ip = 127.0.0.1/32", 403)] {
        let token = narrowed(&token, caveat);
        let answer = server.call("GET", &format!("/tokens/named/{id}"), As::Token(&token)).await;
        assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{caveat}");
        let answer = server.call("GET", &format!("/tokens/named/{narrow}"), As::Token(&token)).await;
        assert_eq!(answer.status, own, "{caveat}");
    }
}
