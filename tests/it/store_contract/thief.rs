//! Several nodes on one database, and somebody who mints without pause: what takes a right away is neither kept waiting nor overtaken.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use zonemint::model::Parent;
use zonemint::store::{Ancestors, Caller, Doomed, Kin, Lost, StoreError};

use super::authority::{LOSSES, NOW_MS, Scene, WRITES};
use super::shared::{SOON, node, waiting_for_a_lock};
use super::*;

/// What takes the right to mint with a token away.
#[derive(Debug, Clone, Copy)]
enum Loss {
    Revoked,
    Deleted,
    AllRevoked,
    Blocked,
    Removed,
}

impl Loss {
    const ALL: [Self; 5] = [Self::Revoked, Self::Deleted, Self::AllRevoked, Self::Blocked, Self::Removed];

    async fn apply(self, store: &Arc<dyn Store>, token: &Token) -> Result<bool, StoreError> {
        let (owner, by) = (token.user, Actor::Operator);
        let done = match self {
            Self::Revoked => {
                let change = TokenChange { revoked: Some(true), ..TokenChange::default() };
                store.change_token(owner, token.id, change, by, 5).await
            }
            Self::Deleted => store.delete_token(owner, token.id, by, 5).await,
            Self::AllRevoked => {
                return Ok(store.revoke_tokens(owner, Which::All, 100_000, by, 5).await?.contains(&token.id));
            }
            Self::Blocked => store.change_user(owner, UserChange::Block, by, 5).await,
            Self::Removed => store.change_user(owner, UserChange::Remove, by, 5).await,
        };
        done.map(|changed| changed == Changed::Done)
    }
}

/// An account, and a token of its.
async fn owner(engine: &Engine, name: &str) -> Token {
    let owner = added(engine, name).await;
    let token = token(&owner, 1, None);
    assert_eq!(insert(engine, &token).await, Inserted::Stored);
    token
}

/// Mints with a token.
async fn mint(store: &Arc<dyn Store>, with: &Token) -> Result<Inserted, StoreError> {
    let parent = Parent::Token(with.id);
    let new = Token { id: TokenId::new(2, &Random::system()), parent: Some(parent), ..with.clone() };
    store.insert_token(new, Actor::Caller(Caller::by_token(with.user, parent, None)), 2).await
}

/// What mints stop for, and how many have been stored.
type Streams = (Vec<JoinHandle<StoreError>>, Arc<AtomicUsize>);

/// Mints with a token on other nodes, in 16 streams that are well under way.
async fn minting_without_pause(thieves: &[Arc<dyn Store>; 2], token: &Token) -> Streams {
    let stored = Arc::new(AtomicUsize::new(0));
    let streams = (0..16)
        .map(|stream| {
            let (store, token) = (Arc::clone(&thieves[stream % 2]), token.clone());
            let stored = Arc::clone(&stored);
            tokio::spawn(async move {
                loop {
                    match mint(&store, &token).await {
                        Ok(Inserted::Stored) => drop(stored.fetch_add(1, Ordering::Relaxed)),
                        // The account is being changed.
                        Err(StoreError::Overloaded) => tokio::task::yield_now().await,
                        Err(error) => return error,
                        Ok(other) => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    let under_way = async {
        while stored.load(Ordering::Relaxed) < 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, under_way).await.expect("they mint");
    (streams, stored)
}

/// A row of the number that the next audit row of the node has: it waits to know whether this one is committed.
const ROW_IN_THE_WAY: &str = r"INSERT INTO audit (chain, seq, at_ms, action, hash)
                               SELECT chain, audit_seq + 1, 0, '', '' FROM heads WHERE chain = 'node'";

/// What is held here is a write whose statements are done, but for its audit row. A loss on another node waits for its commit,
/// and the next write sees the loss.
#[tokio::test]
async fn a_loss_waits_for_a_write_that_is_stored_and_not_committed() {
    let Some(database) = postgres::database() else { return };
    let (mut holder, other) = (database.connect().await, node(&database.settings(), "other").await);
    let watcher = database.connect().await;
    let engine = Engine { store: node(&database.settings(), "node").await, folder: None, _database: None };
    let (mut number, mut held) = (0, 0);
    for (loss, shown, lose, expected) in LOSSES {
        for (write, ask) in WRITES {
            number += 1;
            let scene = Scene::new(&engine, number).await;
            let by = Actor::Caller(shown(&scene));
            if expected == Lost::Rank && write == "remove a user" {
                continue; // Nobody is left who could have a higher rank.
            }
            match engine.store.append_audit(vec![AuditEntry::new(AuditAction::TokenUpdate, by)], 5).await {
                // What is shown is not good from the start: there is nothing to lose.
                Err(StoreError::NotAuthorised(_)) => continue,
                other => other.unwrap(),
            }
            held += 1;
            let holding = holder.transaction().await.unwrap();
            holding.execute(ROW_IN_THE_WAY, &[]).await.unwrap();
            let asked = tokio::spawn({
                let scene = scene.clone();
                async move { ask(&scene, by).await }
            });
            waiting_for_a_lock(&watcher, 1).await;
            let lost = tokio::spawn({
                let scene = scene.on(&other);
                async move { lose(&scene).await }
            });
            waiting_for_a_lock(&watcher, 2).await;
            assert!(!asked.is_finished() && !lost.is_finished(), "{write}, {loss}");
            holding.rollback().await.unwrap();
            let done = asked.await.unwrap();
            assert!(done.is_ok(), "{write}, {loss}: {done:?}");
            lost.await.unwrap();
            let after = ask(&scene, by).await;
            assert!(
                matches!(after, Err(StoreError::NotAuthorised(lost)) if lost == expected),
                "{write}, {loss}: {after:?}"
            );
        }
    }
    // Two losses are none that come later, and two are of a rank that nobody has once the account is removed.
    assert_eq!(held, (LOSSES.len() - 2) * WRITES.len() - 2);
}

/// They change what entitles their caller, or must see all that is minted with it.
const WAIT_FOR_MINTS: [&str; 5] =
    ["delete named tokens", "revoke tokens", "revoke descendants", "change a user", "remove a user"];

#[tokio::test]
async fn a_write_waits_for_no_mint_of_its_caller_that_it_leaves_alone() {
    let Some(database) = postgres::database() else { return };
    let (mut holder, other) = (database.connect().await, node(&database.settings(), "other").await);
    let watcher = database.connect().await;
    let engine = Engine { store: node(&database.settings(), "node").await, folder: None, _database: None };
    let mut number = 0;
    for (write, ask) in WRITES.into_iter().filter(|(write, _)| !WAIT_FOR_MINTS.contains(write)) {
        number += 1;
        let scene = Scene::new(&engine, number).await;
        let by = Actor::Caller(scene.by_token());
        let holding = holder.transaction().await.unwrap();
        holding.execute(ROW_IN_THE_WAY, &[]).await.unwrap();
        let minted = tokio::spawn({
            let (store, token) = (Arc::clone(&engine.store), token(&scene.caller, 5, None));
            async move { store.insert_token(token, by, NOW_MS).await }
        });
        waiting_for_a_lock(&watcher, 1).await;
        let asked = tokio::time::timeout(SOON, ask(&scene.on(&other), by)).await;
        assert!(matches!(asked, Ok(Ok(()))), "{write}: {asked:?}");
        assert!(!minted.is_finished(), "{write}");
        holding.rollback().await.unwrap();
        assert_eq!(minted.await.unwrap().unwrap(), Inserted::Stored, "{write}");
    }
    assert_eq!(number, WRITES.len() - WAIT_FOR_MINTS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mints_without_pause_on_other_nodes_keep_no_loss_waiting() {
    let Some(database) = postgres::database() else { return };
    let owners = node(&database.settings(), "owners").await;
    let engine = Engine { store: Arc::clone(&owners), folder: None, _database: None };
    let thieves = [node(&database.settings(), "thief-1").await, node(&database.settings(), "thief-2").await];
    for (number, loss) in Loss::ALL.into_iter().enumerate() {
        let token = owner(&engine, &format!("user-{number}")).await;
        let (streams, stored) = minting_without_pause(&thieves, &token).await;
        assert!(loss.apply(&owners, &token).await.unwrap(), "{loss:?}");
        let before = stored.load(Ordering::SeqCst);
        for thief in &thieves {
            let after = mint(thief, &token).await;
            assert!(
                matches!(after, Err(StoreError::NotAuthorised(Lost::Token | Lost::Account))),
                "{loss:?}: {after:?}"
            );
        }
        for ended in join_all(streams).await {
            assert!(matches!(ended.unwrap(), StoreError::NotAuthorised(_)), "{loss:?}");
        }
        // Answers of mints that were committed before may have come a little later, one for each stream.
        assert!(stored.load(Ordering::SeqCst) <= before + 16, "{loss:?}");
    }
    let left = database.connect().await.query_one("SELECT count(*) FROM changing", &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 0, "no account is kept back any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mints_without_pause_keep_nobody_waiting_who_looks_at_the_account() {
    let Some(database) = postgres::database() else { return };
    let node_of_others = node(&database.settings(), "others").await;
    let engine = Engine { store: Arc::clone(&node_of_others), folder: None, _database: None };
    let thieves = [node(&database.settings(), "thief-1").await, node(&database.settings(), "thief-2").await];
    let (stolen, elsewhere) = (owner(&engine, "user").await, owner(&engine, "another").await);
    let administrator = added(&engine, "administrator").await;
    let (streams, _) = minting_without_pause(&thieves, &stolen).await;
    // A token of the account is shown to somebody who would get its rights.
    let by = Actor::Caller(Caller::by_password(administrator.id, 1).over(stolen.user));
    let shown = AuditEntry { user: Some(stolen.user), ..AuditEntry::new(AuditAction::TokenUpdate, by) };
    node_of_others.append_audit(vec![shown], 5).await.unwrap();
    // The account itself revokes what another token of it has minted elsewhere.
    let kin = vec![Kin { what: Parent::Token(elsewhere.id), owner: elsewhere.user, is_good: true }];
    let of = Ancestors::One(Parent::Token(TokenId::new(1, &Random::system())));
    let by = Actor::Caller(Caller::by_password(stolen.user, 1));
    let ended = node_of_others.revoke_descendants(Doomed { of, kin, by }, 5).await.unwrap();
    assert_eq!(ended.revoked, [elsewhere.id]);
    for stream in streams {
        assert!(!stream.is_finished(), "it goes on");
        stream.abort();
    }
}
