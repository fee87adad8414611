//! A shared store that its own tools have put back never brings back what was revoked since, once the trail is replayed.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use zonemint::store::replay::{MARK, Replay, ReplayError};
use zonemint::store::sqlite::{Restore, backup};
use zonemint::store::{
    AuditAction, AuditRow, Chain, Changed, FormerName, Mark, Rows, SealedKey, TokenChange, TokenRow, UserChange,
    UserRow, Which,
};

use super::*;
use crate::manual::commands;
use crate::support::operator::{ADMIN, Api, As};
use crate::support::postgres::{self, Database};
use crate::support::{PASSWORD, Program, Shared, with_input, zonemint};

mod cut_off;

const BY: Actor = Actor::Operator;
const RESTORED: &str = "zonemint_restored";

/// The variables of a node and of commands on a database.
fn variables(url: &str, key: &str) -> Vec<(&'static str, String)> {
    vec![
        ("ZONEMINT_STORE__URL", url.to_owned()),
        ("ZONEMINT_STORE__TLS", "disable".to_owned()),
        ("ZONEMINT_STORE__NODE", "node".to_owned()),
        ("ZONEMINT_KEY_ENCRYPTION_KEY", key.to_owned()),
        ("ZONEMINT_ADMIN_PASSWORD", PASSWORD.to_owned()),
    ]
}

fn serve(folder: tempfile::TempDir, variables: &[(&'static str, String)]) -> Program {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Program::start_in(folder, &variables)
}

fn run(folder: &Path, variables: &[(&'static str, String)], arguments: &[&str], input: &str) -> Output {
    let mut command = zonemint(folder, arguments);
    command.envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
    with_input(command, input)
}

fn done(folder: &Path, variables: &[(&'static str, String)], arguments: &[&str], input: &str) -> String {
    let out = run(folder, variables, arguments, input);
    assert!(out.status.success(), "{arguments:?}: {out:?}");
    String::from_utf8(out.stdout).unwrap()
}

fn failed(out: &Output) -> String {
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    String::from_utf8(out.stderr.clone()).unwrap()
}

fn variables_of(database: &Database) -> Vec<(&'static str, String)> {
    variables(&database.url(), &zonemint::token::KeyEncryptionKey::generate(&Random::system()).expose())
}

/// Runs a script as somebody at the database's own machine.
fn bash(folder: &Path, script: &str, database: &Database, variables: &[(&'static str, String)]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_zonemint")).parent().unwrap();
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(folder).env_clear();
    for (name, value) in variables.iter().cloned().chain(database.tools()) {
        let value = if name == "PATH" { format!("{}:{value}", program.display()) } else { value };
        command.env(name, value);
    }
    command.output().unwrap()
}

/// The service before it was put back, and its tokens.
struct Service {
    api: Api,
    good: Vec<String>,
    /// Tokens that were made before the dump, and are refused after it.
    bad: Vec<String>,
}

impl Service {
    async fn post(&self, whom: As<'_>, path: &str, body: Value) -> Value {
        let (status, answer) = self.api.send(whom, "POST", path, Some(body)).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    async fn client_token(&self, whom: As<'_>) -> String {
        let made = self.post(whom, "/user/client_tokens", json!({})).await;
        made["token"].as_str().unwrap().to_owned()
    }

    async fn temporary(&self, whom: As<'_>) -> String {
        let until = Clock::system().now_ms() / 1_000 + 3_600;
        let body = json!({"caveats": [{"type": "time", "validUntil": until}]});
        self.post(whom, "/user/tokens/temporary", body).await["token"].as_str().unwrap().to_owned()
    }

    async fn named(&self, name: &str) -> (String, String) {
        let made = self.post(ADMIN, "/user/tokens/named", json!({"name": name})).await;
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        (text("token"), text("tokenId"))
    }

    async fn send(&self, whom: As<'_>, method: &str, path: &str, body: Option<Value>) {
        let (status, answer) = self.api.send(whom, method, path, body).await;
        assert!(status < 300, "{method} {path}: {status} {answer}");
    }

    /// Mints and revokes until it is told to stop.
    async fn load(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let token = self.client_token(ADMIN).await;
            self.send(ADMIN, "DELETE", &format!("/user/client_tokens/{token}"), None).await;
        }
    }
}

fn of(name: &'static str) -> As<'static> {
    As::Password(name, "some-good-password")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_the_manual_take_away_again_what_was_taken_since_the_dump() {
    let Some(database) = postgres::database() else { return };
    let restored = database.made_elsewhere(RESTORED);
    let variables = variables_of(&database);
    let program = serve(tempfile::tempdir().unwrap(), &variables);
    let path = program.folder.path().to_owned();
    let operator = |arguments: &[&str], input: &str| done(&path, &variables, arguments, input);
    let mut service = Service { api: Api::of(&program), good: Vec::new(), bad: Vec::new() };
    for name in ["alice", "bob", "carol", "dave", "erin"] {
        let body = json!({"username": name, "password": "some-good-password"});
        service.send(ADMIN, "POST", "/users", Some(body)).await;
    }
    operator(&["user", "grant", "dave", "--all"], "");
    let blocks = commands(include_str!("../../../docs/manual/shared_store.md"));
    let [dump, restore] = &blocks[..] else { panic!("{blocks:?}") };

    service.good = vec![service.client_token(of("alice")).await, service.temporary(of("alice")).await];
    let (one, two) = (service.named("one").await, service.named("two").await);
    let three = service.client_token(ADMIN).await;
    let of_bob = service.client_token(of("bob")).await;
    let of_erin = service.temporary(of("erin")).await;
    let stop = AtomicBool::new(false);
    let dumping = async {
        let script =
            dump.replace(" zonemint\n", "").replace(".dump zonemint", &format!(".dump {}", database.place().0));
        let out = tokio::task::block_in_place(|| bash(&path, &script, &database, &variables));
        assert!(out.status.success(), "{out:?}");
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(service.load(&stop), async {
        // Some of the load comes before.
        service.client_token(ADMIN).await;
        dumping.await;
    });

    for id in [&one.1, &two.1] {
        service.send(ADMIN, "PATCH", &format!("/tokens/named/{id}"), Some(json!({"revoked": true}))).await;
    }
    service.send(ADMIN, "DELETE", &format!("/user/client_tokens/{three}"), None).await;
    operator(&["user", "block", "bob"], "");
    operator(&["user", "password", "carol", "--password-stdin"], "another-good-password\n");
    operator(&["user", "revoke", "dave", "--all"], "");
    service.send(of("erin"), "DELETE", "/user/tokens/temporary", None).await;
    let known = operator(&["key", "list"], "");
    operator(&["key", "rotate"], "");
    let listed = operator(&["key", "list"], "");
    let ids = listed.lines().map(|line| line.split(' ').next().unwrap());
    let key = ids.into_iter().find(|id| id.len() == 16 && !known.contains(id)).unwrap().to_owned();
    // The new key is used one second after it was made.
    let is_used = |list: &str| list.lines().any(|line| line.starts_with(&key) && line.contains(" active "));
    while !is_used(&operator(&["key", "list"], "")) {}
    let late = service.temporary(of("alice")).await;
    service.bad = vec![one.0, two.0, three, of_bob, of_erin, late, service.client_token(ADMIN).await];
    let (_, code, folder) = program.stop();
    assert_eq!(code, Some(0));

    let refused = "code=0\nzonemint audit verify --with-store trail.jsonl || code=$?\ntest \"$code\" = 1\n\
                   zonemint store check\nzonemint store replay";
    let script = restore.replace("db.example.org", &format!("127.0.0.1:{}", database.place().1));
    let script = script.replacen("zonemint store replay", refused, 1);
    let out = bash(&path, &script, &database, &variables);
    let told = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{told}");
    for expected in [
        "not in the store: the trail goes on past it. In the store this chain ends at row",
        "it was put back: `zonemint store replay --audit`",
        "2 tokens that were good are revoked",
        "1 users are blocked",
        "1 users have a new generation of temporary tokens",
        "carol: the password was changed after the backup",
        "dave: the privileges were changed after the backup",
        &format!("the root key {key} was made after the backup and is lost: its tokens are refused"),
        "are good\n",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert_eq!(told.matches("the store and its audit trail are in order").count(), 2, "before, too: {told}");

    let mut variables = variables;
    variables[0].1 = restored.url();
    let program = serve(folder, &variables);
    let api = Api::of(&program);
    for token in &service.bad {
        assert_eq!(api.get(As::Token(token), "/user").await.0, 401, "{token}");
    }
    for token in &service.good {
        assert_eq!(api.get(As::Token(token), "/user").await.0, 200, "{token}");
    }
    for (whom, expected) in [
        (of("alice"), 200),
        (of("bob"), 401),
        (of("carol"), 401),
        (As::Password("carol", "another-good-password"), 401),
        (of("dave"), 200),
        (of("erin"), 200),
    ] {
        assert_eq!(api.get(whom, "/user").await.0, expected);
    }
    assert_eq!(api.get(of("dave"), "/users").await.0, 403);
    let minted = api.send(of("alice"), "POST", "/user/client_tokens", Some(json!({}))).await;
    assert_eq!(minted.0, 200, "it goes on minting: {}", minted.1);
    program.stop();
}

/// Everything that a replay may change.
#[derive(Debug, PartialEq)]
struct Content {
    keys: Vec<SealedKey>,
    users: Vec<UserRow>,
    tokens: Vec<TokenRow>,
    names: Vec<FormerName>,
}

async fn content(store: &Arc<dyn Store>) -> Content {
    let mut tokens = store.dump_tokens(None, 1_000).await.unwrap();
    tokens.sort_by_key(|row| row.token.id);
    let names = store.dump_names(None, 1_000).await.unwrap();
    Content { keys: store.keys().await.unwrap(), users: store.dump_users(None, 1_000).await.unwrap(), tokens, names }
}

fn key(number: u8) -> SealedKey {
    let (id, sealed_by) = (KeyId::from_bytes([number; 8]), KeyId::from_bytes([9; 8]));
    SealedKey::new(id, sealed_by, b"sealed bytes".to_vec(), number.into())
}

async fn change(store: &Arc<dyn Store>, user: &User, change: UserChange) {
    assert_eq!(store.change_user(user.id, change, BY, 10).await.unwrap(), Changed::Done);
}

async fn revoke(store: &Arc<dyn Store>, owner: &User, id: TokenId) {
    assert_eq!(store.revoke_tokens(owner.id, Which::Ids(vec![id]), 1, BY, 10).await.unwrap(), [id]);
}

/// Does something of every kind, so much of it that it takes several steps.
async fn go_on(store: &Arc<dyn Store>, users: &[User], tokens: &[TokenId]) {
    change(store, &users[0], UserChange::Block).await;
    change(store, &users[0], UserChange::Unblock).await;
    change(store, &users[1], UserChange::Block).await;
    change(store, &users[2], UserChange::Remove).await;
    change(store, &users[3], UserChange::Password(PasswordHash::new("$argon2id$new".to_owned()))).await;
    change(store, &users[4], UserChange::BasicAuth(false)).await;
    change(store, &users[5], UserChange::Privileges(zonemint::model::Privileges::NONE)).await;
    change(store, &users[6], UserChange::Generation).await;
    change(store, &users[6], UserChange::Generation).await;
    change(store, &users[7], UserChange::Names { name: UserName::parse("renamed").ok(), full_name: None }).await;
    store.add_key(key(3), BY).await.unwrap();
    assert_eq!(store.retire_key(key(1).id, BY, 10).await.unwrap(), Changed::Done);
    for id in &tokens[..450] {
        revoke(store, &users[0], *id).await;
    }
    let restored = TokenChange { revoked: Some(false), ..TokenChange::default() };
    assert_eq!(store.change_token(users[0].id, tokens[0], restored, BY, 10).await.unwrap(), Changed::Done);
    assert_eq!(store.delete_token(users[0].id, tokens[1], BY, 10).await.unwrap(), Changed::Done);
    add_user(store, "late").await;
    mint(store, &users[0], 9_000, FAR_S).await;
}

/// A store with users and tokens in it.
async fn filled(store: &Arc<dyn Store>) -> (Vec<User>, Vec<TokenId>) {
    store.insert_first_key(key(1)).await.unwrap();
    store.add_key(key(7), BY).await.unwrap();
    let mut users = Vec::new();
    for name in ["one", "two", "three", "four", "five", "six", "seven", "eight"] {
        let user = add_user(store, name).await;
        change(store, &user, UserChange::Privileges(zonemint::model::Privileges::all())).await;
        users.push(user);
    }
    let mut tokens = Vec::new();
    for ms in 0..460 {
        tokens.push(mint(store, &users[0], ms, FAR_S).await);
    }
    (users, tokens)
}

async fn rows_of(store: &Arc<dyn Store>) -> Vec<AuditRow> {
    let mut rows = Vec::new();
    for head in store.heads().await.unwrap() {
        rows.extend(store.audit_after(&head.chain, 0, 10_000).await.unwrap());
    }
    rows
}

/// Puts the content of a store into another one, with its audit rows.
async fn move_to(from: &Arc<dyn Store>, to: &Arc<dyn Store>) {
    let Content { keys, users, tokens, names } = content(from).await;
    let rows = [Rows::Keys(keys), Rows::Users(users), Rows::Tokens(tokens), Rows::Names(names)];
    for rows in rows.into_iter().chain([Rows::Audit(rows_of(from).await)]) {
        to.load(rows, Mark { name: "unused".to_owned(), value: None }).await.unwrap();
    }
}

async fn replayed(store: &Arc<dyn Store>, rows: &[AuditRow]) -> zonemint::store::Replayed {
    let mut replay = Replay::begin(&**store).await.unwrap();
    for row in rows {
        replay.row(row).await.unwrap().unwrap();
    }
    let mut load = replay.lock(99).await.unwrap().apply(99).await.unwrap();
    for row in rows {
        load.row(row.clone()).await.unwrap();
    }
    load.finish(99).await.unwrap()
}

#[tokio::test]
async fn a_trail_takes_the_same_away_on_both_engines() {
    let Some(database) = Shared::database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let old = open(folder.path());
    let (users, tokens) = filled(&old).await;
    let shared = database.open("operator").await;
    move_to(&old, &shared).await;
    let file = folder.path().join("backup");
    backup(&folder.path().join("zonemint.db"), &file).unwrap();
    go_on(&old, &users, &tokens).await;
    let trail = rows_of(&old).await;

    let restored = tempfile::tempdir().unwrap();
    let mut restore = Restore::begin(&DataFolder::create(restored.path()).unwrap(), &file).unwrap();
    for row in &trail {
        restore.replay(row).unwrap().unwrap();
    }
    let told = restore.finish(99).unwrap();
    let embedded = open(restored.path());
    assert_eq!(replayed(&shared, &trail).await, told);
    assert_eq!((told.revoked, told.deleted, told.kept_refused), (449, 1, 0));
    assert_eq!(told.lost_keys, [key(3).id]);
    assert_eq!(content(&shared).await, content(&embedded).await);

    let own = shared.audit_after(&shared.chain(), 0, 9).await.unwrap();
    assert_eq!(own.iter().map(|row| row.action).collect::<Vec<_>>(), [AuditAction::StoreRestore]);
    assert!(own[0].note.as_deref().unwrap().starts_with("backup=:478 mode=trail rows=46"), "{own:?}");
    assert_eq!(shared.mark(MARK).await.unwrap(), None);
    assert_eq!(shared.check().await.unwrap(), Vec::<String>::new());
    let report = zonemint::audit::verify(Some(&shared), &[], &[]).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

/// Writes an export of a store.
fn export(folder: &Path, variables: &[(&'static str, String)]) {
    done(folder, variables, &["audit", "export", "trail"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_refused_beside_a_node_and_with_a_trail_that_does_not_reach_a_chain() {
    let Some(database) = postgres::database() else { return };
    let variables = variables_of(&database);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let shared = Shared::Database(database);
    let node = shared.open("node").await;
    add_user(&node, "alice").await;
    export(path, &variables);
    let replay = ["store", "replay", "--audit", "trail"];
    let told = failed(&run(path, &variables, &replay, ""));
    assert!(told.contains("is in use (zonemint node/") && told.contains("): stop all nodes"), "{told}");

    let bob = add_user(&node, "bob").await;
    node.close().await;
    drop(node);
    let told = failed(&run(path, &variables, &replay, ""));
    assert!(told.contains("does not reach the end of the chain \"node\" in the store, row 2"), "{told}");
    assert!(told.contains("One of the files must contain row 2 of the chain \"node\""), "{told}");
    let store = shared.open("watcher").await;
    assert_eq!(store.mark(MARK).await.unwrap(), None, "nothing was begun");
    let short = Replay::begin(&*store).await.unwrap().lock(99).await;
    assert!(matches!(short.err(), Some(ReplayError::TrailTooShort { seq: 2, .. })));
    assert!(store.user(bob.id).await.unwrap().is_some());
    store.close().await;
    drop(store);

    let told = failed(&run(path, &[], &replay, ""));
    assert!(told.contains("zonemint store restore FILE --audit TRAIL"), "{told}");
    std::fs::remove_file(path.join("trail")).unwrap();
    export(path, &variables);
    let wrong = format!("node:9:{}", "ab".repeat(32));
    let told = failed(&run(path, &variables, &[&replay[..], &["--expect", &wrong]].concat(), ""));
    assert!(told.contains("the trail does not have the row node:9:"), "{told}");
    let told = done(path, &variables, &[&replay[..], &["--json"]].concat(), "");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["trailRows"], &told["wentOn"]), (&json!(0), &json!(false)));
    let told = failed(&run(path, &variables, &replay, ""));
    assert!(told.contains("is complete: row 1 of the chain \"operator\" records it"), "{told}");
}
