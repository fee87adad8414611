//! `consumer = usr-abc|prv-*`: who may use a token. Consumers authenticate with a token of their own.

use super::party::Parties;
use super::{ConsumerKind, Request, Unmet};

/// Holds when the consumer is known and listed. There are no groups here, so a user is never matched by a group.
pub type Consumers = Parties<ConsumerKind>;

impl Consumers {
    pub(super) fn in_words(&self) -> String {
        format!("usable only by {}", self.words())
    }

    /// Onezone's text. There each advice is a line of its own; here it is one line, as in all error texts.
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
