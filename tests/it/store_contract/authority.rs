//! A write of the API is refused when what authorised it was lost before its commit.

use futures_util::future::BoxFuture;
use zonemint::model::{Parent, Privilege};
use zonemint::store::{Ancestors, Caller, Doomed, Kin, Lost, StoreError};

use super::*;

pub(super) const NOW_MS: u64 = 1_000;

/// Who asks, who owns what is written to, and the token that was shown.
#[derive(Clone)]
pub(super) struct Scene {
    number: usize,
    store: Arc<dyn Store>,
    pub(super) caller: User,
    owner: User,
    shown: Token,
    theirs: Token,
    key: KeyId,
}

impl Scene {
    pub(super) async fn new(engine: &Engine, number: usize) -> Self {
        let caller = added(engine, &format!("caller{number}")).await;
        let owner = added(engine, &format!("owner{number}")).await;
        let all = UserChange::Privileges(Privileges::all());
        let granted = engine.store.change_user(caller.id, all, Actor::Operator, 2).await.unwrap();
        assert_eq!(granted, Changed::Done);
        let shown = Token { caveats: vec![], ..token(&caller, 3, Some("shown")) };
        let theirs = Token { caveats: vec![], ..token(&owner, 4, Some("theirs")) };
        for token in [&shown, &theirs] {
            assert_eq!(insert(engine, token).await, Inserted::Stored);
        }
        let key = key();
        engine.store.add_key(key.clone(), Actor::Operator).await.unwrap();
        Self { number, store: Arc::clone(&engine.store), caller, owner, shown, theirs, key: key.id }
    }

    /// The same, seen from another node.
    pub(super) fn on(&self, store: &Arc<dyn Store>) -> Self {
        Self { store: Arc::clone(store), ..self.clone() }
    }

    pub(super) fn by_token(&self) -> Caller {
        Caller::by_token(self.caller.id, Parent::Token(self.shown.id), None)
    }

    fn by_temporary(&self) -> Caller {
        Caller::by_token(self.caller.id, Parent::Generation(self.caller.id, 1), None)
    }

    fn by_password(&self) -> Caller {
        Caller::by_password(self.caller.id, 1)
    }

    async fn change(&self, change: UserChange) {
        self.change_of(&self.caller, change).await;
    }

    async fn change_of(&self, user: &User, change: UserChange) {
        assert_eq!(self.store.change_user(user.id, change, Actor::Operator, 5).await.unwrap(), Changed::Done);
    }

    /// The owner has got a privilege that the caller has lost.
    async fn outrank(&self) {
        let one = Privileges::from_iter([Privilege::KeysManage]);
        self.change(UserChange::Privileges(Privileges::all().without(one))).await;
        self.change_of(&self.owner, UserChange::Privileges(one)).await;
    }

    async fn rotate(&self) {
        let old = Rotated { id: self.shown.id, name: None, revoked_ms: Token::AT_ONCE, most: 0 };
        let new = token(&self.caller, 6, Some("new"));
        assert_eq!(self.store.rotate_token(old, new, Actor::Operator, 6).await.unwrap(), Changed::Done);
    }

    async fn revoke(&self) {
        let change = TokenChange { revoked: Some(true), ..TokenChange::default() };
        let done = self.store.change_token(self.caller.id, self.shown.id, change, Actor::Operator, 6).await.unwrap();
        assert_eq!(done, Changed::Done);
    }

    async fn delete(&self) {
        let done = self.store.delete_token(self.caller.id, self.shown.id, Actor::Operator, 6).await.unwrap();
        assert_eq!(done, Changed::Done);
    }

    async fn revoke_all(&self) {
        let done = self.store.revoke_tokens(self.caller.id, Which::All, 9, Actor::Operator, 6).await.unwrap();
        assert!(done.contains(&self.shown.id), "{done:?}");
    }
}

fn key() -> SealedKey {
    SealedKey::new(KeyId::new(&Random::system()), KeyId::from_bytes([1; 8]), vec![1], NOW_MS)
}

pub(super) type Write = for<'a> fn(&'a Scene, Actor) -> BoxFuture<'a, Result<(), StoreError>>;

/// Every write that a caller can ask for through the API.
pub(super) const WRITES: [(&str, Write); 15] = [
    ("mint", |scene, by| {
        let token = token(&scene.owner, 10, None);
        Box::pin(async move { scene.store.insert_token(token, by, NOW_MS).await.map(drop) })
    }),
    ("mint for oneself", |scene, by| {
        let token = named(&scene.caller, 10, "mine");
        Box::pin(async move { scene.store.insert_token(token, by, NOW_MS).await.map(drop) })
    }),
    ("mint a temporary token", |scene, by| {
        let id = TokenId::named(10, &Random::system());
        Box::pin(async move { scene.store.audit_temporary_token(scene.owner.id, id, 1, by, NOW_MS).await.map(drop) })
    }),
    ("change a token", |scene, by| {
        let change = TokenChange { metadata: Some("{}".to_owned()), ..TokenChange::default() };
        let (owner, id) = (scene.owner.id, scene.theirs.id);
        Box::pin(async move { scene.store.change_token(owner, id, change, by, NOW_MS).await.map(drop) })
    }),
    ("delete a token", |scene, by| {
        let (owner, id) = (scene.owner.id, scene.theirs.id);
        Box::pin(async move { scene.store.delete_token(owner, id, by, NOW_MS).await.map(drop) })
    }),
    ("delete named tokens", |scene, by| {
        Box::pin(async move { scene.store.delete_named_tokens(scene.owner.id, 9, by, NOW_MS).await.map(drop) })
    }),
    ("revoke tokens", |scene, by| {
        Box::pin(async move { scene.store.revoke_tokens(scene.owner.id, Which::All, 9, by, NOW_MS).await.map(drop) })
    }),
    ("revoke descendants", |scene, by| {
        let of = Ancestors::One(Parent::Token(scene.theirs.id));
        let kin = vec![Kin { what: Parent::Token(scene.theirs.id), owner: scene.theirs.user, is_good: true }];
        let doomed = Doomed { of, kin, by };
        Box::pin(async move { scene.store.revoke_descendants(doomed, NOW_MS).await.map(drop) })
    }),
    ("rotate", |scene, by| {
        let old = Rotated { id: scene.theirs.id, name: None, revoked_ms: Token::AT_ONCE, most: 0 };
        let new = token(&scene.owner, 10, Some("theirs"));
        Box::pin(async move { scene.store.rotate_token(old, new, by, NOW_MS).await.map(drop) })
    }),
    ("add a user", |scene, by| {
        let user = user(&format!("another{}", scene.number));
        Box::pin(async move { scene.store.insert_user(user, by).await.map(drop) })
    }),
    ("change a user", |scene, by| {
        let change = UserChange::Password(PasswordHash::new("$argon2id$other".to_owned()));
        Box::pin(async move { scene.store.change_user(scene.owner.id, change, by, NOW_MS).await.map(drop) })
    }),
    ("remove a user", |scene, by| {
        Box::pin(async move { scene.store.change_user(scene.owner.id, UserChange::Remove, by, NOW_MS).await.map(drop) })
    }),
    ("add a key", |scene, by| Box::pin(async move { scene.store.add_key(key(), by).await })),
    ("retire a key", |scene, by| {
        Box::pin(async move { scene.store.retire_key(scene.key, by, NOW_MS).await.map(drop) })
    }),
    ("show a token's text", |scene, by| {
        let (user, token) = (Some(scene.owner.id), Some(scene.theirs.id));
        let shown = AuditEntry { user, token, ..AuditEntry::new(AuditAction::TokenUpdate, by) };
        Box::pin(async move { scene.store.append_audit(vec![shown], NOW_MS).await })
    }),
];

pub(super) type Show = fn(&Scene) -> Caller;
pub(super) type Lose = for<'a> fn(&'a Scene) -> BoxFuture<'a, ()>;

/// Every way to lose what authorises a write: what is shown, how it is lost, and what is said of it.
pub(super) const LOSSES: [(&str, Show, Lose, Lost); 18] = [
    ("revoked", Scene::by_token, |scene| Box::pin(scene.revoke()), Lost::Token),
    ("deleted", Scene::by_token, |scene| Box::pin(scene.delete()), Lost::Token),
    ("rotated", Scene::by_token, |scene| Box::pin(scene.rotate()), Lost::Token),
    ("all revoked", Scene::by_token, |scene| Box::pin(scene.revoke_all()), Lost::Token),
    (
        "over",
        |scene| Caller::by_token(scene.caller.id, Parent::Token(scene.shown.id), Some(1)),
        |_| Box::pin(async {}),
        Lost::Token,
    ),
    (
        "another's token",
        |scene| Caller::by_token(scene.caller.id, Parent::Token(scene.theirs.id), None),
        |_| Box::pin(async {}),
        Lost::Token,
    ),
    ("temporary, ended", Scene::by_temporary, |scene| Box::pin(scene.change(UserChange::Generation)), Lost::Token),
    ("temporary, all revoked", Scene::by_temporary, |scene| Box::pin(scene.revoke_all()), Lost::Token),
    (
        "password changed",
        Scene::by_password,
        |scene| Box::pin(scene.change(UserChange::Password(PasswordHash::new("$argon2id$new".to_owned())))),
        Lost::Password,
    ),
    ("sign-in ended", Scene::by_password, |scene| Box::pin(scene.change(UserChange::BasicAuth(false))), Lost::Password),
    (
        "password must be changed",
        Scene::by_password,
        |scene| Box::pin(scene.change(UserChange::MustChangePassword(true))),
        Lost::PasswordToChange,
    ),
    ("blocked, token", Scene::by_token, |scene| Box::pin(scene.change(UserChange::Block)), Lost::Account),
    ("blocked, temporary", Scene::by_temporary, |scene| Box::pin(scene.change(UserChange::Block)), Lost::Account),
    ("blocked, password", Scene::by_password, |scene| Box::pin(scene.change(UserChange::Block)), Lost::Account),
    ("removed", Scene::by_password, |scene| Box::pin(scene.change(UserChange::Remove)), Lost::Account),
    (
        "privilege taken away",
        |scene| scene.by_password().using(Privileges::from_iter([Privilege::KeysManage])),
        |scene| {
            let rest = Privileges::all().without(Privileges::from_iter([Privilege::KeysManage]));
            Box::pin(scene.change(UserChange::Privileges(rest)))
        },
        Lost::Privilege,
    ),
    ("outranked", |scene| scene.by_password().over(scene.owner.id), |scene| Box::pin(scene.outrank()), Lost::Rank),
    (
        "outranked by a blocked one",
        |scene| scene.by_token().over(scene.owner.id),
        |scene| {
            Box::pin(async {
                scene.outrank().await;
                scene.change_of(&scene.owner, UserChange::Block).await;
            })
        },
        Lost::Rank,
    ),
];

pub(super) async fn a_write_is_refused_once_what_authorised_it_is_lost(engine: Engine) {
    let mut number = 0;
    for (loss, shown, lose, expected) in LOSSES {
        number += 1;
        let scene = Scene::new(&engine, number).await;
        lose(&scene).await;
        let before = engine.store.heads().await.unwrap();
        for (write, ask) in WRITES {
            let refused = ask(&scene, Actor::Caller(shown(&scene))).await;
            assert!(
                matches!(refused, Err(StoreError::NotAuthorised(lost)) if lost == expected),
                "{write}, {loss}: {refused:?}"
            );
        }
        assert_eq!(engine.store.heads().await.unwrap(), before, "{loss}: nothing was written");
    }
    // What takes nothing away from the password, and what is not lost.
    for (write, ask) in WRITES {
        number += 1;
        let scene = Scene::new(&engine, number).await;
        scene.change(UserChange::Generation).await;
        scene.change(UserChange::Names { name: None, full_name: Some(FullName::parse("Renamed").unwrap()) }).await;
        let from = scene.caller.password.clone().unwrap();
        scene.change(UserChange::Rehash { from, to: PasswordHash::new("$argon2id$rehashed".to_owned()) }).await;
        let both = scene.by_token().setting_password(1).using(Privileges::all()).over(scene.owner.id);
        for caller in [scene.by_password(), both] {
            let done = ask(&scene, Actor::Caller(caller)).await;
            assert!(done.is_ok(), "{write}: {done:?}");
        }
        scene.change(UserChange::MustChangePassword(true)).await;
        for caller in [scene.by_password().setting_password(1), both, scene.by_token()] {
            let done = ask(&scene, Actor::Caller(caller)).await;
            assert!(done.is_ok(), "{write}: {done:?}");
        }
    }
}

pub(super) async fn a_write_in_the_same_batch_sees_the_loss_before_it(engine: Engine) {
    let scene = Scene::new(&engine, 0).await;
    let by = Actor::Caller(scene.by_token());
    let tokens: Vec<_> = (10..40).map(|ms| token(&scene.caller, ms, None)).collect();
    let mints = tokens.iter().map(|token| engine.store.insert_token(token.clone(), by, NOW_MS));
    let (first, last): (Vec<_>, Vec<_>) = mints.enumerate().partition(|(at, _)| *at < 15);
    let all = |part: Vec<(usize, _)>| futures_util::future::join_all(part.into_iter().map(|(_, mint)| mint));
    let (first, (), last) = tokio::join!(biased; all(first), scene.revoke(), all(last));
    assert!(first.into_iter().all(|answer| answer.unwrap() == Inserted::Stored));
    for answer in last {
        assert!(matches!(answer, Err(StoreError::NotAuthorised(Lost::Token))), "{answer:?}");
    }
}

pub(super) async fn the_rest_of_a_revocation_needs_no_token(engine: Engine) {
    let scene = Scene::new(&engine, 0).await;
    let own = Actor::Caller(scene.by_token());
    for ms in 10..13 {
        assert_eq!(insert(&engine, &token(&scene.caller, ms, None)).await, Inserted::Stored);
    }
    let revoke = async |by: Actor| scene.store.revoke_tokens(scene.caller.id, Which::All, 2, by, NOW_MS).await;
    let mut all = revoke(own).await.unwrap();
    while !all.contains(&scene.shown.id) {
        all.extend(revoke(own).await.unwrap());
    }
    assert!(matches!(revoke(own).await, Err(StoreError::NotAuthorised(Lost::Token))));
    assert!(revoke(own.having_begun()).await.is_ok());
}
