//! `zonemint user import`: users of another program.

use clap::ValueEnum;

use crate::cli::takeover::{self, Line, TakeOver};
use crate::cli::{Failure, Location};
use crate::store::Added;
use crate::telemetry::error_chain;
use crate::user::{Accounts, Format, Import, ImportedUser, Refused};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// How the file is written
    #[arg(long)]
    format: Written,
    #[command(flatten)]
    take_over: TakeOver,
    #[command(flatten)]
    location: Location,
}

/// How the file is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Written {
    Htpasswd,
    Json,
    Onezone,
}

impl Arguments {
    pub(super) fn location(&self) -> &Location {
        &self.location
    }
}

pub(super) async fn run(accounts: &Accounts, arguments: &Arguments) -> Result<(), Failure> {
    let format = match arguments.format {
        Written::Htpasswd => Format::Htpasswd,
        Written::Json => Format::JsonLines,
        Written::Onezone => Format::Onezone,
    };
    let mut users = Import::new(format, arguments.take_over.open()?);
    let lines = std::iter::from_fn(move || users.next().map(|user| line(users.line(), user)));
    takeover::run("users", &arguments.take_over, lines, async |users: Vec<ImportedUser>| {
        let answers = if arguments.take_over.dry_run {
            accounts.check_import(users).await?
        } else {
            accounts.import(users).await?
        };
        Ok(answers.into_iter().map(refusal).collect())
    })
    .await
}

fn line(number: usize, user: Result<ImportedUser, Refused>) -> Line<ImportedUser> {
    match user {
        Ok(user) => Line { number, name: Some(user.name.to_string()), record: Ok(user) },
        Err(Refused { line, name, reason }) => Line { number: line, name, record: Err(error_chain(&reason)) },
    }
}

fn refusal(answer: Added) -> Option<String> {
    match answer {
        Added::Stored => None,
        Added::NameTaken => Some("there is a user of that name already".to_owned()),
        Added::IdTaken => {
            Some("its user id is, or was, another account's here; without one it gets a new one".to_owned())
        }
    }
}
