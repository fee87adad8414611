//! Moving to another store: everything arrives, a copy that was cut off goes on, and nothing serves half of one.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt as _;
use zonemint::caller::{Caller, Gains};
use zonemint::caveat::{Caveat, Time, TokenKind};
use zonemint::clock::Clock;
use zonemint::model::{FullName, Privileges, TokenName, UserName};
use zonemint::random::Random;
use zonemint::store::copy::{self, CopyError};
use zonemint::store::{AuditAction, Chain, Changed, Mark, Rows, Store, TokenRow, UserChange, UsesRow, Which};
use zonemint::token::{KeyEncryptionKey, KeyEncryptionKeys, KeySource, NamedRequest};
use zonemint::user::{NewUser, Password};

use crate::support::operator::{add_user, done, run};
use crate::support::{Node, Shared, presented};

const NOW_MS: u64 = 1_000_000;

/// A store with a bit of everything in it, and what its tokens are.
struct Source {
    shared: Shared,
    keys: Arc<dyn KeySource>,
    good: Vec<String>,
    bad: Vec<String>,
}

impl Source {
    /// With `more` tokens beside: more than one step holds.
    async fn new(shared: Shared, more: usize) -> Self {
        let keys: Arc<dyn KeySource> = Arc::new(KeyEncryptionKeys::of(KeyEncryptionKey::generate(&Random::system())));
        let store = shared.open("source").await;
        let node = Node::on(Arc::clone(&store), Arc::clone(&keys), &Clock::manual(NOW_MS)).await;
        let mut texts = Vec::new();
        for name in ["alice", "gone"] {
            let user = node.accounts.add(named(name), &Caller::operator()).await.unwrap();
            for token in ["kept", "revoked", "deleted"] {
                let request = NamedRequest {
                    name: TokenName::parse(token).unwrap(),
                    kind: TokenKind::Access,
                    caveats: vec![Caveat::Time(Time::until(9_000))],
                    metadata: None,
                    revoked: false,
                    encoding: None,
                };
                let minted = node.tokens.create_named(user.subject(), request, &Caller::operator()).await.unwrap();
                texts.push((user.id, minted.id, minted.text));
            }
        }
        let by = &Caller::operator();
        node.tokens.revoke(texts[1].0, Which::Ids(vec![texts[1].1]), false, by).await.unwrap();
        let deleted = node.tokens.visible(&texts[2].1.to_string(), Gains::Nothing, by).await.unwrap();
        assert!(node.tokens.delete(&deleted, false, by).await.unwrap().is_none());
        assert_eq!(
            node.accounts.change(texts[3].0, UserChange::Remove, &Caller::operator()).await.unwrap(),
            Changed::Done
        );
        node.tokens.rotate_key(&Caller::operator()).await.unwrap();
        let here = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST).into();
        node.accounts.sign_in("alice", presented("some-good-password"), here).await.unwrap();
        let template = store.dump_tokens(None, 1).await.unwrap().remove(0);
        let rows = (0..more).map(|number| {
            let id = zonemint::model::TokenId::new(number as u64, &Random::system());
            TokenRow { token: zonemint::model::Token { id, name: None, ..template.token.clone() }, deleted_ms: None }
        });
        let mark = Mark { name: "unused".to_owned(), value: None };
        store.load(Rows::Tokens(rows.collect()), mark.clone()).await.unwrap();
        let day = |day| UsesRow { owner: texts[0].0, day, chain: Chain::parse("node-1").unwrap(), count: 3 };
        let more = u32::try_from(more).unwrap();
        store.load(Rows::Uses((0..=more).map(day).collect()), mark).await.unwrap();
        store.close().await;
        // Whether the owner of the others is still there is for whoever asks about them.
        let mut texts = texts.into_iter().map(|(.., text)| text);
        let good = texts.by_ref().take(1).collect();
        Self { shared, keys, good, bad: texts.take(2).collect() }
    }

    /// Whether another store tells the same of the tokens.
    async fn assert_lives_on_in(&self, store: Arc<dyn Store>) {
        let node = Node::on(store, Arc::clone(&self.keys), &Clock::manual(NOW_MS)).await;
        let is_good =
            async |text: &String| node.tokens.verify(text, node.tokens.request(TokenKind::Access)).await.is_ok();
        for text in &self.good {
            assert!(is_good(text).await);
        }
        for text in &self.bad {
            assert!(!is_good(text).await);
        }
    }
}

fn named(name: &str) -> NewUser {
    NewUser {
        name: Some(UserName::parse(name).unwrap()),
        full_name: FullName::parse("Some One").unwrap(),
        password: Some(Password::choose("some-good-password").unwrap()),
        privileges: Privileges::all(),
    }
}

async fn copied(from: &Shared, to: &Shared) -> Result<copy::Content, CopyError> {
    let (from, to) = (from.open("source").await, to.open("target").await);
    let content = copy::copy(&*from, &*to, NOW_MS, |_| ()).await;
    from.close().await;
    to.close().await;
    content
}

async fn moves(from: Shared, to: Shared, back: Shared) {
    let source = Source::new(from, 2_500).await;
    let content = copied(&source.shared, &to).await.unwrap();
    assert_eq!((content.users.count, content.tokens.count, content.keys.count), (2, 2_506, 2));
    assert_eq!((content.uses.count, content.addresses.count), (2_501, 1));
    let again = copied(&to, &back).await.unwrap();
    assert_eq!(
        (again.users, again.tokens, again.keys, again.uses, again.addresses),
        (content.users, content.tokens, content.keys, content.uses, content.addresses)
    );
    assert_eq!(again.audit.count, content.audit.count + 1, "the first copy left an audit row");
    for shared in [&to, &back] {
        source.assert_lives_on_in(shared.open("node").await).await;
    }
}

#[tokio::test]
async fn a_store_moves_from_file_to_file() {
    moves(Shared::file(), Shared::file(), Shared::file()).await;
}

#[tokio::test]
async fn a_store_moves_to_a_database_and_back() {
    let Some(database) = Shared::database() else { return };
    moves(Shared::file(), database, Shared::file()).await;
}

#[tokio::test]
async fn a_store_moves_from_database_to_database() {
    let (Some(from), Some(to)) = (Shared::database(), Shared::database()) else { return };
    moves(from, to, Shared::file()).await;
}

/// Copies until so many steps are done, and breaks off as suddenly as a process that ends. Whether it came to its end.
async fn copied_until(from: &Shared, to: &Shared, steps: usize) -> bool {
    let (from, to) = (from.open("source").await, to.open("target").await);
    let done = Cell::new(0);
    let copying = copy::copy(&*from, &*to, NOW_MS, |_| {
        done.set(done.get() + 1);
        assert!(done.get() <= steps, "broken off");
    });
    std::panic::AssertUnwindSafe(copying).catch_unwind().await.is_ok()
}

#[tokio::test]
async fn a_copy_that_is_cut_off_anywhere_goes_on_where_it_was() {
    let source = Source::new(Shared::file(), 2_500).await;
    for steps in 0.. {
        let target = Shared::file();
        if copied_until(&source.shared, &target, steps).await {
            assert!(steps > 6, "{steps} steps are too few to show anything");
            return;
        }
        assert!(target.open("target").await.mark(copy::MARK).await.unwrap().is_some(), "after {steps} steps");
        copied(&source.shared, &target).await.unwrap();
        source.assert_lives_on_in(target.open("node").await).await;
    }
}

#[tokio::test]
async fn a_copy_that_is_cut_off_before_its_last_write_is_recorded_once() {
    let source = Source::new(Shared::file(), 0).await;
    let mut last = None;
    for steps in 0.. {
        let target = Shared::file();
        let whole = copied_until(&source.shared, &target, steps).await;
        let store = target.open("target").await;
        if !whole {
            last = store.mark(copy::MARK).await.unwrap();
            continue;
        }
        store.set_mark(Mark { name: copy::MARK.to_owned(), value: last }).await.unwrap();
        copied(&source.shared, &target).await.unwrap();
        let rows = store.audit_after(&store.chain(), 0, 9_999).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.action == AuditAction::StoreCopy).count(), 1);
        return;
    }
}

#[tokio::test]
async fn a_store_with_anything_in_it_is_no_target() {
    let source = Source::new(Shared::file(), 0).await;
    let target = Source::new(Shared::file(), 0).await;
    let error = copied(&source.shared, &target.shared).await.unwrap_err();
    assert!(matches!(error, CopyError::NotEmpty), "{error}");
}

#[tokio::test]
async fn half_a_copy_of_another_state_is_not_gone_on_with() {
    let source = Source::new(Shared::file(), 0).await;
    let target = Shared::file();
    let value = Some("0123456789abcdef0123456789abcdef users ".to_owned());
    target.open("target").await.set_mark(Mark { name: copy::MARK.to_owned(), value }).await.unwrap();
    let error = copied(&source.shared, &target).await.unwrap_err();
    assert!(matches!(error, CopyError::OtherSource), "{error}");
}

#[tokio::test]
async fn a_row_that_arrived_otherwise_is_noticed() {
    let source = Source::new(Shared::file(), 0).await;
    let target = Shared::file();
    assert!(!copied_until(&source.shared, &target, 0).await, "the keys are there, users come next");
    let mut other = source.shared.open("source").await.dump_users(None, 9).await.unwrap();
    other.retain(|row| row.removed_ms.is_none());
    other[0].user.full_name = FullName::parse("Another One").unwrap();
    let store = target.open("target").await;
    // What is there stays as it is.
    store.load(Rows::Users(other), Mark { name: "unused".to_owned(), value: None }).await.unwrap();
    let error = copied(&source.shared, &target).await.unwrap_err();
    assert!(matches!(error, CopyError::Differs { what: "the users", .. }), "{error}");
    assert!(store.mark(copy::MARK).await.unwrap().is_some(), "it is not to be served");
}

fn told(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn the_command_copies_and_nothing_serves_half_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    add_user(folder, "alice");
    let copy = ["store", "copy", "--from", "sqlite:data", "--to", "sqlite:other"];
    let printed = done(folder, &copy);
    assert!(printed.contains("users and services  1 (sum ") && printed.contains("other is ready"), "{printed}");
    assert!(done(folder, &["user", "list", "--data", "other"]).contains("alice"));
    assert!(told(folder, &copy).contains("the target is not empty"));
    let missing = told(folder, &["store", "copy", "--from", "sqlite:nowhere", "--to", "sqlite:third"]);
    assert!(missing.contains("/nowhere/zonemint.db: only") && !folder.join("nowhere").exists(), "{missing}");

    let value = Some("0 users ".to_owned());
    let data = zonemint::store::sqlite::DataFolder::create(&folder.join("other")).unwrap();
    let store: &dyn Store = &zonemint::store::sqlite::SqliteStore::open(&data.database(), Clock::system()).unwrap();
    store.set_mark(Mark { name: copy::MARK.to_owned(), value }).await.unwrap();
    store.close().await;
    let unfinished = "other is an unfinished copy";
    assert!(told(folder, &["user", "list", "--data", "other"]).contains(unfinished));
    // A start finds it as `config check` does, among what is wrong with the settings.
    for (command, code) in [(&["serve", "--listen", "127.0.0.1:0"][..], 1), (&["config", "check"], 3)] {
        let output = run(folder, &[command, &["--data", "other"]].concat());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(unfinished));
    }
    for (from, to) in [("data", "postgres://me:word@db/x"), ("Postgres://me:word@db/x", "sqlite:third")] {
        let wrong = told(folder, &["store", "copy", "--from", from, "--to", to]);
        assert!(wrong.contains("a store is sqlite:FOLDER or postgres://") && !wrong.contains("word"), "{wrong}");
    }
    let same = told(folder, &["store", "copy", "--from", "sqlite:data", "--to", "sqlite:./data"]);
    assert!(same.contains("the same folder"), "{same}");
}
