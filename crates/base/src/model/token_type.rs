//! What a token is for: access, proof of an identity, or an invitation. Onezone's JSON and its text in identifiers.
//!
//! Where the next thing goes: another invitation is a variant of [`InviteType`] and a row of its table.

use std::fmt;

use serde_json::{Map, Value, json};

use zonemint_caveat::TokenKind;

/// Longest id of a session or of what an invitation leads to, in bytes. Onezone's own have at most 38.
const LONGEST_ID: usize = 128;

/// The type of a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// Acts for its subject.
    Access,
    /// Acts for its subject, as long as the subject's session of this id lasts.
    AccessOfSession(String),
    /// Proves who its bearer is.
    Identity,
    /// Invites its bearer.
    Invite {
        /// To do what.
        kind: InviteType,
        /// The id of the group, space or other thing that the invitation leads to.
        target: String,
    },
}

/// Who an invitation invites, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it all, and are Onezone's")]
pub enum InviteType {
    UserJoinGroup,
    GroupJoinGroup,
    UserJoinSpace,
    GroupJoinSpace,
    SupportSpace,
    HarvesterJoinSpace,
    RegisterOneprovider,
    UserJoinCluster,
    GroupJoinCluster,
    UserJoinHarvester,
    GroupJoinHarvester,
    SpaceJoinHarvester,
    UserJoinAtmInventory,
    GroupJoinAtmInventory,
}

/// Why something is no token type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// None of the known types.
    #[error("a token type is accessToken, identityToken or inviteToken")]
    Unknown,
    /// An access token is bound to something that is no session id.
    #[error("the object of accessToken is empty, or has a sessionId of letters, digits and _.@- (at most 128)")]
    Session,
    /// An invitation of no known type.
    #[error("an inviteToken needs an inviteType that is known")]
    Invite,
    /// An invitation that does not say where it leads.
    #[error("an inviteToken of this type needs {key}, an id of letters, digits and _.@- (at most 128)")]
    Target {
        /// Where the id is expected.
        key: &'static str,
    },
}

impl TokenType {
    /// Reads the JSON form, as in `{"accessToken":{}}`. What else stands beside it, `parameters` of an invitation
    /// included, is ignored.
    ///
    /// # Errors
    /// [`TypeError`] says which part is wrong.
    pub fn from_json(json: &Value) -> Result<Self, TypeError> {
        if let Some(access) = json.get("accessToken") {
            Self::access(access.as_object().ok_or(TypeError::Session)?)
        } else if json.get("identityToken").is_some() {
            Ok(Self::Identity)
        } else {
            Self::invite(json.get("inviteToken").ok_or(TypeError::Unknown)?)
        }
    }

    fn access(object: &Map<String, Value>) -> Result<Self, TypeError> {
        match object.get("sessionId") {
            Some(session) => id(session).map(Self::AccessOfSession).ok_or(TypeError::Session),
            None if object.is_empty() => Ok(Self::Access),
            None => Err(TypeError::Session),
        }
    }

    fn invite(json: &Value) -> Result<Self, TypeError> {
        let name = json.get("inviteType").and_then(Value::as_str).ok_or(TypeError::Invite)?;
        let kind = InviteType::from_name(name).ok_or(TypeError::Invite)?;
        let key = kind.target_key();
        let target = json.get(key).and_then(id).ok_or(TypeError::Target { key })?;
        Ok(Self::Invite { kind, target })
    }

    /// The JSON form, as in `{"accessToken":{}}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Access => json!({"accessToken": {}}),
            Self::AccessOfSession(session) => json!({"accessToken": {"sessionId": session}}),
            Self::Identity => json!({"identityToken": {}}),
            Self::Invite { kind, target } => {
                json!({"inviteToken": {"inviteType": kind.name(), (kind.target_key()): target, "parameters": {}}})
            }
        }
    }

    /// Reads the text that stands in identifiers, as in `act` or `ujg:abc:`. Parameters of invitations are ignored, so
    /// that `to_string` need not give the same text again.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        match *text.split(':').collect::<Vec<_>>() {
            ["act"] => Some(Self::Access),
            ["act", session] => is_id(session).then(|| Self::AccessOfSession(session.to_owned())),
            ["idn"] => Some(Self::Identity),
            [kind, target, _] => {
                let kind = InviteType::from_abbreviation(kind)?;
                is_id(target).then(|| Self::Invite { kind, target: target.to_owned() })
            }
            _ => None,
        }
    }

    /// What caveats are told of it.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        match self {
            Self::Access | Self::AccessOfSession(_) => TokenKind::Access,
            Self::Identity => TokenKind::Identity,
            Self::Invite { .. } => TokenKind::Invite,
        }
    }
}

/// The text that stands in identifiers.
impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access => f.write_str("act"),
            Self::AccessOfSession(session) => write!(f, "act:{session}"),
            Self::Identity => f.write_str("idn"),
            Self::Invite { kind, target } => write!(f, "{}:{target}:{}", kind.abbreviation(), kind.parameters()),
        }
    }
}

impl InviteType {
    /// All there are.
    pub const ALL: [Self; 14] = [
        Self::UserJoinGroup,
        Self::GroupJoinGroup,
        Self::UserJoinSpace,
        Self::GroupJoinSpace,
        Self::SupportSpace,
        Self::HarvesterJoinSpace,
        Self::RegisterOneprovider,
        Self::UserJoinCluster,
        Self::GroupJoinCluster,
        Self::UserJoinHarvester,
        Self::GroupJoinHarvester,
        Self::SpaceJoinHarvester,
        Self::UserJoinAtmInventory,
        Self::GroupJoinAtmInventory,
    ];

    /// Name in JSON, abbreviation in identifiers, key of the target in JSON.
    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::UserJoinGroup => ("userJoinGroup", "ujg", "groupId"),
            Self::GroupJoinGroup => ("groupJoinGroup", "gjg", "groupId"),
            Self::UserJoinSpace => ("userJoinSpace", "ujs", "spaceId"),
            Self::GroupJoinSpace => ("groupJoinSpace", "gjs", "spaceId"),
            Self::SupportSpace => ("supportSpace", "ssp", "spaceId"),
            Self::HarvesterJoinSpace => ("harvesterJoinSpace", "hjs", "spaceId"),
            Self::RegisterOneprovider => ("registerOneprovider", "rop", "adminUserId"),
            Self::UserJoinCluster => ("userJoinCluster", "ujc", "clusterId"),
            Self::GroupJoinCluster => ("groupJoinCluster", "gjc", "clusterId"),
            Self::UserJoinHarvester => ("userJoinHarvester", "ujh", "harvesterId"),
            Self::GroupJoinHarvester => ("groupJoinHarvester", "gjh", "harvesterId"),
            Self::SpaceJoinHarvester => ("spaceJoinHarvester", "sjh", "harvesterId"),
            Self::UserJoinAtmInventory => ("userJoinAtmInventory", "uji", "atmInventoryId"),
            Self::GroupJoinAtmInventory => ("groupJoinAtmInventory", "gji", "atmInventoryId"),
        }
    }

    /// The name in JSON, as in `userJoinGroup`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The three letters in identifiers, as in `ujg`.
    #[must_use]
    pub fn abbreviation(self) -> &'static str {
        self.row().1
    }

    /// Where the JSON form has the target's id, as in `groupId`.
    #[must_use]
    pub fn target_key(self) -> &'static str {
        self.row().2
    }

    /// Takes back what [`InviteType::name`] gave.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn from_abbreviation(abbreviation: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.abbreviation() == abbreviation)
    }

    /// Onezone 20.02 needs these of a support token; later ones ignore them.
    fn parameters(self) -> &'static str {
        if self == Self::SupportSpace { "ge" } else { "" }
    }
}

fn id(json: &Value) -> Option<String> {
    json.as_str().filter(|text| is_id(text)).map(str::to_owned)
}

/// Nothing that separates the parts of an identifier, `/` and `:`, or that cannot be shown.
fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"accessToken": {}}), "act"),
            (json!({"accessToken": {"sessionId": "s-1"}}), "act:s-1"),
            (json!({"identityToken": {}}), "idn"),
            (invite("userJoinGroup", "groupId"), "ujg:x:"),
            (invite("groupJoinGroup", "groupId"), "gjg:x:"),
            (invite("userJoinSpace", "spaceId"), "ujs:x:"),
            (invite("groupJoinSpace", "spaceId"), "gjs:x:"),
            (invite("supportSpace", "spaceId"), "ssp:x:ge"),
            (invite("harvesterJoinSpace", "spaceId"), "hjs:x:"),
            (invite("registerOneprovider", "adminUserId"), "rop:x:"),
            (invite("userJoinCluster", "clusterId"), "ujc:x:"),
            (invite("groupJoinCluster", "clusterId"), "gjc:x:"),
            (invite("userJoinHarvester", "harvesterId"), "ujh:x:"),
            (invite("groupJoinHarvester", "harvesterId"), "gjh:x:"),
            (invite("spaceJoinHarvester", "harvesterId"), "sjh:x:"),
            (invite("userJoinAtmInventory", "atmInventoryId"), "uji:x:"),
            (invite("groupJoinAtmInventory", "atmInventoryId"), "gji:x:"),
        ]
    }

    fn invite(name: &str, key: &str) -> Value {
        json!({"inviteToken": {"inviteType": name, key: "x", "parameters": {}}})
    }

    #[test]
    fn each_type_survives_both_of_its_forms() {
        let forms = forms();
        assert_eq!(forms.len(), 3 + InviteType::ALL.len());
        for (json, text) in forms {
            let token = TokenType::from_json(&json).unwrap();
            assert_eq!((token.to_json(), token.to_string()), (json, text.to_owned()));
            assert_eq!(TokenType::from_text(text), Some(token));
        }
    }

    #[test]
    fn parameters_of_invitations_are_ignored() {
        let support = Some(TokenType::Invite { kind: InviteType::SupportSpace, target: "x".to_owned() });
        assert_eq!(TokenType::from_text("ssp:x:"), support);
        assert_eq!(TokenType::from_text("ssp:x:any"), support);
        let json = json!({"inviteToken": {"inviteType": "supportSpace", "spaceId": "x"}});
        assert_eq!(TokenType::from_json(&json).ok(), support);
    }

    #[test]
    fn json_of_no_type_is_refused_with_the_reason() {
        for (json, reason) in [
            (json!({}), TypeError::Unknown),
            (json!("accessToken"), TypeError::Unknown),
            (json!(null), TypeError::Unknown),
            (json!({"accessToken": null}), TypeError::Session),
            (json!({"accessToken": {"other": 1}}), TypeError::Session),
            (json!({"accessToken": {"sessionId": ""}}), TypeError::Session),
            (json!({"accessToken": {"sessionId": 1}}), TypeError::Session),
            (json!({"accessToken": {"sessionId": "a/b"}}), TypeError::Session),
            (json!({"inviteToken": {}}), TypeError::Invite),
            (json!({"inviteToken": {"inviteType": "ujg", "groupId": "x"}}), TypeError::Invite),
            (json!({"inviteToken": {"inviteType": "userJoinGroup"}}), TypeError::Target { key: "groupId" }),
            (
                json!({"inviteToken": {"inviteType": "userJoinGroup", "groupId": "a:b"}}),
                TypeError::Target { key: "groupId" },
            ),
        ] {
            assert_eq!(TokenType::from_json(&json), Err(reason), "{json}");
        }
    }

    #[test]
    fn text_of_no_type_is_refused() {
        for text in ["", "ACT", "act:", "act:a:b:c", "idn:", "ujg:x", "ujg::", "ujg:x:y:z", "xyz:x:", "act:a b"] {
            assert_eq!(TokenType::from_text(text), None, "{text:?} was accepted");
        }
        assert_eq!(TokenType::from_text(&format!("act:{}", "s".repeat(129))), None);
    }

    #[test]
    fn caveats_see_three_kinds() {
        let kinds = ["act", "act:s", "idn", "ssp:x:ge"].map(|text| TokenType::from_text(text).unwrap().kind());
        assert_eq!(kinds, [TokenKind::Access, TokenKind::Access, TokenKind::Identity, TokenKind::Invite]);
    }
}
