//! `POST /tokens/confine`

use serde_json::json;
use zonemint::macaroon::{Encoding, Limits, Macaroon, RootSecret};

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
    let server = TestServer::start().await;
    let bob = server.add_bob().await;
    let mut tokens = vec![
        server.temporary("/user", json!({}), BOB).await,
        server.json("POST", "/user/client_tokens", json!({}), BOB).await.token(),
    ];
    for kind in ["accessToken", "identityToken"] {
        tokens.push(server.named("/user", json!({"name": kind, "type": {kind: {}}}), BOB).await.1);
    }
    let confined = async |expected: Option<&str>| {
        for token in &tokens {
            let answer = server.json("POST", PATH, json!({"token": token, "caveats": []}), As::Nobody).await;
            match expected {
                None => assert_eq!(answer.status, 200, "{answer:?}"),
                Some(why) => assert_eq!(answer.refusal(), (400, why.to_owned())),
            }
        }
    };
    let block = async |blocked: bool| {
        let body = json!({"blocked": blocked});
        let answer = server.json("PATCH", &format!("/users/{bob}/access_block"), body, As::Admin).await;
        assert_eq!(answer.status, 204);
    };
    confined(None).await;
    block(true).await;
    confined(Some("userBlocked")).await;
    block(false).await;
    assert_eq!(server.call("DELETE", &format!("/users/{bob}"), As::Admin).await.status, 204);
    confined(Some("tokenSubjectInvalid")).await;
}

#[tokio::test]
async fn a_text_that_is_not_signed_here_is_narrowed_to_any_service() {
    let (server, other) = (TestServer::start().await, TestServer::start().await);
    let caveats = json!([{"type": "service", "whitelist": [format!("opw-{}", "0".repeat(32)), "ozw-elsewhere"]}]);
    let (_, named) = other.named("/user", json!({"name": "one"}), As::Admin).await;
    for foreign in [named, other.temporary("/user", json!({}), As::Admin).await] {
        let answer = server.json("POST", PATH, json!({"token": foreign, "caveats": caveats}), As::Nobody).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    // An identity token supports no such caveat, so it says nothing of services.
    let identity = server.temporary("/user", json!({"type": {"identityToken": {}}}), As::Admin).await;
    let answer = server.json("POST", PATH, json!({"token": identity, "caveats": caveats}), As::Nobody).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_text_that_is_not_signed_here_does_not_tell_whether_its_subject_is() {
    let (server, other) = (TestServer::start().await, TestServer::start().await);
    let here = server.id_of(As::Admin).await;
    let (_, named) = other.named("/user", json!({"name": "one"}), As::Admin).await;
    let temporary = other.temporary("/user", json!({}), As::Admin).await;
    for foreign in [named, temporary] {
        for subject in [here.clone(), "0".repeat(32), "nobody".to_owned()] {
            let token = with_subject(&foreign, &subject);
            let answer = server.json("POST", PATH, json!({"token": token, "caveats": []}), As::Nobody).await;
            assert_eq!(answer.token(), token);
        }
    }
}

#[tokio::test]
async fn a_token_of_a_session_is_not_confined_if_it_is_signed_here() {
    let server = TestServer::start().await;
    let user = server.id_of(As::Admin).await;
    let keyring = server.services.tokens.keyring();
    let owner = user.parse().unwrap();
    let secret = keyring.ids().find_map(|key| keyring.temporary_token_secret(key, owner, 1)).unwrap();
    let identifier = format!("2/tmp-1/usr-{user}/act:session/{}ch0000", "0".repeat(32));
    for (secret, status) in [(secret, 400), (RootSecret::new(&[7; 32]), 200)] {
        let token = Macaroon::mint(&secret, "localhost", identifier.as_bytes()).unwrap();
        let body = json!({"token": token.to_text(Encoding::Onezone).unwrap(), "caveats": []});
        let answer = server.json("POST", PATH, body, As::Nobody).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(status == 200 || answer.error() == "tokenSessionInvalid", "{answer:?}");
    }
}

/// A token that says to be another subject's. Nobody has signed it.
fn with_subject(token: &str, subject: &str) -> String {
    let (macaroon, encoding) = Macaroon::parse(token, &Limits::default()).unwrap();
    let identifier = std::str::from_utf8(macaroon.identifier()).unwrap().split('/').enumerate();
    let subject = format!("usr-{subject}");
    let parts: Vec<_> = identifier.map(|(at, part)| if at == 2 { subject.as_str() } else { part }).collect();
    let forged = Macaroon::mint(&RootSecret::new(&[7; 32]), macaroon.location(), parts.join("/").as_bytes());
    forged.unwrap().to_text(encoding).unwrap()
}

#[tokio::test]
async fn an_end_in_milliseconds_is_refused_where_caveats_are_made() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for until in [253_402_300_800_u64, 1_830_000_000_000] {
        let caveats = json!([{"type": "time", "validUntil": until}]);
        for (path, body) in [
            (PATH, json!({"token": token, "caveats": caveats})),
            ("/user/tokens/named", json!({"name": "two", "caveats": caveats})),
            ("/user/tokens/temporary", json!({"caveats": caveats})),
            ("/user/client_tokens", json!({"caveats": caveats})),
        ] {
            let answer = server.json("POST", path, body, As::Admin).await;
            assert!(answer.status == 400 && answer.body.contains("milliseconds"), "{path}: {answer:?}");
        }
        let kind = "application/macaroon-request";
        let body = json!({"caveats": [format!("time < {until}")]}).to_string();
        let request = server.request("POST", "/user/client_tokens").header("content-type", kind).body(body);
        let answer = server.send(As::Admin.sign(request)).await;
        assert!(answer.status == 400 && answer.body.contains("milliseconds"), "{answer:?}");
        // What is there already is as good as it was.
        let narrow = narrowed(&token, &format!("time < {until}"));
        assert_eq!(server.with_token(&narrow, "GET", "/user").await.status, 200);
    }
    let latest = json!([{"type": "time", "validUntil": 253_402_300_799_u64}]);
    let answer = server.json("POST", PATH, json!({"token": token, "caveats": latest}), As::Nobody).await;
    assert_eq!(answer.status, 200, "{answer:?}");
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

#[tokio::test]
async fn what_a_holder_wrote_in_another_text_stays_and_is_minted_in_one() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for (name, written, minted) in [
        ("first", "ip = 127.0.0.1", "ip = 127.0.0.1/32"),
        (
            "second",
            "api = ozw/all/user.*.instance:*|ozw/all/token.*.*",
            "api = ozw/all/user.*.instance:*|ozw/all/token.*.*:private",
        ),
    ] {
        let narrow = narrowed(&token, written);
        let caveats = json!([{"type": "interface", "interface": "rest"}]);
        let confined =
            server.json("POST", PATH, json!({"token": narrow, "caveats": caveats}), As::Nobody).await.token();
        assert_eq!(caveats_of(&confined), [written, "interface = rest"]);
        assert_eq!(server.with_token(&confined, "GET", "/user").await.status, 200, "{written}");
        let (_, made) = server.named("/user", json!({"name": name}), As::Token(&confined)).await;
        assert_eq!(caveats_of(&made), [minted, "interface = rest"]);
        let shown = server.with_token(&confined, "GET", &format!("/user/tokens/named/name/{name}")).await;
        assert_eq!(shown.json()["token"], made, "{shown:?}");
    }
    assert_eq!(server.with_token(&narrowed(&token, "ip = 192.0.2.1"), "GET", "/user").await.status, 401);
}

#[tokio::test]
async fn a_caveat_that_nothing_could_match_is_not_added() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    for caveat in [
        json!({"type": "api", "whitelist": ["ozw/get/users.*.*:*"]}),
        json!({"type": "data.objectid", "whitelist": ["00AF"]}),
    ] {
        let body = json!({"token": token, "caveats": [caveat]});
        assert_eq!(server.json("POST", PATH, body, As::Nobody).await.refusal(), (400, "badValueCaveat".to_owned()));
        let body = json!({"name": "two", "caveats": [caveat]});
        let refused = server.json("POST", "/user/tokens/named", body, As::Admin).await;
        assert_eq!(refused.refusal(), (400, "badValueCaveat".to_owned()));
    }
}

#[tokio::test]
async fn a_client_token_is_confined_too() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    let body = json!({"token": token, "caveats": [{"type": "time", "validUntil": server.now_s() + 9}]});
    let confined = server.json("POST", PATH, body, As::Nobody).await.token();
    assert_eq!(server.with_token(&confined, "GET", "/user").await.status, 200);
    server.advance_s(9);
    assert_eq!(server.with_token(&confined, "GET", "/user").await.status, 401);
}
