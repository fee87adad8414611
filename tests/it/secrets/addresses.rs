//! Addresses of databases as people write them, with the password in them: no command shows a part of it.

use serde::Deserialize;
use zonemint::store::Address;

use super::answered;
use super::commands::{COMMANDS, words};
use super::spelled::Secrets;
use crate::support::zonemint;

/// Passwords as people have them: random ones of `openssl rand -base64`, and with each character that means something in an
/// address.
const PASSWORDS: [&str; 12] = [
    "Kx/9aQ+z7Lr/Tg==", "pa/sZ3kret", "pa?sZ3kret", "pa#sZ3kret", "pa:sZ3kret", "pa@sZ3kret", "pa@ss/wo?rd=se:cr#et",
    "pa%sZ3kret", "pa%40sZ3kret", "pa&sZ3kret=x", "pa[ss]word", "pässwörd word",
];

#[derive(Deserialize)]
struct Cases {
    urls: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    url: String,
    secret: Option<String>,
    /// What is named, if it is refused.
    #[serde(default)]
    names: Vec<String>,
    /// Whether it must not be.
    #[serde(default)]
    taken: bool,
}

fn given() -> Vec<Case> {
    let cases: Cases = serde_json::from_str(include_str!("../../data/database-urls.json")).unwrap();
    cases.urls
}

/// Addresses with the pieces of the password that must not be seen. A database that refuses at once stands in for each host.
fn cases() -> Vec<(String, Vec<String>)> {
    let given = given().into_iter().map(|Case { url, secret, .. }| (url, secret.into_iter().collect()));
    let made = PASSWORDS.iter().flat_map(|password| {
        // A part of it that is told tells how it goes on.
        let pieces = password.split(['/', '?', '#', ':', '@', '&', '=', '[', ']', ' ']);
        let pieces: Vec<_> = pieces.filter(|piece| piece.len() >= 6).chain([*password]).map(str::to_owned).collect();
        [
            format!("postgres://zm:{password}@db/zm"),
            format!("postgresql://zm:{password}@db:5432,db/zm?application_name=x"),
            format!("postgres://zm@db/zm?password={password}"),
            format!("postgres://db/zm?user=zm&password={password}"),
            format!("postgres:///zm?password={password}&host=db"),
            format!("postgres:/zm:{password}@db/zm"),
            format!("postgresql+psycopg://zm:{password}@db/zm"),
            format!("host=db user=zm password={password}"),
        ]
        .map(|url| (url, pieces.clone()))
    });
    given.chain(made).map(|(url, secrets)| (url.replace("@db", "@127.0.0.1:1"), secrets)).collect()
}

fn of(pieces: &[String]) -> Secrets {
    let mut secrets = Secrets::default();
    for piece in pieces {
        secrets.add(piece, piece.as_bytes());
    }
    secrets
}

#[test]
fn an_address_shows_no_part_of_its_password() {
    for (url, pieces) in cases() {
        let (address, secrets) = (Address::parse(&url), of(&pieces));
        for text in [address.shown(), format!("{address:?}"), serde_json::to_string(&address).unwrap()] {
            secrets.assert_none(text.as_bytes(), &url);
        }
        secrets.assert_none(address.refusal().unwrap_or_default().as_bytes(), &url);
    }
}

/// What a command prints with this address, wherever it can be given.
fn printed(folder: &std::path::Path, words: &[String], url: &str) -> Vec<u8> {
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let mut command = zonemint(folder, &words);
    command.env("ZONEMINT_STORE__URL", url).env("ZONEMINT_STORE__TLS", "disable").env("ZONEMINT_STORE__NODE", "node");
    command.env("ZONEMINT_LOG__LEVEL", "trace").env("ONEZONE_HOST", "127.0.0.1:1");
    let out = answered(command, "some-good-password\n");
    [out.stdout, out.stderr].concat()
}

#[test]
fn an_address_is_taken_or_its_refusal_names_what_is_in_the_way_and_the_setting_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let kek = "01".repeat(32);
    let check = |url: &str, tls: &str| {
        let mut command = zonemint(folder.path(), &["config", "check"]);
        command.env("ZONEMINT_STORE__URL", url).env("ZONEMINT_STORE__TLS", tls).env("ZONEMINT_STORE__NODE", "node");
        let out = command.env("ZONEMINT_KEY_ENCRYPTION_KEY", &kek).output().unwrap();
        (out.status.success(), String::from_utf8(out.stderr).unwrap())
    };
    for Case { url, names, taken, .. } in given() {
        for tls in ["disable", "verify-full"] {
            let (is_taken, told) = check(&url, tls);
            let is_right = is_taken || names.iter().all(|name| told.contains(name));
            assert!(is_right && (is_taken || !taken || tls == "verify-full"), "{url} with {tls}: {told}");
        }
    }
    for (parameter, tls) in [
        ("sslmode=require", "disable"),
        ("sslmode=verify-full", "require"),
        ("sslmode=verify-ca", "require"),
        ("sslmode=disable", "require"),
        ("channel_binding=require", "disable"),
        ("sslnegotiation=direct", "disable"),
    ] {
        let (is_taken, told) = check(&format!("postgres://zm@db/zm?{parameter}"), tls);
        let parts = [format!("asks for {parameter}"), format!("store.tls is \"{tls}\"")];
        assert!(!is_taken && parts.iter().all(|part| told.contains(part)), "{parameter} with {tls}: {told}");
    }
    for (parameter, tls) in [
        ("sslmode=require", "require"),
        ("sslmode=prefer", "require"),
        ("sslmode=allow", "disable"),
        ("sslmode=disable", "disable"),
        ("channel_binding=require&sslnegotiation=direct", "require"),
        ("host=/run/postgresql&sslmode=verify-full", "verify-full"),
    ] {
        let (is_taken, told) = check(&format!("postgres://zm@db/zm?{parameter}"), tls);
        assert!(is_taken, "{parameter} with {tls}: {told}");
    }
    let twice = [("ZONEMINT_STORE__URL", "postgres://zm:s3cret@db/zm"), ("ZONEMINT_STORE__PASSWORD_FILE", "x")];
    let out = zonemint(folder.path(), &["config", "check"]).envs(twice).output().unwrap();
    let told = String::from_utf8(out.stderr).unwrap();
    assert!(told.contains("store.password_file: is set together with a password in store.url"), "{told}");
}

#[test]
fn no_command_shows_the_password_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://zm:Kx/9aQ+z7Lr/Tg==@127.0.0.1:1/zm";
    let secrets = Secrets::of("the password", b"Kx/9aQ+z7Lr/Tg==");
    let mut named = 0;
    for (name, arguments) in COMMANDS {
        let text = printed(folder.path(), &words(name, arguments, "token", "00"), url);
        secrets.assert_none(&text, name);
        named += usize::from(String::from_utf8_lossy(&text).contains("postgres://zm:***@127.0.0.1:1/zm"));
    }
    assert!(named > 20, "{named} commands name the database");
}

#[test]
fn the_commands_that_show_an_address_show_none_of_any_password() {
    let folder = tempfile::tempdir().unwrap();
    for (url, pieces) in cases() {
        let copies = [["--from", &url, "--to", "sqlite:x"], ["--from", "sqlite:x", "--to", &url]];
        let mut commands =
            vec![vec!["config", "show"], vec!["config", "check"], vec!["doctor"], vec!["store", "purge"]];
        commands.extend(copies.map(|copy| [&["store", "copy"][..], &copy].concat()));
        let secrets = of(&pieces);
        for words in commands {
            let words: Vec<_> = words.into_iter().map(str::to_owned).collect();
            secrets.assert_none(&printed(folder.path(), &words, &url), &format!("{words:?}"));
        }
    }
}

#[test]
fn a_settings_file_that_cannot_be_read_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Secrets::of("the password", b"secret-word");
    for text in [
        "[store]\nurl = \"postgres://zm:secret-word@db/zm\n",
        "[store]\nurl = postgres://zm:secret-word@db/zm\n",
        "[store]\nurl = \"postgres://zm:secret-word\\x@db/zm\"\n",
        "[store]\nurl = \"a\"\nurl = \"postgres://zm:secret-word@db/zm\"\n",
        "[store]\nurl = [\"postgres://zm:secret-word@db/zm\"]\n",
        "[store]\nurl = 'postgres://zm:secret-word@db/zm' x\n",
        "[store]\npool = \"postgres://zm:secret-word@db/zm\"\n",
        "[store]\ntls = \"postgres://zm:secret-word@db/zm\"\n",
        "[store]\nfollow = \"postgres://zm:secret-word@db/zm\"\n",
        "[server]\nlisten = \"postgres://zm:secret-word@db/zm\"\n",
        "[tls.acme]\ndirectory = \"https://zm:secret-word@ca.example.org/dir\"\nenabled = true\n",
        "[tls.acme]\nchallenge = \"secret-word\"\n",
        "[traces]\nendpoint = \"https://zm:secret-word@collector\"\n",
    ] {
        std::fs::write(folder.path().join("zonemint.toml"), text).unwrap();
        for command in [&["config", "check"][..], &["config", "show"], &["doctor"], &["serve"]] {
            let words = [command, &["--config", "zonemint.toml"]].concat();
            let out = zonemint(folder.path(), &words).output().unwrap();
            assert!(!out.status.success(), "{command:?} takes {text}");
            secrets.assert_none(&[out.stdout, out.stderr].concat(), &format!("{command:?} with {text}"));
        }
    }
    for name in ["ZONEMINT_STORE__POOL", "ZONEMINT_STORE__FOLLOW", "ZONEMINT_STORE__TLS", "ZONEMINT_STORE__URLS"] {
        let out = zonemint(folder.path(), &["config", "check"]).env(name, "secret-word").output().unwrap();
        assert!(!out.status.success(), "{name}");
        secrets.assert_none(&[out.stdout, out.stderr].concat(), name);
    }
}
