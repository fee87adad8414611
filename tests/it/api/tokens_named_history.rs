//! `GET /tokens/named/{id}/history`

use serde_json::{Value, json};
use zonemint::audit::Place;
use zonemint::model::{Privilege, Privileges};
use zonemint::store::{Actor, AuditAction, AuditEntry};

use crate::support::{As, BOB, TestServer, narrowed};

const MANAGER: As<'_> = As::Basic("manager", "managers-password");

async fn history(server: &TestServer, id: &str, query: &str, whom: As<'_>) -> Value {
    let answer = server.call("GET", &format!("/tokens/named/{id}/history{query}"), whom).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn column(page: &Value, key: &str) -> Vec<Value> {
    page["rows"].as_array().unwrap().iter().map(|row| row[key].clone()).collect()
}

/// A token of Bob, which he has renamed and an administrator has revoked.
async fn token_with_history(server: &TestServer) -> (String, String) {
    let (id, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let path = format!("/tokens/named/{id}");
    server.advance_s(1);
    assert_eq!(server.json("PATCH", &path, json!({"name": "two"}), BOB).await.status, 204);
    server.advance_s(1);
    assert_eq!(server.json("PATCH", &path, json!({"revoked": true}), As::Admin).await.status, 204);
    (id, token)
}

#[tokio::test]
async fn it_is_what_happened_to_the_token_and_to_no_other() {
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    server.named("/user", json!({"name": "before"}), BOB).await;
    let (id, _) = token_with_history(&server).await;
    server.named("/user", json!({"name": "after"}), BOB).await;
    let page = history(&server, &id, "", BOB).await;
    let admin = server.id_of(As::Admin).await;
    assert_eq!(column(&page, "action"), ["token.revoke", "token.update", "token.mint"]);
    assert_eq!(column(&page, "actor"), [&*admin, &*bob, &*bob]);
    assert_eq!(column(&page, "way"), [json!(null), json!("password"), json!("password")]);
    assert_eq!(column(&page, "network"), [json!(null), json!("127.0.0.0/24"), json!("127.0.0.0/24")]);
    assert_eq!(column(&page, "note"), [json!(null), json!(null), json!(null)]);
    let mint = &page["rows"][2];
    assert_eq!(mint["atMs"].as_u64().unwrap() + 2_000, page["rows"][0]["atMs"].as_u64().unwrap());
    assert!(mint["time"].as_str().unwrap().ends_with('Z') && mint["request"].is_string(), "{mint}");
    assert_eq!(page["next"], Value::Null, "older rows are not looked at");
}

#[tokio::test]
async fn where_somebody_else_was_is_told_to_who_may_see_the_audit_trail() {
    let server = TestServer::start().await;
    server.add_bob().await;
    server.add_manager("manager", "managers-password", Privileges::from_iter([Privilege::TokensManage])).await;
    let (id, _) = token_with_history(&server).await;
    let manager = history(&server, &id, "", MANAGER).await;
    assert_eq!((manager["rows"].as_array().unwrap().len(), column(&manager, "request")), (3, vec![Value::Null; 3]));
    let admin = history(&server, &id, "", As::Admin).await;
    assert!(column(&admin, "request").iter().all(Value::is_string), "{admin}");
}

#[tokio::test]
async fn what_a_token_minted_says_so() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (parent, token) = server.named("/user", json!({"name": "parent"}), BOB).await;
    let (child, _) = server.named("/user", json!({"name": "child"}), As::Token(&token)).await;
    let page = history(&server, &child, "", BOB).await;
    assert_eq!((column(&page, "mintedBy"), column(&page, "way")), (vec![json!(parent)], vec![json!("token")]));
}

#[tokio::test]
async fn pages_look_at_so_many_rows_and_say_where_to_look_on() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (id, _) = token_with_history(&server).await;
    let first = history(&server, &id, "?limit=2", BOB).await;
    let rest = history(&server, &id, &format!("?limit=2&cursor={}", first["next"].as_str().unwrap()), BOB).await;
    assert_eq!((column(&first, "action").len(), column(&rest, "action")), (2, vec![json!("token.mint")]));
    let entries = vec![AuditEntry::new(AuditAction::TokenPurge, Actor::System); 2_500];
    server.store.append_audit(entries, server.clock.now_ms()).await.unwrap();
    let first = history(&server, &id, "", BOB).await;
    assert_eq!(first["rows"], json!([]));
    let next = history(&server, &id, &format!("?cursor={}", first["next"].as_str().unwrap()), BOB).await;
    assert_eq!(column(&next, "action").len(), 3);
}

#[tokio::test]
async fn where_a_page_ended_is_told_to_the_server_alone() {
    let server = TestServer::start().await;
    server.add_bob().await;
    server.add_manager("manager", "managers-password", Privileges::from_iter([Privilege::TokensManage])).await;
    let (id, _) = token_with_history(&server).await;
    let (other, _) = server.named("/user", json!({"name": "other"}), BOB).await;
    let mut cursors = Vec::new();
    for rows in [0, 300] {
        let entries = vec![AuditEntry::new(AuditAction::TokenPurge, Actor::System); rows];
        server.store.append_audit(entries, server.clock.now_ms()).await.unwrap();
        let page = history(&server, &id, "?limit=1", BOB).await;
        cursors.push(page["next"].as_str().unwrap().to_owned());
    }
    let again = history(&server, &id, "?limit=1", BOB).await["next"].as_str().unwrap().to_owned();
    assert!(cursors[0] != cursors[1] && cursors[1] != again, "the same place is another text each time");
    assert!(cursors.iter().all(|cursor| cursor.len() == again.len()), "{cursors:?}");
    assert_eq!(Place::parse(&again), None);
    let in_clear = server.call("GET", "/audit?limit=1", As::Admin).await.json()["next"].as_str().unwrap().to_owned();
    assert!(Place::parse(&in_clear).is_some(), "{in_clear}");
    let changed = format!("{}{}", &again[..again.len() - 2], if again.ends_with('A') { "BB" } else { "AA" });
    for (token, cursor, whom, status) in [
        (&id, &again, BOB, 200),
        (&other, &again, BOB, 400),
        (&id, &again, MANAGER, 400),
        (&id, &in_clear, BOB, 400),
        (&id, &in_clear, As::Admin, 400),
        (&id, &changed, BOB, 400),
    ] {
        let answer = server.call("GET", &format!("/tokens/named/{token}/history?cursor={cursor}"), whom).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[tokio::test]
async fn a_cursor_outlives_the_rotation_of_the_key_and_ends_with_it() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (id, _) = token_with_history(&server).await;
    let cursor = history(&server, &id, "?limit=2", BOB).await["next"].as_str().unwrap().to_owned();
    let old = server.call("GET", "/keys", As::Admin).await.json()["keys"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.call("POST", "/keys/rotate", As::Admin).await.status, 201);
    server.advance_s(2);
    let rest = history(&server, &id, &format!("?cursor={cursor}"), BOB).await;
    assert_eq!(column(&rest, "action"), ["token.mint"]);
    assert_eq!(server.call("POST", &format!("/keys/{old}/retire"), As::Admin).await.status, 204);
    let refused = server.call("GET", &format!("/tokens/named/{id}/history?cursor={cursor}"), BOB).await;
    assert_eq!(refused.refusal(), (400, "badData".to_owned()));
}

#[tokio::test]
async fn a_token_reads_the_history_of_tokens_that_allow_no_more() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let path = format!("/tokens/named/{id}/history");
    let session = narrowed(&token, &format!("time < {}", server.now_s() + 60));
    let narrow = narrowed(&token, "ip = 127.0.0.1/32");
    for (path, whom, status) in [
        (path.as_str(), As::Token(&session), 200),
        (path.as_str(), As::Token(&narrow), 403),
        (path.as_str(), BOB, 403),
        (path.as_str(), As::Nobody, 401),
        ("/tokens/named/00000000000000000000000000000000ch0000/history", As::Admin, 404),
        (&format!("{path}?limit=0"), As::Admin, 400),
        (&format!("{path}?cursor=x"), As::Admin, 400),
    ] {
        let answer = server.call("GET", path, whom).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}
