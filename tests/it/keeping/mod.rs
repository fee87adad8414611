//! Keeping a store: what leaves it by itself, backups, restores and copies.

mod backup;
mod check;
mod purge;
mod replay;
mod restore;

use std::path::Path;
use std::sync::Arc;

use crate::support::{by_password, default_settings};
use zonemint::caveat::{Caveat, Time, TokenKind};
use zonemint::clock::Clock;
use zonemint::model::{
    FullName, KeyId, PasswordHash, SubjectKind, Token, TokenForm, TokenId, TokenSecret, User, UserId, UserName,
};
use zonemint::random::Random;
use zonemint::store::sqlite::{DataFolder, SqliteStore};
use zonemint::store::{Actor, Added, Inserted, Settings, Store};

/// In the year 2100, in seconds.
const FAR_S: u64 = 4_102_444_800;
fn settings() -> Settings {
    default_settings().store
}

/// The embedded store in a data folder.
fn open(folder: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(&DataFolder::create(folder).unwrap().database(), Clock::system()).unwrap())
}

/// Names of the files in a folder, in order.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Adds somebody with a password.
async fn add_user(store: &Arc<dyn Store>, name: &str) -> User {
    let id = UserId::new(&Random::system());
    let user = User {
        name: Some(UserName::parse(name).unwrap()),
        password: Some(PasswordHash::new("$argon2id$".to_owned())),
        basic_auth: true,
        ..User::new(id, SubjectKind::User, FullName::parse("Some One").unwrap(), 1_000)
    };
    assert_eq!(store.insert_user(user.clone(), Actor::Operator).await.unwrap(), Added::Stored);
    user
}

/// A token that was not stored yet.
fn token_of(owner: &User, now_ms: u64, until_s: u64) -> Token {
    Token {
        id: TokenId::new(now_ms, &Random::system()),
        user: owner.id,
        secret: TokenSecret::Derived(KeyId::from_bytes([7; 8])),
        form: TokenForm::Bare,
        kind: TokenKind::Access,
        name: None,
        caveats: vec![Caveat::Time(Time::until(until_s))],
        metadata: None,
        created_ms: now_ms,
        revoked_ms: None,
        last_used_day: None,
        last_use: None,
        parent: None,
    }
}

/// Mints a token.
async fn mint(store: &Arc<dyn Store>, owner: &User, now_ms: u64, until_s: u64) -> TokenId {
    let token = token_of(owner, now_ms, until_s);
    assert_eq!(store.insert_token(token.clone(), by_password(owner.id), now_ms).await.unwrap(), Inserted::Stored);
    token.id
}
