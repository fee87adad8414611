//! The command line as people use it: `tests/cli` holds sessions at a terminal, and each is played against a server of its own.
//!
//! A session is a list of commands after `$ `, each with what it prints on both outputs, and with `? N` where it does not
//! succeed. Bash runs them in the server's folder; `$PORT` and `$PASSWORD` are set. What differs each time stands in brackets,
//! and must look like it: `[TIME]`, `[DATE]`, `[TOKEN]`, `[ID]`, `[PORT]`; `[..]` is anything within a line. Several spaces are as
//! good as one. Lines with `#` are for readers.
//!
//! To add a session, add a file in `tests/cli` and a line in [`sessions!`].

mod doctor;
mod doctor_shared;
mod help;
pub mod man;
mod mistakes;
mod not_ready;
mod old_onezone;
mod strange_server;

use std::path::Path;
use std::process::{Command, Stdio};

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use zonemint::tls::{Certificates, PairFiles, ensure_pair};

use crate::support::{PASSWORD, Program};

macro_rules! sessions {
    ($($name:ident: $file:literal;)*) => {
        const FILES: &[&str] = &[$($file,)* BOUNDED, mistakes::LONGER, not_ready::FILE, old_onezone::FILE, strange_server::FILE];
        $(
            #[test]
            fn $name() {
                let program = Program::start();
                play($file, program.folder.path(), program.port);
            }
        )*
    };
}

sessions! {
    a_login_is_kept_and_a_logout_ends_it: "login";
    tokens_are_made_listed_shown_rotated_and_revoked: "tokens";
    what_a_token_minted_ends_with_it: "descendants";
    a_token_is_narrowed_offline_and_verified_for_a_use: "confine";
    the_environment_alone_is_enough_and_comes_after_flags: "environment";
    a_token_is_put_and_found_where_programs_of_the_grid_look: "bearer";
    profiles_are_kept_apart: "profiles";
    what_goes_wrong_is_told_with_what_mends_it: "errors";
    a_machine_and_its_settings_are_examined: "doctor";
    a_container_asks_how_its_server_goes: "health";
    a_common_mistake_is_told_with_what_mends_it: "mistakes";
    ones_own_password_is_changed_by_who_knows_it: "password";
    a_certificate_is_trusted_by_its_fingerprint_and_never_silently: "fingerprint";
    exit_codes_are_those_of_the_help: "exit_codes";
    results_are_for_people_for_shells_or_for_programs: "formats";
    tokens_that_live_too_long_are_shown_and_revoked: "lifetimes";
    a_settings_file_is_named_where_it_is_forgotten: "no_store";
    a_question_is_asked_on_standard_error_and_only_yes_is_yes: "questions";
}

/// The session for a server that limits the lifetime of named tokens.
const BOUNDED: &str = "bounded";

#[test]
fn a_login_takes_as_long_a_token_as_the_server_allows() {
    let settings = [("ZONEMINT_ADMIN_PASSWORD", PASSWORD), ("ZONEMINT_TOKEN__MAX_NAMED_TTL", "7d")];
    let program = Program::start_in(tempfile::tempdir().unwrap(), &settings);
    play(BOUNDED, program.folder.path(), program.port);
}

#[test]
fn every_session_is_played() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(FILES.contains(&name.as_str()), "nobody plays {}", path.display());
    }
}

/// One command, its expected output, and its exit code.
#[derive(Debug, Default)]
struct Step {
    command: String,
    printed: Vec<String>,
    code: i32,
}

fn read(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), ..Step::default() });
        } else if let Some(code) = line.strip_prefix("? ") {
            steps.last_mut().unwrap().code = code.parse().unwrap();
        } else if !line.is_empty() {
            steps.last_mut().unwrap().printed.push(line.to_owned());
        }
    }
    steps
}

fn play(name: &str, folder: &Path, port: u16) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(format!("{name}.session"));
    let steps = read(&std::fs::read_to_string(&file).unwrap());
    assert!(!steps.is_empty(), "{} has no commands", file.display());
    let programs = Path::new(env!("CARGO_BIN_EXE_zonemint")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    for step in steps {
        let out = Command::new("bash")
            .args(["-c", &format!("exec 2>&1; {}", step.command)])
            .current_dir(folder)
            .env_clear()
            .envs([("PATH", path.as_str()), ("PASSWORD", PASSWORD), ("PORT", &port.to_string())])
            .env("HOME", folder.join("home"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let printed = String::from_utf8(out.stdout).unwrap();
        let at = format!("{}: $ {}\n{printed}", file.display(), step.command);
        assert_eq!(out.status.code(), Some(step.code), "{at}");
        let lines: Vec<_> = printed.lines().filter(|line| !line.is_empty()).collect();
        for (line, expected) in lines.iter().zip(&step.printed) {
            let expected = expected.replace("[PORT]", &port.to_string());
            assert!(fits(&narrow(line), &narrow(&expected)), "{at}\nexpected {expected}");
        }
        assert_eq!(lines.len(), step.printed.len(), "{at}");
    }
}

/// Plays a session against another kind of server, on a socket like ours.
fn play_against(router: Router, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let certs = folder.path().join("certs");
    let files = PairFiles { certificate: certs.join("cert.pem"), key: certs.join("key.pem") };
    ensure_pair(&files, &[]).unwrap();
    let tls = RustlsConfig::from_config(Certificates::load(files).unwrap().current());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    // Its threads end when it is dropped.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .spawn(async { axum_server::from_tcp_rustls(listener, tls).unwrap().serve(router.into_make_service()).await });
    play(name, folder.path(), port);
    runtime.shutdown_background();
}

/// Replaces several spaces by one: the width of a column depends on its content.
fn narrow(line: &str) -> String {
    line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether a line matches the expected one; each placeholder in brackets must match text of its form.
fn fits(line: &str, expected: &str) -> bool {
    const BRACKETS: [&str; 5] = ["[..]", "[TIME]", "[DATE]", "[TOKEN]", "[ID]"];
    let next = BRACKETS.iter().filter_map(|bracket| Some((expected.find(bracket)?, *bracket))).min();
    let Some((at, bracket)) = next else { return line == expected };
    let (before, after) = (&expected[..at], &expected[at + bracket.len()..]);
    let Some(rest) = line.strip_prefix(before) else { return false };
    (0..=rest.len())
        .filter(|end| rest.is_char_boundary(*end))
        .any(|end| looks_like(bracket, &rest[..end]) && fits(&rest[end..], after))
}

fn looks_like(bracket: &str, text: &str) -> bool {
    match bracket {
        "[TIME]" => zonemint::clock::from_rfc3339(text).is_some(),
        "[DATE]" => zonemint::clock::from_rfc3339(&format!("{text}T00:00:00Z")).is_some(),
        "[TOKEN]" => text.len() > 150 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "[ID]" => text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)),
        _ => true,
    }
}

#[test]
fn brackets_fit_only_what_looks_right() {
    assert!(fits("made at 2026-11-24T12:00:00Z, ok", "made at [TIME], [..]"));
    assert!(!fits("made at noon, ok", "made at [TIME], [..]"));
    assert!(!fits("short", "[TOKEN]"));
    assert!(!fits("a b", "a"));
}
