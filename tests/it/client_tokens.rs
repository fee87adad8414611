//! `/user/client_tokens` through a real TLS socket.

use serde_json::{Value, json};
use zonemint::caveat::Caveat;
use zonemint::macaroon::{Encoding, Limits, Macaroon};
use zonemint::model::{Privilege, Privileges};

use crate::support::{Answer, PASSWORD, TestServer, caveats_of as caveats, narrowed};

const PATH: &str = "/user/client_tokens";
const YEAR_S: u64 = 31_536_000;

async fn post(server: &TestServer, content_type: Option<&str>, body: &str) -> Answer {
    let request = server.request("POST", PATH).basic_auth("admin", Some(PASSWORD)).body(body.to_owned());
    server.send(content_type.into_iter().fold(request, |request, kind| request.header("content-type", kind))).await
}

#[tokio::test]
async fn a_password_gives_a_token_of_the_documented_form() {
    let server = TestServer::start().await;
    let answer = server.as_admin("POST", PATH).await;
    let token = answer.token();
    assert_eq!(answer.body, format!("{{\"token\":\"{token}\"}}"));
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
    let (macaroon, encoding) = Macaroon::parse(&token, &Limits::default()).unwrap();
    assert_eq!((macaroon.location(), encoding), ("onezone", Encoding::Onezone));
    assert_eq!(macaroon.identifier().len(), 43);
    assert_eq!(caveats(&token), [format!("time < {}", server.now_s() + YEAR_S)]);
}

#[tokio::test]
async fn a_setting_chooses_alphabet_location_and_lifetime() {
    let server = TestServer::start_with(|config| {
        config.token.alphabet = zonemint::token::Alphabet::Base64url;
        config.token.location = "zone.example.org".to_owned();
        config.token.ttl = "1h".parse().unwrap();
    })
    .await;
    let token = server.as_admin("POST", PATH).await.token();
    let (macaroon, encoding) = Macaroon::parse(&token, &Limits::default()).unwrap();
    assert_eq!((macaroon.location(), encoding), ("zone.example.org", Encoding::BASE64URL));
    assert_eq!(caveats(&token), [format!("time < {}", server.now_s() + 3600)]);
}

#[tokio::test]
async fn every_body_shape_of_real_clients_mints() {
    let server = TestServer::start().await;
    for (content_type, body) in [
        (None, ""),
        (Some("application/json"), ""),
        (Some("application/x-www-form-urlencoded"), ""),
        (Some("text/plain"), ""),
        (Some("application/json"), "{}"),
        (Some("application/json; charset=utf-8"), "{}"),
        (Some("application/json; charset=us-ascii; profile=\"a;b\""), "{}"),
        (Some("application/json"), "null"),
        (Some("application/json"), "\r\n"),
        (Some("text/plain"), " \n"),
        (Some("application/json"), r#"{"ttl": null, "validUntil": null, "name": null, "caveats": null}"#),
        (Some("Application/JSON;charset=UTF-8"), r#"{"type":{"accessToken":{}},"usageLimit":1,"x":[null]}"#),
    ] {
        let answer = post(&server, content_type, body).await;
        assert_eq!(answer.status, 200, "{content_type:?} {body:?}: {answer:?}");
    }
}

#[tokio::test]
async fn bodies_that_are_not_one_json_object_are_refused() {
    let server = TestServer::start().await;
    let json = Some("application/json");
    let malformed = "Provided data could not be understood by the server";
    for (content_type, body, status, text) in [
        (json, "{", 400, malformed),
        (json, "{} {}", 400, malformed),
        (json, "\u{feff}{}", 400, malformed),
        (json, "[]", 400, "Bad value: the request body must be a JSON object"),
        (json, "7", 400, "Bad value: the request body must be a JSON object"),
        (json, r#"{"ttl":1,"ttl":2}"#, 400, "Bad value: a key occurs twice in the request body"),
        (None, "{}", 415, "A request body must be JSON, sent with content-type: application/json"),
        (Some("text/plain"), "{}", 415, "A request body must be JSON, sent with content-type: application/json"),
        (
            Some("application/json; charset=latin1"),
            "{}",
            415,
            "A request body must be JSON, sent with content-type: application/json",
        ),
    ] {
        let answer = post(&server, content_type, body).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, text), "{body:?}");
    }
    let long = format!(r#"{{"x":"{}"}}"#, "x".repeat(server.config.http.max_body));
    assert_eq!(post(&server, json, &long).await.status, 413);
}

#[tokio::test]
async fn options_narrow_the_token() {
    let server = TestServer::start().await;
    let now = server.now_s();
    for (options, valid_until) in [
        (json!({"ttl": 60}), now + 60),
        (json!({"ttl": YEAR_S}), now + YEAR_S),
        (json!({"validUntil": now + 90}), now + 90),
        (json!({"caveats": [{"type": "time", "validUntil": now + 30}]}), now + 30),
        (json!({"ttl": 10, "caveats": [{"type": "time", "validUntil": now + 30}]}), now + 10),
        (json!({"caveats": [], "name": "a laptop"}), now + YEAR_S),
    ] {
        let token = server.mint(options.clone()).await.token();
        assert_eq!(caveats(&token), [format!("time < {valid_until}")], "{options}");
    }
}

#[tokio::test]
async fn a_bad_option_is_named_and_nothing_is_minted() {
    let server = TestServer::start().await;
    for options in [
        json!({"ttl": 0}),
        json!({"ttl": YEAR_S + 1}),
        json!({"ttl": "60"}),
        json!({"validUntil": 1}),
        json!({"name": ""}),
        json!({"name": {}}),
        json!({"caveats": "time < 1"}),
        json!({"caveats": [{"type": "moon"}]}),
    ] {
        let answer = server.mint(options.clone()).await;
        let key = options.as_object().unwrap().keys().next().unwrap().clone();
        assert_eq!(answer.status, 400, "{options}");
        assert!(answer.error().starts_with(&format!("Bad value: provided \"{key}\" ")), "{}", answer.error());
    }
    assert!(server.as_admin("GET", PATH).await.tokens().is_empty());
}

#[tokio::test]
async fn unknown_options_are_ignored_and_named_also_to_scripts() {
    let server = TestServer::start_with(|config| config.http.allow_origins = vec!["*".into()]).await;
    let ask = async |options: &Value| {
        let request = server.request("POST", PATH).basic_auth("admin", Some(PASSWORD)).json(options);
        server.send(request.header("origin", "https://a.example.org")).await
    };
    let answer = ask(&json!({"tll": 60, "options": ""})).await;
    assert_eq!((answer.status, answer.header("x-ignored-options")), (200, "tll, options"), "{answer:?}");
    assert!(answer.header("access-control-expose-headers").contains("x-ignored-options"), "{answer:?}");
    let known = ask(&json!({"ttl": 60, "name": "known"})).await;
    assert!(known.status == 200 && !known.headers.contains_key("x-ignored-options"), "{known:?}");
}

#[tokio::test]
async fn a_name_is_taken_until_its_token_is_revoked() {
    let server = TestServer::start().await;
    let token = server.mint(json!({"name": "laptop"})).await.token();
    let second = server.mint(json!({"name": "laptop"})).await;
    assert_eq!(
        (second.status, second.error().as_str()),
        (400, "Bad value: provided identifier (\"name\") is already occupied")
    );
    assert_eq!(server.as_admin("DELETE", &format!("{PATH}/{token}")).await.status, 204);
    assert_eq!(server.mint(json!({"name": "laptop"})).await.status, 200);
}

#[tokio::test]
async fn a_token_is_accepted_in_each_header() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", PATH).await.token();
    let (macaroon, _) = Macaroon::parse(&token, &Limits::default()).unwrap();
    for text in [token.clone(), macaroon.to_text(Encoding::BASE64URL).unwrap()] {
        for (header, value) in [
            ("X-Auth-Token", text.clone()),
            ("macaroon", text.clone()),
            ("Authorization", format!("Bearer {text}")),
            ("Authorization", format!("bearer  {text}")),
        ] {
            let answer = server.send(server.request("GET", "/user").header(header, value)).await;
            assert_eq!(answer.json()["username"], "admin", "{header}");
        }
    }
}

#[tokio::test]
async fn the_first_credential_found_is_final() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", PATH).await.token();
    let both = |token: &str| {
        server.request("GET", "/user").basic_auth("admin", Some(PASSWORD)).header("x-auth-token", token.to_owned())
    };
    assert_eq!(server.send(both(&token)).await.status, 200);
    assert_eq!(server.send(both("nonsense")).await.status, 401);
    let wrong_password = server.request("GET", "/user").basic_auth("admin", Some("wrong")).header("macaroon", &token);
    assert_eq!(server.send(wrong_password).await.status, 200);
    let twice =
        server.request("GET", PATH).header("authorization", format!("Bearer {token}")).basic_auth("a", Some("b"));
    let answer = server.send(twice).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "The request has more than one Authorization header"));
}

#[tokio::test]
async fn the_list_has_good_tokens_newest_first() {
    let server = TestServer::start().await;
    let mut minted = Vec::new();
    for ttl in [100, 1, 100] {
        server.advance_s(1);
        minted.push(server.mint(json!({"ttl": ttl})).await.token());
    }
    server.advance_s(1);
    let newest_first = vec![minted[2].clone(), minted[0].clone()];
    assert_eq!(server.as_admin("GET", PATH).await.tokens(), newest_first);
    let answer = server.as_admin("HEAD", PATH).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_list_longer_than_a_page_is_whole_and_in_order() {
    let server = TestServer::start().await;
    let mut minted = Vec::new();
    for number in 0..1_203 {
        server.clock.set_ms(server.clock.now_ms() + 1);
        // A page of its own of expired tokens between good ones.
        let ttl = if (300..900).contains(&number) { 1 } else { 10_000 };
        minted.push((ttl, server.mint(json!({"ttl": ttl})).await.token()));
    }
    server.advance_s(10);
    let expected: Vec<_> = minted.into_iter().rev().filter(|(ttl, _)| *ttl > 1).map(|(_, token)| token).collect();
    assert_eq!(server.as_admin("GET", PATH).await.tokens(), expected);
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once_and_for_ever() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", PATH).await.token();
    let other = server.as_admin("POST", PATH).await.token();
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    let gone = server.as_admin("DELETE", &format!("{PATH}/{token}")).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 401);
    assert_eq!(server.as_admin("DELETE", &format!("{PATH}/{token}")).await.status, 404);
    assert_eq!(server.as_admin("GET", PATH).await.tokens(), [other.as_str()]);
    let server = server.restart().await;
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 401);
    assert_eq!(server.with_token(&other, "GET", "/user").await.status, 200);
}

#[tokio::test]
async fn a_token_is_revoked_by_identifier_or_by_a_narrowed_text_too() {
    let server = TestServer::start().await;
    let (one, two) = (server.as_admin("POST", PATH).await.token(), server.as_admin("POST", PATH).await.token());
    let (macaroon, _) = Macaroon::parse(&one, &Limits::default()).unwrap();
    let identifier = String::from_utf8(macaroon.identifier().to_vec()).unwrap();
    assert_eq!(server.as_admin("DELETE", &format!("{PATH}/{identifier}")).await.status, 204);
    assert_eq!(server.as_admin("DELETE", &format!("{PATH}/{}", narrowed(&two, "time < 5"))).await.status, 204);
    assert_eq!(server.as_admin("GET", PATH).await.tokens().len(), 0);
}

#[tokio::test]
async fn what_is_not_ones_own_cannot_be_revoked() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", PATH).await.token();
    server.add_user("mallory", "mallorys-password").await;
    let mut forged = token.clone().into_bytes();
    let last = forged.len() - 3;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    let of_mallory = |path: String| {
        let request = server.request("DELETE", &path).basic_auth("mallory", Some("mallorys-password"));
        server.send(request)
    };
    assert_eq!(of_mallory(format!("{PATH}/{token}")).await.status, 404);
    for garbage in ["garbage", "%20", "%ff", &"A".repeat(43), &forged, &"x".repeat(9_000)] {
        let answer = server.as_admin("DELETE", &format!("{PATH}/{garbage}")).await;
        assert!(matches!(answer.status, 404 | 400), "{garbage}: {answer:?}");
        assert!(!answer.error().is_empty());
    }
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
}

#[tokio::test]
async fn expired_forged_unknown_and_foreign_tokens_hear_the_same() {
    let server = TestServer::start().await;
    let token = server.mint(json!({"ttl": 10})).await.token();
    let revoked = server.as_admin("POST", PATH).await.token();
    server.as_admin("DELETE", &format!("{PATH}/{revoked}")).await;
    let other = TestServer::start().await;
    let foreign = other.as_admin("POST", PATH).await.token();
    let stranger = narrowed(&token, "moon = full");
    server.advance_s(9);
    assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200);
    server.advance_s(1);
    for bad in [&token, &revoked, &foreign, &stranger, "", "x", &"A".repeat(10_000), "egi:token"] {
        let answer = server.with_token(bad, "GET", PATH).await;
        assert_eq!(answer.status, 401, "{bad}");
        assert_eq!(answer.error(), "Provided authorization token could not be understood by the server");
    }
}

#[tokio::test]
async fn a_token_mints_lists_and_shows_nothing_wider_than_itself() {
    let server = TestServer::start().await;
    let now = server.now_s();
    let year = server.as_admin("POST", PATH).await.token();
    let minute = server.mint(json!({"ttl": 60})).await.token();
    let confined = narrowed(&year, &format!("time < {}", now + 600));
    let child = server.with_token(&confined, "POST", PATH).await.token();
    assert_eq!(caveats(&child), [format!("time < {}", now + 600)]);
    let request =
        server.request("POST", PATH).header("x-auth-token", &confined).json(&json!({"validUntil": now + 9_000}));
    let asked_for_more = server.send(request).await.token();
    assert_eq!(caveats(&asked_for_more), [format!("time < {}", now + 600)]);
    let mut listed = server.with_token(&confined, "GET", PATH).await.tokens();
    listed.sort();
    let mut expected = vec![minute, child, asked_for_more];
    expected.sort();
    assert_eq!(listed, expected, "the year-long token must not be shown");
}

#[tokio::test]
async fn minting_and_revoking_leave_audit_rows_in_one_chain() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", PATH).await.token();
    server.as_admin("DELETE", &format!("{PATH}/{token}")).await;
    let rows = server.store.audit_after(&server.store.chain(), 0, 100).await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.action.name()).collect();
    assert_eq!(names, ["key.add", "user.add", "token.mint", "token.delete"]);
    let mut previous = server.store.chain().genesis();
    for row in &rows {
        assert_eq!(row.hash, row.chained(&previous));
        previous = row.hash;
    }
    assert_eq!(rows[2].actor, rows[2].user);
    assert_eq!(rows[2].token, rows[3].token);
}

#[tokio::test]
async fn minted_tokens_are_kept_with_the_caveats_they_carry() {
    let server = TestServer::start().await;
    let token = server.mint(json!({"ttl": 60, "name": "kept"})).await.token();
    let admin = server.as_admin("GET", "/user").await.json();
    let id: zonemint::model::UserId = admin["userId"].as_str().unwrap().parse().unwrap();
    let kept = server.store.tokens_of(id, u64::MAX >> 1, None, 10, 10).await.unwrap().tokens;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].caveats.iter().map(Caveat::to_string).collect::<Vec<_>>(), caveats(&token));
    assert_eq!(kept[0].name.as_ref().map(ToString::to_string), Some("kept".to_owned()));
}

#[tokio::test]
async fn the_user_object_has_onezones_keys() {
    let server = TestServer::start().await;
    let user = server.as_admin("GET", "/user").await.json();
    let id = user["userId"].as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let expected = json!({
        "userId": id, "fullName": "Administrator", "username": "admin", "emails": [], "linkedAccounts": [],
        "basicAuthEnabled": true, "blocked": false, "creationTime": server.now_s(),
        "name": "Administrator", "login": "admin", "alias": "admin", "emailList": [],
        "privileges": Privileges::all().iter().map(Privilege::name).collect::<Vec<_>>(),
        "mustChangePassword": false,
    });
    assert_eq!(user, expected);
    assert_eq!(user["emails"], Value::Array(vec![]));
}

#[tokio::test]
async fn an_api_caveat_names_the_client_token_that_may_be_deleted() {
    let server = TestServer::start().await;
    let [mine, other] = [server.as_admin("POST", PATH).await.token(), server.as_admin("POST", PATH).await.token()];
    let identifier = |token: &str| {
        let (macaroon, _) = Macaroon::parse(token, &Limits::default()).unwrap();
        String::from_utf8(macaroon.identifier().to_vec()).unwrap()
    };
    let me = server.as_admin("GET", "/user").await.json()["userId"].as_str().unwrap().to_owned();
    let entry = format!("ozw/delete/user.{me}.client_token,{}:private", identifier(&mine));
    let narrow = narrowed(&mine, &format!("api = {entry}"));
    // What is allowed is answered 404: a narrowed token ends none that is wider.
    for (token, status) in [(&other, 401), (&mine, 404)] {
        let path = format!("{PATH}/{}", identifier(token));
        assert_eq!(server.with_token(&narrow, "DELETE", &path).await.status, status);
    }
}
