//! A replay that was cut off, and what it refuses to begin with.

use zonemint::store::postgres::{OwnName, sessions};
use zonemint::store::replay::Plan;
use zonemint::store::{Address, Effect, Settings, StoreError};

use super::*;

/// How far a run came.
#[derive(Debug, Clone, Copy)]
enum CutOff {
    /// Nothing is taken away yet.
    Locked,
    /// Some of it is taken away, generations among them.
    PartlyApplied,
    /// Everything is taken away.
    Applied,
    /// Some rows are stored, those that change users among them.
    PartlyStored,
}

/// Runs a replay, but not to its end.
async fn cut_off(store: &Arc<dyn Store>, trail: &[AuditRow], at: CutOff) {
    let mut replay = Replay::begin(&**store).await.unwrap();
    for row in trail {
        replay.row(row).await.unwrap().unwrap();
    }
    let locked = replay.lock(99).await.unwrap();
    match at {
        CutOff::Locked => return,
        CutOff::PartlyApplied => return apply_in_part(store, trail).await,
        CutOff::Applied | CutOff::PartlyStored => {}
    }
    let mut load = locked.apply(99).await.unwrap();
    if let CutOff::PartlyStored = at {
        for row in &trail[..trail.len() - 100] {
            load.row(row.clone()).await.unwrap();
        }
    }
}

/// Applies the effects of a trail in one transaction, up to the first one that raises a generation.
async fn apply_in_part(store: &Arc<dyn Store>, trail: &[AuditRow]) {
    let (mut plan, stored) = (Plan::default(), store.heads().await.unwrap().remove(0).seq);
    trail.iter().filter(|row| row.seq > stored).for_each(|row| plan.take(row).unwrap());
    let effects = plan.effects(99);
    let done = effects.iter().position(|effect| matches!(effect, Effect::RaiseGeneration(..))).unwrap() + 1;
    let locked = store.mark(MARK).await.unwrap().unwrap();
    let value = Some(locked.replacen(":0 ", &format!(":{done} "), 1));
    store.apply(effects[..done].to_vec(), 99, Mark { name: MARK.to_owned(), value }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_was_cut_off_keeps_the_store_from_being_served_and_goes_on() {
    let Some(database) = postgres::database() else { return };
    let variables = variables_of(&database);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let shared = Shared::Database(database);
    let store = shared.open("node").await;
    let (users, tokens) = filled(&store).await;
    let generation = users[6].generation;
    let Shared::Database(database) = &shared else { panic!() };
    database.keep().await;
    go_on(&store, &users, &tokens).await;
    let trail = rows_of(&store).await;
    store.close().await;
    drop(store);
    export(path, &variables);

    for at in [CutOff::Locked, CutOff::PartlyApplied, CutOff::Applied, CutOff::PartlyStored] {
        database.put_back().await;
        let store = shared.open("operator").await;
        cut_off(&store, &trail, at).await;
        let stored = store.heads().await.unwrap().remove(0).seq;
        assert_eq!(stored > 478 + 15, matches!(at, CutOff::PartlyStored), "{at:?}: {stored}");
        store.close().await;
        drop(store);

        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"], &["store", "check"]] {
            let told = failed(&run(path, &variables, command, ""));
            assert!(told.contains("is not finished: run `zonemint store replay` again"), "{told}");
        }
        let told = done(path, &variables, &["store", "replay", "--audit", "trail"], "");
        for expected in [
            "an earlier run was interrupted",
            "four: the password was changed",
            "six: the privileges",
            "five: sign-in",
            "1 tokens that were minted after the backup",
            "1 users that were added after the backup",
            &format!("the root key {} was made after the backup and is lost", key(3).id),
        ] {
            assert!(told.contains(expected), "{at:?}: {expected}: {told}");
        }
        let store = shared.open("watcher").await;
        assert_eq!(store.user(users[6].id).await.unwrap().unwrap().generation, generation + 2, "{at:?}: once");
        for id in &tokens[1..450] {
            assert!(store.token(*id).await.unwrap().is_none_or(|token| token.revoked_ms.is_some()));
        }
        assert!(store.token(tokens[0]).await.unwrap().unwrap().revoked_ms.is_none());
        assert_eq!(store.audit_after(&Chain::parse("node").unwrap(), 0, 10_000).await.unwrap(), trail);
        let note = store.audit_after(&Chain::parse("operator").unwrap(), 0, 9).await.unwrap().remove(0).note.unwrap();
        assert!(note.starts_with("backup=node:478 mode=trail"), "where the backup itself ended: {note}");
        store.close().await;
        drop(store);
        done(path, &variables, &["store", "check"], "");
        done(path, &variables, &["audit", "verify", "--with-store", "trail"], "");
    }
}

/// A store with three rows, kept after the first one; its trail, and an operator's view of it as it was kept.
async fn put_back(shared: &Shared) -> (Vec<AuditRow>, Arc<dyn Store>) {
    let Shared::Database(database) = shared else { panic!() };
    let node = shared.open("node").await;
    add_user(&node, "alice").await;
    database.keep().await;
    for name in ["bob", "carol"] {
        add_user(&node, name).await;
    }
    let trail = rows_of(&node).await;
    node.close().await;
    database.put_back().await;
    (trail, shared.open("operator").await)
}

#[tokio::test]
async fn a_command_that_writes_while_the_trail_is_read_is_noticed_and_nothing_is_locked() {
    let Some(shared) = Shared::database() else { return };
    let (trail, store) = put_back(&shared).await;
    let mut replay = Replay::begin(&*store).await.unwrap();
    for row in &trail {
        replay.row(row).await.unwrap().unwrap();
    }
    let other = shared.open("node").await;
    add_user(&other, "dave").await;
    let refused = replay.lock(99).await.err().unwrap();
    assert!(matches!(refused, ReplayError::StoreChanged), "{refused}");
    assert!(refused.to_string().contains("run the command again"), "{refused}");
    assert_eq!(store.mark(MARK).await.unwrap(), None);
    other.close().await;
}

#[tokio::test]
async fn a_trail_with_other_rows_than_those_of_a_run_that_was_cut_off_is_refused() {
    let Some(shared) = Shared::database() else { return };
    let (trail, store) = put_back(&shared).await;
    cut_off(&store, &trail, CutOff::Applied).await;
    let mark = Mark { name: MARK.to_owned(), value: store.mark(MARK).await.unwrap() };
    store.load(Rows::Audit(trail[1..].to_vec()), mark.clone()).await.unwrap();
    store.load(Rows::Audit(trail[1..].to_vec()), mark.clone()).await.unwrap();
    let other = AuditRow { hash: [9; 32], ..trail[2].clone() };
    let refused = store.load(Rows::Audit(vec![trail[1].clone(), other.clone()]), mark).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");

    let mut replay = Replay::begin(&*store).await.unwrap();
    assert!(replay.goes_on());
    for row in &trail[..2] {
        replay.row(row).await.unwrap().unwrap();
    }
    assert!(replay.row(&other).await.unwrap().unwrap_err().to_string().contains("another one"));
    let short = replay.lock(99).await.err().unwrap();
    assert!(matches!(short, ReplayError::TrailTooShort { seq: 3, .. }), "{short}");
}

#[tokio::test]
async fn a_mark_that_cannot_be_read_is_an_error() {
    let Some(shared) = Shared::database() else { return };
    let (_, store) = put_back(&shared).await;
    store.set_mark(Mark { name: MARK.to_owned(), value: Some("node:1".to_owned()) }).await.unwrap();
    assert!(matches!(Replay::begin(&*store).await.err(), Some(ReplayError::Mark)));
}

#[test]
fn a_trail_that_can_be_read_only_once_is_refused_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let variables = variables("postgres://zonemint@127.0.0.1:1/nowhere", "");
    for (file, expected) in [("/dev/null", "/dev/null is no regular file"), ("lacking", "lacking cannot be read")] {
        let told = failed(&run(folder.path(), &variables, &["store", "replay", "--audit", file], ""));
        assert!(told.contains(expected) && told.contains("nothing was changed"), "{told}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_has_not_said_that_it_has_no_sessions() {
    let Some(database) = postgres::database() else { return };
    let chain = Chain::parse("operator").unwrap();
    assert_eq!(sessions(&database.settings(), &chain, OwnName::Counts).await.unwrap(), [""; 0]);
    let nowhere = Address::parse("postgres://zonemint@127.0.0.1:1/nowhere");
    let settings = Settings { url: nowhere, ..database.settings() };
    assert!(matches!(sessions(&settings, &chain, OwnName::Counts).await, Err(StoreError::Unavailable(_))));
}
