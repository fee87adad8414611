//! Privileges over others mean what they say: whoever may manage tokens or passwords gets no privilege by it.

use serde_json::{Value, json};
use zonemint::model::{Privilege, Privileges};

use crate::support::{Answer, As, BOB, TestServer, narrowed};

const MANAGER: As<'static> = As::Basic("manager", "managers-own-password");

/// A server with somebody who has every privilege but one.
async fn server_lacking(privilege: Privilege) -> TestServer {
    let server = TestServer::start().await;
    let rights = Privileges::all().without(Privileges::from_iter([privilege]));
    server.add_manager("manager", "managers-own-password", rights).await;
    server
}

/// What gives an account's rights to the caller, tried on an account and its token: each with how it is called.
async fn gains(server: &TestServer, account: &str, token: &str) -> Vec<(String, Answer)> {
    let end = json!([{"type": "time", "validUntil": server.now_s() + 60}]);
    let mut answers = Vec::new();
    for (method, path, body) in [
        ("GET", format!("/tokens/named/{token}"), Value::Null),
        ("GET", format!("/users/{account}/tokens/named/name/one"), Value::Null),
        ("POST", format!("/users/{account}/tokens/named"), json!({"name": "new"})),
        ("POST", format!("/users/{account}/tokens/temporary"), json!({"caveats": end})),
        ("PATCH", format!("/users/{account}/basic_auth"), json!({"newPassword": "a-new-password"})),
        ("POST", format!("/users/{account}/password_reset"), json!({})),
        ("POST", format!("/tokens/{token}/rotate"), json!({})),
    ] {
        answers.push((format!("{method} {path}"), server.json(method, &path, body, MANAGER).await));
    }
    answers
}

#[tokio::test]
async fn nobody_gets_a_privilege_by_acting_for_who_has_it() {
    for lacking in Privilege::ALL {
        if matches!(lacking, Privilege::TokensManage | Privilege::UsersManagePasswords) {
            continue;
        }
        let server = server_lacking(lacking).await;
        let admin = server.id_of(As::Admin).await;
        let (id, _) = server.named("/user", json!({"name": "one"}), As::Admin).await;
        for (call, answer) in gains(&server, &admin, &id).await {
            assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{lacking:?}: {call}");
            assert!(answer.body.contains("privilege"), "{call}: {answer:?}");
        }
        assert_eq!(server.call("GET", "/user", As::Admin).await.status, 200, "the password is the one it was");
    }
}

#[tokio::test]
async fn who_has_all_privileges_of_an_account_may_act_for_it() {
    let server = server_lacking(Privilege::KeysManage).await;
    let bob = server.add_bob().await;
    let (id, _) = server.named("/user", json!({"name": "one"}), BOB).await;
    for (call, answer) in gains(&server, &bob, &id).await {
        assert!(answer.status < 300, "{call}: {answer:?}");
    }
    let peer = Privileges::all().without(Privileges::from_iter([Privilege::KeysManage, Privilege::AuditView]));
    let peer = server.add_manager("peer", "peers-own-password", peer).await;
    let (id, _) = server.named("/user", json!({"name": "one"}), As::Basic("peer", "peers-own-password")).await;
    for (call, answer) in gains(&server, &peer, &id).await {
        assert!(answer.status < 300, "{call}: {answer:?}");
    }
}

#[tokio::test]
async fn what_only_takes_away_is_done_to_anybody() {
    let server = server_lacking(Privilege::KeysManage).await;
    let admin = server.id_of(As::Admin).await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let path = format!("/tokens/named/{id}");
    assert_eq!(server.call("GET", &format!("{path}/status"), MANAGER).await.status, 200);
    assert_eq!(server.json("PATCH", &path, json!({"revoked": true}), MANAGER).await.status, 204);
    // To whoever has the text, restoring gives as much as minting.
    let answer = server.json("PATCH", &path, json!({"revoked": false}), MANAGER).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 401);
    let all = format!("/users/{admin}/tokens/revoke");
    assert_eq!(server.json("POST", &all, json!({"all": true}), MANAGER).await.status, 200);
    assert_eq!(server.call("DELETE", &path, MANAGER).await.status, 204);
}

#[tokio::test]
async fn whose_text_is_shown_to_somebody_else_is_in_the_audit_trail() {
    let server = TestServer::start().await;
    let (admin, bob) = (server.id_of(As::Admin).await, server.add_bob().await);
    let (id, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let shown = async |whom: As<'_>, path: &str| {
        assert_eq!(server.call("GET", path, whom).await.json()["token"], token);
        let rows = server.call("GET", "/audit?kind=token.update", As::Admin).await.json()["rows"].clone();
        rows.as_array().unwrap().len()
    };
    let (by_id, by_name) = (format!("/tokens/named/{id}"), format!("/users/{bob}/tokens/named/name/one"));
    assert_eq!(shown(BOB, &by_id).await, 0, "the own one is not recorded");
    assert_eq!(shown(BOB, "/user/tokens/named/name/one").await, 0);
    assert_eq!(shown(As::Admin, &by_id).await, 1);
    assert_eq!(shown(As::Admin, &by_name).await, 2);
    for row in server.call("GET", "/audit?kind=token.update", As::Admin).await.json()["rows"].as_array().unwrap() {
        let told = ["actor", "user", "token"].map(|key| row[key].as_str().unwrap().to_owned());
        assert_eq!(told, [admin.as_str(), &bob, &id]);
        assert!(row["note"].as_str().unwrap().starts_with("shown=text way=password "), "{row}");
    }
}

#[tokio::test]
async fn a_narrowed_token_learns_nothing_by_what_it_may_not_do() {
    let server = TestServer::start().await;
    let token = server.named("/user", json!({"name": "one"}), As::Admin).await.1;
    let narrow = narrowed(&token, "ip = 127.0.0.0/8");
    let (nobody, key) = ("0".repeat(32), "0".repeat(16));
    // Neither a target that is not there nor a body that is wrong is told of.
    for (method, path, body) in [
        ("DELETE", format!("/users/{nobody}"), Value::Null),
        ("DELETE", "/users/no-id".to_owned(), Value::Null),
        ("DELETE", format!("/providers/{nobody}"), Value::Null),
        ("POST", format!("/keys/{key}/retire"), json!({})),
        ("POST", "/user/tokens/revoke".to_owned(), json!({"ids": "none"})),
        ("DELETE", "/user/tokens/named?descendants=perhaps".to_owned(), Value::Null),
        ("DELETE", "/user/tokens/temporary?descendants=perhaps".to_owned(), Value::Null),
    ] {
        let answer = server.json(method, &path, body, As::Token(&narrow)).await;
        assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{method} {path}");
    }
}
