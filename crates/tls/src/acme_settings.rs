//! The `[tls.acme]` table.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use zonemint_base::listen_address;
use zonemint_base::model::Period;

/// Where certificates are ordered, and for which names. `config/default.toml` has the defaults and explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether certificates are ordered at all.
    pub enabled: bool,
    /// The address of the authority's directory.
    pub directory: String,
    /// Whether its terms of service are agreed to.
    pub agree_to_terms: bool,
    /// Mail addresses to which it may write.
    pub contact: Vec<String>,
    /// The DNS names of the certificate.
    pub names: Vec<String>,
    /// How the authority validates the names.
    pub challenge: Challenge,
    /// Where `http-01` is answered.
    #[serde(deserialize_with = "listen_address::deserialize")]
    pub http_listen: SocketAddr,
    /// A file with the roots that the directory's own certificate is verified with (PEM); empty for the system's.
    pub root: PathBuf,
    /// How long before its end a certificate is renewed, unless a third of its life is shorter.
    pub renew_before: Period,
    /// The authority's name for a kind of certificate; empty for its default.
    pub profile: String,
    /// The authority's id of an existing account (external account binding); empty for none.
    pub external_account: String,
    /// A file with the key that belongs to it, in base64url.
    pub external_account_key: PathBuf,
}

/// How the authority validates a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Challenge {
    /// RFC 8737: by a certificate on the server's port.
    TlsAlpn01,
    /// RFC 8555 section 8.3: by a plain answer on port 80.
    Http01,
}

impl TryFrom<String> for Challenge {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "tls-alpn-01" => Ok(Self::TlsAlpn01),
            "http-01" => Ok(Self::Http01),
            _ => Err("must be \"tls-alpn-01\" or \"http-01\"".to_owned()),
        }
    }
}

impl From<Challenge> for String {
    fn from(challenge: Challenge) -> Self {
        challenge.name().to_owned()
    }
}

impl Challenge {
    /// Its name in RFC 8555 and RFC 8737.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::TlsAlpn01 => "tls-alpn-01",
            Self::Http01 => "http-01",
        }
    }
}

impl Settings {
    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        let is_directory = is_directory(&self.directory);
        if !is_directory {
            let reason = "must be the https:// address of an authority's directory, without name, password or query";
            problems.push(("tls.acme.directory", reason.into()));
        }
        if !self.enabled {
            return;
        }
        if !self.agree_to_terms {
            let directory = if is_directory { &self.directory } else { "tls.acme.directory" };
            let reason = format!(
                "must be true for certificates to be ordered; the terms that you agree to are at the address that {directory} gives \
                 as termsOfService"
            );
            problems.push(("tls.acme.agree_to_terms", reason));
        }
        if self.names.is_empty() {
            problems.push(("tls.acme.names", "must hold at least one DNS name".into()));
        }
        for name in self.names.iter().filter(|name| !is_host_name(name)) {
            let reason = format!("\"{name}\" is not a host's DNS name (no address, no \"*\"; write IDNs as xn--…)");
            problems.push(("tls.acme.names", reason));
        }
        for address in self.contact.iter().filter(|address| !is_mail_address(address)) {
            let reason = format!("\"{address}\" is not a mail address, as in \"admin@example.org\"");
            problems.push(("tls.acme.contact", reason));
        }
        if !(60_000..=365 * 86_400_000).contains(&self.renew_before.ms()) {
            problems.push(("tls.acme.renew_before", "must be from 1m to 365d".into()));
        }
        if self.external_account.is_empty() != self.external_account_key.as_os_str().is_empty() {
            let reason = "needs the other one of external_account and external_account_key, too";
            problems.push(("tls.acme.external_account", reason.into()));
        }
    }
}

/// It is logged and shown, so it must not contain a secret.
fn is_directory(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| {
        url.scheme() == "https" && url.username().is_empty() && url.password().is_none() && url.query().is_none()
    })
}

/// RFC 1123 section 2.1, with at least one dot: no authority issues for less, and the dot excludes `localhost`.
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label) && name.parse::<IpAddr>().is_err()
}

/// Only what `mailto:` requires; the authority checks the rest (RFC 8555 section 7.3).
fn is_mail_address(address: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b",?:<>\"".contains(&byte);
    address.bytes().all(plain)
        && address.split_once('@').is_some_and(|(user, host)| !user.is_empty() && is_host_name(host))
}

/// The values of `config/default.toml`.
#[cfg(test)]
pub(super) fn defaults() -> Settings {
    let all: toml::Table = toml::from_str(include_str!("../../../config/default.toml")).unwrap();
    all["tls"]["acme"].clone().try_into().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(change: impl FnOnce(&mut Settings)) -> Vec<(&'static str, String)> {
        let mut settings = Settings { enabled: true, ..defaults() };
        (settings.agree_to_terms, settings.names) = (true, vec!["zone.example.org".to_owned()]);
        change(&mut settings);
        let mut problems = Vec::new();
        settings.check(&mut problems);
        problems
    }

    #[test]
    fn names_agreement_and_an_account_are_all_that_is_needed() {
        assert_eq!(problems(|_| {}), []);
        assert_eq!(problems(|settings| settings.contact = vec!["admin+acme@example.org".to_owned()]), []);
        assert_eq!(problems(|settings| *settings = Settings { enabled: false, names: vec![], ..settings.clone() }), []);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_key() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let told = problems(|settings| {
            settings.directory = "http://ca.example.org/dir".to_owned();
            settings.agree_to_terms = false;
            settings.names = texts(&["*.example.org", "localhost", "192.0.2.1", "-a.example.org", "a..example.org"]);
            settings.contact = texts(&["mailto:a@example.org", "a@example.org,b@example.org", "nobody"]);
            settings.renew_before = Period::from_ms(1);
            settings.external_account = "kid".to_owned();
        });
        let keys: Vec<_> = told.iter().map(|(key, _)| key.strip_prefix("tls.acme.").unwrap()).collect();
        let names = ["names"; 5];
        let expected =
            [&["directory", "agree_to_terms"][..], &names, &["contact"; 3], &["renew_before", "external_account"]];
        assert_eq!(keys, expected.concat());
        assert!(told[1].1.contains("that tls.acme.directory gives as termsOfService"), "{told:?}");
        let told = problems(|settings| settings.agree_to_terms = false);
        assert!(told[0].1.contains(&format!("that {} gives as termsOfService", defaults().directory)), "{told:?}");
        let told = problems(|settings| {
            (settings.enabled, settings.directory) = (false, "https://me:hush@ca.example.org/dir".to_owned());
        });
        assert!(matches!(&told[..], [("tls.acme.directory", why)] if !why.contains("hush")), "{told:?}");
        assert_eq!(problems(|settings| settings.names.clear()).len(), 1);
    }
}
