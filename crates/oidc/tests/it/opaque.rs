//! Opaque tokens: introspection, and userinfo where it is permitted.

use std::time::Duration;

use serde_json::{Value, json};
use zonemint_oidc::{ClientSecret, InvalidToken, Provider, Settings};

use crate::issuer::{Issuer, NOW, NOW_MS, Reply, outage, subject};

fn with_secret(settings: &mut Settings) {
    settings.client_secret = Some(ClientSecret::new("s:e c".to_owned()));
}

/// An issuer whose introspection says this, and a provider that asks it.
async fn introspecting(answer: Value) -> (Issuer, Provider) {
    let issuer = Issuer::start("ES256").await;
    issuer.reply("/introspect", Reply::Json(200, answer));
    let provider = issuer.provider(with_secret);
    (issuer, provider)
}

fn active(changes: &Value) -> Value {
    let mut answer = json!({ "active": true, "sub": "joe", "aud": "zonemint", "exp": NOW + 100, "client_id": "app" });
    for (name, value) in changes.as_object().unwrap() {
        answer[name] = value.clone();
    }
    answer
}

#[tokio::test]
async fn an_opaque_token_is_introspected_as_our_client() {
    let (issuer, provider) = introspecting(active(&json!({ "groups": ["staff"] }))).await;
    let identity = provider.check("opaque+/~._-=").await.unwrap();
    assert_eq!((identity.subject.as_str(), identity.expires_s), ("joe", Some(NOW + 100)));
    let [received] = &issuer.received("/introspect")[..] else { panic!("one request") };
    assert_eq!(received.body, "token=opaque%2B%2F%7E._-%3D&token_type_hint=access_token");
    // "web" and "s%3Ae+c", as RFC 6749 section 2.3.1 encodes them.
    assert_eq!(received.authorization, "Basic d2ViOnMlM0FlK2M=");
}

#[tokio::test]
async fn each_answer_that_is_wrong_refuses_the_token() {
    let (issuer, _) = introspecting(json!({})).await;
    let party = |settings: &mut Settings| settings.authorized_parties = vec!["app".to_owned()];
    for (changes, expected, with_party) in [
        (json!({}), Ok("joe"), Ok("joe")),
        (json!({ "active": false }), Err(InvalidToken::Inactive), Err(InvalidToken::Inactive)),
        (json!({ "aud": "other" }), Err(InvalidToken::Audience), Err(InvalidToken::Audience)),
        (json!({ "exp": NOW - 60 }), Err(InvalidToken::Expired), Err(InvalidToken::Expired)),
        (json!({ "exp": "soon" }), Err(InvalidToken::NoExpiry), Err(InvalidToken::NoExpiry)),
        (json!({ "nbf": NOW + 61 }), Err(InvalidToken::NotYet), Err(InvalidToken::NotYet)),
        (json!({ "sub": "" }), Err(InvalidToken::Subject), Err(InvalidToken::Subject)),
        (json!({ "token_type": "bearer", "typ": "Bearer" }), Ok("joe"), Ok("joe")),
        (json!({ "token_type": "DPoP" }), Err(InvalidToken::NotAccess), Err(InvalidToken::NotAccess)),
        (json!({ "typ": "Refresh" }), Err(InvalidToken::NotAccess), Err(InvalidToken::NotAccess)),
        (json!({ "cnf": { "jkt": "x" } }), Err(InvalidToken::Bound), Err(InvalidToken::Bound)),
        (json!({ "iss": issuer.url }), Ok("joe"), Ok("joe")),
        (json!({ "iss": "https://other" }), Err(InvalidToken::Issuer), Err(InvalidToken::Issuer)),
    ] {
        issuer.reply("/introspect", Reply::Json(200, active(&changes)));
        let provider = issuer.provider(with_secret);
        assert_eq!(subject(&provider, "t").await, expected.map(str::to_owned), "{changes}");
        let provider = issuer.provider(|settings| {
            with_secret(settings);
            party(settings);
        });
        assert_eq!(subject(&provider, "t").await, with_party.map(str::to_owned), "{changes}");
    }
    let mut answer = active(&json!({}));
    answer.as_object_mut().unwrap().remove("aud");
    issuer.reply("/introspect", Reply::Json(200, answer));
    assert_eq!(subject(&issuer.provider(with_secret), "t").await, Err(InvalidToken::NoAudience));
    let provider = issuer.provider(|settings| {
        with_secret(settings);
        party(settings);
    });
    assert_eq!(subject(&provider, "t").await.unwrap(), "joe");
}

#[tokio::test]
async fn a_kind_that_is_not_introspected_is_a_wrong_token_and_a_wrong_client_an_outage() {
    let (issuer, provider) = introspecting(json!({})).await;
    issuer.reply("/introspect", Reply::Json(400, json!({ "error": "unsupported_token_type" })));
    assert_eq!(subject(&provider, "t").await, Err(InvalidToken::Inactive));
    let refused =
        "the provider refuses this server's own client at its introspection: check client_id and client_secret";
    for reply in [
        Reply::Text(401, String::new()),
        Reply::Text(403, String::new()),
        Reply::Json(401, json!({ "error": "invalid_client" })),
        Reply::Json(400, json!({ "error": "invalid_client" })),
    ] {
        issuer.reply("/introspect", reply);
        assert_eq!(outage(&provider, "t").await, refused);
    }
    for (reply, expected) in [
        (Reply::Text(200, "<html>".to_owned()), "it is no JSON object"),
        (Reply::Json(200, json!([true])), "it is no JSON object"),
        (Reply::Json(200, json!({ "sub": "joe" })), "active is missing"),
        (Reply::Json(200, json!({ "active": "true" })), "active is missing"),
        (Reply::Json(500, json!({})), "status 500"),
        (Reply::Json(400, json!({ "error": "invalid_request" })), "status 400"),
    ] {
        issuer.reply("/introspect", reply);
        let text = outage(&provider, "t").await;
        assert!(text.ends_with(expected), "{text}");
    }
    // None of these is remembered: a strange token may be the cause.
    issuer.reply("/introspect", Reply::Json(200, active(&json!({}))));
    assert_eq!(subject(&provider, "t").await.unwrap(), "joe");
}

#[tokio::test]
async fn a_result_is_cached_for_the_bound_and_never_past_the_expiry() {
    let (issuer, provider) = introspecting(active(&json!({ "exp": NOW + 30 }))).await;
    for (second, expected) in [(0, 1), (29, 1), (30, 2), (31, 3)] {
        issuer.clock.set_ms(NOW_MS + second * 1_000);
        assert_eq!(subject(&provider, "t").await.unwrap(), "joe", "within the clock skew");
        assert_eq!(issuer.received("/introspect").len(), expected, "{second}");
    }
    issuer.reply("/introspect", Reply::Json(200, active(&json!({ "exp": NOW + 9_000 }))));
    let provider = issuer.provider(|settings| {
        with_secret(settings);
        settings.cache = Duration::from_secs(20);
    });
    for (second, expected) in [(31, 4), (50, 4), (51, 5)] {
        issuer.clock.set_ms(NOW_MS + second * 1_000);
        assert_eq!(subject(&provider, "t").await.unwrap(), "joe");
        assert_eq!(issuer.received("/introspect").len(), expected, "{second}");
    }
    assert_eq!(subject(&provider, "u").await.unwrap(), "joe");
    assert_eq!(issuer.received("/introspect").len(), 6, "another token is another entry");
}

#[tokio::test]
async fn userinfo_is_asked_only_where_any_audience_is_accepted() {
    let issuer = Issuer::start("ES256").await;
    issuer.reply("/me", Reply::Json(200, json!({ "sub": "joe", "groups": ["staff"] })));
    assert_eq!(subject(&issuer.provider(|_| ()), "opaque").await, Err(InvalidToken::Opaque));
    assert!(issuer.received("/me").is_empty());
    let provider = issuer.provider(|settings| settings.accept_any_audience = true);
    assert_eq!(subject(&provider, "opaque").await.unwrap(), "joe");
    assert_eq!(issuer.received("/me")[0].authorization, "Bearer opaque");
    for status in [401, 403] {
        issuer.reply("/me", Reply::Json(status, json!({ "error": "invalid_token" })));
        assert_eq!(subject(&provider, "other").await, Err(InvalidToken::Inactive));
    }
    issuer.reply("/me", Reply::Json(200, json!({ "name": "Joe" })));
    assert_eq!(subject(&provider, "other").await, Err(InvalidToken::Subject));
    // A JWT needs its audience all the same.
    assert_eq!(subject(&provider, &issuer.token(&json!({ "aud": "other" }))).await, Err(InvalidToken::Audience));
}

#[tokio::test]
async fn a_text_that_is_no_bearer_token_is_never_sent() {
    let (issuer, provider) = introspecting(active(&json!({}))).await;
    for text in ["", "a b", "a&token=b", "a\r\nb", "é", &"a".repeat(16_385)] {
        assert_eq!(subject(&provider, text).await, Err(InvalidToken::Text));
    }
    assert!(issuer.received("/introspect").is_empty());
}
