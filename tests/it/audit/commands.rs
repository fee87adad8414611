//! `zonemint audit`, as people run it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use crate::support::by_password;
use zonemint::audit::archive::{self, Cut};
use zonemint::audit::line;
use zonemint::clock::Clock;

use super::*;
use crate::support::operator::{add_user, done, run};
use crate::support::{Program, zonemint};

fn text(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A folder whose store has rows, without a server.
async fn folder() -> (tempfile::TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    add_user(folder.path(), "alice");
    let data = zonemint::store::sqlite::DataFolder::create(&folder.path().join("data")).unwrap();
    let store: Arc<dyn Store> =
        Arc::new(zonemint::store::sqlite::SqliteStore::open(&data.database(), Clock::system()).unwrap());
    append(&store, 1_000_000_002..=1_000_000_030).await;
    (folder, store)
}

fn archived(folder: &Path, seconds: &str, file: &str) -> String {
    done(folder, &["audit", "archive", "--before", seconds, file])
}

/// In the order of the numbers that [`append`] was given: 10^9 seconds after 1970 and some.
const TEN: &str = "2001-09-09T01:46:50Z";
const TWENTY: &str = "2001-09-09T01:47:00Z";

#[test]
fn the_trail_is_read_and_verified_beside_a_running_server() {
    let program = Program::start();
    let folder = program.folder.path();
    add_user(folder, "alice");
    let tail = done(folder, &["audit", "tail", "-n", "2"]);
    assert_eq!(tail.lines().count(), 3, "{tail}");
    assert!(tail.lines().nth(2).unwrap().contains("user.add          -                 alice"), "{tail}");
    let json: serde_json::Value = serde_json::from_str(&done(folder, &["audit", "tail", "-n1", "--json"])).unwrap();
    assert_eq!((json["action"].as_str(), json["userName"].as_str()), (Some("user.add"), Some("alice")));
    done(folder, &["user", "rename", "alice", "alicia"]);
    done(folder, &["user", "remove", "alicia", "--yes"]);
    let tail = done(folder, &["audit", "tail", "-n", "3"]);
    let rows: Vec<_> = tail.lines().skip(1).map(|row| row.split_once("user.").unwrap().1).collect();
    let expected = [
        "add          -                 alice             name=alice",
        "names        -                 alice             former_name=alice name=alicia",
        "remove       -                 alicia            former_name=alicia",
    ];
    assert_eq!(rows, expected);
    let good = done(folder, &["audit", "verify"]);
    let end = good.lines().last().unwrap();
    assert!(good.starts_with("the embedded store's chain: rows 1 to ") && end.starts_with(':'), "{good}");
    add_user(folder, "bob_b");
    done(folder, &["audit", "verify", "--expect", end]);
    let other = format!("{}{}", &end[..end.len() - 1], if end.ends_with('0') { '1' } else { '0' });
    let (code, found, _) = text(&run(folder, &["audit", "verify", "--expect", &other]));
    assert_eq!(code, Some(1));
    assert!(found.contains("is not the one that what was expected names"), "{found}");
    let (code, _, told) = text(&run(folder, &["audit", "tail", "--chain", "nowhere"]));
    assert_eq!(
        (code, told.trim_end()),
        (Some(1), "zonemint: there is no chain \"nowhere\"; there is the embedded store's chain")
    );
    let (code, _, told) = text(&run(folder, &["audit", "export", "--since", "yesterday"]));
    assert_eq!(code, Some(2));
    assert!(told.contains("expected a moment as in 2026-11-23T12:00:00Z, or how long ago as in 12h or 30d"), "{told}");
}

#[tokio::test]
async fn faults_are_named_and_nothing_is_archived_over_them() {
    let (folder, _store) = folder().await;
    let folder = folder.path();
    let database = rusqlite::Connection::open(folder.join("data/zonemint.db")).unwrap();
    database.execute("UPDATE audit SET note = 'x' WHERE seq = 7", []).unwrap();
    let fault = "the embedded store's chain: row 7 was changed (or row 6, together with its hash)\n";
    assert_eq!(text(&run(folder, &["audit", "verify"])), (Some(1), fault.to_owned(), String::new()));
    let (code, out, told) = text(&run(folder, &["audit", "archive", "--before", TEN, "old.jsonl"]));
    assert_eq!((code, out.as_str(), told.contains("nothing was archived")), (Some(1), fault, true));
    assert!(!folder.join("old.jsonl").exists());
    done(folder, &["audit", "archive", "--before", TEN, "--despite-faults", "old.jsonl"]);
    assert_eq!(run(folder, &["audit", "verify"]).status.code(), Some(0), "the row has left");
    let in_file = fault.replace(": row 7", " in old.jsonl: row 7");
    assert_eq!(text(&run(folder, &["audit", "verify", "old.jsonl"])), (Some(1), in_file, String::new()));
}

#[tokio::test]
async fn archived_rows_verify_alone_and_with_what_is_left() {
    let (folder, store) = folder().await;
    let folder = folder.path();
    let before = store.audit_after(&store.chain(), 0, 99).await.unwrap();
    // The first row is later than all others by the clock: it was set back.
    let first = archived(folder, TEN, "one.jsonl");
    assert!(first.starts_with("archived the embedded store's chain: 9 rows, 1 to 9\n"), "{first}");
    let second = archived(folder, TWENTY, "two.jsonl");
    assert!(second.starts_with("archived the embedded store's chain: 11 rows, 9 to 19\n"), "{second}");
    let left = store.audit_after(&store.chain(), 0, 99).await.unwrap();
    assert_eq!(left.iter().map(|row| row.seq).collect::<Vec<_>>(), (19..=32).collect::<Vec<_>>());
    assert_eq!(left[..12], before[18..]);

    let all = ["audit", "verify", "--with-store", "two.jsonl", "one.jsonl"];
    assert!(done(folder, &all).starts_with("the embedded store's chain: rows 1 to 32 are good\n"));
    for good in
        [&["audit", "verify"][..], &["audit", "verify", "one.jsonl", "two.jsonl"], &["audit", "verify", "two.jsonl"]]
    {
        assert_eq!(run(folder, good).status.code(), Some(0), "{good:?}");
    }
    let hole = run(folder, &["audit", "verify", "--with-store", "one.jsonl"]);
    assert_eq!(text(&hole).1, "the embedded store's chain: rows 10 to 18 are missing\n");

    let (code, _, told) = text(&run(folder, &["audit", "archive", "--before", "0s", "one.jsonl"]));
    assert_eq!((code, told.contains("one.jsonl exists already, and nothing is overwritten")), (Some(1), true));
    assert!(archived(folder, TWENTY, "three.jsonl").contains("there is nothing to archive"));
    assert!(!folder.join("three.jsonl").exists());
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.join("one.jsonl")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let forged =
        std::fs::read_to_string(folder.join("two.jsonl")).unwrap().replacen("number=1000000012", "number=12", 1);
    std::fs::write(folder.join("two.jsonl"), forged).unwrap();
    let (code, found, _) = text(&run(folder, &all));
    assert_eq!((code, found.contains("in two.jsonl: row 12 was changed")), (Some(1), true), "{found}");
}

#[tokio::test]
async fn an_interrupted_archive_verifies_at_every_step() {
    let trail = Trail::new().await;
    let heads = trail.store.heads().await.unwrap();
    let cuts = archive::plan(&trail.store, &heads, 21_000).await.unwrap();
    let [Cut { first: 1, archived }] = cuts.as_slice() else { panic!("{cuts:?}") };
    assert_eq!(archived.through.seq, 20);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let written = archive::write(&trail.store, &archived.through, 0, &mut file).await.unwrap();
    assert_eq!((written.rows, written.unreadable), (20, 0));
    let files = [file.path().to_owned()];
    let good = async |step: &str| {
        assert_eq!(trail.verify().await, [""; 0], "{step}");
        let report = audit::verify(Some(&trail.store), &files, &heads).await.unwrap();
        assert_eq!((report.findings, report.chains[0].first), (vec![], 1), "{step}");
    };
    good("only the file is written").await;
    archive::record(&trail.store, &cuts, 99_000).await.unwrap();
    good("nothing has left").await;
    assert_eq!(trail.store.delete_audit(&heads[0].chain, 20, 7).await.unwrap(), 7);
    good("some have left").await;
    let rest = archive::plan(&trail.store, &heads, 21_000).await.unwrap();
    assert_eq!((rest[0].first, rest[0].archived.through.seq), (8, 20), "it is taken up again");
    archive::remove(&trail.store, &cuts).await.unwrap();
    good("all have left").await;
    assert_eq!(archive::plan(&trail.store, &heads, 21_000).await.unwrap(), []);
    trail.tamper("DELETE FROM audit WHERE seq = 20");
    let found = "the embedded store's chain: row 20 is missing, and no archive row accounts for that";
    assert_eq!(trail.verify().await, [found]);
}

#[tokio::test]
async fn exported_rows_verify_elsewhere() {
    let (folder, store) = folder().await;
    let folder = folder.path();
    let rows = store.audit_after(&store.chain(), 0, 99).await.unwrap();
    let all = done(folder, &["audit", "export"]);
    let read: Vec<_> = all.lines().map(|text| line::parse(text).unwrap().0).collect();
    assert_eq!(read, rows);
    let part = done(folder, &["audit", "export", "--since", TEN, "--until", TWENTY, "part.jsonl"]);
    assert_eq!(part, "exported 10 rows to part.jsonl\n");
    std::fs::write(folder.join("all.jsonl"), &all).unwrap();

    let elsewhere = tempfile::tempdir().unwrap();
    for file in ["part.jsonl", "all.jsonl"] {
        std::fs::copy(folder.join(file), elsewhere.path().join(file)).unwrap();
    }
    let good = done(elsewhere.path(), &["audit", "verify", "part.jsonl"]);
    assert!(good.starts_with("the embedded store's chain: rows 10 to 19 are good\n"), "{good}");
    done(elsewhere.path(), &["audit", "verify", "part.jsonl", "all.jsonl"]);
    assert!(!elsewhere.path().join("data").exists(), "no store is made to verify a file");
    let part = std::fs::read_to_string(elsewhere.path().join("part.jsonl")).unwrap();
    std::fs::write(elsewhere.path().join("first.jsonl"), part.replacen("number=1000000010", "number=1", 1)).unwrap();
    let (code, found, _) = text(&run(elsewhere.path(), &["audit", "verify", "first.jsonl"]));
    assert_eq!((code, found.contains("row 10 was changed")), (Some(1), true), "the first row is checked too: {found}");
    std::fs::write(elsewhere.path().join("bad.jsonl"), part.replacen("atMs", "at", 1)).unwrap();
    let (code, _, told) = text(&run(elsewhere.path(), &["audit", "verify", "bad.jsonl"]));
    assert_eq!((code, told.contains("line 1 of bad.jsonl is not an audit row")), (Some(1), true), "{told}");
}

/// The hash of an exported row, as the manual describes it.
fn hash_by_the_manual(row: &serde_json::Value) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    let from_hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let mut input = from_hex(row["previous"].as_str().unwrap());
    input.extend(row["seq"].as_u64().unwrap().to_be_bytes());
    input.extend(row["atMs"].as_u64().unwrap().to_be_bytes());
    let action = row["action"].as_str().unwrap();
    input.push(u8::try_from(action.len()).unwrap());
    input.extend(action.as_bytes());
    for key in ["actor", "user"] {
        let id = row[key].as_str().map_or_else(|| vec![0; 17], |text| [vec![1], from_hex(text)].concat());
        input.extend(id);
    }
    let token = row["token"].as_str().map_or_else(Vec::new, |text| match text.len() {
        43 => base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap(),
        _ => from_hex(&text.replace("ch", "")),
    });
    match token.len() {
        0 => input.push(0),
        32 => input.push(1),
        length => input.extend([2, u8::try_from(length).unwrap()]),
    }
    input.extend(&token);
    input.extend(vec![0; 32 - token.len()]);
    if let Some(note) = row["note"].as_str() {
        input.extend(u32::try_from(note.len()).unwrap().to_be_bytes());
        input.extend(note.as_bytes());
    }
    let digits = sha2::Sha256::digest(input).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
}

#[tokio::test]
async fn a_stranger_can_verify_an_export_by_the_manual_alone() {
    let (folder, store) = folder().await;
    let random = zonemint::random::Random::system();
    let old = zonemint::model::TokenId::parse(b"c1dddb487717a5a910a426ee79871001").unwrap();
    for token in [zonemint::model::TokenId::new(5, &random), zonemint::model::TokenId::named(6, &random), old] {
        let user = zonemint::model::UserId::new(&random);
        let about = AuditEntry { user: Some(user), token: Some(token), note: None, ..entry(1) };
        let with_actor = AuditEntry { by: by_password(user), ..about.clone() };
        store.append_audit(vec![about, with_actor], 1_000_000_031_000).await.unwrap();
    }
    let mut last = "00".repeat(32);
    let exported = done(folder.path(), &["audit", "export"]);
    for text in exported.lines() {
        let row: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(row["previous"].as_str(), Some(last.as_str()));
        row["hash"].as_str().unwrap().clone_into(&mut last);
        assert_eq!(hash_by_the_manual(&row), last, "{text}");
    }
    assert_eq!(exported.lines().count(), 36);
}

/// `audit tail --follow`, which has printed all that there was.
fn following(folder: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = zonemint(folder, &["audit", "tail", "-n", "1", "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    (0..2).for_each(|_| assert!(out.read_line(&mut String::new()).unwrap() > 0));
    (child, out)
}

fn ended(mut child: Child) -> ExitStatus {
    let (sender, ends) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait()));
    ends.recv_timeout(Duration::from_mins(1)).expect("it ends").unwrap()
}

#[test]
fn following_shows_new_rows_and_ends_with_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    add_user(folder.path(), "alice");
    let (child, mut out) = following(folder.path());
    add_user(folder.path(), "bobby");
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("user.add") && line.trim_end().ends_with("bobby"), "{line}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!((rest.as_str(), ended(child).code()), ("", Some(0)));
}

#[test]
fn following_ends_when_nobody_reads_any_more() {
    let folder = tempfile::tempdir().unwrap();
    add_user(folder.path(), "alice");
    let (child, out) = following(folder.path());
    drop(out);
    assert_eq!(ended(child).code(), Some(0), "without a row to be printed");
}
