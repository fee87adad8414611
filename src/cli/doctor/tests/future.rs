//! Rows that a clock wrote which was ahead.

use super::*;
use zonemint_base::model::{KeyId, Token, TokenForm, TokenId, TokenSecret};
use zonemint_caveat::TokenKind;
use zonemint_store::{Inserted, SealedKey};

const CHECK: &str = "rows of the future";
/// What clocks may differ by.
const ALLOWED_MS: u64 = 5_000;

fn write_row(scene: &mut Scene, at_ms: u64) {
    let entry = AuditEntry::new(AuditAction::TokenPurge, Actor::System);
    scene.write(async |store| store.append_audit(vec![entry], at_ms).await.unwrap());
}

fn add_key(scene: &mut Scene, created_ms: u64) {
    let key = SealedKey::new(KeyId::from_bytes([7; 8]), KeyId::from_bytes([8; 8]), vec![9; 72], created_ms);
    scene.write(async |store| store.add_key(key, Actor::System).await.unwrap());
}

fn add_account(scene: &mut Scene, created_ms: u64) {
    scene.add(User { created_ms, ..user("carol", ARGON2ID, Privileges::NONE) });
}

/// Imports a token whose identifier tells one moment, and its row another.
fn import_token(scene: &mut Scene, id: TokenId, created_ms: u64) {
    scene.write(async |store| {
        let owner = store.user_by_name(&UserName::parse("admin").unwrap()).await.unwrap().unwrap().id;
        let token = Token {
            id,
            user: owner,
            secret: TokenSecret::Derived(KeyId::from_bytes([7; 8])),
            form: TokenForm::Bare,
            kind: TokenKind::Access,
            name: None,
            caveats: Vec::new(),
            metadata: None,
            created_ms,
            revoked_ms: None,
            last_used_day: None,
            last_use: None,
            parent: None,
        };
        assert_eq!(store.insert_token(token, Actor::Operator, NOW_MS).await.unwrap(), Inserted::Stored);
    });
}

fn mint(scene: &mut Scene, at_ms: u64) {
    import_token(scene, TokenId::new(at_ms, &Random::system()), at_ms);
}

pub(super) const CASES: &[Case] = &[
    (CHECK, State::Warning, |scene| write_row(scene, NOW_MS + ALLOWED_MS + 1)),
    (CHECK, State::Warning, |scene| add_key(scene, NOW_MS + ALLOWED_MS + 1)),
    (CHECK, State::Warning, |scene| add_account(scene, NOW_MS + ALLOWED_MS + 1)),
    (CHECK, State::Warning, |scene| mint(scene, NOW_MS + ALLOWED_MS + 1)),
    (CHECK, State::Ok, |scene| {
        write_row(scene, NOW_MS + ALLOWED_MS);
        add_key(scene, NOW_MS + ALLOWED_MS);
        add_account(scene, NOW_MS + ALLOWED_MS);
        mint(scene, NOW_MS + ALLOWED_MS);
    }),
    // Identifiers of another service are random, and tell no time.
    (CHECK, State::Ok, |scene| import_token(scene, TokenId::new(2 * NOW_MS, &Random::system()), NOW_MS)),
    (CHECK, State::Skipped, |scene| scene.facts.database = Database::Absent),
];

#[test]
fn each_row_of_the_future_is_named_and_by_how_much() {
    let mut scene = Scene::embedded();
    add_key(&mut scene, NOW_MS + 60_000);
    add_account(&mut scene, NOW_MS + 70_000);
    write_row(&mut scene, NOW_MS + 80_000);
    for _ in 0..3 {
        mint(&mut scene, NOW_MS + 90_000);
    }
    write_row(&mut scene, NOW_MS + 80_000);
    let [Finding { found, fix: Some(fix), run, .. }] = &scene.says(CHECK)[..] else { panic!("it is a warning") };
    for part in [
        "the root key 0707070707070707 was made by a clock 60 s ahead",
        "the embedded store's chain was last written by a clock 80 s ahead",
        "one account was made by a clock up to 70 s ahead",
        "at least 3 tokens minted by a clock up to 90 s ahead",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
    assert!(
        run.iter().any(|remedy| remedy.text() == "zonemint key rotate") && fix.contains("the clock of this machine"),
        "{fix}"
    );
}

#[test]
fn rows_of_a_shared_database_are_compared_with_its_clock() {
    let mut scene = Scene::embedded();
    write_row(&mut scene, NOW_MS + 60_000);
    let Database::Embedded(_, store) = std::mem::replace(&mut scene.facts.database, Database::Absent) else {
        panic!("it is embedded")
    };
    let report = postgres::ServerReport { clock_ahead_ms: 59_000, ..healthy_server() };
    scene.facts.database = Database::Shared(report, store);
    assert_eq!(scene.state(CHECK), State::Ok, "{:?}", scene.says(CHECK));
    scene.server().clock_ahead_ms = 0;
    assert_eq!(scene.state(CHECK), State::Warning);
}
