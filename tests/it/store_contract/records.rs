//! Users, tokens, and what is told of their changes.

use futures_util::future::join_all;

use super::*;
use crate::support::by_password;

pub(super) async fn a_token_is_read_back_as_it_was_stored(engine: Engine) {
    let owner = added(&engine, "alice").await;
    let token = token(&owner, 1, Some("one"));
    assert_eq!(insert(&engine, &token).await, Inserted::Stored);
    assert_eq!(engine.store.token(token.id).await.unwrap(), Some(token));
    assert_eq!(engine.store.token(TokenId::from_bytes(&[0; 32]).unwrap()).await.unwrap(), None);
}

pub(super) async fn a_taken_name_stores_nothing(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    assert_eq!(insert(&engine, &token(&alice, 1, Some("one"))).await, Inserted::Stored);
    let second = token(&alice, 2, Some("one"));
    assert_eq!(insert(&engine, &second).await, Inserted::NameTaken);
    assert_eq!(engine.store.token(second.id).await.unwrap(), None);
    assert_eq!(insert(&engine, &token(&bob, 3, Some("one"))).await, Inserted::Stored);
}

/// An engine may write what comes together with one statement, which fails as a whole.
pub(super) async fn mints_that_come_together_are_told_apart(engine: Engine) {
    let (alice, bob, blocked) =
        (added(&engine, "alice").await, added(&engine, "bob").await, added(&engine, "carol").await);
    let block = engine.store.change_user(blocked.id, UserChange::Block, Actor::Operator, 5);
    assert_eq!(block.await.unwrap(), Changed::Done);
    let before = engine.store.audit_after(&engine.store.chain(), 0, 99).await.unwrap().len();
    let mut wanted: Vec<_> = (0..40).map(|ms| (token(&alice, ms, None), Inserted::Stored)).collect();
    wanted.push((token(&bob, 50, Some("one")), Inserted::Stored));
    wanted.push((token(&alice, 51, Some("one")), Inserted::Stored));
    for (at, other, answer) in [
        (3, token(&alice, 60, Some("one")), Inserted::NameTaken),
        (17, token(&blocked, 61, None), Inserted::OwnerGone),
        (20, wanted[0].0.clone(), Inserted::IdTaken),
    ] {
        wanted.insert(at, (other, answer));
    }
    // What is taken, is taken by whoever came first.
    wanted.rotate_right(2);
    let answers = join_all(wanted.iter().map(|(token, _)| insert(&engine, token))).await;
    let expected: Vec<_> = wanted.iter().map(|(_, answer)| *answer).collect();
    assert_eq!(answers, expected);
    let rows = engine.store.audit_after(&engine.store.chain(), 0, 99).await.unwrap().split_off(before);
    let stored = wanted.iter().filter(|(_, answer)| *answer == Inserted::Stored).map(|(token, _)| Some(token.id));
    assert_eq!(rows.iter().map(|row| row.token).collect::<Vec<_>>(), stored.collect::<Vec<_>>());
    for (token, answer) in wanted.iter().filter(|(token, _)| token.user != alice.id || token.name.is_some()) {
        let is_there = engine.store.token(token.id).await.unwrap().is_some();
        assert_eq!(is_there, *answer == Inserted::Stored);
    }
}

pub(super) async fn a_blocked_or_removed_owner_gets_no_token(engine: Engine) {
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

pub(super) async fn every_part_of_a_token_is_kept(engine: Engine) {
    let owner = added(&engine, "alice").await;
    let one = Token {
        kind: TokenKind::Identity,
        metadata: Some(r#"{"a":1}"#.to_owned()),
        caveats: vec![],
        revoked_ms: Some(7),
        ..named(&owner, 5, "one")
    };
    let imported = Token {
        id: TokenId::from_bytes(&[3; TokenId::OLD]).unwrap(),
        secret: TokenSecret::Imported { sealed_by: KeyId::from_bytes([1; 8]), sealed: vec![1, 2, 3] },
        created_ms: 1_234,
        ..token(&owner, 5, None)
    };
    assert_eq!(insert(&engine, &one).await, Inserted::Stored);
    let import = |tokens| engine.store.import_tokens(tokens, Actor::Operator, 9);
    assert_eq!(import(vec![imported.clone()]).await.unwrap(), [Inserted::Stored]);
    assert_eq!(engine.store.token(one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(engine.store.token(imported.id).await.unwrap(), Some(imported.clone()));
    assert_eq!(engine.store.token_by_name(owner.id, one.name.as_ref().unwrap()).await.unwrap(), Some(one));
    let another = Token { id: TokenId::from_bytes(&[4; TokenId::OLD]).unwrap(), ..imported.clone() };
    let answers = import(vec![another.clone(), imported]).await.unwrap();
    assert_eq!(answers, [Inserted::Stored, Inserted::IdTaken]);
    assert_eq!(engine.store.token(another.id).await.unwrap(), None, "all or nothing");
}

pub(super) async fn a_token_is_changed_and_restored(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let (one, two) = (named(&alice, 1, "one"), named(&alice, 2, "two"));
    for token in [&one, &two] {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    let change = async |owner: &User, change: TokenChange| {
        engine.store.change_token(owner.id, one.id, change, by_password(owner.id), 10).await.unwrap()
    };
    let renamed = |name: &str| TokenChange { name: TokenName::parse(name).ok(), ..TokenChange::default() };
    let revoked = |revoked| TokenChange { revoked: Some(revoked), ..TokenChange::default() };
    assert_eq!(change(&alice, renamed("two")).await, Changed::NameTaken);
    assert_eq!(change(&bob, renamed("three")).await, Changed::NotFound);
    assert_eq!(change(&alice, renamed("three")).await, Changed::Done);
    assert_eq!(change(&alice, revoked(true)).await, Changed::Done);
    let now = engine.store.token(one.id).await.unwrap().unwrap();
    assert_eq!((now.name.unwrap().as_str(), now.revoked_ms), ("three", Some(Token::AT_ONCE)));
    assert_eq!(change(&alice, revoked(false)).await, Changed::Done);
    let notes = TokenChange { metadata: Some("{}".to_owned()), ..TokenChange::default() };
    assert_eq!(change(&alice, notes).await, Changed::Done);
    let now = engine.store.token(one.id).await.unwrap().unwrap();
    assert_eq!((now.revoked_ms, now.metadata.as_deref()), (None, Some("{}")));
    let rows = engine.store.audit_after(&engine.store.chain(), 0, 100).await.unwrap();
    let names: Vec<_> = rows[4..].iter().map(|row| row.action.name()).collect();
    assert_eq!(names, ["token.update", "token.revoke", "token.restore", "token.update"]);
}

pub(super) async fn named_tokens_are_listed_by_name_and_deleted_together(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let names = ["b", "c", "a", "d"].map(|name| name.repeat(2));
    for (at, name) in (1..).zip(&names) {
        assert_eq!(insert(&engine, &named(&alice, at, name)).await, Inserted::Stored);
    }
    let others = [named(&bob, 9, "bobs"), token(&alice, 9, None)];
    for other in &others {
        assert_eq!(insert(&engine, other).await, Inserted::Stored);
    }
    let listed = async |after: Option<&str>| {
        let after = after.map(|name| TokenName::parse(name).unwrap());
        let tokens = engine.store.named_tokens_of(alice.id, after, 2).await.unwrap();
        tokens.iter().map(|token| token.name.as_ref().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed(None).await, ["aa", "bb"]);
    assert_eq!(listed(Some("bb")).await, ["cc", "dd"]);
    let all = engine.store.named_tokens(None, 9).await.unwrap();
    assert_eq!(all.len(), 5);
    assert_eq!(engine.store.named_tokens(Some(all[2]), 9).await.unwrap(), all[3..]);
    let delete = |limit| engine.store.delete_named_tokens(alice.id, limit, Actor::Operator, 20);
    assert_eq!(delete(3).await.unwrap().len(), 3);
    assert_eq!(delete(3).await.unwrap().len(), 1);
    assert_eq!(engine.store.named_tokens(None, 9).await.unwrap(), [others[0].id]);
    assert!(engine.store.token(others[1].id).await.unwrap().is_some());
    assert_eq!(engine.store.change_user(bob.id, UserChange::Remove, Actor::Operator, 21).await.unwrap(), Changed::Done);
    assert_eq!(engine.store.named_tokens(None, 9).await.unwrap(), [], "tokens of who is removed are nobody's");
}

pub(super) async fn many_tokens_are_revoked_at_once(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let tokens: Vec<_> = (1..=6).map(|ms| token(&alice, ms, None)).collect();
    let bobs = token(&bob, 1, None);
    for token in tokens.iter().chain([&bobs]) {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    let start = engine.store.feed_end().await.unwrap();
    let revoke = async |which| {
        let mut ids = engine.store.revoke_tokens(alice.id, which, 2, Actor::Operator, 50).await.unwrap();
        ids.sort();
        ids
    };
    let ids = |range: std::ops::Range<usize>| tokens[range].iter().map(|token| token.id).collect::<Vec<_>>();
    assert_eq!(revoke(Which::Ids(vec![tokens[5].id, bobs.id])).await, ids(5..6));
    assert_eq!(revoke(Which::IssuedBefore(3)).await, ids(0..2));
    assert_eq!(revoke(Which::IssuedBefore(3)).await, []);
    assert_eq!(revoke(Which::All).await.len(), 2);
    assert_eq!(revoke(Which::All).await.len(), 1);
    assert_eq!(revoke(Which::All).await, []);
    let changes = changes_after(&engine.store, &start).await;
    let tokens = changes.iter().filter(|change| matches!(change.topic, Topic::Token(_)));
    assert_eq!((tokens.count(), changes.len()), (6, 8), "each is announced, and twice that no temporary one is left");
    assert_eq!(engine.store.user(alice.id).await.unwrap().unwrap().generation, 3);
    assert_eq!(engine.store.token(bobs.id).await.unwrap().unwrap().revoked_ms, None);
}

pub(super) async fn a_page_of_tokens_passes_its_filter(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let ends = |until| vec![Caveat::Time(Time::until(until))];
    let active = Token { caveats: ends(100), ..named(&alice, 1_000, "an Active one") };
    let endless = Token { caveats: vec![], ..named(&alice, 2_000, "endless") };
    let expired = Token { caveats: ends(10), ..token(&alice, 3_000, None) };
    let revoked = Token { caveats: ends(100), revoked_ms: Some(11_000), ..named(&alice, 4_000, "revoked") };
    let rotated = Token { caveats: ends(100), revoked_ms: Some(60_000), ..named(&alice, 5_000, "rotated") };
    for token in [&active, &endless, &expired, &revoked, &rotated] {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    let page = async |filter: TokenFilter| {
        let tokens = engine.store.page_of_tokens(alice.id, filter, None, 9, 9).await.unwrap().tokens;
        tokens.into_iter().map(|token| token.id).collect::<Vec<_>>()
    };
    let all = TokenFilter::default;
    let state = |state| TokenFilter { state: Some((state, 50)), ..all() };
    assert_eq!(page(all()).await, [rotated.id, revoked.id, expired.id, endless.id, active.id]);
    assert_eq!(page(state(TokenState::Active)).await, [rotated.id, endless.id, active.id]);
    assert_eq!(page(state(TokenState::Revoked)).await, [revoked.id]);
    assert_eq!(page(state(TokenState::Expired)).await, [expired.id]);
    assert_eq!(page(TokenFilter { name: Some("ACTIVE".to_owned()), ..all() }).await, [active.id]);
    assert_eq!(page(TokenFilter { name: Some("%".to_owned()), ..all() }).await, []);
    assert_eq!(page(TokenFilter { expires_before: Some(100), ..all() }).await, [expired.id]);
    assert_eq!(page(TokenFilter { created_from: Some(4_000), ..all() }).await, [rotated.id, revoked.id]);
    let older = engine.store.page_of_tokens(alice.id, all(), Some(expired.id), 1, 9).await.unwrap();
    assert_eq!(older, TokenPage { next: Some(endless.id), tokens: vec![endless] });
}

pub(super) async fn a_token_takes_the_place_of_another(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let (old, new) = (named(&alice, 1, "laptop"), named(&alice, 2, "laptop"));
    assert_eq!(insert(&engine, &old).await, Inserted::Stored);
    let rotate = async |name: &str, new: &Token, revoked_ms| {
        let rotated = Rotated { id: old.id, name: TokenName::parse(name).ok(), revoked_ms, most: 0 };
        engine.store.rotate_token(rotated, new.clone(), Actor::Operator, 50).await.unwrap()
    };
    assert_eq!(rotate("laptop", &new, 90).await, Changed::NameTaken);
    assert_eq!(engine.store.token(old.id).await.unwrap(), Some(old.clone()), "nothing is half done");
    assert_eq!(rotate("old laptop", &new, 90).await, Changed::Done);
    let kept = engine.store.token(old.id).await.unwrap().unwrap();
    assert_eq!((kept.name.unwrap().as_str(), kept.revoked_ms), ("old laptop", Some(90)));
    assert_eq!(engine.store.token(new.id).await.unwrap(), Some(new));
    // A second rotation that was asked for at the same time does not know of the first one's end.
    assert_eq!(rotate("older laptop", &named(&alice, 3, "third"), 900).await, Changed::Done);
    assert_eq!(engine.store.token(old.id).await.unwrap().unwrap().revoked_ms, Some(90));
}

pub(super) async fn uses_are_noted_by_the_day(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let one = token(&alice, 1, None);
    assert_eq!(insert(&engine, &one).await, Inserted::Stored);
    for (day, kept) in [(20, 20), (19, 20), (21, 21)] {
        let used = [one.id, TokenId::new(5, &Random::system())].map(|token| TokenUse { token, day, last: None });
        engine.store.touch_tokens(used.into()).await.unwrap();
        let stored = engine.store.token(one.id).await.unwrap().unwrap();
        assert_eq!((stored.last_used_day, stored.last_use), (Some(kept), None));
    }
}

pub(super) async fn of_two_last_uses_the_later_one_is_kept_whole(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let [one, other] = [1, 2].map(|ms| token(&alice, ms, None));
    for token in [&one, &other] {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    let day = |minute| minute / 1_440;
    let last = |minute, network: Option<&str>, service: Option<&str>| {
        let [network, service] = [network, service].map(|text| text.map(str::to_owned));
        LastUse { minute, network, service }
    };
    let used = |token: &Token, last: LastUse| TokenUse { token: token.id, day: day(last.minute), last: Some(last) };
    let stored = async || {
        let stored = engine.store.token(one.id).await.unwrap().unwrap();
        (stored.last_used_day, stored.last_use)
    };
    let first = last(30_000, Some("192.0.2.0/24"), Some("ozw-onezone"));
    let later = last(31_500, None, Some("git.example.org"));
    for (noted, kept) in [
        (first.clone(), &first),
        (later.clone(), &later),
        // Another node is late, or has seen another use of the same minute.
        (last(31_499, Some("198.51.100.0/24"), None), &later),
        (last(31_500, Some("198.51.100.0/24"), None), &later),
    ] {
        engine.store.touch_tokens(vec![used(&one, noted)]).await.unwrap();
        assert_eq!(stored().await, (Some(day(kept.minute)), Some(kept.clone())));
    }
    // A node that keeps the day alone changes nothing else.
    engine.store.touch_tokens(vec![TokenUse { token: one.id, day: 500, last: None }]).await.unwrap();
    assert_eq!(stored().await, (Some(500), Some(later)));
    let [early, late] = [40_000, 40_001].map(|minute| last(minute, None, None));
    for twice in [[early.clone(), late.clone()], [late.clone(), early]] {
        engine.store.touch_tokens(twice.map(|last| used(&one, last)).into()).await.unwrap();
        assert_eq!(stored().await, (Some(500), Some(late.clone())));
    }
    let untouched = engine.store.token(other.id).await.unwrap().unwrap();
    assert_eq!((untouched.last_used_day, untouched.last_use), (None, None));
    let page = engine.store.page_of_tokens(alice.id, TokenFilter::default(), None, 9, 9).await.unwrap().tokens;
    assert_eq!(page[1].last_use, Some(late), "lists have it, too");
}

pub(super) async fn a_temporary_token_needs_its_generation(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let id = TokenId::named(1, &Random::system());
    let record = |generation| engine.store.audit_temporary_token(alice.id, id, generation, by_password(alice.id), 5);
    assert_eq!(record(1).await.unwrap(), Inserted::Stored);
    let next = engine.store.change_user(alice.id, UserChange::Generation, Actor::Operator, 6).await;
    assert_eq!(next.unwrap(), Changed::Done);
    assert_eq!(engine.store.user(alice.id).await.unwrap().unwrap().generation, 2);
    assert_eq!(record(1).await.unwrap(), Inserted::OwnerGone);
    let rows = engine.store.audit_after(&engine.store.chain(), 0, 9).await.unwrap();
    assert_eq!((rows[1].action.name(), rows[1].token), ("token.temporary", Some(id)));
}

pub(super) async fn users_are_imported_all_or_none(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let import = |users| engine.store.import_users(users, Actor::Operator, 5);
    let (bob, carol) = (user("bob"), user("carol"));
    let twin = User { id: bob.id, ..user("twin") };
    let answers = import(vec![bob.clone(), user("alice"), twin]).await.unwrap();
    assert_eq!(answers, [Added::Stored, Added::NameTaken, Added::IdTaken]);
    assert_eq!(engine.store.users(None, 9).await.unwrap(), std::slice::from_ref(&alice));
    assert_eq!(import(vec![bob.clone(), carol.clone()]).await.unwrap(), [Added::Stored, Added::Stored]);
    let nameless = User { name: None, ..user("any") };
    assert_eq!(import(vec![nameless.clone()]).await.unwrap(), [Added::Stored]);
    let all = [nameless, alice, bob, carol];
    assert_eq!(engine.store.users(None, 9).await.unwrap(), all, "those without a name come first");
    let after = AfterUser { name: all[1].name.clone(), id: all[1].id };
    assert_eq!(engine.store.users(Some(after), 1).await.unwrap(), all[2..3]);
}

pub(super) async fn a_block_is_felt_by_what_is_asked_right_after_it(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let (before, after) = (token(&alice, 1, None), token(&alice, 2, None));
    let block = engine.store.change_user(alice.id, UserChange::Block, Actor::Operator, 5);
    let (first, blocked, second) = tokio::join!(insert(&engine, &before), block, insert(&engine, &after));
    assert_eq!((first, blocked.unwrap(), second), (Inserted::Stored, Changed::Done, Inserted::OwnerGone));
}

pub(super) async fn tokens_are_listed_newest_first_in_pages(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let mut tokens: Vec<_> = (0..7).map(|ms| token(&alice, ms, None)).collect();
    for token in &tokens {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    assert_eq!(insert(&engine, &token(&bob, 3, None)).await, Inserted::Stored);
    tokens.reverse();
    let page = engine.store.tokens_of(alice.id, 9, None, 4, 9).await.unwrap().tokens;
    assert_eq!(page, tokens[..4]);
    let rest = engine.store.tokens_of(alice.id, 9, Some(page[3].id), 4, 9).await.unwrap();
    assert_eq!(rest, TokenPage { tokens: tokens[4..].to_vec(), next: None });
}

pub(super) async fn a_token_is_deleted_once_and_only_by_its_owner(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let token = token(&alice, 1, None);
    assert_eq!(insert(&engine, &token).await, Inserted::Stored);
    let delete = |owner: UserId| engine.store.delete_token(owner, token.id, by_password(owner), 9);
    assert_eq!(delete(bob.id).await.unwrap(), Changed::NotFound);
    assert_eq!(delete(alice.id).await.unwrap(), Changed::Done);
    assert_eq!(delete(alice.id).await.unwrap(), Changed::NotFound);
    assert_eq!(engine.store.token(token.id).await.unwrap(), None);
    assert!(engine.store.tokens_of(alice.id, 9, None, 9, 9).await.unwrap().tokens.is_empty());
    let again = engine.store.import_tokens(vec![token], Actor::Operator, 10).await.unwrap();
    assert_eq!(again, [Inserted::IdTaken], "its identifier is never used again");
}

pub(super) async fn users_are_found_changed_and_removed(engine: Engine) {
    let alice = added(&engine, "alice").await;
    assert_eq!(engine.store.insert_user(user("alice"), Actor::Operator).await.unwrap(), Added::NameTaken);
    assert_eq!(engine.store.user_by_name(alice.name.as_ref().unwrap()).await.unwrap(), Some(alice.clone()));
    let change = |change| engine.store.change_user(alice.id, change, Actor::Operator, 5);
    assert_eq!(change(UserChange::Unblock).await.unwrap(), Changed::NotFound);
    assert_eq!(change(UserChange::Password(PasswordHash::new("new".to_owned()))).await.unwrap(), Changed::Done);
    assert_eq!(change(UserChange::Block).await.unwrap(), Changed::Done);
    let now = engine.store.user(alice.id).await.unwrap().unwrap();
    assert_eq!((now.password.unwrap().expose(), now.blocked, now.version), ("new", true, 3));
    let hash = |text: &str| PasswordHash::new(text.to_owned());
    let rehash = |from, to| UserChange::Rehash { from: hash(from), to: hash(to) };
    assert_eq!(change(rehash("old", "newer")).await.unwrap(), Changed::NotFound);
    assert_eq!(change(rehash("new", "newer")).await.unwrap(), Changed::Done);
    assert_eq!(change(UserChange::BasicAuth(false)).await.unwrap(), Changed::Done);
    assert_eq!(change(UserChange::Privileges(Privileges::all())).await.unwrap(), Changed::Done);
    assert_eq!(change(UserChange::Privileges(Privileges::all())).await.unwrap(), Changed::NotFound);
    let bob = added(&engine, "bob").await;
    let names = |name: &Option<UserName>| UserChange::Names { name: name.clone(), full_name: None };
    assert_eq!(change(names(&bob.name)).await.unwrap(), Changed::NameTaken);
    assert_eq!(change(names(&UserName::parse("alicia").ok())).await.unwrap(), Changed::Done);
    let now = engine.store.user(alice.id).await.unwrap().unwrap();
    assert_eq!((now.password, now.basic_auth, now.privileges), (Some(hash("newer")), false, Privileges::all()));
    assert_eq!(now.name.unwrap().as_str(), "alicia");
    assert_eq!(engine.store.change_user(bob.id, UserChange::Remove, Actor::Operator, 5).await.unwrap(), Changed::Done);
    assert_eq!(change(UserChange::Remove).await.unwrap(), Changed::Done);
    assert_eq!(change(UserChange::Unblock).await.unwrap(), Changed::NotFound);
    assert_eq!(engine.store.user(alice.id).await.unwrap(), None);
    assert_eq!(engine.store.user_by_name(alice.name.as_ref().unwrap()).await.unwrap(), None);
    let again = added(&engine, "alice").await;
    assert_eq!(engine.store.users(None, 10).await.unwrap(), [again]);
}

pub(super) async fn nobody_takes_a_name_that_another_account_had(engine: Engine) {
    let store = &engine.store;
    let [alice, bob] = [added(&engine, "alice").await, added(&engine, "bob").await];
    let name = |name| UserName::parse(name).unwrap();
    let rename = async |user: &User, to, by| {
        let change = UserChange::Names { name: Some(name(to)), full_name: None };
        store.change_user(user.id, change, by, 50).await.unwrap()
    };
    let [by_alice, by_bob] = [by_password(alice.id), by_password(bob.id)];
    assert_eq!(rename(&alice, "bob", by_alice).await, Changed::NameTaken);
    assert_eq!(rename(&alice, "alice", by_alice).await, Changed::Done, "the own name, which leaves no trace");
    assert_eq!(store.former_names(alice.id).await.unwrap(), []);
    assert_eq!(rename(&alice, "alicia", by_alice).await, Changed::Done);
    assert_eq!(rename(&bob, "alice", by_bob).await, Changed::NameTaken);
    let now = store.user(bob.id).await.unwrap().unwrap();
    assert_eq!((now.name, now.version), (bob.name.clone(), bob.version), "nothing is kept of what was refused");
    assert_eq!(store.former_names(bob.id).await.unwrap(), []);
    assert_eq!(rename(&alice, "alice", by_alice).await, Changed::Done, "who had it has it back");
    assert_eq!(store.change_user(alice.id, UserChange::Remove, by_bob, 60).await.unwrap(), Changed::Done);
    assert_eq!(rename(&bob, "alice", by_bob).await, Changed::NameTaken);
    assert_eq!(rename(&bob, "alicia", by_bob).await, Changed::NameTaken);
    assert_eq!(rename(&bob, "alicia", Actor::Operator).await, Changed::Done, "the operator may");
    assert_eq!(store.insert_user(user("alice"), by_bob).await.unwrap(), Added::Stored, "whoever adds users may");

    let former = store.former_names(alice.id).await.unwrap();
    let former: Vec<_> = former.iter().map(|former| (former.until_ms, former.name.as_str())).collect();
    assert_eq!(former, [(50, "alice"), (50, "alicia"), (60, "alice")]);
    let rows = store.audit_after(&store.chain(), 0, 99).await.unwrap();
    let notes = rows.iter().filter_map(|row| Some((row.action.name(), row.note.as_deref()?)));
    let notes: Vec<_> = notes.skip_while(|(action, _)| *action == "user.add").collect();
    let renamed = "user.names";
    let expected = [
        (renamed, "former_name=alice name=alicia"),
        (renamed, "former_name=alicia name=alice"),
        ("user.remove", "former_name=alice"),
        (renamed, "former_name=bob name=alicia"),
        ("user.add", "name=alice"),
    ];
    assert_eq!(notes, expected);
}

pub(super) async fn every_change_is_announced_and_audited(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let start = engine.store.feed_end().await.unwrap();
    let token = token(&alice, 1, None);
    let by = by_password(alice.id);
    assert_eq!(engine.store.insert_token(token.clone(), by, 2_000).await.unwrap(), Inserted::Stored);
    assert_eq!(engine.store.feed_end().await.unwrap(), start, "a mint changes nothing that is remembered");
    assert_eq!(engine.store.delete_token(alice.id, token.id, by, 3).await.unwrap(), Changed::Done);
    assert_eq!(engine.store.change_user(alice.id, UserChange::Block, by, 4).await.unwrap(), Changed::Done);
    let changes = changes_after(&engine.store, &start).await;
    let topics: Vec<_> = changes.iter().map(|change| change.topic).collect();
    assert_eq!(topics, [Topic::Token(token.id), Topic::User(alice.id)]);
    let mut place = start;
    assert!(place.see(&changes[0]).is_ok());
    assert_eq!(changes_after(&engine.store, &place).await, changes[1..]);
    assert!(place.see(&changes[1]).is_ok());
    assert_eq!(engine.store.feed_end().await.unwrap(), place);
    let rows = engine.store.audit_after(&engine.store.chain(), 0, 10).await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.action.name()).collect();
    assert_eq!(names, ["user.add", "token.mint", "token.delete", "user.block"]);
    assert_eq!((rows[0].actor, rows[1].actor, rows[3].at_ms), (None, Some(alice.id), 4));
}

pub(super) async fn every_change_holds_a_hash_of_those_before(engine: Engine) {
    let alice = added(&engine, "alice").await;
    for at_ms in 1..=3 {
        let generation = engine.store.change_user(alice.id, UserChange::Generation, Actor::Operator, at_ms);
        assert_eq!(generation.await.unwrap(), Changed::Done);
    }
    let page = engine.store.read_feed(&Position::default(), 2).await.unwrap();
    assert_eq!(page.changes.len(), 2, "no more than was asked for");
    let changes = changes_after(&engine.store, &Position::default()).await;
    assert_eq!(
        changes.iter().map(|change| (change.seq, change.at_ms)).collect::<Vec<_>>()[1..],
        [(2, 1), (3, 2), (4, 3)]
    );
    let mut position = Position::default();
    changes.iter().fold(None, |previous, change| {
        assert_eq!(change.hash, Some(change.chained(previous)), "change {}", change.seq);
        assert_eq!(position.see(change), Ok(()));
        change.hash
    });
    assert_eq!((position, page.ends), (engine.store.feed_end().await.unwrap(), engine.store.feed_end().await.unwrap()));
    let last = engine.store.feed_end().await.unwrap().of(&engine.store.chain());
    assert_eq!(last, changes[3].cursor(), "the end has the hash of the last change");
}

pub(super) async fn concurrent_writes_all_arrive_in_one_audit_chain(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let writes = (0..300).map(|number| {
        let (store, name) = (Arc::clone(&engine.store), format!("name {}", number % 100));
        let token = token(&alice, number, Some(&name));
        tokio::spawn(async move { store.insert_token(token.clone(), by_password(token.user), number).await.unwrap() })
    });
    let mut stored = 0;
    for write in writes.collect::<Vec<_>>() {
        stored += usize::from(write.await.unwrap() == Inserted::Stored);
    }
    assert_eq!(stored, 100);
    let rows = engine.store.audit_after(&engine.store.chain(), 0, 1_000).await.unwrap();
    assert_eq!(rows.len(), 101);
    rows.iter().fold(engine.store.chain().genesis(), |previous, row| {
        assert_eq!(row.hash, row.chained(&previous), "row {}", row.seq);
        row.hash
    });
}

pub(super) async fn a_closed_store_answers_with_an_error(engine: Engine) {
    engine.store.close().await;
    assert!(engine.store.feed_end().await.is_err());
    assert!(engine.store.insert_user(user("alice"), Actor::Operator).await.is_err());
}

/// As the store takes and gives them.
pub(super) fn uses(owner: &User, days: &[(u32, u64)]) -> Vec<DayOfUses> {
    days.iter().map(|(day, count)| DayOfUses { owner: owner.id, day: *day, count: *count }).collect()
}

pub(super) async fn uses_are_added_up_by_the_day_and_leave_with_their_account(engine: Engine) {
    let store = &engine.store;
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let all = [uses(&alice, &[(7, 2), (5, 1), (7, 3)]), uses(&bob, &[(7, 9)]), uses(&user("nobody"), &[(7, 1)])];
    for part in [all.concat(), uses(&alice, &[(7, 10), (8, 4)]), Vec::new()] {
        store.add_uses(part).await.unwrap();
    }
    // What another node has seen.
    let row = UsesRow { owner: alice.id, day: 8, chain: Chain::parse("node-2").unwrap(), count: 100 };
    store.load(Rows::Uses(vec![row]), Mark { name: "m".to_owned(), value: None }).await.unwrap();
    assert_eq!(store.uses_of(alice.id, 0).await.unwrap(), uses(&alice, &[(5, 1), (7, 15), (8, 104)]));
    assert_eq!(store.uses_of(alice.id, 8).await.unwrap(), uses(&alice, &[(8, 104)]));
    assert_eq!(store.change_user(alice.id, UserChange::Remove, Actor::Operator, 9).await.unwrap(), Changed::Done);
    store.add_uses(uses(&alice, &[(9, 1)])).await.unwrap();
    assert_eq!(store.uses_of(alice.id, 0).await.unwrap(), []);
    let left = store.dump_uses(None, 9).await.unwrap();
    assert_eq!(left, [UsesRow { owner: bob.id, day: 7, chain: store.chain(), count: 9 }]);
    assert_eq!(store.check().await.unwrap(), [""; 0]);
}

/// That an account was seen at its address of that number.
pub(super) fn seen(owner: &User, number: u8, seen_ms: u64) -> SeenAddress {
    SeenAddress { owner: owner.id, address: [number; 32], seen_ms }
}

pub(super) async fn the_newest_addresses_of_an_account_are_kept(engine: Engine) {
    let store = &engine.store;
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let known = async |owner: &User| {
        let mut found = store.known_addresses(owner.id).await.unwrap();
        found.sort_by_key(|seen| seen.address);
        found.into_iter().map(|seen| (seen.address[0], seen.seen_ms)).collect::<Vec<_>>()
    };
    for (number, at_ms) in [(1, 10), (2, 20), (3, 30), (1, 40), (1, 35)] {
        store.note_address(seen(&alice, number, at_ms), Vec::new(), 0, 2).await.unwrap();
    }
    store.note_address(seen(&bob, 1, 5), Vec::new(), 0, 2).await.unwrap();
    assert_eq!(known(&alice).await, [(1, 40), (3, 30)]);
    // The same address under another key, and one that was seen too long ago.
    store.note_address(seen(&alice, 4, 50), vec![[1; 32], [9; 32]], 30, 2).await.unwrap();
    assert_eq!(known(&alice).await, [(4, 50)]);
    assert_eq!(known(&bob).await, [(1, 5)]);
    assert_eq!(store.change_user(alice.id, UserChange::Remove, Actor::Operator, 9).await.unwrap(), Changed::Done);
    store.note_address(seen(&alice, 4, 60), Vec::new(), 0, 2).await.unwrap();
    assert_eq!(known(&alice).await, []);
}
