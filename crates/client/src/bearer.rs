//! Tokens where programs of the grid look for theirs: WLCG Bearer Token Discovery 1.0.0 (<https://doi.org/10.5281/zenodo.3937438>).
//!
//! What is found there may be anybody's, so only a macaroon is taken: most tokens of the grid are signed JSON. A file counts if
//! nobody but this user can have written or read it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::{geteuid, getpid};
use zeroize::Zeroizing;

use super::credential::{Credential, TokenClaims, read_claims};
use super::environment::Environment;
use super::secret::Secret;
use crate::command::{CommandError, read_secret_text};
use zonemint_base::model::TokenId;

/// The token that `BEARER_TOKEN` holds, or the file that `BEARER_TOKEN_FILE` names. `verbose` tells why another text is not used.
///
/// # Errors
/// When that file cannot be used: whoever names it means no other token.
pub(super) fn in_variables(environment: &Environment, verbose: bool) -> Result<Option<Credential>, CommandError> {
    let held = environment.bearer_token.as_ref();
    if let Some(held) = held.and_then(|text| macaroon(text, "the token in BEARER_TOKEN", verbose)) {
        return Ok(Some(held));
    }
    let Some(path) = &environment.bearer_token_file else { return Ok(None) };
    // A symbolic link is allowed: an administrator may have put it there.
    let text = read(path, OFlags::empty()).map_err(|error| {
        CommandError(format!("BEARER_TOKEN_FILE names {}, which cannot be used: {error}", path.display()))
    })?;
    Ok(macaroon(&text, &said_in(path), verbose))
}

/// The token in the default file, which programs use if no variable names another.
pub(super) fn in_usual_file(environment: &Environment, verbose: bool) -> Option<Credential> {
    let path = usual_file(environment);
    match read(&path, OFlags::NOFOLLOW) {
        Ok(text) => macaroon(&text, &said_in(&path), verbose),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            eprintln!("{} is not used: {error}", path.display());
            None
        }
    }
}

fn said_in(path: &Path) -> String {
    format!("the token in {}", path.display())
}

/// The path of the default file: `$XDG_RUNTIME_DIR/bt_u<uid>`, or `/tmp/bt_u<uid>`.
pub(super) fn usual_file(environment: &Environment) -> PathBuf {
    let folder = environment.runtime_folder.clone().unwrap_or_else(|| "/tmp".into());
    folder.join(format!("bt_u{}", geteuid().as_raw()))
}

/// dCache's and XRootD's tokens are macaroons, too, and are not shown to another service: their identifiers are none of Onezone's.
fn macaroon(text: &str, from: &str, verbose: bool) -> Option<Credential> {
    let text = text.trim();
    let is_ours = |claims: &TokenClaims| claims.id().is_some_and(|id| TokenId::parse(id.as_bytes()).is_ok());
    let found = read_claims(text).filter(is_ours);
    if found.is_none() && verbose {
        eprintln!("{from} is not used: it is no token of Onezone or zonemint");
    }
    found.map(|_| Credential::Token { text: Secret::new(text), from: from.to_owned() })
}

/// Reads a file of this user alone. Checks the opened file, because the path may change in between.
fn read(path: &Path, flags: OFlags) -> io::Result<Zeroizing<String>> {
    // Without this, opening a pipe that has no writer would block.
    let flags = (flags | OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if metadata.uid() != geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user of this machine"));
    }
    if metadata.mode() & 0o077 != 0 {
        let mode = metadata.mode() & 0o7777;
        return Err(io::Error::other(format!("others can read or change it (mode {mode:04o}); run `chmod 600` on it")));
    }
    read_secret_text(file)
}

/// Where a token goes that is made, if not to standard output.
#[derive(Debug, clap::Args)]
pub(super) struct Destination {
    /// Write the token to this file, which only you can read, and not to standard output
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["json", "bearer"])]
    output: Option<PathBuf>,
    /// Write the token where programs of the grid look for it: the file `bt_u<uid>` in `XDG_RUNTIME_DIR` or /tmp
    #[arg(long, conflicts_with = "json")]
    bearer: bool,
}

impl Destination {
    /// Prepares the file; none if the token goes to standard output.
    pub(super) fn prepare(&self) -> Result<Option<TokenFile>, CommandError> {
        let usual = self.bearer.then(|| usual_file(&Environment::of_process()));
        let path = usual.or_else(|| self.output.clone());
        path.map(|path| TokenFile::prepare(&path).map_err(|error| not_written(&path, &error))).transpose()
    }
}

fn not_written(path: &Path, error: &io::Error) -> CommandError {
    CommandError(format!("{} cannot be written: {error}", path.display()))
}

/// A file for a token, of mode 0600, which is there as a whole or not at all.
pub(super) struct TokenFile {
    path: PathBuf,
    beside: PathBuf,
    file: File,
}

impl TokenFile {
    /// Prepares the file before the token is minted, so that no token is lost.
    fn prepare(path: &Path) -> io::Result<Self> {
        // Otherwise a device or a folder's name would be replaced.
        if let Ok(there) = fs::symlink_metadata(path) {
            if !there.is_file() {
                return Err(io::Error::other("something is there that is no file"));
            }
            if there.uid() != geteuid().as_raw() {
                return Err(io::Error::other("a file of another user of this machine is there"));
            }
        }
        let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
        let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), getpid().as_raw_nonzero()));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        let prepared = Self { path: path.to_owned(), beside, file };
        // A umask can also remove the owner's rights.
        prepared.file.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(prepared)
    }

    /// Writes the token, and moves the file to its place. Returns its path.
    pub(super) fn write(mut self, token: &str) -> Result<PathBuf, CommandError> {
        let written = writeln!(self.file, "{token}").and_then(|()| self.file.sync_all());
        written.and_then(|()| fs::rename(&self.beside, &self.path)).map_err(|error| not_written(&self.path, &error))?;
        Ok(self.path.clone())
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        // After a rename the temporary file no longer exists.
        let _ = fs::remove_file(&self.beside);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_token_is_written_for_its_owner_alone_and_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        drop(TokenFile::prepare(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        TokenFile::prepare(&path).unwrap().write("after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after\n");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        symlink(&path, folder.path().join("link")).unwrap();
        for other in [folder.path().join("link"), folder.path().to_owned(), "/dev/null".into(), "..".into()] {
            assert!(TokenFile::prepare(&other).is_err(), "{}", other.display());
        }
    }

    #[test]
    fn only_a_file_of_this_user_alone_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("token"), folder.path().join("link"));
        TokenFile::prepare(&path).unwrap().write("text").unwrap();
        symlink(&path, &link).unwrap();
        assert_eq!(*read(&path, OFlags::NOFOLLOW).unwrap(), "text\n");
        assert_eq!(*read(&link, OFlags::empty()).unwrap(), "text\n");
        assert!(read(&link, OFlags::NOFOLLOW).is_err() && read(folder.path(), OFlags::empty()).is_err());
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(read(&path, OFlags::empty()).unwrap_err().to_string().contains("chmod 600"), "{mode:o}");
        }
    }
}
