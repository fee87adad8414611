//! Files and folders of secrets that others may read or write.

use super::*;

/// Puts a file that anybody may read next to the certificate.
fn open_file(scene: &Scene, name: &str) -> PathBuf {
    let file = scene.folder.path().join("certs").join(name);
    fs::write(&file, "{}").unwrap();
    set_mode(&file, 0o604);
    file
}

/// Puts the key into a folder that is not the server's own.
fn move_key_elsewhere(scene: &mut Scene, mode: u32) {
    let (kek, folder) = (scene.data("zonemint.kek"), scene.folder.path().join("elsewhere"));
    scene.config().keys.file = folder.join("kek");
    fs::create_dir(&folder).unwrap();
    fs::rename(kek, folder.join("kek")).unwrap();
    set_mode(&folder, mode);
}

pub(super) const CASES: &[Case] = &[
    ("secret files", State::Fault, |scene| set_mode(&scene.folder.path().join("certs"), 0o703)),
    ("secret files", State::Note, |scene| set_mode(&scene.folder.path().join("certs"), 0o755)),
    ("secret files", State::Note, |scene| set_mode(&open_file(scene, "acme-account.json"), 0o640)),
    ("secret files", State::Fault, |scene| drop(open_file(scene, "acme-account.json"))),
    ("secret files", State::Fault, |scene| scene.config().traces.headers_file = open_file(scene, "headers")),
    ("secret files", State::Fault, |scene| {
        scene.config().store.password_file = open_file(scene, "database");
        scene.config().store.url = Address::parse("postgres://db/zonemint");
    }),
    ("secret files", State::Fault, |scene| move_key_elsewhere(scene, 0o772)),
    ("secret files", State::Note, |scene| move_key_elsewhere(scene, 0o1777)),
];

#[test]
fn what_is_wrong_with_several_is_told_of_each_and_the_worst_alone() {
    let mut scene = Scene::embedded();
    set_mode(&open_file(&scene, "acme-issued.pem"), 0o640);
    let two = [open_file(&scene, "acme-account.json"), open_file(&scene, "headers")];
    scene.config().traces.headers_file = two[1].clone();
    let [Finding { state: State::Fault, found, fix: Some(fix), .. }] = &scene.says("secret files")[..] else {
        panic!("it is one fault")
    };
    assert!(two.iter().all(|file| found.contains(file.to_str().unwrap()) && fix.contains(file.to_str().unwrap())));
    assert!(!found.contains("acme-issued.pem"), "{found}");
}

#[test]
fn a_settings_file_is_a_secret_if_the_password_of_the_database_is_written_in_it() {
    for (address, expected) in [("zonemint:secret@db", State::Fault), ("zonemint@db", State::Ok)] {
        let mut scene = Scene::embedded();
        let file = scene.folder.path().join("zonemint.toml");
        fs::write(&file, format!("[store]\nurl = \"postgres://{address}/zonemint\"\n")).unwrap();
        set_mode(&file, 0o644);
        scene.facts.location.config = Some(file);
        // From the environment.
        scene.config().store.url = Address::parse("postgres://zonemint:secret@db/zonemint");
        let states: Vec<_> = scene.says("secret files").iter().map(|finding| finding.state).collect();
        assert_eq!(states, [expected], "{address}");
    }
}

#[test]
fn no_command_closes_a_folder_that_others_may_need() {
    for (mode, expected) in [(0o755, State::Note), (0o1777, State::Note), (0o777, State::Fault)] {
        let mut scene = Scene::embedded();
        move_key_elsewhere(&mut scene, mode);
        let [Finding { state, fix, run, .. }] = &scene.says("secret files")[..] else { panic!("it is one finding") };
        assert_eq!((*state, run.len()), (expected, 0), "{mode:o}: {run:?}");
        let is_told = fix.as_ref().is_some_and(|fix| fix.contains("into a folder that only the server"));
        assert_eq!(is_told, expected == State::Fault, "{mode:o}: {fix:?}");
    }
    let scene = Scene::embedded();
    for (mode, commands) in [(0o1777, 0), (0o755, 0), (0o777, 1)] {
        set_mode(&scene.data(""), mode);
        assert_eq!(scene.says("data folder")[0].run.len(), commands, "{mode:o}");
    }
}
