//! Each command that is told is run as it stands. SQL is run by `tests/it/cli/doctor_shared.rs`, at a database.

use std::collections::BTreeSet;
use std::process::Command;

use clap::Parser as _;

use super::*;
use crate::cli::Arguments;
use zonemint_base::model::KeyId;
use zonemint_service::token::KeyringError;

/// What stands for programs that are not there, or would change the machine: they write down how they were called. A key is made for
/// whoever takes it.
const STAND_INS: &str = r#"
    asked() { printf '%s\n' "$*" >>"$ASKED"; }
    zonemint() { asked zonemint "$@"; printf '%064d\n' 1; }
    sysctl() { asked sysctl "$@"; }
"#;

/// All that doctor tells somebody to run, by its first words.
const KNOWN: [&str; 23] = [
    "(umask 077; zonemint key generate", "ALTER DATABASE", "ALTER ROLE", "ALTER SYSTEM", "GRANT", "SELECT", "chmod",
    "chown", "install", "mv", "rm", "sysctl", "zonemint audit verify", "zonemint config default", "zonemint key list",
    "zonemint key rewrap", "zonemint key rotate", "zonemint store check", "zonemint store purge",
    "zonemint token revoke", "zonemint user add", "zonemint user grant", "zonemint user password",
];

fn known(remedy: &Remedy) -> &'static str {
    let text = remedy.text();
    KNOWN.into_iter().find(|known| text.starts_with(known)).unwrap_or_else(|| panic!("{text} is not known"))
}

/// Runs a command in a shell, and says how the stand-ins were called.
fn run(scene: &Scene, command: &str) -> String {
    let asked = scene.folder.path().join("asked");
    fs::write(&asked, "").unwrap();
    let out =
        Command::new("sh").args(["-ec", &format!("{STAND_INS}\n{command}")]).env("ASKED", &asked).output().unwrap();
    assert!(out.status.success() && out.stderr.is_empty(), "{command}: {out:?}");
    fs::read_to_string(asked).unwrap()
}

/// Runs all commands of a finding, and says of which kind each was.
fn run_all(scene: &Scene, findings: &[Finding]) -> BTreeSet<&'static str> {
    let mut kinds = BTreeSet::new();
    for Finding { found, fix, run: remedies, .. } in findings {
        assert!(!found.contains('`') && !fix.as_ref().is_some_and(|fix| fix.contains('`')), "{found}: {fix:?}");
        for remedy in remedies {
            kinds.insert(known(remedy));
            if matches!(remedy, Remedy::Sql(_)) {
                continue;
            }
            let location = Location { config: Some("/etc/zonemint.toml".into()), data: Some("data".into()) };
            let command = remedy.clone().at(&location);
            for line in run(scene, command.text()).lines().filter(|line| line.starts_with("zonemint ")) {
                let parsed = Arguments::try_parse_from(line.split(' '));
                assert!(parsed.is_ok(), "{line}: {}", parsed.err().unwrap());
            }
        }
    }
    kinds
}

/// Whether commands do more than to look, and are no stand-ins: what they are for is then better.
fn fixes(kinds: &BTreeSet<&str>) -> bool {
    kinds
        .iter()
        .any(|kind| ["chmod", "chown", "install", "mv", "rm", "(umask 077; zonemint key generate"].contains(kind))
}

fn worst(scene: &Scene, name: &str) -> State {
    scene.says(name).iter().map(|finding| finding.state).max().unwrap()
}

/// Does what a case says, runs what is told then, and looks again.
fn mended(mut scene: Scene, name: &str, harm: impl FnOnce(&mut Scene)) -> BTreeSet<&'static str> {
    harm(&mut scene);
    let (before, findings) = (worst(&scene, name), scene.says(name));
    let kinds = run_all(&scene, &findings);
    let after = worst(&scene, name);
    assert!(!fixes(&kinds) || after < before, "{name}: {after:?} after {findings:?}");
    kinds
}

fn end_a_self_signed_certificate(scene: &mut Scene) {
    scene.config().tls.acme.enabled = false;
    let mut params = CertificateParams::new(vec!["zone.example.org".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(2025, 1, 1), rcgen::date_time_ymd(2026, 1, 1));
    let key = KeyPair::generate().unwrap();
    let files = scene.config().tls.files();
    fs::write(files.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(files.key, key.serialize_pem()).unwrap();
}

fn remove_all_administrators(scene: &mut Scene, is_admin_there: bool) {
    scene.write(async |store| {
        let admin = store.user_by_name(&UserName::parse("admin").unwrap()).await.unwrap().unwrap();
        let change = if is_admin_there { UserChange::Privileges(Privileges::NONE) } else { UserChange::Block };
        assert_eq!(store.change_user(admin.id, change, Actor::System, NOW_MS).await.unwrap(), Changed::Done);
    });
}

#[test]
fn every_command_that_is_told_runs_as_it_stands_and_helps() {
    let mut kinds = BTreeSet::new();
    for ((name, _, harm), scene) in cases() {
        kinds.extend(mended(scene(), name, harm));
    }
    kinds.extend(mended(Scene::embedded(), "certificate's time", end_a_self_signed_certificate));
    kinds.extend(mended(Scene::embedded(), "administrator", |scene| remove_all_administrators(scene, true)));
    kinds.extend(mended(Scene::embedded(), "administrator", |scene| remove_all_administrators(scene, false)));
    kinds.extend(mended(Scene::embedded(), "administrator", |scene| {
        remove_all_administrators(scene, false);
        scene.add(user("carol", "$apr1$weak", Privileges::all()));
    }));
    if rustix::process::geteuid().is_root() {
        for name in ["zonemint.db", "zonemint.kek"] {
            let check = if name == "zonemint.db" { "data folder" } else { "key-encryption key" };
            kinds.extend(mended(Scene::embedded(), check, |scene| {
                std::os::unix::fs::chown(scene.data(name), Some(65_534), None).unwrap();
            }));
        }
    } else {
        kinds.insert("chown");
    }
    kinds.extend(made_folder());
    let damaged = keys::closed(&KeyringError::Damaged(KeyId::from_bytes([7; 8])), "zonemint.kek").unwrap();
    kinds.extend(run_all(&Scene::embedded(), &[damaged]));
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), KNOWN);
}

/// Whom nothing is refused, as root, is told so of what cannot be made at all; made elsewhere it is as it should be.
fn made_folder() -> BTreeSet<&'static str> {
    let mut scene = Scene::embedded();
    scene.config().store.folder = "/dev/null/a b".into();
    let Finding { run: remedies, .. } = scene.says("data folder").remove(0);
    let [remedy @ Remedy::Shell(command)] = &remedies[..] else { panic!("{remedies:?}") };
    let folder = scene.folder.path().join("a b");
    run(&scene, &command.replace("/dev/null/a b", folder.to_str().unwrap()));
    scene.config().store.folder = folder;
    assert_eq!(worst(&scene, "data folder"), State::Ok);
    BTreeSet::from([known(remedy)])
}

#[test]
fn a_certificate_that_has_ended_is_kept_with_its_key() {
    let mut scene = Scene::embedded();
    end_a_self_signed_certificate(&mut scene);
    let files = scene.config().tls.files();
    let before = [&files.certificate, &files.key].map(|file| fs::read(file).unwrap());
    run_all(&scene, &scene.says("certificate's time"));
    let old =
        ["cert.pem.old", "key.pem.old"].map(|name| fs::read(scene.folder.path().join("certs").join(name)).unwrap());
    assert!(!files.certificate.exists() && !files.key.exists() && old == before);
}
