//! Backups of the embedded store.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use zonemint::audit::End;
use zonemint::store::sqlite::backup;
use zonemint::store::{Changed, SealedKey};

use super::*;
use crate::support::operator::{add_user as add_user_by_command, done, run};
use crate::support::zonemint;

/// So many that a backup takes a while.
const BEFORE: usize = 20_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_while_minting_has_all_that_was_acknowledged_before_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let alice = add_user(&store, "alice").await;
    for _ in 0..BEFORE / 1_000 {
        let tokens = (0..1_000).map(|ms| token_of(&alice, ms, FAR_S)).collect();
        let _ = store.import_tokens(tokens, Actor::Operator, 1).await.unwrap();
    }
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let minting: Vec<_> = (0..4)
        .map(|_| {
            let (store, alice) = (Arc::clone(&store), alice.clone());
            let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let mut minted = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    minted.push((mint(&store, &alice, 5, FAR_S).await, acknowledged.fetch_add(1, Ordering::SeqCst)));
                }
                minted
            })
        })
        .collect();
    while acknowledged.load(Ordering::SeqCst) < 20 {
        tokio::task::yield_now().await;
    }
    let before = acknowledged.load(Ordering::SeqCst);
    let (database, file) = (folder.path().join("zonemint.db"), folder.path().join("backup"));
    let head = tokio::task::spawn_blocking({
        let file = file.clone();
        move || backup(&database, &file).unwrap()
    });
    let head = head.await.unwrap();
    let meanwhile = acknowledged.load(Ordering::SeqCst) - before;
    stop.store(true, Ordering::SeqCst);
    let mut minted = Vec::new();
    for task in minting {
        minted.extend(task.await.unwrap());
    }
    assert!(meanwhile > 0, "nothing was minted while the backup was written");

    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(&file, restored.path().join("zonemint.db")).unwrap();
    let backup = open(restored.path());
    for (id, place) in &minted {
        if *place < before {
            assert!(backup.token(*id).await.unwrap().is_some(), "an acknowledged token is not in the backup");
        }
    }
    assert_eq!(backup.heads().await.unwrap(), [head]);
    assert_eq!(backup.check().await.unwrap().len(), 1, "made-up tokens have no root key; all else is in order");
}

#[test]
fn a_backup_is_private_whole_and_takes_nobodys_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    add_user_by_command(folder, "alice");
    let told = done(folder, &["store", "backup", "b"]);
    assert_eq!(std::fs::metadata(folder.join("b")).unwrap().permissions().mode() & 0o777, 0o600);
    let end = told.lines().find_map(|line| line.strip_prefix("its audit chain ends at ")).unwrap();
    assert_eq!(end.parse::<End>().unwrap().0.seq, 1, "{told}");
    assert!(told.contains("the key-encryption key is not in it"), "{told}");

    let bytes = std::fs::read(folder.join("b")).unwrap();
    let again = run(folder, &["store", "backup", "b"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("b exists, and nothing is overwritten"));
    assert_eq!(std::fs::read(folder.join("b")).unwrap(), bytes);
    let json: serde_json::Value = serde_json::from_str(&done(folder, &["store", "backup", "c", "--json"])).unwrap();
    assert_eq!(json["auditEnd"].as_str(), Some(end));
    assert_eq!(files(folder), ["b", "c", "data"]);
}

#[test]
fn a_backup_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let nothing = run(folder, &["store", "backup", "b"]);
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("there is no store at "));
    assert_eq!(files(folder), [""; 0]);
    add_user_by_command(folder, "alice");
    let ours = zonemint(folder, &["store", "backup", "b"]);
    let full = std::process::Command::new("bash")
        .args(["-c", "ulimit -f 16; trap '' XFSZ; exec \"$@\"", "bash"])
        .arg(ours.get_program())
        .args(["store", "backup", "b"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert_eq!(full.status.code(), Some(1), "{full:?}");
    assert_eq!(files(folder), ["data"]);
    let into_nowhere = run(folder, &["store", "backup", "nowhere/b"]);
    assert!(String::from_utf8(into_nowhere.stderr).unwrap().contains("nowhere/b.partial cannot be written"));
}

#[test]
fn a_shared_store_is_left_to_its_own_tools() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&["store", "backup", "b"][..], &["store", "restore", "b", "--revoke-all"]] {
        let out = zonemint(folder.path(), command).env("ZONEMINT_STORE__URL", "postgres://me:word@nowhere/z").output();
        let told = String::from_utf8(out.unwrap().stderr).unwrap();
        assert!(told.contains("the database's own tools") && !told.contains("word"), "{told}");
    }
    assert_eq!(files(folder.path()), [""; 0]);
}

#[tokio::test]
async fn what_was_erased_is_not_in_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let key = |number: u8, sealed: &[u8]| {
        let (id, sealed_by) = (KeyId::from_bytes([number; 8]), KeyId::from_bytes([9; 8]));
        SealedKey::new(id, sealed_by, sealed.to_vec(), number.into())
    };
    store.insert_first_key(key(1, b"the sealed bytes of a key that is retired")).await.unwrap();
    store.add_key(key(2, b"another one"), Actor::Operator).await.unwrap();
    assert_eq!(store.retire_key(KeyId::from_bytes([1; 8]), Actor::Operator, 5).await.unwrap(), Changed::Done);
    let file = folder.path().join("backup");
    backup(&folder.path().join("zonemint.db"), &file).unwrap();
    let bytes = std::fs::read(file).unwrap();
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(holds(b"another one") && !holds(b"that is retired"));
}
