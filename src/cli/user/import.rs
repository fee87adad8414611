//! `zonemint user import`: users of another program.

use clap::ValueEnum;

use crate::cli::desk::Desk;
use crate::cli::takeover::{self, Line, TakeOver};
use crate::cli::{Failure, Location};
use crate::store::Added;
use crate::telemetry::error_chain;
use crate::user::{self, Format, Import, ImportedUser, Refused};

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

pub(super) async fn run(desk: &Desk, arguments: &Arguments) -> Result<(), Failure> {
    let (accounts, gate) = (&desk.accounts, desk.gate());
    let format = match arguments.format {
        Written::Htpasswd => Format::Htpasswd,
        Written::Json => Format::JsonLines,
        Written::Onezone => Format::Onezone,
    };
    let mut users = Import::new(format, arguments.take_over.open()?);
    let lines = std::iter::from_fn(move || users.next().map(|user| line(users.line(), user)));
    let mut revealing = Revealing::default();
    let outcome = takeover::run("users", &arguments.take_over, lines, async |users: Vec<ImportedUser>| {
        let slow = users.iter().filter(|user| user.password.as_ref().is_some_and(user::reveals_its_account));
        let slow: Vec<_> = slow.map(|user| user.name.to_string()).collect();
        let names: Vec<_> = users.iter().map(|user| user.name.clone()).collect();
        let answers = if arguments.take_over.dry_run {
            accounts.check_import(users).await?
        } else {
            accounts.import(users).await?
        };
        if answers.iter().all(|answer| *answer == Added::Stored) {
            revealing.add(slow);
            names.iter().filter(|_| !arguments.take_over.dry_run).for_each(|name| super::warn_if_listed(&gate, name));
        }
        Ok(answers.into_iter().map(refusal).collect())
    })
    .await;
    revealing.warn();
    outcome
}

/// Accounts whose hash takes longer than a refused sign-in is made to take.
#[derive(Default)]
struct Revealing {
    /// The first few names.
    names: Vec<String>,
    count: usize,
}

impl Revealing {
    const MOST_NAMES: usize = 5;

    fn add(&mut self, names: Vec<String>) {
        self.count += names.len();
        self.names.extend(names.into_iter().take(Self::MOST_NAMES.saturating_sub(self.names.len())));
    }

    fn warn(&self) {
        if self.count == 0 {
            return;
        }
        let more = if self.count > self.names.len() { ", …" } else { "" };
        eprintln!(
            "warning: comparing with the password hash takes more than a second for {} ({}{more}): until these users sign in \
             once, a refused sign-in takes so long that it tells that the account exists",
            if self.count == 1 { "1 user".to_owned() } else { format!("{} users", self.count) },
            self.names.join(", ")
        );
    }
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
