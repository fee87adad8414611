//! Restoring a backup never brings back what was revoked after it.

use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;
use zonemint::audit::End;
use zonemint::model::{Privileges, UserId};
use zonemint::store::sqlite::{Restore, RestoreError, backup};
use zonemint::store::{
    AuditAction, AuditEntry, AuditRow, Chain, Changed, DayOfUses, Replayed, SealedKey, TokenChange, TrailError,
    UserChange, Which,
};

use super::*;
use crate::support::operator::{ADMIN, Api, As, add_user as add_user_by_command, done, run};
use crate::support::{PASSWORD, Program};

const BY: Actor = Actor::Operator;

/// A store that a backup was made of, and that went on.
struct Old {
    folder: TempDir,
    store: Arc<dyn Store>,
}

impl Old {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { store: open(folder.path()), folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    fn back_up(&self) {
        backup(&self.folder.path().join("zonemint.db"), &self.file()).unwrap();
    }

    async fn trail(&self) -> Vec<AuditRow> {
        self.store.audit_after(&Chain::embedded(), 0, 10_000).await.unwrap()
    }

    async fn change(&self, user: &User, change: UserChange) {
        assert_eq!(self.store.change_user(user.id, change, BY, 10).await.unwrap(), Changed::Done);
    }

    async fn revoke(&self, owner: &User, id: TokenId) {
        let revoked = self.store.revoke_tokens(owner.id, Which::Ids(vec![id]), 1, BY, 10).await.unwrap();
        assert_eq!(revoked, [id]);
    }

    async fn make_good(&self, owner: &User, id: TokenId) {
        let change = TokenChange { revoked: Some(false), ..TokenChange::default() };
        assert_eq!(self.store.change_token(owner.id, id, change, BY, 10).await.unwrap(), Changed::Done);
    }

    /// Restores the backup elsewhere with these rows.
    fn restore(&self, rows: &[AuditRow]) -> (TempDir, Replayed) {
        let folder = tempfile::tempdir().unwrap();
        let mut restore = Restore::begin(&DataFolder::create(folder.path()).unwrap(), &self.file()).unwrap();
        for row in rows {
            restore.replay(row).unwrap().unwrap();
        }
        let done = restore.finish(99).unwrap();
        (folder, done)
    }
}

async fn is_good(store: &Arc<dyn Store>, id: TokenId) -> bool {
    store.token(id).await.unwrap().is_some_and(|token| token.revoked_ms.is_none())
}

async fn user(store: &Arc<dyn Store>, id: UserId) -> User {
    store.user(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn tokens_that_were_taken_away_after_the_backup_stay_so() {
    let old = Old::new();
    let alice = add_user(&old.store, "alice").await;
    let mut ids = Vec::new();
    for ms in 1..=5 {
        ids.push(mint(&old.store, &alice, ms, FAR_S).await);
    }
    let [kept, revoked, deleted, restored, refused_before] = ids[..] else { panic!() };
    old.revoke(&alice, refused_before).await;
    old.back_up();
    old.revoke(&alice, revoked).await;
    assert_eq!(old.store.delete_token(alice.id, deleted, BY, 10).await.unwrap(), Changed::Done);
    old.revoke(&alice, restored).await;
    old.make_good(&alice, restored).await;
    old.make_good(&alice, refused_before).await;
    let later = mint(&old.store, &alice, 20, FAR_S).await;

    let (folder, told) = old.restore(&old.trail().await);
    let store = open(folder.path());
    for (id, good) in [(kept, true), (revoked, false), (deleted, false), (restored, true), (refused_before, false)] {
        assert_eq!(is_good(&store, id).await, good);
    }
    assert!(!is_good(&store, later).await, "it is not known any more");
    let expected =
        Replayed { rows: Some(6), revoked: 1, deleted: 1, kept_refused: 1, lost_tokens: 1, ..Replayed::default() };
    assert_eq!(told, expected);
    let rows = store.audit_after(&Chain::embedded(), 0, 99).await.unwrap();
    assert_eq!(rows[..13], old.trail().await);
    assert_eq!(rows[13].action, AuditAction::StoreRestore);
    assert_eq!(rows[13].hash, rows[13].chained(&rows[12].hash));
    assert_eq!(rows[13].note.as_deref(), Some("backup=7 mode=trail rows=6 tokens=2 users=0 keys=0"));
    assert_eq!(files(folder.path()), ["server.lock", "zonemint.db", "zonemint.db-shm", "zonemint.db-wal"]);
}

#[tokio::test]
async fn what_was_taken_from_users_after_the_backup_stays_so() {
    let old = Old::new();
    let names =
        ["blocked", "unblocked", "was_blocked", "removed", "password", "sign-in", "rights", "generation", "names"];
    let mut users = Vec::new();
    for name in names {
        let user = add_user(&old.store, name).await;
        old.change(&user, UserChange::Privileges(Privileges::all())).await;
        users.push(user);
    }
    let [blocked, unblocked, was_blocked, removed, password, sign_in, rights, generation, renamed] = &users[..] else {
        panic!()
    };
    old.change(was_blocked, UserChange::Block).await;
    let days = [blocked, removed].map(|user| DayOfUses { owner: user.id, day: 1, count: 5 });
    old.store.add_uses(days.into()).await.unwrap();
    old.back_up();
    old.change(blocked, UserChange::Block).await;
    old.change(unblocked, UserChange::Block).await;
    old.change(unblocked, UserChange::Unblock).await;
    old.change(was_blocked, UserChange::Unblock).await;
    old.change(removed, UserChange::Remove).await;
    old.change(password, UserChange::Password(PasswordHash::new("$argon2id$new".to_owned()))).await;
    old.change(sign_in, UserChange::BasicAuth(true)).await;
    old.change(rights, UserChange::Privileges(Privileges::NONE)).await;
    for _ in 0..3 {
        old.change(generation, UserChange::Generation).await;
    }
    for name in ["another", "other"] {
        let names = UserChange::Names { name: UserName::parse(name).ok(), full_name: None };
        old.change(renamed, names).await;
    }
    add_user(&old.store, "late").await;

    let (folder, told) = old.restore(&old.trail().await);
    let store = open(folder.path());
    let blocks = [user(&store, blocked.id).await, user(&store, unblocked.id).await, user(&store, was_blocked.id).await];
    assert_eq!(blocks.map(|user| user.blocked), [true, false, true]);
    assert_eq!(store.user(removed.id).await.unwrap(), None);
    assert_eq!(store.uses_of(removed.id, 0).await.unwrap(), []);
    assert_eq!(store.uses_of(blocked.id, 0).await.unwrap(), days[..1]);
    let changed = user(&store, password.id).await;
    assert_eq!((changed.password, changed.basic_auth), (None, false), "the old one is gone for good");
    assert_eq!(user(&store, sign_in.id).await.usable_password(), None);
    assert_eq!(user(&store, rights.id).await.privileges, Privileges::NONE);
    assert_eq!(user(&store, generation.id).await.generation, 4);
    assert!(store.user_by_name(renamed.name.as_ref().unwrap()).await.unwrap().is_some());
    let former = async |user: &User| {
        let names = store.former_names(user.id).await.unwrap();
        names.iter().map(|former| former.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(former(renamed).await, ["another", "names", "other"], "also the one that it had last");
    assert_eq!(former(removed).await, ["removed"]);
    let expected = Replayed {
        rows: Some(14),
        blocked: 1,
        removed: 1,
        generations: 1,
        passwords: vec!["password".to_owned()],
        sign_ins: vec!["sign-in".to_owned()],
        privileges: vec!["rights".to_owned()],
        kept_refused: 1,
        lost_users: 1,
        names: 1,
        ..Replayed::default()
    };
    assert_eq!(told, expected);
}

fn key(number: u8) -> SealedKey {
    let (id, sealed_by) = (KeyId::from_bytes([number; 8]), KeyId::from_bytes([9; 8]));
    SealedKey::new(id, sealed_by, b"sealed bytes".to_vec(), number.into())
}

#[tokio::test]
async fn a_root_key_that_was_retired_after_the_backup_stays_so() {
    let old = Old::new();
    old.store.insert_first_key(key(1)).await.unwrap();
    old.back_up();
    old.store.add_key(key(2), BY).await.unwrap();
    assert_eq!(old.store.retire_key(key(1).id, BY, 10).await.unwrap(), Changed::Done);
    let (folder, told) = old.restore(&old.trail().await);
    assert_eq!(told, Replayed { rows: Some(2), keys: 1, lost_keys: vec![key(2).id], ..Replayed::default() });
    let bytes = std::fs::read(folder.path().join("zonemint.db")).unwrap();
    assert!(!bytes.windows(12).any(|window| window == b"sealed bytes"), "nothing is left of it");
    let retired = SealedKey { sealed: Vec::new(), number: Some(1), retired_ms: Some(10), ..key(1) };
    assert_eq!(open(folder.path()).keys().await.unwrap(), [retired]);
}

#[tokio::test]
async fn without_a_trail_everything_is_revoked_and_no_generation_comes_back() {
    let old = Old::new();
    let alice = add_user(&old.store, "alice").await;
    let (good, expired) = (mint(&old.store, &alice, 1, FAR_S).await, mint(&old.store, &alice, 2, 3).await);
    old.back_up();
    for _ in 0..5 {
        old.change(&alice, UserChange::Generation).await;
    }
    let restored = tempfile::tempdir().unwrap();
    let mut restore = Restore::begin(&DataFolder::create(restored.path()).unwrap(), &old.file()).unwrap();
    restore.revoke_all(99_000);
    let told = restore.finish(99_000).unwrap();
    assert_eq!(told, Replayed { revoked: 1, generations: 1, ..Replayed::default() }, "one had expired");
    let store = open(restored.path());
    assert!(!is_good(&store, good).await && !is_good(&store, expired).await);
    assert!(user(&store, alice.id).await.generation > 1_000, "one more could be one that was ended after the backup");
    let again = mint(&store, &alice, 100_000, FAR_S).await;

    // Whoever restores the same backup once more, with the trail of the restored store, gets the same.
    let rows = store.audit_after(&Chain::embedded(), 0, 99).await.unwrap();
    let (folder, told) = old.restore(&rows);
    assert_eq!((told.rows, told.revoked, told.generations, told.lost_tokens), (Some(2), 1, 1, 1));
    let store = open(folder.path());
    assert!(!is_good(&store, good).await && !is_good(&store, again).await);
}

/// A moment of these years: what the clock says is far beyond any count of generations.
const NOW_MS: u64 = 1_800_000_000_000;

/// Restores the backup without a trail.
fn revoked_all(old: &Old, at_ms: u64) -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let mut restore = Restore::begin(&DataFolder::create(folder.path()).unwrap(), &old.file()).unwrap();
    restore.revoke_all(at_ms);
    restore.finish(at_ms).unwrap();
    let store = open(folder.path());
    (folder, store)
}

#[tokio::test]
async fn two_restores_of_one_backup_without_a_trail_give_no_generation_twice() {
    let old = Old::new();
    let alice = add_user(&old.store, "alice").await;
    old.back_up();
    let (_one, first) = revoked_all(&old, NOW_MS);
    let (_two, second) = revoked_all(&old, NOW_MS + 1_000);
    let (first, second) = (user(&first, alice.id).await.generation, user(&second, alice.id).await.generation);
    assert!(first < second, "{first} {second}");
}

#[tokio::test]
async fn a_generation_that_was_ended_after_everything_was_revoked_stays_so() {
    let old = Old::new();
    let alice = add_user(&old.store, "alice").await;
    old.back_up();
    let (_folder, store) = revoked_all(&old, NOW_MS);
    let minted = user(&store, alice.id).await.generation;
    assert_eq!(store.change_user(alice.id, UserChange::Generation, BY, NOW_MS + 5).await.unwrap(), Changed::Done);
    let ended = user(&store, alice.id).await.generation;
    let (folder, _) = old.restore(&store.audit_after(&Chain::embedded(), 0, 99).await.unwrap());
    let after = user(&open(folder.path()), alice.id).await.generation;
    assert!(minted < after && ended <= after, "{minted} {ended} {after}");
}

/// Why a trail is refused; nothing is left of the restore then.
fn refusal(old: &Old, rows: &[AuditRow]) -> Result<TrailError, RestoreError> {
    let folder = tempfile::tempdir().unwrap();
    let mut restore = Restore::begin(&DataFolder::create(folder.path()).unwrap(), &old.file()).unwrap();
    let fault = rows.iter().find_map(|row| restore.replay(row).unwrap().err());
    let outcome = match fault {
        Some(fault) => {
            drop(restore);
            Ok(fault)
        }
        None => Err(restore.finish(1).unwrap_err()),
    };
    assert_eq!(files(folder.path()), ["server.lock"]);
    outcome
}

#[tokio::test]
async fn a_trail_that_does_not_follow_the_backup_is_refused() {
    let old = Old::new();
    let alice = add_user(&old.store, "alice").await;
    let ids = [mint(&old.store, &alice, 1, FAR_S).await, mint(&old.store, &alice, 2, FAR_S).await];
    old.back_up();
    for id in ids {
        old.revoke(&alice, id).await;
    }
    old.change(&alice, UserChange::Block).await;
    let rows = old.trail().await;
    assert_eq!(rows.len(), 6);
    let without = |index: usize| [&rows[..index], &rows[index + 1..]].concat();
    let changed = |index: usize, change: fn(&mut AuditRow)| {
        let mut rows = rows.clone();
        change(&mut rows[index]);
        rows
    };
    assert_eq!(refusal(&old, &without(3)).unwrap(), TrailError::Gap { from: 4, to: 4 });
    assert_eq!(refusal(&old, &without(4)).unwrap(), TrailError::Gap { from: 5, to: 5 });
    let mut swapped = rows.clone();
    swapped.swap(3, 4);
    assert_eq!(refusal(&old, &swapped).unwrap(), TrailError::Gap { from: 4, to: 4 });
    let tampered = changed(4, |row| row.action = AuditAction::TokenUpdate);
    assert_eq!(refusal(&old, &tampered).unwrap(), TrailError::Hash(5));
    let renumbered: Vec<_> = without(3).into_iter().map(|row| AuditRow { seq: row.seq.min(4), ..row }).collect();
    assert_eq!(refusal(&old, &renumbered).unwrap(), TrailError::Hash(4));
    let elsewhere = changed(4, |row| row.chain = Chain::parse("node-1").unwrap());
    assert_eq!(refusal(&old, &elsewhere).unwrap(), TrailError::Chain("node-1".to_owned()));
    let stranger = AuditEntry::new(AuditAction::UserAdd, BY).chained(Chain::embedded(), (0, [0; 32]), 7);
    assert_eq!(refusal(&old, &[stranger]).unwrap(), TrailError::Other(1));
    for early in [&rows[..0], &rows[..2]] {
        assert!(matches!(refusal(&old, early), Err(RestoreError::TrailTooShort(3))), "{early:?}");
    }
    old.restore(&rows[2..3]);
    let overlapping = [&rows[..5], &rows[1..]].concat();
    assert_eq!(old.restore(&overlapping).1.revoked, 2);
    assert_eq!(old.restore(&rows[3..]).1.revoked, 2, "a trail may begin right after the backup");
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_and_leaves_nothing() {
    let old = Old::new();
    let alice = add_user(&old.store, "alice").await;
    for ms in 0..50 {
        mint(&old.store, &alice, ms, FAR_S).await;
    }
    old.back_up();
    let good = std::fs::read(old.file()).unwrap();
    let attempt = |bytes: &[u8]| {
        std::fs::write(old.file(), bytes).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let error = Restore::begin(&DataFolder::create(folder.path()).unwrap(), &old.file()).err().unwrap();
        assert_eq!(files(folder.path()), ["server.lock"]);
        error
    };
    for nothing in [&b""[..], b"nonsense", &[7; 9_000]] {
        assert!(matches!(attempt(nothing), RestoreError::NoBackup(_)));
    }
    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&999_u32.to_be_bytes());
    assert!(matches!(attempt(&newer), RestoreError::Newer));
    let mut damaged = good.clone();
    let page = damaged.len() / 2 / 4_096 * 4_096;
    damaged[page..page + 2_000].fill(0xff);
    let error = attempt(&damaged);
    assert!(matches!(error, RestoreError::Damaged(_) | RestoreError::Engine(_)), "{error:?}");
    assert!(matches!(attempt(&good[..good.len() / 2]), RestoreError::Damaged(_) | RestoreError::Engine(_)));

    std::fs::write(old.file(), &good).unwrap();
    let database = rusqlite::Connection::open(old.file()).unwrap();
    database.execute("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 7", []).unwrap();
    drop(database);
    let changed = std::fs::read(old.file()).unwrap();
    assert!(matches!(attempt(&changed), RestoreError::Chain { seq: 7, .. }));

    std::fs::write(old.folder.path().join("backup-wal"), "something").unwrap();
    assert!(matches!(attempt(&good), RestoreError::Log(_)));
}

#[test]
fn a_restore_wants_to_be_told_how_and_takes_nobodys_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    add_user_by_command(folder, "alice");
    done(folder, &["store", "backup", "b"]);
    let refused = |arguments: &[&str]| {
        let out = run(folder, &[&["store", "restore", "b"], arguments].concat());
        assert_eq!(out.status.code(), Some(1), "{out:?}");
        String::from_utf8(out.stderr).unwrap()
    };
    let neither = refused(&["--data", "new"]);
    assert!(neither.contains("--audit") && neither.contains("--revoke-all"), "{neither}");
    assert!(!folder.join("new").exists());
    let before = std::fs::read(folder.join("data/zonemint.db")).unwrap();
    std::fs::create_dir(folder.join("served")).unwrap();
    let lock = DataFolder::create(&folder.join("served")).unwrap().lock_for_server().unwrap().unwrap();
    let served = run(folder, &["store", "restore", "b", "--revoke-all", "--data", "served"]);
    assert_eq!(served.status.code(), Some(4), "{served:?}");
    drop(lock);
    let filled = refused(&["--revoke-all"]);
    assert!(filled.contains("data/zonemint.db exists") && filled.contains("nothing is overwritten"), "{filled}");
    assert_eq!(std::fs::read(folder.join("data/zonemint.db")).unwrap(), before);
    std::fs::write(folder.join("trail"), "{}\n").unwrap();
    let unreadable = refused(&["--data", "new", "--audit", "trail"]);
    assert!(unreadable.contains("line 1 of trail: missing field"), "{unreadable}");
    assert_eq!(files(&folder.join("new")), ["server.lock"]);
}

#[tokio::test]
async fn a_restore_that_was_killed_leaves_nothing_that_serves_and_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    add_user_by_command(path, "alice");
    done(path, &["store", "backup", "b"]);
    std::fs::create_dir(path.join("new")).unwrap();
    std::fs::write(path.join("new/zonemint.db.restoring"), "half of it").unwrap();
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"]] {
        let out = run(path, &[command, &["--data", "new"]].concat());
        assert_eq!(out.status.code(), Some(1), "{out:?}");
        let told = String::from_utf8(out.stderr).unwrap();
        assert!(told.contains("a restore into the data folder new is not finished"), "{told}");
    }
    done(path, &["store", "restore", "b", "--revoke-all", "--data", "new"]);
    assert!(done(path, &["user", "list", "--data", "new"]).contains("alice"));
    assert!(!path.join("new/zonemint.db.restoring").exists());
}

#[tokio::test]
async fn a_token_revoked_after_the_backup_is_refused_by_a_server_on_what_was_restored() {
    let program = Program::start();
    let api = Api::of(&program);
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let (_, body) = api.send(ADMIN, "POST", "/user/client_tokens", Some(json!({}))).await;
        tokens.push(body["token"].as_str().unwrap().to_owned());
    }
    let path = program.folder.path().to_owned();
    done(&path, &["store", "backup", "b"]);
    assert_eq!(api.send(ADMIN, "DELETE", &format!("/user/client_tokens/{}", tokens[0]), None).await.0, 204);
    let (_, _, folder) = program.stop();
    let store = open(&path.join("data"));
    let end = End(store.heads().await.unwrap().remove(0)).to_string();
    store.close().await;
    done(&path, &["audit", "export", "trail"]);
    let kek = std::fs::read(path.join("data/zonemint.kek")).unwrap();
    std::fs::remove_dir_all(path.join("data")).unwrap();

    let wrong = End::to_string(&End(zonemint::store::Head { chain: Chain::embedded(), seq: 99, hash: [1; 32] }));
    let cut = run(&path, &["store", "restore", "b", "--audit", "trail", "--expect", &wrong]);
    assert!(String::from_utf8(cut.stderr).unwrap().contains("the trail does not have the row :99:"));
    let told = done(&path, &["store", "restore", "b", "--audit", "trail", "--expect", &end]);
    assert!(told.contains(&format!("to {end}; revocations, blocks and deletions after it are not known")), "{told}");
    assert!(told.contains("1 tokens are deleted") && told.contains("under the key-encryption key "), "{told}");
    std::fs::write(path.join("data/zonemint.kek"), &kek).unwrap();
    let folder = expect_at_server(folder, &tokens, [401, 200]).await;

    std::fs::remove_dir_all(path.join("data")).unwrap();
    let told = done(&path, &["store", "restore", "b", "--revoke-all"]);
    assert!(told.contains("2 tokens that were good are revoked"), "{told}");
    std::fs::write(path.join("data/zonemint.kek"), &kek).unwrap();
    expect_at_server(folder, &tokens, [401, 401]).await;
}

async fn expect_at_server(folder: TempDir, tokens: &[String], expected: [u16; 2]) -> TempDir {
    let program = Program::start_in(folder, &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]);
    let api = Api::of(&program);
    for (token, expected) in tokens.iter().zip(expected) {
        assert_eq!(api.get(As::Token(token), "/user").await.0, expected);
    }
    assert_eq!(api.send(ADMIN, "POST", "/user/client_tokens", Some(json!({}))).await.0, 200, "it goes on minting");
    program.stop().2
}

#[tokio::test]
async fn a_server_whose_only_root_key_was_retired_after_the_backup_makes_a_new_one() {
    let (_, _, folder) = Program::start().stop();
    let path = folder.path();
    done(path, &["store", "backup", "b"]);
    done(path, &["key", "rotate"]);
    let listed = done(path, &["key", "list"]);
    let first = listed.lines().rev().find(|line| line.contains("verify-only") || line.contains("active")).unwrap();
    done(path, &["key", "retire", first.split(' ').next().unwrap(), "--yes"]);
    done(path, &["audit", "export", "trail"]);
    std::fs::rename(path.join("data"), path.join("old")).unwrap();
    let told = done(path, &["store", "restore", "b", "--audit", "trail"]);
    assert!(told.contains("all its root keys are retired"), "{told}");
    std::fs::copy(path.join("old/zonemint.kek"), path.join("data/zonemint.kek")).unwrap();
    let program = Program::start_in(folder, &[]);
    let (status, _) = Api::of(&program).send(ADMIN, "POST", "/user/client_tokens", Some(json!({}))).await;
    assert_eq!(status, 200);
}
