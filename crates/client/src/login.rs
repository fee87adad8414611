//! `zonemint login`: a token for this machine, kept in a profile. The password is not.

use std::io::{BufRead as _, IsTerminal as _};

use serde_json::{Value, json};

use super::access::{self, Access};
use super::connection::Connection;
use super::create::ends_and_allows;
use super::credential::Credential;
use super::environment::Environment;
use super::fault::Fault;
use super::host::Host;
use super::logout;
use super::narrowing::seconds;
use super::profile::{Profile, ProfileFile, ServerTrust, checked_name};
use super::secret::Secret;
use super::text::plain;
use crate::command::{CommandError, Failure, confirmed, fail, print, read_secret_text};
use zonemint_base::clock::{self, Clock};
use zonemint_base::model::TokenName;
use zonemint_base::random::Random;
use zonemint_tls::{Distrust, Fingerprint};

/// Default lifetime of a token: 30 days.
const USUAL_TTL_S: u64 = 2_592_000;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Server: a name (port 8443), name:port, or a URL (port 443 if it names none). Else `ONEZONE_HOST`, or that of the profile
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// User name; asked for, if it is not in `ONEZONE_BASIC_AUTH` or the profile
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Read the password from standard input, its first line
    #[arg(long)]
    password_stdin: bool,
    /// Keep this token, from the first line of standard input, instead of making one
    #[arg(long, conflicts_with_all = ["user", "password_stdin", "ttl", "name"])]
    token_stdin: bool,
    /// For how long the new token is good; 30d, or as long as the server allows, if not given
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    ttl: Option<u64>,
    /// Name of the new token; "zonemint on" and this machine's name, if not given, with time and chance where that is taken
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Use this profile from now on when none is named
    #[arg(long)]
    default: bool,
    #[command(flatten)]
    access: Access,
}

/// The account that has logged in, and its token.
struct LoggedIn {
    user: String,
    token: Secret,
    is_new: bool,
    /// The name of a new token, if the server has names.
    name: Option<String>,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let file = ProfileFile::of(&environment)?;
    let profiles = file.read()?;
    let named = arguments.access.profile.as_deref().or(environment.profile.as_deref());
    let name = checked_name(named.unwrap_or(profiles.usual()))?;
    let before = profiles.profiles.get(name);
    let host = arguments.host(&environment, before)?;
    if let Some(before) = before.filter(|_| named.is_none()) {
        own_profile(before, name, &host)?;
    }
    let same = before.filter(|before| Host::parse(&before.host).is_ok_and(|its| its == host));
    let mut known = arguments.known(&environment, profiles.known(&host, same))?;
    let mut nobody = arguments.access.link.to(host.clone(), None, &known)?;
    let credential = arguments.credential(&environment, same)?;
    let LoggedIn { user, token, is_new, name: token_name } = match log_in(&nobody, &credential, arguments).await {
        Err(failure) if known.is_empty() && is_of_unknown_issuer(&failure) => {
            known.fingerprint = Some(ask_to_trust(&nobody).await?);
            nobody = arguments.access.link.to(host, None, &known)?;
            log_in(&nobody, &credential, arguments).await?
        }
        outcome => outcome?,
    };
    let profile = Profile {
        host: nobody.host.url().to_owned(),
        user: Some(user.clone()),
        cacert: known.cacert,
        fingerprint: known.fingerprint,
        token: Some(token.clone()),
        made_by_login: is_new,
        ..Profile::default()
    };
    let kept = file.change(|profiles| {
        profiles.profiles.insert(name.to_owned(), profile.clone());
        if arguments.default || profiles.default.is_none() {
            profiles.default = Some(name.to_owned());
        }
        Ok(())
    });
    if let Err(error) = kept {
        // The new token would be lost.
        let _ = logout::end(&nobody, &profile, name).await;
        return Err(error.into());
    }
    if let Some(old) = before.filter(|old| same.is_none() && old.token.is_some()) {
        eprintln!("the login at {} that this profile had is removed; its token stays valid there", plain(&old.host));
    }
    if let Some(old) = same.filter(|old| old.made_by_login && old.token.as_ref() != Some(&token)) {
        // The new login holds even if the old token could not be revoked.
        if logout::end(&nobody, old, name).await.is_err() {
            eprintln!("the former token of this profile could not be revoked");
        }
    }
    let called = token_name.map_or_else(|| "a token".to_owned(), |name| format!("the token {name:?}"));
    print(&format!(
        "logged in at {} as {}; {called} is kept in the profile {name:?} of {}{}\n",
        nobody.host,
        plain(&user),
        file.path().display(),
        ends_and_allows(token.expose())
    ))
}

/// Mints a token, or finds the owner of the given one.
async fn log_in(nobody: &Connection, credential: &Credential, arguments: &Arguments) -> Result<LoggedIn, Failure> {
    let connection = nobody.asked_as(Some(credential.clone()));
    match credential {
        Credential::Token { text, .. } => {
            Ok(LoggedIn { user: user_name(&connection).await?, token: text.clone(), is_new: false, name: None })
        }
        Credential::Password { user, .. } => {
            let (token, name) = make(&connection, arguments).await?;
            Ok(LoggedIn { user: user.clone(), token, is_new: true, name })
        }
    }
}

fn is_of_unknown_issuer(failure: &Failure) -> bool {
    matches!(failure, Failure::Error(error) if matches!(error.downcast_ref(), Some(Fault::Distrusted { why: Distrust::UnknownIssuer, .. })))
}

/// Trust on first use: an answer at a terminal, or none.
async fn ask_to_trust(connection: &Connection) -> Result<Fingerprint, Failure> {
    let (host, shown) = (&connection.host, connection.fingerprint().await?);
    if std::io::stdin().is_terminal() {
        eprintln!(
            "This machine does not know who issued the certificate of {host}. The certificate's SHA-256 is\n  {shown}\nCompare it \
             with what the server's first start printed, or ask the server's administrator."
        );
    }
    if confirmed("Trust this certificate from now on?")? {
        return Ok(shown);
    }
    fail(format!(
        "the certificate of {host} is not trusted: this machine does not know who issued it, and its SHA-256 is {shown}; if the \
         server's first start printed the same, give it with --fingerprint; or give the certificate to trust with --cacert FILE"
    ))
}

/// What is kept for another server is not replaced by the way.
fn own_profile(before: &Profile, name: &str, host: &Host) -> Result<(), Failure> {
    let theirs = Host::parse(&before.host)?;
    if theirs == *host {
        return Ok(());
    }
    let other = checked_name(host.name()).unwrap_or("NAME");
    let told = format!("the profile {name:?} is for {theirs}; give this server another one, as in --profile {other}");
    fail(told)
}

impl Arguments {
    fn host(&self, environment: &Environment, before: Option<&Profile>) -> Result<Host, Failure> {
        let around = environment.host.as_deref().filter(|_| self.access.profile.is_none());
        let host = self.host.as_deref().or(around).or(before.map(|profile| profile.host.as_str()));
        let none = || CommandError("say which server, as in `zonemint login zone.example.org`".to_owned());
        Ok(Host::parse(host.ok_or_else(none)?)?)
    }

    /// What the server's certificate is judged by: flags, then profiles of the same server, then the environment. Nothing is for the
    /// system's authorities.
    fn known(&self, environment: &Environment, kept: ServerTrust) -> Result<ServerTrust, Failure> {
        let file = |path: &std::path::PathBuf| std::path::absolute(path);
        let link = &self.access.link;
        if link.fingerprint.is_some() {
            return Ok(ServerTrust { cacert: None, fingerprint: link.fingerprint });
        }
        if link.cacert.is_none() && !kept.is_empty() {
            return Ok(kept);
        }
        let path = link.cacert.as_ref().or(environment.cacert.as_ref());
        Ok(ServerTrust { cacert: path.map(file).transpose()?, fingerprint: None })
    }

    /// The token on standard input, or a name and a password.
    fn credential(&self, environment: &Environment, before: Option<&Profile>) -> Result<Credential, Failure> {
        if self.token_stdin {
            let [text] = input_lines("the token")?;
            return Ok(Credential::Token { text, from: "the token on standard input".to_owned() });
        }
        self.password(environment, before)
    }

    /// Name and password: from the environment if no flag says otherwise, or asked for.
    fn password(&self, environment: &Environment, before: Option<&Profile>) -> Result<Credential, Failure> {
        // As the host in the environment, the password there is not for a profile that is named alone.
        let meant = self.access.profile.is_none() || self.host.is_some();
        let around =
            if meant && self.user.is_none() && !self.password_stdin { access::password(environment)? } else { None };
        if let Some(credential) = around {
            return Ok(credential);
        }
        let terminal = std::io::stdin().is_terminal();
        let user = match self.user.clone().or_else(|| before.and_then(|profile| profile.user.clone())) {
            Some(user) => user,
            None if terminal && !self.password_stdin => prompt("User name: ")?,
            None => {
                return fail("there is no terminal to ask for a user name: give --user");
            }
        };
        ask_password(&user, self.password_stdin)
    }
}

/// The password of a user, from standard input, or asked for at a terminal.
pub(super) fn ask_password(user: &str, from_stdin: bool) -> Result<Credential, Failure> {
    if user.contains(':') || user.is_empty() {
        return fail("a user name is not empty, and has no colon");
    }
    let password = if from_stdin {
        let [password] = input_lines("the password")?;
        password
    } else if std::io::stdin().is_terminal() {
        ask_hidden(&format!("Password of {}: ", plain(user)))?
    } else {
        let told = "there is no terminal to ask for a password: give --password-stdin, or set ONEZONE_BASIC_AUTH";
        return fail(told.to_owned());
    };
    Ok(Credential::Password { from: format!("user {}", plain(user)), user: user.to_owned(), password })
}

fn prompt(question: &str) -> Result<String, Failure> {
    eprint!("{question}");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Asks for a secret at the terminal, without echo.
pub(super) fn ask_hidden(question: &str) -> Result<Secret, Failure> {
    Ok(Secret::new(rpassword::prompt_password(question)?))
}

/// The first lines of standard input, none of them empty; `what` says which these are.
pub(super) fn input_lines<const N: usize>(what: &str) -> Result<[Secret; N], Failure> {
    let text = read_secret_text(std::io::stdin().lock())?;
    let lines: Vec<_> = text.lines().take(N).filter(|line| !line.is_empty()).map(Secret::new).collect();
    lines.try_into().map_err(|lines: Vec<_>| {
        let found = if lines.is_empty() { "there is nothing" } else { "there are too few lines" };
        CommandError(format!("{found} on standard input, where {what} is read")).into()
    })
}

/// A named token with an end; where there are none yet, a client token, whose end the server chooses.
async fn make(connection: &Connection, arguments: &Arguments) -> Result<(Secret, Option<String>), Failure> {
    let now = Clock::system().now_s();
    let end = now.saturating_add(arguments.ttl.unwrap_or(USUAL_TTL_S));
    let wanted = arguments.name.clone().unwrap_or_else(|| format!("zonemint on {}", machine()));
    // Another login may have the name, of long ago or of this second: by chance no two of 2^64 get the same one.
    let second = format!(
        "{wanted} {} {:016x}",
        clock::rfc3339(now).replace(':', "."),
        u64::from_be_bytes(Random::system().bytes())
    );
    let names = if arguments.name.is_some() { vec![wanted] } else { vec![wanted, second] };
    let mut taken = None;
    for name in names {
        let post = async |caveats: Value| {
            let body = json!({"name": name, "type": {"accessToken": {}}, "caveats": caveats});
            connection.post(&["user", "tokens", "named"], &body).await
        };
        let mut made = post(json!([{"type": "time", "validUntil": end}])).await;
        let is_too_long = |fault: &Fault| fault.id() == Some("tokenTimeCaveatRequired");
        if arguments.ttl.is_none() && made.as_ref().is_err_and(is_too_long) {
            // A server that bounds how long named tokens are good sets the end of one that has none.
            made = post(json!([])).await;
        }
        match made {
            Ok(answer) => return Ok((Secret::new(connection.token(&answer)?), Some(name))),
            Err(fault) if fault.is_missing() => {
                let answer = connection.post(&["user", "client_tokens"], &json!({})).await?;
                eprintln!(
                    "{} does not support names of tokens, and chooses itself how long they live",
                    connection.host
                );
                return Ok((Secret::new(connection.token(&answer)?), None));
            }
            Err(fault) if fault.id() == Some("badValueIdentifierOccupied") => taken = Some(fault),
            Err(fault) => return Err(fault.into()),
        }
    }
    Err(taken.map_or_else(|| CommandError("there is no name for the token".to_owned()).into(), Failure::from))
}

/// This machine's name, as far as names of tokens allow.
fn machine() -> String {
    let node = rustix::system::uname();
    let name = node.nodename().to_string_lossy();
    if TokenName::parse(&name).is_ok() { name.into_owned() } else { "a machine".to_owned() }
}

/// The name of whose credential it is; the id of an account without one.
pub(super) async fn user_name(connection: &Connection) -> Result<String, Failure> {
    let user = connection.get(&["user"], &[]).await?;
    let text = |key: &str| user.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = text("username").or_else(|| text("login")).or_else(|| text("name"));
    Ok(match name {
        Some(name) => name,
        None => connection.text(&user, "userId")?.to_owned(),
    })
}
