//! What was asked of the nodes and what they answered, and whether one service that keeps its word could have answered so.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// One request and what came of it. Times count from the start of the load.
#[derive(Debug, Clone)]
pub struct Event {
    pub via: Via,
    /// Which token, by the order of acknowledged mints. None for a mint that was not acknowledged.
    pub token: Option<usize>,
    pub what: What,
    pub invoked: Duration,
    /// When the answer was there, or that there will be none.
    pub answered: Duration,
    pub outcome: Outcome,
}

/// Which way a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    Balancer,
    Node(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Mint,
    Verify,
    Revoke,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Minted, good, or revoked.
    Done,
    /// The token is not good, or there is none to revoke.
    Refused,
    /// 503, with a word about when to come again. A change may have been made or not.
    Unavailable,
    /// No connection; nothing was sent.
    Unreachable,
    /// The connection broke. A change may have been made or not.
    Broken,
    /// No answer within the timeout.
    Silence,
    /// An answer that is not foreseen.
    Odd(String),
}

/// An answer that is not to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub token: usize,
    pub kind: ViolationKind,
    /// When the request was sent that was answered so.
    pub at: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViolationKind {
    /// Good at a request sent later than the bound after the revocation was acknowledged.
    AcceptedAfterRevocation,
    /// Good at a request sent later than the bound after another node had refused it already.
    AcceptedAfterRefusal,
    /// Refused, although it was acknowledged and nobody had asked to revoke it.
    Lost,
}

/// A token is good from its acknowledged mint on until one moment, its revocation, and bad ever after. The history can be put
/// in an order in which that is so exactly if each token's moment fits between two ends:
///
/// * it is not before the first request to revoke, nor before a request that found the token good, for which `bound` is
///   granted, because that node may not have heard of it yet;
/// * it is not after the first acknowledged revocation, nor after an answer that called the token bad.
///
/// An answer that was lost says nothing, and what it was to change may be changed at any time after the request.
pub fn check(history: &[Event], bound: Duration) -> Vec<Violation> {
    let mut tokens: BTreeMap<usize, Vec<&Event>> = BTreeMap::new();
    for event in history {
        if let Some(token) = event.token {
            tokens.entry(token).or_default().push(event);
        }
    }
    tokens.into_iter().flat_map(|(token, events)| check_token(token, &events, bound)).collect()
}

fn check_token(token: usize, events: &[&Event], bound: Duration) -> Vec<Violation> {
    let of = |what, outcome| events.iter().filter(move |event| event.what == what && event.outcome == outcome);
    let acknowledged = of(What::Revoke, Outcome::Done).map(|event| event.answered).min();
    let called_bad =
        of(What::Verify, Outcome::Refused).chain(of(What::Revoke, Outcome::Refused)).map(|event| event.answered).min();
    let good = of(What::Verify, Outcome::Done).map(|event| event.invoked);
    let beyond = good.filter_map(|invoked| {
        let beyond = |end: Option<Duration>| end.is_some_and(|end| invoked > end + bound);
        let kind = if beyond(acknowledged) {
            ViolationKind::AcceptedAfterRevocation
        } else if beyond(called_bad) {
            ViolationKind::AcceptedAfterRefusal
        } else {
            return None;
        };
        Some(Violation { token, kind, at: invoked })
    });
    // One that is refused asks for a revocation too, but has not made one: another one must have.
    let asked = |refused: &Event| {
        let others = events.iter().filter(|event| event.what == What::Revoke && event.outcome != Outcome::Unreachable);
        others.filter(|event| event.outcome != Outcome::Refused).any(|event| event.invoked < refused.answered)
    };
    let refusals = of(What::Verify, Outcome::Refused).chain(of(What::Revoke, Outcome::Refused));
    let lost = refusals.filter(|event| !asked(event));
    beyond.chain(lost.map(|event| Violation { token, kind: ViolationKind::Lost, at: event.invoked })).collect()
}

/// Texts that were handed out more than once.
pub fn duplicates<'a>(tokens: impl IntoIterator<Item = &'a str>) -> usize {
    let mut seen = HashSet::new();
    tokens.into_iter().filter(|token| !seen.insert(*token)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_secs(1);

    /// Of one token, in milliseconds.
    fn event(what: What, node: usize, invoked: u64, answered: u64, outcome: Outcome) -> Event {
        let (invoked, answered) = (Duration::from_millis(invoked), Duration::from_millis(answered));
        Event { via: Via::Node(node), token: Some(0), what, invoked, answered, outcome }
    }

    fn minted() -> Event {
        event(What::Mint, 0, 0, 10, Outcome::Done)
    }

    fn good(node: usize, invoked: u64) -> Event {
        event(What::Verify, node, invoked, invoked + 5, Outcome::Done)
    }

    fn bad(node: usize, invoked: u64) -> Event {
        event(What::Verify, node, invoked, invoked + 5, Outcome::Refused)
    }

    fn revoked(invoked: u64, outcome: Outcome) -> Event {
        event(What::Revoke, 0, invoked, invoked + 10, outcome)
    }

    fn kinds(history: &[Event]) -> Vec<ViolationKind> {
        check(history, BOUND).into_iter().map(|violation| violation.kind).collect()
    }

    #[test]
    fn a_token_that_is_good_until_it_is_revoked_is_as_it_should_be() {
        let history = [minted(), good(1, 20), revoked(100, Outcome::Done), bad(0, 111), bad(1, 1_111)];
        assert_eq!(kinds(&history), []);
    }

    #[test]
    fn a_node_may_not_have_heard_yet_within_the_bound_and_not_beyond() {
        let history = [minted(), revoked(100, Outcome::Done), good(1, 1_110)];
        assert_eq!(kinds(&history), []);
        let history = [minted(), revoked(100, Outcome::Done), good(1, 1_111)];
        assert_eq!(kinds(&history), [ViolationKind::AcceptedAfterRevocation]);
    }

    #[test]
    fn the_start_of_a_verification_counts_however_long_it_takes() {
        let slow = event(What::Verify, 1, 1_000, 9_000, Outcome::Done);
        assert_eq!(kinds(&[minted(), revoked(100, Outcome::Done), slow]), []);
    }

    #[test]
    fn each_answer_beyond_the_bound_is_told() {
        let history = [minted(), revoked(100, Outcome::Done), good(1, 2_000), bad(1, 2_100), good(2, 2_200)];
        let expected =
            [(2_000, ViolationKind::AcceptedAfterRevocation), (2_200, ViolationKind::AcceptedAfterRevocation)];
        let told: Vec<_> = check(&history, BOUND).into_iter().map(|found| (found.at, found.kind)).collect();
        assert_eq!(told, expected.map(|(at, kind)| (Duration::from_millis(at), kind)));
    }

    #[test]
    fn a_token_that_was_lost_is_found_out() {
        assert_eq!(kinds(&[minted(), good(0, 20), bad(1, 30)]), [ViolationKind::Lost]);
        assert_eq!(kinds(&[minted(), bad(1, 30), revoked(40, Outcome::Done)]), [ViolationKind::Lost]);
        assert_eq!(kinds(&[minted(), revoked(40, Outcome::Refused)]), [ViolationKind::Lost]);
        assert_eq!(kinds(&[minted(), revoked(40, Outcome::Unreachable), bad(1, 60)]), [ViolationKind::Lost]);
    }

    #[test]
    fn a_refusal_while_the_revocation_is_under_way_is_in_order() {
        let slow = event(What::Revoke, 0, 100, 900, Outcome::Done);
        assert_eq!(kinds(&[minted(), slow, bad(1, 200), good(2, 300)]), []);
    }

    #[test]
    fn a_revocation_without_an_answer_may_have_been_made_or_not() {
        for outcome in [Outcome::Broken, Outcome::Unavailable, Outcome::Silence] {
            assert_eq!(kinds(&[minted(), revoked(100, outcome.clone()), good(1, 5_000)]), []);
            assert_eq!(kinds(&[minted(), revoked(100, outcome.clone()), bad(1, 5_000)]), []);
            assert_eq!(kinds(&[minted(), revoked(100, outcome.clone()), revoked(200, Outcome::Refused)]), []);
            // But not both.
            let history = [minted(), revoked(100, outcome), bad(1, 500), good(2, 5_000)];
            assert_eq!(kinds(&history), [ViolationKind::AcceptedAfterRefusal]);
        }
    }

    #[test]
    fn what_was_revoked_and_comes_back_with_a_new_primary_is_found_out() {
        let history = [minted(), revoked(100, Outcome::Done), bad(0, 200), bad(1, 1_500), good(0, 9_000)];
        assert_eq!(kinds(&history), [ViolationKind::AcceptedAfterRevocation]);
    }

    #[test]
    fn tokens_are_judged_one_by_one() {
        let other = Event { token: Some(1), ..bad(1, 30) };
        let found = check(&[minted(), good(1, 30), other], BOUND);
        let expected = Violation { token: 1, kind: ViolationKind::Lost, at: Duration::from_millis(30) };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn a_text_that_is_handed_out_twice_is_a_duplicate() {
        assert_eq!(duplicates(["a", "b", "a", "a"]), 2);
        assert_eq!(duplicates(["a", "b"]), 0);
    }
}
