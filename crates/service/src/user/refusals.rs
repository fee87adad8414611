//! Refused sign-ins, counted until they are written to the audit trail: a row for each account and minute, not for each guess.
//!
//! What was typed as a name is not kept, because it may be a password. The memory is bounded.

use std::collections::HashMap;
use std::fmt::{Display, Write as _};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::source::Source;
use super::throttle::network;
use zonemint_base::model::{Network, RequestId, UserId};
use zonemint_store::{Actor, AuditAction, AuditEntry, Way};

/// Accounts that are counted separately; further ones are counted together.
const MOST_ACCOUNTS: usize = 10_000;
/// Addresses of an account that are counted separately.
const MOST_ADDRESSES: usize = 32;
/// Requests and networks of an account that its row names, each: the first ones, so that a row stays short.
const MOST_NAMED: usize = 8;

/// What refusals are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum FailedLoginKey {
    /// An account that there is.
    User(UserId),
    /// Names that nobody has.
    Unknown,
    /// Reset links that are not good.
    Link,
    /// Attempts from an address with too many failures; the name was not looked up.
    Throttled,
    /// Accounts beyond those that are counted separately.
    Others,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Refused {
    count: u64,
    /// As the throttle distinguishes them.
    addresses: Vec<IpAddr>,
    requests: Vec<RequestId>,
    networks: Vec<Network>,
}

impl Refused {
    fn one(source: Source) -> Self {
        Self {
            count: 1,
            addresses: vec![network(source.address)],
            requests: source.origin.iter().map(|origin| origin.request).collect(),
            networks: source.origin.iter().filter_map(|origin| origin.network).collect(),
        }
    }

    fn add(&mut self, more: &Self) {
        self.count = self.count.saturating_add(more.count);
        extend(&mut self.addresses, &more.addresses, MOST_ADDRESSES);
        extend(&mut self.requests, &more.requests, MOST_NAMED);
        extend(&mut self.networks, &more.networks, MOST_NAMED);
    }
}

/// Adds what is not there yet, up to `most` in all.
fn extend<T: Copy + PartialEq>(all: &mut Vec<T>, more: &[T], most: usize) {
    for one in more {
        if all.len() < most && !all.contains(one) {
            all.push(*one);
        }
    }
}

#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<FailedLoginKey, Refused>>);

/// Some of what was counted.
pub(super) struct Taken(Vec<(FailedLoginKey, Refused)>);

impl Refusals {
    /// Counts a refusal.
    pub(super) fn count(&self, key: FailedLoginKey, source: Source) {
        self.add(key, &Refused::one(source));
    }

    fn add(&self, key: FailedLoginKey, more: &Refused) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = all.len() >= MOST_ACCOUNTS && matches!(key, FailedLoginKey::User(_)) && !all.contains_key(&key);
        all.entry(if is_full { FailedLoginKey::Others } else { key }).or_default().add(more);
    }

    /// Takes at most `limit` of those that were counted.
    pub(super) fn take(&self, limit: usize) -> Taken {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let some: Vec<_> = all.keys().copied().take(limit).collect();
        Taken(some.into_iter().filter_map(|key| all.remove_entry(&key)).collect())
    }

    /// Puts back what could not be written.
    pub(super) fn put_back(&self, taken: Taken) {
        for (key, refused) in taken.0 {
            self.add(key, &refused);
        }
    }
}

impl Taken {
    /// What to write, in the order of accounts; nothing when nobody was refused.
    pub(super) fn entries(&self) -> Vec<AuditEntry> {
        let mut entries: Vec<_> = self.0.iter().map(|(key, refused)| entry(*key, refused)).collect();
        entries.sort_by(|one, other| (one.user, &one.note).cmp(&(other.user, &other.note)));
        entries
    }
}

fn entry(key: FailedLoginKey, refused: &Refused) -> AuditEntry {
    let (user, who) = match key {
        FailedLoginKey::User(id) => (Some(id), ""),
        FailedLoginKey::Unknown | FailedLoginKey::Link => (None, " who=unknown"),
        FailedLoginKey::Throttled => (None, " who=throttled"),
        FailedLoginKey::Others => (None, " who=others"),
    };
    let Refused { count, addresses, requests, networks } = refused;
    let way = if key == FailedLoginKey::Link { Way::ResetLink } else { Way::Password }.name();
    let mut note = format!("count={count} addresses={}{who} {}={way}", addresses.len(), AuditEntry::WAY);
    name(&mut note, AuditEntry::REQUEST, requests);
    name(&mut note, AuditEntry::NETWORK, networks);
    AuditEntry { user, note: Some(note), ..AuditEntry::new(AuditAction::LoginRefused, Actor::System) }
}

/// Appends the values, if there are any, with commas between.
fn name(note: &mut String, key: &str, values: &[impl Display]) {
    for (at, value) in values.iter().enumerate() {
        let _ = if at == 0 { write!(note, " {key}={value}") } else { write!(note, ",{value}") };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_store::Origin;

    fn address(number: u8) -> Source {
        IpAddr::from([192, 0, 2, number]).into()
    }

    fn request(number: u64, address: IpAddr) -> Source {
        let origin = Origin { request: RequestId::new(7, number), network: Some(Network::kept_of(address)) };
        Source { address, origin: Some(origin) }
    }

    fn user(number: usize) -> FailedLoginKey {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        FailedLoginKey::User(UserId::from_bytes(bytes))
    }

    fn notes(refusals: &Refusals) -> Vec<String> {
        refusals.take(usize::MAX).entries().into_iter().filter_map(|entry| entry.note).collect()
    }

    #[test]
    fn refusals_are_counted_by_account_and_network() {
        let refusals = Refusals::default();
        for (key, from) in
            [(user(1), 1), (user(1), 1), (user(1), 2), (FailedLoginKey::Unknown, 3), (FailedLoginKey::Throttled, 1)]
        {
            refusals.count(key, address(from));
        }
        for subscriber in ["2001:db8::1", "2001:db8::2"] {
            refusals.count(user(2), subscriber.parse::<IpAddr>().unwrap().into());
        }
        let expected = [
            "count=1 addresses=1 who=throttled way=password",
            "count=1 addresses=1 who=unknown way=password",
            "count=3 addresses=2 way=password",
            "count=2 addresses=1 way=password",
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
        assert_eq!(notes(&refusals), ["count=2 addresses=2 way=password"]);
    }

    #[test]
    fn a_row_names_the_first_requests_and_networks() {
        let refusals = Refusals::default();
        for number in 0..10 {
            refusals.count(user(1), request(number, [192, 0, 2, 1].into()));
        }
        refusals.count(user(1), request(10, [198, 51, 100, 1].into()));
        let requests: Vec<_> = (0..8).map(|number| format!("00000007-{number}")).collect();
        let expected = format!(
            "count=11 addresses=2 way=password request={} network=192.0.2.0/24,198.51.100.0/24",
            requests.join(",")
        );
        assert_eq!(notes(&refusals), [expected]);
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
        assert!(notes.contains(&"count=7 addresses=1 who=others way=password".to_owned()));
        assert!(notes.contains(&format!("count=101 addresses={MOST_ADDRESSES} way=password")));
    }
}
