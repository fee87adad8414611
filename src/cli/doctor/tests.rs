//! Each check shown content, and not: a table that is walked.

mod future;
mod hosts;
mod lives;
mod people;
mod remedies;
mod secrets;
mod shared;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, Issuer, KeyPair};
use tempfile::TempDir;

use super::facts::{Listening, database, seen};
use super::machine::{AddressState, Disk, Machine};
use super::remedy::Remedy;
use super::*;
use crate::config::{Environment, Overrides};
use zonemint_base::clock::Clock;
use zonemint_base::model::{FullName, PasswordHash, Privileges, SubjectKind, User, UserId, UserName};
use zonemint_base::random::Random;
use zonemint_client::Readiness;
use zonemint_service::token::{KeyEncryptionKey, KeyEncryptionKeys, Keyring};
use zonemint_store::sqlite::{DataFolder, SqliteStore};
use zonemint_store::{
    Actor, Added, Address, AuditAction, AuditEntry, Changed, Mark, Schema, Store, Tls, UserChange, copy, replay,
};
use zonemint_tls::Challenge;

/// 2026-01-20, in milliseconds since the Unix epoch: a few weeks after the geo database of the tests was made.
const NOW_MS: u64 = 1_768_867_200_000;
const DAY_MS: u64 = 86_400_000;
/// How an argon2id hash is written; nobody knows its password.
const ARGON2ID: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
const BCRYPT: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

/// A server with nothing to fix, but for what a test does to it.
struct Scene {
    folder: TempDir,
    facts: Facts,
}

impl Scene {
    fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let geo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/geo.mmdb");
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let environment = Environment::from_pairs([
            ("ZONEMINT_STORE__FOLDER", at("data").as_str()),
            ("ZONEMINT_TLS__FOLDER", at("certs").as_str()),
            ("ZONEMINT_HTTP__ALLOW_ORIGINS", "https://portal.example.org"),
            ("ZONEMINT_TLS__ACME__ENABLED", "true"),
            ("ZONEMINT_TLS__ACME__AGREE_TO_TERMS", "true"),
            ("ZONEMINT_TLS__ACME__NAMES", "zone.example.org"),
            ("ZONEMINT_TOKEN__DOMAIN", "zone.example.org"),
            ("ZONEMINT_TOKEN__MAX_NAMED_TTL", "365d"),
            ("ZONEMINT_GEO__COUNTRY", geo.to_str().unwrap()),
        ]);
        let facts = Facts {
            config: Config::load(None, &environment, &Overrides::default()),
            location: Location { config: None, data: None },
            environment,
            machine: healthy_machine(),
            clock: Clock::manual(NOW_MS),
            disk: Some(Disk { kind: 0xEF53, free: 50 << 30, size: 100 << 30, free_files: 90, all_files: 100 }),
            database: Database::Absent,
            listening: Listening::Ours(Readiness::Ready),
            write: Some(Ok(Duration::from_micros(300))),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        };
        let mut scene = Self { folder, facts };
        scene.first_start();
        scene.certify(|leaf, root| format!("{leaf}{root}"));
        scene
    }

    /// The same in a database that nodes share.
    fn shared() -> Self {
        let mut scene = Self::embedded();
        scene.config().store.url = Address::parse("postgres://db.example.org/zonemint");
        scene.config().store.node = "node-1".to_owned();
        let kek = scene.data("zonemint.kek");
        scene.config().keys.file = kek;
        let Database::Embedded(_, store) = std::mem::replace(&mut scene.facts.database, Database::Absent) else {
            panic!("it is embedded")
        };
        scene.facts.database = Database::Shared(healthy_server(), store);
        scene
    }

    fn config(&mut self) -> &mut Config {
        self.facts.config.as_mut().unwrap()
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }

    fn server(&mut self) -> &mut postgres::ServerReport {
        let Database::Shared(report, _) = &mut self.facts.database else { panic!("it is embedded") };
        report
    }

    fn first_start(&mut self) {
        DataFolder::create(&self.data("")).unwrap();
        let (random, clock) = (Random::danger_seeded(1), self.facts.clock.clone());
        let key = KeyEncryptionKey::generate(&random);
        write_private(&self.data("zonemint.kek"), &key.expose());
        let admin = user("admin", ARGON2ID, Privileges::all());
        self.write(async |store| {
            assert_eq!(store.insert_user(admin, Actor::System).await.unwrap(), Added::Stored);
            Keyring::open(store, &KeyEncryptionKeys::of(key), &random, &clock).await.unwrap();
        });
    }

    /// Does something to the store, and looks at it again.
    fn write(&mut self, work: impl AsyncFnOnce(&Arc<dyn Store>)) {
        self.facts.leave();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&self.data("zonemint.db"), Clock::system()).unwrap());
        self.facts.wait(async {
            work(&store).await;
            store.close().await;
        });
        self.facts.database = self.facts.wait(database(self.facts.config.as_ref().unwrap(), &self.facts.clock));
    }

    fn add(&mut self, user: User) {
        self.write(async |store| {
            assert_eq!(store.insert_user(user, Actor::System).await.unwrap(), Added::Stored);
        });
    }

    /// Puts a certificate in place that is good for 90 days from two days ago on. `order` makes the file of it and its issuer's.
    fn certify(&mut self, order: fn(&str, &str) -> String) {
        let params = |name: &str| {
            let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.not_before = rcgen::date_time_ymd(2026, 1, 18);
            params.not_after = rcgen::date_time_ymd(2026, 4, 18);
            params
        };
        let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root = params("root.example.org").self_signed(&root_key).unwrap().pem();
        let issuer = Issuer::new(params("root.example.org"), root_key);
        let leaf = params("zone.example.org").signed_by(&key, &issuer).unwrap().pem();
        let certs = self.folder.path().join("certs");
        zonemint_base::private_folder::create(&certs).unwrap();
        fs::write(certs.join("cert.pem"), order(&leaf, &root)).unwrap();
        write_private(&certs.join("key.pem"), &key.serialize_pem());
    }

    fn says(&self, name: &str) -> Vec<Finding> {
        CHECKS.iter().find(|check| check.name == name).unwrap().findings(&self.facts)
    }

    fn state(&self, name: &str) -> State {
        let findings = self.says(name);
        let worst =
            findings.iter().max_by_key(|finding| finding.state).unwrap_or_else(|| panic!("{name} says nothing"));
        let must_fix = worst.state >= State::Warning;
        assert_eq!(worst.fix.as_ref().is_some_and(|fix| !fix.is_empty()), must_fix, "{name}: {worst:?}");
        worst.state
    }
}

fn healthy_machine() -> Machine {
    Machine {
        cores: 4,
        memory: Some(8 << 30),
        memory_limit: None,
        swap: 0,
        files: Some(20_000),
        backlog: Some(4_096),
        time_service: Some("chronyd".to_owned()),
        user: rustix::process::geteuid().as_raw(),
    }
}

fn healthy_server() -> postgres::ServerReport {
    let on = |name: &str| (name.to_owned(), "on".to_owned());
    postgres::ServerReport {
        version: "PostgreSQL 17.1 on x86_64".to_owned(),
        schema: Schema::Present,
        is_remote: true,
        tls: Tls::VerifyFull,
        is_read_only: false,
        durability: ["fsync", "full_page_writes", "synchronous_commit"].map(on).to_vec(),
        connections: Some((97, 10)),
        at_once: 12,
        pooled_by_transaction: false,
        clock_ahead_ms: -3,
        missing_rights: Vec::new(),
        names: postgres::SqlNames { role: "\"zm\"".to_owned(), database: "\"zonemint\"".to_owned() },
        processes_of_node: Some(1),
        hosts: Vec::new(),
    }
}

fn user(name: &str, hash: &str, privileges: Privileges) -> User {
    let (id, full_name) = (UserId::new(&Random::system()), FullName::parse(name).unwrap());
    User {
        name: Some(UserName::parse(name).unwrap()),
        password: Some(PasswordHash::new(hash.to_owned())),
        basic_auth: true,
        privileges,
        ..User::new(id, SubjectKind::User, full_name, NOW_MS)
    }
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    set_mode(path, 0o600);
}

fn leave_unfinished(scene: &mut Scene, mark: &str) {
    let mark = Mark { name: mark.to_owned(), value: Some("half".to_owned()) };
    scene.write(async |store| store.set_mark(mark).await.unwrap());
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// What makes a check say something else than ok: the check, what it says then, and why.
type Case = (&'static str, State, fn(&mut Scene));

const OF_THE_SETTINGS: &[Case] = &[
    ("settings", State::Fault, |scene| {
        let environment = Environment::from_pairs([("ZONEMINT_TOKEN__TTL", "5")]);
        scene.facts.config = Config::load(None, &environment, &Overrides::default());
    }),
    ("web origins", State::Note, |scene| scene.config().http.allow_origins = vec!["*".to_owned()]),
    ("proxies", State::Warning, |scene| scene.config().http.trusted_proxies = vec!["128.0.0.0/1".to_owned()]),
    ("proxies", State::Warning, |scene| scene.config().server.proxy_protocol_from = vec!["2000::/3".to_owned()]),
    ("metrics", State::Warning, |scene| scene.config().metrics.networks = vec!["::/1".to_owned()]),
    ("revocation", State::Warning, |scene| scene.config().token.max_staleness = "2m".parse().unwrap()),
    ("guessing", State::Warning, |scene| scene.config().login.delays = vec!["0s".parse().unwrap()]),
    ("retention", State::Warning, |scene| scene.config().store.keep_changes = "1m".parse().unwrap()),
    ("retention", State::Warning, |scene| scene.config().store.purge = "1d".parse().unwrap()),
    ("log", State::Warning, |scene| scene.config().log.level = "off".to_owned()),
    ("log", State::Note, |scene| scene.config().log.level = "trace".to_owned()),
    ("token domain", State::Note, |scene| scene.config().token.domain = "localhost".to_owned()),
];

const OF_THE_MACHINE: &[Case] = &[
    ("cores", State::Warning, |scene| scene.config().password.threads = 5),
    ("memory", State::Fault, |scene| scene.facts.machine.memory_limit = Some(64 << 20)),
    ("memory", State::Fault, |scene| scene.facts.machine.memory = Some(64 << 20)),
    ("memory", State::Warning, |scene| scene.config().password.memory_kib = 1_500_000),
    ("swap", State::Note, |scene| scene.facts.machine.swap = 1 << 30),
    ("open files", State::Warning, |scene| scene.facts.machine.files = Some(1_024)),
    ("backlog", State::Warning, |scene| scene.facts.machine.backlog = Some(16)),
    ("clock", State::Fault, |scene| scene.facts.clock = Clock::manual(0)),
    ("clock", State::Note, |scene| scene.facts.machine.time_service = None),
    ("address", State::Fault, |scene| scene.facts.listening = Listening::Other(None)),
    ("address", State::Fault, |scene| {
        scene.facts.listening = Listening::Ours(Readiness::NotReady("no store".to_owned()));
    }),
    ("address", State::Fault, |scene| scene.facts.listening = Listening::Nobody(AddressState::Privileged)),
    ("address", State::Fault, |scene| scene.facts.listening = Listening::Nobody(AddressState::Missing)),
    ("address", State::Note, |scene| scene.facts.listening = Listening::Anywhere),
    ("address", State::Skipped, |scene| scene.facts.listening = Listening::Unasked("127.0.0.1".parse().unwrap())),
];

const OF_THE_DATA: &[Case] = &[
    ("data folder", State::Note, |scene| set_mode(&scene.data(""), 0o755)),
    ("data folder", State::Note, |scene| set_mode(&scene.data(""), 0o2770)),
    ("data folder", State::Fault, |scene| set_mode(&scene.data(""), 0o1777)),
    ("data folder", State::Fault, |scene| set_mode(&scene.data("zonemint.db"), 0o644)),
    ("data folder", State::Fault, |scene| scene.config().store.folder = "/dev/null".into()),
    ("data folder", State::Note, |scene| scene.config().store.folder = scene.folder.path().join("new")),
    ("file system", State::Fault, |scene| scene.facts.disk.as_mut().unwrap().kind = 0x6969),
    ("file system", State::Warning, |scene| scene.facts.disk.as_mut().unwrap().kind = 0x0102_1994),
    ("disk space", State::Fault, |scene| scene.facts.disk.as_mut().unwrap().free = 1 << 20),
    ("disk space", State::Warning, |scene| scene.facts.disk.as_mut().unwrap().free = 4 << 30),
    ("disk space", State::Warning, |scene| scene.facts.disk.as_mut().unwrap().free_files = 4),
    ("disk writes", State::Warning, |scene| scene.facts.write = Some(Ok(Duration::from_secs(1)))),
    ("disk writes", State::Skipped, |scene| scene.facts.write = None),
    ("database", State::Fault, |scene| scene.facts.database = Database::Closed("it is broken".to_owned())),
    ("database", State::Skipped, |scene| scene.facts.database = Database::NoIndex),
    ("database", State::Note, |scene| scene.facts.database = Database::Absent),
    ("database", State::Fault, |scene| {
        fs::write(scene.data("zonemint.db.restoring"), "").unwrap();
        scene.facts.database = Database::Absent;
    }),
    ("database", State::Fault, |scene| {
        let Database::Embedded(report, _) = &mut scene.facts.database else { return };
        report.damage = Some(vec!["row 7 missing from index".to_owned()]);
    }),
    ("database", State::Fault, |scene| leave_unfinished(scene, copy::MARK)),
    ("database", State::Fault, |scene| leave_unfinished(scene, replay::MARK)),
    ("key-encryption key", State::Fault, |scene| set_mode(&scene.data("zonemint.kek"), 0o644)),
    ("key-encryption key", State::Note, |scene| set_mode(&scene.data("zonemint.kek"), 0o440)),
    ("key-encryption key", State::Skipped, |scene| fs::remove_file(scene.data("zonemint.kek")).unwrap()),
    ("root keys", State::Skipped, |scene| fs::remove_file(scene.data("zonemint.kek")).unwrap()),
    ("key-encryption key", State::Fault, |scene| {
        fs::remove_file(scene.data("zonemint.kek")).unwrap();
        scene.facts.listening = Listening::Nobody(AddressState::Free);
    }),
    ("key-encryption key", State::Fault, |scene| fs::write(scene.data("zonemint.kek"), "no key").unwrap()),
    ("root keys", State::Fault, |scene| {
        let other = KeyEncryptionKey::generate(&Random::danger_seeded(2)).expose();
        fs::write(scene.data("zonemint.kek"), other.as_str()).unwrap();
    }),
    ("root keys", State::Note, |scene| scene.facts.clock = Clock::manual(NOW_MS + 400 * DAY_MS)),
    ("root keys", State::Note, |scene| {
        let old = fs::read_to_string(scene.data("zonemint.kek")).unwrap();
        let new = KeyEncryptionKey::generate(&Random::danger_seeded(2)).expose();
        fs::write(scene.data("zonemint.kek"), format!("{}{old}", new.as_str())).unwrap();
    }),
    ("audit trail", State::Fault, |scene| {
        let entry = AuditEntry::new(AuditAction::TokenPurge, Actor::System);
        scene.write(async |store| store.append_audit(vec![entry], NOW_MS + DAY_MS).await.unwrap());
    }),
    ("geo databases", State::Warning, |scene| scene.facts.clock = Clock::manual(NOW_MS + 400 * DAY_MS)),
    ("geo databases", State::Fault, |scene| scene.config().geo.asn = "/dev/null".into()),
    ("geo databases", State::Skipped, |scene| scene.config().geo.country = "".into()),
];

const OF_THE_CERTIFICATE: &[Case] = &[
    ("certificate", State::Fault, |scene| fs::remove_file(scene.folder.path().join("certs/key.pem")).unwrap()),
    ("certificate", State::Fault, |scene| set_mode(&scene.folder.path().join("certs/key.pem"), 0o644)),
    ("certificate", State::Warning, |scene| {
        fs::remove_dir_all(scene.folder.path().join("certs")).unwrap();
        zonemint_tls::ensure_pair(&scene.config().tls.files(), &[]).unwrap();
    }),
    ("certificate", State::Note, |scene| fs::remove_dir_all(scene.folder.path().join("certs")).unwrap()),
    ("certificate's time", State::Warning, |scene| scene.facts.clock = Clock::manual(NOW_MS + 80 * DAY_MS)),
    ("certificate's time", State::Fault, |scene| scene.facts.clock = Clock::manual(NOW_MS + 90 * DAY_MS)),
    ("certificate's time", State::Fault, |scene| scene.facts.clock = Clock::manual(NOW_MS - 3 * DAY_MS)),
    ("certificate's names", State::Warning, |scene| scene.config().tls.names = vec!["other.example.org".to_owned()]),
    ("certificate's names", State::Warning, |scene| scene.config().server.listen = "192.0.2.1:1".parse().unwrap()),
    ("certificate's chain", State::Warning, |scene| scene.certify(|leaf, _| format!("{leaf}{leaf}"))),
    ("certificate's chain", State::Note, |scene| scene.certify(|leaf, _| leaf.to_owned())),
    ("certificate orders", State::Skipped, |scene| scene.config().tls.acme.enabled = false),
    ("certificate orders", State::Fault, |scene| scene.config().tls.folder = "/dev/null".into()),
    ("certificate orders", State::Fault, |scene| {
        scene.config().tls.acme.challenge = Challenge::Http01;
        scene.config().tls.acme.http_listen = "192.0.2.1:80".parse().unwrap();
    }),
];

/// What these find is never worse than worth knowing.
const HARMLESS: [&str; 3] = ["web origins", "swap", "token domain"];

fn cases() -> impl Iterator<Item = (&'static Case, fn() -> Scene)> {
    let embedded = [
        OF_THE_SETTINGS,
        OF_THE_MACHINE,
        OF_THE_DATA,
        secrets::CASES,
        future::CASES,
        lives::CASES,
        people::CASES,
        OF_THE_CERTIFICATE,
    ];
    let embedded = embedded.into_iter().flatten().map(|case| (case, Scene::embedded as fn() -> Scene));
    let shared = shared::CASES.iter().chain(hosts::CASES);
    embedded.chain(shared.map(|case| (case, Scene::shared as fn() -> Scene)))
}

#[test]
fn with_nothing_to_mend_each_check_says_ok() {
    let (embedded, shared) = (Scene::embedded(), Scene::shared());
    for check in &CHECKS {
        let scene = if matches!(check.run, CheckFn::Shared(_)) { &shared } else { &embedded };
        assert_eq!(scene.state(check.name), State::Ok, "{}: {:?}", check.name, scene.says(check.name));
    }
}

#[test]
fn each_check_says_what_is_wrong_and_how_to_mend_it() {
    for ((name, expected, harm), scene) in cases() {
        let mut scene = scene();
        harm(&mut scene);
        assert_eq!(scene.state(name), *expected, "{name}: {:?}", scene.says(name));
    }
}

#[test]
fn no_check_is_without_a_case_that_must_be_mended() {
    for check in &CHECKS {
        let least = if HARMLESS.contains(&check.name) { State::Note } else { State::Warning };
        let shown = cases().any(|((name, state, _), _)| *name == check.name && *state >= least);
        assert!(shown, "nothing shows what {} says when it is not ok", check.name);
    }
}

#[test]
fn without_settings_the_machine_is_examined_all_the_same() {
    let mut scene = Scene::embedded();
    scene.facts.config = Err(crate::config::Problems(Vec::new()));
    for check in &CHECKS {
        let expected = match check.run {
            CheckFn::Validity(_) => continue,
            CheckFn::Machine(_) => State::Ok,
            CheckFn::Settings(_) | CheckFn::Shared(_) => State::Skipped,
        };
        assert_eq!(scene.state(check.name), expected, "{}", check.name);
    }
    let lines: Vec<_> = CHECKS.iter().flat_map(|check| check.lines(&scene.facts)).collect();
    let told = text(&lines);
    assert!(told.ends_with(" checks need settings that are valid\n") && !told.contains("skipped"), "{told}");
}

#[test]
fn what_is_found_stays_in_its_line() {
    let finding = finding::fault("one\n  two", "do\tthis").unwrap();
    let told = text(&[CheckReport { check: "check", finding }]);
    assert_eq!(told, "fault    check: one two\n           do this\none fault, no warning\n");
}

#[test]
fn a_key_that_is_not_there_may_be_with_the_server() {
    let mut scene = Scene::embedded();
    fs::remove_file(scene.data("zonemint.kek")).unwrap();
    scene.facts.listening = Listening::Nobody(AddressState::Free);
    let [Finding { fix: Some(fix), .. }] = &scene.says("key-encryption key")[..] else { panic!("it is a fault") };
    assert!(fix.contains("ZONEMINT_KEY_ENCRYPTION_KEY") && fix.contains("LoadCredential"), "{fix}");
}

#[test]
fn a_port_for_root_only_is_one_that_a_running_server_may_have() {
    let mut scene = Scene::embedded();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    scene.config().server.listen = unused;
    let config = scene.facts.config.as_ref().unwrap();
    assert_eq!(scene.facts.wait(seen(AddressState::Privileged, config)), Listening::Nobody(AddressState::Privileged));
    let in_the_way = |listening| certificate::in_the_way(AddressState::Privileged, &listening, unused);
    assert_eq!(in_the_way(Listening::Ours(Readiness::Ready)), None);
    assert!(in_the_way(Listening::Nobody(AddressState::Free)).is_some());
}

#[test]
fn a_server_that_waits_for_a_header_is_not_asked() {
    let mut scene = Scene::embedded();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    scene.config().server.listen = taken.local_addr().unwrap();
    scene.config().server.proxy_protocol_from = vec!["127.0.0.0/8".to_owned()];
    let config = scene.facts.config.as_ref().unwrap();
    for place in [AddressState::InUse, AddressState::Privileged] {
        let found = scene.facts.wait(seen(place, config));
        assert_eq!(found, Listening::Unasked("127.0.0.1".parse().unwrap()));
    }
}

#[test]
fn nobody_is_told_to_take_a_folder_away_from_the_server() {
    let fix = folder::not_writable(Path::new("/data"), 998, 1_000).unwrap().fix.unwrap();
    assert!(fix.contains("user 998") && !fix.contains("chown"), "{fix}");
}

#[test]
fn what_was_not_found_in_a_part_of_the_accounts_is_no_reason_to_grant_rights() {
    let scene = Scene::embedded();
    let first = accounts::AccountSample::first(&scene.facts, 1).unwrap();
    let found = accounts::looked_after(&first).unwrap();
    assert!(found.state == State::Ok && found.found.starts_with("of the first 10,000 accounts: "), "{found:?}");
    let found = accounts::looked_after(&accounts::AccountSample { users: Vec::new(), is_cut: true }).unwrap();
    assert_eq!((found.state, found.fix), (State::Note, None));
}

#[test]
fn a_certificate_that_is_ordered_is_not_put_in_place_by_hand() {
    for ((name, _, harm), scene) in cases().filter(|((name, ..), _)| name.starts_with("certificate")) {
        let mut scene = scene();
        harm(&mut scene);
        for Finding { fix, run, .. } in scene.says(name) {
            assert!(!fix.as_ref().is_some_and(|fix| fix.starts_with("put ")), "{name}: {fix:?}");
            let is_moved = |remedy: &Remedy| ["rm ", "mv "].iter().any(|command| remedy.text().starts_with(command));
            assert!(!run.iter().any(is_moved), "{name}: {run:?}");
        }
    }
}
