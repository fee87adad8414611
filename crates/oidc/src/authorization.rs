//! What is remembered between the two halves of a sign-in, and what the redirect brings.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use zonemint_base::random::Random;

/// A sign-in that was begun. It is bound to one browser and used once: the caller stores it, deletes it when the redirect comes, and
/// gives it an end of a few minutes.
pub struct PendingSignIn {
    /// Finds the sign-in when the redirect comes; compared in constant time.
    pub state: Zeroizing<String>,
    /// Binds the ID token to this sign-in.
    pub nonce: Zeroizing<String>,
    /// The secret of PKCE (RFC 7636), which redeems the code.
    pub verifier: Zeroizing<String>,
    /// Where the redirect goes, exactly as it is registered.
    pub redirect_uri: String,
}

zonemint_base::opaque_debug!(PendingSignIn);

impl PendingSignIn {
    pub(crate) fn new(redirect_uri: &str, random: &Random) -> Self {
        // 256 bits each; the verifier has the 43 characters of RFC 7636 section 4.1.
        let text = || Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(Zeroizing::new(random.bytes::<32>()).as_slice()));
        Self { state: text(), nonce: text(), verifier: text(), redirect_uri: redirect_uri.to_owned() }
    }

    /// RFC 7636 section 4.2, method S256.
    pub(crate) fn challenge(&self) -> String {
        challenge(&self.verifier)
    }
}

fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// The parameters of the redirect's query, each of which occurs at most once.
#[derive(Default)]
pub struct Callback {
    /// Must be that of the pending sign-in.
    pub state: Option<String>,
    /// Redeemed once.
    pub code: Option<String>,
    /// The issuer (RFC 9207).
    pub iss: Option<String>,
    /// The provider's refusal. Its text is not shown: whoever sends a link can write it.
    pub error: Option<String>,
}

zonemint_base::opaque_debug!(Callback);

impl Callback {
    /// Reads a query. None if a parameter that counts occurs twice.
    #[must_use]
    pub fn read(query: &str) -> Option<Self> {
        let mut callback = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "state" => &mut callback.state,
                "code" => &mut callback.code,
                "iss" => &mut callback.iss,
                "error" => &mut callback.error,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(callback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_sign_in_has_secrets_of_its_own() {
        let random = Random::system();
        let [one, other] = [1, 2].map(|_| PendingSignIn::new("https://zone.test/cb", &random));
        let all = [&one.state, &one.nonce, &one.verifier, &other.state, &other.nonce, &other.verifier];
        assert!(all.iter().all(|text| text.len() == 43));
        assert!((0..6).all(|a| (0..a).all(|b| all[a] != all[b])));
    }

    #[test]
    fn a_parameter_occurs_once() {
        let callback =
            Callback::read("code=a%2Bb&state=s&iss=https%3A%2F%2Fid&session_state=x&session_state=y").unwrap();
        assert_eq!((callback.code.as_deref(), callback.state.as_deref()), (Some("a+b"), Some("s")));
        assert_eq!((callback.iss.as_deref(), callback.error), (Some("https://id"), None));
        assert!(Callback::read("code=a&code=b").is_none());
        assert!(Callback::read("iss=a&iss=a").is_none());
    }
}
