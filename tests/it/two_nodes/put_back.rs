//! A shared store loses its last transactions under two nodes: neither accepts what the store refuses.

use std::sync::Arc;
use std::time::Duration;

use zonemint::caller::Caller;
use zonemint::clock::Clock;
use zonemint::model::{FullName, Privileges, UserName};
use zonemint::random::Random;
use zonemint::store::{AuditAction, Chain};
use zonemint::telemetry::{Exposition, Form};
use zonemint::token::{KeyEncryptionKey, KeyEncryptionKeys};
use zonemint::user::NewUser;

use super::{Alice, Change, alice, says};
use crate::support::postgres::Database;
use crate::support::{Node, Shared};

/// Two nodes on a database that can be put back.
struct Pair {
    one: Node,
    other: Node,
    alice: Alice,
    shared: Shared,
    keys: Arc<KeyEncryptionKeys>,
    clock: Clock,
}

impl Pair {
    async fn start() -> Option<Self> {
        let shared = Shared::database()?;
        let keys = Arc::new(KeyEncryptionKeys::of(KeyEncryptionKey::generate(&Random::system())));
        let clock = Clock::manual(1_000_000);
        let node = async |name| Node::on(shared.open(name).await, Arc::<KeyEncryptionKeys>::clone(&keys), &clock).await;
        let one = node("one").await;
        let alice = alice(&one).await;
        let other = node("other").await;
        let mut pair = Self { one, other, alice, shared, keys, clock };
        pair.catch_up().await;
        Some(pair)
    }

    fn database(&self) -> &Database {
        let Shared::Database(database) = &self.shared else { panic!("it is a database") };
        database
    }

    async fn catch_up(&mut self) {
        self.one.follower.catch_up().await.unwrap();
        self.other.follower.catch_up().await.unwrap();
    }

    /// Makes changes that say nothing of her.
    async fn change(&self, part: &str, count: u32) {
        for number in 0..count {
            let full_name = FullName::parse("Somebody").unwrap();
            let name = UserName::parse(&format!("{part}-{number}")).ok();
            let new = NewUser { name, full_name, password: None, privileges: Privileges::NONE };
            self.one.accounts.add(new, &Caller::operator()).await.unwrap();
        }
    }

    /// What stands in the store, as a node says that has just started.
    async fn stored(&self) -> Vec<String> {
        let keys = Arc::<KeyEncryptionKeys>::clone(&self.keys);
        says(&Node::on(self.shared.open("third").await, keys, &self.clock).await, &self.alice).await
    }

    /// Which audit rows of that node tell that the store was put back.
    async fn told(&self, node: &str, expected: usize) -> Vec<String> {
        let store = self.shared.open("watcher").await;
        let chain = Chain::parse(node).unwrap();
        let written = async {
            loop {
                let rows = store.audit_after(&chain, 0, 1_000).await.unwrap();
                let told = rows.into_iter().filter(|row| row.action == AuditAction::StoreRestore);
                let notes: Vec<_> = told.filter_map(|row| row.note).collect();
                if notes.len() >= expected {
                    return notes;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), written).await.expect("it is written to the audit trail")
    }
}

/// A failover, or a restore under running nodes, loses changes of a node, which then makes others under the same numbers. Whatever
/// was looked at in between, the other node accepts nothing that was revoked since.
#[tokio::test]
async fn after_the_store_was_put_back_a_node_knows_of_what_was_revoked_since() {
    for lost in 0..=3 {
        for again in 0..=3 {
            for looks_between in [false, true] {
                let Some(mut pair) = Pair::start().await else { return };
                let case = format!("{lost} lost, {again} after the revocation, looked between: {looks_between}");
                pair.database().keep().await;
                pair.change("lost", lost).await;
                pair.catch_up().await;
                pair.database().put_back().await;
                if looks_between {
                    pair.catch_up().await;
                }
                let before = says(&pair.other, &pair.alice).await;
                assert_eq!(before[1], "good", "{case}");
                Change::RevokeOne.apply(&pair.one, &pair.alice).await;
                pair.change("again", again).await;
                pair.other.follower.catch_up().await.unwrap();
                let after = says(&pair.other, &pair.alice).await;
                assert_ne!(after[1], "good", "{case}");
                assert_eq!(after, pair.stored().await, "{case}");
            }
        }
    }
}

/// What one node was told before is gone; the other still remembers it.
#[tokio::test]
async fn a_node_does_not_go_on_with_what_it_remembers_of_a_store_that_was_put_back() {
    for change in Change::ALL {
        let Some(mut pair) = Pair::start().await else { return };
        change.prepare(&pair.one, &pair.alice).await;
        pair.catch_up().await;
        pair.database().keep().await;
        change.apply(&pair.one, &pair.alice).await;
        pair.catch_up().await;
        for node in [&pair.one, &pair.other] {
            says(node, &pair.alice).await;
        }
        pair.database().put_back().await;
        pair.catch_up().await;
        let stored = pair.stored().await;
        assert_eq!(says(&pair.one, &pair.alice).await, stored, "{change:?}");
        assert_eq!(says(&pair.other, &pair.alice).await, stored, "{change:?}");
    }
}

#[tokio::test]
async fn a_node_tells_that_the_store_was_put_back() {
    let Some(mut pair) = Pair::start().await else { return };
    assert_eq!(pair.one.freshness.losses(), None);
    pair.database().keep().await;
    let seq = pair.shared.open("watcher").await.feed_end().await.unwrap().of(&Chain::parse("one").unwrap()).seq;
    pair.change("lost", 2).await;
    pair.catch_up().await;
    pair.database().put_back().await;
    pair.catch_up().await;
    let gone = format!("noticed=put_back chain=one seq={}", seq + 2);
    let lost = pair.told("one", 2).await;
    assert!(lost.contains(&gone) && lost.iter().any(|note| note.starts_with("noticed=lost audit=")), "{lost:?}");
    assert_eq!(pair.told("other", 1).await, [gone], "it has lost nothing of its own");
    pair.catch_up().await;
    for node in [&pair.one, &pair.other] {
        assert_eq!(node.freshness.losses().unwrap(), "1970-01-01T00:16:40Z: the store has lost writes");
    }
    let mut told = Exposition::default();
    pair.one.freshness.measure(&mut told);
    let told = told.write(Form::OpenMetrics).unwrap();
    for expected in ["zonemint_feed_forgotten_total{reason=\"put_back\"} 1", "zonemint_store_lost_rows_total 2"] {
        assert!(told.contains(expected), "{told}");
    }
}

/// A node may have read something of which the feed had not told yet, and which was lost with the server that it read it from: then
/// its position is still in the feed of the new one.
#[tokio::test]
async fn a_new_connection_is_a_reason_to_forget() {
    let Some(mut pair) = Pair::start().await else { return };
    let before = says(&pair.other, &pair.alice).await;
    assert_eq!(before[1], "good");
    // Done without a word in the feed.
    let sql = "UPDATE tokens SET revoked_ms = 1";
    pair.database().connect().await.batch_execute(sql).await.unwrap();
    pair.other.follower.catch_up().await.unwrap();
    assert_eq!(says(&pair.other, &pair.alice).await, before, "it is remembered");
    pair.database().end_connections().await;
    while pair.other.follower.catch_up().await.is_err() {}
    assert_ne!(says(&pair.other, &pair.alice).await[1], "good");
    assert_eq!(pair.other.freshness.losses(), None, "nothing is known to be lost");
}
