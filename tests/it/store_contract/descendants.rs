//! Tokens that tokens have minted end with them.

use zonemint::model::Parent;
use zonemint::store::{Ancestors, Caller, Descendants, Kin, Page, ParentRow, revoke_descendants};

use super::*;

/// Mints with a token of `by`, as one of `owner`.
async fn minted(engine: &Engine, owner: &User, by: (&User, Parent), ms: u64) -> Token {
    let parent = Some(by.1);
    let token = Token { parent, ..token(owner, ms, None) };
    let actor = Actor::Caller(Caller::by_token(by.0.id, by.1, None));
    assert_eq!(engine.store.insert_token(token.clone(), actor, ms).await.unwrap(), Inserted::Stored);
    token
}

async fn revoke(engine: &Engine, of: Ancestors, except: Option<TokenId>) -> Descendants {
    let mut ended = Descendants::default();
    let told = |part: &Descendants| {
        ended.revoked.extend(&part.revoked);
        ended.generations.extend(&part.generations);
    };
    revoke_descendants(&*engine.store, &of, except, Actor::Operator, || 50, told).await.unwrap();
    ended.revoked.sort();
    ended
}

/// Ends a token itself.
async fn end(engine: &Engine, token: &Token) {
    let ended = engine.store.revoke_tokens(token.user, Which::Ids(vec![token.id]), 9, Actor::Operator, 45).await;
    assert_eq!(ended.unwrap(), [token.id]);
}

async fn is_good(engine: &Engine, token: &Token) -> bool {
    engine.store.token(token.id).await.unwrap().unwrap().revoked_ms.is_none()
}

pub(super) async fn descendants_end_in_every_account(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let [first, other] = [1, 2].map(|ms| token(&alice, ms, None));
    assert_eq!((insert(&engine, &first).await, insert(&engine, &other).await), (Inserted::Stored, Inserted::Stored));
    let of = |token: &Token| Parent::Token(token.id);
    let child = minted(&engine, &alice, (&alice, of(&first)), 3).await;
    let spared = minted(&engine, &alice, (&alice, of(&first)), 4).await;
    let grandchild = minted(&engine, &bob, (&alice, of(&child)), 5).await;
    let others = minted(&engine, &alice, (&alice, of(&other)), 6).await;
    assert_eq!(engine.store.token(grandchild.id).await.unwrap().unwrap().parent, Some(of(&child)));
    // What lies between may be gone already.
    assert_eq!(engine.store.delete_token(alice.id, child.id, Actor::Operator, 7).await.unwrap(), Changed::Done);
    end(&engine, &first).await;
    let start = engine.store.feed_end().await.unwrap();
    let ended = revoke(&engine, Ancestors::One(of(&first)), Some(spared.id)).await;
    assert_eq!(ended, Descendants { revoked: vec![grandchild.id], generations: vec![] });
    assert!(is_good(&engine, &others).await && is_good(&engine, &spared).await);
    let topics: Vec<_> = changes_after(&engine.store, &start).await.iter().map(|change| change.topic).collect();
    assert_eq!(topics, [Topic::Token(grandchild.id)]);
    let rows = engine.store.audit_after(&engine.store.chain(), 0, 99).await.unwrap();
    let last = rows.iter().rev().find(|row| row.token == Some(grandchild.id)).unwrap();
    let note = format!("descendant_of={}", first.id);
    assert_eq!((last.action.name(), last.user, last.note.as_ref()), ("token.revoke", Some(bob.id), Some(&note)));
    let mint = rows.iter().find(|row| row.token == Some(others.id)).unwrap();
    assert_eq!(mint.note, Some(format!("minted_by={}", other.id)));
    assert!(revoke(&engine, Ancestors::One(of(&first)), Some(spared.id)).await.is_empty());
    let of_other = Ancestors::Of(alice.id, Which::Ids(vec![other.id]));
    assert!(revoke(&engine, of_other.clone(), None).await.is_empty(), "it is good, and so no ancestor");
    end(&engine, &other).await;
    assert_eq!(revoke(&engine, of_other, None).await.revoked, [others.id]);
    assert_eq!(revoke(&engine, Ancestors::Of(alice.id, Which::IssuedBefore(2)), None).await.revoked, [spared.id]);
}

pub(super) async fn a_temporary_token_leads_to_what_it_minted(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    let first = token(&alice, 1, None);
    assert_eq!(insert(&engine, &first).await, Inserted::Stored);
    let by = Actor::Caller(Caller::by_token(alice.id, Parent::Token(first.id), None));
    for ms in [2, 3] {
        let id = TokenId::named(ms, &Random::system());
        assert_eq!(engine.store.audit_temporary_token(bob.id, id, 1, by, ms).await.unwrap(), Inserted::Stored);
    }
    let generation = Parent::Generation(bob.id, 1);
    let child = minted(&engine, &alice, (&bob, generation), 4).await;
    // A circle: what a temporary token minted makes temporary tokens of the same generation.
    let by = Actor::Caller(Caller::by_token(alice.id, Parent::Token(child.id), None));
    let id = TokenId::named(5, &Random::system());
    assert_eq!(engine.store.audit_temporary_token(bob.id, id, 1, by, 5).await.unwrap(), Inserted::Stored);
    assert!(revoke(&engine, Ancestors::Temporary(bob.id), None).await.is_empty(), "they are not ended");
    end(&engine, &first).await;
    let ended = revoke(&engine, Ancestors::One(Parent::Token(first.id)), None).await;
    assert_eq!(ended, Descendants { revoked: vec![child.id], generations: vec![bob.id] });
    assert_eq!(engine.store.user(bob.id).await.unwrap().unwrap().generation, 2);
    assert!(revoke(&engine, Ancestors::One(Parent::Token(first.id)), None).await.is_empty());
    let restored = TokenChange { revoked: Some(false), ..TokenChange::default() };
    let done = engine.store.change_token(alice.id, child.id, restored, Actor::Operator, 60).await.unwrap();
    assert_eq!(done, Changed::Done);
    assert_eq!(revoke(&engine, Ancestors::Temporary(bob.id), None).await.revoked, [child.id], "of an ended generation");
}

pub(super) async fn a_family_is_read_in_pages(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let parents = [1, 2].map(|ms| token(&alice, ms, None));
    let mut children = Vec::new();
    for (number, parent) in parents.iter().enumerate() {
        assert_eq!(insert(&engine, parent).await, Inserted::Stored);
        for ms in 0..3 {
            let child =
                minted(&engine, &alice, (&alice, Parent::Token(parent.id)), 10 * (number as u64 + 1) + ms).await;
            children.push(Kin { what: Parent::Token(child.id), owner: alice.id, is_good: true });
        }
    }
    let of = |parents: &[Token]| parents.iter().map(|token| Parent::Token(token.id)).collect::<Vec<_>>();
    let read = async |parents: &[Token], after: Option<TokenId>, limit| {
        engine.store.minted_by(of(parents), Page { after, limit, at_ms: 50 }).await.unwrap()
    };
    assert_eq!(read(&parents, None, 9).await, children);
    assert_eq!(read(&parents, None, 4).await, children[..4]);
    assert_eq!(read(&parents[1..], None, 2).await, children[3..5]);
    let Parent::Token(fourth) = children[3].what else { panic!("it is a token") };
    assert_eq!(read(&parents[1..], Some(fourth), 9).await, children[4..]);
    let page = Page { after: Some(parents[1].id), limit: 3, at_ms: 50 };
    let among = engine.store.tokens_among(alice.id, Which::All, page).await.unwrap();
    assert_eq!(among, children[..3]);
}

pub(super) async fn more_descendants_than_a_page_all_end(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let first = token(&alice, 1, None);
    assert_eq!(insert(&engine, &first).await, Inserted::Stored);
    // One with more children than are read at a time, among others with a few.
    let parents: Vec<_> =
        (2..6).map(|ms| Token { parent: Some(Parent::Token(first.id)), ..token(&alice, ms, None) }).collect();
    let children = parents.iter().zip([1, 5_200, 3, 0]).flat_map(|(parent, count)| {
        (0..count).map(|number| Token { parent: Some(Parent::Token(parent.id)), ..token(&alice, 100 + number, None) })
    });
    let family: Vec<_> = parents.iter().cloned().chain(children).collect();
    let rows = family.iter().map(|token| TokenRow { token: token.clone(), deleted_ms: None }).collect();
    engine.store.load(Rows::Tokens(rows), Mark { name: "test".to_owned(), value: None }).await.unwrap();
    end(&engine, &first).await;
    let ended = revoke(&engine, Ancestors::One(Parent::Token(first.id)), None).await;
    let mut all: Vec<_> = family.iter().map(|token| token.id).collect();
    all.sort();
    assert!(ended.revoked == all, "{} of {}", ended.revoked.len(), all.len());
    assert!(revoke(&engine, Ancestors::One(Parent::Token(first.id)), None).await.is_empty());
}

pub(super) async fn who_made_temporary_tokens_moves_to_another_store(engine: Engine) {
    let id = TokenId::named(1, &Random::system());
    let owner = UserId::new(&Random::system());
    let mut rows = vec![
        ParentRow { parent: Parent::Token(id), owner, generation: 1 },
        ParentRow { parent: Parent::Token(id), owner, generation: 2 },
        ParentRow { parent: Parent::Generation(owner, 1), owner, generation: 3 },
    ];
    let mark = Mark { name: "test".to_owned(), value: None };
    engine.store.load(Rows::Parents(rows.clone()), mark.clone()).await.unwrap();
    engine.store.load(Rows::Parents(rows.clone()), mark).await.unwrap();
    let mut read = engine.store.dump_parents(None, 2).await.unwrap();
    read.extend(engine.store.dump_parents(read.last().copied(), 2).await.unwrap());
    let key = |row: &ParentRow| (row.parent, row.generation);
    rows.sort_by_key(key);
    read.sort_by_key(key);
    assert_eq!(read, rows);
}

pub(super) async fn a_parent_that_is_purged_is_forgotten(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let first = token(&alice, 1, None);
    assert_eq!(insert(&engine, &first).await, Inserted::Stored);
    let by = Actor::Caller(Caller::by_token(alice.id, Parent::Token(first.id), None));
    let id = TokenId::named(2, &Random::system());
    assert_eq!(engine.store.audit_temporary_token(alice.id, id, 1, by, 2).await.unwrap(), Inserted::Stored);
    assert_eq!(engine.store.dump_parents(None, 9).await.unwrap().len(), 1);
    assert_eq!(engine.store.purge_tokens(100, None, 9, 200_000).await.unwrap().removed, 1);
    assert_eq!(engine.store.dump_parents(None, 9).await.unwrap(), []);
}
