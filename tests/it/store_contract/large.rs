//! Accounts with very many tokens: what one read of them costs is bounded, and how many they have is too.

use super::*;
use crate::support::by_password;

pub(super) async fn a_page_looks_at_so_many_tokens_and_says_where_the_next_one_begins(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let mut tokens: Vec<_> = (0..7).map(|ms| named(&alice, ms, &format!("t{ms}"))).collect();
    tokens.push(token(&alice, 7, None));
    for token in &tokens {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    assert_eq!(insert(&engine, &named(&bob, 3, "t0")).await, Inserted::Stored);
    for deleted in [5, 6] {
        let delete = engine.store.delete_token(alice.id, tokens[deleted].id, Actor::Operator, 9);
        assert_eq!(delete.await.unwrap(), Changed::Done);
    }
    let page = async |name: &str, before: Option<usize>, limit, look| {
        let filter = TokenFilter { name: Some(name.to_owned()), ..TokenFilter::default() };
        let before = before.map(|at| tokens[at].id);
        let page = engine.store.page_of_tokens(alice.id, filter, before, limit, look).await.unwrap();
        let place = |id| tokens.iter().position(|token| token.id == id).unwrap();
        (page.tokens.iter().map(|token| place(token.id)).collect::<Vec<_>>(), page.next.map(place))
    };
    assert_eq!(page("T", None, 9, 9).await, (vec![4, 3, 2, 1, 0], None), "all, and there are no others");
    assert_eq!(page("t", None, 9, 3).await, (vec![], Some(5)), "deleted tokens and tokens without a name count, too");
    assert_eq!(page("t", Some(5), 9, 3).await, (vec![4, 3, 2], Some(2)));
    assert_eq!(page("t0", Some(2), 9, 2).await, (vec![0], Some(0)), "the last one looked at is shown");
    assert_eq!(page("t0", Some(0), 9, 2).await, (vec![], None));
    assert_eq!(page("t", Some(5), 2, 9).await, (vec![4, 3], Some(3)), "a full page looks no further");
    assert_eq!(page("t", Some(5), 3, 3).await, (vec![4, 3, 2], Some(2)));
    assert_eq!(page("none", None, 9, 9).await, (vec![], None));

    let client = engine.store.tokens_of(alice.id, 9, None, 9, 1).await.unwrap();
    assert_eq!(client, TokenPage { tokens: tokens[7..].to_vec(), next: Some(tokens[7].id) });
    let rest = engine.store.tokens_of(alice.id, 9, client.next, 9, 4).await.unwrap();
    assert_eq!(rest, TokenPage { tokens: vec![], next: Some(tokens[3].id) }, "named tokens are in another list");
}

async fn count(engine: &Engine, owner: &User) -> TokenCount {
    let users = engine.store.dump_users(None, 99).await.unwrap();
    users.iter().find(|row| row.user.id == owner.id).unwrap().tokens
}

/// Corrects the count at a moment, as the server does each hour.
async fn corrected(engine: &Engine, owner: &User, at_ms: u64) {
    let counted = engine.store.count_tokens(owner.id, at_ms, None, 99).await.unwrap();
    assert_eq!(counted.next, None);
    let ended = counted.before.corrected(counted.good).ended;
    engine.store.correct_token_counts(vec![(owner.id, ended)]).await.unwrap();
}

async fn within(engine: &Engine, token: &Token, most: u64) -> Inserted {
    engine.store.insert_token_within(token.clone(), most, by_password(token.user), 9).await.unwrap()
}

pub(super) async fn an_account_has_no_more_good_tokens_than_it_may(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let tokens: Vec<_> = (1..=4).map(|ms| named(&alice, ms, &format!("t{ms}"))).collect();
    let together = (within(&engine, &tokens[0], 2), within(&engine, &tokens[1], 2), within(&engine, &tokens[2], 2));
    let together = tokio::join!(together.0, together.1, together.2);
    assert_eq!(together, (Inserted::Stored, Inserted::Stored, Inserted::TooMany), "in one batch, too");
    assert_eq!(engine.store.token(tokens[2].id).await.unwrap(), None);
    assert_eq!(within(&engine, &named(&bob, 1, "t1"), 2).await, Inserted::Stored, "each account counts by itself");
    assert_eq!(within(&engine, &named(&alice, 5, "t1"), 9).await, Inserted::NameTaken);
    assert_eq!(count(&engine, &alice).await, TokenCount { added: 2, ended: 0 }, "what is not stored is not counted");

    let delete = engine.store.delete_token(alice.id, tokens[0].id, Actor::Operator, 10);
    assert_eq!(delete.await.unwrap(), Changed::Done);
    assert_eq!(within(&engine, &tokens[2], 2).await, Inserted::TooMany, "nobody has counted yet");
    corrected(&engine, &alice, 11).await;
    assert_eq!(count(&engine, &alice).await, TokenCount { added: 2, ended: 1 });
    assert_eq!(within(&engine, &tokens[2], 2).await, Inserted::Stored);
    assert_eq!(within(&engine, &tokens[3], 2).await, Inserted::TooMany);
    assert_eq!(within(&engine, &tokens[3], 3).await, Inserted::Stored, "the limit is that of the request");
    corrected(&engine, &alice, 5_000).await;
    assert_eq!(count(&engine, &alice).await, TokenCount { added: 4, ended: 4 }, "all have expired");
    assert_eq!(engine.store.audit_after(&engine.store.chain(), 0, 99).await.unwrap().len(), 2 + 5 + 1);
}

pub(super) async fn a_restored_or_rotated_token_needs_room_too(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let [first, second, third] = [1, 2, 3].map(|ms| named(&alice, ms, &format!("t{ms}")));
    let revoked = Token { revoked_ms: Some(Token::AT_ONCE), ..third };
    for token in [&first, &second, &revoked] {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    assert_eq!(count(&engine, &alice).await, TokenCount::default(), "without a limit nothing is counted");
    corrected(&engine, &alice, 9).await;
    assert_eq!(count(&engine, &alice).await, TokenCount { added: 0, ended: -2 });
    let restore = async |most| {
        let change = TokenChange { revoked: Some(false), most, ..TokenChange::default() };
        engine.store.change_token(alice.id, revoked.id, change, Actor::Operator, 10).await.unwrap()
    };
    let rotate = async |new: &Token, most| {
        let old = Rotated { id: first.id, name: None, revoked_ms: 90_000, most };
        engine.store.rotate_token(old, new.clone(), Actor::Operator, 11).await.unwrap()
    };
    let new = named(&alice, 5, "new");
    assert_eq!(restore(2).await, Changed::TooMany);
    assert_eq!(rotate(&new, 2).await, Changed::TooMany);
    assert!(engine.store.token(revoked.id).await.unwrap().unwrap().revoked_ms.is_some(), "nothing is changed");
    assert_eq!(engine.store.token(first.id).await.unwrap().unwrap(), first);
    assert_eq!(engine.store.token(new.id).await.unwrap(), None);
    assert_eq!(restore(3).await, Changed::Done);
    assert_eq!(restore(3).await, Changed::Done, "it is good already, so it takes no more room");
    assert_eq!(rotate(&new, 3).await, Changed::TooMany);
    assert_eq!(rotate(&new, 4).await, Changed::Done);
    assert_eq!(count(&engine, &alice).await, TokenCount { added: 2, ended: -2 });
}

pub(super) async fn tokens_are_counted_in_parts(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let tokens: Vec<_> = (1..=6).map(|ms| token(&alice, ms, None)).collect();
    for token in tokens.iter().chain([&token(&bob, 1, None)]) {
        assert_eq!(insert(&engine, token).await, Inserted::Stored);
    }
    let delete = engine.store.delete_token(alice.id, tokens[1].id, Actor::Operator, 9);
    assert_eq!(delete.await.unwrap(), Changed::Done);
    let which = Which::Ids(vec![tokens[4].id]);
    assert_eq!(engine.store.revoke_tokens(alice.id, which, 9, Actor::Operator, 9).await.unwrap().len(), 1);
    let part = async |before: Option<TokenId>| {
        let part = engine.store.count_tokens(alice.id, 10, before, 4).await.unwrap();
        (part.good, part.seen, part.next)
    };
    assert_eq!(part(None).await, (3, 4, Some(tokens[2].id)));
    assert_eq!(part(Some(tokens[2].id)).await, (1, 2, None));
    assert_eq!(part(Some(tokens[0].id)).await, (0, 0, None));
    let large = async |more_than| engine.store.large_accounts(vec![alice.id, bob.id], more_than).await.unwrap();
    assert_eq!(large(6).await, []);
    assert_eq!(large(5).await, [alice.id]);
    let mut both = large(0).await;
    both.sort();
    let mut all = vec![alice.id, bob.id];
    all.sort();
    assert_eq!(both, all);
}
