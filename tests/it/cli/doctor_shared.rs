//! `zonemint doctor` with a database that several nodes share, and with a primary and its standby.

use std::sync::Arc;

use serde_json::Value;
use zonemint::caller::Caller;
use zonemint::clock::Clock;
use zonemint::model::{FullName, Privileges, User, UserName};
use zonemint::random::Random;
use zonemint::store::{Chain, Store};
use zonemint::token::{KeyEncryptionKey, KeyEncryptionKeys, MintRequest};
use zonemint::user::NewUser;

use super::doctor::{DoctorOutput, examine};
use crate::support::replicated::{PRIMARY, Replicated, STANDBY};
use crate::support::{Node, PASSWORD, Program, Shared, postgres, zonemint};

const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
/// By how much a clock is ahead.
const AHEAD_MS: u64 = 3_600_000;

fn environment(url: &str) -> [(&str, &str); 6] {
    [
        ("ZONEMINT_STORE__URL", url),
        ("ZONEMINT_STORE__TLS", "disable"),
        ("ZONEMINT_STORE__NODE", "node-1"),
        ("ZONEMINT_KEY_ENCRYPTION_KEY", KEY),
        ("ZONEMINT_ADMIN_PASSWORD", PASSWORD),
        ("ZONEMINT_SERVER__LISTEN", "127.0.0.1:0"),
    ]
}

/// The state and the finding of one check for a database.
fn found(url: &str, check: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let told: DoctorOutput = examine(folder.path(), &environment(url));
    told[check].clone()
}

#[track_caller]
fn assert_found(url: &str, check: &str, expected: &str, parts: &[&str]) {
    let (state, found) = found(url, check);
    assert_eq!(state, expected, "{found}");
    for part in parts {
        assert!(found.contains(part), "{part}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_host_of_the_database_is_examined() {
    let Some(mut pair) = Replicated::start().await else { return };
    let check = "database hosts";
    let (primary, standby) = (pair.name(PRIMARY), pair.name(STANDBY));
    let (nodes, root) = (pair.url("nodes"), pair.url("zonemint"));
    let lossy = format!("{primary} has no synchronous standby");
    assert_found(&nodes, check, "warning", &[&lossy]);

    pair.execute(PRIMARY, "ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf()").await;
    pair.until(PRIMARY, "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'").await;
    let well = format!("accepts writes: {primary}; only reads: {standby}");
    assert_found(&nodes, check, "ok", &[&well]);
    assert_found(&root, check, "ok", &[&well]);

    pair.stop(STANDBY);
    pair.until(PRIMARY, "SELECT count(*) = 0 FROM pg_stat_replication").await;
    let refused = format!("{standby} cannot be used: ");
    let waiting = format!("each write waits for standbys, and {primary} has too few connected");
    for url in [&nodes, &root] {
        assert_found(url, check, "fault", &[&waiting, &refused, "refused"]);
    }
    pair.execute(PRIMARY, "ALTER SYSTEM SET synchronous_standby_names = ''; SELECT pg_reload_conf()").await;
    pair.until(PRIMARY, "SELECT current_setting('synchronous_standby_names') = ''").await;
    assert_found(&nodes, check, "warning", &[&lossy, &refused]);

    pair.start_again(STANDBY, "");
    pair.until(STANDBY, "SELECT pg_is_in_recovery()").await;
    pair.promote().await;
    assert_found(&nodes, check, "fault", &["split brain", &primary, &standby]);
    // As told to an old primary; it is no standby of the new one.
    pair.execute(PRIMARY, "ALTER ROLE nodes SET default_transaction_read_only = on").await;
    assert_found(&nodes, check, "warning", &[&format!("no standby, and accepts no writes: {primary}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_are_no_copies_of_one_another_are_told_apart() {
    let Some(pair) = Replicated::start().await else { return };
    let Some(other) = postgres::database() else { return };
    let at = other.url();
    let (at, other) = at.strip_prefix("postgres://zonemint@").unwrap().split_once('/').unwrap();
    pair.execute(PRIMARY, &format!("CREATE DATABASE {other}")).await;
    let url = format!("postgres://zonemint@{},{at}/{other}", pair.name(PRIMARY));
    assert_found(&url, "database hosts", "fault", &["are different databases", &pair.name(PRIMARY), at]);
    // Two names of one server count as one server.
    let same = format!("postgres://zonemint@{at},localhost:{}/{other}", at.rsplit(':').next().unwrap());
    let (state, found) = found(&same, "database hosts");
    assert!(state == "warning" && found.contains("no synchronous standby"), "{state}: {found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_used_tells_what_each_host_says() {
    let Some(pair) = Replicated::start().await else { return };
    let full = pair.fill(PRIMARY, "nodes").await;
    let url = pair.url("nodes");
    let (primary, standby) = (format!("{}: ", pair.name(PRIMARY)), format!("{}: ", pair.name(STANDBY)));
    let parts = [primary.as_str(), "(53300)", &standby, "does not allow writes"];
    assert_found(&url, "database", "fault", &parts);
    let folder = tempfile::tempdir().unwrap();
    let start = zonemint(folder.path(), &["serve"]).envs(environment(&url)).output().unwrap();
    let told = String::from_utf8_lossy(&start.stderr);
    assert!(!start.status.success() && parts.iter().all(|part| told.contains(part)), "{told}");
    drop(full);
}

#[test]
fn two_processes_of_one_node_are_told_even_at_one_address() {
    let Some(database) = postgres::database() else { return };
    let (url, check) = (database.url(), "node name");
    let start = || Program::start_in(tempfile::tempdir().unwrap(), &environment(&url));
    let one = start();
    assert_found(&url, check, "ok", &["node-1, and no second process has it"]);
    let other = start();
    assert_found(&url, check, "fault", &["2 processes are connected as the node node-1"]);
    other.stop();
    assert_found(&url, check, "ok", &[]);
    one.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_of_the_version_before_is_counted_by_its_address() {
    let Some(database) = postgres::database() else { return };
    let (url, check) = (database.url(), "node name");
    let old = database.connect().await;
    old.batch_execute("SET application_name = 'zonemint node-1'").await.unwrap();
    assert_found(&url, check, "ok", &[]);
    let other = database.connect().await;
    other.batch_execute("SET application_name = 'zonemint node-1/0123abcd'").await.unwrap();
    let neighbour = database.connect().await;
    neighbour.batch_execute("SET application_name = 'zonemint node-10/0123abcd'").await.unwrap();
    assert_found(&url, check, "fault", &["2 processes"]);
    assert_found(&format!("{url}?application_name=all"), check, "ok", &["cannot be seen"]);
}

/// The statements that a check recommends.
fn statements(url: &str, check: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let out = zonemint(folder.path(), &["doctor", "--json"]).envs(environment(url)).output().unwrap();
    let lines: Vec<Value> = serde_json::from_slice(&out.stdout).unwrap();
    let line = lines.iter().find(|line| line["check"] == check).unwrap();
    let run = line["run"].as_array().unwrap();
    run.iter().map(|remedy| remedy["sql"].as_str().unwrap().to_owned()).collect()
}

/// Runs the statements that a check recommends as a superuser; returns their number.
async fn run_statements(database: &postgres::Database, url: &str, check: &str) -> usize {
    let (statements, client) = (statements(url, check), database.connect().await);
    for statement in &statements {
        client.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
    statements.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_are_missing_are_there_when_the_statements_that_are_told_have_run() {
    let check = "database rights";
    for is_empty in [true, false] {
        let Some(database) = postgres::database() else { return };
        let role = format!("Weak role {}", database.place().0);
        let client = database.connect().await;
        if !is_empty {
            Program::start_in(tempfile::tempdir().unwrap(), &environment(&database.url())).stop();
        }
        // The tables are not in the first schema of the search path.
        let first = format!("CREATE SCHEMA \"The first\"; GRANT USAGE ON SCHEMA \"The first\" TO \"{role}\"");
        let path = format!("ALTER ROLE \"{role}\" SET search_path = \"The first\", public");
        client.batch_execute(&format!("CREATE ROLE \"{role}\" LOGIN; {first}; {path}")).await.unwrap();
        if !is_empty {
            client.batch_execute(&format!("GRANT SELECT ON schema_version, tokens TO \"{role}\"")).await.unwrap();
        }
        let url = database.url().replace("zonemint@", &format!("{}@", role.replace(' ', "%20")));
        let missing = if is_empty { "CREATE in the schema" } else { "INSERT on tokens" };
        assert_found(&url, check, "fault", &[missing]);
        assert!(run_statements(&database, &url, check).await > 0);
        assert_found(&url, check, "ok", &[]);
        let owned = format!("DROP OWNED BY \"{role}\"");
        client.batch_execute(&owned).await.unwrap();
        client.batch_execute(&format!("DROP ROLE \"{role}\"")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_are_durable_when_the_statements_that_are_told_have_run() {
    let (Some(database), check) = (postgres::database(), "database durability") else { return };
    let (name, client) = (database.place().0, database.connect().await);
    for of in [format!("DATABASE {name}"), format!("ROLE zonemint IN DATABASE {name}")] {
        client.batch_execute(&format!("ALTER {of} SET synchronous_commit = off")).await.unwrap();
    }
    assert_found(&database.url(), check, "fault", &["synchronous_commit"]);
    assert!(run_statements(&database, &database.url(), check).await > 3);
    // A setting on the command line of the test server stays off.
    let (_, told) = found(&database.url(), check);
    assert!(told.contains("fsync") && !told.contains("synchronous_commit"), "{told}");
}

/// A node whose clock is ahead creates an account and mints tokens.
async fn write_ahead(store: Arc<dyn Store>, ahead_ms: u64) -> User {
    let key = Arc::new(KeyEncryptionKeys::of(KeyEncryptionKey::generate(&Random::system())));
    let clock = Clock::manual(Clock::system().now_ms() + ahead_ms);
    let node = Node::on(store, key, &clock).await;
    let (name, full_name) = (UserName::parse("alice").ok(), FullName::parse("Alice").unwrap());
    let new = NewUser { name, full_name, password: None, privileges: Privileges::NONE };
    let user = node.accounts.add(new, &Caller::operator()).await.unwrap();
    for _ in 0..40 {
        node.tokens.mint(user.id, MintRequest::default(), &Caller::server()).await.unwrap();
    }
    user
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_clock_that_was_ahead_are_told() {
    let check = "rows of the future";
    for ahead_ms in [0, AHEAD_MS] {
        let Some(shared) = Shared::database() else { return };
        let Shared::Database(database) = &shared else { panic!("it is a database") };
        write_ahead(shared.open("fast").await, ahead_ms).await;
        if ahead_ms == 0 {
            assert_found(&database.url(), check, "ok", &[]);
            continue;
        }
        // The previous version dates root keys by the node's clock.
        let older = format!("UPDATE root_keys SET created_ms = created_ms + {ahead_ms}");
        database.connect().await.batch_execute(&older).await.unwrap();
        let parts = ["the root key", "chain fast", "one account", "at least 40 tokens", "35"];
        assert_found(&database.url(), check, "warning", &parts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_on_each_table_is_told() {
    let Some(database) = postgres::database() else { return };
    let node = Chain::parse("node-1").unwrap();
    let store = zonemint::store::postgres::PostgresStore::open(&database.settings(), node, Clock::system()).await;
    store.unwrap().close().await;
    let raw = database.connect().await;
    let role = format!("bare_{}", database.url().rsplit('_').next().unwrap());
    // Without this one no check can run.
    raw.batch_execute(&format!("CREATE ROLE {role} LOGIN; GRANT SELECT ON schema_version TO {role}")).await.unwrap();
    let url = database.url().replace("zonemint@", &format!("{role}@"));
    let (state, told) = found(&url, "database rights");
    let rows = raw.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", &[]).await.unwrap();
    let tables: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    assert!(state == "fault" && tables.len() > 12, "{state}: {told}");
    for table in tables {
        assert!(told.contains(&format!(" on {table}")), "{table} is not in RIGHTS: {told}");
    }
    raw.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
}
