//! What holds for all of `/oauth` alike: forms, methods, credentials, and how errors are written.

use reqwest::RequestBuilder;
use serde_json::json;

use crate::support::{Answer, As, PASSWORD, TestServer, narrowed};

pub const BASIC: &str = "Basic realm=\"onezone\", charset=\"UTF-8\"";
const ENDPOINTS: [&str; 3] = ["/oauth/token", "/oauth/introspect", "/oauth/revoke"];

/// A form, from nobody.
pub fn form(server: &TestServer, path: &str, body: &str) -> RequestBuilder {
    server.post(path).header("content-type", "application/x-www-form-urlencoded").body(body.to_owned())
}

/// Sends a form as somebody.
pub async fn post(server: &TestServer, path: &str, body: &str, whom: As<'_>) -> Answer {
    server.send(whom.sign(form(server, path, body))).await
}

/// Introspects as somebody who gives no more than the token.
pub async fn is_active(server: &TestServer, token: &str) -> bool {
    let answer = post(server, "/oauth/introspect", &format!("token={token}"), As::Admin).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["active"].as_bool().unwrap()
}

#[tokio::test]
async fn only_forms_are_read_and_not_beyond_their_bound() {
    let server = TestServer::start().await;
    let long = format!("x={}", "x".repeat(server.config.http.max_body));
    for path in ENDPOINTS {
        for (kind, body, status) in [
            ("application/json", "{}", 415),
            ("application/x-www-form-urlencoded; charset=latin1", "token=x", 415),
            ("application/x-www-form-urlencoded", long.as_str(), 413),
            ("application/x-www-form-urlencoded", "token=%zz", 400),
            ("application/x-www-form-urlencoded", "token=x&token=x", 400),
            ("application/x-www-form-urlencoded;charset=UTF-8", "", 400),
        ] {
            let request = server.post(path).header("content-type", kind).body(body.to_owned());
            let answer = server.send(As::Admin.sign(request)).await;
            assert_eq!(answer.refusal(), (status, "invalid_request".to_owned()), "{path} {kind}");
        }
    }
}

#[tokio::test]
async fn strangers_and_bad_credentials_hear_401_with_a_challenge() {
    let server = TestServer::start().await;
    for path in ["/oauth/introspect", "/oauth/revoke"] {
        for (body, whom, code) in [
            ("token=x", As::Nobody, "invalid_client"),
            ("token=x&client_id=admin", As::Nobody, "invalid_client"),
            ("token=x", As::Basic("admin", "wrong-password"), "invalid_client"),
            ("token=x&client_id=admin&client_secret=wrong-password", As::Nobody, "invalid_client"),
            ("token=x", As::Token("nonsense"), "invalid_token"),
        ] {
            let answer = post(&server, path, body, whom).await;
            assert_eq!(answer.refusal(), (401, code.to_owned()), "{path} {body}");
            assert!(answer.headers.get_all("www-authenticate").iter().any(|challenge| challenge == BASIC));
        }
        let both = format!("token=x&client_id=admin&client_secret={PASSWORD}");
        assert_eq!(post(&server, path, &both, As::Nobody).await.status, 200);
        assert_eq!(post(&server, path, &both, As::Admin).await.refusal(), (400, "invalid_request".to_owned()));
    }
}

#[tokio::test]
async fn a_token_for_other_services_is_no_client_secret() {
    let server = TestServer::start().await;
    let (_, service) = server.add_service().await;
    let token = server.temporary("/user", json!({}), As::Admin).await;
    for (caveat, status) in [("service = opw-*", 401), ("service = opw-*|ozw-onezone", 200)] {
        for path in ["/oauth/introspect", "/oauth/revoke"] {
            let secret = narrowed(&token, caveat);
            let request = form(&server, path, &format!("token=x&client_id=admin&client_secret={secret}"));
            let answer = server.send(request.header("x-onedata-service-token", &service)).await;
            assert_eq!(answer.status, status, "{path} {caveat}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn every_error_below_oauth_is_written_as_oauth_does() {
    let server = TestServer::start().await;
    for (path, status) in [("/oauth", 404), ("/oauth/none", 404), ("/oauth/token", 405), ("/oauth/revoke", 405)] {
        let answer = server.send(server.get(path)).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, "invalid_request"), "{path}");
        assert!(answer.json()["error_description"].as_str().unwrap().len() > 10, "{answer:?}");
    }
}
