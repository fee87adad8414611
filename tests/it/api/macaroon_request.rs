//! `POST /user/client_tokens` in the words of dCache and XRootD: `application/macaroon-request`.

use serde_json::json;

use super::oauth::{is_active, post};
use crate::support::{Answer, As, TestServer, caveats_of, narrowed};

const DAY_S: u64 = 86_400;

async fn ask(server: &TestServer, body: &str, whom: As<'_>) -> Answer {
    let request = server.request("POST", "/user/client_tokens").header("content-type", "application/macaroon-request");
    server.send(whom.sign(request.body(body.to_owned()))).await
}

fn macaroon(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["macaroon"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_gfal2_asks_for_by_default_is_a_token_for_reading() {
    let server = TestServer::start().await;
    let body = r#"{"caveats": ["activity:LIST,DOWNLOAD"], "validity": "PT60M"}"#;
    let answer = ask(&server, body, As::Admin).await;
    let token = macaroon(&answer);
    assert_eq!(answer.body, format!(r#"{{"macaroon":"{token}"}}"#));
    assert_eq!(caveats_of(&token), [format!("time < {}", server.now_s() + 3_600), "data.readonly".to_owned()]);
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 401, "it reads data and does nothing else");
    let asked = format!("token={token}&enforces=data");
    assert_eq!(post(&server, "/oauth/introspect", &asked, As::Admin).await.json()["scope"], "data.readonly");
}

#[tokio::test]
async fn nothing_asked_for_gives_a_client_token_that_macaroon_libraries_read() {
    let server = TestServer::start().await;
    let null = r#"{"caveats": null, "validity": null}"#;
    for body in ["", "{}", null, r#"{"caveats": ["path:/"], "validity": "P+1D"}"#] {
        let token = macaroon(&ask(&server, body, As::Admin).await);
        assert!(token.starts_with("MDAxNWxvY2F0aW9uIG9uZXpvbmUK"), "{token}");
        assert_eq!(caveats_of(&token), [format!("time < {}", server.now_s() + DAY_S)]);
        assert!(is_active(&server, &token).await);
    }
    assert_eq!(server.as_admin("GET", "/user/client_tokens").await.tokens().len(), 4, "they are kept and listed");
}

#[tokio::test]
async fn the_earliest_of_all_ends_counts() {
    let server = TestServer::start().await;
    let body =
        r#"{"caveats": ["before:2027-01-15T08:30:00.5Z", "time < 1800003600", "ip:127.0.0.1"], "validity": "PT48h"}"#;
    let token = macaroon(&ask(&server, body, As::Admin).await);
    assert_eq!(caveats_of(&token), ["time < 1800001800", "ip = 127.0.0.1/32"]);
}

#[tokio::test]
async fn a_token_asks_for_nothing_wider_than_itself() {
    let server = TestServer::start().await;
    let own = narrowed(&server.temporary("/user", json!({}), As::Admin).await, "ip = 127.0.0.0/8");
    let token = macaroon(&ask(&server, r#"{"validity": "P30D"}"#, As::Token(&own)).await);
    assert_eq!(caveats_of(&token), [format!("time < {}", server.now_s() + 3_600), "ip = 127.0.0.0/8".to_owned()]);
}

#[tokio::test]
async fn a_limit_that_cannot_be_kept_makes_no_token() {
    let server = TestServer::start().await;
    for (body, reason) in [
        (
            json!({"caveats": ["activity:LIST,DOWNLOAD,MANAGE,UPLOAD,DELETE"]}),
            "\"caveats\" cannot be kept, at position 1",
        ),
        (json!({"caveats": ["path:/", "root:/home"]}), "\"caveats\" cannot be kept, at position 2"),
        (json!({"caveats": ["service = ozw-*", "before:2026-01-01T00:00:00Z"]}), "\"caveats\" would make a macaroon"),
        (json!({"caveats": {}}), "\"caveats\" must be a list of strings"),
        (json!({"validity": "P366D"}), "\"validity\" must be from PT1S to PT31536000S"),
        (json!({"validity": 3_600}), "\"validity\" must be a length of time"),
        (json!({"ttl": 60}), "\"ttl\" is not known"),
    ] {
        let answer = ask(&server, &body.to_string(), As::Admin).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert!(answer.error().starts_with(&format!("Bad value: provided {reason}")), "{body}: {answer:?}");
    }
    for body in ["[]", "{", r#"{"validity":"PT1H","validity":"PT1H"}"#] {
        assert_eq!(ask(&server, body, As::Admin).await.status, 400, "{body}");
    }
    assert_eq!(server.as_admin("GET", "/user/client_tokens").await.tokens(), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_gets_none() {
    let server = TestServer::start().await;
    let answer = ask(&server, "{}", As::Nobody).await;
    assert_eq!(answer.status, 401);
    assert!(answer.error().starts_with("You must authenticate yourself"), "{answer:?}");
}
