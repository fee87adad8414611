//! `zonemint user import`: imports users of another program.

use super::display::warn_if_listed;
use super::formats::Formats;
use crate::app::{self, StartError};
use crate::cli::opened_store::OpenedStore;
use crate::cli::some_names::SomeNames;
use crate::cli::takeover::{self, ImportLine, Reason, TakeOver};
use crate::cli::{Failure, Location, doctor};
use zonemint_service::user::{self, Import, ImportedUser, Refused};
use zonemint_store::Added;
use zonemint_telemetry::error_chain;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    formats: Formats,
    #[command(flatten)]
    take_over: TakeOver,
    #[command(flatten)]
    pub(super) location: Location,
}

pub(super) async fn run(opened: &OpenedStore, arguments: &Arguments) -> Result<(), Failure> {
    let (accounts, gate) = (&opened.accounts, opened.gate());
    let Formats { file, result } = arguments.formats;
    let users = Import::new(file, arguments.take_over.open()?);
    let mut users = users.with_names(accounts.name_rule(), accounts.ignores_case());
    let limits = Limits::of(opened).await?;
    let lines = std::iter::from_fn(move || users.next().map(|user| line(users.line(), user, &limits)));
    let mut slow = SomeNames::default();
    let outcome = takeover::run("users", &arguments.take_over, result, lines, async |users: Vec<ImportedUser>| {
        let is_slow = |user: &&ImportedUser| user.password.as_ref().is_some_and(user::reveals_its_account);
        let slow_here: Vec<_> = users.iter().filter(is_slow).map(|user| user.name.clone()).collect();
        let names: Vec<_> = users.iter().map(|user| user.name.clone()).collect();
        let answers = if arguments.take_over.dry_run {
            accounts.check_import(users).await?
        } else {
            accounts.import(users).await?
        };
        if answers.iter().all(|answer| *answer == Added::Stored) {
            slow.extend(slow_here);
            names.iter().filter(|_| !arguments.take_over.dry_run).for_each(|name| warn_if_listed(opened, &gate, name));
        }
        Ok(answers.into_iter().map(refusal).collect())
    })
    .await;
    warn_of_slow(&slow);
    outcome
}

/// Whether programs of earlier versions cannot read the user's id or name.
fn is_new(user: &ImportedUser) -> bool {
    user.id.is_some_and(|id| id.is_long()) || !user.name.is_onezones()
}

/// Warns of accounts whose hashes take long to compute until their users have signed in once.
fn warn_of_slow(slow: &SomeNames) {
    let count = slow.count();
    if count > 0 {
        let users = if count == 1 { "user" } else { "users" };
        eprintln!(
            "warning: refusing a password can take more than a second for {count} {users} ({slow}): until these users sign in once, the \
             delay of a refused sign-in can reveal that the account exists"
        );
    }
}

/// What the server, and other programs that share its store, can accept.
struct Limits {
    /// Memory available for a comparison with a hash, in bytes.
    room: u64,
    /// Programs of earlier versions that use the store. They are looked up before the first line, so that a dry run says the same,
    /// and no import stops in its middle because of them.
    earlier: Option<String>,
}

impl Limits {
    async fn of(opened: &OpenedStore) -> Result<Self, Failure> {
        let earlier = match app::refuse_earlier_programs(&opened.config.store).await {
            Ok(()) => None,
            Err(error @ StartError::Earlier { .. }) => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { room: doctor::room_here(&opened.config), earlier })
    }

    fn refusal(&self, user: &ImportedUser) -> Option<Reason> {
        if let Some(earlier) = self.earlier.as_ref().filter(|_| is_new(user)) {
            let text = format!("programs of the version before cannot read such a user id or name, and {earlier}");
            return Some(Reason::of(text, None));
        }
        let memory = user.password.as_ref().map_or(0, |hash| user::hash_memory(hash.expose()));
        (memory > self.room).then(|| {
            let text = format!(
                "comparing with the password hash takes {} MiB of memory, and {} MiB are available here: give the server more memory, or \
                 leave the hash out and set a password with `zonemint user password NAME`",
                memory.div_ceil(1 << 20),
                self.room >> 20
            );
            Reason::of(text, Some("comparing with the password hash takes more memory than is available here"))
        })
    }
}

fn line(number: usize, user: Result<ImportedUser, Refused>, limits: &Limits) -> ImportLine<ImportedUser> {
    match user {
        Ok(user) => {
            let name = Some(user.name.to_string());
            ImportLine { number, name, record: limits.refusal(&user).map_or(Ok(user), Err) }
        }
        Err(Refused { line, name, reason }) => {
            let reason = Reason::of(error_chain(&reason), reason.without_place().as_deref());
            ImportLine { number: line, name, record: Err(reason) }
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
