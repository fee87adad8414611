//! `GET …/tokens/named/name/{name}` of an account

use serde_json::json;

use super::accounts::Accounts;
use crate::support::{As, BOB, TestServer, narrowed};

#[tokio::test]
async fn a_token_is_found_by_its_name_as_by_its_id() {
    let server = TestServer::start().await;
    let accounts = Accounts::of(&server).await;
    for (at, (account, whom)) in accounts.all().into_iter().enumerate() {
        let (id, _) = server.named(&account, json!({"name": format!("t\u{f6}ken ({at})")}), whom).await;
        let by_id = server.call("GET", &format!("/tokens/named/{id}"), As::Admin).await.json();
        for name in [format!("t%C3%B6ken%20({at})"), format!("t%c3%b6ken%20%28{at}%29")] {
            let answer = server.call("GET", &format!("{account}/tokens/named/name/{name}"), whom).await;
            assert_eq!((answer.status, answer.json()), (200, by_id.clone()));
        }
    }
}

#[tokio::test]
async fn a_name_that_is_not_there_or_cannot_be_is_404() {
    let server = TestServer::start().await;
    server.add_bob().await;
    server.named("/user", json!({"name": "one"}), As::Admin).await;
    for name in ["One", "one.", "two", "x", "-", "%ff", "a%2Fb", "%20one"] {
        let answer = server.call("GET", &format!("/user/tokens/named/name/{name}"), As::Admin).await;
        assert_eq!(answer.refusal(), (404, "notFound".to_owned()), "{name}");
    }
    let answer = server.call("GET", "/user/tokens/named/name/one", BOB).await;
    assert_eq!(answer.refusal(), (404, "notFound".to_owned()), "another's name");
}

#[tokio::test]
async fn a_narrowed_token_does_not_show_a_wider_one() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&token, &format!("time < {}", server.now_s() + 60));
    let answer = server.call("GET", "/user/tokens/named/name/one", As::Token(&narrow)).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn others_are_not_shown() {
    let server = TestServer::start().await;
    Accounts::of(&server).await.check_refused(&server, "GET", "/tokens/named/name/one").await;
}

#[tokio::test]
async fn an_api_caveat_names_the_token_by_its_name() {
    let server = TestServer::start().await;
    let caveat = format!("api = ozw/get/token.one.user_named_token,{}:private", server.id_of(As::Admin).await);
    let caveats = json!([{"type": "api", "whitelist": [caveat.strip_prefix("api = ").unwrap()]}]);
    for name in ["one", "two"] {
        server.named("/user", json!({"name": name, "caveats": caveats}), As::Admin).await;
    }
    let (_, token) = server.named("/user", json!({"name": "three", "caveats": caveats}), As::Admin).await;
    for (name, status) in [("one", 200), ("two", 401)] {
        let answer = server.with_token(&token, "GET", &format!("/user/tokens/named/name/{name}")).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
    }
}
