//! Ids of accounts as Onezone has them: of 16 bytes, as ours, and of 18.

use serde_json::json;
use zonemint::config::Config;
use zonemint::user::{Format, Import};

use crate::support::operator::{add_user, done, import, make_store, run};
use crate::support::{As, Program, TestServer, postgres, with_input, zonemint};

/// Of the password "U*U": a vector of Openwall's `crypt_blowfish`, with the prefix that `htpasswd -B` writes.
const BCRYPT: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const LONG: &str = "0123456789abcdef0123456789abcdefch89ab";
const SHORT: &str = "0123456789abcdef0123456789abcdef";

/// A server with an account of each length.
async fn taken_over(server: &TestServer) {
    let line = |name: &str, id: &str| json!({"username": name, "userId": id, "passwordHash": BCRYPT}).to_string();
    let input = format!("{}\n{}\n", line("longer", LONG), line("shorter", SHORT));
    let users = Import::new(Format::JsonLines, input.as_bytes()).map(Result::unwrap).collect::<Vec<_>>();
    assert!(users[0].id.unwrap().is_long() && !users[1].id.unwrap().is_long());
    let answers = server.services.accounts.import(users).await.unwrap();
    assert_eq!(answers, [zonemint::store::Added::Stored; 2]);
}

fn groups(config: &mut Config) {
    config.forward_auth.groups = vec![format!("staff = usr-{LONG}")];
}

async fn lives_with_its_id(server: &TestServer) {
    taken_over(server).await;
    let longer = As::Basic("longer", "U*U");
    assert_eq!(server.call("GET", "/user", longer).await.json()["userId"], LONG);
    assert_eq!(server.call("GET", &format!("/users/{LONG}"), As::Admin).await.json()["username"], "longer");
    assert_eq!(server.call("GET", &format!("/users/{SHORT}"), As::Admin).await.json()["username"], "shorter");

    let (_, named) = server.named("/user", json!({"name": "laptop"}), longer).await;
    let temporary = server.temporary("/user", json!({}), As::Token(&named)).await;
    let consumer = json!({"type": "consumer", "whitelist": [format!("usr-{LONG}")]});
    let client = server.json("POST", "/user/client_tokens", json!({}), longer).await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, child) =
        server.named("/user", json!({"name": "child", "caveats": [consumer]}), As::Token(&temporary)).await;
    for token in [&named, &temporary, &client] {
        assert_eq!(server.with_token(token, "GET", "/user").await.json()["userId"], LONG);
        let body = json!({"token": token});
        let verified = server.json("POST", "/tokens/verify_access_token", body, As::Nobody).await.json();
        assert_eq!(verified["subject"], json!({"type": "user", "id": LONG}), "{verified}");
    }
    let identity = json!({"name": "me", "type": {"identityToken": {}}});
    let (_, identity) = server.named("/user", identity, longer).await;
    let body = json!({"token": child, "consumerToken": identity});
    assert_eq!(server.json("POST", "/tokens/verify_access_token", body, As::Nobody).await.status, 200);
    let answer = server.send(server.get("/auth/verify").header("x-auth-token", &named)).await;
    assert_eq!((answer.header("x-auth-subject"), answer.header("x-auth-groups")), (&*format!("usr-{LONG}"), "staff"));

    let revoked = server.json("POST", "/user/tokens/revoke_all", json!({}), longer).await;
    assert!(revoked.status < 500, "{revoked:?}");
    let rows = server.as_admin("GET", "/audit?limit=100").await;
    assert!(rows.body.contains(LONG), "{rows:?}");
    assert_eq!(server.store.check().await.unwrap(), Vec::<String>::new());
    let chain = server.store.chain();
    let rows = server.store.audit_after(&chain, 0, 100).await.unwrap();
    rows.iter().fold(chain.genesis(), |previous, row| {
        assert_eq!(row.hash, row.chained(&previous), "row {}", row.seq);
        row.hash
    });
}

#[tokio::test]
async fn an_account_of_onezone_lives_with_its_id() {
    lives_with_its_id(&TestServer::start_with(groups).await).await;
}

#[tokio::test]
async fn an_account_of_onezone_lives_with_its_id_in_a_shared_store() {
    let Some(server) = TestServer::start_shared(groups).await else { return };
    lives_with_its_id(&server).await;
}

#[tokio::test]
async fn longer_ids_are_refused_in_a_dry_run_too_while_a_program_of_the_version_before_uses_the_store() {
    let Some(database) = postgres::database() else { return };
    let folder = tempfile::tempdir().unwrap();
    database.make_store().await;
    let input = ["shorter", "longer"].map(|name| {
        let id = if name == "longer" { LONG } else { SHORT };
        json!({"username": name, "userId": id, "passwordHash": BCRYPT}).to_string()
    });
    let import = |arguments: &[&str]| {
        let mut command = zonemint(folder.path(), arguments);
        command.envs([("ZONEMINT_STORE__URL", &*database.url()), ("ZONEMINT_STORE__TLS", "disable")]);
        with_input(command, &input.join("\n"))
    };
    let client = database.connect().await;
    client.batch_execute("SET application_name = 'zonemint node-7/0123abcd'").await.unwrap();
    for arguments in
        [&["user", "import", "--format", "json", "--dry-run", "-"][..], &["user", "import", "--format", "json", "-"]]
    {
        let out = import(arguments);
        let (table, told) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
        assert!(table.starts_with("count  users\n    1  taken\n    1  refused: "), "{table}{told}");
        assert!(told.starts_with("line 2 (longer): ") && told.contains("zonemint node-7/0123abcd"), "{told}");
    }
}

#[tokio::test]
async fn an_import_keeps_ids_and_a_copy_a_backup_and_the_trail_have_them() {
    let program = Program::start();
    let folder = program.folder.path();
    let line = json!({"username": "longer", "userId": LONG, "passwordHash": BCRYPT}).to_string();
    let (code, out, error) = import(folder, &["user", "import", "--format", "json", "-"], &line);
    assert_eq!(code, Some(0), "{out}{error}");
    assert!(done(folder, &["user", "show", "longer"]).contains(LONG));
    done(folder, &["user", "rename", "longer", "longest"]);
    done(folder, &["user", "block", "longest"]);
    done(folder, &["store", "check"]);
    done(folder, &["audit", "verify"]);
    done(folder, &["audit", "export", "trail.jsonl"]);
    done(folder, &["audit", "verify", "trail.jsonl"]);
    done(folder, &["store", "backup", "backup.db"]);
    done(folder, &["user", "unblock", "longest"]);
    done(folder, &["user", "remove", "longest", "--yes"]);
    add_user(folder, "another");
    done(folder, &["audit", "export", "later.jsonl"]);
    done(folder, &["store", "restore", "backup.db", "--audit", "later.jsonl", "--data", "restored"]);
    assert!(!done(folder, &["user", "list", "--data", "restored"]).contains("longest"));
    done(folder, &["store", "copy", "--from", "sqlite:restored", "--to", "sqlite:copied"]);
    done(folder, &["store", "check", "--data", "copied"]);
    let wrong = json!({"username": "wrong", "userId": &LONG[..37]}).to_string();
    let (code, _, error) = import(folder, &["user", "import", "--format", "json", "-"], &wrong);
    assert!(code == Some(1) && error.contains("and four more"), "{error}");
    assert_eq!(run(folder, &["user", "show", "wrong"]).status.code(), Some(1));
}

#[tokio::test]
async fn longer_ids_are_not_imported_while_a_program_of_the_version_before_uses_the_store() {
    let Some(database) = postgres::database() else { return };
    let folder = tempfile::tempdir().unwrap();
    database.make_store().await;
    let settings = format!("[store]\nurl = \"{}\"\ntls = \"disable\"\n", database.url());
    std::fs::write(folder.path().join("zonemint.toml"), settings).unwrap();
    let line = |id: &str| json!({"username": "jan", "userId": id}).to_string();
    let take = |id: &str| {
        import(folder.path(), &["user", "import", "--format", "json", "-", "--config", "zonemint.toml"], &line(id))
    };
    let client = database.connect().await;
    client.batch_execute("SET application_name = 'zonemint node-7/0123abcd'").await.unwrap();
    let (code, out, error) = take(LONG);
    assert!(code == Some(1) && error.contains("upgrade all nodes first"), "{code:?} {out}{error}");
    assert_eq!(take(SHORT).0, Some(0));
}

#[test]
fn an_embedded_store_takes_nothing_that_a_running_server_of_the_version_before_cannot_read() {
    let folder = tempfile::tempdir().unwrap();
    make_store(folder.path());
    let line = |name: &str, id: &str| json!({"username": name, "userId": id}).to_string();
    let take =
        |folder: &std::path::Path, line: &str| import(folder, &["user", "import", "--format", "json", "-"], line);
    assert_eq!(take(folder.path(), &line("jan", SHORT)).0, Some(0));
    // It leaves the file empty that it locks.
    let server = std::fs::File::create(folder.path().join("data/server.lock")).unwrap();
    server.lock().unwrap();
    let (code, out, error) = take(folder.path(), &line("ann", LONG));
    assert!(code == Some(1) && error.contains("the running server: restart it"), "{code:?} {out}{error}");
    let marking = run(folder.path(), &["user", "names", "--ignore-case"]);
    assert_eq!(marking.status.code(), Some(1), "{marking:?}");
    assert_eq!(take(folder.path(), &line("bea", &SHORT.replace('0', "1"))).0, Some(0), "that it can read");
    drop(server);
    assert_eq!(take(folder.path(), &line("ann", LONG)).0, Some(0), "nobody serves it");
    let program = Program::start_in(folder, &[("ZONEMINT_ADMIN_PASSWORD", crate::support::PASSWORD)]);
    let folder = program.folder.path();
    assert_eq!(take(folder, &line("eva", &LONG.replace('0', "1"))).0, Some(0), "this server knows it");
    done(folder, &["user", "names", "--ignore-case"]);
}
