//! Which user names there may be, and that in a marked store those that differ in case only are one: for sign-in, groups, and
//! whoever guesses.

use reqwest::header::HeaderValue;
use serde_json::json;
use zonemint::app::{self, Dependencies, StartError};
use zonemint::config::{Config, Environment};
use zonemint::model::{NameRule, Period};
use zonemint::random::Random;
use zonemint::telemetry::Sink;
use zonemint::user::{Format, IgnoreCase, Import};

use crate::guessing::hashes;
use crate::support::operator::{Api, As as Who, add_user, done, run};
use crate::support::{As, PASSWORD, Program, TestServer, postgres, with_input, zonemint};

const MAIL: &str = "Jan.Kowalski@Example.ORG";
const WELL: &str = "some-good-password";

fn directory(config: &mut Config) {
    config.login.user_names = NameRule::Directory;
}

async fn mark(server: &TestServer) {
    assert!(matches!(server.services.accounts.ignore_case(|_| false).await, Ok(IgnoreCase::Marked(_))));
}

async fn status(server: &TestServer, name: &str, password: &str) -> u16 {
    server.call("GET", "/user", As::Basic(name, password)).await.status
}

#[tokio::test]
async fn other_names_than_onezones_are_chosen_where_the_setting_allows_it() {
    let body = json!({"username": MAIL, "password": WELL});
    let server = TestServer::start().await;
    let refused = server.json("POST", "/users", body.clone(), As::Admin).await;
    assert_eq!((refused.status, refused.error().as_str()), (400, "badValueUsername"));
    assert!(refused.body.contains("must be 2-32 characters long"), "{refused:?}");

    let server = TestServer::start_with(directory).await;
    assert_eq!(server.json("POST", "/users", body, As::Admin).await.status, 201);
    let user = server.call("GET", "/user", As::Basic(MAIL, WELL)).await.json();
    assert_eq!((user["username"].as_str(), user["fullName"].as_str()), (Some(MAIL), Some("Jan.Kowalski Example.ORG")));
    assert_eq!(status(&server, "jan.kowalski@example.org", WELL).await, 401, "case counts");
    let renamed = json!({"username": r"EXAMPLE\Łukasz"});
    assert_eq!(server.json("PATCH", "/user", renamed, As::Basic(MAIL, WELL)).await.status, 204);
    assert_eq!(status(&server, r"EXAMPLE\Łukasz", WELL).await, 200);
    for bad in ["a:b", "a=b", "a b", "a\tb", "usr-0123456789abcdef0123456789abcdef"] {
        let refused = server.json("POST", "/users", json!({"username": bad}), As::Admin).await;
        assert_eq!((refused.status, refused.error().as_str()), (400, "badValueUsername"), "{bad}");
        assert!(refused.body.contains("at most 254 bytes"), "{refused:?}");
    }
    let (_, token) = server.named("/user", json!({"name": "proxied"}), As::Basic(r"EXAMPLE\Łukasz", WELL)).await;
    let answer = server.send(server.get("/auth/verify").header("x-auth-token", token)).await;
    let name = HeaderValue::from_bytes(r"EXAMPLE\Łukasz".as_bytes()).unwrap();
    assert_eq!((answer.status, answer.headers.get("x-auth-user")), (200, Some(&name)));
}

#[tokio::test]
async fn a_name_that_is_there_may_be_sent_again_where_it_could_not_be_chosen_any_more() {
    let server = TestServer::start().await;
    server.add_user("jan.müller", WELL).await;
    let mine = As::Basic("jan.müller", WELL);
    let unchanged = json!({"username": "jan.müller", "fullName": "Jan Müller"});
    assert_eq!(server.json("PATCH", "/user", unchanged, mine).await.status, 204);
    assert_eq!(server.call("GET", "/user", mine).await.json()["fullName"], "Jan Müller");
    let refused = server.json("PATCH", "/user", json!({"username": "jan.möller"}), mine).await;
    assert_eq!((refused.status, refused.error().as_str()), (400, "badValueUsername"));
}

#[tokio::test]
async fn every_spelling_signs_in_to_a_marked_store_and_no_second_account_is_made() {
    let server = TestServer::start_with(directory).await;
    server.add_user("Alice", WELL).await;
    server.add_user("bob", WELL).await;
    assert_eq!(status(&server, "aLICE", WELL).await, 401);
    mark(&server).await;
    for name in ["Alice", "alice", "ALICE"] {
        assert_eq!(status(&server, name, WELL).await, 200, "{name}");
    }
    assert_eq!(
        server.call("GET", "/user", As::Basic("ALICE", WELL)).await.json()["username"],
        "Alice",
        "as it was typed"
    );
    let taken = server.json("POST", "/users", json!({"username": "aliCE"}), As::Admin).await;
    assert_eq!((taken.status, taken.error().as_str()), (400, "badValueIdentifierOccupied"));
    let taken = server.json("PATCH", "/user", json!({"username": "ALICE"}), As::Basic("bob", WELL)).await;
    assert_eq!((taken.status, taken.error().as_str()), (400, "badValueIdentifierOccupied"));
    assert_eq!(server.json("PATCH", "/user", json!({"username": "alice"}), As::Basic("ALICE", WELL)).await.status, 204);
    // A token in the place of the password stands after each spelling, too.
    let (_, text) = server.named("/user", json!({"name": "git"}), As::Basic("Alice", WELL)).await;
    assert_eq!(status(&server, "ALICE", &text).await, 200);
    assert_eq!(status(&server, "bob", &text).await, 401);
}

#[tokio::test]
async fn what_is_remembered_and_counted_is_that_of_all_spellings_together() {
    let server = TestServer::start_with(|config| config.login.address_burst = 8).await;
    server.add_user("Alice", WELL).await;
    mark(&server).await;
    assert_eq!(status(&server, "Alice", WELL).await, 200);
    let before = hashes(&server);
    for name in ["ALICE", "alice", "aLiCe"] {
        assert_eq!(status(&server, name, WELL).await, 200, "{name}");
    }
    // All that is remembered is forgotten once, when the node meets the mark in the feed.
    assert!(hashes(&server) <= before + 1, "the password is remembered for each spelling");
    // Eight attempts, whatever they are called.
    let spellings = ["alice", "Alice", "aLice", "alIce", "aliCe", "alicE", "ALice", "ALIce", "ALICe", "ALICE"];
    let mut answers = Vec::new();
    for name in spellings {
        answers.push(status(&server, name, "a wrong password").await);
    }
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 8, "{answers:?}");
    assert_eq!(answers[9], 429);
}

#[tokio::test]
async fn two_accounts_of_one_name_but_for_case_share_nothing_in_a_store_that_is_not_marked() {
    let server = TestServer::start_with(|config| {
        config.login.address_burst = 4;
        config.forward_auth.groups = vec!["staff = alice".to_owned()];
    })
    .await;
    server.add_user("alice", WELL).await;
    server.add_user("ALICE", "another-good-password").await;
    for _ in 0..5 {
        status(&server, "ALICE", "a wrong password").await;
    }
    assert_eq!(status(&server, "ALICE", "another-good-password").await, 429);
    server.advance_s(4);
    assert_eq!(status(&server, "alice", WELL).await, 200);
    assert_eq!(status(&server, "ALICE", WELL).await, 401, "a password that is remembered is one of the other account");
    let groups = async |name, password, token| {
        let (_, token) = server.named("/user", json!({"name": token}), As::Basic(name, password)).await;
        server.send(server.get("/auth/verify").header("x-auth-token", token)).await.header("x-auth-groups").to_owned()
    };
    assert_eq!(groups("alice", WELL, "one").await, "staff");
    server.advance_s(9);
    assert_eq!(groups("ALICE", "another-good-password", "one").await, "");
    assert!(
        matches!(server.services.accounts.ignore_case(|_| false).await, Ok(IgnoreCase::Clashes(clashes)) if clashes.len() == 1)
    );
    assert_eq!(groups("ALICE", "another-good-password", "two").await, "");
}

#[tokio::test]
async fn groups_of_a_marked_store_have_whoever_is_called_so_in_any_case() {
    let server = TestServer::start_with(|config| {
        config.forward_auth.groups = vec!["staff = alice ROOT".to_owned()];
        config.login.delays = vec![Period::from_ms(0)];
    })
    .await;
    server.add_user("Alice", WELL).await;
    let (_, text) = server.named("/user", json!({"name": "proxied"}), As::Basic("Alice", WELL)).await;
    let groups = async || {
        server.send(server.get("/auth/verify").header("x-auth-token", &text)).await.header("x-auth-groups").to_owned()
    };
    assert_eq!(groups().await, "");
    mark(&server).await;
    let started = std::time::Instant::now();
    while groups().await != "staff" {
        assert!(started.elapsed().as_secs() < 10, "the mark was never felt");
    }
    let taken = server.json("PATCH", "/user", json!({"username": "root"}), As::Basic("Alice", WELL)).await;
    assert_eq!(taken.status, 400, "a group lists that name in another case");
    let made = server.json("POST", "/users", json!({"username": "rooT"}), As::Admin).await;
    assert!(made.status == 201 && made.header("x-warning").contains("staff"), "{made:?}");
}

#[tokio::test]
async fn nobody_takes_a_name_that_a_group_lists_in_another_case_whether_the_store_is_marked_or_not() {
    let server =
        TestServer::start_with(|config| config.forward_auth.groups = vec!["staff = root alice".to_owned()]).await;
    server.add_user("mallory", WELL).await;
    let rename = async |to: &str, name| {
        server.json("PATCH", "/user", json!({"username": to}), As::Basic(name, WELL)).await.status
    };
    assert_eq!(rename("ROOT", "mallory").await, 400);
    server.add_user("Alice", WELL).await;
    assert_eq!(rename("aLICE", "Alice").await, 400, "in this store that is another name, which gets what alice has");
    mark(&server).await;
    assert_eq!(rename("ROOT", "mallory").await, 400);
    for (to, name) in [("aLICE", "Alice"), ("alice", "ALICE")] {
        assert_eq!(rename(to, name).await, 204, "it is the own one, and in the group already");
    }
}

#[test]
fn the_command_names_who_would_be_in_a_group_or_be_taken_for_another_and_marks_nothing() {
    let program = Program::start();
    let folder = program.folder.path();
    let settings = "[forward_auth]\ngroups = [\"staff = root alice\"]\n";
    std::fs::write(folder.join("zonemint.toml"), settings).unwrap();
    for name in ["ROOT", "alice", "BOB", "Dave"] {
        add_user(folder, name);
    }
    done(folder, &["user", "rename", "alice", "alice2"]);
    done(folder, &["user", "rename", "alice2", "alice"]);
    for removed in ["carol", "dave", "erin"] {
        add_user(folder, removed);
        done(folder, &["user", "remove", removed, "--yes"]);
    }
    add_user(folder, "Carol");
    add_user(folder, "erin");
    let command = ["user", "names", "--ignore-case", "--config", "zonemint.toml"];
    let refused = run(folder, &command);
    let told = String::from_utf8(refused.stdout).unwrap();
    assert_eq!((refused.status.code(), told.lines().count()), (Some(1), 2), "{told}");
    for (account, reason) in [("ROOT (", "would be in staff"), ("Carol (", "was called carol")] {
        assert!(told.lines().any(|line| line.starts_with(account) && line.contains(reason)), "{told}");
    }
    assert!(String::from_utf8(refused.stderr).unwrap().contains("zonemint user rename"));
    done(folder, &["user", "rename", "ROOT", "mallory"]);
    done(folder, &["user", "rename", "Carol", "carol"]);
    done(folder, &command);
    done(folder, &command);
    assert_eq!(
        run(folder, &["user", "add", "DAVE", "--generate"]).status.code(),
        Some(1),
        "it is that of Dave, who had it first"
    );
}

#[tokio::test]
async fn every_node_follows_the_mark() {
    let Some(one) = TestServer::start_shared(|_| {}).await else { return };
    let other = one.start_beside("other").await;
    one.add_user("Alice", WELL).await;
    assert_eq!(status(&other, "ALICE", WELL).await, 401);
    mark(&one).await;
    let started = std::time::Instant::now();
    while !other.services.accounts.ignores_case() {
        assert!(started.elapsed().as_secs() < 10, "the mark was never felt");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(status(&other, "ALICE", WELL).await, 200);
    assert_eq!(other.json("POST", "/users", json!({"username": "alice"}), As::Admin).await.status, 400);
    let one = one.restart().await;
    assert!(one.services.accounts.ignores_case());
    assert_eq!(status(&one, "aLICE", WELL).await, 200);
    other.stop().await;
    one.stop().await;
}

#[tokio::test]
async fn the_command_names_each_clash_and_marks_nothing_before_they_are_gone() {
    let program = Program::start();
    let (api, folder) = (Api::of(&program), program.folder.path());
    for name in ["Alice", "alice", "BOB", "bob", "carol"] {
        add_user(folder, name);
    }
    let refused = run(folder, &["user", "names", "--ignore-case"]);
    let told = String::from_utf8(refused.stdout).unwrap();
    assert_eq!((refused.status.code(), told.lines().count()), (Some(1), 2), "{told}");
    assert!(["Alice (", "alice (", "BOB (", "bob ("].iter().all(|name| told.contains(name)) && !told.contains("carol"));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("zonemint user rename"));
    assert_eq!(api.get(Who::Password("CAROL", WELL), "/user").await.0, 401);
    done(folder, &["user", "rename", "Alice", "alice2"]);
    done(folder, &["user", "remove", "BOB", "--yes"]);
    done(folder, &["user", "names", "--ignore-case"]);
    api.get_until(Who::Password("CAROL", WELL), "/user", 200).await;
    assert_eq!(run(folder, &["user", "add", "CAROL", "--generate"]).status.code(), Some(1));
    assert!(done(folder, &["user", "show", "CAROL"]).starts_with("name       carol\n"));
    done(folder, &["store", "check"]);
    assert_eq!(run(folder, &["user", "names"]).status.code(), Some(2));
}

#[test]
fn names_of_an_import_are_compared_as_the_store_does_and_follow_the_setting() {
    let hash = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let input = format!("Alice:{hash}\naLICE:{hash}\njan@example.org:{hash}\n");
    let told = |rule, ignore_case| {
        let users = Import::new(Format::Htpasswd, input.as_bytes()).with_names(rule, ignore_case);
        users
            .map(|user| user.map_or_else(|refused| refused.to_string(), |user| user.name.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(NameRule::Directory, false), ["Alice", "aLICE", "jan@example.org"]);
    assert_eq!(
        told(NameRule::Directory, true),
        ["Alice", "line 2 (aLICE): line 1 has the same user name", "jan@example.org"]
    );
    let refused = told(NameRule::Onezone, false);
    assert!(refused[2].starts_with("line 3 (jan@example.org): a user name has 2 to 32 letters"), "{refused:?}");
}

#[tokio::test]
async fn a_store_is_not_marked_while_a_program_of_the_version_before_uses_it() {
    let Some(database) = postgres::database() else { return };
    let settings = database.settings();
    app::refuse_earlier_programs(&settings).await.unwrap();
    let client = database.connect().await;
    client.batch_execute("SET application_name = 'zonemint node-7/0123abcd'").await.unwrap();
    let refused = app::refuse_earlier_programs(&settings).await.unwrap_err().to_string();
    assert!(refused.contains("zonemint node-7/0123abcd") && refused.contains("upgrade all nodes"), "{refused}");
    assert!(!refused.contains(PASSWORD));
}

const OLD_NODE: &str = "SET application_name = 'zonemint node-7/0123abcd'";

#[tokio::test]
async fn names_of_other_directories_are_not_written_while_a_program_of_the_version_before_uses_the_store() {
    let Some(server) = TestServer::start_shared(directory).await else { return };
    let (ground, config, clock) = server.stop().await;
    let database = ground.database.as_ref().unwrap();
    let old = database.connect().await;
    old.batch_execute(OLD_NODE).await.unwrap();
    let dependencies = || Dependencies {
        clock: clock.clone(),
        random: Random::system(),
        environment: Environment::default(),
        log: Sink::start(std::io::sink()).unwrap(),
        listener: None,
        hash_room: u64::MAX,
    };
    let refused = loop {
        match app::start(&config, dependencies()).await.map(drop) {
            // A process that another test is just starting has the lock for a moment.
            Err(StartError::AlreadyServed(_)) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            other => break other.unwrap_err(),
        }
    };
    assert!(refused.to_string().contains("upgrade all nodes first"), "{refused}");
    let run = |arguments: &[&str], input: &str| {
        let mut command = zonemint(ground.path(), arguments);
        command.envs([("ZONEMINT_STORE__URL", &*database.url()), ("ZONEMINT_STORE__TLS", "disable")]);
        command.env("ZONEMINT_LOGIN__USER_NAMES", "directory");
        let out = with_input(command, input);
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    for (arguments, input) in [
        (&["user", "add", MAIL, "--password-stdin"][..], WELL),
        (&["user", "rename", "admin", MAIL], ""),
        (&["user", "import", "--format", "json", "-"], r#"{"username": "jan@example.org"}"#),
    ] {
        let (code, told) = run(arguments, input);
        assert!(code == Some(1) && told.contains("zonemint node-7/0123abcd"), "{code:?} {told}");
    }
    assert_eq!(run(&["user", "add", "jan", "--password-stdin"], WELL).0, Some(0));
}
