//! Chooses the server and the credential of a command: flags before the environment before the profile.

use std::path::PathBuf;

use super::bearer;
use super::connection::{Connection, Trust};
use super::credential::Credential;
use super::environment::Environment;
use super::host::Host;
use super::profile::{Profile, ProfileCredential, ProfileFile, ServerTrust};
use super::secret::Secret;
use crate::command::{CommandError, Failure, fail};
use zonemint_base::model::Period;
use zonemint_tls::Fingerprint;

/// What every command of a client takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Server")]
pub(super) struct Access {
    /// Profile, as `zonemint login` made it; before what the environment says. Else that of `ZONEMINT_PROFILE`, or the default one
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Print on standard error which server and account are used
    #[arg(long, short)]
    pub(super) verbose: bool,
    #[command(flatten)]
    pub(super) link: Link,
}

/// How a server is reached.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Server")]
pub(super) struct Link {
    /// Trust certificates of this PEM file instead of the system's; else those of `ZONEMINT_CACERT`
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub(super) cacert: Option<PathBuf>,
    /// Trust the server by the SHA-256 of its certificate, which its first start printed; `login` keeps it in the profile
    #[arg(long, value_name = "SHA256", conflicts_with_all = ["cacert", "insecure"])]
    pub(super) fingerprint: Option<Fingerprint>,
    /// Do not verify the server's certificate: others on the network can read everything
    #[arg(long)]
    pub(super) insecure: bool,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub(super) timeout: Period,
}

/// [`Access`], and the server itself.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Server")]
pub(super) struct Server {
    /// Server: a name (port 8443), name:port, or a URL (port 443 if it names none). Else `ONEZONE_HOST`, or that of the profile
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    #[command(flatten)]
    pub(super) access: Access,
}

/// The result of flags, environment and profile.
struct Target {
    host: Host,
    credential: Option<Credential>,
    /// The profile that the secret comes from.
    profile: Option<String>,
    known: ServerTrust,
}

impl Link {
    /// Gets ready to ask a server. What a profile knows it by comes before the environment, which does not know which server it is.
    pub(super) fn to(
        &self,
        host: Host,
        credential: Option<Credential>,
        known: &ServerTrust,
    ) -> Result<Connection, Failure> {
        let around = Environment::of_process().cacert;
        let file = |from, path| Trust::File { from, path };
        let trust = if self.insecure {
            Trust::Nobody
        } else if let Some(path) = &self.cacert {
            file("--cacert", path)
        } else if let Some(fingerprint) = self.fingerprint.or(known.fingerprint) {
            Trust::Pinned(fingerprint)
        } else if let Some(path) = &known.cacert {
            file("the profile's cacert", path)
        } else if let Some(path) = &around {
            file("ZONEMINT_CACERT", path)
        } else {
            Trust::System
        };
        Connection::new(host, credential, &trust, self.timeout)
    }
}

impl Server {
    /// A connection with a credential.
    pub(super) fn connect(&self) -> Result<Connection, Failure> {
        self.connect_by_profile().map(|(connection, _)| connection)
    }

    /// A connection with a credential, and the profile that it comes from, if any.
    pub(super) fn connect_by_profile(&self) -> Result<(Connection, Option<String>), Failure> {
        let found = self.choose(true)?;
        let Some(credential) = &found.credential else { return Err(no_credential(&found.host).into()) };
        if self.access.verbose {
            eprintln!("asking {} with {}", found.host, credential.from());
        }
        Ok((self.access.link.to(found.host, found.credential, &found.known)?, found.profile))
    }

    /// A connection without a credential, for requests that need none.
    pub(super) fn connect_as_nobody(&self) -> Result<Connection, Failure> {
        let found = self.choose(false)?;
        self.access.link.to(found.host, None, &found.known)
    }

    /// Only the credential, for commands that contact no server.
    pub(super) fn credential(&self) -> Result<Option<Credential>, Failure> {
        let around = match self.access.profile {
            Some(_) => None,
            None => credential(&Environment::of_process(), self.access.verbose)?,
        };
        if around.is_some() { Ok(around) } else { Ok(self.choose(true)?.credential) }
    }

    /// Reads flags, environment and profile, and runs the profile's command that prints the secret, if there is one.
    fn choose(&self, wants_credential: bool) -> Result<Target, Failure> {
        let environment = Environment::of_process();
        let file = ProfileFile::of(&environment);
        let by_flag = self.access.profile.as_deref();
        // A profile named by flag sets the server and the token; the environment is ignored.
        let around = if by_flag.is_some() { Environment::default() } else { environment };
        let host = self.host.as_deref().or(around.host.as_deref()).map(Host::parse).transpose()?;
        let given = credential(&around, self.access.verbose)?;
        let needs_secret = given.is_none() && wants_credential;
        if let Some(host) = host.clone().filter(|_| !needs_secret) {
            // No profile is needed, so a broken one is ignored.
            let known = file.and_then(|file| file.read()).unwrap_or_default().known(&host, None);
            return Ok(Target { host, credential: given, profile: None, known });
        }
        let file = file?;
        let profiles = file.read()?;
        let usual = Some(profiles.usual()).filter(|usual| profiles.profiles.contains_key(*usual));
        let Some(name) = by_flag.or(around.profile.as_deref()).or(usual) else {
            let Some(host) = host else {
                return fail(format!(
                    "no server is named: `zonemint login HOST` keeps one in {}; or give --host, or set ONEZONE_HOST",
                    file.path().display()
                ));
            };
            let credential = bearer::in_usual_file(&around, self.access.verbose);
            let credential = Some(credential.ok_or_else(|| no_credential(&host))?);
            let known = profiles.known(&host, None);
            return Ok(Target { host, credential, profile: None, known });
        };
        let profile = profiles.find(name)?;
        let its_host = Host::parse(&profile.host)?;
        let host = host.unwrap_or_else(|| its_host.clone());
        // The secret of one server is never sent to another one.
        if needs_secret && host != its_host {
            return fail(format!(
                "the profile {name:?} is for {its_host}, so its token is not sent to {host}; `zonemint login {} --profile NAME` makes \
                 another profile",
                host.url()
            ));
        }
        let credential = if needs_secret { of_profile(profile, name)? } else { given };
        let profile_name = (needs_secret && credential.is_some()).then(|| name.to_owned());
        let known = profiles.known(&host, Some(profile));
        Ok(Target { host, credential, profile: profile_name, known })
    }
}

/// What the environment says. A token decides before a password, as servers have it.
fn credential(environment: &Environment, verbose: bool) -> Result<Option<Credential>, Failure> {
    let Some(token) = &environment.api_key else {
        let password = password(environment)?;
        return Ok(if password.is_some() { password } else { bearer::in_variables(environment, verbose)? });
    };
    let from = "the token in ONEZONE_API_KEY".to_owned();
    Ok(Some(Credential::Token { text: Secret::new(token.trim()), from }))
}

/// Name and password from the environment.
pub(super) fn password(environment: &Environment) -> Result<Option<Credential>, Failure> {
    let Some(text) = &environment.basic_auth else { return Ok(None) };
    let Some((user, password)) = text.split_once(':') else {
        return fail("ONEZONE_BASIC_AUTH is not a name, a colon and a password");
    };
    let from = "the password in ONEZONE_BASIC_AUTH".to_owned();
    Ok(Some(Credential::Password { user: user.to_owned(), password: Secret::new(password), from }))
}

fn of_profile(profile: &Profile, name: &str) -> Result<Option<Credential>, Failure> {
    let from = format!("the token of the profile {name:?}");
    Ok(match profile.holds(name)? {
        ProfileCredential::Nothing => None,
        ProfileCredential::Token(token) => Some(Credential::Token { text: token.clone(), from }),
        ProfileCredential::TokenFrom(command) => Some(Credential::Token { text: Secret::of_command(command)?, from }),
        ProfileCredential::PasswordFrom { user, command } => Some(Credential::Password {
            user: user.to_owned(),
            password: Secret::of_command(command)?,
            from: format!("the password of the profile {name:?}"),
        }),
    })
}

fn no_credential(host: &Host) -> CommandError {
    CommandError(format!(
        "you are not logged in at {host}: run `zonemint login {}`, or set ONEZONE_API_KEY",
        host.url()
    ))
}
