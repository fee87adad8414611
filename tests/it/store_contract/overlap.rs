//! Batches of mints on a shared store: one is stored while the one before is committed, and the chain has no gap for it.

use crate::support::by_password;
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::shared::{SOON, all_audit, node, waiting_for_a_lock};
use super::*;

const HOLD: &str = "SELECT 1 FROM heads WHERE chain = 'node' FOR UPDATE";

fn mint(store: &Arc<dyn Store>, token: &Token) -> JoinHandle<Inserted> {
    let (store, token) = (Arc::clone(store), token.clone());
    tokio::spawn(async move { store.insert_token(token.clone(), by_password(token.user), 5).await.unwrap() })
}

/// A node that knows where its chain ends, and a user of it.
async fn settled(database: &postgres::Database) -> (Engine, User) {
    let engine = Engine { store: node(&database.settings(), "node").await, folder: None, _database: None };
    let alice = added(&engine, "alice").await;
    (engine, alice)
}

#[tokio::test]
async fn a_batch_is_stored_while_the_one_before_is_committed() {
    let Some(database) = postgres::database() else { return };
    let (mut holder, watcher) = (database.connect().await, database.connect().await);
    let (engine, alice) = settled(&database).await;
    let [one, two] = [1, 2].map(|ms| token(&alice, ms, None));
    let holding = holder.transaction().await.unwrap();
    holding.query(HOLD, &[]).await.unwrap();
    let first = mint(&engine.store, &one);
    waiting_for_a_lock(&database.connect().await, 1).await;
    let second = mint(&engine.store, &two);
    let stored = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                  AND state = 'idle in transaction' AND query LIKE 'INSERT INTO tokens%'";
    let both = async { while watcher.query_one(stored, &[]).await.unwrap().get::<_, i64>(0) == 0 {} };
    tokio::time::timeout(SOON, both).await.expect("the second one is stored");
    assert!(!first.is_finished() && !second.is_finished(), "neither is committed, so neither is answered");
    holding.rollback().await.unwrap();
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (Inserted::Stored, Inserted::Stored));
    let minted: Vec<_> = all_audit(&engine.store).await.iter().filter_map(|row| row.token).collect();
    assert_eq!(minted, [one.id, two.id]);
}

#[tokio::test]
async fn two_processes_of_one_name_mint_into_one_chain() {
    let Some(database) = postgres::database() else { return };
    let (engine, alice) = settled(&database).await;
    let twin = node(&database.settings(), "node").await;
    let stores = [&engine.store, &twin];
    let tokens: Vec<_> = (0..200).map(|ms| token(&alice, ms, None)).collect();
    let mints: Vec<_> =
        tokens.iter().zip(stores.into_iter().cycle()).map(|(token, store)| mint(store, token)).collect();
    for inserted in join_all(mints).await {
        assert_eq!(inserted.unwrap(), Inserted::Stored);
    }
    assert_eq!(all_audit(&twin).await.len(), 201);
}

#[tokio::test]
async fn what_was_stored_ahead_of_a_commit_that_fails_is_stored_again() {
    let Some(database) = postgres::database() else { return };
    let mut holder = database.connect().await;
    let (engine, alice) = settled(&database).await;
    let [one, two] = [1, 2].map(|ms| token(&alice, ms, Some("a name")));
    let holding = holder.transaction().await.unwrap();
    holding.query(HOLD, &[]).await.unwrap();
    let first = mint(&engine.store, &one);
    waiting_for_a_lock(&database.connect().await, 1).await;
    // The second one waits for the name of the first, which is not committed.
    let second = mint(&engine.store, &two);
    waiting_for_a_lock(&database.connect().await, 2).await;
    // As another process of the same name would: the chain is not where the node takes it to be.
    holding.execute("UPDATE heads SET change_seq = change_seq + 1 WHERE chain = 'node'", &[]).await.unwrap();
    holding.commit().await.unwrap();
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (Inserted::Stored, Inserted::NameTaken));
    assert_eq!(all_audit(&engine.store).await.len(), 2);
}

#[tokio::test]
async fn what_was_lost_is_done_again_where_the_chain_ends_now() {
    let Some(database) = postgres::database() else { return };
    let (mut holder, killer) = (database.connect().await, database.connect().await);
    let (engine, alice) = settled(&database).await;
    let holding = holder.transaction().await.unwrap();
    holding.query(HOLD, &[]).await.unwrap();
    let lost = mint(&engine.store, &token(&alice, 1, None));
    waiting_for_a_lock(&database.connect().await, 1).await;
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert_eq!(killer.query_one(kill, &[]).await.unwrap().get::<_, i64>(0), 1);
    // Another connection of the node waits to see whether it is committed, and finds the chain moved on by somebody else.
    let moved = "UPDATE heads SET change_seq = change_seq + 1 WHERE chain = 'node'";
    holding.execute(moved, &[]).await.unwrap();
    holding.commit().await.unwrap();
    assert_eq!(lost.await.unwrap(), Inserted::Stored);
    assert_eq!(all_audit(&engine.store).await.len(), 2);
}
