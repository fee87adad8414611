//! Which provider a credential is for.

use std::sync::Arc;

use serde_json::json;
use zonemint_oidc::{InvalidToken, Provider, ProviderName, Providers, Selection, SettingsError};

use crate::issuer::{Issuer, subject};

fn named(issuer: &Issuer, name: &str) -> Arc<Provider> {
    Arc::new(issuer.provider(|settings| settings.name = ProviderName::parse(name).unwrap()))
}

/// The name of the provider, or what else a text is.
fn selected(providers: &Providers, text: &str) -> String {
    match providers.select(text) {
        Selection::For { provider, token } => {
            assert!(text.ends_with(token));
            provider.settings().name.to_string()
        }
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_is_for_the_provider_of_its_name_or_of_its_issuer() {
    let (one, two, three) = (Issuer::start("ES256").await, Issuer::start("ES256").await, Issuer::start("ES256").await);
    let providers = Providers::new(vec![named(&one, "one"), named(&two, "two")]).unwrap();
    let token = two.token(&json!({}));
    for (text, expected) in [
        (token.clone(), "two"),
        (format!("two:{token}"), "two"),
        ("two:opaque".to_owned(), "two"),
        ("two:".to_owned(), "two"),
        ("three:opaque".to_owned(), "UnknownName"),
        ("TWO:opaque".to_owned(), "None"),
        (":opaque".to_owned(), "None"),
        (" two:opaque".to_owned(), "None"),
        (three.token(&json!({})), "UnknownIssuer"),
        (two.token(&json!({ "iss": null })), "UnknownIssuer"),
        // A macaroon of version 1, and what else has no colon and no dot.
        ("MDAxY2xvY2F0aW9uIHpvbmUudGVzdAowMDE".to_owned(), "None"),
        ("opaque".to_owned(), "None"),
        (String::new(), "None"),
    ] {
        assert_eq!(selected(&providers, &text), expected, "{text}");
    }
    assert_eq!(selected(&Providers::default(), "two:opaque"), "None");
}

#[tokio::test]
async fn a_token_of_one_issuer_is_refused_under_the_name_of_another() {
    let (one, two) = (Issuer::start("ES256").await, Issuer::start("ES256").await);
    let providers = Providers::new(vec![named(&one, "one"), named(&two, "two")]).unwrap();
    let text = format!("one:{}", two.token(&json!({})));
    let Selection::For { provider, token } = providers.select(&text) else { panic!("it has a name") };
    assert_eq!(subject(provider, token).await, Err(InvalidToken::Issuer));
    // One issuer signs a token that names the other.
    let forged = one.key.access_token(&two.claims());
    let Selection::For { provider, token } = providers.select(&forged) else { panic!("it has an issuer") };
    assert_eq!(provider.settings().name.as_str(), "two");
    assert_eq!(subject(provider, token).await, Err(InvalidToken::Signature));
}

#[tokio::test]
async fn names_and_issuers_are_unique() {
    let (one, two) = (Issuer::start("ES256").await, Issuer::start("ES256").await);
    let same_name = Providers::new(vec![named(&one, "one"), named(&two, "one")]);
    assert_eq!(same_name.unwrap_err(), SettingsError::SameName("one".to_owned()));
    let same_issuer = Providers::new(vec![named(&one, "one"), named(&one, "two")]);
    assert_eq!(same_issuer.unwrap_err(), SettingsError::SameIssuer(one.url));
}
