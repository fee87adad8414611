//! A provider that is down, wrong or hostile.

use std::time::Duration;

use serde_json::{Value, json};
use zonemint_oidc::{ClientSecret, InvalidToken};

use crate::issuer::{Issuer, NOW_MS, Reply, outage, subject};

const DOCUMENT: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn a_provider_that_is_down_is_not_asked_again_at_once_and_is_found_when_it_is_back() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|_| ());
    issuer.reply(DOCUMENT, Reply::Broken);
    for _ in 0..5 {
        let text = outage(&provider, &issuer.token(&json!({}))).await;
        assert_eq!(text, "the provider's discovery document cannot be reached");
    }
    let tries = issuer.received(DOCUMENT).len();
    issuer.describe(&issuer.url);
    issuer.clock.set_ms(NOW_MS + 4_999);
    outage(&provider, &issuer.token(&json!({}))).await;
    assert_eq!(issuer.received(DOCUMENT).len(), tries);
    issuer.clock.set_ms(NOW_MS + 5_000);
    assert_eq!(subject(&provider, &issuer.token(&json!({}))).await.unwrap(), "joe");
}

#[tokio::test]
async fn keys_outlive_an_outage_for_a_bounded_time() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|settings| settings.cache = Duration::ZERO);
    let token = issuer.token(&json!({ "exp": NOW_MS / 1_000 + 9_000 }));
    assert_eq!(subject(&provider, &token).await.unwrap(), "joe");
    issuer.reply("/jwks", Reply::Broken);
    issuer.reply(DOCUMENT, Reply::Broken);
    for second in [599, 1_300, 3_599] {
        issuer.clock.set_ms(NOW_MS + second * 1_000);
        assert_eq!(subject(&provider, &token).await.unwrap(), "joe", "{second}");
    }
    issuer.clock.set_ms(NOW_MS + 3_700_000);
    outage(&provider, &token).await;
}

#[tokio::test]
async fn a_silent_provider_is_an_outage_after_the_timeout() {
    let issuer = Issuer::start("ES256").await;
    issuer.reply(DOCUMENT, Reply::Silence);
    let provider = issuer.provider(|settings| settings.timeout = Duration::from_millis(50));
    assert_eq!(
        outage(&provider, &issuer.token(&json!({}))).await,
        "the provider's discovery document cannot be reached"
    );
}

#[tokio::test]
async fn a_failed_introspection_holds_no_later_request() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|it| it.client_secret = Some(ClientSecret::new("s".to_owned())));
    issuer.reply("/introspect", Reply::Broken);
    outage(&provider, "one").await;
    let tries = issuer.received("/introspect").len();
    outage(&provider, "two").await;
    assert_eq!(issuer.received("/introspect").len(), tries);
    // Tokens that need no request are accepted meanwhile.
    assert_eq!(subject(&provider, &issuer.token(&json!({}))).await.unwrap(), "joe");
    issuer.reply("/introspect", Reply::Json(200, json!({ "active": false })));
    issuer.clock.set_ms(NOW_MS + 5_000);
    assert_eq!(subject(&provider, "two").await, Err(InvalidToken::Inactive));
}

#[tokio::test]
async fn the_discovery_document_must_be_the_issuers_own() {
    let issuer = Issuer::start("ES256").await;
    let token = issuer.token(&json!({}));
    let with_slash = format!("{}/", issuer.url);
    issuer.describe(&with_slash);
    let expected = "the discovery document names another issuer; compare the setting byte by byte, also its last slash";
    assert_eq!(outage(&issuer.provider(|_| ()), &token).await, expected);
    // The same issuer, with its slash in the setting and in the token.
    let provider = issuer.provider(|settings| settings.issuer.clone_from(&with_slash));
    assert_eq!(subject(&provider, &issuer.token(&json!({ "iss": with_slash }))).await.unwrap(), "joe");
    assert_eq!(subject(&provider, &token).await, Err(InvalidToken::Issuer));
}

#[tokio::test]
async fn redirects_are_not_followed_and_answers_are_bounded() {
    let issuer = Issuer::start("ES256").await;
    let met = async |path: &str, reply: Reply| {
        issuer.reply(path, reply);
        outage(&issuer.provider(|_| ()), &issuer.token(&json!({}))).await
    };
    issuer.reply("/elsewhere", Reply::Json(200, json!({ "issuer": issuer.url })));
    let redirected = met(DOCUMENT, Reply::Redirect("/elsewhere")).await;
    assert_eq!(redirected, "the provider's discovery document answers with status 302");
    assert!(issuer.received("/elsewhere").is_empty());
    let long = " ".repeat(256 * 1_024 + 1);
    let too_long = met(DOCUMENT, Reply::Text(200, long.clone())).await;
    assert_eq!(too_long, "the provider's discovery document answers with more than 262144 bytes");
    assert!(met(DOCUMENT, Reply::Text(200, "x".to_owned())).await.ends_with("it is no JSON object"));
    assert!(met(DOCUMENT, Reply::Text(404, String::new())).await.ends_with("status 404"));
    issuer.describe(&issuer.url);
    assert!(met("/jwks", Reply::Text(200, long)).await.ends_with("262144 bytes"));
    assert!(met("/jwks", Reply::Json(200, json!({ "keys": vec![Value::Null; 101] }))).await.ends_with("100 keys"));
    assert!(met("/jwks", Reply::Redirect("/elsewhere")).await.ends_with("status 302"));
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_an_outage() {
    let (issuer, other) = (Issuer::start("ES256").await, Issuer::start("ES256").await);
    let provider = issuer.provider(|settings| settings.ca = other.settings().ca);
    assert!(outage(&provider, &issuer.token(&json!({}))).await.ends_with("cannot be reached"));
    assert!(issuer.received(DOCUMENT).is_empty());
}

#[tokio::test]
async fn a_token_of_another_issuer_causes_no_request() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|_| ());
    assert_eq!(subject(&provider, &issuer.token(&json!({ "iss": "https://other" }))).await, Err(InvalidToken::Issuer));
    assert!(issuer.received(DOCUMENT).is_empty());
}

#[tokio::test]
async fn a_probe_tells_what_works() {
    let issuer = Issuer::start("ES256").await;
    issuer.reply("/introspect", Reply::Json(200, json!({ "active": false })));
    let provider = issuer.provider(|it| it.client_secret = Some(ClientSecret::new("s".to_owned())));
    let report = provider.probe().await;
    assert!(report.discovery.is_ok() && report.introspection.unwrap().is_ok() && !report.accepts_any_audience);
    assert_eq!(report.keys.unwrap(), 1);
    // Tests run at a time of their own, so the issuer's real clock differs.
    assert!(report.clock_difference_s.unwrap().abs() > 3_600);
    issuer.reply("/introspect", Reply::Text(401, String::new()));
    issuer.reply("/jwks", Reply::Text(500, String::new()));
    let provider = issuer.provider(|it| it.client_secret = Some(ClientSecret::new("s".to_owned())));
    let report = provider.probe().await;
    assert!(report.discovery.is_ok() && report.introspection.unwrap().is_err() && report.keys.is_err());
}
