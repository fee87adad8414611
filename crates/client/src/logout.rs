//! `zonemint logout`: revokes the profile's token at the server and deletes it here.

use super::access::{Access, Link};
use super::connection::Connection;
use super::credential::{Credential, TokenClaims, read_claims};
use super::environment::Environment;
use super::host::Host;
use super::profile::{Profile, ProfileCredential, ProfileFile, Profiles};
use crate::command::{Failure, print};
use zonemint_base::model::Identifier;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Do not tell the server: the token stays good there
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    access: Access,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let file = ProfileFile::of(&environment)?;
    let profiles = file.read()?;
    let named = arguments.access.profile.clone().or(environment.profile);
    let name = named.unwrap_or_else(|| profiles.usual().to_owned());
    let profile = profiles.find(&name)?;
    let ended = match profile.holds(&name)? {
        ProfileCredential::Nothing => "was logged out already",
        ProfileCredential::TokenFrom(_) | ProfileCredential::PasswordFrom { .. } => {
            "has its secret from a command, which is unchanged; remove it from the file"
        }
        ProfileCredential::Token(_) if !profile.made_by_login => {
            "has no token any more; `login` did not create it, so it stays valid"
        }
        ProfileCredential::Token(_) if arguments.local => {
            "has no token any more; it stays valid at the server until it expires"
        }
        ProfileCredential::Token(_) => {
            end_at_server(&arguments.access.link, &profiles, profile, &name).await?;
            "is logged out; its token is revoked"
        }
    };
    let secret = profile.token.clone();
    file.change(|profiles| {
        // Another command may have logged in meanwhile.
        if let Some(profile) = profiles.profiles.get_mut(&name).filter(|profile| profile.token == secret) {
            profile.token = None;
            profile.made_by_login = false;
        }
        Ok(())
    })?;
    print(&format!("the profile {name:?} {ended}\n"))
}

/// Revokes a token that `login` minted for a profile, at the profile's server.
pub(super) async fn end_at_server(
    link: &Link,
    profiles: &Profiles,
    profile: &Profile,
    name: &str,
) -> Result<(), Failure> {
    let host = Host::parse(&profile.host)?;
    let known = profiles.known(&host, Some(profile));
    end(&link.to(host, None, &known)?, profile, name).await
}

/// Ends a token that `login` made for a profile, by the token itself. One that the server no longer accepts has ended.
pub(super) async fn end(connection: &Connection, profile: &Profile, name: &str) -> Result<(), Failure> {
    let Some(token) = profile.token.as_ref().filter(|_| profile.made_by_login) else { return Ok(()) };
    let from = format!("the token of the profile {name:?}");
    let connection = connection.asked_as(Some(Credential::Token { text: token.clone(), from }));
    let claims = read_claims(token.expose());
    let path = match claims.as_ref().and_then(TokenClaims::identifier) {
        Some(Identifier::Structured { id, .. }) => ["tokens", "named", id],
        _ => ["user", "client_tokens", token.expose()],
    };
    match connection.delete(&path, &[]).await {
        Err(fault) if !fault.is_unauthorized() && !fault.is_missing() => Err(fault.into()),
        _ => Ok(()),
    }
}
