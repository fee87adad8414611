//! `consumer = usr-abc|prv-*`: who may use a token. Consumers prove who they are by a token of their own.

use std::fmt;

use serde_json::{Value, json};

use super::list::Field;
use super::party::{Kind, Parties, Party};
use super::{JsonError, Request, Unmet};

const FIELD: Field = Field {
    kind: "consumer",
    name: "whitelist",
    item: "usr, grp or prv, a dash, and an id or *, such as \"usr-abc\" or \"prv-*\"",
};

/// What a consumer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsumerKind {
    /// A user, `usr`.
    User,
    /// A group, `grp`.
    Group,
    /// A provider, `prv`.
    Provider,
}

/// One consumer, as in `usr-abc`.
pub type Consumer = Party<ConsumerKind>;

/// Holds when the consumer is known and listed. There are no groups here, so a user is never matched by a group.
pub type Consumers = Parties<ConsumerKind>;

impl Kind for ConsumerKind {
    const ALL: &'static [Self] = &[Self::User, Self::Group, Self::Provider];

    fn abbreviation(self) -> &'static str {
        match self {
            Self::User => "usr",
            Self::Group => "grp",
            Self::Provider => "prv",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Provider => "provider",
        }
    }
}

impl Consumers {
    pub(super) fn parse(cid: &str) -> Option<Self> {
        Self::parse_list(cid.strip_prefix("consumer = ")?)
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        Self::read(json, FIELD)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": FIELD.kind, FIELD.name: self.strings()})
    }

    pub(super) fn in_words(&self) -> String {
        format!("usable only by {}", self.words())
    }

    pub(super) fn unverified_description(&self) -> String {
        let consumers = self.joined(" or ");
        format!(
            "unverified consumer caveat: this token can only be used by the consumer: '{consumers}'. The consumer \
             must prove its identity with its own token in the X-Onedata-Consumer-Token header"
        )
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let consumer = request.consumer.as_ref().ok_or(Unmet::ConsumerUnknown)?;
        if self.allow(consumer) { Ok(()) } else { Err(Unmet::Consumer(consumer.clone())) }
    }
}

impl fmt::Display for Consumers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "consumer = {}", self.joined("|"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consumers(list: &str) -> Consumers {
        Consumers::parse(&format!("consumer = {list}")).expect("a valid caveat")
    }

    fn by(consumer: &str) -> Request {
        Request { consumer: Consumer::parse(consumer), ..Request::at(0) }
    }

    #[test]
    fn it_holds_for_a_listed_consumer_and_for_all_of_a_listed_kind() {
        let caveat = consumers("usr-abc|prv-*|grp-g");
        assert_eq!(caveat.check(&by("usr-abc")), Ok(()));
        assert_eq!(caveat.check(&by("prv-p")), Ok(()));
        assert_eq!(caveat.check(&by("usr-g")), Err(Unmet::Consumer(Consumer::parse("usr-g").unwrap())));
        assert_eq!(caveat.check(&Request::at(0)), Err(Unmet::ConsumerUnknown));
    }

    #[test]
    fn ids_have_an_alphabet_and_a_length() {
        assert!(Consumer::parse("usr-a.b@c_D-9").is_some());
        for text in ["usr-", "usr-*", "usr-a b", "usr-ä", "usr-a|b", "USR-a", "usra", "-a", "opw-a"] {
            assert_eq!(Consumer::parse(text), None, "{text:?} was accepted");
        }
        assert_eq!(Consumer::new(ConsumerKind::User, &"a".repeat(129)), None);
    }
}
