//! Who else may read a secret, or put another file in its place.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::facts::Facts;
use super::finding::{CheckResult, Finding};
use super::remedy::Remedy;
use super::settings::counted;
use crate::app::KeyPlace;
use crate::config::{Config, Environment, Overrides};
use zonemint_tls as tls;

/// Whose a folder is that secrets lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// `store.folder` or `tls.folder`: the server makes files in it, and nobody else needs it.
    Own,
    /// One that an operator chose for a file, as `/etc`. Others may need it, so no command changes it.
    Shared,
}

/// What is to be said of a folder with secrets in it; nothing when only its owner may enter.
pub(super) fn of_folder(path: &Path, folder: Folder) -> Option<Finding> {
    let data = fs::metadata(path).ok().filter(fs::Metadata::is_dir)?;
    let (shown, mode) = (path.display(), data.permissions().mode() & 0o7777);
    // In a cluster secrets are mounted in folders of mode 1777 to which nobody can write.
    let writable = !statvfs(path).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::RDONLY));
    // In a sticky folder, files are removed and renamed by their owners only (inode(7)); new ones can be added.
    let is_sticky = mode & 0o1000 != 0;
    if writable && mode & 0o002 != 0 && !is_sticky {
        let found =
            format!("every user of this machine can write to {shown} (mode {mode:o}), and replace the files in it");
        return Some(match folder {
            Folder::Own => Finding::fault(found, "restrict access to the server's user, and check the files in it")
                .with([Remedy::on_files("chmod 700", &[path])]),
            Folder::Shared => Finding::fault(
                found,
                format!("move the server's secret out of {shown} into a folder that only the server's user can enter"),
            ),
        });
    }
    if writable && mode & 0o002 != 0 && folder == Folder::Own {
        return Some(Finding::fault(
            format!(
                "every user of this machine can add files to {shown} (mode {mode:o}), where the server creates its own"
            ),
            "give the server a folder that only its user can enter",
        ));
    }
    if writable && mode & 0o020 != 0 && !is_sticky {
        let group = data.gid();
        return Some(Finding::note(format!(
            "the group {group} can write to {shown} (mode {mode:o}): only the server should be in it"
        )));
    }
    (mode & 0o055 != 0).then(|| Finding::note(format!("others can enter {shown} (mode {mode:o})")))
}

/// What is to be said of a file that is a secret, or holds some; nothing when only its owner may read it.
pub(super) fn of_file(path: &Path) -> Option<Finding> {
    let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let (shown, mode) = (path.display(), data.permissions().mode() & 0o7777);
    if mode & 0o006 != 0 {
        return Some(
            Finding::fault(
                format!("every user of this machine can read or change {shown} (mode {mode:o})"),
                format!("restrict {shown} to the server's user; if others have read it, change the secrets in it"),
            )
            .with([Remedy::on_files("chmod o=", &[path])]),
        );
    }
    // So are secrets mounted in a cluster: root's, and readable for the group of the server.
    (mode & 0o060 != 0).then(|| {
        let group = data.gid();
        Finding::note(format!("the group {group} can read {shown} (mode {mode:o}): only the server should be in it"))
    })
}

/// The files that are looked at, whether they are there or not. What systemd hands over has the mode that systemd gives it.
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
    let credentials = facts.environment.credentials.as_deref();
    files.retain(|file| !file.as_os_str().is_empty() && !credentials.is_some_and(|folder| file.starts_with(folder)));
    files
}

/// The settings file, if the database's password is written in it, and not in the environment. Its folder is no folder of secrets.
fn settings_file(facts: &Facts) -> Option<&Path> {
    let file = facts.location.config.as_deref()?;
    let alone = Config::load(Some(file), &Environment::default(), &Overrides::default()).ok()?;
    alone.store.url.has_password().then_some(file)
}

/// The worst that there is to say of all of them and of their folders.
pub(super) fn secrets(facts: &Facts, config: &Config) -> CheckResult {
    let files: Vec<_> = files(facts, config).into_iter().filter(|file| file.exists()).collect();
    let mut folders: BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    // These have checks of their own.
    folders.retain(|folder| *folder != config.store.folder && !folder.as_os_str().is_empty());
    let elsewhere = [config.tls.files().key, config.store.folder.join(&config.keys.file)];
    let open = files.iter().filter(|file| !elsewhere.contains(file)).filter_map(|file| of_file(file));
    let of_its_folder = |path| {
        let folder = if path == config.tls.folder { Folder::Own } else { Folder::Shared };
        of_folder(path, folder)
    };
    let findings =
        open.chain(folders.into_iter().filter_map(of_its_folder)).chain(settings_file(facts).and_then(of_file));
    Ok(worst(findings.collect()).unwrap_or_else(|| {
        Finding::ok(format!("{} for the server's user only", counted(files.len(), "file is", "files are")))
    }))
}

/// The worst of several; notes are told together.
pub(super) fn worst(findings: Vec<Finding>) -> Option<Finding> {
    let state = findings.iter().map(|finding| finding.state).max()?;
    let mut worst: Vec<_> = findings.into_iter().filter(|finding| finding.state == state).collect();
    let found: Vec<_> = worst.iter().map(|finding| finding.found.as_str()).collect();
    let fixes: Vec<_> = worst.iter().filter_map(|finding| finding.fix.as_deref()).collect();
    let (found, fix) = (found.join("; "), (!fixes.is_empty()).then(|| fixes.join("; ")));
    let run = worst.iter().flat_map(|finding| finding.run.clone()).collect();
    worst.pop().map(|last| Finding { found, fix, run, ..last })
}
