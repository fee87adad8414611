//! `POST /tokens/verify_access_token`

use serde_json::json;

use crate::support::{As, BOB, TestServer, narrowed};

const PATH: &str = "/tokens/verify_access_token";

#[tokio::test]
async fn the_subject_and_the_time_that_is_left_are_told_to_anybody() {
    let server = TestServer::start().await;
    let (admin, (service, of_service)) = (server.id_of(As::Admin).await, server.add_service().await);
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let short = narrowed(&narrowed(&token, &format!("time < {}", server.now_s() + 9)), "time < 2000000000");
    for (token, kind, id, ttl) in [
        (&token, "user", &admin, json!(null)),
        (&short, "user", &admin, json!(9)),
        (&of_service, "oneprovider", &service, json!(null)),
    ] {
        let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json(), json!({"subject": {"type": kind, "id": id}, "ttl": ttl}));
    }
}

#[tokio::test]
async fn client_tokens_and_temporary_ones_are_verified_too() {
    let server = TestServer::start().await;
    let client = server.as_admin("POST", "/user/client_tokens").await.token();
    let temporary = server.temporary("/user", json!({}), As::Admin).await;
    for (token, ttl) in [(client, 31_536_000), (temporary, 3_600)] {
        let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
        assert_eq!(answer.json()["ttl"], ttl, "{answer:?}");
    }
}

#[tokio::test]
async fn what_is_asked_decides_whether_caveats_hold() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (caveat, good, bad) in [
        ("ip = 192.0.2.0/24", json!({"peerIp": "192.0.2.7"}), json!({"peerIp": "192.0.3.7"})),
        ("ip = 127.0.0.1/32", json!({}), json!({"peerIp": null})),
        ("ip = 2001:db8::/32", json!({"peerIp": "2001:db8::1"}), json!({})),
        ("interface = rest", json!({"interface": "rest"}), json!({})),
        ("interface = oneclient", json!({"interface": "oneclient"}), json!({"interface": "graphsync"})),
        ("http.method = GET", json!({"httpMethod": "GET"}), json!({})),
        ("http.path = /a/*", json!({"httpMethod": "GET", "httpPath": "/a/b?c"}), json!({"httpPath": "/a/../b"})),
        ("http.path = /a", json!({"httpPath": "/a"}), json!({"httpMethod": "GET"})),
        ("data.readonly", json!({"allowDataAccessCaveats": true}), json!({"allowDataAccessCaveats": false})),
    ] {
        let token = narrowed(&token, caveat);
        for (mut body, expected) in [(good, 200), (bad, 400)] {
            body["token"] = json!(token);
            let answer = server.json("POST", PATH, body, As::Nobody).await;
            assert_eq!(answer.status, expected, "{caveat}: {answer:?}");
            assert!(expected == 200 || answer.error() == "tokenCaveatUnverified", "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_is_told_with_its_reason() {
    let server = TestServer::start().await;
    let (_, access) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let (_, revoked) = server.named("/user", json!({"name": "two", "revoked": true}), As::Admin).await;
    let identity = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    let foreign = TestServer::start().await.named("/user", json!({"name": "one"}), As::Admin).await.1;
    for (token, id) in [
        (narrowed(&access, "time < 5"), "tokenCaveatUnverified"),
        (narrowed(&access, "moon = full"), "tokenCaveatUnknown"),
        (revoked, "tokenRevoked"),
        (identity, "notAnAccessToken"),
        (foreign, "tokenInvalid"),
        ("garbage".to_owned(), "badValueToken"),
    ] {
        let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, id.to_owned()));
    }
}

#[tokio::test]
async fn the_first_caveat_that_fails_decides() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (caveats, id) in [
        (["time < 5", "moon = full"], "tokenCaveatUnverified"),
        (["moon = full", "time < 5"], "tokenCaveatUnknown"),
        (["interface = rest", "time < 05"], "badToken"),
        (["data.readonly", "time < 05"], "tokenCaveatUnverified"),
    ] {
        let token = caveats.iter().fold(token.clone(), |token, caveat| narrowed(&token, caveat));
        let body = json!({"token": token, "interface": "rest"});
        let answer = server.json("POST", PATH, body, As::Nobody).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.body.contains(&format!(r#""id":"{id}""#)), "{caveats:?}: {answer:?}");
    }
}

#[tokio::test]
async fn proofs_in_a_body_came_through_the_interface_that_it_names() {
    let server = TestServer::start().await;
    let (_, service) = server.add_service().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let identity = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    for (key, proof, error) in
        [("serviceToken", &service, "badServiceToken"), ("consumerToken", &identity, "badConsumerToken")]
    {
        for (of_proof, of_body, is_good) in [
            ("graphsync", Some("graphsync"), true),
            ("rest", Some("rest"), true),
            ("rest", Some("graphsync"), false),
            ("rest", None, false),
        ] {
            let mut body = json!({"token": token, key: narrowed(proof, &format!("interface = {of_proof}"))});
            if let Some(interface) = of_body {
                body["interface"] = json!(interface);
            }
            let answer = server.json("POST", PATH, body.clone(), As::Nobody).await;
            assert_eq!(answer.status == 200, is_good, "{body}: {answer:?}");
            assert!(is_good || answer.error() == error, "{answer:?}");
            if key == "consumerToken" {
                body["token"] = json!(identity);
                let answer = server.json("POST", "/tokens/verify_identity_token", body, As::Nobody).await;
                assert_eq!(answer.status == 200, is_good, "{answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (key, value, id) in [
        ("token", json!(null), "badValueToken"),
        ("allowDataAccessCaveats", json!("true"), "badValueBoolean"),
        ("allowDataAccessCaveats", json!(null), "badValueBoolean"),
        ("consumerToken", json!(null), "badValueToken"),
        ("consumerToken", json!(""), "badValueEmpty"),
        ("consumerToken", json!(token), "badConsumerToken"),
        ("interface", json!("ftp"), "badValueNotAllowed"),
        ("interface", json!(null), "badValueNotAllowed"),
        ("peerIp", json!("localhost"), "badValueIPv4Address"),
        ("serviceToken", json!(null), "badValueToken"),
        ("serviceToken", json!(token), "badServiceToken"),
    ] {
        let mut body = json!({"token": token});
        body[key] = value;
        let answer = server.json("POST", PATH, body.clone(), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, id.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_blocked_or_removed_subject_is_told() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let verdict = async || server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
    assert_eq!(verdict().await.status, 200);
    let block = async |blocked: bool| {
        let path = format!("/users/{bob}/access_block");
        assert_eq!(server.json("PATCH", &path, json!({"blocked": blocked}), As::Admin).await.status, 204);
    };
    block(true).await;
    assert_eq!(verdict().await.refusal(), (400, "userBlocked".to_owned()));
    block(false).await;
    assert_eq!(verdict().await.status, 200);
    assert_eq!(server.call("DELETE", &format!("/users/{bob}"), As::Admin).await.status, 204);
    assert!(["tokenSubjectInvalid", "tokenInvalid"].contains(&verdict().await.error().as_str()));
}
