//! `zonemint config check` finds what a start finds before it uses the network: the two are asked the same, of every setting that
//! names a file or a folder.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use rustix::fs::{FileType, Mode};

use crate::support::sources::{Source, sources};
use crate::support::{PASSWORD, zonemint};

const WRONG_SETTINGS: i32 = 3;
const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
/// A database that refuses at once, so that a start comes as far as to the network.
const SHARED: [(&str, &str); 3] = [
    ("ZONEMINT_STORE__URL", "postgres://zm@127.0.0.1:1/zm"),
    ("ZONEMINT_STORE__NODE", "node-1"),
    ("ZONEMINT_STORE__CONNECT_TIMEOUT", "100ms"),
];

/// Every setting that names a file or a folder; whether it does so for a shared store; and what a start makes of one that is
/// missing, a folder, a file with something else in it, and a pipe to which nobody writes: whether it is refused.
const FILES: [(&str, bool, [bool; 4]); 12] = [
    ("store.folder", false, [false, false, true, true]),
    ("store.password_file", true, [true, true, false, true]),
    ("store.tls_ca", true, [true, true, true, true]),
    ("keys.file", false, [false, true, true, true]),
    ("tls.folder", false, [false, false, true, true]),
    ("tls.certificate", false, [false, true, true, true]),
    ("tls.key", false, [false, true, true, true]),
    // What an authority is asked with is read when one is asked: see `zonemint doctor`.
    ("tls.acme.root", false, [false, false, false, false]),
    ("tls.acme.external_account_key", false, [false, false, false, false]),
    ("geo.country", false, [true, true, true, true]),
    ("geo.asn", false, [true, true, true, true]),
    ("traces.headers_file", false, [cfg!(feature = "otlp"); 4]),
];

struct ProgramRun {
    code: Option<i32>,
    told: String,
}

impl ProgramRun {
    fn of(out: &Output) -> Self {
        Self { code: out.status.code(), told: String::from_utf8_lossy(&out.stderr).into_owned() }
    }

    fn is_refused(&self) -> bool {
        self.told.starts_with("zonemint: the settings have ")
    }
}

fn check(folder: &Path, environment: &[(String, String)]) -> ProgramRun {
    ProgramRun::of(&zonemint(folder, &["config", "check"]).envs(environment.iter().cloned()).output().unwrap())
}

/// Starts a server, and ends it when it listens.
fn serve(folder: &Path, environment: &[(String, String)]) -> ProgramRun {
    let mut command = zonemint(folder, &["serve", "--listen", "127.0.0.1:0"]);
    command.envs(environment.iter().cloned()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _ = child.kill();
    ProgramRun::of(&child.wait_with_output().unwrap())
}

/// Asks both, and whether settings are refused. Each has a folder of its own, which `prepare` fills.
#[track_caller]
fn refused(environment: &[(&str, &str)], prepare: impl Fn(&Path)) -> Option<String> {
    let environment: Vec<_> = [("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]
        .iter()
        .chain(environment)
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let before = files(folder.path());
    let checked = check(folder.path(), &environment);
    assert_eq!(files(folder.path()), before, "a check changes nothing: {environment:?}");
    let served = serve(folder.path(), &environment);
    assert_eq!(checked.is_refused(), served.is_refused(), "{environment:?}: {} and {}", checked.told, served.told);
    if !checked.is_refused() {
        assert_eq!(checked.code, Some(0), "{}", checked.told);
        return None;
    }
    assert_eq!(checked.told, served.told, "they say the same");
    assert_eq!(checked.code, Some(WRONG_SETTINGS));
    Some(checked.told)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            folders.extend(path.is_dir().then(|| path.clone()));
            found.push(path);
        }
    }
    found.sort();
    found
}

fn variable(setting: &str) -> String {
    format!("ZONEMINT_{}", setting.replace('.', "__").to_uppercase())
}

fn make_pipe(path: &Path) {
    rustix::fs::mknodat(rustix::fs::CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// What makes a setting matter.
fn around(setting: &str, is_shared: bool) -> Vec<(&'static str, &'static str)> {
    let mut around = Vec::new();
    if is_shared {
        around.extend(SHARED);
        around.push(("ZONEMINT_KEY_ENCRYPTION_KEY", KEY));
    }
    match setting {
        "store.password_file" => around.push(("ZONEMINT_STORE__TLS", "disable")),
        "tls.acme.external_account_key" => around.push(("ZONEMINT_TLS__ACME__EXTERNAL_ACCOUNT", "kid")),
        "traces.headers_file" if cfg!(feature = "otlp") => {
            around.push(("ZONEMINT_TRACES__ENDPOINT", "http://127.0.0.1:1"));
        }
        _ => {}
    }
    around
}

#[test]
fn a_check_and_a_start_agree_about_every_setting_that_names_a_file() {
    for (setting, is_shared, expected) in FILES {
        let name = variable(setting);
        for (value, expected) in ["none", "folder", "other", "pipe"].into_iter().zip(expected) {
            let mut environment = around(setting, is_shared);
            environment.push((name.as_str(), value));
            let told = refused(&environment, |at| {
                // Relative names of pair and key-encryption key are looked for in folders of their own.
                for at in [at.to_owned(), at.join("data"), at.join("certs")] {
                    std::fs::create_dir_all(at.join("folder")).unwrap();
                    std::fs::write(at.join("other"), "something else\n").unwrap();
                    make_pipe(&at.join("pipe"));
                }
            });
            assert_eq!(told.is_some(), expected, "{setting} = {value}: {told:?}");
        }
    }
}

#[test]
fn no_setting_that_names_a_file_is_missing_in_the_walk() {
    let sources = sources();
    let is_settings = |source: &&Source| {
        let is_of_program = source.module != "ldap"; // no setting of the program yet
        let path = &source.path;
        is_of_program && (path.to_string_lossy().ends_with("settings.rs") || path == Path::new("config/mod.rs"))
    };
    let paths = sources.iter().filter(is_settings).flat_map(|source| {
        let fields =
            source.text.lines().filter_map(|line| line.trim().strip_suffix(": PathBuf,")?.strip_prefix("pub "));
        fields.map(str::to_owned).collect::<Vec<_>>()
    });
    let paths: Vec<_> = paths.collect();
    assert_eq!(paths.len(), FILES.len(), "{paths:?}");
    for path in paths {
        assert!(FILES.iter().any(|(setting, ..)| setting.ends_with(&format!(".{path}"))), "{path}");
    }
}

#[test]
fn what_else_a_start_stumbles_on_is_found_with_the_same_words() {
    let shared = |more: &[(&'static str, &'static str)]| [&SHARED[..], more].concat();
    let with_key = ("ZONEMINT_KEY_ENCRYPTION_KEY", KEY);
    let plain = ("ZONEMINT_STORE__TLS", "disable");
    for (environment, part) in [
        (shared(&[plain]), "keys.file: "),
        (shared(&[with_key]), "store.tls_ca: is empty"),
        (shared(&[with_key, plain, ("ZONEMINT_STORE__NODE", "operator")]), "store.node: must be set"),
        (shared(&[with_key, plain, ("ZONEMINT_STORE__URL", "postgres://zm@/zm")]), "store.url: names no host"),
        (
            shared(&[with_key, plain, ("ZONEMINT_STORE__URL", "postgres://zm@/zm?host=")]),
            "store.url: names a host that is empty",
        ),
        (
            shared(&[with_key, plain, ("ZONEMINT_STORE__URL", "postgres://zm@a/zm?host=a,,b")]),
            "store.url: names a host that is",
        ),
        (
            shared(&[with_key, ("ZONEMINT_STORE__URL", "postgres://zm@/zm?hostaddr=127.0.0.1")]),
            "store.url: has the parameter hostaddr",
        ),
        (shared(&[with_key, plain, ("ZONEMINT_ADMIN_PASSWORD", "short")]), "the first account: "),
        (vec![("ZONEMINT_KEY_ENCRYPTION_KEY", "no key")], "ZONEMINT_KEY_ENCRYPTION_KEY: "),
        (vec![("ZONEMINT_KEYS__FILE", "/nonexistent/kek")], "keys.file: "),
        (vec![("ZONEMINT_STORE__FOLDER", "/dev/null/data")], "store.folder: "),
        (vec![("ZONEMINT_TLS__FOLDER", "/dev/null/certs")], "tls: "),
        (vec![("ZONEMINT_ADMIN_PASSWORD", "short")], "the first account: "),
        (vec![("ZONEMINT_GEO__ASN", "a"), ("ZONEMINT_KEYS__FILE", "/nonexistent/kek")], "2 errors"),
    ] {
        let told = refused(&environment, |_| {}).unwrap_or_default();
        assert!(told.contains(part), "{environment:?}: {told}");
    }
}

#[test]
fn an_address_to_listen_on_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (key, setting) in [("SERVER__LISTEN", "server.listen"), ("TLS__ACME__HTTP_LISTEN", "tls.acme.http_listen")] {
        for value in ["localhost", "0.0.0.0", ":", "8443", "127.0.0.1:99999"] {
            let environment = [(format!("ZONEMINT_{key}"), value.to_owned())];
            let checked = check(folder.path(), &environment);
            let part = format!("{setting}: must be an IP address and a port, as in");
            assert!(checked.code == Some(WRONG_SETTINGS) && checked.told.contains(&part), "{value}: {}", checked.told);
        }
    }
}

#[test]
fn a_store_whose_key_is_elsewhere_is_refused_by_both() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [("ZONEMINT_ADMIN_PASSWORD".to_owned(), PASSWORD.to_owned())];
    assert!(!serve(folder.path(), &environment).is_refused());
    assert_eq!(check(folder.path(), &environment).code, Some(0));
    let file = folder.path().join("data/zonemint.kek");
    for wrong in [KEY, ""] {
        std::fs::write(&file, wrong).unwrap();
        if wrong.is_empty() {
            std::fs::remove_file(&file).unwrap();
        }
        let (checked, served) = (check(folder.path(), &environment), serve(folder.path(), &environment));
        assert!(checked.is_refused() && checked.told.contains("are sealed under the key"), "{}", checked.told);
        assert_eq!(checked.told, served.told);
    }
}

#[test]
fn what_lies_in_the_data_folder_and_cannot_be_used_is_found_by_both() {
    type Prepare = fn(&Path);
    let cases: [(&str, Prepare); 8] = [
        ("is not finished", |data| std::fs::write(data.join("zonemint.db.restoring"), "").unwrap()),
        ("zonemint.db cannot be opened", |data| std::fs::write(data.join("zonemint.db"), "something else\n").unwrap()),
        ("zonemint.db is not a file", |data| std::fs::create_dir(data.join("zonemint.db")).unwrap()),
        ("zonemint.db is not a file", |data| make_pipe(&data.join("zonemint.db"))),
        ("server.lock is not a file", |data| std::fs::create_dir(data.join("server.lock")).unwrap()),
        ("server.lock is not a file", |data| make_pipe(&data.join("server.lock"))),
        ("server.lock is a link", |data| std::os::unix::fs::symlink("none/at/all", data.join("server.lock")).unwrap()),
        ("zonemint.db is a link", |data| std::os::unix::fs::symlink("none/at/all", data.join("zonemint.db")).unwrap()),
    ];
    for (part, prepare) in cases {
        let told = refused(&[], |folder| {
            std::fs::create_dir(folder.join("data")).unwrap();
            prepare(&folder.join("data"));
        });
        assert!(
            told.as_ref().is_some_and(|told| told.contains("store.folder: ") && told.contains(part)),
            "{part}: {told:?}"
        );
    }
}

#[test]
fn a_password_that_is_given_is_judged_whether_an_account_is_made_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let given = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
    assert!(!serve(folder.path(), &given("ZONEMINT_ADMIN_PASSWORD", PASSWORD)).is_refused());
    let short = given("ZONEMINT_ADMIN_PASSWORD", "short");
    let (checked, served) = (check(folder.path(), &short), serve(folder.path(), &short));
    assert!(checked.is_refused() && checked.told.contains("the first account: "), "{}", checked.told);
    assert_eq!(checked.told, served.told);
    // Once there is an account, the file may be taken away with its folder.
    let gone = given("ZONEMINT_ADMIN_PASSWORD_FILE", "/nonexistent/password");
    assert!(!check(folder.path(), &gone).is_refused() && !serve(folder.path(), &gone).is_refused());
}

/// How a line of bash ends, in which `zonemint` is the program, and what it writes to standard error.
fn by_shell(folder: &Path, line: &str) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_zonemint");
    let script = format!("zonemint() {{ timeout 20 {program} \"$@\"; }}; {line}");
    let done = std::process::Command::new("bash").args(["-c", &script]).current_dir(folder).output().unwrap();
    (done.status.code(), String::from_utf8(done.stderr).unwrap())
}

#[test]
fn what_a_shell_hands_over_is_read_and_a_pipe_without_a_writer_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    make_pipe(&folder.join("pipe"));
    std::fs::write(folder.join("settings"), "[server]\nlisten = 7\n").unwrap();
    for handed_over in ["settings", "<(cat settings)", "/dev/stdin < settings", "<(sleep 0.3; cat settings)"] {
        let (code, told) = by_shell(folder, &format!("zonemint config check --config {handed_over}"));
        assert_eq!(code, Some(WRONG_SETTINGS), "{handed_over}: {told}");
        assert!(told.contains("server.listen"), "{handed_over} is read: {told}");
    }
    assert_eq!(by_shell(folder, "zonemint config check --config /dev/null").0, Some(0));
    let whoami = "zonemint whoami --host 127.0.0.1:1 --cacert";
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    for (line, code, expected) in [
        ("zonemint config check --config pipe".to_owned(), WRONG_SETTINGS, "named pipe"),
        ("zonemint serve --config /dev/zero".to_owned(), WRONG_SETTINGS, "named pipe"),
        (format!("ONEZONE_API_KEY=x {whoami} pipe"), 1, "named pipe"),
        (format!("ONEZONE_API_KEY=x {whoami} <(cat cert.pem)"), 1, "nothing answers at 127.0.0.1:1"),
        (format!("ONEZONE_API_KEY=x {whoami} /dev/null"), 1, "no certificate"),
        ("zonemint tokens inspect @pipe".to_owned(), 1, "named pipe"),
    ] {
        let (found, told) = by_shell(folder, &line);
        assert!(found == Some(code) && told.contains(expected), "{line}: {found:?} {told}");
    }
}
