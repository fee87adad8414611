//! Tables as the version before made and filled them: nothing is lost when they get what is new, and what is new works on them.

use super::*;

/// Four accounts: alice, who has privileges and a token that a client token of hers minted; bob, who is blocked; a service with
/// three tokens; carol, who was removed. The feed ends at `end`.
async fn holds_all_that_was_written_before(store: Arc<dyn Store>, end: u64) {
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let rows = store.audit_after(&Chain::embedded(), 0, 99).await.unwrap();
    assert_eq!(rows.len(), 14);
    rows.iter().fold(Chain::embedded().genesis(), |previous, row| {
        assert_eq!(row.hash, row.chained(&previous), "row {}", row.seq);
        row.hash
    });
    let users = store.dump_users(None, 9).await.unwrap();
    assert_eq!(users.iter().filter(|row| row.removed_ms.is_some()).count(), 1);
    assert!(users.iter().all(|row| row.user.password_version == 1 && !row.user.must_change), "{users:?}");
    assert!(users.iter().all(|row| row.reset.is_none() && row.tokens == TokenCount::default()));
    let counted = users.iter().find(|row| row.removed_ms.is_none() && row.user.kind == SubjectKind::Provider).unwrap();
    let count = store.count_tokens(counted.user.id, 1_900_000_000_000, None, 9).await.unwrap();
    assert_eq!((count.good, count.seen, count.before), (3, 3, TokenCount::default()));
    let ended = count.before.corrected(count.good).ended;
    assert_eq!(store.correct_token_counts(vec![(counted.user.id, ended)]).await.unwrap(), 1);
    let name = |name| UserName::parse(name).unwrap();
    let alice = store.user_by_name(&name("alice")).await.unwrap().unwrap();
    assert!(!alice.privileges.is_empty() && alice.usable_password().is_some());
    assert!(store.user_by_name(&name("bob")).await.unwrap().unwrap().blocked);
    let tokens = store.dump_tokens(None, 9).await.unwrap();
    assert_eq!(tokens.len(), 5);
    assert_eq!(tokens.iter().filter(|row| row.token.parent.is_some()).count(), 1);
    assert!(tokens.iter().all(|row| row.token.last_use.is_none()));
    assert_eq!(store.dump_names(None, 9).await.unwrap().len(), 1);
    assert_eq!(store.dump_addresses(None, 9).await.unwrap().len(), 1);
    assert_eq!(store.dump_parents(None, 9).await.unwrap().len(), 1);
    let mut position = Position::default();
    let changes = changes_after(&store, &position).await;
    assert_eq!(changes.len() as u64, end);
    for change in &changes {
        assert!(change.hash.is_some());
        assert_eq!(position.see(change), Ok(()));
    }
    assert_eq!(position.compare(&store.feed_end().await.unwrap()), Ok(()));

    let renamed = UserChange::Names { name: Some(name("alicia")), full_name: None };
    assert_eq!(store.change_user(alice.id, renamed, Actor::Operator, 5).await.unwrap(), Changed::Done);
    assert_eq!(store.former_names(alice.id).await.unwrap()[0].name, name("alice"));
    let password = UserChange::Password(PasswordHash::new("new".to_owned()));
    assert_eq!(store.change_user(alice.id, password, Actor::Operator, 6).await.unwrap(), Changed::Done);
    assert_eq!(store.user(alice.id).await.unwrap().unwrap().password_version, 2);
    for change in &changes_after(&store, &position).await {
        assert!(change.hash.is_some());
        assert_eq!(position.see(change), Ok(()));
    }
    let is_former = |row: &zonemint::store::FormerName| row.name == name("carol");
    assert!(store.dump_names(None, 9).await.unwrap().iter().any(is_former));
    assert!(store.user_by_name(&name("ALICIA")).await.unwrap().is_none());
    assert_eq!(store.ignore_case(Actor::Operator, 7).await.unwrap(), Changed::Done);
    assert_eq!(store.user_by_name(&name("ALICIA")).await.unwrap().unwrap().id, alice.id);
    let taken = UserChange::Names { name: Some(name("CAROL")), full_name: None };
    let by_alice = crate::support::by_password(alice.id);
    assert!(store.change_user(alice.id, taken.clone(), by_alice, 8).await.is_err(), "that password is another one now");
    let bob = store.user_by_name(&name("BOB")).await.unwrap().unwrap();
    assert_eq!(store.change_user(bob.id, UserChange::Unblock, Actor::Operator, 8).await.unwrap(), Changed::Done);
    let by_bob = crate::support::by_password(bob.id);
    assert_eq!(store.change_user(bob.id, taken, by_bob, 8).await.unwrap(), Changed::NameTaken);
    for change in &changes_after(&store, &position).await {
        assert_eq!(position.see(change), Ok(()));
    }
    let chain = store.chain();
    assert_eq!(position.of(&chain), store.feed_end().await.unwrap().of(&chain));
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    store.close().await;
}

#[tokio::test]
async fn an_embedded_store_of_the_version_before_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = DataFolder::create(folder.path()).unwrap().database();
    let earlier = include_str!("../../data/tables-8-sqlite.sql");
    rusqlite::Connection::open(&path).unwrap().execute_batch(earlier).unwrap();
    holds_all_that_was_written_before(Arc::new(SqliteStore::open(&path, Clock::system()).unwrap()), 8).await;
}

#[tokio::test]
async fn a_shared_store_of_the_version_before_is_brought_up_to_date() {
    let Some(database) = postgres::database() else { return };
    let raw = database.connect().await;
    raw.batch_execute(include_str!("../../data/tables-7-postgres.sql")).await.unwrap();
    let chain = Chain::parse("node-2").unwrap();
    let store = PostgresStore::open(&database.settings(), chain, Clock::system()).await.unwrap();
    holds_all_that_was_written_before(Arc::new(store), 1).await;
    let now: i32 = raw.query_one("SELECT version FROM schema_version", &[]).await.unwrap().get(0);
    assert_eq!(now, 8, "a program of the version before works with tables one step newer than its own");
}

/// A root key as nodes of the version before add it, which know of no order but that of time.
const KEY_WITHOUT_NUMBER: &str = "INSERT INTO root_keys (id, sealed_by, sealed, created_ms)
                                  SELECT decode('0303030303030303', 'hex'), sealed_by, sealed, 0 FROM root_keys LIMIT 1";

#[tokio::test]
async fn a_key_that_a_node_of_the_version_before_adds_is_the_last_one_until_another_is_added() {
    let Some(database) = postgres::database() else { return };
    let chain = Chain::parse("node-1").unwrap();
    let store: &dyn Store = &PostgresStore::open(&database.settings(), chain, Clock::system()).await.unwrap();
    store.insert_first_key(upkeep::key(1)).await.unwrap();
    store.add_key(upkeep::key(2), Actor::Operator).await.unwrap();
    database.connect().await.batch_execute(KEY_WITHOUT_NUMBER).await.unwrap();
    assert_eq!(order(store).await, [(3, None), (2, Some(2)), (1, Some(1))]);
    store.add_key(upkeep::key(4), Actor::Operator).await.unwrap();
    assert_eq!(order(store).await, [(4, Some(4)), (3, Some(3)), (2, Some(2)), (1, Some(1))]);
    store.close().await;
}

/// Which keys there are, and their numbers, in their order.
async fn order(store: &dyn Store) -> Vec<(u8, Option<u64>)> {
    store.keys().await.unwrap().iter().map(|key| (key.id.as_bytes()[0], key.number)).collect()
}

/// Programs between two releases have applied the step of before that gave keys an order without it.
const NOT_WHOLE_SQLITE: &str = "
    ALTER TABLE users DROP COLUMN tokens_added;
    ALTER TABLE users DROP COLUMN tokens_ended;
    DROP INDEX users_by_reset;
    ALTER TABLE users DROP COLUMN must_change;
    ALTER TABLE users DROP COLUMN reset_hash;
    ALTER TABLE users DROP COLUMN reset_until_ms;
    ALTER TABLE tokens DROP COLUMN last_use_minute;
    ALTER TABLE tokens DROP COLUMN last_use_network;
    ALTER TABLE tokens DROP COLUMN last_use_service;
    DROP INDEX users_by_folded;
    ALTER TABLE users DROP COLUMN folded;
    DROP INDEX former_names_by_folded;
    ALTER TABLE former_names DROP COLUMN folded;
    ALTER TABLE root_keys DROP COLUMN number;
    PRAGMA user_version = 6;
";
const NOT_WHOLE_POSTGRES: &str = "ALTER TABLE root_keys DROP COLUMN number; UPDATE schema_version SET version = 4";

async fn is_in_order_of_time_until_a_key_is_added(store: &dyn Store) {
    assert_eq!(order(store).await, [(7, None), (5, None)], "as it was");
    store.add_key(upkeep::key(1), Actor::Operator).await.unwrap();
    assert_eq!(order(store).await, [(1, Some(3)), (7, Some(2)), (5, Some(1))]);
}

async fn with_keys(store: &dyn Store) {
    store.insert_first_key(upkeep::key(7)).await.unwrap();
    store.add_key(upkeep::key(5), Actor::Operator).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_step_of_an_embedded_store_that_was_not_whole_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let path = DataFolder::create(folder.path()).unwrap().database();
    with_keys(&SqliteStore::open(&path, Clock::system()).unwrap()).await;
    rusqlite::Connection::open(&path).unwrap().execute_batch(NOT_WHOLE_SQLITE).unwrap();
    let store = SqliteStore::open(&path, Clock::system()).unwrap();
    is_in_order_of_time_until_a_key_is_added(&store).await;
}

#[tokio::test]
async fn a_step_of_a_shared_store_that_was_not_whole_is_completed() {
    let Some(database) = postgres::database() else { return };
    let settings = database.settings();
    let chain = || Chain::parse("node-1").unwrap();
    with_keys(&PostgresStore::open(&settings, chain(), Clock::system()).await.unwrap()).await;
    database.connect().await.batch_execute(NOT_WHOLE_POSTGRES).await.unwrap();
    let store = PostgresStore::open(&settings, chain(), Clock::system()).await.unwrap();
    is_in_order_of_time_until_a_key_is_added(&store).await;
    store.close().await;
}
