//! The manual: every command in it is run as it stands there, and a server shows it.
//!
//! The commands of a page are one session of bash against a server of its own, with the program in the path and the server's
//! certificate trusted. The name of the example's server is replaced by the real one.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use crate::support::left_out::CLIENTS;
use crate::support::process::installed;
use crate::support::{self, Program, TestServer, with_input, zonemint};

/// How pages name the server: one of others, and one that was just started.
const EXAMPLES: [&str; 2] = ["zone.example.org:8443", "localhost:8443"];
const PASSWORD: &str = "a password of some length";

/// What stands in a page's `sh` blocks.
pub fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned());
    blocks.collect()
}

/// Whether a machine has what people use beside the program. If not, says so.
fn has_tools() -> bool {
    ["bash", "curl", "jq", "python3"].into_iter().all(|tool| installed(tool, CLIENTS).is_some())
}

/// Runs a page in the folder of a server, as somebody who has just arrived.
fn run(page: &str, server: &Program) -> Output {
    let folder = server.folder.path();
    fs::create_dir_all(folder.join("bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_zonemint"), folder.join("bin/zonemint")).unwrap();
    fs::write(folder.join("password"), format!("{PASSWORD}\n")).unwrap();
    let real = format!("localhost:{}", server.port);
    let script = EXAMPLES.iter().fold(commands(page).join("\n"), |script, example| script.replace(example, &real));
    let script = script.replace("admin:PASSWORD", &format!("admin:{}", support::PASSWORD));
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap());
    let certificate = folder.join("certs/cert.pem");
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &script]).current_dir(folder).env_clear();
    bash.env("PATH", path).env("HOME", folder.join("home"));
    bash.env("SSL_CERT_FILE", &certificate).env("CURL_CA_BUNDLE", &certificate);
    bash.output().unwrap()
}

fn add_alice(server: &Program) {
    let add = zonemint(server.folder.path(), &["user", "add", "alice", "--password-stdin"]);
    let added = with_input(add, PASSWORD);
    assert!(added.status.success(), "{added:?}");
}

fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_first_steps_work() {
    if !has_tools() {
        return;
    }
    let server = Program::start();
    let output = run(include_str!("../../docs/manual/first_steps.md"), &server);
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    for expected in ["{\"token\":\"", "\"username\":\"admin\"", "\"ttl\":", "added alice", "set the password of admin"]
    {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn the_commands_for_users_work() {
    if !has_tools() {
        return;
    }
    let server = Program::start();
    add_alice(&server);
    let output = run(include_str!("../../docs/manual/users.md"), &server);
    assert!(output.status.success(), "{}", told(&output));
    let told = told(&output);
    assert!(told.contains("refused") && told.contains("script"), "{told}");
}

#[test]
fn the_commands_for_administrators_work() {
    if !has_tools() {
        return;
    }
    let server = Program::start();
    let output = run(include_str!("../../docs/manual/administrators.md"), &server);
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn the_commands_for_integrators_work() {
    if !has_tools() {
        return;
    }
    let server = Program::start();
    add_alice(&server);
    let output = run(include_str!("../../docs/manual/integrators.md"), &server);
    assert!(output.status.success(), "{}", told(&output));
    let told = told(&output);
    for expected in ["badValueToken", "alice", "200\n403\n403"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn the_commands_that_let_prometheus_in_work() {
    if !has_tools() {
        return;
    }
    // No address opens the metrics, so that it is the token that does.
    let environment = [("ZONEMINT_ADMIN_PASSWORD", PASSWORD), ("ZONEMINT_METRICS__NETWORKS", "")];
    let server = Program::start_in(tempfile::tempdir().unwrap(), &environment);
    let output = run(include_str!("../../docs/manual/monitoring.md"), &server);
    let told = told(&output);
    assert!(output.status.success() && told.contains("zonemint_build_info"), "{told}");
    assert!(!told.contains("expires with the token that minted it"), "{told}");
}

#[tokio::test]
async fn a_server_shows_every_page() {
    let server = TestServer::start().await;
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/manual")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(page) = name.strip_suffix(".md") else { continue };
        let path = if page == "first_steps" { "/manual".to_owned() } else { format!("/manual/{page}") };
        let answer = server.send(server.get(&path)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        for link in answer.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (page, part) = link.split_once('#').unwrap_or((link, ""));
            let is_known = link.starts_with(['/', '#']) || link.contains("://");
            assert!(is_known, "{link} on {path} is no page");
            let page = if page.is_empty() { &path } else { page };
            if page.starts_with('/') {
                let target = server.send(server.get(page)).await;
                assert_eq!(target.status, 200, "{link} on {path}");
                assert!(part.is_empty() || target.body.contains(&format!("id=\"{part}\"")), "{link} on {path}");
            }
        }
    }
}

#[tokio::test]
async fn without_pages_there_is_no_manual() {
    let server = TestServer::start_with(|config| config.http.console = false).await;
    assert_eq!(server.send(server.get("/manual")).await.status, 404);
}
