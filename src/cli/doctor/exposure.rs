//! Who else can read a secret, or replace its file.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::facts::Facts;
use super::finding::{CheckResult, Finding, WithRemedies as _, fault, note, ok};
use super::remedy::Remedy;
use super::settings::counted;
use crate::app::KeyPlace;
use crate::config::{Config, Environment, Overrides};
use zonemint_tls as tls;

/// Who uses a folder with secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// `store.folder` or `tls.folder`: the server creates files in it, and nobody else needs it.
    Own,
    /// A folder that an operator chose for a file, as `/etc`. Others may need it, so no command changes it.
    Shared,
}

/// The finding on a folder with secrets. None if only its owner can enter.
pub(super) fn of_folder(path: &Path, folder: Folder) -> Option<Finding> {
    let data = fs::metadata(path).ok().filter(fs::Metadata::is_dir)?;
    let (shown, mode) = (path.display(), mode(&data));
    // In a cluster, secrets are mounted in read-only folders of mode 1777.
    let writable = !statvfs(path).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::RDONLY));
    // In a sticky folder, only owners can remove and rename their files (inode(7)); others can add new ones.
    let is_sticky = mode & 0o1000 != 0;
    if writable && mode & 0o002 != 0 && !is_sticky {
        let found =
            format!("every user of this machine can write to {shown} (mode {mode:o}), and replace the files in it");
        let finding = match folder {
            Folder::Own => fault(found, "restrict access to the server's user, and check the files in it")
                .with([Remedy::on_files("chmod 700", &[path])]),
            Folder::Shared => fault(
                found,
                format!("move the server's secret out of {shown} into a folder that only the server's user can enter"),
            ),
        };
        return finding.ok();
    }
    let finding = if writable && mode & 0o002 != 0 && folder == Folder::Own {
        fault(
            format!(
                "every user of this machine can add files to {shown} (mode {mode:o}), where the server creates its own"
            ),
            "give the server a folder that only its user can enter",
        )
    } else if writable && mode & 0o020 != 0 && !is_sticky {
        group_can("write to", path, &data)
    } else if mode & 0o055 != 0 {
        note(format!("others can enter {shown} (mode {mode:o})"))
    } else {
        return None;
    };
    finding.ok()
}

/// The finding on a file with secrets. None if only its owner can read it.
pub(super) fn of_file(path: &Path) -> Option<Finding> {
    let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let (shown, mode) = (path.display(), mode(&data));
    let finding = if mode & 0o006 != 0 {
        fault(
            format!("every user of this machine can read or change {shown} (mode {mode:o})"),
            format!("restrict {shown} to the server's user; if others have read it, change the secrets in it"),
        )
        .with([Remedy::on_files("chmod o=", &[path])])
    } else if mode & 0o060 != 0 {
        group_can("read", path, &data)
    } else {
        return None;
    };
    finding.ok()
}

/// The permission bits of a file, with those for set-user-ID, set-group-ID and sticky.
pub(super) fn mode(data: &fs::Metadata) -> u32 {
    data.permissions().mode() & 0o7777
}

/// The note on a path that its group can read or write. Secrets mounted in a cluster are like this: they belong to root, and the
/// server's group can read them.
pub(super) fn group_can(what: &str, path: &Path, data: &fs::Metadata) -> CheckResult {
    let (group, shown, mode) = (data.gid(), path.display(), mode(data));
    note(format!("the group {group} can {what} {shown} (mode {mode:o}): only the server should be in it"))
}

/// Whether the file is a credential of systemd, which sets its mode.
pub(super) fn is_credential(facts: &Facts, path: &Path) -> bool {
    facts.environment.credentials.as_ref().is_some_and(|folder| path.starts_with(folder))
}

/// The files to check, also those that do not exist. Credentials are left out.
fn files(facts: &Facts, config: &Config) -> BTreeSet<PathBuf> {
    let mut files: BTreeSet<PathBuf> = tls::secret_files(&config.tls).into_iter().collect();
    if let KeyPlace::File(path) = KeyPlace::of(config, &facts.environment) {
        files.insert(path);
    }
    files.extend(facts.environment.admin_password_file.clone());
    files.insert(config.traces.headers_file.clone());
    if config.store.is_shared() {
        files.insert(config.store.password_file.clone());
    }
    files.retain(|file| !file.as_os_str().is_empty() && !is_credential(facts, file));
    files
}

/// The settings file, if it contains the database's password. A password from the environment does not count.
fn settings_file(facts: &Facts) -> Option<&Path> {
    let file = facts.location.config.as_deref()?;
    let alone = Config::load(Some(file), &Environment::default(), &Overrides::default()).ok()?;
    alone.store.url.has_password().then_some(file)
}

/// The worst findings on all these files and their folders.
pub(super) fn secrets(facts: &Facts, config: &Config) -> CheckResult {
    let files: Vec<_> = files(facts, config).into_iter().filter(|file| file.exists()).collect();
    let mut folders: BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    // These have their own checks.
    folders.retain(|folder| *folder != config.store.folder && !folder.as_os_str().is_empty());
    let elsewhere = [config.tls.files().key, config.store.folder.join(&config.keys.file)];
    let open = files.iter().filter(|file| !elsewhere.contains(file)).filter_map(|file| of_file(file));
    let of_its_folder = |path| {
        let folder = if path == config.tls.folder { Folder::Own } else { Folder::Shared };
        of_folder(path, folder)
    };
    let findings =
        open.chain(folders.into_iter().filter_map(of_its_folder)).chain(settings_file(facts).and_then(of_file));
    worst(findings)
        .map_or_else(|| ok(format!("{} for the server's user only", counted(files.len(), "file is", "files are"))), Ok)
}

/// The findings of the worst state, as one.
pub(super) fn worst(findings: impl Iterator<Item = Finding>) -> Option<Finding> {
    let findings: Vec<_> = findings.collect();
    let state = findings.iter().map(|finding| finding.state).max()?;
    findings.into_iter().filter(|finding| finding.state == state).reduce(|mut all, next| {
        all.found = format!("{}; {}", all.found, next.found);
        all.fix = all.fix.into_iter().chain(next.fix).reduce(|all, next| format!("{all}; {next}"));
        all.run.extend(next.run);
        all
    })
}
