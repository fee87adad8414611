//! Every kind of token that the service hands out parses and verifies in the crates `macaroon` and `libmacaroon`.

use zonemint_oracle::service::{Served, served};

#[tokio::test]
async fn both_crates_verify_what_the_service_mints() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = served(folder.path()).await;
    assert!(tokens.len() > 30, "{} tokens", tokens.len());
    macaroon::initialize().unwrap();
    for token in &tokens {
        assert_eq!(with_macaroon(token, &token.secret), Some(token.caveats.clone()));
        assert_eq!(with_libmacaroon(token, &token.secret), Some(token.caveats.clone()));
        assert_eq!(with_macaroon(token, b"another secret"), None);
        assert_eq!(with_libmacaroon(token, b"another secret"), None);
    }
}

/// The caveats, when the token verifies with each of them satisfied to the letter.
fn with_macaroon(token: &Served, secret: &[u8]) -> Option<Vec<String>> {
    use macaroon::{ByteString, Caveat, Macaroon, MacaroonKey, Verifier};
    let theirs = Macaroon::deserialize(&token.text).unwrap();
    let mut verifier = Verifier::default();
    for caveat in &token.caveats {
        verifier.satisfy_exact(ByteString(caveat.clone().into_bytes()));
    }
    verifier.verify(&theirs, &MacaroonKey::generate(secret), Vec::new()).ok()?;
    let text = |caveat| match caveat {
        Caveat::FirstParty(first) => String::from_utf8(first.predicate().0).unwrap(),
        Caveat::ThirdParty(_) => panic!("a third-party caveat"),
    };
    Some(theirs.caveats().into_iter().map(text).collect())
}

fn with_libmacaroon(token: &Served, secret: &[u8]) -> Option<Vec<String>> {
    use libmacaroon::{Caveat, Macaroon, MacaroonKey, Verifier};
    let theirs = Macaroon::deserialize(&token.text).unwrap();
    let mut verifier = Verifier::default();
    for caveat in &token.caveats {
        verifier.satisfy_exact(caveat.clone());
    }
    verifier.verify(&theirs, &MacaroonKey::generate(secret), &[]).ok()?;
    let text = |caveat: &Caveat| match caveat {
        Caveat::FirstParty(first) => String::from_utf8(first.predicate().to_vec()).unwrap(),
        Caveat::ThirdParty(_) => panic!("a third-party caveat"),
    };
    Some(theirs.caveats().iter().map(text).collect())
}
