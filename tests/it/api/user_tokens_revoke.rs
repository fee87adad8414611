//! `POST …/tokens/revoke` of an account

use serde_json::{Value, json};

use super::accounts::Accounts;
use crate::support::{As, BOB, TestServer, narrowed};

const PATH: &str = "/user/tokens/revoke";

async fn verdict(server: &TestServer, token: &str) -> Option<String> {
    let answer = server.json("POST", "/tokens/verify_access_token", json!({"token": token}), As::Nobody).await;
    (answer.status != 200).then(|| answer.error())
}

async fn revoke(server: &TestServer, body: Value, whom: As<'_>) -> Value {
    let answer = server.json("POST", PATH, body, whom).await;
    assert_eq!((answer.status, answer.keys()), (200, vec!["revoked".to_owned()]), "{answer:?}");
    answer.json()["revoked"].clone()
}

#[tokio::test]
async fn all_means_named_nameless_and_temporary_ones() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, named) = server.named("/user", json!({"name": "one"}), BOB).await;
    server.named("/user", json!({"name": "two", "revoked": true}), BOB).await;
    let nameless = server.call("POST", "/user/client_tokens", BOB).await.token();
    let temporary = server.temporary("/user", json!({}), BOB).await;
    let (_, others) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    assert_eq!(revoke(&server, json!({"all": true}), BOB).await, 2);
    for token in [named, nameless, temporary] {
        assert_eq!(verdict(&server, &token).await.as_deref(), Some("tokenRevoked"));
    }
    assert_eq!(verdict(&server, &others).await, None);
}

#[tokio::test]
async fn each_account_can_be_revoked() {
    let server = TestServer::start().await;
    let accounts = Accounts::of(&server).await;
    for (account, whom) in accounts.all() {
        let temporary = server.temporary(&account, json!({}), whom).await;
        let whom = if account == "/provider" { As::Token(&temporary) } else { whom };
        let answer = server.json("POST", &format!("{account}/tokens/revoke"), json!({"all": true}), whom).await;
        assert_eq!(answer.status, 200, "{account}: {answer:?}");
        assert_eq!(verdict(&server, &temporary).await.as_deref(), Some("tokenRevoked"));
    }
}

#[tokio::test]
async fn ids_of_others_and_unknown_ones_change_nothing() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (one, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    let (_, kept) = server.named("/user", json!({"name": "two"}), BOB).await;
    let (other, others) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let ids = json!([one, other, one, "00000000000000000000000000000000ch0000"]);
    assert_eq!(revoke(&server, json!({"ids": ids}), BOB).await, 1);
    assert_eq!(revoke(&server, json!({"ids": []}), BOB).await, 0);
    assert_eq!(verdict(&server, &token).await.as_deref(), Some("tokenRevoked"));
    assert_eq!((verdict(&server, &kept).await, verdict(&server, &others).await), (None, None));
}

#[tokio::test]
async fn what_was_issued_before_a_moment_ends_and_what_came_in_it_stays() {
    let server = TestServer::start().await;
    let (_, before) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let client = server.as_admin("POST", "/user/client_tokens").await.token();
    server.advance_s(1);
    let (_, then) = server.named("/user", json!({"name": "two"}), As::Admin).await;
    assert_eq!(revoke(&server, json!({"issuedBefore": server.now_s()}), As::Admin).await, 2);
    for token in [before, client] {
        assert_eq!(verdict(&server, &token).await.as_deref(), Some("tokenRevoked"));
    }
    assert_eq!(verdict(&server, &then).await, None);
}

#[tokio::test]
async fn more_than_one_transaction_revokes_are_revoked() {
    let server = TestServer::start().await;
    for number in 0..1_005 {
        server.clock.set_ms(server.clock.now_ms() + 1);
        assert_eq!(server.mint(json!({"ttl": 60 + number})).await.status, 200);
    }
    assert_eq!(revoke(&server, json!({"all": true}), As::Admin).await, 1_005);
    assert_eq!(server.as_admin("GET", "/user/client_tokens").await.tokens().len(), 0);
}

#[tokio::test]
async fn what_is_not_clear_revokes_nothing() {
    let server = TestServer::start().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (body, error) in [
        (json!({}), "missingAtLeastOneValue"),
        (json!({"all": false}), "badData"),
        (json!({"all": 1}), "badValueBoolean"),
        (json!({"all": true, "ids": [id]}), "badData"),
        (json!({"ids": [id], "issuedBefore": 2_000_000_000}), "badData"),
        (json!({"ids": id}), "badData"),
        (json!({"ids": [id, "what"]}), "badData"),
        (json!({"ids": vec![id.as_str(); 1_001]}), "badData"),
        (json!({"issuedBefore": -1}), "badValueTooLow"),
        (json!({"issuedBefore": "x"}), "badValueInteger"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Admin).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{body}");
    }
    assert_eq!(verdict(&server, &token).await, None);
}

#[tokio::test]
async fn a_narrowed_token_revokes_many_only_if_time_or_the_api_is_all_that_it_is_narrowed_by() {
    let server = TestServer::start().await;
    let admin = server.id_of(As::Admin).await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (caveat, status) in [
        ("ip = 127.0.0.1/32".to_owned(), 403),
        ("interface = rest".to_owned(), 403),
        (format!("api = ozw/delete/token.null.user_tokens,{admin}:private"), 200),
        (format!("time < {}", server.now_s() + 60), 200),
    ] {
        let narrow = narrowed(&token, &caveat);
        let answer = server.json("POST", PATH, json!({"issuedBefore": 1}), As::Token(&narrow)).await;
        assert_eq!(answer.status, status, "{caveat}: {answer:?}");
    }
}

#[tokio::test]
async fn others_tokens_are_not_revoked() {
    let server = TestServer::start().await;
    Accounts::of(&server).await.check_refused(&server, "POST", "/tokens/revoke").await;
}
