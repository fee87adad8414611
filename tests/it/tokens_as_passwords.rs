//! Tokens in the place of a password, from programs that can send nothing but `Authorization: Basic`.

use serde_json::json;
use zonemint::model::Period;
use zonemint::store::AuditAction;

use crate::api::coverage::{Walk, operations};
use crate::audit::rows_of;
use crate::guessing::hashes;
use crate::support::{As, BOB, PASSWORD, TestServer, caveats_of, narrowed};

/// Before a token that does not say whose it is.
const ANY: &str = "__token__";

#[tokio::test]
async fn at_every_operation_it_is_judged_as_the_same_token_in_a_header() {
    let walk = Walk::start().await;
    for operation in operations() {
        let (method, path) = (operation.method, walk.fill(&operation.path, &operation.path));
        for caveat in ["data.readonly", "api = ozw/get/key.null.list:private", "service = opw-*", "time < 5"] {
            let token = walk.token(&operation.path, caveat).await;
            let by_header = walk.server.call(method, &path, As::Token(&token)).await;
            let by_basic = walk.server.call(method, &path, As::Basic(ANY, &token)).await;
            assert_eq!(
                (by_basic.status, &by_basic.body),
                (by_header.status, &by_header.body),
                "{method} {path} {caveat}"
            );
            let elsewhere = operation.name != "get/key.null.list:private" || !caveat.starts_with("api");
            assert_eq!(by_basic.status == 401, elsewhere, "{method} {path} {caveat}");
        }
    }
}

#[tokio::test]
async fn the_name_before_it_is_its_owners_or_says_that_it_does_not_matter() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let (_, of_admin) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let (_, of_service) = server.add_service().await;
    for (name, token, status) in [
        ("admin", &of_admin, 200),
        (ANY, &of_admin, 200),
        ("bob", &of_admin, 401),
        ("nobody", &of_admin, 401),
        ("Admin", &of_admin, 401),
        ("", &of_admin, 401),
        (ANY, &of_service, 200),
        ("admin", &of_service, 401),
        ("", &of_service, 401),
    ] {
        let whom = As::Basic(name, token);
        let readable = if token == &of_admin { "/user" } else { "/provider/tokens" };
        assert_eq!(server.call("GET", readable, whom).await.status, status, "{name}");
        let forwarded = server.get("/auth/verify").header("x-forwarded-method", "GET").header("x-forwarded-uri", "/");
        assert_eq!(server.send(whom.sign(forwarded)).await.status, status, "{name}");
        for by_body in [false, true] {
            let form =
                if by_body { format!("token=x&client_id={name}&client_secret={token}") } else { "token=x".to_owned() };
            let whom = if by_body { As::Nobody } else { whom };
            let answer = crate::api::oauth::post(&server, "/oauth/introspect", &form, whom).await;
            let status = if by_body && name.is_empty() { 400 } else { status };
            assert_eq!(answer.status, status, "{name}: {answer:?}");
        }
    }
    let metrics = server.get("/metrics").header("x-forwarded-for", "192.0.2.1").basic_auth(ANY, Some(&of_admin));
    assert_eq!(server.send(metrics).await.status, 200);
}

/// One whose end is cut off, one that has expired, one with another signature, one of nobody, and what only begins so.
fn spoilt(token: &str) -> [String; 5] {
    let mut other = token[..token.len() - 8].to_owned();
    other.push_str("AAAAAAAA");
    let v2 = format!("Ag{}", "A".repeat(99));
    [token[..token.len() - 5].to_owned(), narrowed(token, "time < 5"), other, v2, format!("MD{}", "\u{e9}%".repeat(60))]
}

#[tokio::test]
async fn one_that_is_no_good_costs_the_account_nothing() {
    let server = TestServer::start_with(|config| {
        // A failure would make the next attempt wait, and the clock stands still.
        config.login.delays = vec![Period::from_ms(10_000)];
        config.login.address_burst = 2;
    })
    .await;
    let (id, revoked) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    server.json("PATCH", &format!("/tokens/named/{id}"), json!({"revoked": true}), As::Admin).await;
    let before = hashes(&server);
    for token in spoilt(&revoked).iter().chain([&revoked]) {
        for path in ["/user", "/user/client_tokens"] {
            let answer = server.call("GET", path, As::Basic("admin", token)).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
        let old = json!({"oldPassword": token, "newPassword": "another-long-one"});
        let answer = server.json("PATCH", "/user/password", old, As::Admin).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "badBasicCredentials"));
        for form in ["grant_type=client_credentials", "token=x"] {
            let path = if form == "token=x" { "/oauth/revoke" } else { "/oauth/token" };
            let answer = crate::api::oauth::post(&server, path, form, As::Basic("admin", token)).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
    }
    assert_eq!(hashes(&server), before);
    server.services.accounts.write_refusals().await.unwrap();
    assert_eq!(rows_of(&server.store, AuditAction::LoginRefused).await.len(), 0);
    server.add_bob().await;
    assert_eq!(server.call("GET", "/user", BOB).await.status, 200, "the address is free");
}

#[tokio::test]
async fn it_is_no_password_where_one_is_demanded() {
    let server = TestServer::start().await;
    let (id, _) = server.named("/user", json!({"name": "one", "revoked": true}), As::Admin).await;
    let (_, token) = server.named("/user", json!({"name": "two"}), As::Admin).await;
    let by_token = As::Basic("admin", &token);
    let restored = server.json("PATCH", &format!("/tokens/named/{id}"), json!({"revoked": false}), by_token).await;
    assert_eq!(restored.status, 403, "{restored:?}");
    let old = json!({"oldPassword": token, "newPassword": "another-long-one"});
    assert_eq!(server.json("PATCH", "/user/password", old, by_token).await.status, 401);
    let client = "grant_type=client_credentials";
    for (form, whom) in [
        (client.to_owned(), by_token),
        (client.to_owned(), As::Basic(ANY, &token)),
        (format!("{client}&client_id=admin&client_secret={token}"), As::Nobody),
        (format!("grant_type=password&username=admin&password={token}"), As::Nobody),
    ] {
        let answer = crate::api::oauth::post(&server, "/oauth/token", &form, whom).await;
        assert_eq!(answer.refusal(), (401, "invalid_client".to_owned()), "{form}");
        assert!(
            answer.json()["error_description"].as_str().unwrap().contains("user name and a password"),
            "{answer:?}"
        );
    }
    assert_eq!(server.call("GET", "/user", As::Basic("admin", PASSWORD)).await.status, 200);
}

#[tokio::test]
async fn what_it_mints_is_as_narrow_and_says_by_what_it_was_minted() {
    let server = TestServer::start().await;
    let (id, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let narrow = narrowed(&token, "ip = 127.0.0.0/8");
    let (minted, text) = server.named("/user", json!({"name": "two"}), As::Basic("admin", &narrow)).await;
    assert_eq!(caveats_of(&text), ["ip = 127.0.0.0/8"]);
    let tokens = server.call("GET", "/user/tokens", As::Admin).await.json();
    let two = tokens["tokens"].as_array().unwrap().iter().find(|token| token["id"] == minted.as_str()).unwrap();
    assert_eq!(two["mintedBy"], id.as_str());
    let client = server.call("POST", "/user/client_tokens", As::Basic(ANY, &narrow)).await.token();
    assert!(caveats_of(&client).contains(&"ip = 127.0.0.0/8".to_owned()));
}

#[tokio::test]
async fn a_page_of_another_site_cannot_have_it_sent() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let post = || server.request("POST", "/user/client_tokens").header("sec-fetch-site", "cross-site");
    assert_eq!(server.send(post().basic_auth(ANY, Some(&token))).await.status, 403);
    assert_eq!(server.send(post().bearer_auth(&token)).await.status, 200);
}
