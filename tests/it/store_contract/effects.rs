//! What a replay does to single records: each effect says how many it has changed, and once more changes nothing more.

use zonemint::store::Effect::{
    BlockUser, DeleteToken, DropPassword, DropPrivileges, EndSignIn, IsBlocked, IsRevoked, KeepNameIfLost,
    NamesFromBefore, RaiseEveryGeneration, RaiseGeneration, RemoveUser, RetireKey, RevokeEveryToken, RevokeToken,
};
use zonemint::store::{DayOfUses, Effect, FormerName};

use super::*;

/// What effects answer, done twice.
async fn twice(engine: &Engine, effects: &[Effect]) -> [Vec<u64>; 2] {
    let first = applied(engine, effects, 50).await;
    [first, applied(engine, effects, 51).await]
}

/// What effects answer under a mark that is not there yet.
async fn applied(engine: &Engine, effects: &[Effect], at_ms: u64) -> Vec<u64> {
    let before = engine.store.mark("replay").await.unwrap().unwrap_or_default();
    engine.store.apply(effects.to_vec(), at_ms, mark(&format!("{before}."))).await.unwrap()
}

fn mark(value: &str) -> Mark {
    Mark { name: "replay".to_owned(), value: Some(value.to_owned()) }
}

pub(super) async fn effects_come_with_their_mark_and_not_twice_under_the_same_one(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let before = alice.generation;
    for (value, records, raised) in [("one", 1, 3), ("one", 0, 3), ("two", 1, 6)] {
        let effects = [RaiseGeneration(alice.id, 3)].to_vec();
        assert_eq!(engine.store.apply(effects, 50, mark(value)).await.unwrap(), [records]);
        assert_eq!(engine.store.mark("replay").await.unwrap().as_deref(), Some(value));
        assert_eq!(engine.store.user(alice.id).await.unwrap().unwrap().generation, before + raised);
    }
}

pub(super) async fn effects_on_users_take_away_and_say_whether_they_changed_something(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let rights = UserChange::Privileges(Privileges::all());
    assert_eq!(engine.store.change_user(alice.id, rights, Actor::Operator, 3).await.unwrap(), Changed::Done);
    let before = engine.store.user(alice.id).await.unwrap().unwrap();
    let position = engine.store.feed_end().await.unwrap();
    let effects = [IsBlocked(alice.id), BlockUser(alice.id), EndSignIn(alice.id), DropPassword(alice.id)];
    assert_eq!(twice(&engine, &effects).await, [vec![0, 1, 1, 1], vec![1, 0, 0, 0]]);
    assert_eq!(twice(&engine, &[DropPrivileges(alice.id)]).await, [vec![1], vec![0]]);
    let after = engine.store.user(alice.id).await.unwrap().unwrap();
    assert_eq!((after.password, after.basic_auth, after.blocked), (None, false, true));
    assert_eq!(after.privileges, Privileges::NONE);
    assert_eq!(
        after.password_version,
        before.password_version + 2,
        "what was shown with a password is not good any more"
    );
    assert_eq!(after.version, before.version + 4);
    let topics: Vec<_> = changes_after(&engine.store, &position).await.iter().map(|change| change.topic).collect();
    assert_eq!(topics, [Topic::User(alice.id); 4]);

    assert_eq!(twice(&engine, &[RaiseGeneration(alice.id, 3)]).await, [vec![1], vec![1]], "each time");
    assert_eq!(engine.store.user(alice.id).await.unwrap().unwrap().generation, before.generation + 6);
    assert_eq!(applied(&engine, &[RaiseEveryGeneration(10), NamesFromBefore(alice.id)], 52).await, [1, 1]);
    let after = engine.store.user(alice.id).await.unwrap().unwrap();
    let by = zonemint::store::BEYOND_ALL_GENERATIONS;
    assert_eq!((after.generation, after.version), (before.generation + 6 + by, before.version + 8));
    assert_eq!(applied(&engine, &[RaiseEveryGeneration(1_800_000_000_000)], 52).await, [1]);
    assert_eq!(engine.store.user(alice.id).await.unwrap().unwrap().generation, 1_800_000_000_000, "the moment");
    let nobody = UserId::new(&Random::system());
    let effects = [BlockUser(nobody), DropPassword(nobody), RaiseGeneration(nobody, 1), RemoveUser(nobody, 7)];
    assert_eq!(applied(&engine, &effects, 53).await, [0; 4]);
}

pub(super) async fn a_user_that_a_trail_removes_leaves_its_name_and_no_uses(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let uses = DayOfUses { owner: alice.id, day: 1, count: 5 };
    engine.store.add_uses(vec![uses]).await.unwrap();
    let seen = SeenAddress { owner: alice.id, address: [1; 32], seen_ms: 9 };
    engine.store.note_address(seen, vec![], 0, 8).await.unwrap();
    let named = |name| FormerName { owner: alice.id, until_ms: 60, name: UserName::parse(name).unwrap() };
    let effects = [KeepNameIfLost(named("alice")), KeepNameIfLost(named("other")), RemoveUser(alice.id, 40)];
    assert_eq!(twice(&engine, &effects).await, [vec![0, 1, 1], vec![1, 1, 0]]);
    assert_eq!(engine.store.user(alice.id).await.unwrap(), None);
    assert_eq!(engine.store.uses_of(alice.id, 0).await.unwrap(), []);
    assert_eq!(engine.store.known_addresses(alice.id).await.unwrap(), []);
    let former = engine.store.former_names(alice.id).await.unwrap();
    let former: Vec<_> = former.iter().map(|former| (former.name.as_str(), former.until_ms)).collect();
    assert_eq!(former, [("alice", 40), ("alice", 60), ("other", 60)]);
    assert_eq!(engine.store.dump_users(None, 9).await.unwrap()[0].removed_ms, Some(40));
}

pub(super) async fn effects_on_tokens_and_keys_take_away_and_say_whether_they_changed_something(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let tokens: Vec<_> = (1..=4).map(|ms| token(&alice, ms, None)).chain([token(&bob, 5, None)]).collect();
    for token in &tokens {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    let [one, two, ..] = tokens.iter().map(|token| token.id).collect::<Vec<_>>()[..] else { panic!() };
    let effects =
        [IsRevoked(one), RevokeToken(one), DeleteToken(two, 40), RevokeToken(TokenId::new(9, &Random::system()))];
    assert_eq!(twice(&engine, &effects).await, [vec![0, 1, 1, 0], vec![1, 0, 0, 0]]);
    assert_eq!(engine.store.token(one).await.unwrap().unwrap().revoked_ms, Some(Token::AT_ONCE));
    assert_eq!(engine.store.token(two).await.unwrap(), None);
    let key = SealedKey::new(KeyId::from_bytes([7; 8]), KeyId::from_bytes([1; 8]), vec![3; 40], 1);
    engine.store.insert_first_key(key.clone()).await.unwrap();
    assert_eq!(twice(&engine, &[RetireKey(key.id, 41)]).await, [vec![1], vec![0]], "even the only one");
    let retired = SealedKey { sealed: Vec::new(), number: Some(1), retired_ms: Some(41), ..key };
    assert_eq!(engine.store.keys().await.unwrap(), [retired]);
    // Those of a blocked account were not good, and theirs end at 5 s.
    let effects = [BlockUser(bob.id), RevokeEveryToken(4_000)];
    assert_eq!(applied(&engine, &effects, 50).await, [1, 2]);
    assert_eq!(applied(&engine, &[RevokeEveryToken(4_000)], 50).await, [0]);
    for token in &tokens {
        assert!(engine.store.token(token.id).await.unwrap().is_none_or(|token| token.revoked_ms.is_some()));
    }
    let before = engine.store.audit_after(&engine.store.chain(), 0, 99).await.unwrap();
    assert!(before.iter().all(|row| row.action != AuditAction::TokenRevoke), "the trail has these rows");
}
