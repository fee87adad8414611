//! Three operations as their handlers read them, and each reader's rule.

use serde_json::json;

use super::*;
use std::net::IpAddr;

use crate::error::TokenError;
use crate::kind::{
    boolean, caveats, full_name, integer, interface, invite_type, nullable, object, password, peer_ip, text, token,
    token_name, token_type, user_name,
};
use zonemint_base::model::{InviteType, NameRule, TokenName, TokenType};
use zonemint_caveat::{Caveat, Interface};
use zonemint_macaroon::{Encoding, Macaroon, ParseError, RootSecret, TextError};
use zonemint_service::user::PasswordRefused;

/// A body with a key set to something else.
fn with(body: &Value, key: &str, value: &Value) -> Value {
    let mut body = body.clone();
    body[key] = value.clone();
    body
}

fn token_text() -> String {
    Macaroon::mint(&RootSecret::new(&[7; 32]), "onezone.example.com", b"id")
        .unwrap()
        .to_text(Encoding::Onezone)
        .unwrap()
}

fn bad_token(key: &'static str, reason: &(impl ToString + ?Sized)) -> DataError {
    DataError::BadValueToken { key, error: TokenError::bad(reason) }
}

mod named_token_create {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct NamedToken {
        name: TokenName,
        caveats: Vec<Caveat>,
        custom: Map<String, Value>,
        revoked: bool,
        kind: TokenType,
    }

    fn read(json: &Value) -> Result<NamedToken, DataError> {
        let mut body = Body::new(json.as_object().unwrap());
        Ok(NamedToken {
            name: body.required("name", token_name())?,
            caveats: body.optional("caveats", caveats())?.unwrap_or_default(),
            custom: body.optional("customMetadata", object())?.cloned().unwrap_or_default(),
            revoked: body.optional("revoked", boolean())?.unwrap_or(false),
            kind: body.optional("type", token_type())?.unwrap_or(TokenType::Access),
        })
    }

    #[test]
    fn a_name_is_enough() {
        let token = read(&json!({"name": "laptop", "unknown": {"key": 1}})).unwrap();
        assert_eq!((token.name.as_str(), token.revoked, token.kind), ("laptop", false, TokenType::Access));
        assert!(token.caveats.is_empty() && token.custom.is_empty());
    }

    #[test]
    fn all_keys_are_read() {
        let token = read(&json!({
            "name": "(guests)",
            "type": {"inviteToken": {"inviteType": "userJoinSpace", "spaceId": "s"}},
            "caveats": [{"type": "time", "validUntil": 9}],
            "customMetadata": {"a": {"b": null}},
            "revoked": true,
        }))
        .unwrap();
        assert_eq!(token.caveats, [Caveat::parse(b"time < 9").unwrap()]);
        assert_eq!((token.kind.to_string(), token.revoked), ("ujs:s:".to_owned(), true));
        assert_eq!(Value::Object(token.custom), json!({"a": {"b": null}}));
    }

    #[test]
    fn each_bad_value_has_its_own_error() {
        for (key, value, expected) in [
            ("name", json!("-"), DataError::BadValueName),
            ("name", json!(""), DataError::BadValueName),
            ("name", json!(null), DataError::BadValueName),
            ("name", json!(7), DataError::BadValueString { key: "name" }),
            ("type", json!({"accessToken": {"a": 1}}), DataError::BadValueTokenType { key: "type" }),
            ("type", json!("accessToken"), DataError::BadValueTokenType { key: "type" }),
            ("caveats", json!({"type": "time"}), DataError::BadData { key: "caveats", hint: None }),
            ("caveats", json!([{"type": "time"}, 1]), DataError::BadValueCaveat { caveat: json!({"type": "time"}) }),
            ("customMetadata", json!([]), DataError::BadValueJson { key: "customMetadata" }),
            ("revoked", json!("true"), DataError::BadValueBoolean { key: "revoked" }),
        ] {
            let body = with(&json!({"name": "laptop"}), key, &value);
            assert_eq!(read(&body), Err(expected), "{body}");
        }
    }

    #[test]
    fn the_first_failure_is_the_answer() {
        let body = json!({"caveats": 1, "revoked": 1, "type": 1});
        assert_eq!(read(&body), Err(DataError::MissingRequiredValue { key: "name" }));
        let body = with(&body, "name", &json!("laptop"));
        assert_eq!(read(&body), Err(DataError::BadData { key: "caveats", hint: None }));
        let body = with(&body, "caveats", &json!(null));
        assert_eq!(read(&body), Err(DataError::BadValueBoolean { key: "revoked" }));
    }

    #[test]
    fn a_boolean_is_a_string_to_onezone() {
        assert_eq!(read(&json!({"name": true})).unwrap().name.as_str(), "true");
    }
}

mod temporary_token_create {
    use super::*;

    fn read(json: &Value) -> Result<(TokenType, Vec<Caveat>), DataError> {
        let mut body = Body::new(json.as_object().unwrap());
        let caveats = body.optional("caveats", caveats())?.unwrap_or_default();
        Ok((body.optional("type", token_type())?.unwrap_or(TokenType::Access), caveats))
    }

    #[test]
    fn caveats_are_read_before_the_type() {
        assert_eq!(read(&json!({})), Ok((TokenType::Access, vec![])));
        assert_eq!(read(&json!({"type": {}})), Err(DataError::BadValueTokenType { key: "type" }));
        assert_eq!(read(&json!({"type": {}, "caveats": [1]})), Err(DataError::BadValueCaveat { caveat: json!(1) }));
    }
}

mod verify_access_token {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Question<'a> {
        token: &'a str,
        allow_data_access_caveats: bool,
        consumer: Option<&'a str>,
        interface: Option<Interface>,
        peer: Option<IpAddr>,
        service: Option<&'a str>,
    }

    fn read(json: &Value, caller: IpAddr) -> Result<Question<'_>, DataError> {
        let mut body = Body::new(json.as_object().unwrap());
        Ok(Question {
            token: body.required("token", token())?,
            allow_data_access_caveats: body.optional("allowDataAccessCaveats", boolean())?.unwrap_or(false),
            consumer: body.optional_or_null("consumerToken", token())?,
            interface: body.optional_or_null("interface", interface())?,
            peer: body.optional_or_null("peerIp", nullable(peer_ip()))?.unwrap_or(Some(caller)),
            service: body.optional_or_null("serviceToken", token())?,
        })
    }

    fn ask(key: &str, value: &Value) -> Result<Question<'static>, DataError> {
        let body = Box::leak(Box::new(with(&json!({"token": token_text()}), key, value)));
        read(body, IpAddr::from([192, 0, 2, 1]))
    }

    #[test]
    fn a_token_is_enough() {
        let question = ask("unknown", &json!(1)).unwrap();
        assert_eq!(question.token, token_text());
        assert_eq!((question.interface, question.service), (None, None));
        assert_eq!(question.peer, Some(IpAddr::from([192, 0, 2, 1])));
    }

    #[test]
    fn an_address_of_null_is_unknown_and_one_of_ipv6_is_read() {
        assert_eq!(ask("peerIp", &json!(null)).unwrap().peer, None);
        assert_eq!(ask("peerIp", &json!("2001:db8::1")).unwrap().peer, Some("2001:db8::1".parse().unwrap()));
        for value in [json!(""), json!("localhost"), json!("10.0.0.0/8"), json!(7), json!(true)] {
            assert_eq!(ask("peerIp", &value), Err(DataError::BadValueIpv4Address { key: "peerIp" }), "{value}");
        }
    }

    #[test]
    fn an_interface_is_one_of_three() {
        assert_eq!(ask("interface", &json!("oneclient")).unwrap().interface, Some(Interface::Oneclient));
        for value in [json!(null), json!("REST"), json!(""), json!(true)] {
            let allowed = vec!["rest", "oneclient", "graphsync"];
            let expected = DataError::BadValueNotAllowed { key: "interface", allowed };
            assert_eq!(ask("interface", &value), Err(expected), "{value}");
        }
        assert_eq!(ask("interface", &json!(1)), Err(DataError::BadValueString { key: "interface" }));
    }

    #[test]
    fn a_token_that_cannot_be_decoded_is_named() {
        for key in ["token", "consumerToken", "serviceToken"] {
            assert_eq!(ask(key, &json!("")), Err(DataError::BadValueEmpty { key }));
            for (value, reason) in [
                (json!(null), "a token is a string".to_owned()),
                (json!(7), "a token is a string".to_owned()),
                (json!({}), TextError::Json.to_string()),
                (json!([]), TextError::JsonArray.to_string()),
                (json!("eyJ2IjoyfQ"), TextError::Json.to_string()),
                (json!("MDAx\nNWxv\n"), TextError::Lines.to_string()),
                (json!("garbage"), TextError::Base64.to_string()),
                (json!("nonsense"), ParseError::Length.to_string()),
                (json!("AgEEem9uZQ"), ParseError::Truncated.to_string()),
                (json!("ozw-abc"), TextError::Base62.to_string()),
                (json!("opw-"), ParseError::Length.to_string()),
            ] {
                let error = ask(key, &value).unwrap_err();
                assert_eq!(error, bad_token(key, &reason), "{value}");
            }
        }
    }

    #[test]
    fn a_line_end_after_a_token_is_cut() {
        for end in ["\n", "\r\n"] {
            assert_eq!(ask("token", &json!(token_text() + end)).unwrap().token, token_text());
        }
        assert_eq!(ask("token", &json!("\n")), Err(DataError::BadValueEmpty { key: "token" }));
        assert!(ask("token", &json!(token_text() + " ")).is_err());
    }

    #[test]
    fn a_token_beyond_onezones_bound_is_too_large() {
        for (length, error) in
            [(1_048_576, ParseError::Length.into()), (1_048_577, TokenError::TokenTooLarge { limit: 1_048_576 })]
        {
            let expected = DataError::BadValueToken { key: "token", error };
            assert_eq!(ask("token", &json!("M".repeat(length))), Err(expected));
        }
    }

    #[test]
    fn a_service_may_stand_before_its_token() {
        for prefix in ["opw-", "opp-"] {
            let text = format!("{prefix}{}", token_text());
            assert_eq!(ask("serviceToken", &json!(text)).unwrap().service, Some(text.as_str()));
        }
        for prefix in ["ozw-", "ozp-", "abc-", "OPW-"] {
            assert_eq!(
                ask("token", &json!(format!("{prefix}{}", token_text()))),
                Err(bad_token("token", &TextError::Base62))
            );
        }
    }
}

fn change(json: &Value) -> Result<Option<TokenName>, DataError> {
    let mut body = Body::new(json.as_object().unwrap());
    body.optional("customMetadata", object())?;
    let name = body.optional_or_null("name", token_name())?;
    body.optional("revoked", boolean())?;
    body.at_least_one_of(&["customMetadata", "name", "revoked"])?;
    Ok(name)
}

#[test]
fn of_several_keys_one_may_be_needed() {
    let missing = Err(DataError::MissingAtLeastOneValue { keys: &["customMetadata", "name", "revoked"] });
    assert_eq!(change(&json!({"type": 1})), missing);
    assert_eq!(change(&json!({"revoked": null})), missing);
    assert_eq!(change(&json!({"revoked": false})), Ok(None));
    assert_eq!(change(&json!({"name": null})), Err(DataError::BadValueName));
    assert_eq!(change(&json!({"name": "x", "revoked": 1})), Err(DataError::BadValueName));
}

#[test]
#[should_panic(expected = "is read after")]
fn lines_out_of_order_are_noticed() {
    let object = Map::new();
    let mut body = Body::new(&object);
    let _ = body.optional("b", boolean());
    let _ = body.optional("a", boolean());
}

#[test]
fn integers_are_bounded_on_both_sides() {
    let read = |value: &Value| integer(2..=5, "").read("n", value);
    assert_eq!((read(&json!(2)), read(&json!(5))), (Ok(2), Ok(5)));
    for (value, expected) in [
        (json!(1), DataError::BadValueTooLow { key: "n", limit: 2 }),
        (json!(-7), DataError::BadValueTooLow { key: "n", limit: 2 }),
        (json!(6), DataError::BadValueTooHigh { key: "n", limit: 5 }),
        (json!(u64::MAX), DataError::BadValueTooHigh { key: "n", limit: 5 }),
        (json!(3.0), DataError::BadValueInteger { key: "n" }),
        (json!(1e300), DataError::BadValueInteger { key: "n" }),
        (json!("3"), DataError::BadValueInteger { key: "n" }),
        (json!(null), DataError::BadValueInteger { key: "n" }),
    ] {
        assert_eq!(read(&value), Err(expected), "{value}");
    }
}

#[test]
fn names_and_passwords_follow_the_models_rules() {
    let onezones = |key, value: &Value| user_name(NameRule::Onezone).read(key, value);
    assert_eq!(onezones("username", &json!("a")), Err(DataError::BadValueUsername(NameRule::Onezone)));
    assert_eq!(onezones("username", &json!(null)), Err(DataError::BadValueUsername(NameRule::Onezone)));
    assert_eq!(onezones("username", &json!(12)), Err(DataError::BadValueString { key: "username" }));
    assert_eq!(full_name().read("fullName", &json!(",")), Err(DataError::BadValueFullName));
    assert_eq!(full_name().read("fullName", &json!("Ada L.")).unwrap().as_str(), "Ada L.");
    let refused = |value: Value| password().read("newPassword", &value).unwrap_err();
    assert_eq!(refused(json!("short")), DataError::BadValuePassword(PasswordRefused::Short));
    assert_eq!(refused(json!(null)), DataError::BadValueString { key: "newPassword" });
    assert_eq!(text().read("oldPassword", &json!("")), Err(DataError::BadValueEmpty { key: "oldPassword" }));
    assert_eq!(nullable(text()).read("oldPassword", &json!(null)), Ok(None));
    assert_eq!(invite_type().read("expectedInviteType", &json!("supportSpace")), Ok(InviteType::SupportSpace));
    let unknown = Err(DataError::BadValueInviteType { key: "expectedInviteType" });
    assert_eq!(invite_type().read("expectedInviteType", &json!("any")), unknown);
}
