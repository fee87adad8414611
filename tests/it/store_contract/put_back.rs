//! A shared store that loses its last transactions under those who use it, as at a failover to a standby that lagged behind: what
//! is gone is noticed and named, and nobody goes on as if nothing had been missed.

use zonemint::store::{Break, Cursor, LostWrites};

use super::shared::{all_audit, node};
use super::*;

/// Adds an account by a node.
async fn add(store: &Arc<dyn Store>, name: &str) {
    assert_eq!(store.insert_user(user(name), Actor::Operator).await.unwrap(), Added::Stored);
}

/// Takes all that is new as seen.
async fn follow(store: &Arc<dyn Store>, position: &mut Position) -> Result<(), Break> {
    let page = store.read_feed(position, 1_000).await.unwrap();
    position.compare(&page.ends)?;
    page.changes.iter().try_for_each(|change| position.see(change))
}

/// Which of this node's audit rows say that something is gone, and what.
async fn told(store: &Arc<dyn Store>) -> Vec<(u64, String)> {
    let rows = all_audit(store).await.into_iter().filter(|row| row.action == AuditAction::StoreRestore);
    rows.map(|row| (row.seq, row.note.unwrap())).collect()
}

/// Of a node's changes `lost` are gone, and it makes `again` others before anybody looks.
#[tokio::test]
async fn changes_under_the_numbers_of_lost_ones_are_told_from_those() {
    let Some(database) = postgres::database() else { return };
    let (one, other) = (node(&database.settings(), "one").await, node(&database.settings(), "other").await);
    add(&one, "first").await;
    for lost in 0..=3 {
        for again in 0..=4 {
            database.keep().await;
            let seq = other.feed_end().await.unwrap().of(&one.chain()).seq;
            for number in 0..lost {
                add(&one, &format!("lost-{number}")).await;
            }
            let mut position = other.feed_end().await.unwrap();
            database.put_back().await;
            for number in 0..again {
                add(&one, &format!("again-{lost}-{again}-{number}")).await;
            }
            let followed = follow(&other, &mut position).await;
            let expected = if lost == 0 { Ok(()) } else { Err(Break::PutBack { chain: one.chain(), seq: seq + lost }) };
            assert_eq!(followed, expected, "{lost} lost, {again} written");
        }
    }
}

#[tokio::test]
async fn a_node_names_its_own_writes_that_are_gone() {
    let Some(database) = postgres::database() else { return };
    let store = node(&database.settings(), "node").await;
    add(&store, "alice").await;
    database.keep().await;
    for name in ["bob", "carol"] {
        add(&store, name).await;
    }
    database.put_back().await;
    add(&store, "dave").await;
    let lost = LostWrites { audit: Some((2, 3)), changes: Some((2, 3)) };
    assert_eq!(told(&store).await, [(2, "noticed=lost audit=2-3 changes=2-3".to_owned())]);
    assert_eq!(store.read_feed(&Position::default(), 9).await.unwrap().lost, [lost]);
    assert_eq!(store.read_feed(&Position::default(), 9).await.unwrap().lost, [], "it is said once");
    add(&store, "erin").await;
    assert_eq!(told(&store).await.len(), 1);
}

#[tokio::test]
async fn lost_mints_are_named_though_they_change_nothing_that_is_remembered() {
    let Some(database) = postgres::database() else { return };
    let engine = Engine { store: node(&database.settings(), "node").await, folder: None, _database: None };
    let alice = added(&engine, "alice").await;
    database.keep().await;
    let mut position = engine.store.feed_end().await.unwrap();
    for ms in 1..=5 {
        assert_eq!(insert(&engine, &token(&alice, ms, None)).await, Inserted::Stored);
    }
    database.put_back().await;
    assert_eq!(insert(&engine, &token(&alice, 9, None)).await, Inserted::Stored);
    assert_eq!(told(&engine.store).await, [(2, "noticed=lost audit=2-6".to_owned())]);
    assert_eq!(follow(&engine.store, &mut position).await, Ok(()), "no change was lost");
}

/// Nothing was ever lost: another process of the same name has moved the chain, or the end of a commit was not seen.
#[tokio::test]
async fn a_chain_that_only_grew_has_lost_nothing() {
    let Some(database) = postgres::database() else { return };
    let (store, twin) = (node(&database.settings(), "node").await, node(&database.settings(), "node").await);
    for (number, store) in [&store, &twin, &twin, &store, &twin].into_iter().enumerate() {
        add(store, &format!("user-{number}")).await;
    }
    assert_eq!(told(&store).await, []);
    database.connect().await.execute("DELETE FROM audit WHERE seq < 5", &[]).await.unwrap();
    add(&store, "another").await;
    let archived = store.audit_after(&store.chain(), 0, 9).await.unwrap();
    assert_eq!(archived.iter().filter(|row| row.action == AuditAction::StoreRestore).count(), 0, "{archived:?}");
}

#[tokio::test]
async fn what_programs_write_that_know_no_hashes_is_followed() {
    let Some(database) = postgres::database() else { return };
    let store = node(&database.settings(), "node").await;
    let mut position = store.feed_end().await.unwrap();
    for _ in 0..2 {
        database.write_change_without_hash("node").await;
        assert_eq!(follow(&store, &mut position).await, Ok(()));
    }
    assert_eq!(position.of(&store.chain()), Cursor { seq: 2, hash: None });
    // The node of that name is brought up to date. What it writes that is no change leaves the end of the feed as it is.
    add(&store, "alice").await;
    assert_eq!(follow(&store, &mut position).await, Ok(()));
    let hashed = position.of(&store.chain());
    assert!(hashed.seq == 3 && hashed.hash.is_some());
    store.append_audit(vec![AuditEntry::noticed("noticed=nothing".to_owned())], 5).await.unwrap();
    assert_eq!(store.feed_end().await.unwrap(), position);
    assert_eq!(told(&store).await.len(), 1, "nothing is lost");
    assert_eq!(store.check().await.unwrap(), [""; 0]);
    // And put back to the program of before, which leaves the hash of the end as it was.
    database.write_change_without_hash("node").await;
    assert_eq!(store.feed_end().await.unwrap().of(&store.chain()), Cursor { seq: 4, hash: None });
    assert_eq!(follow(&store, &mut position).await, Err(Break::Unhashed));
}

#[tokio::test]
async fn a_check_finds_changes_that_were_tampered_with() {
    let Some(database) = postgres::database() else { return };
    let store = node(&database.settings(), "node").await;
    for name in ["alice", "bob", "carol"] {
        add(&store, name).await;
    }
    let damaged = ["the changes of the chain \"node\" do not follow one another"];
    for sql in [
        "UPDATE changes SET at_ms = at_ms + 1 WHERE seq = 2",
        "DELETE FROM changes WHERE seq = 2",
        "DELETE FROM changes WHERE seq = 3",
        "DELETE FROM changes",
        "UPDATE heads SET change_hash = audit_hash",
        "UPDATE changes SET kind = 'nothing' WHERE seq = 2",
    ] {
        let damaged = if sql.contains("nothing") { ["1 changes cannot be read"] } else { damaged };
        database.keep().await;
        database.connect().await.batch_execute(sql).await.unwrap();
        assert_eq!(store.check().await.unwrap(), damaged, "{sql}");
        database.put_back().await;
        assert_eq!(store.check().await.unwrap(), [""; 0]);
    }
}

/// Connections that were made before the one that the feed is followed on may lead to a server that is not the primary any more.
#[tokio::test]
async fn no_connection_is_read_from_that_is_older_than_the_one_the_feed_is_followed_on() {
    let Some(database) = postgres::database() else { return };
    let store = node(&database.settings(), "node").await;
    let raw = database.connect().await;
    let backend = "SELECT pid, query FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name LIKE 'zonemint node/%'";
    let pids = async |part: &str| -> Vec<i32> {
        let rows = raw.query(backend, &[]).await.unwrap();
        rows.iter().filter(|row| row.get::<_, &str>(1).contains(part)).map(|row| row.get(0)).collect()
    };
    store.read_feed(&Position::default(), 9).await.unwrap();
    store.users(None, 9).await.unwrap();
    let (reading, following) = (pids("FROM users").await, pids("pg_control_system").await);
    assert_eq!((reading.len(), following.len()), (1, 1));
    store.read_feed(&Position::default(), 9).await.unwrap();
    store.users(None, 9).await.unwrap();
    assert_eq!(pids("FROM users").await, reading, "the connections stay");

    raw.execute("SELECT pg_terminate_backend($1)", &[&pids("SELECT chain, change_seq").await[0]]).await.unwrap();
    store.read_feed(&Position::default(), 9).await.unwrap();
    store.users(None, 9).await.unwrap();
    assert_ne!(pids("FROM users").await, reading);
}
