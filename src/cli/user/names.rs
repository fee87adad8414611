//! `zonemint user names`: how user names are compared.

use super::{name, state};
use crate::cli::desk::Desk;
use crate::cli::{Failure, Location, Told, print};
use crate::model::User;
use crate::user::IgnoreCase;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Do not tell names apart by case
    #[arg(long, required = true)]
    ignore_case: bool,
    #[command(flatten)]
    location: Location,
}

impl Arguments {
    pub(super) fn location(&self) -> &Location {
        &self.location
    }
}

pub(super) async fn ignore_case(desk: &Desk) -> Result<(), Failure> {
    desk.refuse_earlier_programs().await?;
    match desk.accounts.ignore_case().await? {
        IgnoreCase::Marked(count) => print(&format!(
            "the case of user names is ignored from now on, by every node; {count} accounts have names\n"
        )),
        IgnoreCase::Clashes(clashes) => {
            print(&clashes.iter().map(|users| told(users)).collect::<String>())?;
            let told = "these names differ in case only, so nothing was changed: give users others with `zonemint user rename`, or \
                        remove users, and run this again";
            Err(Told(told.to_owned()).into())
        }
        IgnoreCase::Overtaken => {
            Err(Told("nothing was changed, because names were written meanwhile: run this again".to_owned()).into())
        }
    }
}

/// The accounts of one name, in a line.
fn told(users: &[User]) -> String {
    let each: Vec<_> = users.iter().map(|user| format!("{} ({}, {})", name(user), user.id, state(user))).collect();
    format!("{}\n", each.join("  "))
}
