//! `POST /tokens/confine`

use serde_json::json;

use crate::support::{As, BOB, TestServer, caveats_of, narrowed};

const PATH: &str = "/tokens/confine";

#[tokio::test]
async fn caveats_are_added_in_their_order() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let caveats =
        json!([{"type": "time", "validUntil": server.now_s() + 9}, {"type": "interface", "interface": "rest"}]);
    let answer = server.json("POST", PATH, json!({"token": token, "caveats": caveats}), As::Nobody).await;
    let confined = answer.token();
    assert_eq!(answer.keys(), ["token"]);
    assert_eq!(caveats_of(&confined), [format!("time < {}", server.now_s() + 9), "interface = rest".to_owned()]);
    assert_eq!(server.with_token(&confined, "GET", "/user").await.status, 200);
    server.advance_s(9);
    assert_eq!(server.with_token(&confined, "GET", "/user").await.refusal(), (401, "tokenCaveatUnverified".into()));
}

#[tokio::test]
async fn a_prefix_stays_and_no_caveats_change_nothing() {
    let server = TestServer::start().await;
    let (_, token) = server.add_service().await;
    for text in [token.clone(), format!("opw-{token}"), format!("opp-{token}")] {
        let answer = server.json("POST", PATH, json!({"token": text, "caveats": []}), As::Nobody).await;
        assert_eq!(answer.token(), text);
    }
}

#[tokio::test]
async fn a_token_whose_subject_is_not_there_is_not_confined() {
    let (server, other) = (TestServer::start().await, TestServer::start().await);
    let (_, foreign) = other.named("/user", json!({"name": "one"}), As::Admin).await;
    let answer = server.json("POST", PATH, json!({"token": foreign, "caveats": []}), As::Nobody).await;
    assert_eq!(answer.refusal(), (400, "tokenSubjectInvalid".to_owned()));
    let bob = server.add_bob().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), BOB).await;
    assert_eq!(server.call("DELETE", &format!("/users/{bob}"), As::Admin).await.status, 204);
    let answer = server.json("POST", PATH, json!({"token": token, "caveats": []}), As::Nobody).await;
    assert_eq!(answer.refusal(), (400, "tokenSubjectInvalid".to_owned()));
}

#[tokio::test]
async fn bad_input_is_told_in_the_order_of_the_keys() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (body, id) in [
        (json!({}), "missingRequiredValue"),
        (json!({"token": "garbage"}), "missingRequiredValue"),
        (json!({"caveats": []}), "missingRequiredValue"),
        (json!({"caveats": {}, "token": "garbage"}), "badData"),
        (json!({"caveats": [{"type": "moon"}], "token": "garbage"}), "badValueCaveat"),
        (json!({"caveats": [], "token": "garbage"}), "badValueToken"),
        (json!({"caveats": [], "token": ""}), "badValueEmpty"),
        (json!({"caveats": vec![json!({"type": "data.readonly"}); 1000], "token": token}), "badData"),
    ] {
        let answer = server.json("POST", PATH, body.clone(), As::Nobody).await;
        assert_eq!(answer.refusal(), (400, id.to_owned()), "{body}");
    }
    let told = server.json("POST", PATH, json!({"token": token, "caveats": [{"type": "moon"}]}), As::Nobody).await;
    assert_eq!(told.json()["error"]["details"], json!({"caveat": {"type": "moon"}}));
}

#[tokio::test]
async fn confining_takes_no_caveat_away() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&token, "time < 5");
    let body = json!({"token": narrow, "caveats": [{"type": "time", "validUntil": server.now_s() + 9}]});
    let confined = server.json("POST", PATH, body, As::Nobody).await.token();
    assert_eq!(server.with_token(&confined, "GET", "/user").await.status, 401);
}
