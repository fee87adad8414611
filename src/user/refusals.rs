//! Refused sign-ins, counted until they are written to the audit trail: a row for each account and minute, not for each guess.
//!
//! What was typed as a name is not kept, for it may be a password. What is kept is bounded, whatever is tried.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::throttle::network;
use crate::model::UserId;
use crate::store::{Actor, AuditAction, AuditEntry};

/// Accounts that are counted apart; those beyond are counted together.
const MOST_ACCOUNTS: usize = 10_000;
/// Addresses of an account that are told apart.
const MOST_ADDRESSES: usize = 32;

/// Who was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Whom {
    /// An account that there is.
    User(UserId),
    /// Names that nobody has.
    Unknown,
    /// Whoever has failed too often from one address; the name was not looked up.
    Throttled,
    /// Accounts beyond those that are counted apart.
    Others,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Refused {
    count: u64,
    /// As the throttle tells them apart.
    addresses: Vec<IpAddr>,
}

#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<Whom, Refused>>);

/// Some of what was counted.
pub(super) struct Taken(Vec<(Whom, Refused)>);

impl Refusals {
    /// Counts a refusal.
    pub(super) fn count(&self, whom: Whom, address: IpAddr) {
        self.add(whom, &Refused { count: 1, addresses: vec![network(address)] });
    }

    fn add(&self, whom: Whom, more: &Refused) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = all.len() >= MOST_ACCOUNTS && matches!(whom, Whom::User(_)) && !all.contains_key(&whom);
        let refused = all.entry(if is_full { Whom::Others } else { whom }).or_default();
        refused.count = refused.count.saturating_add(more.count);
        for address in &more.addresses {
            if refused.addresses.len() < MOST_ADDRESSES && !refused.addresses.contains(address) {
                refused.addresses.push(*address);
            }
        }
    }

    /// Takes at most `limit` of those that were counted.
    pub(super) fn take(&self, limit: usize) -> Taken {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let some: Vec<_> = all.keys().copied().take(limit).collect();
        Taken(some.into_iter().filter_map(|whom| all.remove_entry(&whom)).collect())
    }

    /// Puts back what could not be written.
    pub(super) fn put_back(&self, taken: Taken) {
        for (whom, refused) in taken.0 {
            self.add(whom, &refused);
        }
    }
}

impl Taken {
    /// What to write, in the order of accounts; nothing when nobody was refused.
    pub(super) fn entries(&self) -> Vec<AuditEntry> {
        let mut entries: Vec<_> = self.0.iter().map(|(whom, refused)| entry(*whom, refused)).collect();
        entries.sort_by(|one, other| (one.user, &one.note).cmp(&(other.user, &other.note)));
        entries
    }
}

fn entry(whom: Whom, refused: &Refused) -> AuditEntry {
    let (user, who) = match whom {
        Whom::User(id) => (Some(id), ""),
        Whom::Unknown => (None, " who=unknown"),
        Whom::Throttled => (None, " who=throttled"),
        Whom::Others => (None, " who=others"),
    };
    let note = Some(format!("count={} addresses={}{who}", refused.count, refused.addresses.len()));
    AuditEntry { user, note, ..AuditEntry::new(AuditAction::LoginRefused, Actor::System) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    fn user(number: usize) -> Whom {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Whom::User(UserId::from_bytes(bytes))
    }

    fn notes(refusals: &Refusals) -> Vec<String> {
        refusals.take(usize::MAX).entries().into_iter().filter_map(|entry| entry.note).collect()
    }

    #[test]
    fn refusals_are_counted_by_account_and_network() {
        let refusals = Refusals::default();
        for (whom, from) in [(user(1), 1), (user(1), 1), (user(1), 2), (Whom::Unknown, 3), (Whom::Throttled, 1)] {
            refusals.count(whom, address(from));
        }
        for subscriber in ["2001:db8::1", "2001:db8::2"] {
            refusals.count(user(2), subscriber.parse().unwrap());
        }
        let expected = [
            "count=1 addresses=1 who=throttled", "count=1 addresses=1 who=unknown", "count=3 addresses=2",
            "count=2 addresses=1",
        ];
        assert_eq!(notes(&refusals), expected);
        assert_eq!(notes(&refusals), [""; 0], "they are taken once");
    }

    #[test]
    fn what_could_not_be_written_is_counted_on() {
        let refusals = Refusals::default();
        refusals.count(user(1), address(1));
        let taken = refusals.take(9);
        refusals.count(user(1), address(2));
        refusals.put_back(taken);
        assert_eq!(notes(&refusals), ["count=2 addresses=2"]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let refusals = Refusals::default();
        for number in 0..MOST_ACCOUNTS + 7 {
            refusals.count(user(number), address(1));
        }
        (0..100).for_each(|number| refusals.count(user(0), address(number)));
        assert_eq!(refusals.0.lock().unwrap().len(), MOST_ACCOUNTS + 1);
        let notes = notes(&refusals);
        assert!(notes.contains(&"count=7 addresses=1 who=others".to_owned()));
        assert!(notes.contains(&format!("count=101 addresses={MOST_ADDRESSES}")));
    }
}
