//! Passwords that must be changed, reset links, and privileges that are given and taken.

use zonemint::model::Privilege;
use zonemint::store::ResetLink;

use super::*;

/// A link that is good until 100.
const LINK: ResetLink = ResetLink { hash: [9; 32], until_ms: 100 };

fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

async fn change(engine: &Engine, user: &User, change: UserChange) -> Changed {
    engine.store.change_user(user.id, change, Actor::Operator, 50).await.unwrap()
}

async fn now(engine: &Engine, user: &User) -> User {
    engine.store.user(user.id).await.unwrap().unwrap()
}

/// Uses a link at a moment.
async fn used(engine: &Engine, user: &User, link: [u8; 32], at_ms: u64) -> Changed {
    let change = UserChange::PasswordByLink { link, hash: hash("by link") };
    engine.store.change_user(user.id, change, Actor::System, at_ms).await.unwrap()
}

/// Whose password a link sets at a moment.
async fn owner(engine: &Engine, link: [u8; 32], at_ms: u64) -> Option<UserId> {
    engine.store.user_by_reset_link(link, at_ms).await.unwrap().map(|user| user.id)
}

pub(super) async fn a_link_sets_the_password_of_its_account_once(engine: Engine) {
    let (alice, bob) = (added(&engine, "alice").await, added(&engine, "bob").await);
    assert_eq!(change(&engine, &alice, UserChange::MustChangePassword(true)).await, Changed::Done);
    assert_eq!(owner(&engine, LINK.hash, 50).await, None);
    assert_eq!(change(&engine, &alice, UserChange::ResetLink(LINK)).await, Changed::Done);
    let before = now(&engine, &alice).await;
    assert_eq!(before.password, alice.password, "making a link changes no password");
    assert_eq!((owner(&engine, LINK.hash, 99).await, owner(&engine, LINK.hash, 100).await), (Some(alice.id), None));
    for (user, link, at_ms) in [(&bob, LINK.hash, 50), (&alice, [8; 32], 50), (&alice, LINK.hash, 100)] {
        assert_eq!(used(&engine, user, link, at_ms).await, Changed::NotFound);
    }
    assert_eq!(now(&engine, &alice).await, before);
    assert_eq!(used(&engine, &alice, LINK.hash, 99).await, Changed::Done);
    let after = now(&engine, &alice).await;
    assert_eq!((after.usable_password(), after.must_change), (Some(&hash("by link")), false));
    assert_eq!((after.version, after.password_version), (before.version + 1, before.password_version + 1));
    assert_eq!(used(&engine, &alice, LINK.hash, 99).await, Changed::NotFound);
    assert_eq!(owner(&engine, LINK.hash, 50).await, None);
    let rows = engine.store.audit_after(&engine.store.chain(), 0, 99).await.unwrap();
    let notes: Vec<_> = rows.iter().skip(2).map(|row| (row.action, row.note.as_deref().unwrap())).collect();
    assert_eq!(
        notes,
        [
            (AuditAction::UserBasicAuth, "must_change=true"),
            (AuditAction::UserPassword, "reset_link=made"),
            (AuditAction::UserPassword, "reset_link=used"),
        ]
    );
}

pub(super) async fn of_many_who_use_a_link_at_once_one_sets_the_password(engine: Engine) {
    let alice = added(&engine, "alice").await;
    for _ in 0..5 {
        assert_eq!(change(&engine, &alice, UserChange::ResetLink(LINK)).await, Changed::Done);
        let all = futures_util::future::join_all((0..8).map(|_| used(&engine, &alice, LINK.hash, 50))).await;
        assert_eq!(all.into_iter().filter(|changed| *changed == Changed::Done).count(), 1);
    }
}

pub(super) async fn a_link_is_ended_by_whatever_changes_what_it_is_good_for(engine: Engine) {
    let one = Privileges::from_iter([Privilege::UsersList]);
    let granted = || UserChange::GrantAndRevoke { grant: one, revoke: Privileges::NONE };
    let given = || UserChange::GivenPassword { hash: hash("given"), must_change: None };
    for (number, ended) in [
        UserChange::Password(hash("another")),
        given(),
        UserChange::Block,
        UserChange::BasicAuth(false),
        UserChange::Privileges(one),
        granted(),
        UserChange::Remove,
        UserChange::ResetLink(ResetLink { hash: [1; 32], ..LINK }),
    ]
    .into_iter()
    .enumerate()
    {
        let alice = added(&engine, &format!("alice{number}")).await;
        assert_eq!(change(&engine, &alice, UserChange::ResetLink(LINK)).await, Changed::Done);
        assert_eq!(change(&engine, &alice, ended.clone()).await, Changed::Done, "{ended:?}");
        assert_eq!(owner(&engine, LINK.hash, 50).await, None, "{ended:?}");
        let _ = change(&engine, &alice, UserChange::Unblock).await;
        assert_eq!(used(&engine, &alice, LINK.hash, 50).await, Changed::NotFound, "{ended:?}");
    }
    let alice = added(&engine, "alice").await;
    assert_eq!(change(&engine, &alice, UserChange::ResetLink(LINK)).await, Changed::Done);
    let names = UserChange::Names { name: UserName::parse("alicia").ok(), full_name: None };
    for stays in [names, UserChange::Generation, UserChange::MustChangePassword(true), UserChange::BasicAuth(true)] {
        assert_eq!(change(&engine, &alice, stays.clone()).await, Changed::Done, "{stays:?}");
    }
    assert_eq!(used(&engine, &alice, LINK.hash, 50).await, Changed::Done);
}

pub(super) async fn no_link_is_made_for_who_may_have_no_password(engine: Engine) {
    let service = User::new(UserId::new(&Random::system()), SubjectKind::User, FullName::parse("No Name").unwrap(), 1);
    assert_eq!(engine.store.insert_user(service.clone(), Actor::Operator).await.unwrap(), Added::Stored);
    let blocked = added(&engine, "blocked").await;
    assert_eq!(change(&engine, &blocked, UserChange::Block).await, Changed::Done);
    let ended = added(&engine, "ended").await;
    assert_eq!(change(&engine, &ended, UserChange::BasicAuth(false)).await, Changed::Done);
    let removed = added(&engine, "removed").await;
    assert_eq!(change(&engine, &removed, UserChange::Remove).await, Changed::Done);
    for user in [service, blocked, ended, removed] {
        assert_eq!(change(&engine, &user, UserChange::ResetLink(LINK)).await, Changed::NotFound, "{user:?}");
    }
    // Who has no password yet gets the first one.
    let new = User { password: None, basic_auth: false, ..user("new") };
    assert_eq!(engine.store.insert_user(new.clone(), Actor::Operator).await.unwrap(), Added::Stored);
    assert_eq!(change(&engine, &new, UserChange::ResetLink(LINK)).await, Changed::Done);
    assert_eq!(used(&engine, &new, LINK.hash, 50).await, Changed::Done);
    assert!(now(&engine, &new).await.usable_password().is_some());
}

pub(super) async fn a_store_that_is_put_back_has_no_links(engine: Engine) {
    let alice = added(&engine, "alice").await;
    assert_eq!(change(&engine, &alice, UserChange::ResetLink(LINK)).await, Changed::Done);
    let mark = Mark { name: "replay".to_owned(), value: Some("done".to_owned()) };
    assert_eq!(engine.store.apply(Vec::new(), 50, mark).await.unwrap(), Vec::<u64>::new());
    assert_eq!(owner(&engine, LINK.hash, 50).await, None);
}

pub(super) async fn a_password_must_be_changed_until_its_owner_has_done_so(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let given = |must_change| UserChange::GivenPassword { hash: hash("given"), must_change };
    for (changed, expected) in [
        (UserChange::MustChangePassword(true), true),
        (given(None), true),
        (given(Some(false)), false),
        (given(None), false),
        (given(Some(true)), true),
        (UserChange::BasicAuth(false), true),
        (UserChange::Password(hash("own")), false),
    ] {
        assert_eq!(change(&engine, &alice, changed.clone()).await, Changed::Done);
        assert_eq!(now(&engine, &alice).await.must_change, expected, "{changed:?}");
    }
    assert_eq!(change(&engine, &alice, UserChange::MustChangePassword(false)).await, Changed::NotFound);
}

pub(super) async fn privileges_are_given_and_taken_from_those_that_there_are(engine: Engine) {
    let alice = added(&engine, "alice").await;
    let grants: Vec<_> = Privilege::ALL
        .map(|one| UserChange::GrantAndRevoke { grant: Privileges::from_iter([one]), revoke: Privileges::NONE })
        .into();
    let all = futures_util::future::join_all(grants.into_iter().map(|grant| change(&engine, &alice, grant))).await;
    assert!(all.into_iter().all(|changed| changed == Changed::Done));
    assert_eq!(now(&engine, &alice).await.privileges, Privileges::all(), "none has overwritten another");
    let [kept, lost] = [Privilege::UsersList, Privilege::KeysManage].map(|one| Privileges::from_iter([one]));
    let both = || UserChange::GrantAndRevoke { grant: kept, revoke: lost };
    assert_eq!(change(&engine, &alice, both()).await, Changed::Done);
    assert_eq!(now(&engine, &alice).await.privileges, Privileges::all().without(lost));
    assert_eq!(change(&engine, &alice, both()).await, Changed::NotFound, "it changes nothing");
}
