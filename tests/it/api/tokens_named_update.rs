//! `PATCH /tokens/named/{id}`

use serde_json::json;
use zonemint::model::{Privilege, Privileges};

use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn name_notes_and_revocation_change_and_nothing_else() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (id, _) = server.named("/user", json!({"name": "one", "customMetadata": {"a": 1, "b": 2}}), BOB).await;
    let path = format!("/tokens/named/{id}");
    let before = server.call("GET", &path, BOB).await.json();
    let change = json!({"name": "two", "customMetadata": {"c": 3}, "revoked": true, "caveats": [{}], "type": 7});
    let answer = server.json("PATCH", &path, change, As::Admin).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let mut expected = before;
    expected["name"] = json!("two");
    expected["metadata"]["custom"] = json!({"c": 3});
    expected["revoked"] = json!(true);
    assert_eq!(server.call("GET", &path, BOB).await.json(), expected);
}

#[tokio::test]
async fn a_revoked_token_is_refused_until_it_is_restored_and_for_ever_when_deleted() {
    let server = TestServer::start().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let path = format!("/tokens/named/{id}");
    let revoke = async |revoked: bool| {
        assert_eq!(server.json("PATCH", &path, json!({"revoked": revoked}), As::Admin).await.status, 204);
        server.with_token(&token, "GET", "/user").await
    };
    assert_eq!(revoke(true).await.refusal(), (401, "tokenRevoked".to_owned()));
    assert_eq!(revoke(true).await.refusal(), (401, "tokenRevoked".to_owned()));
    assert_eq!(revoke(false).await.status, 200);
    assert_eq!(server.call("DELETE", &path, As::Admin).await.status, 204);
    assert_eq!(server.with_token(&token, "GET", "/user").await.refusal(), (401, "tokenInvalid".to_owned()));
    assert_eq!(server.json("PATCH", &path, json!({"revoked": false}), As::Admin).await.status, 404);
}

#[tokio::test]
async fn a_taken_name_is_told_by_key_and_ones_own_is_not_taken() {
    let server = TestServer::start().await;
    let (id, _) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    server.named("/user", json!({"name": "two"}), As::Admin).await;
    let path = format!("/tokens/named/{id}");
    let answer = server.json("PATCH", &path, json!({"name": "two", "revoked": true}), As::Admin).await;
    assert_eq!(answer.refusal(), (400, "badValueIdentifierOccupied".to_owned()));
    assert_eq!(answer.json()["error"]["details"], json!({"key": "name"}));
    assert_eq!(server.call("GET", &path, As::Admin).await.json()["revoked"], false, "all or nothing");
    assert_eq!(server.json("PATCH", &path, json!({"name": "one"}), As::Admin).await.status, 204);
}

#[tokio::test]
async fn bad_values_are_told_by_key() {
    let server = TestServer::start().await;
    let (id, _) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (body, error) in [
        (json!({}), "missingAtLeastOneValue"),
        (json!({"caveats": []}), "missingAtLeastOneValue"),
        (json!({"revoked": null}), "badValueBoolean"),
        (json!({"customMetadata": null, "name": "two"}), "badValueJSON"),
        (json!({"name": "-"}), "badValueName"),
        (json!({"name": null}), "badValueName"),
        (json!({"name": 7}), "badValueString"),
        (json!({"customMetadata": []}), "badValueJSON"),
        (json!({"revoked": "true"}), "badValueBoolean"),
    ] {
        let answer = server.json("PATCH", &format!("/tokens/named/{id}"), body.clone(), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
    let answer = server.json("PATCH", &format!("/tokens/named/{id}"), json!({}), As::Admin).await;
    assert_eq!(answer.json()["error"]["details"]["keys"], json!(["customMetadata", "name", "revoked"]));
}

#[tokio::test]
async fn neither_somebody_elses_nor_a_wider_token_is_changed() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&token, "ip = 127.0.0.1/32");
    for (id, whom, status) in [
        (id.as_str(), BOB, 403),
        (id.as_str(), As::Token(&narrow), 403),
        ("00000000000000000000000000000000ch0000", BOB, 404),
        ("what", BOB, 404),
    ] {
        let answer = server.json("PATCH", &format!("/tokens/named/{id}"), json!({"revoked": true}), whom).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
}

#[tokio::test]
async fn a_revoked_token_is_restored_with_a_password_only() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let manager = As::Basic("manager", "managers-own-password");
    let rights = Privileges::from_iter([Privilege::TokensManage]);
    server.add_manager("manager", "managers-own-password", rights).await;
    let (id, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let (_, other) = server.named("/user", json!({"name": "two"}), BOB).await;
    let (_, managers) = server.named("/user", json!({"name": "two"}), manager).await;
    let path = format!("/tokens/named/{id}");
    let restore = json!({"revoked": false});
    // Of a good token it changes nothing, and so may be said.
    assert_eq!(server.json("PATCH", &path, restore.clone(), As::Token(&other)).await.status, 204);
    for whom in [BOB, manager, As::Admin] {
        assert_eq!(server.json("PATCH", &path, json!({"revoked": true}), As::Token(&other)).await.status, 204);
        for stolen in [&other, &managers] {
            let all = json!({"revoked": false, "name": "three"});
            let answer = server.json("PATCH", &path, all, As::Token(stolen)).await;
            assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
            assert!(answer.body.contains("with the password"), "{answer:?}");
        }
        assert_eq!(server.with_token(&token, "GET", "/user").await.refusal(), (401, "tokenRevoked".to_owned()));
        assert_eq!(server.json("PATCH", &path, restore.clone(), whom).await.status, 204);
        assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    }
    assert_eq!(server.call("GET", &path, BOB).await.json()["name"], "one");
}
