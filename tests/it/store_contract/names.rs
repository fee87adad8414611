//! How user names are compared: with their case, and without it once the store is marked.

use super::*;
use crate::support::by_password;

/// Folds all names, and marks the store.
async fn mark(store: &Arc<dyn Store>) -> Changed {
    let own = |row: zonemint::store::UserRow| row.user.name.map(|name| (row.user.id, name));
    let names = store.dump_users(None, 99).await.unwrap().into_iter().filter_map(own).collect();
    match store.fold_names(names, store.dump_names(None, 99).await.unwrap()).await.unwrap() {
        Changed::Done => store.ignore_case(Actor::Operator, 70).await.unwrap(),
        other => other,
    }
}

async fn found(store: &Arc<dyn Store>, name: &str) -> Option<String> {
    let user = store.user_by_name(&UserName::parse(name).unwrap()).await.unwrap();
    user.map(|user| user.name.unwrap().to_string())
}

async fn rename(store: &Arc<dyn Store>, user: &User, to: &str, by: Actor) -> Changed {
    let change = UserChange::Names { name: Some(UserName::parse(to).unwrap()), full_name: None };
    store.change_user(user.id, change, by, 50).await.unwrap()
}

pub(super) async fn case_counts_until_a_store_without_clashes_is_marked(engine: Engine) {
    let store = &engine.store;
    let [alice, other] = [added(&engine, "Alice").await, added(&engine, "alice").await];
    let start = store.feed_end().await.unwrap();
    assert_eq!(mark(store).await, Changed::NameTaken);
    assert_eq!(store.ignore_case(Actor::Operator, 70).await.unwrap(), Changed::NameTaken, "of two, neither is folded");
    assert!(!store.ignores_case().await.unwrap());
    assert_eq!(changes_after(store, &start).await, []);
    for (name, expected) in [("Alice", Some("Alice")), ("alice", Some("alice")), ("ALICE", None)] {
        assert_eq!(found(store, name).await.as_deref(), expected, "{name}");
    }
    assert_eq!(rename(store, &other, "bob", Actor::Operator).await, Changed::Done);
    // What is folded does not count before the mark.
    assert_eq!(store.fold_names(vec![(alice.id, alice.name.clone().unwrap())], vec![]).await.unwrap(), Changed::Done);
    assert_eq!(found(store, "ALICE").await, None);
    assert_eq!(store.user(alice.id).await.unwrap(), Some(alice));
    added(&engine, "aLICE").await;
    assert_eq!(mark(store).await, Changed::NameTaken);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

pub(super) async fn names_that_differ_in_case_only_are_one_in_a_marked_store(engine: Engine) {
    let store = &engine.store;
    let [anna, bob] = [added(&engine, "Straße@Example.ORG").await, added(&engine, r"EXAMPLE\bob").await];
    assert_eq!(mark(store).await, Changed::Done);
    assert!(store.ignores_case().await.unwrap());
    assert_eq!(found(store, "STRASSE@example.org").await.as_deref(), Some("Straße@Example.ORG"));
    assert_eq!(found(store, "strase@example.org").await, None);
    assert!(store.user(anna.id).await.unwrap().unwrap().ignores_case);
    let twin = user("strasse@EXAMPLE.org");
    assert_eq!(store.insert_user(twin.clone(), Actor::Operator).await.unwrap(), Added::NameTaken);
    let carol = [user("Carol"), user("cAROL"), twin.clone()].to_vec();
    let answers = store.import_users(carol, Actor::Operator, 5).await.unwrap();
    assert_eq!(answers, [Added::Stored, Added::NameTaken, Added::NameTaken]);
    assert_eq!(found(store, "carol").await, None, "all or none");
    assert_eq!(rename(store, &bob, "STRASSE@EXAMPLE.ORG", Actor::Operator).await, Changed::NameTaken);
    assert_eq!(found(store, r"example\BOB").await.as_deref(), Some(r"EXAMPLE\bob"));
    assert_eq!(rename(store, &bob, r"Example\Bob", by_password(bob.id)).await, Changed::Done, "it is the own one");
    assert_eq!(found(store, r"EXAMPLE\bob").await.as_deref(), Some(r"Example\Bob"));
    // Names that are given up, and those of who is removed.
    assert_eq!(rename(store, &anna, "anna", Actor::Operator).await, Changed::Done);
    assert_eq!(found(store, "strasse@example.org").await, None);
    assert_eq!(rename(store, &bob, "strasse@example.org", by_password(bob.id)).await, Changed::NameTaken);
    assert_eq!(store.change_user(anna.id, UserChange::Remove, Actor::Operator, 60).await.unwrap(), Changed::Done);
    assert_eq!(rename(store, &bob, "ANNA", by_password(bob.id)).await, Changed::NameTaken);
    assert_eq!(store.insert_user(twin, Actor::Operator).await.unwrap(), Added::Stored, "the operator may");
    assert_eq!(rename(store, &bob, "ANNA", Actor::Operator).await, Changed::Done);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

pub(super) async fn names_of_before_the_mark_are_folded_with_it(engine: Engine) {
    let store = &engine.store;
    let [alice, bob] = [added(&engine, "Alice").await, added(&engine, "Bob").await];
    assert_eq!(rename(store, &alice, "Alicia", Actor::Operator).await, Changed::Done);
    let start = store.feed_end().await.unwrap();
    assert_eq!(store.ignore_case(Actor::Operator, 70).await.unwrap(), Changed::Done, "they are few");
    assert_eq!(found(store, "ALICIA").await.as_deref(), Some("Alicia"));
    assert_eq!(rename(store, &bob, "aLICE", by_password(bob.id)).await, Changed::NameTaken);
    assert_eq!(mark(store).await, Changed::Done, "once more changes nothing");
    let topics: Vec<_> = changes_after(store, &start).await.into_iter().map(|change| change.topic).collect();
    assert_eq!(topics, [Topic::Names, Topic::Names]);
    let rows = store.audit_after(&store.chain(), 3, 99).await.unwrap();
    let rows: Vec<_> = rows.iter().map(|row| (row.action, row.user, row.note.as_deref())).collect();
    assert_eq!(rows, [(AuditAction::UserNames, None, Some("compared=ignore-case"))]);
}

pub(super) async fn of_a_mark_and_a_clash_at_the_same_moment_one_is_refused(engine: Engine) {
    let store = &engine.store;
    added(&engine, "Alice").await;
    let clash = |number: u8| store.insert_user(user(if number == 0 { "ALICE" } else { "alICE" }), Actor::Operator);
    let (marked, one, other) = tokio::join!(store.ignore_case(Actor::Operator, 70), clash(0), clash(1));
    let added = [one.unwrap(), other.unwrap()];
    match marked.unwrap() {
        Changed::Done => assert_eq!(added, [Added::NameTaken; 2]),
        Changed::NameTaken => assert!(added.contains(&Added::Stored) && !store.ignores_case().await.unwrap()),
        Changed::NotFound | Changed::TooMany => panic!("there are few names"),
    }
}

pub(super) async fn a_marked_store_moves_with_its_mark(engine: Engine) {
    added(&engine, "Alice").await;
    assert_eq!(mark(&engine.store).await, Changed::Done);
    let target = sqlite();
    zonemint::store::copy::copy(&*engine.store, &*target.store, 80, |_| {}).await.unwrap();
    assert!(target.store.ignores_case().await.unwrap());
    assert_eq!(found(&target.store, "ALICE").await.as_deref(), Some("Alice"));
    assert_eq!(target.store.insert_user(user("alice"), Actor::Operator).await.unwrap(), Added::NameTaken);
    assert_eq!(target.store.check().await.unwrap(), Vec::<String>::new());
}

pub(super) async fn a_name_is_not_folded_in_the_place_of_another_that_folds_alike(engine: Engine) {
    let store = &engine.store;
    let [alice, twin, bob] =
        [added(&engine, "Alice").await, added(&engine, "ALICE").await, added(&engine, "bob").await];
    let fold = async |user: &User, name: &str| {
        store.fold_names(vec![(user.id, UserName::parse(name).unwrap())], vec![]).await.unwrap()
    };
    assert_eq!(fold(&alice, "Alice").await, Changed::Done);
    assert_eq!(fold(&twin, "ALICE").await, Changed::NameTaken);
    assert_eq!(rename(store, &twin, "carol", Actor::Operator).await, Changed::Done);
    assert_eq!(store.ignore_case(Actor::Operator, 70).await.unwrap(), Changed::Done);
    assert_eq!(fold(&bob, "ALICE").await, Changed::NameTaken, "it was never bob's");
    assert_eq!(found(store, "aLICE").await.as_deref(), Some("Alice"));
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_not_folded_in_a_marked_embedded_store_is_found_by_the_check_and_folded_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = DataFolder::create(folder.path()).unwrap().database();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, Clock::system()).unwrap());
    for name in ["Bob", "Dave"] {
        assert_eq!(store.insert_user(user(name), Actor::Operator).await.unwrap(), Added::Stored);
    }
    let bob = store.user_by_name(&UserName::parse("Bob").unwrap()).await.unwrap().unwrap();
    assert_eq!(rename(&store, &bob, "Robert", Actor::Operator).await, Changed::Done);
    let dave = store.user_by_name(&UserName::parse("Dave").unwrap()).await.unwrap().unwrap();
    assert_eq!(store.change_user(dave.id, UserChange::Remove, Actor::Operator, 60).await.unwrap(), Changed::Done);
    assert_eq!(mark(&store).await, Changed::Done);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let changed =
        "UPDATE users SET folded = CASE WHEN name IS NULL THEN 'dave' END; UPDATE former_names SET folded = NULL";
    rusqlite::Connection::open(&path).unwrap().execute_batch(changed).unwrap();
    let findings = store.check().await.unwrap();
    assert!(
        findings.len() == 1 && findings[0].starts_with("4 user names are not compared as they are to be"),
        "{findings:?}"
    );
    assert_eq!(mark(&store).await, Changed::Done);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

async fn node(database: &postgres::Database, name: &str) -> Arc<dyn Store> {
    let chain = Chain::parse(name).unwrap();
    Arc::new(PostgresStore::open(&database.settings(), chain, Clock::system()).await.unwrap())
}

#[tokio::test]
async fn the_clash_of_another_node_and_a_mark_do_not_both_come_to_be() {
    let Some(database) = postgres::database() else { return };
    let [one, other] = [node(&database, "one").await, node(&database, "other").await];
    let mut marks = 0;
    for round in 0..40_u64 {
        let names = [format!("user{round}"), format!("USER{round}")];
        assert_eq!(one.insert_user(user(&names[0]), Actor::Operator).await.unwrap(), Added::Stored);
        // As the order of the two requires, now the one, now the other is first.
        let clash = async {
            tokio::time::sleep(std::time::Duration::from_micros(round * 50)).await;
            other.insert_user(user(&names[1]), Actor::Operator).await.unwrap()
        };
        let (marked, added) = tokio::join!(one.ignore_case(Actor::Operator, 70), clash);
        match (marked.unwrap(), added) {
            (Changed::Done, Added::NameTaken) => marks += 1,
            (Changed::NameTaken, Added::Stored) => {
                let twin = other.user_by_name(&UserName::parse(&names[1]).unwrap()).await.unwrap().unwrap();
                assert_eq!(rename(&one, &twin, &format!("twin{round}"), Actor::Operator).await, Changed::Done);
            }
            both => panic!("{both:?}"),
        }
        let unmarked = Mark { name: "user-names".to_owned(), value: None };
        one.set_mark(unmarked).await.unwrap();
    }
    println!("{marks} of 40 marks came first");
    one.close().await;
    other.close().await;
}

/// What a node of the version before does, which knows of no folded names.
const EARLIER: &str = r"
    INSERT INTO users (id, name, full_name, password, blocked, created_ms, version, kind, basic_auth, privileges, generation)
        VALUES (decode('03030303030303030303030303030303', 'hex'), 'Carol'::bytea, 'Carol', '', false, 1, 1, 'usr', false, '', 1)
        ON CONFLICT DO NOTHING;
    UPDATE users SET name = 'Robert'::bytea, version = version + 1 WHERE name = 'Bob'::bytea;
    UPDATE users SET name = NULL, full_name = '', password = '', blocked = true, version = version + 1, removed_ms = 9
        WHERE name = 'Dave'::bytea;
    INSERT INTO former_names (owner, until_ms, name) SELECT id, 9, 'Dave'::bytea FROM users WHERE removed_ms = 9";

#[tokio::test]
async fn what_a_node_of_the_version_before_writes_is_found_by_the_check_and_folded_later() {
    let Some(database) = postgres::database() else { return };
    let store = node(&database, "one").await;
    for name in ["Bob", "Dave"] {
        assert_eq!(store.insert_user(user(name), Actor::Operator).await.unwrap(), Added::Stored);
    }
    assert_eq!(mark(&store).await, Changed::Done);
    let client = database.connect().await;
    client.batch_execute(EARLIER).await.unwrap();
    let findings = store.check().await.unwrap();
    assert!(
        findings.len() == 1 && findings[0].starts_with("4 user names are not compared as they are to be"),
        "{findings:?}"
    );
    // By the spelling that was typed they are found all the same.
    for (name, expected) in [("Carol", Some("Carol")), ("carol", None), ("Robert", Some("Robert")), ("bob", None)] {
        assert_eq!(found(&store, name).await.as_deref(), expected, "{name}");
    }
    assert_eq!(mark(&store).await, Changed::Done);
    assert_eq!(found(&store, "ROBERT").await.as_deref(), Some("Robert"));
    assert_eq!(found(&store, "CAROL").await.as_deref(), Some("Carol"));
    assert_eq!(
        store.insert_user(user("dave"), Actor::Operator).await.unwrap(),
        Added::Stored,
        "nobody has it any more"
    );
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    store.close().await;
    node(&database, "one").await.close().await;
}
