//! What has had its time leaves in the background, and by command.

use zonemint::app::{Purge, Step};
use zonemint::clock::Clock;
use zonemint::model::Period;
use zonemint::store::{DayOfUses, UserChange};

use super::*;
use crate::support::operator::{add_user as add_user_by_command, done};
use crate::support::{Shared, TestServer};

const DAY_MS: u64 = 86_400_000;
/// More tokens than one step looks at.
const TOKENS: u64 = 700;

async fn filled(store: &Arc<dyn Store>) -> (User, Vec<TokenId>) {
    let alice = add_user(store, "alice").await;
    let mut tokens: Vec<_> =
        (1..=TOKENS).map(|ms| token_of(&alice, ms, if ms % 2 == 0 { 100 } else { FAR_S })).collect();
    assert!(
        store
            .import_tokens(tokens.clone(), Actor::Operator, 1)
            .await
            .unwrap()
            .iter()
            .all(|done| *done == Inserted::Stored)
    );
    tokens.retain(|token| token.created_ms % 2 == 0);
    for at_ms in [DAY_MS, 2 * DAY_MS, 3 * DAY_MS] {
        let _ = store.change_user(alice.id, UserChange::Generation, Actor::Operator, at_ms).await.unwrap();
    }
    (alice, tokens.into_iter().map(|token| token.id).collect())
}

async fn on_every_store(case: impl AsyncFn(Arc<dyn Store>)) {
    let stores = [Some(Shared::file()), Shared::database()];
    for shared in stores.into_iter().flatten() {
        case(shared.open("node-1").await).await;
    }
}

#[tokio::test]
async fn steps_go_through_all_tokens_and_rest_for_an_hour_then() {
    on_every_store(async |store| {
        let (alice, expired) = filled(&store).await;
        let clock = Clock::manual(DAY_MS);
        let mut purge = Purge::new(Arc::clone(&store), &settings(), clock.clone());
        let first = purge.step().await.unwrap();
        assert_eq!(first, Step::default(), "nothing is old enough");
        assert_eq!(purge.step().await.unwrap(), Step { at_rest: true, ..Step::default() });

        clock.set_ms(40 * DAY_MS);
        let (mut tokens, mut steps) = (0, 0);
        loop {
            let step = purge.step().await.unwrap();
            assert!(step.tokens <= 500, "{step:?}");
            (tokens, steps) = (tokens + step.tokens, steps + 1);
            if step.at_rest {
                break;
            }
        }
        assert_eq!((tokens, steps), (expired.len(), 2));
        assert_eq!(store.token(expired[0]).await.unwrap(), None);
        let left = store.read_feed(&zonemint::store::Position::default(), 99).await.unwrap().changes;
        assert_eq!(left.len(), 1, "the last change stays, and says where the feed ends");

        mint(&store, &alice, 800, 100).await;
        clock.set_ms(40 * DAY_MS + 3_599_000);
        assert_eq!(purge.step().await.unwrap().tokens, 0, "within the hour nothing is looked at");
        clock.set_ms(40 * DAY_MS + 3_601_000);
        assert_eq!(purge.step().await.unwrap().tokens, 1, "then it begins again");
    })
    .await;
}

#[tokio::test]
async fn days_of_uses_leave_when_no_request_can_ask_for_them() {
    on_every_store(async |store| {
        let owner = add_user(&store, "alice").await.id;
        let day = |day| DayOfUses { owner, day, count: 1 };
        store.add_uses((0..700).map(day).collect()).await.unwrap();
        let mut purge = Purge::new(Arc::clone(&store), &settings(), Clock::manual(699 * DAY_MS + 5));
        let steps = [purge.step().await.unwrap(), purge.step().await.unwrap(), purge.step().await.unwrap()];
        assert_eq!(steps.map(|step| (step.uses, step.at_rest)), [(500, false), (110, false), (0, true)]);
        assert_eq!(store.uses_of(owner, 0).await.unwrap(), (610..700).map(day).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn two_nodes_that_purge_at_once_take_each_token_away_once() {
    on_every_store(async |store| {
        let (_, expired) = filled(&store).await;
        let node = || Purge::new(Arc::clone(&store), &settings(), Clock::manual(40 * DAY_MS));
        let (mut one, mut other, mut taken) = (node(), node(), 0);
        for _ in 0..3 {
            let (here, there) = tokio::join!(one.step(), other.step());
            taken += here.unwrap().tokens + there.unwrap().tokens;
        }
        assert_eq!(taken, expired.len());
    })
    .await;
}

#[tokio::test]
async fn a_running_server_purges_by_itself() {
    let server = TestServer::start_with(|config| {
        config.store.keep_expired = Period::from_ms(0);
        config.store.purge = Period::from_ms(100);
    })
    .await;
    let answer = server.mint(serde_json::json!({"ttl": 60})).await;
    assert_eq!(answer.status, 200);
    let store = Arc::clone(&server.store);
    let all = store.dump_tokens(None, 9).await.unwrap();
    assert_eq!(all.len(), 1);
    server.advance_s(3_700);
    let started = std::time::Instant::now();
    while !store.dump_tokens(None, 9).await.unwrap().is_empty() {
        assert!(started.elapsed().as_secs() < 10, "the token never left");
    }
}

#[tokio::test]
async fn a_command_does_all_steps_at_once() {
    let folder = tempfile::tempdir().unwrap();
    add_user_by_command(folder.path(), "bob");
    // What follows was made long before by another clock: changes leave from the front only.
    let raw = rusqlite::Connection::open(folder.path().join("data/zonemint.db")).unwrap();
    assert_eq!(raw.execute("UPDATE changes SET at_ms = 0", []).unwrap(), 1);
    drop(raw);
    let store = open(&folder.path().join("data"));
    let (_, expired) = filled(&store).await;
    store.close().await;
    let told = done(folder.path(), &["store", "purge"]);
    assert_eq!(told, format!("deleted {} expired tokens, 4 old changes and 0 old days of uses\n", expired.len()));
    let told = done(folder.path(), &["store", "purge", "--json"]);
    assert_eq!(told, "{\"tokens\":0,\"changes\":0,\"uses\":0}\n");
}
