//! `zonemint profiles`: the servers that `login` keeps, and which of them is meant when none is named.

use serde_json::json;

use super::access::Link;
use super::environment::Environment;
use super::logout;
use super::profile::{Profile, ProfileCredential, ProfileFile};
use super::text::{json_line, plain};
use crate::command::output::Output;
use crate::command::{Failure, print, run_to_end};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the profiles; a star stands before the one that is used when none is named
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Use this profile from now on when none is named
    Choose {
        /// The profile
        name: String,
    },
    /// Remove a profile, and revoke the token that `login` made for it
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
pub struct Remove {
    /// The profile
    name: String,
    /// Do not tell the server: the token stays good there
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    link: Link,
}

pub fn run(command: &Command) -> Result<(), Failure> {
    let file = ProfileFile::of(&Environment::of_process())?;
    match command {
        Command::List { output } => list(&file, *output),
        Command::Choose { name } => {
            file.change(|profiles| {
                profiles.find(name)?;
                profiles.default = Some(name.clone());
                Ok(())
            })?;
            print(&format!("the profile {name:?} is used from now on when none is named\n"))
        }
        Command::Remove(arguments) => run_to_end(remove(&file, arguments)),
    }
}

fn list(file: &ProfileFile, output: Output) -> Result<(), Failure> {
    let profiles = file.read()?;
    let usual = profiles.usual();
    if output.is_json() {
        let object = |(name, profile): (&String, &Profile)| {
            json_line(&json!({
                "name": name,
                "default": name == usual,
                "host": profile.host,
                "user": profile.user,
                "loggedIn": is_logged_in(profile, name),
            }))
        };
        return print(&profiles.profiles.iter().map(object).collect::<String>());
    }
    let row = |(name, profile): (&String, &Profile)| {
        [
            if name == usual { "*" } else { "-" }.to_owned(),
            plain(name),
            plain(&profile.host),
            profile.user.as_deref().map_or_else(|| "-".to_owned(), plain),
            if is_logged_in(profile, name) { "yes" } else { "no" }.to_owned(),
        ]
    };
    let rows: Vec<_> = profiles.profiles.iter().map(row).collect();
    print(&output.rows(["DEFAULT", "NAME", "SERVER", "USER", "LOGGED IN"], &rows))
}

/// Whether it says who asks. One that says so twice does not.
fn is_logged_in(profile: &Profile, name: &str) -> bool {
    profile.holds(name).is_ok_and(|holds| !matches!(holds, ProfileCredential::Nothing))
}

async fn remove(file: &ProfileFile, arguments: &Remove) -> Result<(), Failure> {
    let name = &arguments.name;
    let profiles = file.read()?;
    let profile = profiles.find(name)?;
    let is_ended = profile.made_by_login && !arguments.local;
    if is_ended {
        logout::end_at_server(&arguments.link, &profiles, profile, name).await?;
    }
    let token = profile.token.clone();
    file.change(|profiles| {
        // Another command may have logged in meanwhile.
        if profiles.profiles.get(name).is_some_and(|profile| profile.token == token) {
            profiles.profiles.remove(name);
            profiles.default.take_if(|default| default == name);
        }
        Ok(())
    })?;
    let ended = if is_ended { "; its token is revoked" } else { "" };
    print(&format!("removed the profile {name:?}{ended}\n"))
}
