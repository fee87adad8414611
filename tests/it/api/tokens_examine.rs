//! `POST /tokens/examine`

use serde_json::json;

use crate::support::{As, TestServer, narrowed};

const PATH: &str = "/tokens/examine";

#[tokio::test]
async fn anybody_reads_what_a_named_token_says() {
    let server = TestServer::start().await;
    let caveats = json!([{"type": "interface", "interface": "rest"}, {"type": "time", "validUntil": 5}]);
    let (id, token) = server.named("/user", json!({"name": "one", "caveats": caveats}), As::Admin).await;
    let answer = server.json("POST", PATH, json!({"token": token, "other": 1}), As::Nobody).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let subject = json!({"type": "user", "id": server.id_of(As::Admin).await});
    let expected = json!({
        "onezoneDomain": server.config.token.domain, "id": id, "persistence": "named",
        "subject": subject, "type": {"accessToken": {}}, "caveats": caveats,
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn a_temporary_identity_token_and_a_services_token_are_told_apart() {
    let server = TestServer::start().await;
    let (service, of_service) = server.add_service().await;
    let identity = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    let examined = server.json("POST", PATH, json!({"token": identity}), As::Nobody).await.json();
    assert_eq!((&examined["persistence"], &examined["type"]), (&json!("temporary"), &json!({"identityToken": {}})));
    for text in [of_service.clone(), format!("opw-{of_service}"), format!("opp-{of_service}")] {
        let examined = server.json("POST", PATH, json!({"token": text}), As::Nobody).await.json();
        assert_eq!(examined["subject"], json!({"type": "oneprovider", "id": service}));
    }
}

#[tokio::test]
async fn an_older_token_names_no_subject() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    let examined = server.json("POST", PATH, json!({"token": token}), As::Nobody).await.json();
    assert_eq!(examined["onezoneDomain"], "onezone");
    assert_eq!(examined["subject"], json!({"type": "nobody", "id": null}));
    assert_eq!(examined["persistence"], "named");
}

#[tokio::test]
async fn what_is_revoked_expired_or_foreign_is_examined_all_the_same() {
    let (server, other) = (TestServer::start().await, TestServer::start().await);
    let foreign = other.named("/user", json!({"name": "one", "revoked": true}), As::Admin).await.1;
    let answer = server.json("POST", PATH, json!({"token": narrowed(&foreign, "time < 1")}), As::Nobody).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["caveats"], json!([{"type": "time", "validUntil": 1}]));
}

#[tokio::test]
async fn what_is_no_token_is_told_by_key() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    for (body, id) in [
        (json!({}), "missingRequiredValue"),
        (json!({"token": ""}), "badValueEmpty"),
        (json!({"token": "garbage"}), "badValueToken"),
        (json!({"token": 7}), "badValueToken"),
        (json!({"token": null}), "badValueToken"),
        (json!({"token": {}}), "badValueToken"),
        (json!({"token": format!("ozw-{token}")}), "badValueToken"),
        (json!({"token": narrowed(&token, "moon = full")}), "tokenCaveatUnknown"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, id.to_owned()), "{body}");
    }
    let answer = server.json("POST", PATH, json!({"token": "garbage"}), As::Nobody).await.json();
    assert_eq!(answer["error"]["details"]["tokenError"]["id"], "badToken");
    assert_eq!(answer["error"]["details"]["key"], "token");
}
