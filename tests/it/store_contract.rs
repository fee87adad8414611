//! What every store must do. One suite, run against each engine.

use std::sync::Arc;

use zonemint::caveat::{Caveat, Time};
use zonemint::model::{FullName, KeyId, PasswordHash, Token, TokenId, TokenName, User, UserId, UserName};
use zonemint::random::Random;
use zonemint::store::sqlite::{DataFolder, SqliteStore};
use zonemint::store::{Actor, Added, Changed, Inserted, SealedKey, Store, Subject, UserChange};

/// A store and what it stands on, which goes away with it.
struct Engine {
    store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

fn sqlite() -> Engine {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::create(folder.path()).unwrap();
    Engine { store: Arc::new(SqliteStore::open(&data.database()).unwrap()), _folder: folder }
}

/// Runs each case against each engine, as tests of their own.
macro_rules! contract {
    ($($case:ident),* $(,)?) => {
        mod sqlite_engine {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::sqlite()).await;
            })*
        }
    };
}

contract!(
    a_token_is_read_back_as_it_was_stored,
    a_taken_name_stores_nothing,
    a_blocked_or_removed_owner_gets_no_token,
    tokens_are_listed_newest_first_in_pages,
    a_token_is_revoked_once_and_only_by_its_owner,
    users_are_found_changed_and_removed,
    every_change_is_announced_and_audited,
    only_the_first_key_is_kept,
    concurrent_writes_all_arrive_in_one_audit_chain,
    a_closed_store_answers_with_an_error,
);

fn user(name: &str) -> User {
    User {
        id: UserId::new(&Random::system()),
        name: UserName::parse(name).unwrap(),
        full_name: FullName::parse("Some One").unwrap(),
        password: PasswordHash::new("$argon2id$".to_owned()),
        blocked: false,
        created_ms: 1_000,
        version: 1,
    }
}

fn token(owner: &User, now_ms: u64, name: Option<&str>) -> Token {
    Token {
        id: TokenId::new(now_ms, &Random::system()),
        user: owner.id,
        key: KeyId::from_bytes([7; 8]),
        name: name.map(|name| TokenName::parse(name).unwrap()),
        caveats: vec![Caveat::Time(Time::until(5)), Caveat::Time(Time::until(6))],
        revoked_ms: None,
    }
}

async fn added(engine: &Engine, name: &str) -> User {
    let user = user(name);
    assert_eq!(engine.store.insert_user(user.clone(), Actor::Operator).await.unwrap(), Added::Stored);
    user
}

async fn insert(engine: &Engine, token: &Token) -> Inserted {
    engine.store.insert_token(token.clone(), Actor::User(token.user), 2_000).await.unwrap()
}

async fn a_token_is_read_back_as_it_was_stored(engine: Engine) {
    let owner = added(&engine, "alice").await;
    let token = token(&owner, 1, Some("one"));
    assert_eq!(insert(&engine, &token).await, Inserted::Stored);
    assert_eq!(engine.store.token(token.id).await.unwrap(), Some(token));
    assert_eq!(engine.store.token(TokenId::from_bytes([0; 32])).await.unwrap(), None);
}

async fn a_taken_name_stores_nothing(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    assert_eq!(insert(&engine, &token(&alice, 1, Some("one"))).await, Inserted::Stored);
    let second = token(&alice, 2, Some("one"));
    assert_eq!(insert(&engine, &second).await, Inserted::NameTaken);
    assert_eq!(engine.store.token(second.id).await.unwrap(), None);
    assert_eq!(insert(&engine, &token(&bob, 3, Some("one"))).await, Inserted::Stored);
}

async fn a_blocked_or_removed_owner_gets_no_token(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let change = |id, change| engine.store.change_user(id, change, Actor::Operator, 5);
    assert_eq!(change(alice.id, UserChange::Block).await.unwrap(), Changed::Done);
    assert_eq!(change(bob.id, UserChange::Remove).await.unwrap(), Changed::Done);
    for owner in [&alice, &bob, &user("nobody")] {
        let token = token(owner, 1, None);
        assert_eq!(insert(&engine, &token).await, Inserted::OwnerGone);
        assert_eq!(engine.store.token(token.id).await.unwrap(), None);
    }
    assert_eq!(change(alice.id, UserChange::Unblock).await.unwrap(), Changed::Done);
    assert_eq!(insert(&engine, &token(&alice, 1, None)).await, Inserted::Stored);
}

async fn tokens_are_listed_newest_first_in_pages(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let mut tokens: Vec<_> = (0..7).map(|ms| token(&alice, ms, None)).collect();
    for token in &tokens {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    assert_eq!(insert(&engine, &token(&bob, 3, None)).await, Inserted::Stored);
    tokens.reverse();
    let page = engine.store.tokens_of(alice.id, None, 4).await.unwrap();
    assert_eq!(page, tokens[..4]);
    assert_eq!(engine.store.tokens_of(alice.id, Some(page[3].id), 4).await.unwrap(), tokens[4..]);
}

async fn a_token_is_revoked_once_and_only_by_its_owner(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let token = token(&alice, 1, None);
    assert_eq!(insert(&engine, &token).await, Inserted::Stored);
    let revoke = |owner: UserId| engine.store.revoke_token(owner, token.id, Actor::User(owner), 9);
    assert_eq!(revoke(bob.id).await.unwrap(), Changed::NotFound);
    assert_eq!(revoke(alice.id).await.unwrap(), Changed::Done);
    assert_eq!(revoke(alice.id).await.unwrap(), Changed::NotFound);
    assert_eq!(engine.store.token(token.id).await.unwrap().unwrap().revoked_ms, Some(9));
    assert!(engine.store.tokens_of(alice.id, None, 9).await.unwrap().is_empty());
}

async fn users_are_found_changed_and_removed(engine: Engine) {
    let alice = added(&engine, "alice").await;
    assert_eq!(engine.store.insert_user(user("alice"), Actor::Operator).await.unwrap(), Added::NameTaken);
    assert_eq!(engine.store.user_by_name(&alice.name).await.unwrap(), Some(alice.clone()));
    let change = |change| engine.store.change_user(alice.id, change, Actor::Operator, 5);
    assert_eq!(change(UserChange::Unblock).await.unwrap(), Changed::NotFound);
    assert_eq!(change(UserChange::Password(PasswordHash::new("new".to_owned()))).await.unwrap(), Changed::Done);
    assert_eq!(change(UserChange::Block).await.unwrap(), Changed::Done);
    let now = engine.store.user(alice.id).await.unwrap().unwrap();
    assert_eq!((now.password.expose(), now.blocked, now.version), ("new", true, 3));
    assert_eq!(change(UserChange::Remove).await.unwrap(), Changed::Done);
    assert_eq!(change(UserChange::Unblock).await.unwrap(), Changed::NotFound);
    assert_eq!(engine.store.user(alice.id).await.unwrap(), None);
    assert_eq!(engine.store.user_by_name(&alice.name).await.unwrap(), None);
    let again = added(&engine, "alice").await;
    assert_eq!(engine.store.users(None, 10).await.unwrap(), [again]);
}

async fn every_change_is_announced_and_audited(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let start = engine.store.last_change().await.unwrap();
    let token = token(&alice, 1, None);
    assert_eq!(insert(&engine, &token).await, Inserted::Stored);
    assert_eq!(engine.store.last_change().await.unwrap(), start, "a mint changes nothing that is remembered");
    let by = Actor::User(alice.id);
    assert_eq!(engine.store.revoke_token(alice.id, token.id, by, 3).await.unwrap(), Changed::Done);
    assert_eq!(engine.store.change_user(alice.id, UserChange::Block, by, 4).await.unwrap(), Changed::Done);
    let changes = engine.store.changes_since(start, 10).await.unwrap();
    let subjects: Vec<_> = changes.iter().map(|change| change.subject).collect();
    assert_eq!(subjects, [Subject::Token(token.id), Subject::User(alice.id)]);
    assert_eq!(engine.store.changes_since(changes[0].seq, 10).await.unwrap(), changes[1..]);
    let rows = engine.store.audit_since(0, 10).await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.action.name()).collect();
    assert_eq!(names, ["user.add", "token.mint", "token.revoke", "user.block"]);
    assert_eq!((rows[0].actor, rows[1].actor, rows[3].at_ms), (None, Some(alice.id), 4));
}

async fn only_the_first_key_is_kept(engine: Engine) {
    let key = |byte| SealedKey {
        id: KeyId::from_bytes([byte; 8]),
        sealed_by: KeyId::from_bytes([9; 8]),
        sealed: vec![1, 2, 3],
        created_ms: 1,
    };
    engine.store.insert_first_key(key(1)).await.unwrap();
    engine.store.insert_first_key(key(2)).await.unwrap();
    assert_eq!(engine.store.keys().await.unwrap(), [key(1)]);
}

async fn concurrent_writes_all_arrive_in_one_audit_chain(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let writes = (0..300).map(|number| {
        let (store, name) = (Arc::clone(&engine.store), format!("name {}", number % 100));
        let token = token(&alice, number, Some(&name));
        tokio::spawn(async move { store.insert_token(token.clone(), Actor::User(token.user), number).await.unwrap() })
    });
    let mut stored = 0;
    for write in writes.collect::<Vec<_>>() {
        stored += usize::from(write.await.unwrap() == Inserted::Stored);
    }
    assert_eq!(stored, 100);
    let rows = engine.store.audit_since(0, 1_000).await.unwrap();
    assert_eq!(rows.len(), 101);
    rows.iter().fold(zonemint::store::AuditRow::GENESIS, |previous, row| {
        assert_eq!(row.hash, row.chained(&previous), "row {}", row.seq);
        row.hash
    });
}

async fn a_closed_store_answers_with_an_error(engine: Engine) {
    engine.store.close().await;
    assert!(engine.store.last_change().await.is_err());
    assert!(engine.store.insert_user(user("alice"), Actor::Operator).await.is_err());
}

#[tokio::test]
async fn sqlite_keeps_what_was_stored_when_it_is_opened_again() {
    let Engine { store, _folder: folder } = sqlite();
    let alice = user("alice");
    assert_eq!(store.insert_user(alice.clone(), Actor::Operator).await.unwrap(), Added::Stored);
    store.close().await;
    drop(store);
    let store = SqliteStore::open(&folder.path().join("zonemint.db")).unwrap();
    assert_eq!(store.user(alice.id).await.unwrap(), Some(alice));
}

#[tokio::test]
async fn sqlite_refuses_tables_of_a_newer_program() {
    let Engine { store, _folder: folder } = sqlite();
    store.close().await;
    drop(store);
    let path = folder.path().join("zonemint.db");
    // SQLite keeps `user_version` as a big-endian number at byte 60 of the file.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&999u32.to_be_bytes());
    std::fs::write(&path, bytes).unwrap();
    let error = SqliteStore::open(&path).err().unwrap();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("newer version"), "{source}");
}
