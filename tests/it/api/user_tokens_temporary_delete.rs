//! `DELETE …/tokens/temporary` of an account

use serde_json::json;

use super::accounts::Accounts;
use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn all_temporary_tokens_end_and_new_ones_are_good() {
    let server = TestServer::start().await;
    let accounts = Accounts::of(&server).await;
    for (account, whom) in accounts.all() {
        let old = server.temporary(&account, json!({}), whom).await;
        let verdict = async |token: &str| {
            server.json("POST", "/tokens/verify_access_token", json!({"token": token}), As::Nobody).await
        };
        assert_eq!(verdict(&old).await.status, 200);
        let answer = server.call("DELETE", &format!("{account}/tokens/temporary"), whom).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(verdict(&old).await.refusal(), (400, "tokenRevoked".to_owned()));
        let new = server.temporary(&account, json!({}), whom).await;
        assert_eq!(verdict(&new).await.status, 200);
    }
}

#[tokio::test]
async fn an_ended_token_is_unauthorized_and_named_ones_stay() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, named) = server.named("/user", json!({"name": "one"}), BOB).await;
    let temporary = server.temporary("/user", json!({}), BOB).await;
    let others = server.temporary("/user", json!({}), As::Admin).await;
    assert_eq!(server.call("DELETE", "/user/tokens/temporary", As::Token(&temporary)).await.status, 204);
    assert_eq!(server.with_token(&temporary, "GET", "/user").await.refusal(), (401, "tokenRevoked".to_owned()));
    for token in [named, others] {
        assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    }
}

#[tokio::test]
async fn a_narrowed_token_does_not_end_what_it_may_not_see() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&token, "ip = 127.0.0.1/32");
    let answer = server.call("DELETE", "/user/tokens/temporary", As::Token(&narrow)).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
    assert_eq!(server.call("GET", "/user/tokens/temporary", As::Admin).await.json(), json!({"generation": 1}));
}

#[tokio::test]
async fn others_stay() {
    let server = TestServer::start().await;
    Accounts::of(&server).await.check_refused(&server, "DELETE", "/tokens/temporary").await;
}
