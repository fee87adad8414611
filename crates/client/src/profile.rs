//! Profiles: which servers a person works with, and as whom, in `zonemint/client.toml` of the usual configuration folder.
//!
//! The file holds secrets, so nobody else may read it: it is written as 0600 in a folder of 0700, whole or not at all, and
//! it is not read when others can.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::environment::Environment;
use super::host::Host;
use super::secret::Secret;
use zonemint_base::{new_file, private_folder, regular_file};
use zonemint_tls::Fingerprint;

/// The name of the default profile.
pub(super) const USUAL: &str = "default";
const HEADING: &str = "\
# Written by `zonemint login`, which keeps what is set here, but no comments. Instead of a token a profile may have
# token_command = [\"pass\", \"show\", \"zone\"], or user and password_command.

";
/// More than hundreds of profiles need, in bytes.
const MOST: u64 = 16 << 20;

/// The content of the file.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profiles {
    /// The one that is used when none is named.
    pub(super) default: Option<String>,
    #[serde(default)]
    pub(super) profiles: BTreeMap<String, Profile>,
}

/// One server, and the credential for it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) host: String,
    pub(super) user: Option<String>,
    /// Certificates that the server's is checked against, instead of the system's.
    pub(super) cacert: Option<PathBuf>,
    /// The SHA-256 of the one certificate that the server may have, whoever has issued it.
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) token: Option<Secret>,
    /// Whether `login` made the token, so that `logout` ends it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) made_by_login: bool,
    pub(super) token_command: Option<Vec<String>>,
    pub(super) password_command: Option<Vec<String>>,
}

/// How a profile verifies its server.
#[derive(Debug, Clone, Default)]
pub(super) struct ServerTrust {
    pub(super) cacert: Option<PathBuf>,
    pub(super) fingerprint: Option<Fingerprint>,
}

impl ServerTrust {
    pub(super) fn is_empty(&self) -> bool {
        self.cacert.is_none() && self.fingerprint.is_none()
    }
}

/// The file.
#[derive(Debug)]
pub(super) struct ProfileFile(PathBuf);

/// What is wrong with the profiles, and how to correct it. The command ends with the exit code of wrong settings.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProfileError(String);

/// The credential of a profile.
#[derive(Debug)]
pub(super) enum ProfileCredential<'a> {
    Nothing,
    Token(&'a Secret),
    TokenFrom(&'a [String]),
    PasswordFrom { user: &'a str, command: &'a [String] },
}

impl Profile {
    pub(super) fn known(&self) -> ServerTrust {
        ServerTrust { cacert: self.cacert.clone(), fingerprint: self.fingerprint }
    }

    /// Where its secret comes from. `name` is for errors.
    pub(super) fn holds(&self, name: &str) -> Result<ProfileCredential<'_>, ProfileError> {
        match (&self.token, &self.token_command, &self.password_command) {
            (None, None, None) => Ok(ProfileCredential::Nothing),
            (Some(token), None, None) => Ok(ProfileCredential::Token(token)),
            (None, Some(command), None) => Ok(ProfileCredential::TokenFrom(command)),
            (None, None, Some(command)) => match &self.user {
                Some(user) => Ok(ProfileCredential::PasswordFrom { user, command }),
                None => Err(ProfileError(format!("the profile {name:?} has a password_command but no user"))),
            },
            _ => Err(ProfileError(format!(
                "the profile {name:?} has more than one of token, token_command and password_command; keep one"
            ))),
        }
    }
}

impl Profiles {
    /// What a server is known by. A pin belongs to the server, not to the person: what the profile that is meant does not say,
    /// another profile of the server may, and a fingerprint says more than a file.
    pub(super) fn known(&self, host: &Host, meant: Option<&Profile>) -> ServerTrust {
        let is_of_host = |profile: &&Profile| Host::parse(&profile.host).is_ok_and(|its| its == *host);
        let own = meant.filter(is_of_host).map(Profile::known).filter(|known| !known.is_empty());
        let others = self.profiles.values().filter(is_of_host).map(Profile::known);
        own.or_else(|| others.min_by_key(|known| (known.fingerprint.is_none(), known.cacert.is_none())))
            .unwrap_or_default()
    }

    /// A profile that must be there.
    pub(super) fn find(&self, name: &str) -> Result<&Profile, ProfileError> {
        self.profiles.get(name).ok_or_else(|| {
            let others = self.profiles.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let hint = if others.is_empty() {
                format!("`zonemint login HOST --profile {name}` makes it")
            } else {
                format!("there are: {others}")
            };
            ProfileError(format!("there is no profile {name:?}; {hint}"))
        })
    }

    /// The name of the profile that is used when none is named.
    pub(super) fn usual(&self) -> &str {
        self.default.as_deref().unwrap_or(USUAL)
    }
}

/// Checks a profile's name.
pub(super) fn checked_name(name: &str) -> Result<&str, ProfileError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let good = (1..=64).contains(&name.len()) && name.bytes().all(allowed);
    let told = "is not a name for a profile: write 1 to 64 letters, digits, dots, dashes and underscores";
    if good { Ok(name) } else { Err(ProfileError(format!("{name:?} {told}"))) }
}

impl ProfileFile {
    pub(super) fn of(environment: &Environment) -> Result<Self, ProfileError> {
        let told = "there is no place for profiles: neither XDG_CONFIG_HOME nor HOME is set; ONEZONE_HOST and ONEZONE_API_KEY do \
                    without";
        let home = environment.config_home().ok_or_else(|| ProfileError(told.to_owned()))?;
        Ok(Self(home.join("zonemint").join("client.toml")))
    }

    fn error(&self, what: impl fmt::Display) -> ProfileError {
        ProfileError(format!("{} {what}", self.0.display()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What is in the file; nothing if there is none.
    pub(super) fn read(&self) -> Result<Profiles, ProfileError> {
        let failed = |error: io::Error| self.error(format_args!("cannot be used: {error}"));
        let file = match regular_file::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Profiles::default()),
            Err(error) => return Err(failed(error)),
        };
        // Checks the opened file, because the path may change in between.
        let metadata = file.metadata().map_err(failed)?;
        if metadata.mode() & 0o077 != 0 {
            return Err(self.error(format_args!(
                "can be read or changed by others (mode {:04o}), so the secrets in it are not used: run `chmod 600 {}`, and log in \
                 again if somebody may have read it",
                metadata.mode() & 0o7777,
                self.0.display()
            )));
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(self.error("belongs to another user of this machine, so it is not used"));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MOST).read_to_string(&mut text).map_err(failed)?;
        // The parser's full error may repeat a line, with the secret in it.
        toml::from_str(&text)
            .map_err(|error| self.error(format_args!("is not a file of profiles: {}", error.message())))
    }

    /// Reads, changes and writes the file, while no other command does.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Profiles) -> Result<T, ProfileError>,
    ) -> Result<T, ProfileError> {
        let failed = |error: io::Error| self.error(format_args!("cannot be used: {error}"));
        let folder = self.0.parent().unwrap_or(Path::new("."));
        private_folder::create(folder).map_err(failed)?;
        // Closing the folder unlocks it.
        let locked = File::open(folder).map_err(failed)?;
        locked.lock().map_err(failed)?;
        let mut profiles = self.read()?;
        let outcome = change(&mut profiles)?;
        let text = Zeroizing::new(toml::to_string(&profiles).map_err(|error| failed(io::Error::other(error)))?);
        self.write(&text).map_err(failed)?;
        Ok(outcome)
    }

    /// Replaces the file, or the file that a link in its place leads to.
    fn write(&self, text: &str) -> io::Result<()> {
        let path = fs::canonicalize(&self.0).unwrap_or_else(|_| self.0.clone());
        let text = Zeroizing::new([HEADING, text].concat());
        new_file::replace(&path, &text, 0o600, |_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path) -> ProfileFile {
        ProfileFile(folder.join("zonemint").join("client.toml"))
    }

    #[test]
    fn what_is_written_is_private_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        assert!(file.read().unwrap().profiles.is_empty(), "no file is no profile");
        let profile = Profile { host: "https://a".to_owned(), token: Some(Secret::new("t")), ..Profile::default() };
        file.change(|all| Ok(all.profiles.insert("work".to_owned(), profile))).unwrap();
        assert_eq!(file.read().unwrap().profiles["work"].token.as_ref().unwrap().expose(), "t");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(file.path()), mode(file.path().parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn an_error_in_the_file_does_not_repeat_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        file.change(|_| Ok(())).unwrap();
        for text in
            ["[profiles.a]\nhost = \"h\"\ntoken = \"secret\"x\n", "[profiles.a]\nhost = \"h\"\ntokn = \"secret\"\n"]
        {
            fs::write(file.path(), text).unwrap();
            let error = file.read().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn a_server_is_known_by_any_of_its_profiles_and_first_by_a_fingerprint() {
        let pin: Fingerprint = "ab".repeat(32).parse().unwrap();
        let profile = |host: &str, cacert: Option<&str>, fingerprint| Profile {
            host: host.to_owned(),
            cacert: cacert.map(PathBuf::from),
            fingerprint,
            ..Profile::default()
        };
        let all = [
            ("a", profile("zone.example.org", None, None)),
            ("b", profile("https://zone.example.org:8443", Some("b.pem"), None)),
            ("c", profile("zone.example.org", None, Some(pin))),
            ("d", profile("other.example.org", Some("d.pem"), None)),
        ];
        let all = all.map(|(name, profile)| (name.to_owned(), profile));
        let profiles = Profiles { default: None, profiles: all.into_iter().collect() };
        let known = |host: &str, name: &str| {
            let known = profiles.known(&Host::parse(host).unwrap(), profiles.profiles.get(name));
            (known.cacert, known.fingerprint == Some(pin))
        };
        assert_eq!(known("zone.example.org", ""), (None, true));
        assert_eq!(known("zone.example.org", "a"), (None, true), "the profile says nothing of the server");
        assert_eq!(known("zone.example.org", "b"), (Some("b.pem".into()), false), "what the profile says comes first");
        assert_eq!(known("zone.example.org", "d"), (None, true), "the profile is of another server");
        assert_eq!(known("other.example.org", "c"), (Some("d.pem".into()), false));
        assert_eq!(known("third.example.org", "c"), (None, false));
    }

    #[test]
    fn a_profile_has_one_secret() {
        let two = Profile { token: Some(Secret::new("t")), token_command: Some(Vec::new()), ..Profile::default() };
        assert!(two.holds("x").unwrap_err().to_string().contains("more than one"));
        let nobody = Profile { password_command: Some(Vec::new()), ..Profile::default() };
        assert!(nobody.holds("x").unwrap_err().to_string().contains("no user"));
    }
}
