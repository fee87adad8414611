//! `POST /oauth/token`

use serde_json::{Value, json};
use zonemint::http::Unscoped;
use zonemint::model::Period;
use zonemint::store::AuditAction;

use super::oauth::{BASIC, form, post};
use crate::audit::rows_of;
use crate::guessing::hashes;
use crate::support::{As, BOB, PASSWORD, TestServer, caveats_of};

const PATH: &str = "/oauth/token";
const GET_ONLY: &str = "api = all/get/*.*.*:*";
const CLIENT: &str = "grant_type=client_credentials";

#[tokio::test]
async fn a_password_gives_a_temporary_token_for_an_hour() {
    let server = TestServer::start().await;
    let answer = post(&server, PATH, CLIENT, As::Admin).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.keys(), ["access_token", "token_type", "expires_in", "scope"]);
    assert_eq!((&answer.json()["token_type"], &answer.json()["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    assert_eq!((answer.header("pragma"), answer.header("content-type")), ("no-cache", "application/json"));
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(caveats_of(&token), [format!("time < {}", server.now_s() + 3_600), GET_ONLY.to_owned()]);
    let used = server.send(server.request("GET", "/user").bearer_auth(&token)).await;
    assert_eq!(used.json()["userId"], server.id_of(As::Admin).await);
    assert_eq!(server.call("GET", "/user/tokens", As::Admin).await.json()["tokens"], json!([]), "it is stored nowhere");
}

#[tokio::test]
async fn each_way_to_give_name_and_password_does() {
    let server = TestServer::start().await;
    server.add_user("carol", "50%+ \u{e9}&=").await;
    let (basic, body) = (As::Basic("carol", "50%+ \u{e9}&="), "50%25%2B+%C3%A9%26%3D");
    for (grant, whom) in [
        (CLIENT.to_owned(), basic),
        (format!("{CLIENT}&client_id=carol"), basic),
        (format!("{CLIENT}&client_id=carol&client_secret={body}"), As::Nobody),
        (format!("{CLIENT}&client_id=carol&client_secret={body}"), basic),
        (format!("grant_type=password&username=carol&password={body}"), As::Nobody),
        (format!("grant_type=password&username=carol&password={body}&client_id=any-program"), As::Nobody),
        (format!("grant_type=password&username=carol&password={body}"), basic),
    ] {
        assert_eq!(post(&server, PATH, &grant, whom).await.status, 200, "{grant}");
    }
}

/// As RFC 6749 section 2.3.1 has it, and some clients do.
#[tokio::test]
async fn a_header_that_is_percent_encoded_is_understood_here_and_costs_no_more_than_one_that_is_not() {
    let server = TestServer::start_with(|config| {
        config.login.remember = Period::from_ms(0);
        config.login.address_burst = 4;
        config.login.address_refill = Period::from_ms(1_000_000);
    })
    .await;
    let (name, password) = ("a.b-c", "50%+ \u{e9}&=");
    let encoded = As::Basic("a%2Eb%2Dc", "50%25%2B%20%C3%A9%26%3D");
    server.add_user(name, password).await;
    for (path, form, whom, hashed, status) in [
        (PATH, CLIENT, As::Basic(name, password), 1, 200),
        (PATH, CLIENT, encoded, 1, 200),
        (PATH, CLIENT, As::Basic(name, "50%25%2B+%C3%A9%26%3D"), 2, 200),
        (PATH, "grant_type=client_credentials&client_id=a.b-c", encoded, 1, 200),
        ("/oauth/introspect", "token=x", encoded, 1, 200),
        ("/oauth/revoke", "token=x", encoded, 1, 200),
        (PATH, CLIENT, As::Basic(name, "50%25"), 2, 401),
        (PATH, CLIENT, As::Basic(name, "50%"), 1, 401),
        (PATH, CLIENT, As::Basic(name, "50%25%2B+%C3%A9%26%3D"), 2, 429),
    ] {
        let before = hashes(&server);
        let answer = post(&server, path, form, whom).await;
        assert_eq!(answer.status, status, "{path} {form} {whom:?}: {answer:?}");
        assert!(hashes(&server) - before == hashed || status == 429, "{path} {form} {whom:?}");
    }
}

#[tokio::test]
async fn no_spelling_of_the_header_guesses_a_remembered_password_for_nothing() {
    let password = "right+horse-battery";
    for (name, guess) in [("a%2Eb-c", "wrong%2Bhorse"), ("a.b-c", "wrong%2Bhorse")] {
        let server = TestServer::start_with(|config| {
            config.login.address_burst = 4;
            config.login.address_refill = Period::from_ms(1_000_000);
        })
        .await;
        server.add_user("a.b-c", password).await;
        assert_eq!(post(&server, PATH, CLIENT, As::Basic("a.b-c", password)).await.status, 200);
        let ask = async |guess| post(&server, "/oauth/introspect", "token=x", As::Basic(name, guess)).await.status;
        let mut statuses = Vec::new();
        while statuses.last() != Some(&429) {
            statuses.push(ask(guess).await);
            assert!(statuses.len() < 9, "{statuses:?}");
        }
        for right in ["right%2Bhorse-battery", "right%2Bhorse%2Dbattery"] {
            assert_eq!(ask(right).await, 429, "{name} {right}");
        }
    }
}

/// Both readings were looked for among the passwords that are remembered.
#[tokio::test]
async fn a_client_that_leaves_between_the_two_readings_has_paid_for_both() {
    for (names, left) in [(["dave", "erin", "frank"], [401, 401, 429]), (["carol"; 3], [401, 429, 429])] {
        let server = TestServer::start_with(|config| {
            config.login.delays = vec![Period::from_ms(1_000)];
            config.login.address_burst = 4;
            config.login.address_refill = Period::from_ms(1_000_000);
        })
        .await;
        server.add_user("carol", PASSWORD).await;
        let before = hashes(&server);
        let request = form(&server, PATH, CLIENT).basic_auth("carol", Some("wrong%2Dhorse"));
        let asking = tokio::spawn(request.send());
        server.clock.until_awaited(1).await;
        assert_eq!(hashes(&server) - before, 1, "the second reading waits for its turn");
        asking.abort();
        server.services.accounts.write_refusals().await.unwrap();
        while rows_of(&server.store, AuditAction::LoginRefused).await.is_empty() {
            server.services.accounts.write_refusals().await.unwrap();
        }
        server.advance_s(60);
        for (name, status) in names.into_iter().zip(left) {
            assert_eq!(post(&server, PATH, CLIENT, As::Basic(name, "wrong")).await.status, status, "{name}");
        }
    }
}

#[tokio::test]
async fn a_password_that_is_a_token_only_when_it_is_encoded_is_a_password() {
    let server = TestServer::start().await;
    let password = format!("MD{}", "-._!$&".repeat(8));
    server.add_user("carol", &password).await;
    // As clients of OAuth encode it: then it has more than 100 characters.
    let encoded = password.replace('-', "%2D").replace('.', "%2E").replace('_', "%5F").replace('!', "%21");
    let encoded = encoded.replace('$', "%24").replace('&', "%26");
    for sent in [&password, &encoded] {
        assert_eq!(post(&server, PATH, CLIENT, As::Basic("carol", sent)).await.status, 200, "{sent}");
    }
}

#[tokio::test]
async fn elsewhere_a_header_is_never_decoded() {
    let server = TestServer::start().await;
    server.add_user("carol", "50%+ \u{e9}&=").await;
    let encoded = As::Basic("carol", "50%25%2B%20%C3%A9%26%3D");
    assert_eq!(post(&server, PATH, CLIENT, encoded).await.status, 200);
    assert_eq!(server.call("GET", "/user", encoded).await.status, 401);
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (path, status) in [("/oauth/introspect", 200), ("/oauth/revoke", 200), (PATH, 401)] {
        let form = if path == PATH { CLIENT } else { "token=x" };
        let encoded = As::Basic("%5F%5Ftoken%5F%5F", &token);
        assert_eq!(post(&server, path, form, encoded).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_header_without_a_password_beside_a_body_with_one_is_no_other_credential() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let of_bob = "client_id=bob&client_secret=bobs-own-password";
    let by_password = "grant_type=password&username=bob&password=bobs-own-password";
    for (path, form, name, status) in [
        (PATH, format!("{CLIENT}&{of_bob}"), "bob", 200),
        (PATH, format!("{CLIENT}&{of_bob}"), "admin", 400),
        (PATH, by_password.to_owned(), "any-program", 200),
        (PATH, CLIENT.to_owned(), "bob", 401),
        ("/oauth/introspect", format!("token=x&{of_bob}"), "bob", 200),
        ("/oauth/introspect", format!("token=x&{of_bob}"), "admin", 400),
        ("/oauth/revoke", "token=x".to_owned(), "bob", 401),
    ] {
        let answer = post(&server, path, &form, As::Basic(name, "")).await;
        assert_eq!(answer.status, status, "{path} {form} {name}: {answer:?}");
    }
}

#[tokio::test]
async fn credentials_that_differ_are_refused_whichever_is_right() {
    let server = TestServer::start().await;
    server.add_bob().await;
    let right = format!("username=admin&password={PASSWORD}");
    for (grant, whom) in [
        (format!("grant_type=password&{right}"), BOB),
        (format!("grant_type=password&{right}&client_id=bob&client_secret=x"), As::Nobody),
        (format!("{CLIENT}&client_id=bob&client_secret=bobs-own-password"), As::Admin),
        (format!("{CLIENT}&client_id=bob"), As::Admin),
    ] {
        let answer = post(&server, PATH, &grant, whom).await;
        assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{grant}");
    }
}

#[tokio::test]
async fn a_wrong_password_has_the_code_of_its_grant_and_counts_as_a_failed_sign_in() {
    let server = TestServer::start_with(|config| {
        config.login.delays = vec![Period::from_ms(0)];
        config.login.address_burst = 4;
    })
    .await;
    let password = |name: &str| format!("grant_type=password&username={name}&password=wrong-password");
    for (grant, whom, refusal) in [
        (CLIENT.to_owned(), As::Basic("admin", "wrong-password"), (401, "invalid_client")),
        (CLIENT.to_owned(), As::Basic("nobody", "wrong-password"), (401, "invalid_client")),
        (password("admin"), As::Nobody, (400, "invalid_grant")),
        (password("nobody"), As::Basic("nobody", "wrong-password"), (401, "invalid_client")),
        (password("nobody"), As::Nobody, (429, "temporarily_unavailable")),
        (CLIENT.to_owned(), As::Basic("bob", "wrong-password"), (429, "temporarily_unavailable")),
    ] {
        let answer = post(&server, PATH, &grant, whom).await;
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.to_owned()), "{answer:?}");
    }
    server.services.accounts.write_refusals().await.unwrap();
    let rows = rows_of(&server.store, AuditAction::LoginRefused).await;
    assert_eq!(rows.len(), 3, "unknown, throttled, and the administrator");
}

#[tokio::test]
async fn a_token_makes_no_token_here() {
    let server = TestServer::start().await;
    let token = server.temporary("/user", json!({}), As::Admin).await;
    let bearer = form(&server, PATH, CLIENT).bearer_auth(&token);
    for request in [bearer, As::Token(&token).sign(form(&server, PATH, CLIENT)), form(&server, PATH, CLIENT)] {
        let answer = server.send(request).await;
        assert_eq!(answer.refusal(), (401, "invalid_client".to_owned()));
        assert!(answer.headers.get_all("www-authenticate").iter().any(|challenge| challenge == BASIC), "{answer:?}");
    }
}

#[tokio::test]
async fn a_lifetime_and_a_scope_narrow_it() {
    let server = TestServer::start().await;
    let path = "data.path = L3NwYWNlL2Rpcg==";
    for (parameters, ttl, narrowed) in [
        ("expire_in=60", 60, vec![GET_ONLY]),
        ("expire_in=2592000", 2_592_000, vec![GET_ONLY]),
        ("expire_in=", 3_600, vec![GET_ONLY]),
        ("scope=", 3_600, vec![GET_ONLY]),
        ("scope=api.get+data.readonly", 3_600, vec![GET_ONLY, "data.readonly"]),
        ("scope=data.readonly", 3_600, vec!["data.readonly"]),
        ("expire_in=300&scope=LIST:/space/dir+DOWNLOAD:/space/dir", 300, vec!["data.readonly", path]),
        ("expire_in=300&scopes=LIST%3A%2F%20DOWNLOAD%3A%2F", 300, vec!["data.readonly"]),
    ] {
        let answer = post(&server, PATH, &format!("{CLIENT}&{parameters}"), As::Admin).await.json();
        assert_eq!(answer["expires_in"], ttl, "{parameters}: {answer}");
        let mut expected = vec![format!("time < {}", server.now_s() + ttl)];
        expected.extend(narrowed.into_iter().map(str::to_owned));
        assert_eq!(caveats_of(answer["access_token"].as_str().unwrap()), expected, "{parameters}");
    }
}

/// gfal-token asks so first, and asks again with a scope only if it is refused.
#[tokio::test]
async fn a_request_without_a_scope_is_answered_as_the_settings_say() {
    let bare = "grant_type=client_credentials";
    let second = "grant_type=client_credentials&expire_in=300&scopes=LIST:/%20DOWNLOAD:/";
    for (unscoped, expected) in [
        (Unscoped::ReadOnly, Some((json!("api.get"), vec![GET_ONLY]))),
        (Unscoped::Refuse, None),
        (Unscoped::All, Some((Value::Null, vec![]))),
    ] {
        let server = TestServer::start_with(|config| config.oauth.unscoped = unscoped).await;
        let answer = post(&server, PATH, bare, As::Admin).await;
        match expected {
            None => assert_eq!(answer.refusal(), (400, "invalid_scope".to_owned())),
            Some((scope, caveats)) => {
                assert_eq!(answer.json()["scope"], scope);
                let token = answer.json()["access_token"].as_str().unwrap().to_owned();
                assert_eq!(caveats_of(&token)[1..], caveats);
                let asked = format!("token={token}&enforces=api");
                assert_eq!(post(&server, "/oauth/introspect", &asked, As::Admin).await.json()["scope"], scope);
                let minted = server.with_token(&token, "POST", "/user/client_tokens").await;
                assert_eq!(minted.status, if scope.is_null() { 200 } else { 401 }, "{minted:?}");
            }
        }
        let answer = post(&server, PATH, second, As::Admin).await.json();
        assert_eq!((&answer["expires_in"], &answer["scope"]), (&json!(300), &json!("LIST:/ DOWNLOAD:/")));
        assert_eq!(caveats_of(answer["access_token"].as_str().unwrap())[1..], ["data.readonly"]);
    }
}

#[tokio::test]
async fn what_is_asked_for_and_cannot_be_given_is_refused_by_its_code() {
    let server = TestServer::start().await;
    for (grant, code) in [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=authorization_code&code=x", "unsupported_grant_type"),
        ("grant_type=refresh_token&refresh_token=x", "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=password&username=admin", "invalid_request"),
        ("grant_type=client_credentials&expire_in=0", "invalid_request"),
        ("grant_type=client_credentials&expire_in=2592001", "invalid_request"),
        ("grant_type=client_credentials&expire_in=%2B60", "invalid_request"),
        ("grant_type=client_credentials&scope=openid", "invalid_scope"),
        ("grant_type=client_credentials&scope=UPLOAD:/", "invalid_scope"),
        ("grant_type=client_credentials&scope=data.readonly&scopes=data.readonly", "invalid_request"),
    ] {
        let answer = post(&server, PATH, grant, As::Admin).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{grant}");
        assert_eq!(answer.keys(), ["error", "error_description"]);
    }
}

#[tokio::test]
async fn the_tokens_of_a_generation_end_together() {
    let server = TestServer::start().await;
    let token = post(&server, PATH, CLIENT, As::Admin).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.call("DELETE", "/user/tokens/temporary", As::Admin).await.status, 204);
    let answer = server.with_token(&token, "GET", "/user").await;
    assert_eq!(answer.error(), "tokenRevoked");
}

#[tokio::test]
async fn the_metadata_lead_to_every_endpoint() {
    let server = TestServer::start().await;
    let answer = server.send(server.get("/.well-known/oauth-authorization-server")).await;
    let metadata: Value = answer.json();
    let of_openid = server.send(server.get("/.well-known/openid-configuration")).await;
    assert_eq!((of_openid.status, of_openid.json()), (200, metadata.clone()));
    let issuer = format!("https://localhost:{}", server.port());
    assert_eq!((answer.status, &metadata["issuer"]), (200, &json!(issuer)));
    for (key, path) in [("token", PATH), ("introspection", "/oauth/introspect"), ("revocation", "/oauth/revoke")] {
        assert_eq!(metadata[format!("{key}_endpoint")], format!("{issuer}{path}"));
        let methods = metadata[format!("{key}_endpoint_auth_methods_supported")].as_array().unwrap();
        assert!(methods.contains(&json!("client_secret_basic")), "{metadata}");
        assert_eq!(server.send(server.get(path)).await.header("allow"), "POST");
    }
}
