//! A pooler between the nodes and the database, as it is set without a thought of this program.

use std::time::Duration;

use zonemint::model::Period;
use zonemint::store::{Address, StoreError};

use super::shared::{SOON, node};
use super::*;
use crate::support::replicated::{PRIMARY, Replicated, STANDBY};

const SESSION: &str = "pool_mode = session";
const TRANSACTION: &str = "pool_mode = transaction";

async fn add(store: &Arc<dyn Store>, name: &str) -> User {
    let user = user(name);
    assert_eq!(store.insert_user(user.clone(), Actor::Operator).await.unwrap(), Added::Stored);
    user
}

/// What opening a store says that cannot be opened.
async fn refusal(settings: &Settings) -> String {
    match PostgresStore::open(settings, Chain::parse("node").unwrap(), Clock::system()).await {
        Err(StoreError::Unavailable(reason)) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nodes_work_on_the_same_database_with_and_without_a_pooler() {
    let Some(database) = postgres::database() else { return };
    for mode in [SESSION, TRANSACTION] {
        let Some(pooler) = Pooler::start(database.place().1, mode).await else { return };
        let nodes = [
            node(&pooler.settings(&database), "one").await,
            node(&pooler.settings(&database), "two").await,
            node(&database.settings(), "three").await,
        ];
        for (number, writer) in nodes.iter().enumerate() {
            let mut before = Vec::new();
            for reader in &nodes {
                before.push(reader.feed_end().await.unwrap());
            }
            let user = add(writer, &format!("{}-{number}", mode.replace(" = ", "-"))).await;
            for (reader, before) in nodes.iter().zip(&before) {
                let seen = reader.read_feed(before, 9).await.unwrap().changes;
                assert!(seen.iter().any(|change| change.topic == Topic::User(user.id)), "{mode}: {seen:?}");
                assert_eq!(reader.user(user.id).await.unwrap().map(|user| user.id), Some(user.id), "{mode}");
            }
        }
        // A program that starts again gives its statements the names that they had.
        for store in nodes {
            store.close().await;
        }
        let again = node(&pooler.settings(&database), "one").await;
        add(&again, &format!("{}-again", mode.replace(" = ", "-"))).await;
    }
}

#[tokio::test]
async fn the_server_ends_what_takes_too_long_behind_a_pooler_too() {
    let Some(database) = postgres::database() else { return };
    for mode in [SESSION, TRANSACTION] {
        let Some(pooler) = Pooler::start(database.place().1, mode).await else { return };
        let settings = Settings { statement_timeout: Period::from_ms(300), ..pooler.settings(&database) };
        let store = node(&settings, "node").await;
        let user = add(&store, &format!("user-of-{}", mode.replace(" = ", "-"))).await;
        let other = database.connect().await;
        other.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
        assert!(matches!(store.user(user.id).await, Err(StoreError::Unavailable(_))), "{mode}");
        // Not only we have given up: nobody waits for the lock any more.
        let waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                       WHERE NOT granted AND datname = current_database()";
        let watching = database.connect().await;
        let ended = async {
            while watching.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, ended).await.expect("the server ends the statement");
        other.batch_execute("COMMIT").await.unwrap();
        assert!(store.user(user.id).await.unwrap().is_some(), "{mode}");
    }
}

#[tokio::test]
async fn a_pooler_that_cannot_be_worked_through_is_named_with_what_to_set() {
    let Some(database) = postgres::database() else { return };
    for (settings, named) in [
        ("pool_mode = statement", "pool_mode"),
        ("pool_mode = transaction\ndefault_pool_size = 1", "default_pool_size"),
    ] {
        let Some(pooler) = Pooler::start(database.place().1, settings).await else { return };
        let settings = Settings { connect_timeout: Period::from_ms(1_000), ..pooler.settings(&database) };
        let said = refusal(&settings).await;
        assert!(said.contains(named), "{said}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_tell_which_server_it_is_needs_session_pooling() {
    let Some(database) = postgres::database() else { return };
    let Some(pooler) = Pooler::start(database.place().1, TRANSACTION).await else { return };
    let owner = database.connect().await;
    owner.batch_execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC").await.unwrap();
    let guest = format!("guest_{}", database.place().0);
    let grants = format!("CREATE ROLE {guest} LOGIN; ALTER DATABASE {} OWNER TO {guest}", database.place().0);
    owner.batch_execute(&grants).await.unwrap();
    pooler.change_user(database.place().1, TRANSACTION, &guest).await;
    let said = refusal(&pooler.settings(&database)).await;
    assert!(said.contains("pool_mode = session") && said.contains("pg_control_system"), "{said}");
}

/// Statements that were prepared are not known to the server process that another transaction gets.
#[tokio::test]
async fn a_pooler_that_is_set_to_transaction_pooling_meanwhile_is_noticed() {
    let Some(database) = postgres::database() else { return };
    let Some(pooler) = Pooler::start(database.place().1, SESSION).await else { return };
    let settings = pooler.settings(&database);
    let (one, two) = (node(&settings, "one").await, node(&settings, "two").await);
    let (alice, _) = (add(&one, "alice").await, add(&two, "bob").await);
    pooler.change(database.place().1, TRANSACTION).await;
    for number in 0..20 {
        let (writing, reading) = tokio::join!(
            one.insert_user(user(&format!("one-{number}")), Actor::Operator),
            futures_util::future::join_all((0..8).map(|_| two.user(alice.id)))
        );
        assert_eq!(writing.unwrap(), Added::Stored);
        assert!(reading.into_iter().all(|read| read.is_ok_and(|user| user.is_some())));
        add(&two, &format!("two-{number}")).await;
    }
}

#[tokio::test]
async fn another_server_behind_a_pooler_is_believed_once_the_feed_is_read_from_it() {
    let Some(mut servers) = Replicated::start().await else { return };
    let port = |at: usize| servers.name(at).rsplit(':').next().unwrap().parse().unwrap();
    let (first, second) = (port(PRIMARY), port(STANDBY));
    let Some(pooler) = Pooler::start(first, TRANSACTION).await else { return };
    let settings = Settings { url: Address::parse(&pooler.url("zonemint")), ..servers.settings("zonemint") };
    let store = node(&settings, "node").await;
    let alice = add(&store, "alice").await;
    let position = store.feed_end().await.unwrap();
    let before = store.read_feed(&position, 9).await.unwrap();
    assert!(store.user(alice.id).await.unwrap().is_some());
    servers.promote().await;
    pooler.change(second, TRANSACTION).await;
    assert!(matches!(store.user(alice.id).await, Err(StoreError::Unavailable(_))), "it may not have followed yet");
    let after = store.read_feed(&position, 9).await.unwrap();
    assert!(after.source.server.is_some() && after.source != before.source, "{:?}", after.source);
    assert!(store.user(alice.id).await.unwrap().is_some());
    add(&store, "bob").await;
}
