//! Tokens as macaroon libraries write them: taken wherever a token is taken, and handed out on request.

use serde_json::{Value, json};
use zonemint::macaroon::{Encoding, Limits, Macaroon};

use crate::support::{As, PASSWORD, TestServer, caveats_of, narrowed};

fn parsed(token: &str) -> Macaroon {
    Macaroon::parse(token, &Limits::default()).unwrap().0
}

/// What means something in a path or a form is encoded.
fn in_url(text: &str) -> String {
    text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// The token's text in every encoding. The digits that tell alphabets apart, and padding, are in each: the caveat is chosen so.
fn texts(token: &str) -> Vec<String> {
    let suited = |token: &Macaroon| {
        let text = token.to_text(Encoding::ALL[4]).unwrap();
        let second = token.to_text(Encoding::ALL[8]).unwrap();
        [text, second].iter().all(|text| text.ends_with('=') && text.contains(['+', '/']))
    };
    // Its length decides about padding, its digits about the alphabet.
    let longer = |at: usize| parsed(&narrowed(token, &format!("time < {}{}", 1_900_000_000 + at, "0".repeat(at % 3))));
    let token = (0..1000).map(longer).find(suited).expect("one of them is suited");
    let texts: Vec<_> = Encoding::ALL.into_iter().map(|encoding| token.to_text(encoding).unwrap()).collect();
    assert!(texts.iter().enumerate().all(|(at, text)| !texts[..at].contains(text)), "{texts:?}");
    texts
}

#[tokio::test]
async fn every_encoding_is_taken_wherever_a_token_is() {
    let server = TestServer::start().await;
    let (_, named) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let identity = json!({"name": "who", "type": {"identityToken": {}}});
    let (_, proof) = server.named("/user", identity, As::Admin).await;
    let proofs: Vec<_> = Encoding::ALL.map(|encoding| parsed(&proof).to_text(encoding).unwrap()).into();
    for (text, proof) in texts(&named).iter().zip(&proofs) {
        let asked = |body: Value| server.json("POST", "/tokens/verify_access_token", body, As::Nobody);
        let good = asked(json!({"token": text, "consumerToken": proof})).await;
        assert_eq!(good.status, 200, "{text}: {good:?}");
        assert_eq!(asked(json!({"token": format!("{text} ")})).await.status, 400, "{text}");
        for (header, value) in
            [("x-auth-token", text.clone()), ("macaroon", text.clone()), ("authorization", format!("Bearer {text}"))]
        {
            let answer = server.send(server.request("GET", "/user").header(header, value)).await;
            assert_eq!(answer.json()["username"], "admin", "{header}: {text}");
        }
        let examined = server.json("POST", "/tokens/examine", json!({"token": text}), As::Nobody).await;
        assert_eq!(examined.status, 200, "{text}: {examined:?}");
        let more = json!({"token": text, "caveats": [{"type": "ip", "whitelist": ["127.0.0.0/8"]}]});
        let confined = server.json("POST", "/tokens/confine", more, As::Nobody).await.token();
        let (_, encoding) = Macaroon::parse(text, &Limits::default()).unwrap();
        let mut expected = parsed(text);
        expected.narrow(b"ip = 127.0.0.0/8").unwrap();
        assert_eq!(confined, expected.to_text(encoding).unwrap(), "it stays in its encoding");
        let form = format!("token={}", in_url(text));
        let asked = server.beside("POST", "/oauth/introspect").basic_auth("admin", Some(PASSWORD)).body(form);
        let told = server.send(asked.header("content-type", "application/x-www-form-urlencoded")).await;
        assert_eq!(told.json()["active"], true, "{text}: {told:?}");
    }
}

#[tokio::test]
async fn a_revocation_holds_for_every_text_of_the_token() {
    let server = TestServer::start().await;
    for at in 0..Encoding::ALL.len() {
        let token = server.as_admin("POST", "/user/client_tokens").await.token();
        let all: Vec<_> = Encoding::ALL.map(|encoding| parsed(&token).to_text(encoding).unwrap()).into();
        let of = async |text: &str| server.with_token(text, "GET", "/user").await.status;
        for text in &all {
            assert_eq!(of(text).await, 200, "{text}");
        }
        let path = format!("/user/client_tokens/{}", in_url(&all[at]));
        assert_eq!(server.call("DELETE", &path, As::Admin).await.status, 204, "{path}");
        for text in &all {
            assert_eq!(of(text).await, 401, "{text} after {path}");
        }
        assert_eq!(server.call("DELETE", &path, As::Admin).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn who_makes_a_token_chooses_its_encoding() {
    let server = TestServer::start().await;
    let (id, _) = server.named("/user", json!({"name": "old"}), As::Admin).await;
    let ends = json!([{"type": "time", "validUntil": server.now_s() + 60}]);
    let rotate = format!("/tokens/{id}/rotate");
    let mut id = id;
    for (at, (name, encoding)) in Encoding::OFFERED.into_iter().enumerate() {
        for (path, body) in [
            ("/user/client_tokens".to_owned(), json!({})),
            ("/user/tokens/named".to_owned(), json!({"name": format!("token {at}")})),
            ("/user/tokens/temporary".to_owned(), json!({"caveats": ends})),
            (rotate.replace(rotate.split('/').nth(2).unwrap(), &id), json!({})),
        ] {
            let mut body = body;
            let path = if at % 2 == 0 {
                body["encoding"] = json!(name);
                path
            } else {
                format!("{path}?encoding={name}")
            };
            let answer = server.json("POST", &path, body, As::Admin).await;
            let token = answer.json()["token"].as_str().unwrap().to_owned();
            assert_eq!(Macaroon::parse(&token, &Limits::default()).unwrap().1, encoding, "{path}: {answer:?}");
            assert_eq!(server.with_token(&token, "GET", "/user").await.status, 200, "{path}");
            if path.contains("rotate") {
                id = answer.json()["tokenId"].as_str().unwrap().to_owned();
            }
        }
    }
    let request = server.request("POST", "/user/client_tokens?encoding=v2").basic_auth("admin", Some(PASSWORD));
    let grid = server.send(request.header("content-type", "application/macaroon-request").body("{}")).await;
    assert!(grid.json()["macaroon"].as_str().unwrap().starts_with("Ag"), "{grid:?}");
}

/// It is shown again as every token is, and would then be longer than what is accepted.
#[tokio::test]
async fn a_stored_token_fits_in_the_usual_encoding_too() {
    let caveats: Vec<_> = (0..11).map(|at| json!({"type": "ip", "whitelist": [format!("10.0.0.{at}")]})).collect();
    let long = TestServer::start().await;
    let limited = TestServer::start_with(|config| config.token.max_length = 512).await;
    for (path, name) in [("/user/client_tokens", "one"), ("/user/tokens/named", "two")] {
        let made = async |server: &TestServer, caveats: &[Value]| {
            let body = json!({"name": name, "caveats": caveats, "encoding": "v2"});
            server.json("POST", path, body, As::Admin).await
        };
        let text = made(&long, &caveats).await.json()["token"].as_str().unwrap().to_owned();
        assert!(text.len() < 512 && parsed(&text).to_text(Encoding::Onezone).unwrap().len() > 512, "{text}");
        let refused = made(&limited, &caveats).await;
        assert_eq!(refused.status, 400, "{refused:?}");
        assert!(refused.body.contains("512 characters"), "{refused:?}");
        let made = made(&limited, &caveats[..4]).await;
        assert!(made.json()["token"].as_str().unwrap().starts_with("Ag"), "{made:?}");
    }
    let listed = limited.call("GET", "/user/tokens", As::Admin).await.json();
    assert_eq!(listed["tokens"].as_array().map(Vec::len), Some(2), "{listed}");
}

#[tokio::test]
async fn an_encoding_that_there_is_not_makes_nothing() {
    let server = TestServer::start().await;
    for (path, body) in [
        ("/user/client_tokens?encoding=base64", json!({})),
        ("/user/client_tokens", json!({"encoding": "V2"})),
        ("/user/client_tokens", json!({"encoding": 2})),
        ("/user/client_tokens?encoding=v2", json!({"encoding": "onezone"})),
        ("/user/tokens/named?encoding=", json!({"name": "one"})),
        ("/user/tokens/named?encoding=v2&encoding=v2", json!({"name": "one"})),
        ("/user/tokens/named?encoding=v2", json!({"name": "one", "encoding": "onezone"})),
        ("/user/tokens/temporary", json!({"encoding": "json"})),
    ] {
        let answer = server.json("POST", path, body, As::Admin).await;
        assert!(
            answer.status == 400 && (answer.body.contains("encoding") || answer.body.contains("query")),
            "{path}: {answer:?}"
        );
    }
    assert!(server.as_admin("GET", "/user/client_tokens").await.tokens().is_empty());
    assert!(server.as_admin("GET", "/user/tokens/named").await.tokens().is_empty());
    let same =
        server.json("POST", "/user/client_tokens?encoding=v2&other=1", json!({"encoding": "v2"}), As::Admin).await;
    assert_eq!(same.status, 200, "{same:?}");
}

/// A token's text, and what the refusal says of it.
#[tokio::test]
async fn a_refusal_says_why_a_text_is_no_token() {
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "one"}), As::Admin).await;
    let v1 = parsed(&token).to_text(Encoding::BASE64URL).unwrap();
    let mut third_party = parsed(&token);
    third_party.narrow_by_third_party(b"user is alice", &[7; 72], "https://idp.example.org").unwrap();
    let third_party = third_party.to_text(Encoding::V2).unwrap();
    for (text, id, reason) in [
        (r#"{"v":2,"i":"x","s64":"x"}"#.to_owned(), "badToken", "JSON"),
        ("eyJ2IjoyLCJpIjoieCJ9".to_owned(), "badToken", "macaroon in JSON"),
        ("W3sidiI6Mn1d".to_owned(), "badToken", "JSON array"),
        (format!("{}\n{}", &v1[..76], &v1[76..]), "badToken", "line breaks"),
        (v1[..v1.len() - 8].to_owned(), "badToken", "length does not fit"),
        (format!("{v1}="), "badToken", "base64"),
        (narrowed(&token, "time < 2027-01-01T00:00:00Z"), "badToken", "in whole seconds since 1970"),
        (narrowed(&token, "data.readonly "), "badToken", "the kind \"data.readonly\" with a bad value"),
        (narrowed(&token, "ip = 1.2.3"), "badToken", "ip = 1.2.3"),
        (narrowed(&token, "moon = full"), "tokenCaveatUnknown", "moon = full"),
        (third_party, "tokenCaveatUnknown", "https://idp.example.org"),
    ] {
        let asked = server.json("POST", "/tokens/verify_access_token", json!({"token": text}), As::Nobody).await;
        let shown =
            if text.contains(['\n', '{']) { None } else { Some(server.with_token(&text, "GET", "/user").await) };
        for (answer, status) in [(Some(asked), 400), (shown, 401)] {
            let Some(answer) = answer else { continue };
            assert_eq!(answer.status, status, "{text}: {answer:?}");
            assert!(answer.body.contains(&format!("\"id\":\"{id}\"")), "{text}: {answer:?}");
            let said: Value = answer.json();
            assert!(said.to_string().replace("\\\"", "\"").replace("\\\\", "").contains(reason), "{reason}: {said}");
        }
    }
    assert!(caveats_of(&token).is_empty());
}
