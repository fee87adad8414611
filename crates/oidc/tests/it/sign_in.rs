//! The authorization code flow: each part of the redirect and of the ID token that is wrong refuses the sign-in.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zonemint_oidc::{Callback, ClientSecret, InvalidToken, Outage, PendingSignIn, Provider, SignInRefusal};

use crate::issuer::{Issuer, NOW, Reply, Signer};

const REDIRECT: &str = "https://zone.test/sign-in/id";

async fn begun() -> (Issuer, Provider, HashMap<String, String>, PendingSignIn) {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|it| it.client_secret = Some(ClientSecret::new("hush".to_owned())));
    let (url, pending) = provider.begin_sign_in(REDIRECT, "openid profile").await.unwrap();
    let query = Url::parse(&url).unwrap().query_pairs().into_owned().collect();
    (issuer, provider, query, pending)
}

/// The issuer's answer to the code: an ID token with some claims replaced.
fn redeem(issuer: &Issuer, signer: &Signer, header: &Value, nonce: &str, changes: &Value) {
    let mut claims = issuer.claims_with(&json!({ "aud": "web", "nonce": nonce, "client_id": null }));
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    issuer.reply("/token", Reply::Json(200, json!({ "id_token": signer.sign(header, &claims), "access_token": "a" })));
}

fn callback(issuer: &Issuer, state: &str) -> Callback {
    let (state, code, iss) = (Some(state.to_owned()), Some("c+d".to_owned()), Some(issuer.url.clone()));
    Callback { state, code, iss, error: None }
}

#[tokio::test]
async fn a_sign_in_names_the_person() {
    let (issuer, provider, query, pending) = begun().await;
    let expected = [
        ("tenant", "a"),
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid profile"),
        ("code_challenge_method", "S256"),
    ];
    assert!(expected.iter().all(|(name, value)| query[*name] == *value), "{query:?}");
    assert_eq!((&query["state"], &query["nonce"]), (&*pending.state, &*pending.nonce));
    redeem(&issuer, &issuer.key, &json!({}), &query["nonce"], &json!({}));
    let identity = provider.finish_sign_in(pending, &callback(&issuer, &query["state"])).await.unwrap();
    assert_eq!((identity.subject.as_str(), identity.name.as_deref()), ("joe", Some("Joe")));
    let [received] = &issuer.received("/token")[..] else { panic!("one request") };
    assert_eq!(received.authorization, "Basic d2ViOmh1c2g=");
    let form = Url::parse(&format!("https://x/?{}", received.body)).unwrap();
    let form: HashMap<_, _> = form.query_pairs().into_owned().collect();
    let fields = ["grant_type", "code", "redirect_uri"].map(|name| form[name].as_str());
    assert_eq!(fields, ["authorization_code", "c+d", REDIRECT]);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    assert_eq!(challenge, query["code_challenge"]);
}

#[tokio::test]
async fn a_redirect_of_another_browser_or_issuer_redeems_nothing() {
    for (change, expected) in [
        ((|it| it.state = None) as fn(&mut Callback), "State"),
        (|it| it.state = Some(String::new()), "State"),
        (|it| it.state = Some("x".repeat(43)), "State"),
        (|it| it.iss = None, "Issuer"),
        (|it| it.iss = Some("https://other".to_owned()), "Issuer"),
        (|it| it.error = Some("access_denied".to_owned()), "Declined"),
        (|it| it.code = None, "NoCode"),
    ] {
        let (issuer, provider, query, pending) = begun().await;
        let mut callback = callback(&issuer, &query["state"]);
        change(&mut callback);
        let refusal = provider.finish_sign_in(pending, &callback).await.unwrap_err();
        assert_eq!(format!("{refusal:?}"), expected);
        assert!(issuer.received("/token").is_empty());
    }
}

#[tokio::test]
async fn each_part_of_the_id_token_that_is_wrong_refuses_the_sign_in() {
    for (header, changes, expected) in [
        (json!({ "typ": "JWT" }), json!({ "aud": ["web"] }), Ok(())),
        (json!({}), json!({ "aud": ["web", "other"], "azp": "web" }), Ok(())),
        (json!({}), json!({ "aud": ["web", "other"] }), Err(InvalidToken::Client)),
        (json!({}), json!({ "azp": "other" }), Err(InvalidToken::Client)),
        (json!({}), json!({ "aud": "zonemint" }), Err(InvalidToken::Audience)),
        (json!({}), json!({ "iss": "https://other" }), Err(InvalidToken::Issuer)),
        (json!({}), json!({ "exp": NOW - 60 }), Err(InvalidToken::Expired)),
        (json!({}), json!({ "iat": NOW + 61 }), Err(InvalidToken::NotYet)),
        (json!({}), json!({ "sub": "" }), Err(InvalidToken::Subject)),
        (json!({ "typ": "at+jwt" }), json!({}), Err(InvalidToken::Type)),
        (json!({ "alg": "none" }), json!({}), Err(InvalidToken::Algorithm)),
    ] {
        let (issuer, provider, query, pending) = begun().await;
        redeem(&issuer, &issuer.key, &header, &query["nonce"], &changes);
        let result = provider.finish_sign_in(pending, &callback(&issuer, &query["state"])).await;
        let result = result.map(drop).map_err(|refusal| match refusal {
            SignInRefusal::IdToken(why) => why,
            other => panic!("{other:?}"),
        });
        assert_eq!(result, expected, "{header} {changes}");
    }
    let (issuer, provider, query, pending) = begun().await;
    redeem(&issuer, &Signer::new("ES256", Some("first")), &json!({}), &query["nonce"], &json!({}));
    let refusal = provider.finish_sign_in(pending, &callback(&issuer, &query["state"])).await.unwrap_err();
    assert!(matches!(refusal, SignInRefusal::IdToken(InvalidToken::Signature)), "{refusal:?}");
}

#[tokio::test]
async fn an_id_token_of_another_sign_in_is_refused() {
    let (issuer, provider, first, _) = begun().await;
    for nonce in [json!(first["nonce"]), json!(""), json!(7), Value::Null] {
        let (url, pending) = provider.begin_sign_in(REDIRECT, "openid").await.unwrap();
        let query: HashMap<_, _> = Url::parse(&url).unwrap().query_pairs().into_owned().collect();
        redeem(&issuer, &issuer.key, &json!({}), "", &json!({ "nonce": nonce }));
        let refusal = provider.finish_sign_in(pending, &callback(&issuer, &query["state"])).await.unwrap_err();
        assert!(matches!(refusal, SignInRefusal::Nonce), "{nonce}: {refusal:?}");
    }
}

#[tokio::test]
async fn a_code_that_is_refused_is_told_apart_from_a_client_that_is() {
    for (reply, expected) in [
        (Reply::Json(400, json!({ "error": "invalid_grant" })), "Code"),
        (Reply::Json(403, json!({ "error": "invalid_code" })), "Code"),
        (Reply::Text(403, String::new()), "Code"),
        (Reply::Json(401, json!({ "error": "invalid_client" })), "Unavailable(ClientRefused"),
        (Reply::Json(400, json!({ "error": "invalid_client" })), "Unavailable(ClientRefused"),
        (Reply::Text(401, String::new()), "Unavailable(ClientRefused"),
        (Reply::Text(500, String::new()), "Unavailable(Status"),
        (Reply::Redirect("/elsewhere"), "Unavailable(Status"),
        (Reply::Json(200, json!({ "access_token": "a" })), "Unavailable(Malformed"),
        (Reply::Json(200, json!({ "id_token": "opaque" })), "IdToken(Malformed"),
    ] {
        let (issuer, provider, query, pending) = begun().await;
        issuer.reply("/token", reply);
        let refusal = provider.finish_sign_in(pending, &callback(&issuer, &query["state"])).await.unwrap_err();
        assert!(format!("{refusal:?}").starts_with(expected), "{refusal:?}");
        assert!(issuer.received("/elsewhere").is_empty());
    }
}

#[tokio::test]
async fn a_provider_without_the_endpoint_begins_no_sign_in() {
    let issuer = Issuer::start("ES256").await;
    let document = json!({ "issuer": issuer.url, "jwks_uri": format!("{}/jwks", issuer.url) });
    issuer.reply("/.well-known/openid-configuration", Reply::Json(200, document));
    let provider = issuer.provider(|_| ());
    assert!(!provider.names_issuer_in_redirect().await.unwrap());
    let outage = provider.begin_sign_in(REDIRECT, "openid").await.unwrap_err();
    assert!(matches!(outage, Outage::NoEndpoint("authorization_endpoint")), "{outage:?}");
}
