//! The option `descendants` of all operations that end tokens, and `mintedBy`.

use serde_json::{Value, json};

use crate::support::{Answer, As, BOB, TestServer, narrowed};

/// Bob's token that minted a named one, which minted a temporary one, which minted a client token for the administrator to see.
struct Family {
    server: TestServer,
    bob: String,
    /// Identifier and text.
    parent: (String, String),
    /// Child, its temporary token, and the client token that this one minted.
    descendants: [String; 3],
    /// Another token of Bob's, which minted nothing.
    other: String,
}

impl Family {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let bob = server.add_bob().await;
        let parent = server.named("/user", json!({"name": "parent"}), BOB).await;
        let child = server.named("/user", json!({"name": "child"}), As::Token(&parent.1)).await.1;
        let temporary = server.temporary("/user", json!({"caveats": []}), As::Token(&child)).await;
        let last = server.with_token(&temporary, "POST", "/user/client_tokens").await.token();
        let other = server.named("/user", json!({"name": "other"}), BOB).await.1;
        Self { server, bob, parent, descendants: [child, temporary, last], other }
    }

    async fn is_good(&self, token: &str) -> bool {
        self.server.with_token(token, "GET", "/user").await.status == 200
    }

    /// How many of parent, child, temporary and last are good.
    async fn good(&self) -> [bool; 4] {
        let [child, temporary, last] = &self.descendants;
        let parent = self.is_good(&self.parent.1).await;
        [parent, self.is_good(child).await, self.is_good(temporary).await, self.is_good(last).await]
    }

    async fn ended(&self, answer: &Answer) {
        let expected = (json!(2), json!([self.bob]));
        let body = answer.json();
        assert_eq!(
            (&body["revokedDescendants"], &body["temporaryTokensEnded"]),
            (&expected.0, &expected.1),
            "{answer:?}"
        );
        assert_eq!(self.good().await, [false; 4], "{answer:?}");
    }
}

/// Each way to end Bob's parent token, as himself: method, path, body. `ID` stands for its identifier.
fn ways() -> [(&'static str, &'static str, Option<Value>); 8] {
    [
        ("PATCH", "/tokens/named/ID", Some(json!({"revoked": true}))),
        ("DELETE", "/tokens/named/ID", None),
        ("DELETE", "/user/client_tokens/ID", None),
        ("POST", "/user/tokens/revoke", Some(json!({"ids": ["ID"]}))),
        ("POST", "/user/tokens/revoke", Some(json!({"all": true}))),
        ("POST", "/user/tokens/revoke", Some(json!({"issuedBefore": 4_000_000_000_u64}))),
        ("DELETE", "/user/tokens/named", None),
        ("POST", "/tokens/ID/rotate", Some(json!({}))),
    ]
}

async fn end(family: &Family, way: &(&str, &str, Option<Value>), with_descendants: bool) -> Answer {
    end_as(family, way, with_descendants, BOB).await
}

async fn end_as(family: &Family, way: &(&str, &str, Option<Value>), with_descendants: bool, whom: As<'_>) -> Answer {
    let (method, path, body) = way;
    let mut path = path.replace("ID", &family.parent.0);
    match body {
        None if with_descendants => path.push_str("?descendants=true"),
        None => {}
        Some(body) => {
            let mut body: Value = serde_json::from_str(&body.to_string().replace("ID", &family.parent.0)).unwrap();
            if with_descendants {
                body["descendants"] = json!(true);
            }
            return family.server.json(method, &path, body, whom).await;
        }
    }
    family.server.call(method, &path, whom).await
}

#[tokio::test]
async fn descendants_end_with_a_token_when_that_is_asked_for() {
    for way in ways() {
        let family = Family::new().await;
        let answer = end(&family, &way, true).await;
        let body = answer.json();
        match way {
            // These revoke parent, child, the last one and the other one themselves, so that no good descendant is left.
            ("POST", _, Some(Value::Object(keys))) if keys.contains_key("all") || keys.contains_key("issuedBefore") => {
                assert_eq!((answer.status, &body["revoked"], &body["revokedDescendants"]), (200, &json!(4), &json!(0)));
                assert_eq!(family.good().await, [false; 4], "{answer:?}");
            }
            ("DELETE", "/user/tokens/named", _) => {
                assert_eq!((answer.status, &body["revokedDescendants"]), (200, &json!(1)), "the client token");
                assert_eq!(family.good().await, [false; 4], "{answer:?}");
            }
            (_, path, _) => {
                assert_eq!(answer.status, if path.ends_with("rotate") { 201 } else { 200 }, "{answer:?}");
                family.ended(&answer).await;
                assert!(family.is_good(&family.other).await);
                if path.ends_with("rotate") {
                    assert!(family.is_good(body["token"].as_str().unwrap()).await, "the new token is exempt");
                }
            }
        }
    }
}

#[tokio::test]
async fn descendants_stay_when_that_is_not_asked_for() {
    for way in ways() {
        let family = Family::new().await;
        let answer = end(&family, &way, false).await;
        assert!(answer.status < 300 && !answer.body.contains("escendants"), "{answer:?}");
        let good = family.good().await;
        match way {
            ("POST", _, Some(Value::Object(keys))) if keys.contains_key("all") => assert_eq!(good, [false; 4]),
            ("POST", _, Some(Value::Object(keys))) if keys.contains_key("issuedBefore") => {
                assert_eq!(good, [false, false, true, false]);
            }
            ("DELETE", "/user/tokens/named", _) => assert_eq!(good, [false, false, true, true]),
            _ => assert_eq!(good, [false, true, true, true], "{answer:?}"),
        }
    }
}

#[tokio::test]
async fn descendants_of_temporary_tokens_end_with_their_generation() {
    let family = Family::new().await;
    let answer = family.server.call("DELETE", "/user/tokens/temporary?descendants=true", BOB).await;
    assert_eq!((answer.status, &answer.json()["revokedDescendants"]), (200, &json!(1)), "{answer:?}");
    assert_eq!(family.good().await, [true, true, false, false]);
    let family = Family::new().await;
    let answer = family.server.call("DELETE", "/user/tokens/temporary", BOB).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(family.good().await, [true, true, false, true]);
}

#[tokio::test]
async fn what_was_revoked_before_takes_its_descendants_along_later() {
    let family = Family::new().await;
    for way in &ways()[..2] {
        end(&family, &ways()[0], false).await;
        let answer = end(&family, way, true).await;
        assert_eq!(answer.status, 200, "{way:?}: {answer:?}");
    }
    assert_eq!(family.good().await, [false; 4]);
}

#[tokio::test]
async fn a_narrowed_token_does_not_end_what_may_be_wider() {
    let family = Family::new().await;
    let narrow = narrowed(&family.parent.1, "interface = rest");
    for way in ways().iter().filter(|way| !way.1.ends_with("/named") && !way.1.ends_with("/revoke")) {
        let answer = end_as(&family, way, true, As::Token(&narrow)).await;
        assert!(answer.status == 403 && answer.body.contains("narrower"), "{way:?}: {answer:?}");
    }
    assert_eq!(family.good().await, [true; 4]);
    let answer = end_as(&family, &ways()[0], true, As::Token(&family.parent.1)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(family.good().await, [false; 4]);
}

#[tokio::test]
async fn a_wrong_value_of_the_option_ends_nothing() {
    let family = Family::new().await;
    let path = |end: &str| format!("/tokens/named/{}{end}", family.parent.0);
    for value in ["", "1", "yes", "TRUE"] {
        let answer = family.server.call("DELETE", &path(&format!("?descendants={value}")), BOB).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    let rotate = format!("/tokens/{}/rotate", family.parent.0);
    for (method, path, body) in [
        ("PATCH", path(""), json!({"revoked": true, "descendants": "true"})),
        ("PATCH", path(""), json!({"name": "else", "descendants": true})),
        ("POST", "/user/tokens/revoke".to_owned(), json!({"all": true, "descendants": 1})),
        ("POST", rotate, json!({"overlap": 5, "descendants": true})),
    ] {
        let answer = family.server.json(method, &path, body, BOB).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.body.contains("descendants"), "{answer:?}");
    }
    assert_eq!(family.good().await, [true; 4]);
}

#[tokio::test]
async fn lists_and_audit_say_what_minted_a_token() {
    let family = Family::new().await;
    let listed = family.server.call("GET", "/user/tokens", BOB).await.json();
    let minted_by = |name: Value| {
        let tokens = listed["tokens"].as_array().unwrap();
        tokens.iter().find(|token| token["name"] == name).unwrap()["mintedBy"].clone()
    };
    assert_eq!((minted_by(json!("parent")), minted_by(json!("other"))), (Value::Null, Value::Null));
    assert_eq!(minted_by(json!("child")), json!(family.parent.0));
    let by_temporary = json!(format!("temporary:{}:1", family.bob));
    assert_eq!(minted_by(Value::Null), by_temporary, "the client token, which has no name");
    let rows = family.server.call("GET", "/audit?kind=token.mint", As::Admin).await.json();
    let minted: Vec<_> = rows["rows"].as_array().unwrap().iter().map(|row| row["mintedBy"].clone()).collect();
    assert!(minted.contains(&json!(family.parent.0)) && minted.contains(&by_temporary), "{minted:?}");
}
