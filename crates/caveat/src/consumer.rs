//! `consumer = usr-abc|prv-*`: who may use a token. Consumers prove who they are by a token of their own.

use std::fmt;

use serde_json::{Value, json};

use super::list::Field;
use super::party::Parties;
use super::{ConsumerKind, JsonError, Request, Unmet};

const FIELD: Field = Field {
    kind: "consumer",
    name: "whitelist",
    item: "usr, grp or prv, a dash, and an id or *, such as \"usr-abc\" or \"prv-*\"",
};

/// Holds when the consumer is known and listed. There are no groups here, so a user is never matched by a group.
pub type Consumers = Parties<ConsumerKind>;

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

    /// Onezone's words. There each advice is a line of its own; here all is one line, as each other text of an error is.
    pub(super) fn unverified_description(&self) -> String {
        format!(
            "unverified consumer caveat: the consumer of this token must authenticate as '{}' - if that's you, you should: \
             * send your access token in 'x-auth-token' header if consuming an invite token \
             * send your identity token in 'x-onedata-consumer-token' header if performing an operation on behalf of \
             somebody else with their access token \
             * send your identity token in 'consumerToken' field if using token verification API",
            self.names()
        )
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let consumer = request.consumer.as_ref().ok_or(Unmet::ConsumerUnknown)?;
        if self.allow(consumer) { Ok(()) } else { Err(Unmet::Consumer(consumer.clone())) }
    }
}

impl fmt::Display for Consumers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "consumer = {}", self.joined())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Consumer;
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
    fn an_id_is_anything_that_can_be_seen_but_a_star_alone() {
        for text in ["usr-a.b@c_D-9", "usr-a b", "usr-ä", "usr-a*", "usr-**", "usr-a/b:c"] {
            assert!(Consumer::parse(text).is_some(), "{text:?} was refused");
        }
        for text in [
            "usr-", "usr-*", "usr-a|b", "usr-a,usr-b", "usr-a ", "usr-a\n", "usr-\u{202e}", "USR-a", "usra", "-a",
            "opw-a",
        ] {
            assert_eq!(Consumer::parse(text), None, "{text:?} was accepted");
        }
        assert_eq!(Consumer::new(ConsumerKind::User, "*"), None);
        assert_eq!(Consumer::new(ConsumerKind::User, &"a".repeat(169)), None);
    }

    #[test]
    fn a_star_inside_an_id_is_no_wildcard() {
        assert_eq!(consumers("usr-a*").check(&by("usr-ab")), Err(Unmet::Consumer(Consumer::parse("usr-ab").unwrap())));
        assert!(!consumers("usr-ab").implies(&consumers("usr-a*")));
        assert!(consumers("usr-a*").implies(&consumers("usr-*")));
    }
}
