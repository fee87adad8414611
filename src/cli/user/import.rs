//! `zonemint user import`: users of another program.

use clap::ValueEnum;

use crate::cli::desk::Desk;
use crate::cli::some_names::SomeNames;
use crate::cli::takeover::{self, Line, Reason, TakeOver};
use crate::cli::{Failure, Location};
use crate::model::{PasswordHash, UserName};
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
    let users = Import::new(format, arguments.take_over.open()?);
    let mut users = users.with_names(accounts.name_rule(), accounts.ignores_case());
    let lines = std::iter::from_fn(move || users.next().map(|user| line(users.line(), user)));
    let room = desk.room_for_a_hash();
    let mut trouble = Trouble { room, ..Trouble::default() };
    let outcome = takeover::run("users", &arguments.take_over, lines, async |users: Vec<ImportedUser>| {
        let whose = |is: &dyn Fn(&PasswordHash) -> bool| -> Vec<UserName> {
            users.iter().filter(|user| user.password.as_ref().is_some_and(is)).map(|user| user.name.clone()).collect()
        };
        if !arguments.take_over.dry_run && users.iter().any(|user| user.id.is_some_and(|id| id.is_long())) {
            desk.refuse_earlier_programs().await?;
        }
        let slow = whose(&user::reveals_its_account);
        let large = whose(&|hash| user::hash_memory(hash.expose()) > room);
        let names: Vec<_> = users.iter().map(|user| user.name.clone()).collect();
        let answers = if arguments.take_over.dry_run {
            accounts.check_import(users).await?
        } else {
            accounts.import(users).await?
        };
        if answers.iter().all(|answer| *answer == Added::Stored) {
            trouble.slow.extend(slow);
            trouble.large.extend(large);
            names
                .iter()
                .filter(|_| !arguments.take_over.dry_run)
                .for_each(|name| super::warn_if_listed(desk, &gate, name));
        }
        Ok(answers.into_iter().map(refusal).collect())
    })
    .await;
    trouble.warn();
    outcome
}

/// Accounts whose hashes are taken, and are trouble until their users have signed in once.
#[derive(Default)]
struct Trouble {
    /// What the memory that is left allows, in bytes.
    room: u64,
    slow: SomeNames,
    large: SomeNames,
}

impl Trouble {
    fn warn(&self) {
        if self.slow.count() > 0 {
            eprintln!(
                "warning: refusing a password can take more than a second for {} ({}): until these users sign in once, a \
                 refused sign-in can take so long that it tells that the account exists",
                users(self.slow.count()),
                self.slow
            );
        }
        if self.large.count() > 0 {
            eprintln!(
                "warning: comparing with the password hash takes more memory than is left here ({} MiB) for {} ({}): give the server \
                 more memory, or set these passwords anew with `zonemint user password NAME`",
                self.room >> 20,
                users(self.large.count()),
                self.large
            );
        }
    }
}

fn users(count: usize) -> String {
    if count == 1 { "1 user".to_owned() } else { format!("{count} users") }
}

fn line(number: usize, user: Result<ImportedUser, Refused>) -> Line<ImportedUser> {
    match user {
        Ok(user) => Line { number, name: Some(user.name.to_string()), record: Ok(user) },
        Err(Refused { line, name, reason }) => {
            let reason = Reason::of(error_chain(&reason), reason.without_place());
            Line { number: line, name, record: Err(reason) }
        }
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
