//! The settings of one provider.

use std::time::Duration;

use reqwest::Url;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::algorithm::Algorithm;
use crate::error::SettingsError;
use crate::name::ProviderName;

/// The longest clock skew, in seconds: more would keep expired tokens valid.
const MOST_SKEW_S: u64 = 300;
/// The longest life of a cached result, in seconds: so long a revocation at the issuer may go unseen.
const MOST_CACHE_S: u64 = 3_600;
/// The longest time of one request, in seconds: requests of users wait for it.
const MOST_TIMEOUT_S: u64 = 60;

/// The secret of our client at the provider. It is wiped when dropped and never shown.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ClientSecret(String);

zonemint_base::opaque_debug!(ClientSecret);

impl ClientSecret {
    /// Takes the text as it is.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the request to the provider alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// One provider.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Stands before the colon of a credential.
    pub name: ProviderName,
    /// The issuer, compared byte by byte.
    pub issuer: String,
    /// Our client at the provider; empty without one.
    pub client_id: String,
    /// The client's secret. Opaque tokens are introspected only with one.
    pub client_secret: Option<ClientSecret>,
    /// Values of `aud`, one of which an access token must have. Never the client id.
    pub audiences: Vec<String>,
    /// Values of `azp` or `client_id` that are accepted of tokens without `aud`. A service that such a client gave its token to can use
    /// it here. Empty: `aud` is demanded.
    pub authorized_parties: Vec<String>,
    /// Dangerous: accepts opaque tokens that userinfo answers for, whichever application they were issued to.
    pub accept_any_audience: bool,
    /// Accepts access tokens whose header has `typ` `JWT`, as Keycloak, Entra ID and EGI Check-in write it.
    pub accept_typ_jwt: bool,
    /// The accepted values of `alg`.
    pub algorithms: Vec<Algorithm>,
    /// Roots that the provider's certificate is verified with, in PEM form; the system's if there are none.
    pub ca: Option<Vec<u8>>,
    /// The longest time of one request to the provider.
    pub timeout: Duration,
    /// How far the issuer's clock may differ, at most 300 s.
    pub clock_skew: Duration,
    /// The claim with the groups, an array of texts.
    pub groups_claim: String,
    /// The claim with a name to propose for a new account.
    pub name_claim: String,
    /// How long a result is cached, at most 1 h and never past the token's expiry.
    pub cache: Duration,
}

impl Settings {
    /// The defaults of a provider.
    #[must_use]
    pub fn new(name: ProviderName, issuer: &str) -> Self {
        Self {
            name,
            issuer: issuer.to_owned(),
            client_id: String::new(),
            client_secret: None,
            audiences: Vec::new(),
            authorized_parties: Vec::new(),
            accept_any_audience: false,
            accept_typ_jwt: false,
            algorithms: vec![Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa],
            ca: None,
            timeout: Duration::from_secs(10),
            clock_skew: Duration::from_mins(1),
            groups_claim: "groups".to_owned(),
            name_claim: "preferred_username".to_owned(),
            cache: Duration::from_mins(1),
        }
    }

    /// Everything that is wrong.
    #[must_use]
    pub fn check(&self) -> Vec<SettingsError> {
        let mut wrong = Vec::new();
        let mut note = |is_wrong: bool, error| {
            if is_wrong {
                wrong.push(error);
            }
        };
        note(!is_issuer(&self.issuer), SettingsError::Issuer);
        note(self.algorithms.is_empty(), SettingsError::NoAlgorithm);
        let accepts_none = self.audiences.is_empty() && self.authorized_parties.is_empty() && !self.accept_any_audience;
        note(accepts_none, SettingsError::NoAudience);
        note(self.audiences.contains(&self.client_id), SettingsError::ClientAsAudience);
        let is_empty = |list: &[String]| list.iter().any(String::is_empty);
        note(is_empty(&self.audiences), SettingsError::Empty("audiences"));
        note(is_empty(&self.authorized_parties), SettingsError::Empty("authorized_parties"));
        note(self.groups_claim.is_empty(), SettingsError::Empty("groups_claim"));
        note(self.name_claim.is_empty(), SettingsError::Empty("name_claim"));
        note(self.client_secret.is_some() && self.client_id.is_empty(), SettingsError::SecretWithoutClient);
        note(self.timeout.is_zero(), SettingsError::NoTimeout);
        for (name, value, most) in [
            ("timeout", self.timeout, MOST_TIMEOUT_S),
            ("clock_skew", self.clock_skew, MOST_SKEW_S),
            ("cache", self.cache, MOST_CACHE_S),
        ] {
            note(value > Duration::from_secs(most), SettingsError::TooLong { name, most });
        }
        wrong
    }

    /// [`Settings::clock_skew`] in whole seconds.
    pub(crate) fn skew_s(&self) -> u64 {
        self.clock_skew.as_secs()
    }
}

/// OIDC Discovery section 3: https, without query and fragment.
fn is_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| is_https(&url) && url.query().is_none())
}

/// An address that secrets may be sent to.
pub(crate) fn is_https(url: &Url) -> bool {
    let is_named = !url.username().is_empty() || url.password().is_some();
    url.scheme() == "https" && url.has_host() && !is_named && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let mut settings = Settings::new(ProviderName::parse("egi").unwrap(), "https://id.example.org/op");
        settings.audiences = vec!["zonemint".to_owned()];
        settings.client_id = "web".to_owned();
        settings
    }

    fn wrong(change: impl FnOnce(&mut Settings)) -> Vec<SettingsError> {
        let mut settings = settings();
        change(&mut settings);
        settings.check()
    }

    #[test]
    fn each_wrong_setting_has_its_error() {
        assert_eq!(wrong(|_| ()), []);
        for issuer in ["", "id", "http://id", "https://", "https://a@id", "https://id?x", "https://id#x"] {
            assert_eq!(wrong(|it| it.issuer = issuer.to_owned()), [SettingsError::Issuer], "{issuer}");
        }
        assert_eq!(wrong(|it| it.algorithms.clear()), [SettingsError::NoAlgorithm]);
        assert_eq!(wrong(|it| it.audiences.clear()), [SettingsError::NoAudience]);
        assert_eq!(wrong(|it| it.audiences.push("web".to_owned())), [SettingsError::ClientAsAudience]);
        assert_eq!(wrong(|it| it.authorized_parties.push(String::new())), [SettingsError::Empty("authorized_parties")]);
        assert_eq!(wrong(|it| it.groups_claim.clear()), [SettingsError::Empty("groups_claim")]);
        assert_eq!(wrong(|it| it.timeout = Duration::ZERO), [SettingsError::NoTimeout]);
        let skew = SettingsError::TooLong { name: "clock_skew", most: 300 };
        assert_eq!(wrong(|it| it.clock_skew = Duration::from_secs(301)), [skew]);
        let alone = wrong(|it| {
            it.client_id.clear();
            it.client_secret = Some(ClientSecret::new("s".to_owned()));
        });
        assert_eq!(alone, [SettingsError::SecretWithoutClient]);
    }

    #[test]
    fn the_secret_is_not_shown() {
        let mut settings = settings();
        settings.client_secret = Some(ClientSecret::new("hush".to_owned()));
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
