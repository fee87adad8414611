//! What a store that several nodes share must do beyond the contract: they make its tables together, see all of one another's
//! changes, and lose nothing when connections break.

use std::time::Duration;

use crate::support::by_password;
use crate::support::log::Lines;
use crate::support::replicated::{PRIMARY, Replicated, STANDBY};
use futures_util::future::join_all;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zonemint::clock::Clock;
use zonemint::model::Period;
use zonemint::store::{Address, Proven, ResetLink, StoreError, WriteProof};

use super::wire::{self, Break, Wire};
use super::*;

/// A limit for what should happen at once.
pub(super) const SOON: Duration = Duration::from_secs(20);

pub(super) async fn node(settings: &Settings, name: &str) -> Arc<dyn Store> {
    Arc::new(PostgresStore::open(settings, Chain::parse(name).unwrap(), Clock::system()).await.unwrap())
}

/// Host and port of a database's server, as they stand in its address.
fn server_of(database: &postgres::Database) -> String {
    let config: tokio_postgres::Config = database.url().parse().unwrap();
    let tokio_postgres::config::Host::Tcp(host) = &config.get_hosts()[0] else { panic!("the server has no port") };
    format!("{host}:{}", config.get_ports()[0])
}

/// Settings whose connections go through a wire.
async fn wired(database: &postgres::Database) -> (Settings, Wire) {
    let server = server_of(database);
    let wire = Wire::to(server.clone()).await;
    let url = Address::parse(&database.url().replace(&server, &wire.address().to_string()));
    (Settings { url, ..database.settings() }, wire)
}

pub(super) async fn all_audit(store: &Arc<dyn Store>) -> Vec<zonemint::store::AuditRow> {
    let rows = store.audit_after(&store.chain(), 0, 10_000).await.unwrap();
    assert_chained(store, rows.len() as u64).await;
    rows
}

#[tokio::test]
async fn of_two_nodes_that_use_a_link_at_once_one_sets_the_password() {
    let Some(database) = postgres::database() else { return };
    let settings = database.settings();
    let nodes = [node(&settings, "one").await, node(&settings, "other").await];
    let alice = user("alice");
    assert_eq!(nodes[0].insert_user(alice.clone(), Actor::Operator).await.unwrap(), Added::Stored);
    let link = ResetLink { hash: [9; 32], until_ms: 100 };
    let change = |node: &Arc<dyn Store>, change| {
        let node = Arc::clone(node);
        async move { node.change_user(alice.id, change, Actor::Operator, 50).await.unwrap() }
    };
    for _ in 0..20 {
        assert_eq!(change(&nodes[0], UserChange::ResetLink(link)).await, Changed::Done);
        let using = nodes.iter().map(|node| {
            let hash = PasswordHash::new(format!("by {}", node.chain().as_str()));
            change(node, UserChange::PasswordByLink { link: link.hash, hash })
        });
        let mut all = join_all(using).await;
        all.sort_by_key(|changed| *changed != Changed::Done);
        assert_eq!(all, [Changed::Done, Changed::NotFound]);
    }
    for node in nodes {
        node.close().await;
    }
}

#[tokio::test]
async fn five_nodes_make_the_tables_at_once() {
    let Some(database) = postgres::database() else { return };
    let settings = database.settings();
    let opened = (0..5).map(|number| {
        let settings = settings.clone();
        tokio::spawn(async move { node(&settings, &format!("node-{number}")).await })
    });
    for (number, store) in join_all(opened).await.into_iter().enumerate() {
        let (store, user) = (store.unwrap(), user(&format!("user-{number}")));
        assert_eq!(store.insert_user(user, Actor::Operator).await.unwrap(), Added::Stored);
        assert_eq!(store.users(None, 9).await.unwrap().len(), number + 1);
        store.close().await;
    }
}

#[tokio::test]
async fn tables_of_the_next_version_are_used_and_those_after_it_refused() {
    let Some(database) = postgres::database() else { return };
    let raw = database.connect().await;
    for accepted in [true, true, false] {
        let opened = PostgresStore::open(&database.settings(), Chain::parse("node").unwrap(), Clock::system()).await;
        match opened {
            Ok(store) => {
                assert!(accepted && store.users(None, 1).await.is_ok());
                store.close().await;
            }
            Err(error) => {
                let source = std::error::Error::source(&error).unwrap().to_string();
                assert!(!accepted && source.contains("newer version"), "{source}");
            }
        }
        raw.execute("UPDATE schema_version SET version = version + 1", &[]).await.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_that_commits_late_is_not_skipped_and_holds_nobody_up() {
    let Some(database) = postgres::database() else { return };
    let settings = database.settings();
    let (slow, quick) = (node(&settings, "slow").await, node(&settings, "quick").await);
    let mut place = quick.feed_end().await.unwrap();
    let mut raw = database.connect().await;
    // Who takes the same name waits until this transaction ends.
    let holding = raw.transaction().await.unwrap();
    let sql = "INSERT INTO users VALUES ($1, 'carol', '', '', false, 0, 1, 'usr', true, '', 1, NULL)";
    holding.execute(sql, &[&[9_u8; 16].as_slice()]).await.unwrap();
    let (carol, store) = (user("carol"), Arc::clone(&slow));
    let late = tokio::spawn(async move { store.insert_user(carol, Actor::Operator).await.unwrap() });
    waiting_for_a_lock(&database.connect().await, 1).await;

    for number in 1..=3 {
        let added = quick.insert_user(user(&format!("user-{number}")), Actor::Operator).await.unwrap();
        assert_eq!(added, Added::Stored, "it does not wait for the other node");
        let changes = changes_after(&quick, &place).await;
        assert!(changes.len() == 1 && place.see(&changes[0]).is_ok(), "{changes:?}");
    }
    holding.rollback().await.unwrap();
    assert_eq!(late.await.unwrap(), Added::Stored);
    let changes = changes_after(&quick, &place).await;
    assert_eq!((changes.len(), changes[0].chain.as_str()), (1, "slow"));
    assert!(place.see(&changes[0]).is_ok(), "nothing was missed");
}

/// Returns when that many of the connections to the database of this one wait for a lock.
pub(super) async fn waiting_for_a_lock(raw: &tokio_postgres::Client, expected: i64) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = async {
        while raw.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) < expected {
            // The others need the processor to come to it.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.expect("somebody waits for a lock");
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_counts_once() {
    let Some(database) = postgres::database() else { return };
    let (settings, wire) = wired(&database).await;
    let engine = Engine { store: node(&settings, "node").await, folder: None, _database: Some(database) };
    let alice = added(&engine, "alice").await;
    for (number, at) in [Break::AfterCommit, Break::BeforeCommit, Break::AfterCommit].into_iter().enumerate() {
        wire.break_next(at);
        let token = named(&alice, 1, &format!("name {number}"));
        assert_eq!(insert(&engine, &token).await, Inserted::Stored, "{at:?}");
        assert_eq!(wire.broken(), 3 * number + 1);
        // Blocking whom one has blocked is refused, so an operation that is done twice would say so.
        for change in [UserChange::Block, UserChange::Unblock] {
            wire.break_next(at);
            let changed = engine.store.change_user(alice.id, change, Actor::Operator, 5).await;
            assert_eq!(changed.unwrap(), Changed::Done, "{at:?}");
        }
        assert_eq!(wire.broken(), 3 * number + 3);
    }
    assert_eq!(all_audit(&engine.store).await.len(), 10);
    // The new hash of a password leaves no audit row: it is known by the change.
    wire.break_next(Break::AfterCommit);
    let [from, to] = ["$argon2id$", "new"].map(|hash| PasswordHash::new(hash.to_owned()));
    let changed = engine.store.change_user(alice.id, UserChange::Rehash { from, to }, Actor::System, 6).await;
    assert_eq!((changed.unwrap(), wire.broken()), (Changed::Done, 10));
}

#[tokio::test]
async fn killed_connections_lose_nothing_and_double_nothing() {
    let Some(database) = postgres::database() else { return };
    let raw = database.connect().await;
    let engine = Engine { store: node(&database.settings(), "node").await, folder: None, _database: Some(database) };
    let alice = added(&engine, "alice").await;
    let (minted, mut progress) = tokio::sync::mpsc::unbounded_channel();
    for lane in 0..8_u64 {
        let (store, alice, minted) = (Arc::clone(&engine.store), alice.clone(), minted.clone());
        tokio::spawn(async move {
            for number in 0..50 {
                let token = token(&alice, 100 * lane + number, None);
                let inserted = store.insert_token(token.clone(), by_password(alice.id), 5).await.unwrap();
                minted.send((token.clone(), inserted)).unwrap();
            }
        });
    }
    drop(minted);
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let (mut tokens, mut killed) = (Vec::new(), 0);
    while let Some((token, inserted)) = progress.recv().await {
        assert_eq!(inserted, Inserted::Stored);
        tokens.push(token);
        if tokens.len() % 40 == 0 {
            // None, when those of the last time are still being replaced.
            killed += raw.query_one(kill, &[]).await.unwrap().get::<_, i64>(0);
        }
    }
    assert!(killed > 1, "{killed}");
    assert_eq!(tokens.len(), 400, "each mint is answered");
    // The last ones to be killed are those that now read.
    for read in join_all(tokens.iter().map(|token| engine.store.token(token.id))).await {
        assert!(read.unwrap().is_some());
    }
    raw.query_one(kill, &[]).await.unwrap();
    assert_eq!(engine.store.token(tokens[0].id).await.unwrap().as_ref(), Some(&tokens[0]));
    let rows = all_audit(&engine.store).await;
    let mut minted: Vec<_> = rows.iter().filter_map(|row| row.token).collect();
    minted.sort();
    minted.dedup();
    assert_eq!((rows.len(), minted.len()), (401, 400), "each mint is recorded once");
}

#[tokio::test]
async fn a_busy_pool_refuses_in_bounded_time() {
    let Some(database) = postgres::database() else { return };
    let settings = Settings { pool: 1, connect_timeout: Period::from_ms(200), ..database.settings() };
    let store = node(&settings, "node").await;
    let mut raw = database.connect().await;
    let holding = raw.transaction().await.unwrap();
    holding.batch_execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let reader = Arc::clone(&store);
    let first = tokio::spawn(async move { reader.users(None, 1).await });
    waiting_for_a_lock(&database.connect().await, 1).await;
    let second = tokio::time::timeout(SOON, store.named_tokens(None, 1)).await.expect("an answer");
    assert!(matches!(second, Err(StoreError::Overloaded)), "{second:?}");
    holding.rollback().await.unwrap();
    assert_eq!(first.await.unwrap().unwrap(), []);
    assert!(store.named_tokens(None, 1).await.is_ok());
}

/// Otherwise a node that lost touch for a while asks for every token it is shown, keeps the pool busy by that, and never again
/// hears of changes.
#[tokio::test]
async fn changes_and_keys_are_read_while_the_pool_is_busy() {
    let Some(database) = postgres::database() else { return };
    let store = node(&Settings { pool: 1, ..database.settings() }, "node").await;
    let mut raw = database.connect().await;
    let holding = raw.transaction().await.unwrap();
    holding.batch_execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let reader = Arc::clone(&store);
    let busy = tokio::spawn(async move { reader.users(None, 1).await });
    waiting_for_a_lock(&database.connect().await, 1).await;
    assert_eq!(changes_after(&store, &Position::default()).await, []);
    assert_eq!(store.keys().await.unwrap().len(), 0);
    assert!(!busy.is_finished(), "the pool was busy all the time");
    holding.rollback().await.unwrap();
    assert_eq!(busy.await.unwrap().unwrap(), []);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up_and_the_next_one_works() {
    let Some(database) = postgres::database() else { return };
    let settings = Settings { statement_timeout: Period::from_ms(200), ..database.settings() };
    let store = node(&settings, "node").await;
    let mut raw = database.connect().await;
    let holding = raw.transaction().await.unwrap();
    holding.batch_execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let (read, written) = tokio::join!(store.users(None, 1), store.insert_user(user("alice"), Actor::Operator));
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
    holding.rollback().await.unwrap();
    assert_eq!(store.users(None, 1).await.unwrap(), []);
    assert_eq!(store.insert_user(user("alice"), Actor::Operator).await.unwrap(), Added::Stored);
}

/// More is tried meanwhile, of which whoever waits need not know.
#[tokio::test]
async fn a_silent_database_keeps_nobody_waiting_for_longer_than_is_set() {
    let Some(database) = postgres::database() else { return };
    let (wired, wire) = wired(&database).await;
    let settings =
        Settings { connect_timeout: Period::from_ms(500), statement_timeout: Period::from_ms(1_500), ..wired };
    let engine = Engine { store: node(&settings, "node").await, folder: None, _database: None };
    let (store, alice) = (&engine.store, added(&engine, "alice").await);
    let all = || join_all((0..2 * settings.pool).map(|_| store.users(None, 9)));
    assert!(all().await.iter().all(Result::is_ok), "connections are open");
    wire.set_silent(true);
    let mint = store.insert_token(token(&alice, 1, None), by_password(alice.id), 2);
    // Both periods are two seconds; a transaction that is tried again takes six.
    let answers = tokio::time::timeout(Duration::from_secs(4), async { tokio::join!(mint, all()) });
    let (minted, read) = answers.await.expect("nobody waits for longer");
    assert!(matches!(minted, Err(StoreError::Unavailable(_))), "{minted:?}");
    for read in read {
        assert!(matches!(read, Err(StoreError::Unavailable(_) | StoreError::Overloaded)), "{read:?}");
    }
    wire.set_silent(false);
    let again = tokio::time::timeout(SOON, insert(&engine, &token(&alice, 3, None))).await.unwrap();
    assert_eq!(again, Inserted::Stored);
    assert!(all().await.iter().all(Result::is_ok), "no connection is left that says nothing");
}

/// Has `work` put into one batch: the chain's row is held until all of it is queued behind what came before it.
async fn in_one_batch<T>(database: &postgres::Database, store: &Arc<dyn Store>, work: impl Future<Output = T>) -> T {
    store.set_mark(Mark { name: "first".to_owned(), value: None }).await.unwrap();
    let mut raw = database.connect().await;
    let holding = raw.transaction().await.unwrap();
    holding.query("SELECT 1 FROM heads WHERE chain = $1 FOR UPDATE", &[&store.chain().as_str()]).await.unwrap();
    let first = Arc::clone(store);
    let first = tokio::spawn(async move { first.set_mark(Mark { name: "first".to_owned(), value: None }).await });
    waiting_for_a_lock(&database.connect().await, 1).await;
    let release = async {
        holding.rollback().await.unwrap();
        first.await.unwrap().unwrap();
    };
    let (done, ()) = tokio::join!(work, release);
    done
}

#[tokio::test]
async fn a_writer_that_stands_still_sheds_load_and_keeps_what_it_took() {
    let Some(database) = postgres::database() else { return };
    let store = node(&database.settings(), "node").await;
    let engine = Engine { store: Arc::clone(&store), folder: None, _database: None };
    let alice = added(&engine, "alice").await;
    let tokens: Vec<_> = (0..10_000).map(|ms| token(&alice, ms, None)).collect();
    let mints = join_all(tokens.iter().map(|token| store.insert_token(token.clone(), Actor::Operator, 5)));
    let answers = in_one_batch(&database, &store, mints).await;
    let refused = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Overloaded))).count();
    let stored = answers.iter().filter(|answer| matches!(answer, Ok(Inserted::Stored))).count();
    assert!(refused > 0 && stored >= 8_192 && refused + stored == tokens.len(), "{refused} refused, {stored} stored");
    assert_eq!(store.heads().await.unwrap()[0].seq, stored as u64 + 1);
}

#[tokio::test]
async fn a_database_that_cannot_hold_all_names_is_refused() {
    let Some(database) = postgres::database() else { return };
    let raw = database.connect().await;
    let name = format!("latin_{}", std::process::id());
    let sql = format!("CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    raw.execute(&sql, &[]).await.unwrap();
    let (server, _) =
        database.url().rsplit_once('/').map(|(server, name)| (server.to_owned(), name.to_owned())).unwrap();
    let settings = Settings { url: Address::parse(&format!("{server}/{name}")), ..database.settings() };
    let error = PostgresStore::open(&settings, Chain::parse("node").unwrap(), Clock::system()).await.err().unwrap();
    raw.execute(&format!("DROP DATABASE {name} WITH (FORCE)"), &[]).await.unwrap();
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("LATIN1"), "{error:?}");
}

#[tokio::test]
async fn a_batch_answers_each_of_its_mints_rightly() {
    let Some(database) = postgres::database() else { return };
    let store = node(&database.settings(), "node").await;
    let engine = Engine { store: Arc::clone(&store), folder: None, _database: None };
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    assert_eq!(insert(&engine, &named(&alice, 1, "taken")).await, Inserted::Stored);
    let blocked = store.change_user(bob.id, UserChange::Block, Actor::Operator, 5).await.unwrap();
    assert_eq!(blocked, Changed::Done);
    let twin = token(&alice, 7, None);
    let tokens = [
        (token(&alice, 2, None), Inserted::Stored),
        (named(&alice, 3, "taken"), Inserted::NameTaken),
        (token(&bob, 4, None), Inserted::OwnerGone),
        (named(&alice, 5, "new"), Inserted::Stored),
        (named(&alice, 6, "new"), Inserted::NameTaken),
        (twin.clone(), Inserted::Stored),
        (twin, Inserted::IdTaken),
    ];
    let temporary = |owner: &User, generation| {
        let id = TokenId::named(8, &Random::system());
        store.audit_temporary_token(owner.id, id, generation, Actor::Operator, 9)
    };
    let before = all_audit(&store).await.len();
    let mints = join_all(tokens.iter().map(|(token, _)| insert(&engine, token)));
    let work = async { tokio::join!(biased; mints, temporary(&alice, 1), temporary(&alice, 2), temporary(&bob, 1)) };
    let (inserted, good, old, owner_gone) = in_one_batch(&database, &store, work).await;
    assert_eq!(inserted, tokens.each_ref().map(|(_, expected)| *expected));
    let temporary = (good.unwrap(), old.unwrap(), owner_gone.unwrap());
    assert_eq!(temporary, (Inserted::Stored, Inserted::OwnerGone, Inserted::OwnerGone));
    let rows = all_audit(&store).await;
    let recorded: Vec<_> = rows[before..].iter().map(|row| row.action.name()).collect();
    assert_eq!(recorded, ["token.mint", "token.mint", "token.mint", "token.temporary"]);
}

#[tokio::test]
async fn one_operation_that_fails_takes_none_of_its_batch_with_it() {
    let Some(database) = postgres::database() else { return };
    let store = node(&database.settings(), "node").await;
    let raw = database.connect().await;
    raw.batch_execute("ALTER TABLE users ADD CHECK (full_name <> 'No Room')").await.unwrap();
    let unlucky = User { full_name: FullName::parse("No Room").unwrap(), ..user("bob") };
    let add = |user: User| store.insert_user(user, Actor::Operator);
    let work = async { tokio::join!(biased; add(user("alice")), add(unlucky), add(user("alice")), add(user("carol"))) };
    let (alice, bob, again, carol) = in_one_batch(&database, &store, work).await;
    assert_eq!((alice.unwrap(), again.unwrap(), carol.unwrap()), (Added::Stored, Added::NameTaken, Added::Stored));
    assert!(matches!(bob, Err(StoreError::Unavailable(_))), "{bob:?}");
    assert_eq!(store.users(None, 9).await.unwrap().len(), 2);
    assert_eq!(all_audit(&store).await.len(), 2);
}

#[tokio::test]
async fn two_processes_of_one_name_only_wait_for_one_another() {
    let Some(database) = postgres::database() else { return };
    let settings = database.settings();
    let stores = [node(&settings, "twin").await, node(&settings, "twin").await];
    let writes = (0..60).map(|number| {
        let store = Arc::clone(&stores[number % 2]);
        tokio::spawn(async move { store.insert_user(user(&format!("user-{number}")), Actor::Operator).await.unwrap() })
    });
    for added in join_all(writes.collect::<Vec<_>>()).await {
        assert_eq!(added.unwrap(), Added::Stored);
    }
    assert_eq!(all_audit(&stores[0]).await.len(), 60);
}

#[tokio::test]
async fn of_two_first_starts_on_one_database_one_wins() {
    let Some(database) = postgres::database() else { return };
    let settings = database.settings();
    let stores = [node(&settings, "one").await, node(&settings, "two").await];
    let (first, second) =
        tokio::join!(stores[0].insert_first_key(upkeep::key(1)), stores[1].insert_first_key(upkeep::key(2)));
    first.and(second).unwrap();
    assert_eq!(stores[0].keys().await.unwrap().len(), 1);
    assert_eq!(stores[0].keys().await.unwrap(), stores[1].keys().await.unwrap());
}

#[tokio::test]
async fn a_node_is_hinted_at_what_another_one_changed() {
    let Some(database) = postgres::database() else { return };
    let settings = database.settings();
    let (here, there) = (node(&settings, "here").await, node(&settings, "there").await);
    let changing = async {
        for number in 0.. {
            let change = UserChange::BasicAuth(number % 2 == 0);
            let user = user(&format!("user-{number}"));
            assert_eq!(there.insert_user(user.clone(), Actor::Operator).await.unwrap(), Added::Stored);
            assert_eq!(there.change_user(user.id, change, Actor::Operator, 5).await.unwrap(), Changed::Done);
        }
    };
    tokio::time::timeout(SOON, async {
        tokio::select! { () = here.wait_for_change_hint() => {} () = changing => {} }
    })
    .await
    .expect("a hint");
}

#[tokio::test]
async fn a_mint_costs_two_round_trips() {
    let Some(database) = postgres::database() else { return };
    let (settings, wire) = wired(&database).await;
    let engine = Engine { store: node(&settings, "node").await, folder: None, _database: Some(database) };
    let alice = added(&engine, "alice").await;
    // The first ones have their statements prepared.
    for ms in 0..2 {
        assert_eq!(insert(&engine, &token(&alice, ms, None)).await, Inserted::Stored);
    }
    let before = wire.round_trips();
    assert_eq!(insert(&engine, &token(&alice, 5, None)).await, Inserted::Stored);
    assert_eq!(wire.round_trips() - before, 2);
    let before = wire.round_trips();
    let many: Vec<_> = (10..110).map(|ms| token(&alice, ms, None)).collect();
    for inserted in join_all(many.iter().map(|token| insert(&engine, token))).await {
        assert_eq!(inserted, Inserted::Stored);
    }
    assert_eq!(wire.round_trips() - before, 2, "100 at once");
}

#[tokio::test]
async fn the_password_is_in_no_log_and_no_error() {
    const SECRET: &str = "hush-hush-9";
    let Some(database) = postgres::database() else { return };
    let (lines, _guard) = Lines::capture();
    let folder = tempfile::tempdir().unwrap();
    let password_file = folder.path().join("password");
    std::fs::write(&password_file, format!("{SECRET}\n")).unwrap();
    let (wired, wire) = wired(&database).await;
    let good = Settings { password_file, ..wired };
    let store = PostgresStore::open(&good, Chain::parse("node").unwrap(), Clock::system()).await.unwrap();
    let mut told = vec![format!("{store:?} {good:?}")];
    wire.break_next(Break::AfterCommit);
    let dynamic: &dyn Store = &store;
    assert_eq!(dynamic.insert_user(user("alice"), Actor::Operator).await.unwrap(), Added::Stored);
    for url in [
        format!("postgres://someone:{SECRET}@127.0.0.1:1/db"),
        format!("postgres://someone:{SECRET}/db?{SECRET}"),
        format!("postgres://someone@/?{SECRET}=1"),
        format!("postgres://no-such-role:{SECRET}@{}/db", server_of(&database)),
    ] {
        let settings =
            Settings { url: Address::parse(&url), connect_timeout: Period::from_ms(500), ..database.settings() };
        let error = PostgresStore::open(&settings, Chain::parse("node").unwrap(), Clock::system()).await.err().unwrap();
        told.push(format!("{error} {error:?}"));
    }
    let lines = lines.text();
    assert!(told.len() == 5 && lines.contains("tried again"), "{told:?} {lines}");
    assert!(!told.concat().contains(SECRET) && !lines.contains(SECRET), "{told:?} {lines}");
}

#[tokio::test]
async fn only_the_database_that_is_vouched_for_is_believed() {
    let Some(database) = postgres::database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = server_of(&database);
    let (address, authority) = wire::encrypted(server.clone(), "localhost").await;
    let (elsewhere, other) = wire::encrypted(server.clone(), "db.example.org").await;
    let [right, wrong] = [("right", authority), ("wrong", other)].map(|(name, pem)| {
        let file = folder.path().join(name);
        std::fs::write(&file, pem).unwrap();
        file
    });
    let open = async |to: std::net::SocketAddr, tls: Tls, tls_ca: &std::path::Path| {
        let url = Address::parse(&database.url().replace(&server, &format!("localhost:{}", to.port())));
        let settings = Settings { url, tls, tls_ca: tls_ca.to_owned(), ..database.settings() };
        PostgresStore::open(&settings, Chain::parse("node").unwrap(), Clock::system())
            .await
            .map_err(|error| std::error::Error::source(&error).unwrap().to_string())
    };
    let store = open(address, Tls::VerifyFull, &right).await.unwrap();
    assert_eq!(store.users(None, 1).await.unwrap(), []);
    for (to, tls_ca, expected) in [
        (address, &wrong, "no certificate in store.tls_ca has issued the one that the database shows"),
        (elsewhere, &wrong, "not valid for name"),
        (elsewhere, &wrong, "set store.tls = \"pin\""),
        (address, &folder.path().join("absent"), "cannot be used"),
        (address, &std::path::PathBuf::new(), "store.tls_ca is empty"),
        (server.parse().unwrap(), &right, "does not support TLS"),
    ] {
        let told = open(to, Tls::VerifyFull, tls_ca).await.unwrap_err();
        assert!(told.contains(expected), "{told} instead of {expected}");
    }
    assert!(open(elsewhere, Tls::Require, &std::path::PathBuf::new()).await.is_ok());
    assert!(open(elsewhere, Tls::Pin, &wrong).await.is_ok(), "whatever its name");
    let told = open(address, Tls::Pin, &wrong).await.err().unwrap();
    assert!(told.contains("the database shows another certificate than the one in store.tls_ca"), "{told}");
    for tls in [Tls::Require, Tls::Pin, Tls::VerifyFull] {
        assert!(open(server.parse().unwrap(), tls, &right).await.is_err(), "it is never used in the clear");
    }
}

/// What most documents say how to make: a certificate with CA:TRUE and a common name alone.
#[tokio::test]
async fn the_usual_self_signed_certificate_is_refused_with_the_setting_that_believes_it() {
    let Some(database) = postgres::database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("openssl")
        .args("req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=db -keyout key -out certificate".split(' '))
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let file = folder.path().join("certificate");
    let certificate = CertificateDer::from_pem_file(&file).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.path().join("key")).unwrap();
    let server = server_of(&database);
    let address = wire::encrypted_with(server.clone(), certificate, key).await;
    let open = async |tls: Tls, parameters: &str| {
        let url = database.url().replace(&server, &format!("localhost:{}", address.port())) + parameters;
        let settings = Settings { url: Address::parse(&url), tls, tls_ca: file.clone(), ..database.settings() };
        PostgresStore::open(&settings, Chain::parse("node").unwrap(), Clock::system())
            .await
            .map_err(|error| std::error::Error::source(&error).unwrap().to_string())
    };
    let told = open(Tls::VerifyFull, "").await.err().unwrap();
    assert!(told.contains("it is the certificate in store.tls_ca itself, so set store.tls = \"pin\""), "{told}");
    for parameters in ["", "?sslmode=verify-full", "?sslnegotiation=direct"] {
        let store = open(Tls::Pin, parameters).await.unwrap_or_else(|told| panic!("{parameters}: {told}"));
        assert_eq!(store.users(None, 1).await.unwrap(), []);
    }
}

/// A database's address with other hosts.
fn at_hosts(database: &postgres::Database, hosts: &str) -> Settings {
    let url = Address::parse(&database.url().replace(&server_of(database), hosts));
    Settings { url, ..database.settings() }
}

#[tokio::test]
async fn the_next_host_is_tried_when_one_does_not_answer() {
    let Some(database) = postgres::database() else { return };
    let server = server_of(&database);
    // The system takes connections to it, and nobody answers them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_at = silent.local_addr().unwrap();
    for (number, hosts) in [format!("127.0.0.1:1,{server}"), format!("{silent_at},{server}")].iter().enumerate() {
        let store = node(&at_hosts(&database, hosts), "node").await;
        let added = store.insert_user(user(&format!("alice{number}")), Actor::Operator).await.unwrap();
        assert_eq!(added, Added::Stored, "{hosts}");
        assert_eq!(store.users(None, 9).await.unwrap().len(), number + 1, "{hosts}");
    }
}

#[tokio::test]
async fn an_error_tells_what_each_host_says() {
    let Some(database) = postgres::database() else { return };
    let server = server_of(&database);
    let raw = database.connect().await;
    let role = format!("role_{}", database.url().rsplit('_').next().unwrap());
    raw.batch_execute(&format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 0")).await.unwrap();
    let url =
        database.url().replace("zonemint@", &format!("{role}@")).replace(&server, &format!("127.0.0.1:1,{server}"));
    let settings = Settings { url: Address::parse(&url), ..database.settings() };
    let told = async || {
        let error = PostgresStore::open(&settings, Chain::parse("node").unwrap(), Clock::system()).await.err().unwrap();
        std::error::Error::source(&error).unwrap().to_string()
    };
    let full = told().await;
    for part in ["127.0.0.1:1: ", "; ", &format!("{server}: too many connections"), "(53300)"] {
        assert!(full.contains(part), "{part}: {full}");
    }
    let reads =
        format!("ALTER ROLE {role} CONNECTION LIMIT 9; ALTER ROLE {role} SET default_transaction_read_only = on");
    raw.batch_execute(&reads).await.unwrap();
    let standby = told().await;
    assert!(standby.contains(&format!("{server}: ")) && standby.contains("does not allow writes"), "{standby}");
    raw.batch_execute(&format!("DROP ROLE {role}")).await.unwrap();
}

/// The primary refuses for one reason, the standby for another: neither hides the other.
#[tokio::test]
async fn a_primary_that_refuses_is_told_beside_a_standby_that_answers() {
    let Some(mut pair) = Replicated::start().await else { return };
    let hosts = [PRIMARY, STANDBY].map(|at| pair.name(at));
    let told = async |settings: Settings| {
        let error = PostgresStore::open(&settings, Chain::parse("node").unwrap(), Clock::system()).await.err().unwrap();
        std::error::Error::source(&error).unwrap().to_string()
    };
    let reads = format!("; {}: ", hosts[STANDBY]);
    let wrong = told(pair.settings("guarded:wrong")).await;
    assert!(wrong.starts_with(&format!("{}: password authentication failed", hosts[PRIMARY])), "{wrong}");
    assert!(wrong.contains("(28P01)") && wrong.contains(&reads) && wrong.contains("does not allow writes"), "{wrong}");

    let taken = pair.fill(PRIMARY, "nodes").await;
    let full = told(pair.settings("nodes")).await;
    assert!(full.starts_with(&format!("{}: ", hosts[PRIMARY])) && full.contains("(53300)"), "{full}");
    assert!(full.contains(&reads) && full.contains("does not allow writes"), "{full}");

    // As a server says that is starting up.
    pair.stop(STANDBY);
    pair.start_again(STANDBY, "-c hot_standby=off");
    let refuses = async || pair.connect(STANDBY, "nodes").await.err().and_then(|error| error.code().cloned());
    while refuses().await != Some(tokio_postgres::error::SqlState::CANNOT_CONNECT_NOW) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let starting = told(pair.settings("nodes")).await;
    assert!(starting.contains("(53300)") && starting.contains(&reads) && starting.contains("(57P03)"), "{starting}");
    assert!(!starting.contains("does not allow writes"), "{starting}");
    drop(taken);
}

/// Settings of a store that is opened as an ordinary role, which owns the database.
async fn as_owner(database: &postgres::Database) -> (Settings, String) {
    let name = database.place().0;
    let role = format!("owner_of_{name}");
    let statements = format!("CREATE ROLE {role} LOGIN; ALTER DATABASE {name} OWNER TO {role}");
    for statement in statements.split("; ") {
        database.connect().await.batch_execute(statement).await.unwrap();
    }
    let url = Address::parse(&database.url().replace("zonemint@", &format!("{role}@")));
    (Settings { url, ..database.settings() }, role)
}

#[tokio::test]
async fn a_look_that_nobody_waits_for_holds_nothing_and_ends() {
    let Some(database) = postgres::database() else { return };
    let store = node(&Settings { pool: 1, ..database.settings() }, "node").await;
    store.prove().await.unwrap();
    let (proof, other) = (WriteProof::default(), database.connect().await);
    // What a mint left shows for two seconds that the next one will succeed, too.
    let locks = async {
        other.batch_execute("BEGIN; SELECT 1 FROM heads FOR UPDATE").await.unwrap();
        while !matches!(WriteProof::default().look(&store, Duration::from_millis(100)).await, Proven::Pending) {}
    };
    tokio::time::timeout(SOON, locks).await.expect("a look waits for the lock");
    assert!(matches!(proof.look(&store, Duration::from_millis(100)).await, Proven::Pending));
    assert!(store.users(None, 1).await.is_ok(), "the only connection that reads is free");
    other.batch_execute("COMMIT").await.unwrap();
    let proven = async { while !matches!(proof.look(&store, Duration::from_millis(100)).await, Proven::Yes) {} };
    tokio::time::timeout(SOON, proven).await.expect("a look ends once the lock is free");
}

#[tokio::test]
async fn a_database_that_does_not_accept_mints_is_noticed() {
    let Some(database) = postgres::database() else { return };
    let (settings, role) = as_owner(&database).await;
    let store = node(&settings, "node").await;
    store.prove().await.unwrap();
    let all = [
        (
            format!("REVOKE INSERT ON tokens FROM {role}"),
            format!("GRANT INSERT ON tokens TO {role}"),
            "permission denied for table tokens",
        ),
        (
            format!("REVOKE UPDATE ON heads FROM {role}"),
            format!("GRANT UPDATE ON heads TO {role}"),
            "permission denied for table heads",
        ),
        (
            format!("ALTER ROLE {role} SET default_transaction_read_only = on"),
            format!("ALTER ROLE {role} RESET default_transaction_read_only"),
            "only reads",
        ),
    ];
    for (fault, mend, told) in all {
        database.connect().await.batch_execute(&fault).await.unwrap();
        // Settings of a role are those of new sessions.
        database.end_connections().await;
        let refused = async {
            loop {
                if let Err(StoreError::Unavailable(reason)) = store.prove().await {
                    return reason.to_string();
                }
            }
        };
        // A mint that has succeeded shows for a moment that the next one will.
        let reason = tokio::time::timeout(SOON, refused).await.expect("it is noticed");
        assert!(reason.contains(told), "{reason}");
        database.connect().await.batch_execute(&mend).await.unwrap();
        database.end_connections().await;
        let proven = async { while store.prove().await.is_err() {} };
        tokio::time::timeout(SOON, proven).await.expect("it is mended");
    }
}
