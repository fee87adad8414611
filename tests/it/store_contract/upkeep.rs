//! Keys, the audit trail, what leaves the store, and what moves to another one.

use super::*;
use zonemint::model::{Parent, RequestId};
use zonemint::store::{Caller, Origin};

pub(super) async fn only_the_first_key_is_kept(engine: Engine) {
    engine.store.insert_first_key(key(1)).await.unwrap();
    engine.store.insert_first_key(key(2)).await.unwrap();
    assert_eq!(engine.store.keys().await.unwrap(), [numbered(1, 1)]);
}

/// A key as the store has it.
fn numbered(which: u8, number: u64) -> SealedKey {
    SealedKey { number: Some(number), ..key(which) }
}

pub(super) fn key(which: u8) -> SealedKey {
    let (id, sealed_by) = (KeyId::from_bytes([which; 8]), KeyId::from_bytes([9; 8]));
    SealedKey::new(id, sealed_by, vec![1, 2, 3], which.into())
}

pub(super) async fn keys_are_added_and_all_but_one_retired_for_good(engine: Engine) {
    let store = &engine.store;
    let start = store.feed_end().await.unwrap();
    store.insert_first_key(key(1)).await.unwrap();
    store.add_key(key(2), Actor::Operator).await.unwrap();
    assert_eq!(store.keys().await.unwrap(), [numbered(2, 2), numbered(1, 1)], "the last one first");
    let retire = async |number| store.retire_key(key(number).id, Actor::Operator, 5).await.unwrap();
    assert_eq!(retire(3).await, Changed::NotFound);
    assert_eq!(retire(1).await, Changed::Done);
    assert_eq!(retire(1).await, Changed::NotFound, "it is retired already");
    assert_eq!(retire(2).await, Changed::NotFound, "it is the last one");
    let retired = SealedKey { sealed: Vec::new(), retired_ms: Some(5), ..numbered(1, 1) };
    assert_eq!(store.keys().await.unwrap(), [numbered(2, 2), retired]);
    let changes = changes_after(store, &start).await;
    assert!(changes.len() == 3 && changes.iter().all(|change| change.topic == Topic::Keys));
    let rows = store.audit_after(&store.chain(), 0, 10).await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.action.name()).collect();
    assert_eq!(names, ["key.add", "key.add", "key.retire"]);
    assert_eq!(rows[2].note.as_deref(), Some(&*format!("key={}", key(1).id)));
    assert_chained(store, 3).await;
}

pub(super) async fn the_order_of_keys_is_that_of_their_numbers_whatever_the_time_says(engine: Engine) {
    let store = &engine.store;
    store.insert_first_key(key(9)).await.unwrap();
    for which in [200, 3] {
        store.add_key(key(which), Actor::Operator).await.unwrap();
    }
    assert_eq!(store.keys().await.unwrap(), [numbered(3, 3), numbered(200, 2), numbered(9, 1)]);
    let start = store.feed_end().await.unwrap();
    let put_last = async |which| store.put_key_last(key(which).id, Actor::Operator, 5).await.unwrap();
    assert_eq!(put_last(9).await, Changed::Done);
    assert_eq!(store.keys().await.unwrap(), [numbered(9, 4), numbered(3, 3), numbered(200, 2)]);
    assert_eq!(put_last(7).await, Changed::NotFound);
    assert_eq!(store.retire_key(key(3).id, Actor::Operator, 6).await.unwrap(), Changed::Done);
    assert_eq!(put_last(3).await, Changed::NotFound, "it is retired");
    assert_eq!(changes_after(store, &start).await.len(), 2);
    let rows = store.audit_after(&store.chain(), 3, 10).await.unwrap();
    assert_eq!(rows[0].note.as_deref(), Some(&*format!("key={} order=last", key(9).id)));
}

pub(super) async fn keys_and_secrets_are_sealed_anew_once(engine: Engine) {
    let store = &engine.store;
    let alice = added(&engine, "alice").await;
    store.insert_first_key(key(1)).await.unwrap();
    let (old, new) = (KeyId::from_bytes([9; 8]), KeyId::from_bytes([8; 8]));
    let imported = |at_ms| Token {
        secret: TokenSecret::Imported { sealed_by: old, sealed: vec![7; 40] },
        ..token(&alice, at_ms, None)
    };
    let mut tokens = [imported(1), imported(2), imported(3)];
    for token in &tokens {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    assert_eq!(insert(&engine, &token(&alice, 4, None)).await, Inserted::Stored, "which has no secret of its own");
    tokens.sort_by_key(|token| token.id);

    let resealed = Resealed { from: old, to: SealedKey { sealed_by: new, sealed: vec![4], ..key(1) } };
    let start = store.feed_end().await.unwrap();
    assert_eq!(store.reseal_keys(vec![resealed.clone()], Actor::Operator, 5).await.unwrap(), 1);
    assert_eq!(store.reseal_keys(vec![resealed.clone()], Actor::Operator, 6).await.unwrap(), 0);
    assert_eq!(store.keys().await.unwrap(), [SealedKey { number: Some(1), ..resealed.to }]);
    assert_eq!(changes_after(store, &start).await.len(), 1);

    let found = store.secrets_not_under(new, None, 2).await.unwrap();
    assert_eq!(found.len(), 2);
    let rest = store.secrets_not_under(new, Some(found[1].token), 2).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(store.secrets_not_under(old, None, 2).await.unwrap(), []);
    let anew = |secret: &SealedSecret| Resealed {
        from: secret.sealed_by,
        to: SealedSecret { sealed_by: new, sealed: vec![6], ..secret.clone() },
    };
    let all: Vec<_> = found.iter().chain(&rest).map(anew).collect();
    assert_eq!(store.reseal_secrets(all.clone(), Actor::Operator, 7).await.unwrap(), 3);
    assert_eq!(store.reseal_secrets(all, Actor::Operator, 8).await.unwrap(), 0);
    let read = store.token(tokens[0].id).await.unwrap().unwrap();
    assert_eq!(read.secret, TokenSecret::Imported { sealed_by: new, sealed: vec![6] });
}

pub(super) async fn tokens_of_a_root_key_are_counted(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let end = |until| Token { caveats: vec![Caveat::Time(Time::until(until))], ..token(&alice, until, None) };
    let (good, expired, revoked) = (end(100), end(10), end(101));
    for token in [&good, &expired, &revoked] {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    let which = Which::Ids(vec![revoked.id]);
    assert_eq!(engine.store.revoke_tokens(alice.id, which, 9, Actor::Operator, 1).await.unwrap().len(), 1);
    let TokenSecret::Derived(root) = good.secret else { panic!("a token of our own has no secret") };
    assert_eq!(engine.store.tokens_under(root, 50_000).await.unwrap(), 1);
    assert_eq!(engine.store.tokens_under(key(77).id, 50_000).await.unwrap(), 0);
}

pub(super) async fn expired_tokens_leave_in_small_steps(engine: Engine) {
    let store = &engine.store;
    let alice = added(&engine, "alice").await;
    let end = |until| Token { caveats: vec![Caveat::Time(Time::until(until))], ..token(&alice, until, None) };
    let endless = Token { caveats: Vec::new(), ..token(&alice, 900, None) };
    let tokens: Vec<_> = (1..=10).map(|number| end(10 * number)).collect();
    for token in tokens.iter().chain([&endless]) {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    let (mut removed, mut next, mut steps) = (0, None, 0);
    loop {
        let step = store.purge_tokens(51, next, 4, 60).await.unwrap();
        (removed, next, steps) = (removed + step.removed, step.next, steps + 1);
        if next.is_none() {
            break;
        }
    }
    assert_eq!((removed, steps), (5, 3), "11 tokens, 4 at a time");
    for token in &tokens {
        let kept = store.token(token.id).await.unwrap().is_some();
        assert_eq!(kept, token.created_ms > 50, "the token of {}", token.created_ms);
    }
    assert!(store.token(endless.id).await.unwrap().is_some());
    let rows = store.audit_after(&store.chain(), 12, 10).await.unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.action == AuditAction::TokenPurge));
    assert_chained(store, 12 + u64::try_from(rows.len()).unwrap()).await;
}

pub(super) async fn old_days_of_uses_leave_in_small_steps(engine: Engine) {
    let store = &engine.store;
    let alice = added(&engine, "alice").await;
    store.add_uses(records::uses(&alice, &[(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)])).await.unwrap();
    for expected in [2, 1, 0] {
        assert_eq!(store.purge_uses(4, 2).await.unwrap(), expected);
    }
    assert_eq!(store.uses_of(alice.id, 0).await.unwrap(), records::uses(&alice, &[(4, 1), (5, 1)]));
}

pub(super) async fn old_addresses_leave_in_small_steps(engine: Engine) {
    let store = &engine.store;
    let alice = added(&engine, "alice").await;
    for number in 1..=5 {
        store.note_address(records::seen(&alice, number, number.into()), Vec::new(), 0, 8).await.unwrap();
    }
    for expected in [2, 1, 0] {
        assert_eq!(store.purge_addresses(4, 2).await.unwrap(), expected);
    }
    assert_eq!(store.known_addresses(alice.id).await.unwrap().len(), 2);
}

pub(super) async fn old_changes_leave_but_the_last_one(engine: Engine) {
    let store = &engine.store;
    let start = store.feed_end().await.unwrap();
    let alice = added(&engine, "alice").await;
    for at_ms in 1_010..1_020 {
        let change = if at_ms % 2 == 0 { UserChange::Block } else { UserChange::Unblock };
        assert_eq!(store.change_user(alice.id, change, Actor::Operator, at_ms).await.unwrap(), Changed::Done);
    }
    let end = store.feed_end().await.unwrap();
    assert_eq!(store.purge_changes(1_015, 3).await.unwrap(), 3);
    while store.purge_changes(1_015, 3).await.unwrap() > 0 {}
    let left = changes_after(store, &start).await;
    assert_eq!(left.len(), 5);
    let mut place = start.clone();
    assert!(place.see(&left[0]).is_err(), "a reader notices what it has missed");
    while store.purge_changes(u64::MAX >> 1, 3).await.unwrap() > 0 {}
    let left = changes_after(store, &start).await;
    assert_eq!(left.len(), 1);
    assert_eq!(store.feed_end().await.unwrap(), end, "the end is where it was");
}

pub(super) async fn a_change_of_a_clock_that_was_set_back_leaves_after_those_before_it(engine: Engine) {
    let store = &engine.store;
    let alice = added(&engine, "alice").await;
    for at_ms in [1_010, 1_030, 1_020, 1_040] {
        let generation = store.change_user(alice.id, UserChange::Generation, Actor::Operator, at_ms);
        assert_eq!(generation.await.unwrap(), Changed::Done);
    }
    while store.purge_changes(1_025, 3).await.unwrap() > 0 {}
    let left = changes_after(store, &Position::default()).await;
    assert_eq!(left.iter().map(|change| change.at_ms).collect::<Vec<_>>(), [1_030, 1_020, 1_040]);
    assert_eq!(store.check().await.unwrap(), [""; 0]);
}

pub(super) async fn rows_of_a_request_note_how_it_signed_in_and_where_it_came_from(engine: Engine) {
    let (store, alice) = (&engine.store, added(&engine, "alice").await);
    let of_request = |caller: Caller, number, network: Option<&str>| {
        let network = network.map(|network| network.parse().unwrap());
        Actor::Caller(caller.of_request(Origin { request: RequestId::new(7, number), network }))
    };
    let mint = async |at_ms, by| {
        let minted = token(&alice, at_ms, None);
        assert_eq!(store.insert_token(minted.clone(), by, at_ms).await.unwrap(), Inserted::Stored);
        minted.id
    };
    let by_password = of_request(Caller::by_password(alice.id, 1), 31, Some("192.0.2.0/24"));
    let first = mint(1, by_password).await;
    let shown = Caller::by_token(alice.id, Parent::Token(first), None);
    mint(2, of_request(shown, 32, Some("2001:db8:0:100::/56"))).await;
    mint(3, of_request(shown, 33, None)).await;
    let generation = store.change_user(alice.id, UserChange::Generation, by_password, 4).await;
    assert_eq!(generation.unwrap(), Changed::Done);
    let rows = store.audit_after(&store.chain(), 1, 99).await.unwrap();
    let notes: Vec<_> = rows.iter().map(|row| row.note.as_deref().unwrap()).collect();
    assert_eq!(notes[0], "way=password request=00000007-1f network=192.0.2.0/24");
    assert_eq!(notes[1], format!("minted_by={first} way=token request=00000007-20 network=2001:db8:0:100::/56"));
    assert_eq!(notes[2], format!("minted_by={first} way=token request=00000007-21"));
    assert_eq!(notes[3], notes[0], "other rows note it, too");
    assert_eq!(rows[1].noted(AuditEntry::MINTED_BY), Some(&*first.to_string()));
    assert_chained(store, 5).await;
}

pub(super) async fn audit_rows_with_notes_are_chained_and_leave_from_the_front(engine: Engine) {
    let store = &engine.store;
    let entry = |number| AuditEntry {
        note: Some(format!("number={number}")),
        user: Some(UserId::from_bytes([number; 16])),
        ..AuditEntry::new(AuditAction::LoginRefused, Actor::System)
    };
    store.append_audit((1..=5).map(entry).collect(), 10).await.unwrap();
    store.append_audit(vec![AuditEntry::new(AuditAction::StoreCopy, Actor::Operator)], 11).await.unwrap();
    assert_chained(store, 6).await;
    let chain = store.chain();
    let rows = store.audit_after(&chain, 0, 10).await.unwrap();
    assert_eq!((rows[4].note.as_deref(), rows[4].user), (Some("number=5"), Some(UserId::from_bytes([5; 16]))));
    let last = rows.last().unwrap();
    assert_eq!(store.heads().await.unwrap(), [Head { chain: chain.clone(), seq: 6, hash: last.hash }]);
    assert_eq!(store.delete_audit(&chain, 5, 3).await.unwrap(), 3);
    assert_eq!(store.delete_audit(&chain, 5, 3).await.unwrap(), 1);
    assert_eq!(store.delete_audit(&chain, 5, 3).await.unwrap(), 0);
    assert_eq!(store.audit_after(&chain, 0, 10).await.unwrap(), rows[4..]);
    store.append_audit(vec![AuditEntry::new(AuditAction::AuditArchive, Actor::Operator)], 12).await.unwrap();
    assert_eq!(store.heads().await.unwrap()[0].seq, 7);
}

pub(super) async fn whole_records_move_to_another_store(engine: Engine) {
    let from = sqlite();
    let (alice, gone) = (added(&from, "alice").await, added(&from, "gone").await);
    let tokens = [named(&alice, 1, "kept"), named(&alice, 2, "deleted"), named(&gone, 3, "theirs")];
    for token in &tokens {
        assert_eq!(insert(&from, token).await, Inserted::Stored);
    }
    assert_eq!(from.store.delete_token(alice.id, tokens[1].id, Actor::Operator, 5).await.unwrap(), Changed::Done);
    let again = named(&alice, 4, "deleted");
    assert_eq!(insert(&from, &again).await, Inserted::Stored, "the name is free again");
    assert_eq!(from.store.change_user(gone.id, UserChange::Remove, Actor::Operator, 6).await.unwrap(), Changed::Done);
    from.store.touch_tokens(vec![TokenUse { token: tokens[0].id, day: 77, last: None }]).await.unwrap();
    from.store.add_uses(records::uses(&alice, &[(1, 5), (2, 6), (3, 7)])).await.unwrap();
    for number in 1..=3 {
        from.store.note_address(records::seen(&alice, number, 40), Vec::new(), 0, 8).await.unwrap();
    }
    for name in ["ali", "alicia", "alice"] {
        let names = UserChange::Names { name: UserName::parse(name).ok(), full_name: None };
        assert_eq!(from.store.change_user(alice.id, names, Actor::Operator, 7).await.unwrap(), Changed::Done);
    }
    let mut alice = from.store.user(alice.id).await.unwrap().unwrap();
    alice.must_change = true;
    from.store.insert_first_key(key(1)).await.unwrap();

    let (users, dumped) = (from.store.dump_users(None, 9), from.store.dump_tokens(None, 9));
    let (mut users, mut dumped, keys) = (users.await.unwrap(), dumped.await.unwrap(), from.store.keys().await.unwrap());
    for row in users.iter_mut().filter(|row| row.user.id == alice.id) {
        row.user.must_change = true;
        row.reset = Some(ResetLink { hash: [7; 32], until_ms: 90 });
    }
    let [network, service] = ["192.0.2.0/24", "opw-1"].map(|text| Some(text.to_owned()));
    dumped[0].token.last_use = Some(LastUse { minute: 29_000_000, network, service });
    dumped[1].token.last_use = Some(LastUse { minute: 1, network: None, service: None });
    let days = from.store.dump_uses(None, 9).await.unwrap();
    let addresses = from.store.dump_addresses(None, 9).await.unwrap();
    let names = from.store.dump_names(None, 9).await.unwrap();
    let rows = from.store.audit_after(&Chain::embedded(), 0, 99).await.unwrap();
    assert_eq!((users.len(), dumped.len()), (2, 4));
    let mark = |value: &str| Mark { name: "here".to_owned(), value: Some(value.to_owned()) };
    for _ in 0..2 {
        // The second time nothing is changed.
        engine.store.load(Rows::Users(users.clone()), mark("users")).await.unwrap();
        engine.store.load(Rows::Tokens(dumped.clone()), mark("tokens")).await.unwrap();
        engine.store.load(Rows::Uses(days.clone()), mark("uses")).await.unwrap();
        engine.store.load(Rows::Addresses(addresses.clone()), mark("addresses")).await.unwrap();
        engine.store.load(Rows::Names(names.clone()), mark("names")).await.unwrap();
        engine.store.load(Rows::Keys(keys.clone()), mark("keys")).await.unwrap();
        engine.store.load(Rows::Audit(rows.clone()), mark("audit")).await.unwrap();
    }
    let to = &engine.store;
    assert_eq!(to.mark("here").await.unwrap().as_deref(), Some("audit"));
    to.set_mark(Mark { name: "here".to_owned(), value: None }).await.unwrap();
    assert_eq!(to.mark("here").await.unwrap(), None);
    let mut arrived = to.dump_tokens(None, 2).await.unwrap();
    arrived.extend(to.dump_tokens(arrived.last().map(|row| row.token.id), 9).await.unwrap());
    arrived.sort_by_key(|row| row.token.id);
    assert_eq!(arrived, dumped);
    let mut arrived = to.dump_users(None, 1).await.unwrap();
    arrived.extend(to.dump_users(arrived.last().map(|row| row.user.id), 9).await.unwrap());
    assert_eq!(arrived, users);
    let mut arrived = to.dump_uses(None, 2).await.unwrap();
    arrived.extend(to.dump_uses(arrived.last().cloned(), 9).await.unwrap());
    assert_eq!((arrived.len(), &arrived), (3, &days));
    let mut arrived = to.dump_addresses(None, 2).await.unwrap();
    arrived.extend(to.dump_addresses(arrived.last().copied(), 9).await.unwrap());
    assert_eq!((arrived.len(), &arrived), (3, &addresses));
    let mut arrived = to.dump_names(None, 2).await.unwrap();
    arrived.extend(to.dump_names(arrived.last().cloned(), 9).await.unwrap());
    assert_eq!((arrived.len(), &arrived), (4, &names));
    assert_eq!(to.keys().await.unwrap(), keys);
    assert_eq!(to.audit_after(&Chain::embedded(), 0, 99).await.unwrap(), rows);

    assert_eq!(to.token(tokens[1].id).await.unwrap(), None, "what was deleted stays so");
    assert_eq!(to.user_by_name(alice.name.as_ref().unwrap()).await.unwrap(), Some(alice.clone()));
    assert_eq!(to.token_by_name(alice.id, again.name.as_ref().unwrap()).await.unwrap(), Some(again.clone()));
    let taken = named(&alice, 9, "kept");
    assert_eq!(insert(&engine, &taken).await, Inserted::NameTaken);
    let heads = to.heads().await.unwrap();
    let copied = heads.iter().find(|head| head.chain == Chain::embedded()).unwrap();
    assert_eq!((copied.seq, copied.hash), (rows.last().unwrap().seq, rows.last().unwrap().hash));
    assert_eq!(to.check().await.unwrap(), ["4 tokens were made with a root key that does not exist"]);
}

pub(super) async fn chains_of_other_stores_are_kept_apart(engine: Engine) {
    let chain = Chain::parse("elsewhere").unwrap();
    let first = AuditEntry::new(AuditAction::UserAdd, Actor::System).chained(chain.clone(), (0, chain.genesis()), 1);
    let second = AuditEntry::new(AuditAction::UserAdd, Actor::System).chained(chain.clone(), (1, first.hash), 2);
    let rows = vec![first, second.clone()];
    let mark = Mark { name: "m".to_owned(), value: None };
    engine.store.load(Rows::Audit(rows.clone()), mark).await.unwrap();
    engine.store.append_audit(vec![AuditEntry::new(AuditAction::StoreCopy, Actor::Operator)], 3).await.unwrap();
    assert_eq!(engine.store.audit_after(&chain, 0, 9).await.unwrap(), rows);
    assert_chained(&engine.store, 1).await;
    let heads = engine.store.heads().await.unwrap();
    assert_eq!(heads.len(), 2);
    assert!(heads.contains(&Head { chain, seq: 2, hash: second.hash }));
}

pub(super) async fn a_check_finds_what_refers_to_nothing(engine: Engine) {
    assert_eq!(engine.store.check().await.unwrap(), [""; 0]);
    let alice = added(&engine, "alice").await;
    let stray = Token { user: UserId::from_bytes([77; 16]), ..token(&alice, 1, None) };
    let rows = Rows::Tokens(vec![TokenRow { token: stray, deleted_ms: None }]);
    engine.store.load(rows, Mark { name: "m".to_owned(), value: None }).await.unwrap();
    let findings = engine.store.check().await.unwrap();
    assert!(findings.contains(&"1 tokens belong to a user that does not exist".to_owned()), "{findings:?}");
}
