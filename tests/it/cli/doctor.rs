//! `zonemint doctor` in cases that a session cannot set up: special states of a machine or a database.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;

use crate::support::{PASSWORD, Program, postgres, with_input, zonemint};

/// The state and the finding of each check.
pub type DoctorOutput = BTreeMap<String, (String, String)>;

pub fn examine(folder: &Path, environment: &[(&str, &str)]) -> DoctorOutput {
    let out = zonemint(folder, &["doctor", "--json"]).envs(environment.iter().copied()).output().unwrap();
    let Value::Array(lines) = serde_json::from_slice(&out.stdout).unwrap() else { panic!("{out:?}") };
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let told: DoctorOutput =
        lines.iter().map(|line| (text(line, "check"), (text(line, "state"), text(line, "found")))).collect();
    let is_fault = told.values().any(|(state, _)| state == "fault");
    assert_eq!(out.status.code(), Some(i32::from(is_fault)), "{told:?}");
    told
}

fn state<'a>(told: &'a DoctorOutput, check: &str) -> &'a str {
    told[check].0.as_str()
}

#[test]
fn before_a_first_start_nothing_is_made_and_nothing_is_at_fault() {
    let folder = tempfile::tempdir().unwrap();
    let told = examine(folder.path(), &[("ZONEMINT_SERVER__LISTEN", "127.0.0.1:0")]);
    for check in ["data folder", "database", "key-encryption key", "certificate"] {
        assert_eq!(state(&told, check), "note", "{told:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_a_killed_server_has_left_is_read_and_left_alone() {
    let folder = Program::start().kill();
    let read = |name| std::fs::read(folder.path().join("data").join(name)).unwrap();
    let names = ["zonemint.db", "zonemint.db-wal", "zonemint.db-shm"];
    let before = names.map(read);
    assert!(!before[1].is_empty(), "there is a log");
    let told = examine(folder.path(), &[("ZONEMINT_SERVER__LISTEN", "127.0.0.1:0")]);
    for check in ["database", "root keys", "administrator", "audit trail"] {
        assert_eq!(state(&told, check), "ok", "{told:?}");
    }
    assert!(names.map(read) == before, "a file was changed");
}

#[test]
fn who_has_the_address_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // It accepts connections and never answers, so the check must time out.
    let listening = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listening.local_addr().unwrap().to_string();
    let told = examine(folder.path(), &[("ZONEMINT_SERVER__LISTEN", &address)]);
    let (state, found) = &told["address"];
    assert_eq!(state, "fault");
    assert!(found.contains(&format!("process {} (", std::process::id())), "{found}");
}

#[test]
fn a_shared_database_is_examined_before_and_after_the_first_start() {
    let Some(database) = postgres::database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let key = zonemint(folder.path(), &["key", "generate"]).output().unwrap();
    let key = String::from_utf8(key.stdout).unwrap();
    let url = database.url();
    let environment = [
        ("ZONEMINT_STORE__URL", url.as_str()),
        ("ZONEMINT_STORE__TLS", "disable"),
        ("ZONEMINT_STORE__NODE", "node-1"),
        ("ZONEMINT_KEY_ENCRYPTION_KEY", key.trim()),
        ("ZONEMINT_ADMIN_PASSWORD", PASSWORD),
        ("ZONEMINT_SERVER__LISTEN", "127.0.0.1:0"),
    ];
    let told = examine(folder.path(), &environment);
    assert_eq!((state(&told, "database"), state(&told, "root keys")), ("note", "skipped"), "{told:?}");
    // The test server runs without fsync, which the check must report.
    assert_eq!(state(&told, "database durability"), "fault");

    let program = Program::start_in(folder, &environment);
    let told = examine(program.folder.path(), &environment);
    for check in ["database", "database protection", "database clock", "database connections", "database rights"] {
        assert_eq!(state(&told, check), "ok", "{told:?}");
    }
    for check in ["node name", "key-encryption key", "root keys", "administrator", "audit trail"] {
        assert_eq!(state(&told, check), "ok", "{told:?}");
    }
    assert_eq!(state(&told, "data folder"), "skipped");
}

#[test]
fn a_database_that_is_not_there_is_a_fault_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("ZONEMINT_STORE__URL", "postgres://somebody:secret-word@127.0.0.1:1/zonemint"),
        ("ZONEMINT_STORE__TLS", "disable"),
        ("ZONEMINT_SERVER__LISTEN", "127.0.0.1:0"),
    ];
    let told = examine(folder.path(), &environment);
    assert_eq!((state(&told, "database"), state(&told, "database rights")), ("fault", "skipped"));
    assert_eq!(state(&told, "certificate"), "note");
    assert!(!format!("{told:?}").contains("secret-word"), "{told:?}");
}

#[test]
fn users_of_another_program_are_counted() {
    let program = Program::start();
    let import = zonemint(program.folder.path(), &["user", "import", "--format", "htpasswd", "-"]);
    let line = "carol:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n";
    assert!(with_input(import, line).status.success());
    let address = format!("127.0.0.1:{}", program.port);
    let told = examine(program.folder.path(), &[("ZONEMINT_SERVER__LISTEN", &address)]);
    let (state_of_hashes, found) = &told["password hashes"];
    assert_eq!(state_of_hashes, "note", "{told:?}");
    assert!(found.contains("of another program (bcrypt: 1)") && found.contains("at most 72 bytes"), "{found}");
    assert_eq!(state(&told, "address"), "ok");
}
