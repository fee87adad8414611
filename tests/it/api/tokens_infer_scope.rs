//! `POST /tokens/infer_access_token_scope`

use serde_json::json;

use crate::support::{As, BOB, TestServer, narrowed};

const PATH: &str = "/tokens/infer_access_token_scope";

#[tokio::test]
async fn a_token_without_caveats_has_no_end_and_may_write() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let scope = json!({"readonly": false, "spaces": {}, "providers": {}});
    assert_eq!(answer.json(), json!({"validUntil": null, "dataAccessScope": scope}));
}

#[tokio::test]
async fn service_interface_and_data_caveats_do_not_stand_in_the_way() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let end = server.now_s() + 9;
    let mut token = narrowed(&token, &format!("time < {end}"));
    for caveat in ["data.readonly", "data.path = L3NwYWNl", "interface = oneclient", "service = opw-*"] {
        token = narrowed(&token, caveat);
    }
    let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
    let scope = json!({"readonly": true, "spaces": {}, "providers": {}});
    assert_eq!(answer.json(), json!({"validUntil": end, "dataAccessScope": scope}));
    server.advance_s(9);
    let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
    assert_eq!(answer.refusal(), (400, "tokenCaveatUnverified".to_owned()));
}

#[tokio::test]
async fn a_services_token_reaches_no_data() {
    let server = TestServer::start().await;
    let (_, token) = server.add_service().await;
    let answer = server.json("POST", PATH, json!({"token": token}), As::Nobody).await;
    assert_eq!(answer.json(), json!({"validUntil": null, "dataAccessScope": null}));
}

#[tokio::test]
async fn the_consumer_is_the_subject_unless_a_token_names_somebody_else() {
    let server = TestServer::start().await;
    let (admin, _) = (server.id_of(As::Admin).await, server.add_bob().await);
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let token = narrowed(&token, &format!("consumer = usr-{admin}"));
    assert_eq!(server.json("POST", PATH, json!({"token": token}), As::Nobody).await.status, 200);
    let identity = server.temporary("/user", json!({"type": {"identityToken": {}}}), BOB).await;
    let body = json!({"token": token, "consumerToken": identity});
    assert_eq!(server.json("POST", PATH, body, BOB).await.refusal(), (400, "tokenCaveatUnverified".to_owned()));
}

#[tokio::test]
async fn the_interface_of_the_consumer_token_does_not_matter_and_its_other_limits_do() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let token = narrowed(&token, "consumer = usr-*");
    let identity = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    for (caveat, is_good) in [
        ("interface = oneclient", true),
        ("ip = 127.0.0.0/8", true),
        ("ip = 10.0.0.0/8", false),
        ("consumer = usr-*", false),
        ("service = ozw-*", false),
        ("data.readonly", false),
    ] {
        let body = json!({"token": token, "consumerToken": narrowed(&identity, caveat)});
        let answer = server.json("POST", PATH, body, As::Nobody).await;
        assert_eq!(answer.status == 200, is_good, "{caveat}: {answer:?}");
        assert!(is_good || answer.error() == "badConsumerToken", "{answer:?}");
    }
}

#[tokio::test]
async fn only_a_good_access_token_has_a_scope() {
    let server = TestServer::start().await;
    let (_, access) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let (_, revoked) = server.named("/user", json!({"name": "two", "revoked": true}), As::Admin).await;
    let identity = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    let foreign = TestServer::start().await.named("/user", json!({"name": "one"}), As::Admin).await.1;
    for (body, id) in [
        (json!({}), "missingRequiredValue"),
        (json!({"token": ""}), "badValueEmpty"),
        (json!({"token": "x"}), "badValueToken"),
        (json!({"token": access, "consumerToken": null}), "badValueToken"),
        (json!({"token": access, "consumerToken": access}), "badConsumerToken"),
        (json!({"token": revoked}), "tokenRevoked"),
        (json!({"token": identity}), "notAnAccessToken"),
        (json!({"token": foreign}), "tokenInvalid"),
        (json!({"token": narrowed(&access, "moon = full")}), "tokenCaveatUnknown"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, id.to_owned()), "{body}");
    }
}
