//! Keys: rotation, unknown keys, and how often the key set is fetched.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Notify;
use zonemint_oidc::InvalidToken;

use crate::issuer::{Issuer, NOW_MS, Reply, Signer, subject};

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_an_old_one_is_forgotten() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|settings| settings.cache = std::time::Duration::ZERO);
    let old = issuer.token(&json!({}));
    assert_eq!(subject(&provider, &old).await.unwrap(), "joe");
    let second = Signer::new("ES256", Some("second"));
    issuer.publish(&[&second]);
    issuer.clock.set_ms(NOW_MS + 10_000);
    assert_eq!(subject(&provider, &second.access_token(&issuer.claims())).await.unwrap(), "joe");
    assert_eq!(subject(&provider, &old).await, Err(InvalidToken::UnknownKey));
    assert_eq!(issuer.received("/jwks").len(), 2);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_fetches_once_in_an_interval() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|_| ());
    assert_eq!(subject(&provider, &issuer.token(&json!({}))).await.unwrap(), "joe");
    for (second, expected) in [(0, 1), (9, 1), (10, 2), (19, 2), (20, 3)] {
        issuer.clock.set_ms(NOW_MS + second * 1_000);
        for number in 0..20 {
            let header = json!({ "typ": "at+jwt", "kid": format!("{second}-{number}") });
            let token = issuer.key.sign(&header, &issuer.claims());
            assert_eq!(subject(&provider, &token).await, Err(InvalidToken::UnknownKey));
        }
        assert_eq!(issuer.received("/jwks").len(), expected, "{second}");
    }
    assert_eq!(issuer.received("/.well-known/openid-configuration").len(), 1);
    // The known key is not affected.
    assert_eq!(subject(&provider, &issuer.token(&json!({ "sub": "ann" }))).await.unwrap(), "ann");
}

#[tokio::test]
async fn requests_at_one_time_share_one_fetch_which_outlives_its_first_caller() {
    let issuer = Issuer::start("ES256").await;
    let provider = Arc::new(issuer.provider(|_| ()));
    let permit = Arc::new(Notify::new());
    issuer.reply("/jwks", Reply::Held(Arc::clone(&permit), json!({ "keys": [issuer.key.jwk()] })));
    let check = |sub: String| {
        let (provider, token) = (Arc::clone(&provider), issuer.token(&json!({ "sub": sub })));
        tokio::spawn(async move { subject(&provider, &token).await })
    };
    let first = check("first".to_owned());
    while issuer.received("/jwks").is_empty() {
        tokio::task::yield_now().await;
    }
    first.abort();
    let others: Vec<_> = (0..20).map(|number| check(format!("{number}"))).collect();
    tokio::task::yield_now().await;
    permit.notify_one();
    for (number, other) in others.into_iter().enumerate() {
        assert_eq!(other.await.unwrap().unwrap(), number.to_string());
    }
    assert_eq!(issuer.received("/jwks").len(), 1);
}

#[tokio::test]
async fn a_token_without_kid_needs_exactly_one_key_that_fits() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|_| ());
    let [one, other] = [1, 2].map(|_| Signer::new("ES256", None));
    let ed = Signer::new("EdDSA", None);
    issuer.publish(&[&one, &ed]);
    assert_eq!(subject(&provider, &one.access_token(&issuer.claims())).await.unwrap(), "joe");
    issuer.publish(&[&one, &other, &ed]);
    issuer.clock.set_ms(NOW_MS + 1_300_000);
    let claims = issuer.claims_with(&json!({ "exp": NOW_MS / 1_000 + 3_600 }));
    assert_eq!(subject(&provider, &ed.access_token(&claims)).await.unwrap(), "joe");
    assert_eq!(subject(&provider, &one.access_token(&claims)).await, Err(InvalidToken::AmbiguousKey));
}

#[tokio::test]
async fn a_shared_secret_in_the_key_set_verifies_nothing() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|_| ());
    let oct = json!({ "kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "first", "alg": "ES256" });
    issuer.reply("/jwks", Reply::Json(200, json!({ "keys": [oct] })));
    assert_eq!(subject(&provider, &issuer.token(&json!({}))).await, Err(InvalidToken::UnknownKey));
}
