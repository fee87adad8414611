//! Signing in with the passwords of other programs, from the import of their hashes on.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use zonemint::clock::Clock;
use zonemint::model::UserName;
use zonemint::random::Random;
use zonemint::store::sqlite::SqliteStore;
use zonemint::store::{Freshness, Store};
use zonemint::user::{Accounts, Format, Import, PasswordField};

use crate::support::operator::{Api, As, import};
use crate::support::{Program, default_settings};

#[derive(Deserialize)]
struct Cases {
    hashes: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    from: String,
    hash: Value,
    password: String,
    taken: bool,
}

const IMPORT: [&str; 5] = ["user", "import", "--format", "json", "-"];

fn line(name: &str, hash: &Value) -> String {
    json!({"username": name, "passwordHash": hash}).to_string()
}

/// The stored hash of each user; none where there is no such user.
async fn stored(program: &Program, names: &[String]) -> Vec<Option<String>> {
    let database = program.folder.path().join("data/zonemint.db");
    let store: &dyn Store = &SqliteStore::open(&database, Clock::system()).unwrap();
    let mut hashes = Vec::new();
    for name in names {
        let user = store.user_by_name(&UserName::parse(name).unwrap()).await.unwrap();
        hashes.push(user.and_then(|user| user.password).map(|hash| hash.expose().to_owned()));
    }
    store.close().await;
    hashes
}

#[tokio::test]
async fn each_case_is_taken_signs_in_and_is_replaced_or_is_refused_by_name() {
    let cases: Cases = serde_json::from_str(include_str!("../vectors/passwords.json")).unwrap();
    let names: Vec<_> = (0..cases.hashes.len()).map(|number| format!("user{number}")).collect();
    let program = Program::start();
    let api = Api::of(&program);
    let mut lines = String::new();
    for (name, case) in names.iter().zip(&cases.hashes) {
        writeln!(lines, "{}", line(name, &case.hash)).unwrap();
    }
    let (_, table, told) = import(program.folder.path(), &IMPORT, &lines);
    let taken = cases.hashes.iter().filter(|case| case.taken).count();
    assert!(table.starts_with(&format!("count  users\n{taken:>5}  taken\n")), "{table}{told}");
    for (kind, name) in [("phpass (MD5)", "phpass"), ("salted SHA-1", "LDAP {SSHA}"), ("apr1 (MD5)", "apr1")] {
        let at = cases.hashes.iter().position(|case| case.from == name).unwrap();
        let told = told.lines().find(|line| line.contains(&format!("(user{at})"))).unwrap();
        assert!(told.contains(kind) && told.contains("zonemint user password NAME"), "{told}");
    }
    // All at once: each refusal waits as long as the dearest hash takes.
    let signing_in = names.iter().zip(&cases.hashes).map(async |(name, case)| {
        let expected = if case.taken { 200 } else { 401 };
        assert_eq!(api.get(As::Password(name, &case.password), "/user").await.0, expected, "{}", case.from);
    });
    join_all(signing_in).await;
    for (hash, case) in stored(&program, &names).await.into_iter().zip(&cases.hashes) {
        assert_eq!(hash.is_some(), case.taken, "{}", case.from);
        assert!(hash.is_none_or(|hash| hash.starts_with("$argon2id$")), "{}", case.from);
    }
}

#[tokio::test]
async fn a_password_that_normalisation_changes_signs_in_in_each_spelling_after_the_first() {
    let program = Program::start();
    let api = Api::of(&program);
    // bcrypt of the text with U+212B, as it was typed.
    let hash = json!("$2b$05$BpPXoi3v83o/xw4sOy1JeuLUNyjEzN10OeN77t5VgGpd.cSkFhIPG");
    assert_eq!(import(program.folder.path(), &IMPORT, &line("carol", &hash)).0, Some(0));
    for (password, expected) in [
        ("10 \u{c5} is enough", 401),
        ("10 A\u{30a} is enough", 401),
        ("10 \u{212b} is enough", 200),
        ("10 \u{c5} is enough", 200),
        ("10 A\u{30a} is enough", 200),
        ("10 A is enough", 401),
    ] {
        assert_eq!(api.get(As::Password("carol", password), "/user").await.0, expected, "{password}");
    }
}

#[tokio::test]
async fn bcrypt_is_not_replaced_by_a_password_of_which_it_reads_the_beginning_only() {
    let program = Program::start();
    let api = Api::of(&program);
    // bcrypt 4.0.1 (Python): 72 times "x". Django 5.2's bcrypt_sha256: 100 times "x".
    let bcrypt = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    let sha256 = "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuut2SshH6UbGkn9RXLOv/njlCqQS.IYXK";
    let lines = format!("{}\n{}\n", line("carol", &json!(bcrypt)), line("dave", &json!(sha256)));
    assert_eq!(import(program.folder.path(), &IMPORT, &lines).0, Some(0));
    let names = ["carol".to_owned(), "dave".to_owned()];
    for mistyped in [format!("{}yy", "x".repeat(72)), format!("{}z", "x".repeat(72))] {
        assert_eq!(api.get(As::Password("carol", &mistyped), "/user").await.0, 200);
        assert_eq!(stored(&program, &names[..1]).await, [Some(bcrypt.to_owned())]);
    }
    assert_eq!(api.get(As::Password("dave", &"x".repeat(101)), "/user").await.0, 401);
    assert_eq!(api.get(As::Password("dave", &"x".repeat(100)), "/user").await.0, 200);
    assert_eq!(api.get(As::Password("carol", &"x".repeat(72)), "/user").await.0, 200);
    let mistyped = format!("{}z", "x".repeat(72));
    assert_eq!(api.get(As::Password("carol", &mistyped), "/user").await.0, 401, "it is not remembered");
    for hash in stored(&program, &names).await {
        assert!(hash.is_some_and(|hash| hash.starts_with("$argon2id$")));
    }
}

#[tokio::test]
async fn a_hash_that_takes_more_memory_than_is_left_matches_no_password_and_is_not_computed() {
    // argon2-cffi 25.1 made it of "correct horse battery staple", with 1 MiB.
    let hash = "$argon2id$v=19$m=1024,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$WHgvyW8Gptf87EcoCZ9qeI7pigT0zY+gonr224t6Rrg";
    let config = default_settings();
    for (room, is_let_in) in [((1 << 20) - 1, false), (1 << 20, true)] {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("a.db"), Clock::system()).unwrap());
        let (clock, random) = (Clock::system(), Random::system());
        let freshness = Freshness::new(config.token.max_staleness, clock.clone());
        let accounts = Accounts::new(store, &config.password, &config.login, freshness, clock, random).unwrap();
        let accounts = accounts.with_room_for_a_hash(room);
        let input = line("carol", &json!(hash));
        let users = Import::new(Format::JsonLines, input.as_bytes()).map(Result::unwrap);
        accounts.import(users.collect()).await.unwrap();
        let password = PasswordField::read("correct horse battery staple").password().unwrap();
        let address = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(accounts.sign_in("carol", password, address.into()).await.is_ok(), is_let_in, "{room}");
    }
}
