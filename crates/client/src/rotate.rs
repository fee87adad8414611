//! `zonemint tokens rotate`

use serde_json::json;

use super::access::Server;
use super::create::ends_and_allows;
use super::credential::Credential;
use super::environment::Environment;
use super::named;
use super::narrowing::seconds;
use super::profile::ProfileFile;
use super::revoke::descendants;
use super::secret::Secret;
use super::text::json_line;
use crate::command::output::{Format, Output};
use crate::command::{CommandError, EncodingName, Failure, print, written};
use zonemint_base::clock::Clock;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name or id
    name: String,
    /// How long the old token stays valid next to the new one; not at all, if not given
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    overlap: Option<u64>,
    /// For how long the new one is good; until the old one would have ended, if not given
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    ttl: Option<u64>,
    /// Revoke what the old token minted, too, and what that minted: for a token that somebody else may have seen. Needs zonemint
    #[arg(long, conflicts_with = "overlap")]
    with_descendants: bool,
    /// How to write the new token; as the server does, if not given
    #[arg(long)]
    encoding: Option<EncodingName>,
    /// Say nothing beside the token
    #[arg(long, short, conflicts_with_all = ["format", "json"])]
    quiet: bool,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (connection, profile) = arguments.server.connect_by_profile()?;
    let object = named::find(&connection, &arguments.name).await?;
    let id = connection.text(&object, "id")?;
    let mut body = json!({"overlap": arguments.overlap.unwrap_or(0)});
    if let Some(ttl) = arguments.ttl {
        body["validUntil"] = json!(Clock::system().now_s().saturating_add(ttl));
    }
    if arguments.with_descendants {
        body["descendants"] = json!(true);
    }
    let answer = connection.post(&["tokens", id, "rotate"], &body).await.map_err(|fault| {
        if fault.is_missing() {
            let told = format!("{} does not rotate tokens; create another one and revoke this one", connection.host);
            return Failure::from(CommandError(told));
        }
        fault.into()
    })?;
    let token = connection.token(&answer)?;
    let is_told = !arguments.quiet && arguments.output.format() == Format::Table;
    // If the profile's own token is rotated, the profile gets the new one; otherwise the user would be logged out.
    if let Some((profile, old)) =
        profile.zip(connection.credential.as_ref()).filter(|(_, old)| old.id().as_deref() == Some(id))
        && replace(&profile, old, token)?
        && is_told
    {
        eprintln!("the profile {profile:?} has the new token");
    }
    let shown = written(token, arguments.encoding);
    if arguments.output.is_json() {
        let mut answer = answer.clone();
        answer["token"] = json!(shown);
        print(&json_line(&answer))?;
    } else {
        print(&format!("{shown}\n"))?;
    }
    // The new token comes first: a server that does not know descendants has rotated all the same.
    let ended = descendants(&answer, arguments.with_descendants)?;
    if is_told {
        let old = match arguments.overlap {
            Some(seconds) => format!("the old one stays valid for {seconds} s"),
            None => "the old one is no longer valid".to_owned(),
        };
        eprintln!("replaced the token by a new one{}; {old}{ended}", ends_and_allows(token));
    }
    Ok(())
}

/// Replaces an old token in a profile, if the profile holds it.
fn replace(profile: &str, old: &Credential, new: &str) -> Result<bool, Failure> {
    let Credential::Token { text: old, .. } = old else { return Ok(false) };
    let file = ProfileFile::of(&Environment::of_process())?;
    Ok(file.change(|profiles| {
        let kept = profiles.profiles.get_mut(profile).and_then(|profile| profile.token.as_mut());
        Ok(kept.filter(|kept| *kept == old).map(|kept| *kept = Secret::new(new)).is_some())
    })?)
}
