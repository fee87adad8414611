//! What the operator does beside a running server: privileges, services, and moving in from elsewhere.

use std::path::Path;

use serde_json::{Value, json};
use zonemint::clock::Clock;
use zonemint::model::UserName;
use zonemint::store::Store;
use zonemint::store::sqlite::SqliteStore;

use crate::support::operator::{ADMIN, Api, As, add_user, done, import, make_store, onezone_token, run};
use crate::support::{Program, with_input, zonemint};

/// Of the password "U*U": a vector of Openwall's `crypt_blowfish`, with the prefix that `htpasswd -B` writes.
const BCRYPT: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const SECRET: &str = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF";
const OLDEST: &str = "JUq4aKVBRMuE7qKlsPTyM_IKxzXesVuQR0c_2Wi9qY4";
const OLD: &str = "c1dddb487717a5a910a426ee79871001";

#[tokio::test]
async fn a_granted_privilege_is_felt_by_the_server_and_so_is_its_loss() {
    let program = Program::start();
    let (api, folder) = (Api::of(&program), program.folder.path());
    add_user(folder, "alice_b");
    let alice = As::Password("alice_b", "some-good-password");
    api.get_until(alice, "/users", 403).await;
    done(folder, &["user", "grant", "alice_b", "oz_users_list", "oz_users_view"]);
    api.get_until(alice, "/users", 200).await;
    done(folder, &["user", "revoke", "alice_b", "oz_users_list"]);
    api.get_until(alice, "/users", 403).await;
    let shown = done(folder, &["user", "show", "alice_b"]);
    assert!(shown.contains("full name  alice b\n") && shown.contains("privileges oz_users_view\n"), "{shown}");
    assert!(shown.contains("basic auth enabled\n"), "{shown}");
}

#[tokio::test]
async fn a_password_that_the_operator_sets_may_have_to_be_changed() {
    let program = Program::start();
    let (api, folder) = (Api::of(&program), program.folder.path());
    add_user(folder, "alice_b");
    let alice = As::Password("alice_b", "some-good-password");
    api.get_until(alice, "/user", 200).await;
    for (flag, status, told) in
        [("--must-change", 403, "enabled, and the password must be changed first"), ("", 200, "enabled")]
    {
        let mut command = zonemint(folder, &["user", "password", "alice_b", "--password-stdin"]);
        command.args([flag].iter().filter(|flag| !flag.is_empty()));
        assert!(with_input(command, "a-given-password\n").status.success());
        api.get_until(As::Password("alice_b", "a-given-password"), "/user", status).await;
        let shown = done(folder, &["user", "show", "alice_b"]);
        assert!(shown.contains(&format!("basic auth {told}\n")), "{shown}");
    }
}

#[test]
fn a_name_that_a_group_lists_comes_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("zonemint.toml"), "[forward_auth]\ngroups = [\"staff = carol dave\"]\n").unwrap();
    let with_groups = |arguments: &[&str]| run(folder, &[arguments, &["--config", "zonemint.toml"]].concat());
    let warned = |arguments: &[&str]| String::from_utf8(with_groups(arguments).stderr).unwrap();
    add_user(folder, "alice");
    assert_eq!(warned(&["user", "rename", "alice", "alice_b"]), "");
    let warning = warned(&["user", "rename", "alice_b", "carol"]);
    assert!(warning.contains("\"staff\"") && warning.contains("lists carol"), "{warning}");
    assert!(warned(&["user", "add", "dave", "--generate"]).contains("lists dave"));
    let taken = run(folder, &["user", "rename", "carol", "dave"]);
    assert_eq!(taken.status.code(), Some(1), "{taken:?}");
    assert!(done(folder, &["user", "show", "carol"]).contains("name       carol\n"));
}

#[test]
fn privileges_are_told_and_wrong_ones_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    add_user(folder, "alice");
    assert!(done(folder, &["user", "grant", "alice", "--all"]).contains("oz_tokens_manage"));
    let again = run(folder, &["user", "grant", "alice", "oz_users_list"]);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    assert_eq!(run(folder, &["user", "grant", "alice"]).status.code(), Some(2));
    let wrong = run(folder, &["user", "grant", "alice", "oz_everything"]);
    assert!(wrong.status.code() == Some(2) && String::from_utf8(wrong.stderr).unwrap().contains("oz_users_create"));
    done(folder, &["service", "add", "storage"]);
    let listed = done(folder, &["user", "list", "--json"]);
    let alice: Value = serde_json::from_str(&listed).expect("one user, and no service");
    assert_eq!((alice["basicAuthEnabled"].as_bool(), alice["privileges"].as_array().unwrap().len()), (Some(true), 16));
    assert!(done(folder, &["user", "revoke", "alice", "--all"]).ends_with("privileges: -\n"));
}

#[tokio::test]
async fn a_service_gets_tokens_that_verify_until_it_is_blocked_or_removed() {
    let program = Program::start();
    let (api, folder) = (Api::of(&program), program.folder.path());
    let added = done(folder, &["service", "add", "data store", "--encoding", "v2"]);
    let token = |label: &str| {
        added.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_else(|| panic!("{added}")).trim().to_owned()
    };
    let (access, identity) = (token("access token"), token("identity token"));
    assert!([&access, &identity].iter().all(|token| token.starts_with("Ag")), "{added}");
    let another =
        done(folder, &["service", "token", "data store", "--kind", "identity", "--name", "short one", "--ttl", "30d"]);
    assert!(another.starts_with("MD"), "{another}");
    let verify = async |operation: &str, token: &str| {
        api.send(ADMIN, "POST", &format!("/tokens/verify_{operation}_token"), Some(json!({"token": token}))).await
    };
    for (operation, token) in [("access", &access), ("identity", &identity), ("identity", &another.trim().to_owned())] {
        let (status, body) = verify(operation, token).await;
        assert_eq!((status, body["subject"]["type"].as_str()), (200, Some("oneprovider")), "{body}");
        let id = body["subject"]["id"].as_str().unwrap();
        assert!(added.starts_with(&format!("added data store (prv-{id})\n")), "{added}");
    }
    done(folder, &["service", "block", "data store"]);
    let started = std::time::Instant::now();
    while verify("access", &access).await.0 == 200 {
        assert!(started.elapsed().as_secs() < 10, "the block was never felt");
    }
    let blocked = run(folder, &["service", "token", "data store", "--kind", "access", "--name", "more"]);
    assert!(String::from_utf8(blocked.stderr).unwrap().contains("service unblock"));
    done(folder, &["service", "unblock", "data store"]);
    let listed: Value = serde_json::from_str(&done(folder, &["service", "list", "--json"])).unwrap();
    assert_eq!((listed["name"].as_str(), listed["blocked"].as_bool()), (Some("data store"), Some(false)));
    let id = listed["serviceId"].as_str().unwrap();
    assert_eq!(run(folder, &["service", "add", "data store"]).status.code(), Some(1), "the name is taken");
    assert_eq!(run(folder, &["service", "remove", id]).status.code(), Some(1), "it was not confirmed");
    done(folder, &["service", "remove", id, "--yes"]);
    assert!(!done(folder, &["service", "list"]).contains("prv-"));
}

/// Bytes 0 to 31, a dot, and what Python's `hashlib.pbkdf2_hmac` makes of "password" with SHA-512 and 2048 rounds.
const RECORD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8urza447QCXD0QvbCq5T1iCqeZKHzN4PESH1sFqov/1/8=";

#[tokio::test]
async fn users_of_each_format_sign_in_with_their_old_passwords() {
    let program = Program::start();
    let (api, folder) = (Api::of(&program), program.folder.path());
    for (format, name, password, line) in [
        ("htpasswd", "apache", "U*U", format!("apache:{BCRYPT}\n")),
        ("json", "jason", "U*U", json!({"username": "jason", "passwordHash": BCRYPT}).to_string()),
        ("onezone", "oscar", "password", json!({"username": "oscar", "passwordHash": RECORD}).to_string()),
    ] {
        let (code, printed, _) = import(folder, &["user", "import", "--format", format, "-"], &line);
        assert_eq!((code, printed.as_str()), (Some(0), "count  users\n    1  taken\n    0  refused\n"));
        assert!(!stored_hash(folder, name).await.starts_with("$argon2id$"));
        assert_eq!(api.get(As::Password(name, "not-the-password"), "/user").await.0, 401);
        assert_eq!(api.get(As::Password(name, password), "/user").await.0, 200, "{format}");
        let hash = stored_hash(folder, name).await;
        assert!(hash.starts_with("$argon2id$"), "{format}: {hash}");
    }
}

async fn stored_hash(folder: &Path, name: &str) -> String {
    let store: &dyn Store = &SqliteStore::open(&folder.join("data/zonemint.db"), Clock::system()).unwrap();
    let user = store.user_by_name(&UserName::parse(name).unwrap()).await.unwrap().unwrap();
    store.close().await;
    user.password.unwrap().expose().to_owned()
}

#[test]
fn lines_that_cannot_be_taken_are_told_and_the_others_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    add_user(folder, "alice");
    let input = format!("alice:{BCRYPT}\nbob:{{SHA}}x\ncarol:{BCRYPT}\ncarol:{BCRYPT}\n");
    let (code, printed, told) = import(folder, &["user", "import", "--format", "htpasswd", "-"], &input);
    let rows: Vec<_> = printed.lines().collect();
    assert_eq!((code, rows.len(), rows[0], rows[1]), (Some(1), 5, "count  users", "    1  taken"));
    assert!(rows[2].starts_with("    1  refused: SHA-1 hashes are too weak"), "{rows:?}");
    let others = [
        "    1  refused: an earlier line has the same user name",
        "    1  refused: there is a user of that name already",
    ];
    assert_eq!(rows[3..], others);
    let told: Vec<_> = told.lines().collect();
    assert_eq!(told[0], "line 1 (alice): there is a user of that name already");
    assert!(told[1].starts_with("line 2 (bob): SHA-1 hashes are too weak"), "{told:?}");
    assert_eq!(told[2..], ["line 4 (carol): line 3 has the same user name"]);
    std::fs::write(folder.join("users"), &input).unwrap();
    let again = run(folder, &["user", "import", "--format", "htpasswd", "--json", "users"]);
    let lines: Vec<Value> =
        String::from_utf8(again.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), lines[2]["line"].as_u64(), lines[2]["name"].as_str()), (5, Some(3), Some("carol")));
    assert_eq!((&lines[4]["added"], &lines[4]["refused"], &lines[4]["dryRun"]), (&json!(0), &json!(4), &json!(false)));
    let reasons = lines[4]["reasons"].as_object().unwrap();
    assert_eq!((reasons.len(), &reasons["there is a user of that name already"]), (3, &json!(2)));
    let missing = run(folder, &["user", "import", "--format", "htpasswd", "nowhere"]);
    assert!(String::from_utf8(missing.stderr).unwrap().contains("nowhere cannot be read: No such file"));
}

#[test]
fn slow_hashes_are_taken_with_a_warning_and_those_too_large_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let large = "$argon2id$v=19$m=1048576,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    make_store(folder.path());
    let slow = BCRYPT.replacen("$05$", "$15$", 1);
    let mut command = zonemint(folder.path(), &["user", "import", "--format", "htpasswd", "-"]);
    // More threads than there is memory for: what is left is the place of one of our hashes.
    command.envs([("ZONEMINT_PASSWORD__THREADS", "1024"), ("ZONEMINT_PASSWORD__MEMORY_KIB", "1000000")]);
    let out = with_input(command, &format!("carol:{slow}\ndave:{slow}\nerin:{large}\nfrank:{BCRYPT}\n"));
    let large = "comparing with the password hash takes more memory than is available here";
    let table = format!("count  users\n    3  taken\n    1  refused: {large}\n");
    assert_eq!(String::from_utf8(out.stdout).unwrap(), table);
    let told = String::from_utf8(out.stderr).unwrap();
    let told: Vec<_> = told.lines().collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let large =
        "line 3 (erin): comparing with the password hash takes 1024 MiB of memory, and 976 MiB are available here";
    assert!(told[0].starts_with(large) && told[0].contains("`zonemint user password NAME`"), "{told:?}");
    let slow = "refusing a password can take more than a second for 2 users (carol, dave)";
    assert!(told[1].contains(slow), "{told:?}");
}

#[test]
fn a_dry_run_tells_the_same_and_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    add_user(folder, "alice");
    let names = (0..600).map(|number| format!("user{number}"));
    let users: Vec<_> = ["alice".to_owned()].into_iter().chain(names).map(|name| format!("{name}:{BCRYPT}")).collect();
    let dry = import(folder, &["user", "import", "--format", "htpasswd", "--dry-run", "-"], &users.join("\n"));
    let table = "count  users\n  600  taken\n    1  refused: there is a user of that name already\n";
    assert_eq!((dry.0, dry.1), (Some(1), format!("{table}Nothing was stored.\n")));
    assert_eq!(dry.2, "line 1 (alice): there is a user of that name already\n");
    assert_eq!(done(folder, &["user", "list", "--json"]).lines().count(), 1);
    let token = json!({"identifier": OLD, "secret": SECRET, "user": "alice"}).to_string();
    for (arguments, printed) in [
        (
            &["token", "import", "--dry-run", "-"][..],
            "count  tokens\n    1  taken\n    0  refused\nNothing was stored.\n",
        ),
        (&["token", "import", "-"], "count  tokens\n    1  taken\n    0  refused\n"),
    ] {
        assert_eq!(import(folder, arguments, &token).1, printed);
    }
    let dry = import(folder, &["token", "import", "--dry-run", "-"], &token);
    assert_eq!(dry.0, Some(1));
    assert!(dry.2.contains(&format!("line 1 ({OLD}): there is, or was, a token of that identifier")), "{}", dry.2);
}

#[test]
fn tokens_that_cannot_be_taken_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    add_user(folder, "alice");
    add_user(folder, "bob");
    done(folder, &["user", "block", "bob"]);
    let line = |identifier: &str, secret: &str, user: &str| {
        json!({"identifier": identifier, "secret": secret, "user": user}).to_string()
    };
    let ids: Vec<_> = (1..=4).map(|digit| format!("{OLD:.31}{digit}")).collect();
    let input = [
        line(&ids[0], SECRET, "nobody"),
        line(&ids[1], SECRET, "bob"),
        line(&ids[2], "secret", "alice"),
        line("short", SECRET, "alice"),
        line(&ids[3], SECRET, "alice"),
        line(&ids[3], SECRET, "alice"),
    ]
    .join("\n");
    let (code, printed, told) = import(folder, &["token", "import", "-"], &input);
    assert_eq!(code, Some(1));
    assert!(printed.starts_with("count  tokens\n    1  taken\n    1  refused: "), "{printed}");
    assert!(printed.contains("    1  refused: an earlier line has the same identifier\n"), "{printed}");
    assert_eq!(printed.lines().count(), 7, "{printed}");
    assert!(!told.contains(SECRET), "{told}");
    let expected =
        ["no such user", "user is blocked", "\"secret\" must be", "\"identifier\" must be", "line 5 has the same"];
    for ((told, expected), number) in told.lines().zip(expected).zip([1, 2, 3, 4, 6]) {
        assert!(told.starts_with(&format!("line {number}")) && told.contains(expected), "{told}");
    }
}

#[tokio::test]
async fn client_tokens_of_onezone_verify_are_listed_if_their_text_is_known_and_can_be_revoked() {
    let program = Program::start();
    let (api, folder) = (Api::of(&program), program.folder.path());
    add_user(folder, "alice");
    let later = SECRET.to_lowercase();
    let (oldest, old) = (onezone_token(OLDEST, SECRET), onezone_token(OLD, &later));
    let input = [
        json!({"identifier": OLDEST, "secret": SECRET, "user": "alice", "token": oldest}).to_string(),
        json!({"identifier": OLD, "secret": later, "user": "alice"}).to_string(),
    ]
    .join("\n");
    let (code, printed, told) = import(folder, &["token", "import", "-"], &input);
    assert_eq!((code, printed.as_str()), (Some(0), "count  tokens\n    2  taken\n    0  refused\n"), "{told}");
    for token in [&oldest, &old] {
        let (status, user) = api.get(As::Token(token), "/user").await;
        assert_eq!((status, user["username"].as_str()), (200, Some("alice")));
    }
    assert_eq!(api.get(As::Token(&onezone_token(OLD, SECRET)), "/user").await.0, 401, "another secret");
    let alice = As::Password("alice", "some-good-password");
    let (_, listed) = api.get(alice, "/user/client_tokens").await;
    assert_eq!(listed, json!({"tokens": [oldest]}), "made again, the other would be good for ever");
    for token in [&oldest, &old] {
        let path = format!("/user/client_tokens/{token}");
        assert_eq!(api.send(alice, "DELETE", &path, None).await.0, 204);
        assert_eq!(api.get(As::Token(token), "/user").await.0, 401);
    }
}

#[tokio::test]
async fn a_token_whose_caveats_are_not_known_is_neither_shown_nor_rotated() {
    let program = Program::start();
    let (api, folder) = (Api::of(&program), program.folder.path());
    let line = json!({"identifier": OLD, "secret": SECRET, "user": "admin"}).to_string();
    assert_eq!(import(folder, &["token", "import", "-"], &line).0, Some(0));
    for (method, path) in [("GET", format!("/tokens/named/{OLD}")), ("POST", format!("/tokens/{OLD}/rotate"))] {
        let (status, body) = api.send(ADMIN, method, &path, Some(json!({}))).await;
        assert_eq!(status, 403, "{body}");
        assert!(body.to_string().contains("taken over without its text"), "{body}");
    }
    let (_, page) = api.get(ADMIN, "/user/tokens").await;
    assert_eq!(page["tokens"][0]["id"].as_str(), Some(OLD), "its owner must find it, to revoke it: {page}");
}

#[tokio::test]
async fn a_service_exceeds_the_longest_life_of_tokens_only_when_the_operator_says_none() {
    let program = Program::start();
    let (api, folder) = (Api::of(&program), program.folder.path());
    let limited = |arguments: &[&str]| {
        let output = zonemint(folder, arguments).env("ZONEMINT_TOKEN__MAX_NAMED_TTL", "1h").output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, _, told) = limited(&["service", "add", "storage", "--ttl", "5000d"]);
    assert!(code == Some(1) && told.contains("token.max_named_ttl") && told.contains("none"), "{told}");
    assert!(!done(folder, &["service", "list"]).contains("prv-"), "nothing was changed");
    let tokens = |text: &str| text.lines().skip(1).map(|line| line[16..].trim().to_owned()).collect::<Vec<_>>();
    let ttl = async |token: &str| {
        let body = json!({"token": token});
        api.send(ADMIN, "POST", "/tokens/verify_identity_token", Some(body)).await.1["ttl"].as_u64()
    };
    let (_, added, _) = limited(&["service", "add", "storage"]);
    for token in tokens(&added) {
        assert!(ttl(&token).await.is_some_and(|ttl| ttl <= 3600), "{added}");
    }
    let token = ["service", "token", "storage", "--kind", "identity", "--name"];
    let (code, ..) = limited(&[&token[..], &["long", "--ttl", "2h"]].concat());
    assert_eq!(code, Some(1));
    let (_, short, _) = limited(&[&token[..], &["short", "--ttl", "1m"]].concat());
    assert!(ttl(short.trim()).await.is_some_and(|ttl| ttl <= 60));
    let (_, endless, _) = limited(&[&token[..], &["endless", "--ttl", "none"]].concat());
    assert_eq!(ttl(endless.trim()).await, None);
}
