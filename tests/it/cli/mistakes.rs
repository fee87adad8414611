//! Mistakes that a session with one server does not cover: at startup, and by another user of the machine.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::play;
use crate::support::left_out::{CLIENTS, needed};
use crate::support::{PASSWORD, Program, zonemint};

/// The session for a server whose client tokens are valid for an hour by default.
pub const LONGER: &str = "longer";

#[test]
fn a_client_token_is_good_for_as_long_as_was_asked_up_to_the_maximum() {
    let settings =
        [("ZONEMINT_ADMIN_PASSWORD", PASSWORD), ("ZONEMINT_TOKEN__TTL", "1h"), ("ZONEMINT_TOKEN__MAX_TTL", "30d")];
    let program = Program::start_in(tempfile::tempdir().unwrap(), &settings);
    play(LONGER, program.folder.path(), program.port);
}

#[test]
fn a_server_starts_with_the_variables_of_kubernetes_and_docker_for_a_service_called_zonemint() {
    let variables = [
        ("ZONEMINT_ADMIN_PASSWORD", PASSWORD),
        // Kubernetes: for each service, and for each of its ports.
        ("ZONEMINT_SERVICE_HOST", "10.0.0.1"),
        ("ZONEMINT_SERVICE_PORT", "8443"),
        ("ZONEMINT_SERVICE_PORT_HTTPS", "8443"),
        ("ZONEMINT_PORT", "tcp://10.0.0.1:8443"),
        ("ZONEMINT_PORT_8443_TCP", "tcp://10.0.0.1:8443"),
        ("ZONEMINT_PORT_8443_TCP_PROTO", "tcp"),
        ("ZONEMINT_PORT_8443_TCP_PORT", "8443"),
        ("ZONEMINT_PORT_8443_TCP_ADDR", "10.0.0.1"),
        // The same for services named zonemint-server and zonemint-token.
        ("ZONEMINT_SERVER_SERVICE_HOST", "10.0.0.2"),
        ("ZONEMINT_SERVER_PORT_8443_TCP_ADDR", "10.0.0.2"),
        ("ZONEMINT_TOKEN_SERVICE_PORT", "8443"),
        // Docker: a link also passes on the other container's variables.
        ("ZONEMINT_NAME", "/client/zonemint"),
        ("ZONEMINT_ENV_PATH", "/usr/bin"),
        ("ZONEMINT_ENV_ZONEMINT_TOKEN__TTL", "1h"),
        ("ZONEMINT_ENV_ZONEMINT_SERVER_LISTEN", "0.0.0.0:1"),
    ];
    let program = Program::start_in(tempfile::tempdir().unwrap(), &variables);
    assert_eq!(program.stop().1, Some(0));
}

#[test]
fn a_changed_password_of_the_first_start_is_told_to_be_of_no_use() {
    let told = "ZONEMINT_ADMIN_PASSWORD is not used: it is for the first start alone, and admin has another password. \
                `zonemint user password admin` sets the password";
    let folder = Program::start().stop().2;
    for (password, is_told) in [(PASSWORD, false), ("quite-another-password", true)] {
        let out = run_until_it_listens(folder.path(), &[("ZONEMINT_ADMIN_PASSWORD", password)]);
        assert_eq!(out.contains(told), is_told, "{out}");
        assert!(!out.contains(password), "{out}");
    }
    std::fs::write(folder.path().join("password"), "a-password-from-a-file\n").unwrap();
    let out = run_until_it_listens(folder.path(), &[("ZONEMINT_ADMIN_PASSWORD_FILE", "password")]);
    assert!(out.contains("the password in password is not used: "), "{out}");
    assert!(zonemint(folder.path(), &["user", "rename", "admin", "root"]).status().unwrap().success());
    let out = run_until_it_listens(folder.path(), &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]);
    assert!(out.contains("there is no account admin any more"), "{out}");
}

#[test]
fn a_start_without_an_administrator_says_so() {
    let program = Program::start();
    let blocked = zonemint(program.folder.path(), &["user", "block", "admin"]).output().unwrap();
    assert!(blocked.status.success(), "{blocked:?}");
    let folder = program.stop().2;
    let out = run_until_it_listens(folder.path(), &[]);
    assert!(out.contains("no administrator can sign in: `zonemint user grant NAME --all`"), "{out}");
}

/// Starts a server in a folder that has a store, and stops it; returns its log.
fn run_until_it_listens(folder: &std::path::Path, environment: &[(&str, &str)]) -> String {
    let mut server = zonemint(folder, &["serve", "--listen", "127.0.0.1:0"]);
    let mut child =
        server.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let log = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(first.starts_with("zonemint listens on "), "{first}{log}");
    log
}

#[test]
fn a_server_at_a_terminal_says_how_to_stop_it_and_where_its_data_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Command::new("script");
    let serve = format!("{} serve --listen 127.0.0.1:0", env!("CARGO_BIN_EXE_zonemint"));
    terminal.args(["-qec", &serve, "/dev/null"]).current_dir(folder.path()).stdin(Stdio::null());
    let mut child = terminal.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap().trim_end().to_owned());
    let mut seen = Vec::new();
    let mut id = None;
    for line in lines {
        id = line.strip_prefix("stop with Ctrl-C, or with `kill ").map(|rest| rest.trim_end_matches('`').to_owned());
        seen.push(line);
        if id.is_some() {
            break;
        }
    }
    let id = id.unwrap_or_else(|| panic!("{seen:?}"));
    assert!(Command::new("kill").arg(&id).status().unwrap().success(), "{seen:?}");
    child.wait().unwrap();
    let data = format!("data folder    {}", folder.path().canonicalize().unwrap().join("data").display());
    assert!(seen.contains(&data), "{seen:?}");
    assert!(seen.contains(&"settings file  none: defaults and environment apply".to_owned()), "{seen:?}");
}

#[test]
fn another_user_of_the_machine_is_told_as_whom_to_run_it() {
    let root = rustix::process::geteuid().is_root().then_some(()).ok_or("this user is not root, who can be another");
    let Some(()) = needed(root, CLIENTS) else { return };
    let program = Program::start();
    let folder = program.folder.path().canonicalize().unwrap();
    // Another user may have no access to the build folder.
    let ours = folder.join("zonemint");
    std::fs::copy(env!("CARGO_BIN_EXE_zonemint"), &ours).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    for (arguments, file, code) in [
        (&["user", "list"][..], "data/zonemint.db", 1),
        (&["key", "list"], "data/zonemint.db", 1),
        (&["store", "backup", "b"], "data/zonemint.db", 1),
        (&["serve", "--listen", "127.0.0.1:0"], "data", 1),
    ] {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&ours).args(arguments);
        let out =
            command.current_dir(&folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap();
        let told = String::from_utf8(out.stderr).unwrap();
        let expected = format!(
            "permission denied: {folder}/{file} cannot be used by the user nobody; run it as root, who owns {folder}/data, as in `sudo \
             -u root zonemint …`, or give it to this user: `chown -R 65534 {folder}/data`\n",
            folder = folder.display()
        );
        assert!(told.contains(&expected), "{arguments:?}: {told}\n{expected}");
        assert_eq!(out.status.code(), Some(code), "{told}");
        assert!(!told.contains("sqlite") && !told.contains("migrat"), "{told}");
    }
    // Only one file in a folder of the user's own.
    let nobody = Some(65534);
    for path in ["", "data", "data/zonemint.db"] {
        std::os::unix::fs::chown(folder.join(path), nobody, nobody).unwrap();
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&ours).args(["config", "check"]);
    let out = command.current_dir(&folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap();
    let told = String::from_utf8(out.stderr).unwrap();
    let expected = format!(
        "permission denied: {}/data/zonemint.db-wal cannot be used by the user nobody; run it as root",
        folder.display()
    );
    assert!(told.contains(&expected), "{told}\n{expected}");
}
