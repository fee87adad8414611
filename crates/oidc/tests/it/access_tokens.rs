//! Access tokens as JWT: each rule refuses the token that breaks it alone.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zonemint_oidc::{Algorithm, Groups, InvalidToken};

use crate::issuer::{Issuer, NOW, NOW_MS, Signer, subject};

#[tokio::test]
async fn a_valid_token_names_its_person() {
    for alg in ["RS256", "ES256", "EdDSA"] {
        let issuer = Issuer::start(alg).await;
        let provider = issuer.provider(|_| ());
        let identity = provider.check(&issuer.token(&json!({}))).await.unwrap();
        assert_eq!((&identity.issuer, identity.subject.as_str()), (&issuer.url, "joe"), "{alg}");
        assert_eq!(identity.name.as_deref(), Some("Joe"));
        assert_eq!(identity.groups, Groups::Listed(vec!["staff".to_owned(), "Data, Berlin".to_owned()]));
        assert_eq!(identity.expires_s, Some(NOW + 600));
    }
}

#[tokio::test]
async fn each_claim_that_is_wrong_refuses_the_token() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|_| ());
    let with_slash = format!("{}/", issuer.url);
    for (changes, expected) in [
        (json!({ "aud": ["other", "https://zone.test"] }), Ok("joe".to_owned())),
        (json!({ "iss": null }), Err(InvalidToken::Issuer)),
        (json!({ "iss": with_slash }), Err(InvalidToken::Issuer)),
        (json!({ "iss": [issuer.url] }), Err(InvalidToken::Issuer)),
        (json!({ "aud": null }), Err(InvalidToken::NoAudience)),
        (json!({ "aud": null, "azp": "web" }), Err(InvalidToken::NoAudience)),
        (json!({ "aud": "other" }), Err(InvalidToken::Audience)),
        (json!({ "aud": "zonemint other" }), Err(InvalidToken::Audience)),
        (json!({ "aud": "zonemint,other" }), Err(InvalidToken::Audience)),
        (json!({ "aud": "Zonemint" }), Err(InvalidToken::Audience)),
        (json!({ "aud": "https://zone.test/" }), Err(InvalidToken::Audience)),
        (json!({ "aud": [] }), Err(InvalidToken::Audience)),
        (json!({ "aud": ["zonemint", 7] }), Err(InvalidToken::Audience)),
        (json!({ "aud": { "zonemint": true } }), Err(InvalidToken::Audience)),
        (json!({ "exp": null }), Err(InvalidToken::NoExpiry)),
        (json!({ "exp": "9999999999" }), Err(InvalidToken::NoExpiry)),
        (json!({ "exp": -1 }), Err(InvalidToken::NoExpiry)),
        (json!({ "exp": NOW - 60 }), Err(InvalidToken::Expired)),
        (json!({ "exp": NOW - 59 }), Ok("joe".to_owned())),
        (json!({ "exp": 1e300 }), Err(InvalidToken::NoExpiry)),
        (json!({ "nbf": NOW + 60, "iat": NOW + 60 }), Ok("joe".to_owned())),
        (json!({ "nbf": NOW + 61 }), Err(InvalidToken::NotYet)),
        (json!({ "iat": NOW + 61 }), Err(InvalidToken::NotYet)),
        (json!({ "nbf": "now" }), Err(InvalidToken::NotYet)),
        (json!({ "cnf": { "jkt": "x" } }), Err(InvalidToken::Bound)),
        (json!({ "sub": null }), Err(InvalidToken::Subject)),
        (json!({ "sub": "" }), Err(InvalidToken::Subject)),
        (json!({ "sub": 7 }), Err(InvalidToken::Subject)),
        (json!({ "sub": "a\nb" }), Err(InvalidToken::Subject)),
        (json!({ "sub": "x".repeat(256) }), Err(InvalidToken::Subject)),
    ] {
        assert_eq!(subject(&provider, &issuer.token(&changes)).await, expected, "{changes}");
    }
}

#[tokio::test]
async fn a_token_expires_while_the_clock_goes_on() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|settings| settings.cache = std::time::Duration::from_hours(1));
    let token = issuer.token(&json!({}));
    assert_eq!(subject(&provider, &token).await.unwrap(), "joe");
    issuer.clock.set_ms(NOW_MS + 659_999);
    assert_eq!(subject(&provider, &token).await.unwrap(), "joe");
    issuer.clock.set_ms(NOW_MS + 660_000);
    assert_eq!(subject(&provider, &token).await, Err(InvalidToken::Expired));
}

#[tokio::test]
async fn an_algorithm_that_is_not_listed_is_refused_also_if_the_key_fits() {
    let issuer = Issuer::start("RS256").await;
    let token = issuer.token(&json!({}));
    let strict = issuer.provider(|settings| settings.algorithms = vec![Algorithm::Es256]);
    assert_eq!(subject(&strict, &token).await, Err(InvalidToken::Algorithm));
    let both = issuer.provider(|settings| settings.algorithms = vec![Algorithm::Es256, Algorithm::Rs256]);
    assert_eq!(subject(&both, &token).await.unwrap(), "joe");
    // The header says another algorithm of the same key, or of another one, than it was signed with.
    for (alg, expected) in [("PS256", InvalidToken::Signature), ("ES256", InvalidToken::UnknownKey)] {
        let forged = issuer.key.sign(&json!({ "typ": "at+jwt", "alg": alg }), &issuer.claims());
        assert_eq!(subject(&issuer.provider(|_| ()), &forged).await, Err(expected), "{alg}");
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret_and_no_signature_is_none() {
    let issuer = Issuer::start("RS256").await;
    let provider = issuer.provider(|_| ());
    let public = BASE64_URL_SAFE_NO_PAD.decode(issuer.key.jwk()["n"].as_str().unwrap()).unwrap();
    let encoded = |header: &Value| {
        let parts = [header, &issuer.claims()].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
        parts.join(".")
    };
    let message = encoded(&json!({ "alg": "HS256", "typ": "at+jwt", "kid": "first" }));
    let secret = jsonwebtoken::EncodingKey::from_secret(&public).unwrap();
    let mac = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256).unwrap();
    assert_eq!(subject(&provider, &format!("{message}.{mac}")).await, Err(InvalidToken::Algorithm));
    for alg in ["none", "None", "NONE", ""] {
        let message = encoded(&json!({ "alg": alg, "typ": "at+jwt" }));
        assert_eq!(subject(&provider, &format!("{message}.")).await, Err(InvalidToken::Algorithm), "{alg}");
    }
}

#[tokio::test]
async fn a_changed_token_and_one_of_another_key_are_refused() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|_| ());
    let stranger = Signer::new("ES256", Some("first"));
    let forged = stranger.access_token(&issuer.claims());
    assert_eq!(subject(&provider, &forged).await, Err(InvalidToken::Signature));
    let (good, other) = (issuer.token(&json!({})), issuer.token(&json!({ "sub": "ann" })));
    let (message, _) = other.rsplit_once('.').unwrap();
    let (_, signature) = good.rsplit_once('.').unwrap();
    for text in [format!("{message}.{signature}"), format!("{message}.")] {
        assert_eq!(subject(&provider, &text).await, Err(InvalidToken::Signature));
    }
    // A key in the header is not believed.
    let header = json!({ "typ": "at+jwt", "jwk": stranger.jwk(), "jku": issuer.url });
    assert_eq!(subject(&provider, &stranger.sign(&header, &issuer.claims())).await, Err(InvalidToken::Signature));
    let critical = issuer.key.sign(&json!({ "typ": "at+jwt", "crit": ["exp"], "exp": 1 }), &issuer.claims());
    assert_eq!(subject(&provider, &critical).await, Err(InvalidToken::Critical));
}

#[tokio::test]
async fn id_tokens_and_other_kinds_are_no_access_tokens() {
    let issuer = Issuer::start("ES256").await;
    let (strict, loose) = (issuer.provider(|_| ()), issuer.provider(|settings| settings.accept_typ_jwt = true));
    let signed = |header: Value, changes: Value| issuer.key.sign(&header, &issuer.claims_with(&changes));
    for (header, changes, expected, expected_loose) in [
        (json!({ "typ": "at+jwt" }), json!({}), Ok(()), Ok(())),
        (json!({ "typ": "application/AT+JWT" }), json!({}), Ok(()), Ok(())),
        (json!({ "typ": "JWT" }), json!({}), Err(InvalidToken::TypeJwt), Ok(())),
        (json!({ "typ": "JWT" }), json!({ "typ": "Bearer" }), Err(InvalidToken::TypeJwt), Ok(())),
        // oidc-provider's ID tokens have no typ, Keycloak's have the kind in the payload.
        (json!({}), json!({}), Err(InvalidToken::Type), Err(InvalidToken::Type)),
        (json!({ "typ": "JWT" }), json!({ "typ": "ID" }), Err(InvalidToken::TypeJwt), Err(InvalidToken::NotAccess)),
        (
            json!({ "typ": "JWT" }),
            json!({ "typ": "Refresh" }),
            Err(InvalidToken::TypeJwt),
            Err(InvalidToken::NotAccess),
        ),
        (json!({ "typ": "JWT" }), json!({ "nonce": "n" }), Err(InvalidToken::TypeJwt), Err(InvalidToken::NotAccess)),
        (json!({ "typ": "JWT" }), json!({ "at_hash": "h" }), Err(InvalidToken::TypeJwt), Err(InvalidToken::NotAccess)),
        (json!({ "typ": "JWT" }), json!({ "aud": "web" }), Err(InvalidToken::TypeJwt), Err(InvalidToken::Audience)),
        (json!({ "typ": "logout+jwt" }), json!({}), Err(InvalidToken::Type), Err(InvalidToken::Type)),
        (json!({ "typ": "dpop+jwt" }), json!({}), Err(InvalidToken::Type), Err(InvalidToken::Type)),
    ] {
        let token = signed(header.clone(), changes.clone());
        assert_eq!(subject(&strict, &token).await.map(drop), expected, "{header} {changes}");
        assert_eq!(subject(&loose, &token).await.map(drop), expected_loose, "{header} {changes}");
    }
}

#[tokio::test]
async fn a_client_counts_only_where_it_is_listed_and_there_is_no_audience() {
    let issuer = Issuer::start("ES256").await;
    let provider = issuer.provider(|settings| settings.authorized_parties = vec!["notebooks".to_owned()]);
    for (changes, expected) in [
        (json!({ "aud": null, "azp": "notebooks", "client_id": null }), Ok("joe".to_owned())),
        (json!({ "aud": null, "azp": null, "client_id": "notebooks" }), Ok("joe".to_owned())),
        (json!({ "aud": null, "azp": "notebooks", "client_id": "web" }), Err(InvalidToken::Client)),
        (json!({ "aud": null, "azp": "other", "client_id": null }), Err(InvalidToken::Client)),
        (json!({ "aud": null, "azp": ["notebooks"], "client_id": null }), Err(InvalidToken::Client)),
        (json!({ "aud": null, "azp": null, "client_id": null }), Err(InvalidToken::Client)),
        (json!({ "aud": "other", "azp": "notebooks" }), Err(InvalidToken::Audience)),
        (json!({ "aud": "zonemint", "azp": "other" }), Ok("joe".to_owned())),
    ] {
        assert_eq!(subject(&provider, &issuer.token(&changes)).await, expected, "{changes}");
    }
}
