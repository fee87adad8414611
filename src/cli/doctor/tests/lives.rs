//! Tokens without an end, and with one that is far; accounts with very many tokens.

use super::*;
use zonemint_base::model::{KeyId, Token, TokenForm, TokenId, TokenSecret};
use zonemint_caveat::{Caveat, Time, TokenKind};
use zonemint_service::token::{Lifetime, MANY_TOKENS};
use zonemint_store::{Inserted, Mark, PAGE_SIZE, Rows, TokenRow};

const CHECK: &str = "token lifetimes";
const LARGE: &str = "large accounts";

fn add_token(scene: &mut Scene, days: Option<u64>) {
    scene.write(async |store| {
        let token = token(admin(&**store).await, days);
        assert_eq!(store.insert_token(token, Actor::Operator, NOW_MS).await.unwrap(), Inserted::Stored);
    });
}

async fn admin(store: &dyn Store) -> UserId {
    store.user_by_name(&UserName::parse("admin").unwrap()).await.unwrap().unwrap().id
}

fn token(user: UserId, days: Option<u64>) -> Token {
    let end = days.map(|days| Caveat::Time(Time::until((NOW_MS + days * DAY_MS) / 1_000)));
    Token {
        id: TokenId::new(NOW_MS, &Random::system()),
        user,
        secret: TokenSecret::Derived(KeyId::from_bytes([7; 8])),
        form: TokenForm::Bare,
        kind: TokenKind::Access,
        name: None,
        caveats: end.into_iter().collect(),
        metadata: None,
        created_ms: NOW_MS,
        revoked_ms: None,
        last_used_day: None,
        last_use: None,
        parent: None,
    }
}

fn bound(scene: &mut Scene, longest: &str) {
    scene.config().token.max_named_ttl = longest.parse::<Lifetime>().unwrap();
}

pub(super) const CASES: &[Case] = &[
    (CHECK, State::Ok, |scene| add_token(scene, Some(365))),
    (CHECK, State::Warning, |scene| add_token(scene, None)),
    (CHECK, State::Warning, |scene| add_token(scene, Some(366))),
    (CHECK, State::Warning, |scene| {
        bound(scene, "30d");
        add_token(scene, Some(31));
    }),
    (CHECK, State::Note, |scene| bound(scene, "none")),
    (CHECK, State::Note, |scene| bound(scene, "800d")),
    (LARGE, State::Warning, |scene| add_tokens(scene, MANY_TOKENS + 1)),
    (LARGE, State::Note, |scene| {
        scene.config().token.max_per_account = 1_000_000;
        add_tokens(scene, MANY_TOKENS + 1);
    }),
];

/// Tokens that have ended: they are in the store until they are purged.
fn add_tokens(scene: &mut Scene, count: usize) {
    scene.write(async |store| {
        let user = admin(&**store).await;
        let rows: Vec<_> = (0..count).map(|_| TokenRow { token: token(user, None), deleted_ms: Some(1) }).collect();
        for (at, rows) in rows.chunks(PAGE_SIZE).enumerate() {
            let mark = Mark { name: format!("test {at}"), value: Some(String::new()) };
            store.load(Rows::Tokens(rows.to_vec()), mark).await.unwrap();
        }
    });
}

#[test]
fn tokens_that_live_too_long_are_counted_and_shown_by_a_command() {
    let mut scene = Scene::embedded();
    bound(&mut scene, "none");
    for days in [None, None, Some(10), Some(1_000)] {
        add_token(&mut scene, days);
    }
    let [Finding { found, fix: Some(fix), run, .. }] = &scene.says(CHECK)[..] else { panic!("it is one finding") };
    assert!(found.starts_with("2 tokens are without an end, one token lives longer than 365d"), "{found}");
    assert!(fix.starts_with("set token.max_named_ttl = \"365d\""), "{fix}");
    let commands: Vec<_> = run.iter().map(Remedy::text).collect();
    assert_eq!(
        commands,
        ["zonemint token revoke --endless --dry-run", "zonemint token revoke --longer-than 365d --dry-run"]
    );
}
