//! `DELETE …/tokens/named` of an account

use serde_json::json;

use super::accounts::Accounts;
use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn all_of_an_accounts_named_tokens_end_and_no_others() {
    let server = TestServer::start().await;
    let accounts = Accounts::of(&server).await;
    let (_, others) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let nameless = server.call("POST", "/user/client_tokens", BOB).await.token();
    for (account, whom) in accounts.all() {
        let whom = if account == "/provider" { As::Token(&accounts.token) } else { whom };
        let (_, token) = server.named(&account, json!({"name": "two"}), whom).await;
        let answer = server.call("DELETE", &format!("{account}/tokens/named"), whom).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        let answer = server.json("POST", "/tokens/verify_access_token", json!({"token": token}), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, "tokenInvalid".to_owned()), "{account}");
    }
    for token in [others, nameless] {
        assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    }
}

#[tokio::test]
async fn a_narrowed_token_does_not_end_what_it_may_not_see() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&token, "ip = 127.0.0.1/32");
    let answer = server.call("DELETE", "/user/tokens/named", As::Token(&narrow)).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    let admin = server.id_of(As::Admin).await;
    let allowed = narrowed(&token, &format!("api = ozw/delete/token.null.user_named_tokens,{admin}:private"));
    assert_eq!(server.call("DELETE", "/user/tokens/named", As::Token(&allowed)).await.status, 204);
}

#[tokio::test]
async fn others_tokens_stay() {
    let server = TestServer::start().await;
    Accounts::of(&server).await.check_refused(&server, "DELETE", "/tokens/named").await;
}
