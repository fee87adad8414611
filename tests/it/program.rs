//! The program as people run it: first start, second start, signals, users beside it, and what it says when it cannot.

use std::process::{Command, Output};

use zonemint::tls::PairFiles;

use crate::support::operator::make_store;
use crate::support::{PASSWORD, Program, with_input, zonemint};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn run(folder: &std::path::Path, arguments: &[&str]) -> Output {
    zonemint(folder, arguments).output().unwrap()
}

fn curl(program: &Program, credentials: &str) -> String {
    let certificate = program.folder.path().join("certs/cert.pem");
    let out = Command::new("curl")
        .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", "--cacert"])
        .arg(certificate)
        .args(["-u", credentials, &format!("https://localhost:{}/api/v3/onezone/user", program.port)])
        .output()
        .unwrap();
    text(&out.stdout)
}

/// Asks until the answer is the one expected: a change made beside the server is felt soon, not at once.
fn curl_until(program: &Program, credentials: &str, expected: &str) {
    let started = std::time::Instant::now();
    while curl(program, credentials) != expected {
        assert!(started.elapsed().as_secs() < 60, "{expected} was never answered");
    }
}

#[test]
fn the_first_start_prints_a_password_and_a_line_that_works_and_later_ones_print_no_secret() {
    let program = Program::start_in(tempfile::tempdir().unwrap(), &[]);
    let (printed, code, folder) = program.stop();
    assert_eq!(code, Some(0));
    let password = printed.lines().find_map(|line| line.strip_prefix("  password  ")).unwrap().to_owned();
    assert!(printed.contains(&format!("-u admin:{password} -X POST -d ''")), "{printed}");
    let at = |path: &str| folder.path().join(path);
    let files = PairFiles { certificate: at("certs/cert.pem"), key: at("certs/key.pem") };
    assert!(printed.contains(&format!("\n  {}\n", files.fingerprint().unwrap())), "{printed}");
    let mode = |path: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("data"), 0o700);
    for secret in ["data/zonemint.kek", "data/zonemint.db", "certs/key.pem"] {
        assert_eq!(mode(secret), 0o600, "{secret}");
    }

    let program = Program::start_in(folder, &[("ZONEMINT_ADMIN_PASSWORD", "some-other-password")]);
    assert_eq!(curl(&program, &format!("admin:{password}")), "200");
    assert_eq!(curl(&program, "admin:some-other-password"), "401");
    let (printed, code, folder) = program.stop();
    assert_eq!((printed.lines().count(), code), (3, Some(0)), "{printed}");
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains(" 200 GET /api/v3/onezone/user "), "{log}");
    assert!(!log.contains(&password) && !log.contains("some-other-password"), "{log}");
}

#[test]
fn the_first_password_is_put_into_the_file_that_is_named_and_not_printed() {
    let program = Program::start_in(tempfile::tempdir().unwrap(), &[("ZONEMINT_ADMIN_PASSWORD_FILE", "password")]);
    let file = program.folder.path().join("password");
    let password = std::fs::read_to_string(&file).unwrap().trim_end().to_owned();
    assert_eq!(curl(&program, &format!("admin:{password}")), "200");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
    let (printed, code, folder) = program.stop();
    assert_eq!(code, Some(0));
    assert!(printed.contains("with the password in password.") && !printed.contains(&password), "{printed}");
    assert!(printed.contains(r#"-u "admin:$(cat password)" "#), "{printed}");

    std::fs::remove_file(&file).unwrap();
    let program = Program::start_in(folder, &[("ZONEMINT_ADMIN_PASSWORD_FILE", "password")]);
    assert_eq!(curl(&program, &format!("admin:{password}")), "200");
    assert!(!file.exists(), "it was made again");
}

#[test]
fn the_first_password_is_taken_from_the_file_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("password"), "short\n").unwrap();
    let with_file = |arguments: &[&str]| {
        zonemint(folder.path(), arguments).env("ZONEMINT_ADMIN_PASSWORD_FILE", "password").output().unwrap()
    };
    let refused = with_file(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("the password in password is refused: "), "{refused:?}");
    std::fs::write(folder.path().join("password"), "some-good-password\r\n").unwrap();
    let program = Program::start_in(folder, &[("ZONEMINT_ADMIN_PASSWORD_FILE", "password")]);
    assert_eq!(curl(&program, "admin:some-good-password"), "200");
}

#[test]
fn a_supervisor_hears_when_the_server_is_ready_reloads_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let hear = || {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        text(&buffer[..length])
    };
    let variables = [("ZONEMINT_ADMIN_PASSWORD", PASSWORD), ("NOTIFY_SOCKET", path.to_str().unwrap())];
    let program = Program::start_in(folder, &variables);
    let ready = format!("READY=1\nSTATUS=listens on 127.0.0.1:{}", program.port);
    assert_eq!(hear(), ready);
    program.signal("HUP");
    assert!(hear().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(hear(), ready);
    program.signal("TERM");
    assert!(hear().starts_with("STOPPING=1\n"));
}

#[test]
fn a_second_server_on_the_same_folder_refuses_to_start() {
    let program = Program::start();
    let second = run(program.folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(4));
    let told = format!(
        "zonemint: another zonemint server is running on the data folder data (process {id}, listening on 127.0.0.1:{port}); stop it \
         with `kill {id}`, or give this one a folder of its own with --data\n",
        id = program.id(),
        port = program.port
    );
    assert_eq!(text(&second.stderr), told);
}

#[test]
fn a_hang_up_reloads_the_certificate_and_the_server_goes_on() {
    let program = Program::start();
    program.signal("HUP");
    let log = program.folder.path().join("log");
    let started = std::time::Instant::now();
    while !std::fs::read_to_string(&log).unwrap().contains("the certificate was reloaded") {
        assert!(started.elapsed().as_secs() < 60, "the certificate was never reloaded");
    }
    assert_eq!(curl(&program, &format!("admin:{PASSWORD}")), "200");
}

#[test]
fn users_are_managed_beside_a_running_server() {
    let program = Program::start();
    let folder = program.folder.path().to_owned();
    let added = with_input(zonemint(&folder, &["user", "add", "alice", "--password-stdin"]), "alices-password\n");
    assert!(added.status.success(), "{added:?}");
    assert_eq!(curl(&program, "alice:alices-password"), "200");
    assert!(run(&folder, &["user", "block", "alice"]).status.success());
    curl_until(&program, "alice:alices-password", "401");
    assert_eq!(run(&folder, &["user", "block", "alice"]).status.code(), Some(1));
    assert!(text(&run(&folder, &["user", "show", "alice"]).stdout).contains("state      blocked"));
    assert!(run(&folder, &["user", "unblock", "alice"]).status.success());
    let changed = run(&folder, &["user", "password", "alice", "--generate"]);
    let password = text(&changed.stdout).lines().find_map(|line| line.strip_prefix("password  ").map(str::to_owned));
    curl_until(&program, &format!("alice:{}", password.unwrap()), "200");
    assert!(text(&run(&folder, &["user", "list"]).stdout).contains("alice"));
    assert_eq!(run(&folder, &["user", "remove", "alice"]).status.code(), Some(1), "it was not confirmed");
    assert!(run(&folder, &["user", "remove", "alice", "--yes"]).status.success());
    assert!(text(&run(&folder, &["user", "show", "alice"]).stderr).contains("there is no user \"alice\""));
}

#[test]
fn weak_passwords_and_bad_names_are_refused_with_the_rule() {
    let folder = tempfile::tempdir().unwrap();
    make_store(folder.path());
    for (name, password, rule) in [
        ("bob", "short", "at least 8 characters"),
        ("bob", "password", "most common"),
        ("b:b", "a-good-password", "2 to 32 letters and digits"),
    ] {
        let out = with_input(zonemint(folder.path(), &["user", "add", name, "--password-stdin"]), password);
        assert_eq!(out.status.code(), Some(1));
        assert!(text(&out.stderr).contains(rule), "{out:?}");
    }
    let no_terminal = with_input(zonemint(folder.path(), &["user", "add", "bob"]), "");
    assert!(text(&no_terminal.stderr).contains("--password-stdin or --generate"));
}

#[test]
fn a_missing_or_wrong_key_encryption_key_stops_the_start_and_names_the_key() {
    let (_, _, folder) = Program::start().stop();
    let file = folder.path().join("data/zonemint.kek");
    let right = std::fs::read_to_string(&file).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    std::fs::write(&file, "00".repeat(32)).unwrap();
    let wrong = text(&run(folder.path(), &serve).stderr);
    std::fs::remove_file(&file).unwrap();
    let missing = text(&run(folder.path(), &serve).stderr);
    let named = |message: &str| {
        let rest = message.split("under the key").nth(1).unwrap_or_else(|| panic!("{message}"));
        rest.split([' ', ',', ';']).find(|word| word.len() == 16).unwrap().to_owned()
    };
    assert_eq!(named(&wrong), named(&missing));
    let program = Program::start_in(folder, &[("ZONEMINT_KEY_ENCRYPTION_KEY", right.trim())]);
    assert_eq!(curl(&program, &format!("admin:{PASSWORD}")), "200");
}

#[test]
fn settings_are_checked_shown_and_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("z.toml"), "[token]\nttl = \"nonsense\"\n[nope]\n").unwrap();
    let checked = run(folder.path(), &["config", "check", "--config", "z.toml"]);
    assert_eq!(checked.status.code(), Some(3));
    let told = text(&checked.stderr);
    assert!(told.contains("token.ttl") && told.contains("nope"), "{told}");
    for (key, value) in [("location", "Onëzone"), ("domain", "zażółć.example.org"), ("domain", "")] {
        std::fs::write(folder.path().join("z.toml"), format!("[token]\n{key} = {value:?}\n")).unwrap();
        let checked = run(folder.path(), &["config", "check", "--config", "z.toml"]);
        let told = text(&checked.stderr);
        assert!(
            checked.status.code() == Some(3) && told.contains(&format!("token.{key}")) && told.contains("ASCII"),
            "{told}"
        );
    }
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    for (key, file, status, told) in [
        (
            "country",
            "geo-flat-code.mmdb",
            0,
            "geo-flat-code.mmdb: 3 of 3 inspected records have a country, in country_code",
        ),
        ("country", "geo-nothing.mmdb", 3, "geo: "),
        ("asn", "geo-nothing.mmdb", 3, "none of the 3 inspected records has an AS number"),
        ("asn", "geo-none.mmdb", 3, "geo-none.mmdb cannot be read: No such file"),
    ] {
        std::fs::write(folder.path().join("z.toml"), format!("[geo]\n{key} = \"{data}/{file}\"\n")).unwrap();
        let checked = run(folder.path(), &["config", "check", "--config", "z.toml"]);
        let said = text(&checked.stdout) + &text(&checked.stderr);
        assert!(checked.status.code() == Some(status) && said.contains(told), "{said}");
    }
    std::fs::write(folder.path().join("z.toml"), "[token]\nlocation = \"there\"\n").unwrap();
    assert!(
        text(&run(folder.path(), &["config", "show", "--config", "z.toml"]).stdout).contains("location = \"there\"")
    );
    let default = run(folder.path(), &["config", "default"]);
    assert_eq!(text(&default.stdout), zonemint::config::DEFAULT);
}

#[test]
fn tokens_are_inspected_offline() {
    let folder = tempfile::tempdir().unwrap();
    let token = "MDAxNWxvY2F00aW9uIG9uZXpvbmUKMDAzYmlkZW500aWZpZXIgSlVxNGFLVkJSTXVFN3FLbHNQVHlNX00lLeHpYZXNWdVFSMGNfMldpOXFZNAo\
                 wMDFhY2lkIHRpbWUgPCAxNTIyMzU4MzMzCjAwMmZzaWduYXR1cmUgv02ByyOA9802H02rPMB7Y9mIhDVAjYDmjAUjtrMs13znukK";
    let shown = run(folder.path(), &["token", "inspect", token]);
    assert_eq!(shown.status.code(), Some(0), "{shown:?}");
    let printed = text(&shown.stdout);
    assert!(printed.contains("identifier  JUq4aKVBRMuE7qKlsPTyM_IKxzXesVuQR0c_2Wi9qY4"), "{printed}");
    assert!(printed.contains("time < 1522358333  (valid until 2018-03-29T21:18:53Z)"), "{printed}");
    let wrong =
        with_input(zonemint(folder.path(), &["token", "inspect", "--json", "--secret-stdin", token]), "secret\n");
    assert_eq!(wrong.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&wrong.stdout).unwrap();
    assert_eq!((json["location"].as_str(), json["signature"].as_str()), (Some("onezone"), Some("invalid")));
    let right = "MDAxMWxvY2F0aW9uIGxvYwowMDEyaWRlbnRpZmllciBpZAowMDE0Y2lkIGZpcnN0X3BhcnR5CjAwMmZzaWduYXR1cmUgk-CGxqmMRyPavz5SsQaq\
                 65iNr01yeA-6KYf9ywKJ_9AK";
    let right = with_input(zonemint(folder.path(), &["token", "inspect", "--secret-stdin", right]), "key");
    assert!(right.status.success() && text(&right.stdout).contains("signature   valid"), "{right:?}");
    let broken = run(folder.path(), &["token", "inspect", &token[..100]]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(text(&broken.stderr).contains("not a valid token: "), "{broken:?}");
}

#[test]
fn help_and_completions_are_there() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in
        [&["--help"][..], &["serve", "--help"], &["user", "add", "--help"], &["token", "inspect", "--help"]]
    {
        let out = run(folder.path(), arguments);
        assert!(out.status.success() && text(&out.stdout).contains("Usage: zonemint"), "{out:?}");
    }
    assert!(text(&run(folder.path(), &["completions", "bash"]).stdout).contains("complete -F"));
    assert_eq!(run(folder.path(), &["no-such-command"]).status.code(), Some(2));
}

/// A process whose memory may not be looked into is root's, to other programs of its user.
#[test]
fn nobody_looks_into_the_memory_and_yet_metrics_and_doctor_tell_of_the_process() {
    const NOBODY: &str = "65534";
    let as_nobody = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"];
    let users: &[&[&str]] = if rustix::process::geteuid().is_root() { &[&[], &as_nobody] } else { &[&[]] };
    for user in users {
        let as_user = user.join(" ");
        let script = format!(r#"[ -z "{as_user}" ] || chown {NOBODY} .; exec {as_user} "$@""#);
        let program = Program::start_by(&script, &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]);
        let owner = std::os::unix::fs::MetadataExt::uid;
        assert_eq!(owner(&std::fs::metadata(format!("/proc/{}/environ", program.id())).unwrap()), 0, "{as_user}");

        let url = format!("https://localhost:{}/metrics", program.port);
        let arguments = ["-s", "--noproxy", "*", "--cacert", "certs/cert.pem", &url];
        let metrics = Command::new("curl").args(arguments).current_dir(program.folder.path()).output().unwrap();
        let metrics = text(&metrics.stdout);
        for name in
            ["process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "process_max_fds"]
        {
            let line = metrics.lines().find(|line| line.starts_with(name)).expect(name);
            assert_ne!(line.split(' ').nth(1), Some("0"), "{as_user}: {line}");
        }

        let doctor = user.iter().copied().chain([env!("CARGO_BIN_EXE_zonemint"), "doctor"]).collect::<Vec<_>>();
        let told = || {
            let mut command = Command::new(doctor[0]);
            command.args(&doctor[1..]).current_dir(program.folder.path());
            text(
                &command.env("ZONEMINT_SERVER__LISTEN", format!("127.0.0.1:{}", program.port)).output().unwrap().stdout,
            )
        };
        let ready = told();
        let serves = format!("a zonemint serves at 127.0.0.1:{}, and is ready", program.port);
        assert!(ready.contains(&serves), "{ready}");
        // One that does not answer is a process like any other.
        program.signal("STOP");
        let stopped = told();
        program.signal("CONT");
        let who = if user.is_empty() && rustix::process::geteuid().is_root() {
            format!("process {} (zonemint)", program.id())
        } else {
            "a process that this user may not see".to_owned()
        };
        assert!(stopped.contains(&who), "{stopped}");
    }
}

/// Opens sockets as systemd does and passes them to the program in its own place: how many, and of which type.
fn passing(count: u8, kind: &str) -> String {
    passing_with(count, kind, "")
}

/// Likewise, after running more Python.
fn passing_with(count: u8, kind: &str, more: &str) -> String {
    format!(
        "exec python3 -c '
import os, socket, sys
for number in range({count}):
    listener = socket.socket({kind})
    if listener.family == socket.AF_INET:
        listener.bind((\"127.0.0.1\", 0))
        print(listener.getsockname()[1], file=open(\"port\", \"w\"))
    else:
        listener.bind(\"listening\")
    listener.type == socket.SOCK_STREAM and listener.listen()
    os.dup2(listener.fileno(), 10 + number)
for number in range({count}):
    os.dup2(10 + number, 3 + number)
os.environ.update(LISTEN_FDS=\"{count}\", LISTEN_PID=str(os.getpid()))
{more}
os.execv(sys.argv[1], sys.argv[1:])
' \"$@\""
    )
}

const STREAM: &str = "socket.AF_INET, socket.SOCK_STREAM";

#[test]
fn a_socket_that_systemd_passes_is_listened_on() {
    let program = Program::start_by(&passing(1, STREAM), &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]);
    let port = std::fs::read_to_string(program.folder.path().join("port")).unwrap();
    assert_eq!(port.trim(), program.port.to_string());
    assert_eq!(curl(&program, &format!("admin:{PASSWORD}")), "200");
}

#[test]
fn a_socket_that_is_passed_to_another_process_is_left_alone() {
    let other = passing_with(1, STREAM, "os.environ[\"LISTEN_PID\"] = \"1\"");
    let program = Program::start_by(&other, &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]);
    let port = std::fs::read_to_string(program.folder.path().join("port")).unwrap();
    assert_ne!(port.trim(), program.port.to_string());
    assert_eq!(curl(&program, &format!("admin:{PASSWORD}")), "200");
    let (_, _, folder) = program.stop();
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("LISTEN_PID is not this process"), "{log}");
}

#[test]
fn sockets_that_cannot_be_listened_on_are_refused_with_the_reason() {
    for (count, kind, more, told) in [
        (2, STREAM, "", "systemd passed 2 sockets, and zonemint listens on one"),
        (1, STREAM, "os.environ[\"LISTEN_FDS\"] = \"2000000000\"", "systemd passed 2000000000 sockets, and"),
        (1, STREAM, "os.environ[\"LISTEN_FDS\"] = \"-1\"", "systemd passed -1 sockets, and"),
        (
            1,
            STREAM,
            "connection = socket.socket(); os.dup2(connection.fileno(), 3)",
            "set Accept=no in its socket unit",
        ),
        (1, "socket.AF_INET, socket.SOCK_DGRAM", "", "must be one of TCP"),
        (1, "socket.AF_UNIX, socket.SOCK_STREAM", "", "must be one of TCP"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("bash");
        command.args(["-c", &passing_with(count, kind, more), "bash", env!("CARGO_BIN_EXE_zonemint"), "serve"]);
        let out = command.current_dir(folder.path()).output().unwrap();
        let said = text(&out.stderr);
        assert!(!out.status.success() && said.contains(told), "{kind}: {said}");
    }
}

#[test]
fn signals_of_users_do_not_end_the_server() {
    let program = Program::start();
    for name in ["USR1", "USR2"] {
        program.signal(name);
        assert_eq!(curl(&program, &format!("admin:{PASSWORD}")), "200", "after SIG{name}");
    }
    assert_eq!(program.stop().1, Some(0));
}

#[test]
fn a_command_on_a_folder_that_cannot_be_written_to_says_so() {
    let folder = tempfile::tempdir().unwrap();
    make_store(folder.path());
    let add = zonemint(folder.path(), &["user", "add", "alice", "--generate", "--data", "data"]).output().unwrap();
    assert!(add.status.success(), "{add:?}");
    // For root nothing but a file system is read-only; nobody else may mount one.
    let script = "if [ \"$(id -u)\" = 0 ]; then \
                    exec unshare --mount --propagation private sh -c 'mount --bind data data && mount -o remount,ro,bind data && exec \"$@\"' sh \"$@\"; \
                  else chmod 0500 data && exec \"$@\"; fi";
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash", env!("CARGO_BIN_EXE_zonemint"), "user", "list", "--data", "data"]);
    let out = command.current_dir(folder.path()).output().unwrap();
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    let read_only =
        "zonemint: data cannot be written to, which the database needs even for reading: Read-only file system";
    assert!(said.starts_with(read_only) || said.starts_with("zonemint: permission denied: "), "{said}");
}
