//! Who a token, or a sign-in, is of.

use serde_json::{Map, Value};

use crate::settings::Settings;

/// Most groups that are taken: Entra ID leaves all of them out of tokens beyond 200.
const MOST_GROUPS: usize = 1_000;
/// Longest text that is taken of a claim, in bytes.
const LONGEST: usize = 1_024;

/// A person, or a client, at an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Together with the subject it names the account. E-mail and name do not.
    pub issuer: String,
    /// Unique at the issuer and never assigned to another person.
    pub subject: String,
    /// A name to propose for a new account, as the issuer wrote it. Not checked against any rule of names here.
    pub name: Option<String>,
    /// The groups.
    pub groups: Groups,
    /// The e-mail address, if the issuer says that it was verified. For show, never to find an account by.
    pub email: Option<String>,
    /// When the token expires, in seconds since the Unix epoch. None if the issuer does not say.
    pub expires_s: Option<u64>,
}

/// What an issuer says of groups. Only [`Groups::Listed`] says which there are; all others leave it open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    /// These and no others.
    Listed(Vec<String>),
    /// The claim is missing.
    NotSaid,
    /// There are too many for the token: Entra ID's overage claim, or more than 1,000.
    TooMany,
    /// The claim is no array of texts. A text is not split: a name may have commas.
    NotAList,
}

impl Identity {
    /// Reads what the claims say; `subject` was checked.
    pub(crate) fn read(
        claims: &Map<String, Value>,
        subject: &str,
        settings: &Settings,
        expires_s: Option<u64>,
    ) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| is_usable(text));
        let is_verified = claims.get("email_verified") == Some(&Value::Bool(true));
        Self {
            issuer: settings.issuer.clone(),
            subject: subject.to_owned(),
            name: text(&settings.name_claim).map(str::to_owned),
            groups: Groups::read(claims, &settings.groups_claim),
            email: text("email").filter(|_| is_verified).map(str::to_owned),
            expires_s,
        }
    }
}

impl Groups {
    fn read(claims: &Map<String, Value>, name: &str) -> Self {
        let has_overage = claims.get("_claim_names").and_then(Value::as_object).is_some_and(|it| it.contains_key(name));
        match claims.get(name) {
            _ if has_overage || claims.get("hasgroups") == Some(&Value::Bool(true)) => Self::TooMany,
            None => Self::NotSaid,
            Some(Value::Array(list)) if list.len() > MOST_GROUPS => Self::TooMany,
            Some(Value::Array(list)) => {
                let texts = list.iter().map(|group| group.as_str().filter(|text| is_usable(text)).map(str::to_owned));
                texts.collect::<Option<_>>().map_or(Self::NotAList, Self::Listed)
            }
            Some(_) => Self::NotAList,
        }
    }
}

fn is_usable(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::name::ProviderName;

    fn read(claims: &Value) -> Identity {
        let settings = Settings::new(ProviderName::parse("id").unwrap(), "https://id");
        Identity::read(claims.as_object().unwrap(), "joe", &settings, None)
    }

    #[test]
    fn groups_are_an_array_or_unknown() {
        let groups = |claims: Value| read(&claims).groups;
        let listed = Groups::Listed(vec!["staff".to_owned(), "Data, Berlin".to_owned()]);
        assert_eq!(groups(json!({ "groups": ["staff", "Data, Berlin"] })), listed);
        assert_eq!(groups(json!({ "groups": [] })), Groups::Listed(Vec::new()));
        assert_eq!(groups(json!({})), Groups::NotSaid);
        for text in [json!("staff,Data, Berlin"), json!(null), json!({ "a": 1 }), json!(["a", 7]), json!(["a\nb"])] {
            assert_eq!(groups(json!({ "groups": text })), Groups::NotAList);
        }
        let overage =
            json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": { "endpoint": "https://x" } } });
        assert_eq!(groups(overage), Groups::TooMany);
        assert_eq!(groups(json!({ "hasgroups": true, "groups": [] })), Groups::TooMany);
        assert_eq!(groups(json!({ "groups": vec!["a"; 1_001] })), Groups::TooMany);
    }

    #[test]
    fn an_email_is_shown_only_if_the_issuer_has_verified_it() {
        assert_eq!(read(&json!({ "email": "joe@id", "email_verified": true })).email, Some("joe@id".to_owned()));
        assert_eq!(read(&json!({ "email": "joe@id" })).email, None);
        assert_eq!(read(&json!({ "email": "joe@id", "email_verified": "true" })).email, None);
        assert_eq!(read(&json!({ "preferred_username": "joe" })).name, Some("joe".to_owned()));
        assert_eq!(read(&json!({ "preferred_username": ["joe"] })).name, None);
    }
}
