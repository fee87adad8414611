//! The data folder, and the disk that it is on.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use super::exposure::{self, Folder};
use super::facts::Facts;
use super::finding::{CheckResult, Finding, WithRemedies as _, bytes, fault, note, ok, skipped, warning};
use super::machine::{Disk, existing, is_writable};
use super::remedy::Remedy;
use crate::config::Config;
use zonemint_store::sqlite::DataFolder;

/// Files that only the server's user should have.
const FILES: [&str; 4] = [DataFolder::DATABASE, "zonemint.db-wal", "zonemint.db-shm", "server.lock"];

/// File systems, by their magic numbers (statfs(2) and the kernel's `magic.h`), on which locks and shared memory do not work across
/// machines as SQLite needs it, or may not.
const NETWORK: [(u64, &str); 9] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB 2"),
    (0x0102_1997, "9P"),
    (0x6573_5546, "FUSE"),
    (0x00C3_6400, "Ceph"),
    (0x5346_414F, "AFS"),
    (0x0BD0_0BD0, "Lustre"),
];
/// File systems that lose their content.
const PASSING: [(u64, &str); 3] = [
    (0x0102_1994, "memory (tmpfs): its content is lost when the machine restarts"),
    (0x8584_58F6, "memory (ramfs): its content is lost when the machine restarts"),
    (0x794C_7630, "an overlay, as containers have: its content is lost with the container"),
];

/// Free space below which there is a warning, in bytes and in percent; and below which commits are about to fail.
const LITTLE: u64 = 1 << 30;
const LITTLE_PERCENT: u64 = 5;
const HARDLY_ANY: u64 = 64 << 20;
/// With a slower disk, fewer than twenty batches of tokens can be minted a second.
const SLOW: Duration = Duration::from_millis(50);

/// The data folder. Only an embedded store needs it.
fn own(config: &Config) -> Result<&Path, Finding> {
    if config.store.is_shared() {
        return Err(Finding::skipped("the data lies in a shared store"));
    }
    Ok(&config.store.folder)
}

pub(super) fn folder(facts: &Facts, config: &Config) -> CheckResult {
    let path = own(config)?;
    let shown = path.display();
    let data = match fs::metadata(path) {
        Ok(data) if data.is_dir() => data,
        Ok(_) => {
            return fault(format!("{shown} is not a folder"), "name another one: store.folder, or --data");
        }
        Err(_) => return first_start(path, facts.machine.user),
    };
    let owner = data.uid();
    if let Some(name) =
        FILES.into_iter().find(|name| fs::metadata(path.join(name)).is_ok_and(|file| file.uid() != owner))
    {
        return fault(
            format!("{shown} belongs to user {owner}, but {name} in it to another one, as after a command of root's"),
            "give all of it to that user, and run commands as that user",
        )
        .with([Remedy::on_files(&format!("chown -R {owner}"), &[path])]);
    }
    if !is_writable(path) {
        return not_writable(path, owner, facts.machine.user);
    }
    private(path, &data)
}

/// The folder of another user stays as it is: it may be the server's.
pub(super) fn not_writable(path: &Path, owner: u32, user: u32) -> CheckResult {
    let shown = path.display();
    let found = format!("{shown} belongs to user {owner}; user {user}, who runs this command, cannot write to it");
    if owner != user {
        return fault(found, format!("run this command as user {owner}, like the server"));
    }
    let fix = "give that user write access; if that does not help, its file system is mounted read-only";
    fault(found, fix).with([Remedy::on_files("chmod 700", &[path])])
}

fn first_start(path: &Path, user: u32) -> CheckResult {
    let (shown, above) = (path.display(), existing(path));
    if !is_writable(&above) {
        return fault(
            format!("{shown} does not exist, and user {user} cannot create it in {}", above.display()),
            "create it for that user, as root",
        )
        .with([Remedy::on_files(&format!("install -d -m 700 -o {user}"), &[path])]);
    }
    note(format!("{shown} does not exist; the first start creates it, with a key and the account admin"))
}

fn private(path: &Path, data: &Metadata) -> CheckResult {
    let files = FILES.into_iter().filter_map(|name| exposure::of_file(&path.join(name)));
    exposure::worst(exposure::of_folder(path, Folder::Own).into_iter().chain(files))
        .map_or_else(|| ok(format!("{} is private to user {}", path.display(), data.uid())), Ok)
}

fn disk(facts: &Facts) -> Result<Disk, Finding> {
    facts.disk.ok_or_else(|| Finding::skipped("the system does not report it"))
}

pub(super) fn file_system(facts: &Facts, config: &Config) -> CheckResult {
    let path = own(config)?;
    let (shown, kind) = (path.display(), disk(facts)?.kind);
    let named = |list: &[(u64, &'static str)]| list.iter().find(|(magic, _)| *magic == kind).map(|(_, name)| *name);
    if let Some(name) = named(&NETWORK) {
        return fault(
            format!("{shown} is on {name}: what is written there may be lost or damaged, and locks may not hold"),
            "put store.folder on a disk of this machine, or use a PostgreSQL database (store.url)",
        );
    }
    if let Some(name) = named(&PASSING) {
        return warning(format!("{shown} is on {name}"), "put store.folder on a disk; in a container, on a volume");
    }
    ok(format!("{shown} is on a file system of this machine"))
}

pub(super) fn room(facts: &Facts, config: &Config) -> CheckResult {
    let path = own(config)?;
    let Disk { free, size, free_files, all_files, .. } = disk(facts)?;
    let told = format!("{} of {} are free", bytes(free), bytes(size));
    let fix = format!("free disk space where {} is, or move it; expired tokens can be deleted at once", path.display());
    let purge = || [Remedy::zonemint("store purge")];
    let few = |part: u64, whole: u64| part.saturating_mul(100) < whole.saturating_mul(LITTLE_PERCENT);
    if free < HARDLY_ANY {
        fault(told, fix).with(purge())
    } else if free < LITTLE || few(free, size) {
        warning(told, fix).with(purge())
    } else if all_files > 0 && few(free_files, all_files) {
        warning(format!("{told}, but only {free_files} more files can be created"), fix).with(purge())
    } else {
        ok(told)
    }
}

pub(super) fn write(facts: &Facts, config: &Config) -> CheckResult {
    let path = own(config)?;
    match &facts.write {
        None => skipped("--measure writes to the data folder and says how long it takes"),
        Some(Err(error)) => skipped(format!("nothing could be written to {}: {error}", path.display())),
        Some(Ok(time)) if *time > SLOW => warning(
            format!("a durable write takes {} ms", time.as_millis()),
            "each mint waits for one: put store.folder on a faster disk, or one with a battery behind its cache",
        ),
        Some(Ok(time)) => ok(format!("a durable write takes {} µs", time.as_micros())),
    }
}
