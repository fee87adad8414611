//! `POST /tokens/verify_identity_token`

use serde_json::json;

use crate::support::{As, TestServer, narrowed};

const PATH: &str = "/tokens/verify_identity_token";

#[tokio::test]
async fn an_identity_token_proves_its_subject() {
    let server = TestServer::start().await;
    let body = json!({"name": "me", "type": {"identityToken": {}}});
    let (_, named) = server.named("/user", body, As::Admin).await;
    let temporary = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    let subject = json!({"type": "user", "id": server.id_of(As::Admin).await});
    for (token, ttl) in [(named, json!(null)), (temporary, json!(3600))] {
        let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json(), json!({"subject": subject, "ttl": ttl}));
    }
}

#[tokio::test]
async fn an_access_token_proves_a_service_and_no_user() {
    let server = TestServer::start().await;
    let (service, of_service) = server.add_service().await;
    let (_, of_user) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let answer = server.json("POST", PATH, json!({"token": of_service}), As::Nobody).await;
    assert_eq!(answer.json()["subject"], json!({"type": "oneprovider", "id": service}));
    let answer = server.json("POST", PATH, json!({"token": of_user}), As::Nobody).await;
    assert_eq!(answer.refusal(), (400, "notAnIdentityToken".to_owned()));
    assert_eq!(answer.json()["error"]["details"]["received"], json!({"accessToken": {}}));
}

#[tokio::test]
async fn an_access_token_without_authorization_only_proves_a_service() {
    let server = TestServer::start().await;
    let (id, _) = server.add_service().await;
    let path = format!("/providers/{id}");
    let body = |kind: &str| json!({"name": kind, "type": {kind: {}}, "caveats": [{"scope": "identityToken"}]});
    let (_, of_service) = server.named(&path, body("accessToken"), As::Admin).await;
    let (_, of_user) = server.named("/user", body("accessToken"), As::Admin).await;
    let refused = server.json("POST", &format!("{path}/tokens/named"), body("identityToken"), As::Admin).await;
    assert_eq!(refused.refusal(), (400, "badValueCaveat".to_owned()));
    let proves = async |token: &str| server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
    assert_eq!(proves(&of_service).await.json()["subject"], json!({"type": "oneprovider", "id": id}));
    assert_eq!(proves(&of_user).await.refusal(), (400, "notAnIdentityToken".to_owned()));
    for account in [path.as_str(), "/user"] {
        let identity = server.temporary(account, json!({"type": {"identityToken": {}}}), As::Admin).await;
        let answer = proves(&narrowed(&identity, "authorization = none")).await;
        assert_eq!(answer.refusal(), (400, "tokenCaveatUnverified".to_owned()));
    }
    // It does nothing else.
    for token in [&of_service, &of_user] {
        let answer = server.with_token(token, "GET", "/configuration").await;
        assert_eq!(answer.refusal(), (401, "tokenCaveatUnverified".to_owned()));
        for path in ["/tokens/verify_access_token", "/tokens/infer_access_token_scope"] {
            let answer = server.json("POST", path, json!({"token": token}), As::Nobody).await;
            assert_eq!(answer.refusal(), (400, "tokenCaveatUnverified".to_owned()), "{path}");
        }
        let behind = server.send(server.get("/auth/verify").header("x-auth-token", token)).await;
        assert!([401, 403].contains(&behind.status), "{behind:?}");
        assert!(!super::oauth::is_active(&server, token).await);
    }
}

#[tokio::test]
async fn an_identity_token_opens_nothing() {
    let server = TestServer::start().await;
    let token = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    assert_eq!(server.with_token(&token, "GET", "/user").await.refusal(), (401, "notAnAccessToken".to_owned()));
}

#[tokio::test]
async fn peer_interface_and_consumer_decide_whether_caveats_hold() {
    let server = TestServer::start().await;
    let token = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    let admin = server.id_of(As::Admin).await;
    for (caveat, body, whom, expected) in [
        ("ip = 192.0.2.0/24".to_owned(), json!({"peerIp": "192.0.2.7"}), As::Nobody, 200),
        ("ip = 192.0.2.0/24".to_owned(), json!({}), As::Nobody, 400),
        ("interface = rest".to_owned(), json!({"interface": "rest"}), As::Nobody, 200),
        ("interface = rest".to_owned(), json!({}), As::Nobody, 400),
        (format!("consumer = usr-{admin}"), json!({}), As::Admin, 200),
        (format!("consumer = usr-{admin}"), json!({}), As::Nobody, 400),
        (format!("consumer = usr-{admin}"), json!({"consumerToken": token}), As::Nobody, 200),
        ("service = ozw-onezone".to_owned(), json!({}), As::Nobody, 400),
    ] {
        let mut body = body;
        body["token"] = json!(narrowed(&token, &caveat));
        let answer = server.json("POST", PATH, body, whom).await;
        assert_eq!(answer.status, expected, "{caveat}: {answer:?}");
    }
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    let token = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    let foreign = TestServer::start().await.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    for (body, id) in [
        (json!({}), "missingRequiredValue"),
        (json!({"token": ""}), "badValueEmpty"),
        (json!({"token": "x"}), "badValueToken"),
        (json!({"token": foreign}), "tokenInvalid"),
        (json!({"token": token, "interface": "ftp"}), "badValueNotAllowed"),
        (json!({"token": token, "peerIp": "x"}), "badValueIPv4Address"),
        (json!({"token": token, "consumerToken": "x"}), "badValueToken"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, id.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn an_access_token_is_told_of_a_caveat_before_its_kind_and_of_its_signature_before_both() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let foreign = TestServer::start().await.named("/user", json!({"name": "one"}), As::Admin).await.1;
    let temporary = server.temporary("/user", json!({}), As::Admin).await;
    for (token, id) in [
        (token.clone(), "notAnIdentityToken"),
        (narrowed(&token, "ip = 127.0.0.0/8"), "notAnIdentityToken"),
        (narrowed(&token, "time < 5"), "tokenCaveatUnverified"),
        (narrowed(&token, "data.readonly"), "tokenCaveatUnverified"),
        (narrowed(&token, "moon = full"), "tokenCaveatUnknown"),
        (temporary.clone(), "notAnIdentityToken"),
        (narrowed(&temporary, "time < 5"), "tokenCaveatUnverified"),
        (foreign.clone(), "tokenInvalid"),
        (narrowed(&foreign, "time < 5"), "tokenInvalid"),
    ] {
        let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, id.to_owned()));
    }
}
